#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
use alloy::primitives::{hex, keccak256};
use serde_json::json;

use super::*;

fn signer() -> Signer {
    Signer::from_bytes(&[7; 32]).unwrap()
}

async fn signed() -> SignedCall {
    let mut signed = SignedCall {
        chain_id: 412_346,
        port: Address::repeat_byte(1),
        owner: signer().address(),
        call: IPatientPort::cancelSignaturesCall {}.abi_encode().into(),
        nonce: 3,
        deadline: Timestamp(2_000_000_000),
        signature: Bytes::new(),
    };
    let signature = signer()
        .sign_call(&signed.message(), &signed.domain())
        .await
        .unwrap();
    signed.signature = signature.into();
    signed
}

#[tokio::test]
async fn a_file_round_trips_and_its_signature_is_the_owners() {
    let signed = signed().await;
    let file = signed.to_json();
    assert_eq!(
        SignedCall::parse(file.to_string().as_bytes()).unwrap(),
        signed
    );
    assert_eq!(signed.signer(), Some(signed.owner));
    assert_eq!(signed.words().unwrap().function, "cancelSignatures");
}

#[tokio::test]
async fn whatever_is_changed_the_signature_is_somebody_elses_or_nobodys() {
    let good = signed().await;
    let changed: [fn(&mut SignedCall); 5] = [
        |it| it.chain_id += 1,
        |it| it.port = Address::repeat_byte(2),
        |it| it.nonce += 1,
        |it| it.deadline.0 += 1,
        |it| it.call = IPatientPort::acceptOwnershipCall {}.abi_encode().into(),
    ];
    for change in changed {
        let mut bad = good.clone();
        change(&mut bad);
        assert_ne!(bad.signer(), Some(good.owner), "{bad:?}");
    }
    for index in 0..65 {
        let mut bad = good.clone();
        let mut signature = good.signature.to_vec();
        signature[index] ^= 1;
        bad.signature = signature.into();
        assert_ne!(bad.signer(), Some(good.owner), "byte {index}");
    }
}

#[tokio::test]
async fn the_higher_s_and_other_lengths_are_nobodys() {
    let good = signed().await;
    let order = U256::from_be_slice(&hex!(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    ));
    let bytes = good.signature.to_vec();
    let s = U256::from_be_slice(&bytes[32..64]);
    let flipped = if bytes[64] == 27 { 28 } else { 27 };
    let high = [&bytes[..32], &(order - s).to_be_bytes::<32>(), &[flipped]].concat();
    for bad in [
        high,
        bytes[..64].to_vec(),
        [&bytes[..], &[0]].concat(),
        vec![],
    ] {
        let mut it = good.clone();
        it.signature = bad.into();
        assert_eq!(it.signer(), None);
    }
    // v as 0 or 1: other tools take it, the port does not.
    let mut bare = bytes.clone();
    bare[64] -= 27;
    let mut it = good.clone();
    it.signature = bare.into();
    assert_eq!(it.signer(), None);
}

/// The digest by hand, from EIP-712 and the contract's own words.
#[tokio::test]
async fn the_digest_is_the_one_that_the_contract_computes() {
    let signed = signed().await;
    let word = |number: u64| U256::from(number).to_be_bytes::<32>();
    let domain = keccak256(
        [
            keccak256(
                "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
            )
            .as_slice(),
            keccak256("patientport").as_slice(),
            keccak256("1").as_slice(),
            &word(signed.chain_id),
            signed.port.into_word().as_slice(),
        ]
        .concat(),
    );
    let message = keccak256(
        [
            keccak256("PatientCall(bytes call,uint256 nonce,uint64 deadline)").as_slice(),
            keccak256(&signed.call).as_slice(),
            &word(signed.nonce),
            &word(signed.deadline.0),
        ]
        .concat(),
    );
    let digest = [&[0x19, 0x01], domain.as_slice(), message.as_slice()].concat();
    assert_eq!(signed.digest(), keccak256(digest));
}

#[tokio::test]
async fn files_that_say_more_or_else_are_refused() {
    let good = signed().await.to_json();
    let with = |member: &str, value: serde_json::Value| {
        let mut file = good.clone();
        file[member] = value;
        SignedCall::parse(file.to_string().as_bytes())
            .map(|_| ())
            .unwrap_err()
    };
    assert!(matches!(
        with("note", json!("harmless\u{202e}")),
        Problem::Malformed(_)
    ));
    assert!(matches!(with("version", json!(2)), Problem::OtherFormat));
    assert!(matches!(with("format", json!("x")), Problem::OtherFormat));
    assert!(matches!(
        with("port", json!("elena")),
        Problem::Malformed(_)
    ));
    assert!(matches!(with("nonce", json!(-1)), Problem::Malformed(_)));
    // A member twice: which of them counts would be a matter of taste.
    let twice = good.to_string().replacen('{', "{\"nonce\":4,", 1);
    assert!(matches!(
        SignedCall::parse(twice.as_bytes()),
        Err(Problem::Malformed(_))
    ));
    let long = vec![b' '; usize::try_from(MAX_FILE_BYTES).unwrap() + 1];
    assert!(matches!(SignedCall::parse(&long), Err(Problem::TooLong)));
    assert!(matches!(
        SignedCall::parse(b"{}"),
        Err(Problem::Malformed(_))
    ));
}

#[test]
fn only_what_is_the_patients_can_be_signed() {
    let execute = IPatientPort::executeCall {
        call: Bytes::new(),
        nonce: U256::ZERO,
        deadline: 0,
        signature: Bytes::new(),
    };
    for call in [
        execute.abi_encode(),
        IPatientPort::acceptOwnershipCall {}.abi_encode(),
        IPatientPort::infoCall {}.abi_encode(),
        IPatientPort::breakGlassCall {
            message: Bytes::new(),
        }
        .abi_encode(),
    ] {
        assert!(matches!(words(&call), Err(Problem::NotThePatients { .. })));
    }
    assert!(matches!(words(&[]), Err(Problem::Unreadable(_))));
    assert!(matches!(words(&[1, 2, 3, 4]), Err(Problem::Unreadable(_))));
}
