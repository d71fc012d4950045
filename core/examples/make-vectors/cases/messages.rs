//! What hosts and other senders can do to any sealed message, and messages for somebody else.

use alloy_primitives::Address;
use patientport_core::seal::{Purpose, SealContext};

use super::{AUTHENTICATION, Case, EPHEMERAL, PATIENT, READER, context, message_case, sealed};

const TEXT: &[u8] = br#"{"text":"Not needed."}                                          "#;

/// A denial that was sealed under `sealed_under` and is read as one of request 7.
fn misread(name: &str, about: &str, sealed_under: &SealContext) -> (String, Case) {
    let denied = context(Purpose::Denial, PATIENT, READER, 7);
    let message = sealed(sealed_under, 0x61, [0; 32], EPHEMERAL, TEXT);
    let case = message_case("denial", AUTHENTICATION, about, &denied).with_blob(message);
    (format!("message-{name}"), case)
}

fn edited(
    name: &str,
    expect: &str,
    about: &str,
    edit: impl FnOnce(&mut Vec<u8>),
) -> (String, Case) {
    let denied = context(Purpose::Denial, PATIENT, READER, 7);
    let mut message = sealed(&denied, 0x61, [0; 32], EPHEMERAL, TEXT);
    edit(&mut message);
    let case = message_case("denial", expect, about, &denied).with_blob(message);
    (format!("message-{name}"), case)
}

pub(super) fn all() -> Vec<(String, Case)> {
    let denied = context(Purpose::Denial, PATIENT, READER, 7);
    let to_stranger = sealed(&denied, 0x77, [0; 32], EPHEMERAL, TEXT);
    let with_digest = sealed(&denied, 0x61, [1; 32], EPHEMERAL, TEXT);
    vec![
        misread(
            "other-request",
            "sealed for another request",
            &SealContext {
                request_id: 8,
                ..denied
            },
        ),
        misread(
            "other-purpose",
            "sealed for another purpose",
            &SealContext {
                purpose: Purpose::Request,
                ..denied
            },
        ),
        misread(
            "other-chain",
            "sealed for another chain",
            &SealContext {
                chain_id: 1,
                ..denied
            },
        ),
        misread(
            "other-port",
            "sealed for another port",
            &SealContext {
                port: Address::repeat_byte(1),
                ..denied
            },
        ),
        misread(
            "other-sender",
            "sealed by another account",
            &SealContext {
                sender: Address::repeat_byte(1),
                ..denied
            },
        ),
        misread(
            "other-recipient",
            "sealed to another account",
            &SealContext {
                recipient: Address::repeat_byte(1),
                ..denied
            },
        ),
        edited(
            "other-key",
            AUTHENTICATION,
            "sealed to another key",
            |message| *message = to_stranger,
        ),
        edited(
            "other-digest",
            AUTHENTICATION,
            "sealed with the digest of a list",
            |message| *message = with_digest,
        ),
        edited(
            "flipped",
            AUTHENTICATION,
            "one bit of the ciphertext",
            |message| message[70] ^= 1,
        ),
        edited(
            "longer",
            AUTHENTICATION,
            "a byte after the tag",
            |message| message.push(0),
        ),
        edited(
            "enc-other",
            AUTHENTICATION,
            "enc is another point",
            |message| {
                message[..65].copy_from_slice(&super::secret(9).public().to_sec1());
            },
        ),
        edited("empty", "malformed", "no byte", Vec::clear),
        edited("no-enc", "malformed", "64 bytes", |message| {
            message.truncate(64);
        }),
        edited("no-tag", "malformed", "no room for a tag", |message| {
            message.truncate(80);
        }),
        edited("too-long", "malformed", "8,193 bytes", |message| {
            message.resize(8_193, 0);
        }),
        edited("enc-off-curve", "malformed", "enc is no point", |message| {
            message[64] ^= 1;
        }),
        edited(
            "enc-identity",
            "malformed",
            "enc is the identity",
            |message| message[1..65].fill(0),
        ),
        edited(
            "enc-compressed",
            "malformed",
            "enc has the tag of a compressed point",
            |message| message[0] = 2,
        ),
        edited(
            "enc-hybrid",
            "malformed",
            "enc has the tag of a hybrid point",
            |message| message[0] = 6 + (message[64] & 1),
        ),
    ]
}
