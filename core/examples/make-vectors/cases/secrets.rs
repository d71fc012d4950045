//! Section secrets, and keys of single records.

use alloy_primitives::hex;
use patientport_core::seal::{Purpose, SealContext};

use super::{
    AUTHENTICATION, Case, EPHEMERAL, PATIENT, READER, context, message_case, sealed, sha256,
};

/// Section, epoch, the byte that the secret repeats, name.
pub(super) type Entry = (u8, u32, u8, &'static str);

/// The list and the plaintext of a message of §2.
pub(super) fn encode(entries: &[Entry]) -> (Vec<u8>, Vec<u8>) {
    let count = u8::try_from(entries.len()).expect("a case has at most 255 entries");
    let mut list = vec![count];
    let (mut plaintext, mut names) = (Vec::new(), Vec::new());
    for (section, epoch, byte, name) in entries {
        list.push(*section);
        list.extend(epoch.to_be_bytes());
        plaintext.extend([*byte; 32]);
        names.push(u8::try_from(name.len()).expect("a case's name is short"));
        names.extend(name.bytes());
    }
    if names.iter().any(|byte| *byte != 0) {
        names.resize(names.len().next_multiple_of(32), 0);
        plaintext.extend(names);
    }
    (list, plaintext)
}

pub(super) fn with_entries(case: Case, entries: &[Entry]) -> Case {
    entries
        .iter()
        .fold(case, |case, (section, epoch, byte, name)| {
            let secret = hex::encode([*byte; 32]);
            case.with(
                "entry",
                format!("{section} {epoch} {secret} {name}").trim_end(),
            )
        })
}

fn given() -> SealContext {
    context(Purpose::Secrets, PATIENT, READER, 7)
}

/// A message with this list and this plaintext.
fn message(list: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let sealed = sealed(&given(), 0x61, sha256(list), EPHEMERAL, plaintext);
    [list, &sealed].concat()
}

fn good(about: &str, entries: &[Entry]) -> Case {
    let (list, plaintext) = encode(entries);
    with_entries(message_case("secrets", "success", about, &given()), entries)
        .with_hex("ephemeral-secret", EPHEMERAL)
        .with_blob(message(&list, &plaintext))
}

fn refused(about: &str, list: &[u8], plaintext: &[u8]) -> Case {
    message_case("secrets", "malformed", about, &given()).with_blob(message(list, plaintext))
}

const THREE: [Entry; 3] = [
    (0, 1, 0x31, "General"),
    (5, 2, 0x32, ""),
    (63, u32::MAX, 0x33, "Kinder\u{e4}rztin"),
];

pub(super) fn all() -> Vec<(&'static str, Case)> {
    const LONGEST: &str = "ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ";
    let most: Vec<Entry> = (0..64).map(|section| (section, 1, 9, LONGEST)).collect();
    let (three, three_secrets) = encode(&THREE);
    let sent = message(&three, &three_secrets);
    let altered = |expect: &str, about: &str, edit: &dyn Fn(&mut Vec<u8>)| {
        let mut blob = sent.clone();
        edit(&mut blob);
        message_case("secrets", expect, about, &given()).with_blob(blob)
    };
    let one = [1, 5, 0, 0, 0, 1];
    let named = |names: &[u8]| [&[7; 32], names].concat();
    let mut order = [0; 32];
    order.copy_from_slice(
        &hex::decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
            .expect("hexadecimal"),
    );
    let padded = |text: &[u8]| {
        let mut block = text.to_vec();
        block.resize(block.len().next_multiple_of(32), 0);
        block
    };
    let (too_many, too_many_secrets) = encode(&[(1, 1, 9, ""); 65]);
    vec![
        ("secrets", good("three sections, two with names", &THREE)),
        (
            "secrets-one",
            good("one section without a name", &[(5, 1, 7, "")]),
        ),
        (
            "secrets-most",
            good("64 sections with names of 64 bytes", &most),
        ),
        (
            "secrets-other-epoch",
            altered(AUTHENTICATION, "an epoch of the list altered", &|message| {
                message[5] ^= 2;
            }),
        ),
        (
            "secrets-flipped",
            altered(AUTHENTICATION, "one bit of the ciphertext", &|message| {
                message[100] ^= 1;
            }),
        ),
        (
            "secrets-unordered",
            altered("malformed", "sections do not ascend", &|message| {
                message[1] ^= 6;
            }),
        ),
        (
            "secrets-twice",
            altered("malformed", "a section twice", &|message| message[6] = 0),
        ),
        (
            "secrets-no-entry",
            altered("malformed", "an empty list", &|message| message[0] = 0),
        ),
        (
            "secrets-section-64",
            altered("malformed", "section 64", &|message| message[11] = 64),
        ),
        (
            "secrets-epoch-0",
            altered("malformed", "epoch 0", &|message| message[2..6].fill(0)),
        ),
        (
            "secrets-list-cut",
            altered("malformed", "the list cut short", &|message| {
                message.truncate(12);
            }),
        ),
        (
            "secrets-no-room",
            altered("malformed", "no room for a tag", &|message| {
                message.truncate(96);
            }),
        ),
        (
            "secrets-enc-off-curve",
            altered("malformed", "enc is no point", &|message| message[80] ^= 1),
        ),
        (
            "secrets-length",
            altered(
                "malformed",
                "a byte after the tag, which no padding gives",
                &|message| message.push(0),
            ),
        ),
        (
            "secrets-count",
            altered(
                "malformed",
                "more entries than secrets, so a shorter list is read",
                &|message| {
                    message[0] = 1;
                    message.truncate(150);
                },
            ),
        ),
        (
            "secrets-too-long",
            altered("malformed", "8,193 bytes", &|message| {
                message.resize(8_193, 0);
            }),
        ),
        (
            "secrets-65",
            refused("65 entries", &too_many, &too_many_secrets),
        ),
        ("secrets-zero", refused("a secret of zero", &one, &[0; 32])),
        (
            "secrets-order",
            refused("a secret of the curve's order", &one, &order),
        ),
        (
            "secrets-names-empty",
            refused("names that are all empty", &one, &named(&[0; 32])),
        ),
        (
            "secrets-names-padding",
            refused(
                "names padded with another value",
                &one,
                &named(&[&[1, b'a'], [1; 30].as_slice()].concat()),
            ),
        ),
        (
            "secrets-names-block",
            refused(
                "a block of padding too many",
                &one,
                &named(&[&[1, b'a'], [0; 62].as_slice()].concat()),
            ),
        ),
        (
            "secrets-names-control",
            refused(
                "a control character in a name",
                &one,
                &named(&padded(b"\x03a\x07b")),
            ),
        ),
        (
            "secrets-names-line",
            refused("a line feed in a name", &one, &named(&padded(b"\x03a\nb"))),
        ),
        (
            "secrets-names-not-utf-8",
            refused(
                "a name that is not UTF-8",
                &one,
                &named(&padded(b"\x02\xc3(")),
            ),
        ),
        (
            "secrets-names-long",
            refused(
                "a name of 65 bytes",
                &one,
                &named(&padded(&[&[65], [b'n'; 65].as_slice()].concat())),
            ),
        ),
        (
            "secrets-names-cut",
            refused(
                "a name longer than what follows",
                &one,
                &named(&padded(&[&[40], [b'n'; 31].as_slice()].concat())),
            ),
        ),
    ]
}

/// Keys of single records.
pub(super) fn record_keys() -> Vec<(&'static str, Case)> {
    let context = context(Purpose::RecordKeys, PATIENT, READER, 0);
    let list = |numbers: &[u32]| {
        let count = u8::try_from(numbers.len()).expect("a case has few records");
        [
            &[count][..],
            &numbers
                .iter()
                .flat_map(|it| it.to_be_bytes())
                .collect::<Vec<_>>(),
        ]
        .concat()
    };
    let keys = |count: usize| -> Vec<u8> {
        (1..=16)
            .cycle()
            .take(count)
            .flat_map(|byte: u8| [byte; 32])
            .collect()
    };
    let case = |expect: &str, about: &str, named: &[u32], sealed_for: &[u32], plaintext: &[u8]| {
        let numbers: Vec<_> = named.iter().map(u32::to_string).collect();
        let blob = sealed(
            &context,
            0x61,
            sha256(&list(sealed_for)),
            EPHEMERAL,
            plaintext,
        );
        message_case("record-keys", expect, about, &context)
            .with("records", numbers.join(" "))
            .with_blob(blob)
    };
    let good = |about: &str, numbers: &[u32]| {
        let plaintext = keys(numbers.len());
        plaintext
            .chunks(32)
            .fold(
                case("success", about, numbers, numbers, &plaintext),
                |case, key| case.with_hex("key", key),
            )
            .with_hex("ephemeral-secret", EPHEMERAL)
    };
    let most: Vec<u32> = (0..16).map(|number| number * 1_000_003).collect();
    let seventeen = [7; 17];
    vec![
        ("record-keys", good("the key of one record", &[12])),
        ("record-keys-most", good("keys of 16 records", &most)),
        (
            "record-keys-unordered",
            good("the chain's order is not by number", &[9, 4, 4_294_967_295]),
        ),
        (
            "record-keys-other",
            case(
                AUTHENTICATION,
                "other records than it was sealed for",
                &[1, 2],
                &[1, 3],
                &keys(2),
            ),
        ),
        (
            "record-keys-swapped",
            case(
                AUTHENTICATION,
                "the same records in another order",
                &[2, 1],
                &[1, 2],
                &keys(2),
            ),
        ),
        (
            "record-keys-fewer",
            case(
                "malformed",
                "fewer keys than records",
                &[1, 2],
                &[1, 2],
                &keys(1),
            ),
        ),
        (
            "record-keys-more",
            case("malformed", "more keys than records", &[1], &[1], &keys(2)),
        ),
        (
            "record-keys-cut",
            case("malformed", "a key of 31 bytes", &[1], &[1], &[7; 31]),
        ),
        (
            "record-keys-none",
            case("malformed", "no record", &[], &[], &[]),
        ),
        (
            "record-keys-17",
            case("malformed", "17 records", &seventeen, &seventeen, &keys(17)),
        ),
    ]
}
