#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
use super::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};

/// Test vectors of the Web3 Secret Storage definition.
const SECRET: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

fn pbkdf2_vector() -> Value {
    json!({
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": { "iv": "6087dab2f9fdbbfaddc31a909735c1e6" },
            "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
            "kdf": "pbkdf2",
            "kdfparams": {
                "c": 262_144,
                "dklen": 32,
                "prf": "hmac-sha256",
                "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"
            },
            "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"
        },
        "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
        "version": 3
    })
}

fn scrypt_vector() -> Value {
    json!({
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": { "iv": "83dbcc02d8ccb40e466191a123791e0e" },
            "ciphertext": "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
            "kdf": "scrypt",
            "kdfparams": {
                "dklen": 32,
                "n": 262_144,
                "p": 8,
                "r": 1,
                "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"
            },
            "mac": "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"
        },
        "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
        "version": 3
    })
}

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

fn password(text: &str) -> Password {
    Zeroizing::new(text.to_owned())
}

fn open(value: &Value, text: &str) -> Result<String, KeystoreError> {
    let keystore = Keystore::parse(&serde_json::to_vec(value).unwrap())?;
    keystore
        .open(&password(text))
        .map(|secret| hex::encode(*secret))
}

#[test]
fn opens_the_published_pbkdf2_vector() {
    assert_eq!(open(&pbkdf2_vector(), "testpassword").unwrap(), SECRET);
}

#[test]
fn opens_the_published_scrypt_vector() {
    assert_eq!(open(&scrypt_vector(), "testpassword").unwrap(), SECRET);
}

#[test]
fn opens_files_that_write_crypto_with_a_capital() {
    let mut value = pbkdf2_vector();
    let crypto = value.as_object_mut().unwrap().remove("crypto").unwrap();
    value["Crypto"] = crypto;
    assert_eq!(open(&value, "testpassword").unwrap(), SECRET);
}

#[test]
fn refuses_a_wrong_password_and_a_changed_ciphertext_alike() {
    assert!(matches!(
        open(&pbkdf2_vector(), "testpasswore"),
        Err(KeystoreError::WrongPassword)
    ));
    let mut value = pbkdf2_vector();
    value["crypto"]["ciphertext"] =
        json!("5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa47");
    assert!(matches!(
        open(&value, "testpassword"),
        Err(KeystoreError::WrongPassword)
    ));
}

#[test]
fn round_trips_with_any_password() {
    for text in ["", "correct horse", "пароль", "a\nb"] {
        let keystore = Keystore::seal(&[7; 32], &password(text), 13, None, &mut rng(1));
        let again = Keystore::parse(&serde_json::to_vec(&keystore).unwrap()).unwrap();
        assert_eq!(*again.open(&password(text)).unwrap(), [7; 32]);
        let wrong = again.open(&password("something else"));
        assert!(matches!(wrong, Err(KeystoreError::WrongPassword)));
    }
}

#[test]
fn never_repeats_salt_or_iv_and_never_writes_the_secret() {
    let secret = [0x5a; 32];
    let mut rng = rng(1);
    let mut seal = || Keystore::seal(&secret, &password("x"), 13, None, &mut rng);
    let (one, two) = (seal(), seal());
    let (one, two) = (
        serde_json::to_string(&one).unwrap(),
        serde_json::to_string(&two).unwrap(),
    );
    let (one_json, two_json): (Value, Value) = (
        serde_json::from_str(&one).unwrap(),
        serde_json::from_str(&two).unwrap(),
    );
    assert_ne!(
        one_json["crypto"]["kdfparams"]["salt"],
        two_json["crypto"]["kdfparams"]["salt"]
    );
    assert_ne!(
        one_json["crypto"]["cipherparams"]["iv"],
        two_json["crypto"]["cipherparams"]["iv"]
    );
    assert!(!one.contains(&hex::encode(secret)));
}

#[test]
fn refuses_files_outside_the_definition() {
    let change = |path: &str, to: Value| {
        let mut value = scrypt_vector();
        *value.pointer_mut(path).unwrap() = to;
        open(&value, "testpassword").unwrap_err()
    };
    assert!(matches!(
        change("/version", json!(1)),
        KeystoreError::Version(1)
    ));
    assert!(matches!(
        change("/crypto/cipher", json!("aes-256-gcm")),
        KeystoreError::Algorithm { what: "cipher", .. }
    ));
    assert!(matches!(
        change("/crypto/kdf", json!("argon2id")),
        KeystoreError::Algorithm { what: "kdf", .. }
    ));
    assert!(matches!(
        change("/crypto/kdfparams/n", json!(262_143)),
        KeystoreError::Member("n")
    ));
    assert!(matches!(
        change("/crypto/kdfparams/dklen", json!(16)),
        KeystoreError::Member("dklen")
    ));
    assert!(matches!(
        change("/crypto/mac", json!("00")),
        KeystoreError::Member("mac")
    ));
    assert!(matches!(
        change("/crypto/cipherparams/iv", json!("zz")),
        KeystoreError::Member("iv")
    ));
    assert!(matches!(
        Keystore::parse(b"{}"),
        Err(KeystoreError::Json(_))
    ));
    assert!(matches!(
        Keystore::parse(b"not json"),
        Err(KeystoreError::Json(_))
    ));
}

#[test]
fn refuses_work_factors_meant_to_exhaust_the_machine() {
    for (member, value) in [
        ("n", json!(1_u64 << 40)),
        ("r", json!(u32::MAX)),
        ("p", json!(u32::MAX)),
    ] {
        let mut vector = scrypt_vector();
        vector["crypto"]["kdfparams"][member] = value;
        assert!(
            matches!(open(&vector, "testpassword"), Err(KeystoreError::Member(_))),
            "{member}"
        );
    }
    let mut vector = pbkdf2_vector();
    vector["crypto"]["kdfparams"]["c"] = json!(u32::MAX);
    assert!(matches!(
        open(&vector, "testpassword"),
        Err(KeystoreError::Member("c"))
    ));
}

#[test]
fn tells_accounts_from_identities() {
    let identity = Keystore::seal(&[1; 32], &password(""), 13, Some("identity"), &mut rng(1));
    assert!(identity.expect_kind(Some("identity")).is_ok());
    assert!(matches!(
        identity.expect_kind(None),
        Err(KeystoreError::Type { .. })
    ));
}

#[test]
fn uuids_are_version_four() {
    let uuid = random_uuid(&mut rng(1));
    assert_eq!(uuid.len(), 36);
    assert_eq!(uuid.as_bytes()[14], b'4');
    assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(32))]

    #[test]
    fn any_secret_comes_back(secret: [u8; 32], text: String, other: String, seed: u8, log_n in 1u8..6) {
        let keystore = Keystore::seal(&secret, &password(&text), log_n, None, &mut rng(seed));
        let written = serde_json::to_vec(&keystore).unwrap();
        let read = Keystore::parse(&written).unwrap();
        proptest::prop_assert_eq!(*read.open(&password(&text)).unwrap(), secret);
        proptest::prop_assert_eq!(read.open(&password(&other)).is_ok(), text == other);
        proptest::prop_assert_eq!(serde_json::to_vec(&read).unwrap(), written);
    }
}
