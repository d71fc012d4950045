//! Records of authors that break a rule, or seal to the patient: recipients, points, metadata's encoding, streams.

use super::Case;
use super::records::{bad_author, good_record, pattern, recipe, record_case};
use crate::writer::{Recipe, padded};

fn to_patient() -> Recipe {
    Recipe {
        recipient: 1,
        ..recipe(pattern(20))
    }
}

pub(super) fn all() -> Vec<(&'static str, Case)> {
    let flip = |position: usize| move |head: &mut Vec<u8>, _: &mut Vec<u8>| head[position] ^= 1;
    vec![
        (
            "record-patient",
            good_record("sealed to the patient", &to_patient()),
        ),
        (
            "record-patient-other-key",
            record_case(
                "authentication failed",
                "sealed to another than the patient",
                &Recipe {
                    recipient_secret: [0x77; 32],
                    ..to_patient()
                },
                |_, _| {},
            ),
        ),
        (
            "record-patient-no-key",
            record_case(
                "no matching key",
                "sealed to the patient, read by a holder of the section's secret",
                &to_patient(),
                |_, _| {},
            )
            .renamed("patient-secret", "section-secret"),
        ),
        (
            "record-section-no-key",
            record_case(
                "no matching key",
                "sealed to the section, read by a patient without its secret",
                &recipe(pattern(20)),
                |_, _| {},
            )
            .renamed("section-secret", "patient-secret"),
        ),
        (
            "record-recipient-2",
            bad_author("malformed", "recipient 2", 20, |recipe| {
                recipe.recipient = 2;
            }),
        ),
        (
            "record-recipient-altered",
            record_case(
                "authentication failed",
                "the patient's made the section's after sealing",
                &to_patient(),
                flip(63),
            )
            .renamed("patient-secret", "section-secret"),
        ),
        (
            "record-sealed-key-flipped",
            record_case(
                "authentication failed",
                "sealed record key",
                &recipe(pattern(20)),
                flip(130),
            ),
        ),
        (
            "record-enc-other",
            record_case(
                "authentication failed",
                "enc is another point",
                &recipe(pattern(20)),
                |head, _| {
                    head[64..129].copy_from_slice(&super::secret(9).public().to_sec1());
                },
            ),
        ),
        (
            "record-enc-identity",
            record_case(
                "malformed",
                "enc is the identity",
                &recipe(pattern(20)),
                |head, _| {
                    head[65..129].fill(0);
                },
            ),
        ),
        (
            "record-enc-beyond-field",
            record_case(
                "malformed",
                "enc has coordinates above the field's order",
                &recipe(pattern(20)),
                |head, _| head[65..129].fill(0xff),
            ),
        ),
        (
            "record-enc-compressed",
            record_case(
                "malformed",
                "enc has the tag of a compressed point",
                &recipe(pattern(20)),
                |head, _| head[64] = 2 + (head[128] & 1),
            ),
        ),
        (
            "record-enc-hybrid",
            record_case(
                "malformed",
                "enc has the tag of a hybrid point",
                &recipe(pattern(20)),
                |head, _| head[64] = 6 + (head[128] & 1),
            ),
        ),
        (
            "record-body-hash",
            record_case(
                "authentication failed",
                "BLAKE3 of the body altered after sealing",
                &recipe(pattern(20)),
                flip(210),
            ),
        ),
        (
            "record-body-other-length",
            record_case(
                "authentication failed",
                "the body's length altered after sealing, to one that a body has",
                &recipe(pattern(20)),
                |head, _| head[248] = 48,
            ),
        ),
        (
            "record-metadata-tag-only",
            bad_author("malformed", "metadata of no bytes", 20, |recipe| {
                recipe.metadata_plaintext = Some(Vec::new());
            }),
        ),
        (
            "record-metadata-unaligned",
            bad_author("malformed", "metadata of 511 bytes", 20, |recipe| {
                let mut plaintext = padded(recipe.metadata.as_bytes());
                plaintext.pop();
                recipe.metadata_plaintext = Some(plaintext);
            }),
        ),
        (
            "record-metadata-blocks",
            bad_author("malformed", "a block of padding too many", 20, |recipe| {
                let mut plaintext = padded(recipe.metadata.as_bytes());
                plaintext.resize(1024, 0);
                recipe.metadata_plaintext = Some(plaintext);
            }),
        ),
        (
            "record-metadata-beyond",
            bad_author(
                "malformed",
                "metadata states more bytes than there are",
                20,
                |recipe| {
                    let mut plaintext = padded(recipe.metadata.as_bytes());
                    plaintext[..2].copy_from_slice(&511u16.to_be_bytes());
                    recipe.metadata_plaintext = Some(plaintext);
                },
            ),
        ),
        (
            "record-body-altered",
            bad_author(
                "authentication failed",
                "the author hashed an altered chunk",
                20,
                |recipe| recipe.body_mask = 1,
            ),
        ),
        (
            "record-counter",
            bad_author(
                "authentication failed",
                "the first chunk has number 1",
                20,
                |recipe| recipe.first_counter = 1,
            ),
        ),
        (
            "record-stream-short",
            bad_author(
                "malformed",
                "a stream without room for the trailer",
                0,
                |recipe| {
                    recipe.stream = Some(vec![0; 7]);
                },
            ),
        ),
        (
            "record-stream-unpadded",
            bad_author(
                "malformed",
                "a stream that is longer than any padded one",
                20,
                |recipe| {
                    recipe.stream = Some([pattern(21), 21u64.to_be_bytes().to_vec()].concat());
                },
            ),
        ),
        (
            "record-trailer-beyond",
            bad_author(
                "malformed",
                "the trailer states more bytes than the stream has",
                20,
                |recipe| {
                    recipe.metadata = recipe.metadata.replace("20}", "null}");
                    recipe.trailer = Some(21);
                },
            ),
        ),
        (
            "record-trailer-huge",
            bad_author(
                "malformed",
                "the trailer states 2^64 - 1 bytes",
                20,
                |recipe| {
                    recipe.metadata = recipe.metadata.replace("20}", "null}");
                    recipe.trailer = Some(u64::MAX);
                },
            ),
        ),
        (
            "record-length-stated",
            bad_author(
                "malformed",
                "metadata states a length that no body of this length holds",
                20,
                |recipe| recipe.metadata = recipe.metadata.replace("20}", "2000}"),
            ),
        ),
    ]
}
