//! The port as a subject.

pub(crate) mod calls;
pub(crate) mod seeds;
mod worlds;

use alloy_primitives::{Address, B256, IntoLogData, LogData, U256, keccak256};
use alloy_sol_types::{SolCall, SolEventInterface, SolInterface, SolValue, sol};
use patientport_abi::{
    IPatientPort::{self as abi, IPatientPortCalls, IPatientPortErrors, IPatientPortEvents},
    IRegistry,
};
use stylus_sdk::{ArbResult, host::VM};

use crate::{
    chain::{Answer, State},
    subject::{Subject, check_result},
};

sol! {
    /// What a contract wallet is asked (ERC-1271).
    interface IWallet {
        function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
    }
}

pub(crate) const PORT: Address = Address::repeat_byte(0xdd);
pub(crate) const REGISTRY: Address = Address::repeat_byte(0xee);
pub(crate) const PRIMARY: Address = Address::repeat_byte(0x11);
pub(crate) const PATIENT: Address = Address::repeat_byte(0x22);
pub(crate) const SPECIALIST: Address = Address::repeat_byte(0x33);
pub(crate) const OTHER: Address = Address::repeat_byte(0x44);
pub(crate) const STRANGER: Address = Address::repeat_byte(0x55);
pub(crate) const DELEGATE: Address = Address::repeat_byte(0x66);
pub(crate) const RESPONDER: Address = Address::repeat_byte(0x77);
pub(crate) const CUSTODIAN: Address = Address::repeat_byte(0x88);
/// Of whom the registry says nothing: it reverts.
pub(crate) const UNKNOWN: Address = Address::repeat_byte(0x99);
/// Owner-to-be, a contract wallet.
pub(crate) const HEIR: Address = Address::repeat_byte(0xaa);
/// Of whom the registry says something that is no `bool`.
pub(crate) const GARBLED: Address = Address::repeat_byte(0xbb);

/// What [`HEIR`] takes for a signature.
pub(crate) const WALLET_SIGNATURE: &[u8] = b"signed";
/// `ecrecover` of the EVM.
const RECOVER: Address = Address::with_last_byte(1);

#[derive(Debug)]
pub(crate) struct Port;

impl Subject for Port {
    type Call = IPatientPortCalls;

    const ACCOUNTS: &[Address] = &[
        PATIENT, PRIMARY, SPECIALIST, OTHER, STRANGER, DELEGATE, RESPONDER, CUSTODIAN, HEIR,
        UNKNOWN, GARBLED, REGISTRY,
    ];

