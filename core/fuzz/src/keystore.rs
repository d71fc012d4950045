//! Keystore containers: Web3 Secret Storage files of any origin.

use patientport_core::keystore::{Keystore, KeystoreError, Password};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::input::{FixedRng, Input};

const SECRET: [u8; 32] = [0x5a; 32];

/// Runs an input: an even first byte opens a file as it is, an odd one says how a file of ours was altered.
pub fn keystore(data: &[u8]) {
    let mut input = Input::new(data);
    let flags = input.byte();
    if flags.is_multiple_of(2) {
        as_it_is(input.rest());
    } else {
        altered(flags, &mut input);
    }
}

fn password() -> Password {
    Zeroizing::new("testpassword".to_owned())
}

/// Whether opening is cheap, or refused for what the file asks.
fn is_cheap(file: &Value) -> bool {
    let crypto = file.get("crypto").or_else(|| file.get("Crypto"));
    let Some(params) = crypto.and_then(|crypto| crypto.get("kdfparams")) else {
        return true;
    };
    let number = |name| params.get(name).and_then(Value::as_u64).unwrap_or(0);
    let work = number("n")
        .saturating_mul(number("r"))
        .saturating_mul(number("p"));
    !(1 << 12..=1 << 24).contains(&work) && !(2_000..=10_000_000).contains(&number("c"))
}

fn as_it_is(bytes: &[u8]) {
    let keystore = match Keystore::parse(bytes) {
        Ok(keystore) => keystore,
        Err(error) => {
            assert!(matches!(
                error,
                KeystoreError::Json(_) | KeystoreError::Version(_)
            ));
            return;
        }
    };
    // Written and read again it is the same file.
    let written = serde_json::to_vec(&keystore).unwrap();
    let again = Keystore::parse(&written).unwrap();
    assert_eq!(serde_json::to_vec(&again).unwrap(), written);
    assert_eq!(again.kind, keystore.kind);
    assert!(keystore.expect_kind(None).is_ok() == keystore.kind.is_none());

    let value: Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(value["version"], 3);
    if !is_cheap(&value) {
        return;
    }
    match keystore.open(&password()) {
        Ok(secret) => {
            // The same file opens to the same secret, and to another password it does not.
            assert_eq!(*again.open(&password()).unwrap(), *secret);
            let other = Zeroizing::new("testpasswore".to_owned());
            assert!(matches!(
                keystore.open(&other),
                Err(KeystoreError::WrongPassword)
            ));
        }
        Err(
            KeystoreError::WrongPassword
            | KeystoreError::Algorithm { .. }
            | KeystoreError::Member(_),
        ) => {}
        Err(error) => panic!("opening gives no such error: {error}"),
    }
}

/// A file of ours whose text was edited.
fn altered(flags: u8, input: &mut Input<'_>) {
    let mut rng = FixedRng([[3; 32], [4; 32]].concat());
    let keystore = Keystore::seal(&SECRET, &password(), 1 + (flags >> 1) % 3, None, &mut rng);
    let original = serde_json::to_vec(&keystore).unwrap();
    let mut text = original.clone();
    for _ in 0..(flags >> 4) % 4 {
        let at = usize::from(input.u16()) % (text.len() + 1);
        let removed = (usize::from(input.byte()) % 40).min(text.len() - at);
        let length = usize::from(input.byte()) % 80;
        text.splice(at..at + removed, input.take(length).iter().copied());
    }
    as_it_is(&text);
    let Ok(found) = Keystore::parse(&text) else {
        return;
    };
    let value: Value = serde_json::to_value(&found).unwrap();
    if !is_cheap(&value) {
        return;
    }
    if let Ok(secret) = found.open(&password()) {
        // The MAC covers the ciphertext and what the key comes from; of the rest only the IV says what the secret is.
        let original: Value = serde_json::from_slice(&original).unwrap();
        let crypto =
            |file: &Value, name: &str| file["crypto"][name].as_str().map(str::to_lowercase);
        let iv = |file: &Value| {
            file["crypto"]["cipherparams"]["iv"]
                .as_str()
                .map(str::to_lowercase)
        };
        let bare = |digits: Option<String>| digits.map(|it| it.trim_start_matches("0x").to_owned());
        assert_eq!(
            bare(crypto(&value, "ciphertext")),
            crypto(&original, "ciphertext")
        );
        assert_eq!(bare(crypto(&value, "mac")), crypto(&original, "mac"));
        assert_eq!(*secret == SECRET, bare(iv(&value)) == iv(&original));
    }
}
