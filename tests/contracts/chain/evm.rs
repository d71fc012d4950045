//! EVM code written by hand: what stands where somebody expects a registry or a wallet.

use alloy_primitives::{Address, B256, hex};

/// What a wallet answers to a signature it accepts (ERC-1271).
pub(crate) const ACCEPTED: B256 = B256::new(hex!(
    "1626ba7e00000000000000000000000000000000000000000000000000000000"
));

/// Answers every call with the first bytes of a word.
pub(crate) fn answers(word: B256, bytes: u8) -> Vec<u8> {
    // PUSH32 word, PUSH0, MSTORE, PUSH1 bytes, PUSH0, RETURN.
    [
        &[0x7f][..],
        word.as_slice(),
        &[0x5f, 0x52, 0x60, bytes, 0x5f, 0xf3],
    ]
    .concat()
}

/// Answers every call with so many bytes, the first word of which is this.
pub(crate) fn answers_at_length(word: B256, bytes: u16) -> Vec<u8> {
    let [high, low] = bytes.to_be_bytes();
    [
        &[0x7f][..],
        word.as_slice(),
        &[0x5f, 0x52, 0x61, high, low, 0x5f, 0xf3],
    ]
    .concat()
}

/// Reverts with a word.
pub(crate) fn reverts(word: B256) -> Vec<u8> {
    [&[0x7f][..], word.as_slice(), &hex!("5f5260205ffd")].concat()
}

/// Spends all gas it is given.
pub(crate) const BURNS: &[u8] = &hex!("fe");

/// Answers nothing.
pub(crate) const SILENT: &[u8] = &hex!("00");

/// Returns whatever it was asked.
pub(crate) const ECHO: &[u8] = &hex!("365f5f37365ff3");

/// A wallet that, when it is asked about a signature, first calls somebody with this data, and accepts if
/// and only if that call succeeded. In the answer's last byte it would say so, were it not for the magic.
pub(crate) fn calls_back(target: Address, data: &[u8]) -> Vec<u8> {
    /// Where the data begins.
    const HEAD: u8 = 60;
    let length = u16::try_from(data.len())
        .expect("short calldata")
        .to_be_bytes();
    let mut code = Vec::new();
    code.push(0x61);
    code.extend(length);
    // PUSH1 head, PUSH0, CODECOPY; then length of and place for an answer.
    code.extend([0x60, HEAD, 0x5f, 0x39, 0x5f, 0x5f, 0x61]);
    code.extend(length);
    // PUSH0, PUSH0 (value), PUSH20 target.
    code.extend([0x5f, 0x5f, 0x73]);
    code.extend(target);
    // GAS, CALL; PUSH4 magic, PUSH1 224, SHL, MUL; PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN.
    code.extend(hex!("5af1 631626ba7e60e01b02 5f52 60205ff3"));
    code.resize(usize::from(HEAD), 0);
    code.extend_from_slice(data);
    code
}

/// The code of a port (`contracts/kit/src/clone.rs`), whoever creates it.
pub(crate) fn clone(
    implementation: Address,
    registry: Address,
    issuer: Address,
    patient: Address,
    number: u32,
) -> Vec<u8> {
    [
        &hex!("363d3d373d3d3d363d73")[..],
        implementation.as_slice(),
        &hex!("5af43d82803e903d91602b57fd5bf3"),
        registry.as_slice(),
        issuer.as_slice(),
        patient.as_slice(),
        &number.to_be_bytes(),
    ]
    .concat()
}
