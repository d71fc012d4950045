#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
use alloy::primitives::U256;

use super::*;

fn transaction() -> TxEip1559 {
    TxEip1559 {
        chain_id: 412_346,
        nonce: 7,
        gas_limit: 100_000,
        max_fee_per_gas: 200,
        max_priority_fee_per_gas: 1,
        to: TxKind::Call(Address::repeat_byte(9)),
        value: U256::from(5),
        access_list: alloy::eips::eip2930::AccessList::default(),
        input: Bytes::from_static(b"data"),
    }
}

fn signer() -> Signer {
    Signer::from_bytes(&[7; 32]).unwrap()
}

fn bytes(file: &serde_json::Value) -> Vec<u8> {
    file.to_string().into_bytes()
}

#[tokio::test]
async fn a_transaction_goes_from_file_to_file_and_stays_the_same() {
    let unsigned = UnsignedTransaction::new(signer().address(), transaction());
    let read = HandedOver::parse(&bytes(&unsigned.to_json())).unwrap();
    assert_eq!(read, HandedOver::Unsigned(unsigned.clone()));
    let signed = unsigned.sign(&signer()).await.unwrap();
    assert_eq!(signed.from(), signer().address());
    assert_eq!(*signed.transaction(), transaction());
    let read = HandedOver::parse(&bytes(&signed.to_json())).unwrap();
    assert_eq!(read, HandedOver::Signed(signed.clone()));
    // As `cast mktx` prints it.
    let bare = format!("{}\n", signed.raw());
    assert_eq!(HandedOver::parse(bare.as_bytes()).unwrap(), read);
}

#[tokio::test]
async fn another_account_does_not_sign_it() {
    let from = Address::repeat_byte(1);
    let unsigned = UnsignedTransaction::new(from, transaction());
    let error = unsigned.sign(&signer()).await.unwrap_err();
    assert_eq!(error.code(), "tx.other_signer");
}

#[tokio::test]
async fn whatever_is_changed_in_a_file_is_another_transaction_or_none() {
    let unsigned = UnsignedTransaction::new(signer().address(), transaction());
    let signed = unsigned.clone().sign(&signer()).await.unwrap();
    for (at, file) in [
        ("unsigned", unsigned.to_json()),
        ("signed", signed.to_json()),
    ] {
        let good: Bytes = file[at].as_str().unwrap().parse().unwrap();
        for index in 0..good.len() {
            let mut bad = good.to_vec();
            bad[index] ^= 1;
            let mut file = file.clone();
            file[at] = Bytes::from(bad).to_string().into();
            match HandedOver::parse(&bytes(&file)) {
                Err(_) => {}
                Ok(HandedOver::Unsigned(it)) => assert_ne!(it, unsigned),
                // A changed transaction has another signer, or another hash.
                Ok(HandedOver::Signed(it)) => {
                    assert_ne!((it.hash(), it.from()), (signed.hash(), signed.from()));
                }
            }
        }
        for mut bad in [good[..good.len() - 1].to_vec(), [&good[..], &[0]].concat()] {
            let mut file = file.clone();
            file[at] = Bytes::from(std::mem::take(&mut bad)).to_string().into();
            assert!(HandedOver::parse(&bytes(&file)).is_err());
        }
    }
}

#[test]
fn what_is_no_such_file_is_refused() {
    let unsigned = UnsignedTransaction::new(Address::ZERO, transaction()).to_json();
    let with = |member: &str, value: serde_json::Value| {
        let mut file = unsigned.clone();
        file[member] = value;
        HandedOver::parse(&bytes(&file)).unwrap_err()
    };
    assert!(matches!(
        with("words", "harmless".into()),
        Problem::Malformed(_)
    ));
    assert!(matches!(with("version", 2.into()), Problem::Other { .. }));
    assert!(matches!(with("format", "x".into()), Problem::Other { .. }));
    assert!(matches!(
        with("signed", "0x02".into()),
        Problem::Other { .. }
    ));
    assert!(matches!(HandedOver::parse(b""), Err(Problem::Malformed(_))));
    assert!(matches!(
        HandedOver::parse(b"0x02"),
        Err(Problem::Other { .. })
    ));
    let long = vec![b' '; usize::try_from(MAX_FILE_BYTES).unwrap() + 1];
    assert!(matches!(HandedOver::parse(&long), Err(Problem::TooLong)));
}
