//! Records, and what their authors and hosts can do to them.

use patientport_core::record::Commitment;

use super::{AUTHOR, CHAIN, Case, PORT};
use crate::writer::{Recipe, padded};

/// Payload byte `i` is `i mod 251`: no period of a chunk's.
pub(super) fn pattern(length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).collect()
}

pub(super) fn recipe(payload: Vec<u8>) -> Recipe {
    Recipe {
        version: 1,
        suite: 1,
        chain_id: CHAIN,
        port: PORT,
        author: AUTHOR,
        section: 5,
        epoch: 2,
        recipient: 0,
        recipient_secret: [0x51; 32],
        record_key: [0x52; 32],
        ephemeral: [0x53; 32],
        metadata: format!(
            r#"{{"title":"Blood count","media_type":"text/plain","content_time":"2026-11-22T20:00:00Z","note":"fasting","length":{}}}"#,
            payload.len()
        ),
        payload,
        extra_padding: 0,
        padding_byte: 0,
        trailer: None,
        last_flag: 1,
        swap: None,
        commitment_mask: 0,
        metadata_plaintext: None,
        first_counter: 0,
        body_mask: 0,
        stream: None,
    }
}

/// A case about the head and body that `recipe` gives, whose entry on chain is `place`.
pub(super) fn record_case(
    expect: &str,
    about: &str,
    recipe: &Recipe,
    edit: impl FnOnce(&mut Vec<u8>, &mut Vec<u8>),
) -> Case {
    let (mut head, mut body) = recipe.write();
    let commitment_before = Commitment::of(&head);
    edit(&mut head, &mut body);
    let place = self::recipe(Vec::new());
    // Storage hosts alter blobs under a fixed commitment; cases that expect that say so.
    let commitment = if expect == "commitment mismatch" {
        commitment_before
    } else {
        Commitment::of(&head)
    };
    Case::new("record", expect, about)
        .with("chain-id", place.chain_id)
        .with_hex("port", place.port)
        .with_hex("author", place.author)
        .with("section", place.section)
        .with("epoch", place.epoch)
        .with_hex("commitment", commitment.0)
        .with_hex(
            if recipe.recipient == 1 {
                "patient-secret"
            } else {
                "section-secret"
            },
            place.recipient_secret,
        )
        .with_hex("head", head)
        .with_blob(body)
}

pub(super) fn good_record(about: &str, recipe: &Recipe) -> Case {
    record_case("success", about, recipe, |_, _| {})
        .with_hex("record-key", recipe.record_key)
        .with_hex("ephemeral-secret", recipe.ephemeral)
        .with("metadata", &recipe.metadata)
        .with("payload-length", recipe.payload.len())
        .with_hex("payload-blake3", blake3::hash(&recipe.payload).as_bytes())
}

/// An author that breaks a rule, and commits to what it wrote.
pub(super) fn bad_author(
    expect: &str,
    about: &str,
    payload: usize,
    change: impl FnOnce(&mut Recipe),
) -> Case {
    let mut recipe = recipe(pattern(payload));
    change(&mut recipe);
    record_case(expect, about, &recipe, |_, _| {})
}

/// A host that alters what was committed to.
fn bad_host(about: &str, payload: usize, edit: impl FnOnce(&mut Vec<u8>, &mut Vec<u8>)) -> Case {
    record_case(
        "commitment mismatch",
        about,
        &recipe(pattern(payload)),
        edit,
    )
}

/// Heads cut at the end of every field, and a head that is too long: the chain commits to them as they are.
pub(super) fn lengths() -> Vec<(String, Case)> {
    const ENDS: [usize; 16] = [
        0, 7, 8, 9, 10, 18, 38, 58, 59, 63, 64, 129, 177, 209, 241, 249,
    ];
    let cut = |length: usize| {
        let about = format!("head cut to {length} bytes");
        let case = record_case("malformed", &about, &recipe(pattern(20)), |head, _| {
            head.truncate(length);
        });
        (format!("record-head-cut-{length:03}"), case)
    };
    let mut cases: Vec<_> = ENDS.into_iter().chain([251, 300]).map(cut).collect();
    let long = record_case(
        "malformed",
        "head of 8,193 bytes",
        &recipe(pattern(20)),
        |head, _| {
            head.resize(8_193, 0);
        },
    );
    cases.push(("record-head-too-long".to_owned(), long));
    cases
}

