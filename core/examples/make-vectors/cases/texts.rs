//! Requests, denials and reasons of emergencies: what is inside them.

use patientport_core::seal::{Purpose, SealContext, seal_message};
use patientport_core::text::{DenialText, EmergencyText, RequestText, Rights};

use super::{Case, EPHEMERAL, PATIENT, READER, context, message_case, sealed, secret};
use crate::fixed::FixedRng;

fn asked() -> SealContext {
    context(Purpose::Request, READER, PATIENT, 0)
}

fn written(kind: &str, about: &str, context: &SealContext, plaintext: &[u8]) -> Case {
    let mut rng = FixedRng(EPHEMERAL.to_vec());
    message_case(kind, "success", about, context)
        .with_hex("ephemeral-secret", EPHEMERAL)
        .with("plaintext", String::from_utf8_lossy(plaintext))
        .with_blob(seal_message(
            context,
            &secret(0x61).public(),
            plaintext,
            &mut rng,
        ))
}

fn refused(kind: &str, about: &str, context: &SealContext, plaintext: &[u8]) -> Case {
    let message = sealed(context, 0x61, [0; 32], EPHEMERAL, plaintext);
    message_case(kind, "malformed", about, context).with_blob(message)
}

/// The usual request with a part of its text replaced.
fn altered(from: &str, to: &str) -> String {
    let text = r#"{"purpose":"TREAT","sections":[5,9],"until":1800000000,"rights":"read","text":"Referral."}"#;
    assert!(text.contains(from), "`{from}` is no part of the request");
    text.replacen(from, to, 1)
}

pub(super) fn all() -> Vec<(String, Case)> {
    let request = RequestText {
        purpose: "TREAT".into(),
        sections: [5, 9]
            .into_iter()
            .filter_map(|it: u8| it.try_into().ok())
            .collect(),
        until: Some(1_800_000_000),
        rights: Rights::Read,
        text: "Referral for the knee.".into(),
    };
    let open = RequestText {
        purpose: "A-Z_0123456789-ABCDEFGHIJKLMNOPQ".into(),
        sections: (0..64).filter_map(|it: u8| it.try_into().ok()).collect(),
        until: None,
        rights: Rights::ReadWrite,
        text: "\u{202e}\u{7}\n\"".into(),
    };
    let denied = context(Purpose::Denial, PATIENT, READER, 7);
    let broken = context(Purpose::EmergencyReason, READER, PATIENT, 0);
    let text = |it: &str| it.to_owned();
    let encoded = "the text is short";
    let request_case = |about: &str, request: &RequestText| {
        written(
            "request",
            about,
            &asked(),
            &request.to_bytes().expect(encoded),
        )
    };
    let longest = DenialText {
        text: "n".repeat(4_085),
    };
    let denial = DenialText {
        text: text("Not needed."),
    };
    let reason = EmergencyText {
        text: text("Unconscious, no relatives."),
    };
    let mut cases = vec![
        (text("request"), request_case("a request", &request)),
        (
            text("request-open"),
            request_case(
                "the longest purpose, all sections, no end, hostile words",
                &open,
            ),
        ),
        (
            text("denial"),
            written(
                "denial",
                "a denial",
                &denied,
                &denial.to_bytes().expect(encoded),
            ),
        ),
        (
            text("denial-longest"),
            written(
                "denial",
                "4,096 bytes",
                &denied,
                &longest.to_bytes().expect(encoded),
            ),
        ),
        (
            text("emergency-reason"),
            written(
                "emergency-reason",
                "a reason",
                &broken,
                &reason.to_bytes().expect(encoded),
            ),
        ),
        (
            text("request-lenient"),
            written(
                "request",
                "unpadded, spaced, with an unknown member",
                &asked(),
                altered("{", r#" { "new" : [] , "#).as_bytes(),
            )
            .with("lenient", "yes"),
        ),
        (
            text("denial-too-long"),
            refused(
                "denial",
                "4,097 bytes",
                &denied,
                format!(r#"{{"text":"{}"}}"#, "n".repeat(4_086)).as_bytes(),
            ),
        ),
        (
            text("denial-array"),
            refused("denial", "an array", &denied, br#"["no"]"#),
        ),
        (
            text("denial-repeated"),
            refused(
                "denial",
                "a member twice",
                &denied,
                br#"{"text":"a","text":"a"}"#,
            ),
        ),
        (
            text("denial-not-utf-8"),
            refused(
                "denial",
                "a byte that is not UTF-8",
                &denied,
                b"{\"text\":\"\xff\"}",
            ),
        ),
        (
            text("denial-zeros"),
            refused(
                "denial",
                "padded with zeros",
                &denied,
                b"{\"text\":\"a\"}\0\0\0\0",
            ),
        ),
        (
            text("denial-empty"),
            refused("denial", "no byte", &denied, b""),
        ),
        (
            text("emergency-reason-without-text"),
            refused("emergency-reason", "no `text`", &broken, b"{}"),
        ),
        (
            text("emergency-reason-other-purpose"),
            message_case(
                "emergency-reason",
                super::AUTHENTICATION,
                "a request taken for a reason",
                &broken,
            )
            .with_blob(sealed(
                &asked(),
                0x61,
                [0; 32],
                EPHEMERAL,
                br#"{"text":""}"#,
            )),
        ),
    ];
    let long = format!("\"{}\"", "T".repeat(33));
    for (name, about, from, to) in [
        ("rights", "rights `all`", "\"read\"", "\"all\""),
        ("rights-number", "rights as a number", "\"read\"", "1"),
        ("rights-case", "rights in capitals", "\"read\"", "\"READ\""),
        ("section-64", "section 64", "9]", "64]"),
        ("section-negative", "section -1", "9]", "-1]"),
        ("section-fraction", "section 9.0", "9]", "9.0]"),
        ("section-string", "a section as a string", "9]", "\"9\"]"),
        (
            "sections-number",
            "sections that are no array",
            "[5,9]",
            "5",
        ),
        ("sections-null", "sections that are null", "[5,9]", "null"),
        (
            "purpose-long",
            "a purpose of 33 characters",
            "\"TREAT\"",
            &long,
        ),
        ("purpose-empty", "an empty purpose", "TREAT", ""),
        (
            "purpose-lower-case",
            "a purpose in lower case",
            "TREAT",
            "treat",
        ),
        ("purpose-space", "a space in the purpose", "TREAT", "TRE AT"),
        (
            "purpose-letter",
            "a purpose with a letter beyond ASCII",
            "TREAT",
            "TR\u{c9}AT",
        ),
        (
            "until-string",
            "`until` as a string",
            "1800000000",
            "\"2026-11-22\"",
        ),
        ("until-negative", "a negative `until`", "1800000000", "-1"),
        (
            "until-2-64",
            "`until` beyond 64 bits",
            "1800000000",
            "18446744073709551616",
        ),
        ("text-null", "a text that is null", "\"Referral.\"", "null"),
        (
            "without-purpose",
            "no `purpose`",
            "\"purpose\"",
            "\"other\"",
        ),
        (
            "without-sections",
            "no `sections`",
            "\"sections\"",
            "\"other\"",
        ),
        ("without-until", "no `until`", "\"until\"", "\"other\""),
        ("without-rights", "no `rights`", "\"rights\"", "\"other\""),
        ("without-text", "no `text`", "\"text\"", "\"other\""),
    ] {
        let case = refused("request", about, &asked(), altered(from, to).as_bytes());
        cases.push((format!("request-{name}"), case));
    }
    cases
}
