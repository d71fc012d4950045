//! Sealed messages, links and identities.

use alloy_primitives::{Address, hex};
use patientport_core::keys::{IdentitySeed, SecretKey};
use patientport_core::seal::{Purpose, SealContext, seal_message};
use patientport_core::section::{SecretEntry, SectionId, encode_links, make_link, seal_secrets};
use patientport_core::text::{DenialText, RequestText, Rights};

use super::{CHAIN, Case, PORT};
use crate::fixed::FixedRng;

const PATIENT: [u8; 20] = [0xb0; 20];
const READER: [u8; 20] = [0xc0; 20];

fn section(number: u8) -> SectionId {
    number.try_into().expect("a case's section is one")
}

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_bytes(&[byte; 32]).expect("a case's secret is a scalar")
}

fn message_case(kind: &str, expect: &str, about: &str, context: &SealContext) -> Case {
    Case::new(kind, expect, about)
        .with("purpose", context.purpose as u8)
        .with("chain-id", context.chain_id)
        .with_hex("port", context.port)
        .with_hex("sender", context.sender)
        .with_hex("recipient", context.recipient)
        .with("request-id", context.request_id)
        .with_hex("recipient-secret", [0x61; 32])
}

fn context(
    purpose: Purpose,
    sender: [u8; 20],
    recipient: [u8; 20],
    request_id: u32,
) -> SealContext {
    SealContext {
        purpose,
        chain_id: CHAIN,
        port: Address::from(PORT),
        sender: Address::from(sender),
        recipient: Address::from(recipient),
        request_id,
    }
}

/// Every case of a sealed message.
pub(super) fn all() -> Vec<(&'static str, Case)> {
    const EPHEMERAL: [u8; 32] = [0x62; 32];
    let key = secret(0x61).public();
    let rng = || FixedRng(EPHEMERAL.to_vec());

    let asked = context(Purpose::Request, READER, PATIENT, 0);
    let request = RequestText {
        purpose: "TREAT".into(),
        sections: [section(5), section(9)].into_iter().collect(),
        until: Some(1_800_000_000),
        rights: Rights::Read,
        text: "Referral for the knee.".into(),
    };
    let plaintext = request.to_bytes().expect("the text is short");
    let request_message = seal_message(&asked, &key, &plaintext, &mut rng());
    let request_case = message_case("request", "success", "a request", &asked)
        .with_hex("ephemeral-secret", EPHEMERAL)
        .with("plaintext", String::from_utf8_lossy(&plaintext))
        .with_blob(request_message.clone());

    let denied = context(Purpose::Denial, PATIENT, READER, 7);
    let denial = DenialText {
        text: "Not needed.".into(),
    };
    let plaintext = denial.to_bytes().expect("the text is short");
    let denial_message = seal_message(&denied, &key, &plaintext, &mut rng());
    let denial_case = message_case("denial", "success", "a denial", &denied)
        .with_hex("ephemeral-secret", EPHEMERAL)
        .with("plaintext", String::from_utf8_lossy(&plaintext))
        .with_blob(denial_message.clone());
    let other_request = SealContext {
        request_id: 8,
        ..denied
    };
    let as_request = SealContext {
        purpose: Purpose::Request,
        ..denied
    };

    let given = context(Purpose::Secrets, PATIENT, READER, 7);
    let entries = [
        (0, 1, 0x31, Some("General")),
        (5, 2, 0x32, None),
        (63, u32::MAX, 0x33, Some("Kinder\u{e4}rztin")),
    ];
    let entries = entries.map(|(number, epoch, byte, name)| SecretEntry {
        section: section(number),
        epoch,
        secret: secret(byte),
        name: name.map(str::to_owned),
    });
    let secrets = seal_secrets(&given, &key, &entries, &mut rng()).expect("the entries ascend");
    let secrets_case = entries
        .iter()
        .fold(
            message_case(
                "secrets",
                "success",
                "three sections, two with names",
                &given,
            ),
            |case, entry| {
                let value = format!(
                    "{} {} {} {}",
                    entry.section,
                    entry.epoch,
                    hex::encode(entry.secret.to_bytes().as_slice()),
                    entry.name.as_deref().unwrap_or_default()
                );
                case.with("entry", value.trim_end())
            },
        )
        .with_hex("ephemeral-secret", EPHEMERAL)
        .with_blob(secrets.clone());
    let altered = |position: usize, mask: u8| {
        let mut message = secrets.clone();
        message[position] ^= mask;
        message
    };

    let failed = "authentication failed";
    vec![
        ("message-request", request_case),
        ("message-denial", denial_case),
        (
            "message-denial-other-request",
            message_case("denial", failed, "under another request id", &other_request)
                .with_blob(denial_message.clone()),
        ),
        (
            "message-other-purpose",
            message_case(
                "request",
                failed,
                "a denial taken for a request",
                &as_request,
            )
            .with_blob(denial_message),
        ),
        (
            "message-short",
            message_case("request", "malformed", "no room for a tag", &asked)
                .with_blob(request_message[..80].to_vec()),
        ),
        ("secrets", secrets_case),
        (
            "secrets-other-epoch",
            message_case("secrets", failed, "an epoch of the list altered", &given)
                .with_blob(altered(5, 2)),
        ),
        (
            "secrets-unordered",
            message_case("secrets", "malformed", "sections do not ascend", &given)
                .with_blob(altered(1, 6)),
        ),
        (
            "secrets-no-entry",
            message_case("secrets", "malformed", "an empty list", &given).with_blob(altered(0, 3)),
        ),
    ]
}

/// Every case of links and of identities.
pub(super) fn links_and_identities() -> Vec<(&'static str, Case)> {
    let port = Address::from(PORT);
    let link = |number, new_epoch, opened_epoch| {
        make_link(
            CHAIN,
            port,
            section(number),
            new_epoch,
            opened_epoch,
            &secret(0x42),
            &secret(0x41),
        )
        .expect("the epochs descend")
    };
    let links = [link(1, 2, 1), link(5, 9, 7)];
    let bytes = encode_links(&links).expect("the sections ascend");
    let case = |expect: &str, about: &str| {
        Case::new("links", expect, about)
            .with("chain-id", CHAIN)
            .with_hex("port", PORT)
            .with_hex("new-secret", [0x42; 32])
    };
    let mut altered = bytes.clone();
    altered[4] = 3;
    let good = case("success", "one step back, and one that skips an epoch")
        .with_hex("previous-secret", [0x41; 32]);
    let seed = IdentitySeed::from_bytes([0x42; 32]);
    let mut identity =
        Case::new("identity", "success", "keys of one seed").with_hex("seed", seed.as_bytes());
    for (name, key) in [
        ("provider-0", seed.provider_key(0)),
        ("provider-1", seed.provider_key(1)),
        ("patient-0", seed.patient_key(0)),
        ("patient-1", seed.patient_key(1)),
    ] {
        identity = identity.with_hex(name, key.to_bytes().as_slice());
    }
    let fingerprint = seed.provider_key(0).public().fingerprint();
    identity = identity.with("provider-fingerprint", fingerprint);
    vec![
        ("links", good.with_blob(bytes.clone())),
        (
            "links-other-epoch",
            case("authentication failed", "a new epoch altered").with_blob(altered),
        ),
        (
            "links-cut",
            case("malformed", "half a link").with_blob(bytes[..80].to_vec()),
        ),
        ("identity", identity),
    ]
}