/// Every case of kind `record`.
pub(super) fn all() -> Vec<(&'static str, Case)> {
    let piped = Recipe {
        metadata: r#"{"title":"","media_type":"","content_time":null,"note":"","length":null}"#
            .into(),
        ..recipe([pattern(900), vec![0; 100]].concat())
    };
    let flip = |position: usize| move |head: &mut Vec<u8>, _: &mut Vec<u8>| head[position] ^= 1;
    vec![
        (
            "record-empty",
            good_record("payload of 0 bytes", &recipe(Vec::new())),
        ),
        (
            "record-one-byte",
            good_record("payload of 1 byte", &recipe(pattern(1))),
        ),
        (
            "record-whole-chunk",
            good_record(
                "the stream fills one chunk exactly",
                &recipe(pattern(65_528)),
            ),
        ),
        (
            "record-two-chunks",
            good_record("payload of 65537 bytes", &recipe(pattern(65_537))),
        ),
        (
            "record-piped",
            good_record(
                "length unknown to the metadata, payload ends with zeros",
                &piped,
            ),
        ),
        (
            "record-head-flipped",
            bad_host("one bit of the head", 20, |head, _| head[300] ^= 1),
        ),
        (
            "record-body-flipped",
            bad_host("one bit of the body", 20, |_, body| body[3] ^= 1),
        ),
        (
            "record-body-cut",
            bad_host("last chunk missing", 65_537, |_, body| {
                body.truncate(65_552);
            }),
        ),
        (
            "record-body-longer",
            bad_host("a byte after the last chunk", 20, |_, body| body.push(0)),
        ),
        (
            "record-body-spliced",
            bad_host("the body of another record", 20, |_, body| {
                *body = Recipe {
                    record_key: [0x99; 32],
                    ..recipe(pattern(20))
                }
                .write()
                .1;
            }),
        ),
        (
            "record-other-chain",
            bad_author("wrong place", "chain id", 20, |recipe| recipe.chain_id = 1),
        ),
        (
            "record-other-port",
            bad_author("wrong place", "port", 20, |recipe| recipe.port = [1; 20]),
        ),
        (
            "record-other-author",
            bad_author("wrong place", "author", 20, |recipe| {
                recipe.author = [1; 20];
            }),
        ),
        (
            "record-other-section",
            bad_author("wrong place", "section", 20, |recipe| recipe.section = 6),
        ),
        (
            "record-other-epoch",
            bad_author("wrong place", "epoch", 20, |recipe| recipe.epoch = 3),
        ),
        (
            "record-other-key",
            bad_author(
                "authentication failed",
                "sealed to another section key",
                20,
                |recipe| {
                    recipe.recipient_secret = [0x77; 32];
                },
            ),
        ),
        (
            "record-version-2",
            bad_author("unsupported version", "version 2", 20, |recipe| {
                recipe.version = 2;
            }),
        ),
        (
            "record-suite-2",
            bad_author("unsupported version", "the reserved suite", 20, |recipe| {
                recipe.suite = 2;
            }),
        ),
        (
            "record-section-64",
            bad_author("malformed", "section 64", 20, |recipe| recipe.section = 64),
        ),
        (
            "record-epoch-0",
            bad_author("malformed", "epoch 0", 20, |recipe| recipe.epoch = 0),
        ),
        (
            "record-magic",
            record_case("malformed", "another magic", &recipe(pattern(20)), flip(0)),
        ),
        (
            "record-enc-off-curve",
            record_case(
                "malformed",
                "enc is no point",
                &recipe(pattern(20)),
                flip(128),
            ),
        ),
        (
            "record-head-longer",
            record_case(
                "malformed",
                "a byte after the head",
                &recipe(pattern(20)),
                |head, _| {
                    head.push(0);
                },
            ),
        ),
        (
            "record-body-length",
            record_case(
                "malformed",
                "a length no body has",
                &recipe(pattern(20)),
                flip(248),
            ),
        ),
        (
            "record-key-commitment",
            bad_author(
                "authentication failed",
                "key commitment, all else sealed over it",
                20,
                |recipe| {
                    recipe.commitment_mask = 1;
                },
            ),
        ),
        (
            "record-metadata-flipped",
            record_case(
                "authentication failed",
                "sealed metadata",
                &recipe(pattern(20)),
                flip(260),
            ),
        ),
        (
            "record-metadata-padding",
            bad_author(
                "malformed",
                "metadata padded with another value",
                20,
                |recipe| {
                    let mut plaintext = padded(recipe.metadata.as_bytes());
                    plaintext[511] = 1;
                    recipe.metadata_plaintext = Some(plaintext);
                },
            ),
        ),
        (
            "record-metadata-length",
            bad_author(
                "malformed",
                "metadata states another length of the same padding",
                1001,
                |recipe| {
                    recipe.metadata = recipe.metadata.replace("1001", "1002");
                },
            ),
        ),
        (
            "record-padding",
            bad_author("malformed", "padding is not zero", 1001, |recipe| {
                recipe.padding_byte = 1;
            }),
        ),
        (
            "record-more-padding",
            bad_author("malformed", "more padding than Padmé gives", 20, |recipe| {
                recipe.metadata = recipe.metadata.replace("20}", "null}");
                recipe.extra_padding = 2;
            }),
        ),
        (
            "record-trailer",
            bad_author(
                "malformed",
                "the stream states a length of another padding",
                20,
                |recipe| {
                    recipe.trailer = Some(1);
                },
            ),
        ),
        (
            "record-last-flag",
            bad_author(
                "authentication failed",
                "the last chunk is not flagged",
                20,
                |recipe| {
                    recipe.last_flag = 0;
                },
            ),
        ),
        (
            "record-chunks-swapped",
            bad_author(
                "authentication failed",
                "the author hashed chunks out of order",
                131_080,
                |recipe| {
                    recipe.swap = Some((0, 1));
                },
            ),
        ),
    ]
}
