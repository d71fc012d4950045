use serde_json::json;

use super::*;
use crate::codes::Exit;
use crate::home::KeystoreError;

#[test]
fn a_hint_of_the_situation_comes_first_and_changes_nothing_else() {
    let error = Error::ConfirmationRequired.with_hint("look here", json!({ "a": 1 }));
    assert_eq!(error.code(), "usage.confirmation_required");
    assert_eq!(error.exit(), Exit::Usage);
    assert_eq!(error.chain(), [Error::ConfirmationRequired.to_string()]);
    assert_eq!(error.hints()[0], "look here");
    assert!(error.hints().len() > 1);
    assert_eq!(error.details(), json!({ "a": 1 }));
}

#[test]
fn a_password_path_is_never_repeated() {
    let source = io::ErrorKind::NotFound.into();
    let error = Error::PasswordFile {
        flag: "ETH_PASSWORD",
        source,
    };
    assert_eq!(
        error.chain(),
        [
            "the file that ETH_PASSWORD names cannot be read",
            "entity not found"
        ]
    );
}

#[test]
fn causes_follow_the_message_once() {
    let error = Error::Home(HomeError::Keystore {
        what: "wallet",
        name: "alice".into(),
        source: KeystoreError::WrongPassword,
    });
    assert_eq!(
        error.chain(),
        ["wallet `alice` cannot be opened", "the password is wrong"]
    );
    assert_eq!(
        (error.code(), error.exit()),
        ("password.wrong", Exit::Refused)
    );
    assert_eq!(error.details()["causes"], json!(["the password is wrong"]));
}