    fn worlds() -> &'static [State] {
        worlds::all()
    }

    fn enter(input: Vec<u8>, vm: VM) -> ArbResult {
        patientport_contract::answer(input, vm)
    }

    /// The registry lists four providers. `ecrecover` believes every signature: its signer is whom `r`
    /// names.
    fn ask(to: Address, question: &[u8]) -> Answer {
        if to == REGISTRY {
            let question = canonical::<IRegistry::isVerifiedCall>(question);
            return match question.account {
                PRIMARY | SPECIALIST | OTHER | RESPONDER => Ok(true.abi_encode()),
                UNKNOWN => Err(Vec::new()),
                GARBLED => Ok(B256::repeat_byte(1).to_vec()),
                _ => Ok(false.abi_encode()),
            };
        }
        if to == RECOVER {
            let (_, v, r, s) = <(B256, U256, B256, B256)>::abi_decode_params_validate(question)
                .expect("`ecrecover` is asked with four words");
            assert_eq!(question.len(), 128, "`ecrecover` is asked with four words");
            assert!(v == U256::from(27) || v == U256::from(28));
            assert!(
                s.0[0] < 0x80,
                "a signature that is not canonical reaches `ecrecover`"
            );
            return Ok(if r.is_zero() { Vec::new() } else { r.to_vec() });
        }
        assert!(
            question.starts_with(&IWallet::isValidSignatureCall::SELECTOR),
            "the port asks {to} what nobody answers"
        );
        let question = canonical::<IWallet::isValidSignatureCall>(question);
        match (to, question.signature.as_ref()) {
            (HEIR, WALLET_SIGNATURE) => Ok(alloy_primitives::FixedBytes(
                IWallet::isValidSignatureCall::SELECTOR,
            )
            .abi_encode()),
            // Not quite what the standard says.
            (HEIR, b"") => Ok(IWallet::isValidSignatureCall::SELECTOR.to_vec()),
            (HEIR, _) => Err(b"no".to_vec()),
            // No code, no answer.
            _ => Ok(Vec::new()),
        }
    }

    fn decode(calldata: &[u8]) -> Option<IPatientPortCalls> {
        IPatientPortCalls::abi_decode_validate(calldata).ok()
    }

    fn encode(call: &IPatientPortCalls) -> Vec<u8> {
        call.abi_encode()
    }

    fn check_result(call: &IPatientPortCalls, result: &[u8]) -> bool {
        if let IPatientPortCalls::execute(call) = call {
            let inner = Self::decode(&call.call).expect("a signed call is a call");
            let inner_result = abi::executeCall::abi_decode_returns_validate(result)
                .expect("a signed call returns bytes");
            Self::check_result(&inner, &inner_result);
        }
        check_result!(abi::IPatientPortCalls, call, result;
            views: info sectionKeys record records getRequest requests isBlocked holders holderOf
                accessOf hasAccess custodians historyHead supportsInterface;
            others: claim setEncryptionKey transferOwnership acceptOwnership setPrimaryCare rotate
                reseal add supersede retract publish share request cancel deny setBlocked approve
                grant revoke setDelegate setCustodian setResponder setPackage breakGlass veto release
                execute cancelSignatures)
    }

    /// A signed call that is none, or is another signed call; a nonce that no nonce ever reaches.
    fn may_be_silent(call: &IPatientPortCalls) -> bool {
        let IPatientPortCalls::execute(call) = call else {
            return false;
        };
        let inner = Self::decode(&call.call);
        call.nonce > U256::from(u64::MAX)
            || inner.is_none_or(|inner| matches!(inner, IPatientPortCalls::execute(_)))
    }

    fn check_error(error: &[u8]) {
        let decoded = IPatientPortErrors::abi_decode_validate(error)
            .expect("the port refuses with an error of its interface");
        assert_eq!(decoded.abi_encode(), error);
    }

    fn check_event(log: &LogData) {
        let decoded = IPatientPortEvents::decode_raw_log(log.topics(), &log.data)
            .expect("the port leaves events of its interface");
        assert_eq!(decoded.to_log_data(), *log);
    }

    /// The history head is the fold of all events, and nothing but the nonce of signed calls changes
    /// without one.
    fn check_state(before: &State, after: &State, logs: &[LogData]) {
        let head = logs
            .iter()
            .fold(before.word(HEAD), |head, log| fold(head, log, after.now));
        assert_eq!(after.word(HEAD), head, "the history head");
        if logs.is_empty() && before.storage != after.storage {
            let mut forgiven = after.clone();
            let mut word = forgiven.word(LIST);
            word[..4].copy_from_slice(&before.word(LIST)[..4]);
            forgiven.set_word(LIST, word);
            assert_eq!(
                before.storage, forgiven.storage,
                "storage changes without an event"
            );
        }
        assert_eq!(before.code, after.code);
    }
}

/// Where the history head lies.
const HEAD: U256 = U256::from_limbs([1, 0, 0, 0]);
/// The first word of the list of holders, which begins with the nonce of signed calls.
const LIST: U256 = U256::from_limbs([0, 0, 0, 9 << 56]);

/// A question that the port asks; its encoding must be canonical.
fn canonical<C: SolCall>(question: &[u8]) -> C {
    let call = C::abi_decode_validate(question).expect("the port asks in the callee's types");
    assert_eq!(call.abi_encode(), question);
    call
}

/// The history head after an event, as the interface defines it.
fn fold(head: B256, log: &LogData, time: u64) -> B256 {
    let word = |number: u64| U256::from(number).to_be_bytes::<32>();
    let mut text = head.to_vec();
    text.extend(word(log.topics().len() as u64));
    text.extend(log.topics().iter().flatten());
    text.extend(word(log.data.len() as u64));
    text.extend(&log.data);
    text.extend(word(time));
    let mut next = keccak256(text);
    let count = U256::from_be_slice(&head[..5]) + U256::from(1);
    next[..5].copy_from_slice(&count.to_be_bytes::<32>()[27..]);
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::slot;

    #[test]
    fn slots_are_those_of_the_layout() {
        assert_eq!(HEAD, slot(0, &[1]));
        assert_eq!(LIST, slot(9, &[]));
    }
}
