//! Records as their readers and their enemies meet them. R1 to R4 are the invariants of `record`.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;
#[cfg(feature = "parallel")]
mod cores;
mod pipes;
mod ranges;

use common::{Record, class, place, random_payload, record, record_of};
use patientport_core::failure::FailureClass;
use patientport_core::keys::SecretKey;
use patientport_core::record::{
    CHUNK_BYTES, Head, MAX_HEAD_BYTES, Metadata, Place, Recipient, RecordError, check_place,
    encrypt, padme,
};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

const SEALED_CHUNK: usize = CHUNK_BYTES + 16;

fn assert_round_trip(record: &Record) {
    let length = record.payload.len() as u64;
    assert_eq!(record.envelope.payload_len, length);
    assert_eq!(record.envelope.body_len, record.body.len() as u64);
    let stream = padme(length + 8).unwrap();
    assert_eq!(
        record.envelope.body_len,
        stream + stream.div_ceil(CHUNK_BYTES as u64) * 16
    );

    record
        .envelope
        .commitment
        .check(&record.envelope.head)
        .unwrap();
    let head = Head::parse(&record.envelope.head).unwrap();
    check_place(head.place(), &record.place).unwrap();
    assert_eq!(head.commitment(), record.envelope.commitment);
    assert_eq!(head.body_len(), record.body.len() as u64);
    assert_eq!(head.body_hash(), *blake3::hash(&record.body).as_bytes());
    let opened = head.unlock(&record.secret).unwrap();
    assert_eq!(opened.metadata().title, "Blood count");

    let mut payload = Vec::new();
    assert_eq!(
        opened
            .decrypt_body(record.body.as_slice(), &mut payload)
            .unwrap(),
        length
    );
    assert!(
        payload == record.payload,
        "payload of {length} bytes differs"
    );
    assert_eq!(opened.verify_body(record.body.as_slice()).unwrap(), length);
}

#[test]
fn every_size_round_trips() {
    let sizes = [
        0,
        1,
        7,
        8,
        65_527,
        65_528,
        65_529,
        65_535,
        65_536,
        65_537,
        131_064,
        131_072,
        // Around one batch of eight chunks, and several.
        (1 << 19) - 9,
        (1 << 19) - 8,
        1 << 19,
        (1 << 20) - 9,
        (1 << 20) - 8,
        1 << 20,
        (3 << 20) + 1,
        10 << 20,
    ];
    for (seed, length) in (0..).zip(sizes) {
        assert_round_trip(&record(seed, length));
    }
}

#[test]
fn payloads_of_zeros_and_with_zeros_at_the_end_round_trip() {
    for length in [1, 9, 65_536, 200_000, 300_001] {
        assert_round_trip(&record_of(1, vec![0; length]));
        let mut payload = random_payload(2, length);
        payload[length / 2..].fill(0);
        assert_round_trip(&record_of(2, payload));
        let mut payload = vec![0; length];
        payload[length - 1] = 1;
        assert_round_trip(&record_of(3, payload));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn random_sizes_round_trip(seed: u8, length in prop_oneof![0usize..300, 60_000usize..70_000, 0usize..400_000]) {
        assert_round_trip(&record(seed, length));
    }

    /// R3.
    #[test]
    fn head_parser_is_total_on_noise(noise in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(Head::parse(&noise).is_err());
    }

    /// R3, R1: a head that still parses after an edit does not open.
    #[test]
    fn edited_heads_do_not_open(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..6),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let record = record(1, 10);
        let mut head = record.envelope.head.clone();
        for (index, mask) in edits {
            head[index.index(record.envelope.head.len())] ^= mask;
        }
        if let Some(cut) = cut {
            head.truncate(cut.index(head.len()));
        }
        if head != record.envelope.head {
            prop_assert!(Head::parse(&head).and_then(|head| head.unlock(&record.secret)).is_err());
        }
    }

    /// R1, R2, R4.
    #[test]
    fn edited_bodies_are_not_the_heads(
        length in 0usize..200_000,
        index: prop::sample::Index,
        mask in 1u8..,
    ) {
        let mut record = record(4, length);
        let index = index.index(record.body.len());
        record.body[index] ^= mask;
        let mut released = Vec::new();
        let result = record.opened().decrypt_body(record.body.as_slice(), &mut released);
        prop_assert_eq!(class(result), FailureClass::CommitmentMismatch);
        prop_assert!(released.len() < record.payload.len() || record.payload.len() < CHUNK_BYTES);
        // Whole chunks before the edit may have been released, the edited one and the last never.
        prop_assert!(released.len() <= index / SEALED_CHUNK * CHUNK_BYTES);
    }
}

/// R1 at every bit of a head, with the class that each field answers with.
#[test]
fn every_flipped_bit_of_a_head_is_refused() {
    let record = record(1, 100);
    for bit in 0..record.envelope.head.len() * 8 {
        let mut head = record.envelope.head.clone();
        head[bit / 8] ^= 1 << (bit % 8);
        let committed = record.envelope.commitment.check(&head).unwrap_err();
        assert_eq!(committed.class(), Some(FailureClass::CommitmentMismatch));

        // Now as if the chain's entry committed to the altered head.
        let entry = record.place;
        let error = Head::parse(&head)
            .and_then(|head| {
                let placed = check_place(head.place(), &entry).map_err(RecordError::from);
                let unlocked = head.unlock(&record.secret);
                assert!(unlocked.is_err(), "bit {bit}");
                placed.and(unlocked)
            })
            .unwrap_err();
        let class = error.class().unwrap();
        let expected: &[FailureClass] = match bit / 8 {
            0..8 | 64..129 | 249..251 => &[FailureClass::Malformed],
            8..10 => &[FailureClass::UnsupportedVersion],
            10..58 | 59..63 => &[FailureClass::WrongPlace],
            // Bit 0 makes it the patient's, whose key this is not; other bits make it nobody's.
            63 => &[FailureClass::AuthenticationFailed, FailureClass::Malformed],
            // A section above 63 is malformed.
            58 => &[FailureClass::WrongPlace, FailureClass::Malformed],
            // Most lengths are no body's.
            241..249 => &[FailureClass::Malformed, FailureClass::AuthenticationFailed],
            _ => &[FailureClass::AuthenticationFailed],
        };
        assert!(expected.contains(&class), "bit {bit}: {class}");
    }
}

#[test]
fn heads_of_other_lengths_are_malformed() {
    let record = record(1, 100);
    let head = &record.envelope.head;
    for length in 0..head.len() {
        let error = Head::parse(&head[..length]).unwrap_err();
        assert_eq!(
            error.class(),
            Some(FailureClass::Malformed),
            "{length} bytes"
        );
    }
    for extra in [1, 512, MAX_HEAD_BYTES] {
        let longer = [head.as_slice(), &vec![0; extra]].concat();
        assert_eq!(
            Head::parse(&longer).unwrap_err().class(),
            Some(FailureClass::Malformed)
        );
    }
}

/// R1, R4: what a storage host can do to a body.
#[test]
fn truncated_reordered_spliced_and_longer_bodies_are_refused() {
    let record = record(5, 3 * CHUNK_BYTES + 1000);
    let other = common::record(6, 3 * CHUNK_BYTES + 1000);
    let (body, opened) = (&record.body, record.opened());
    assert!(body.len() > 3 * SEALED_CHUNK);

    let mut cases: Vec<(String, Vec<u8>)> = [
        0,
        1,
        15,
        16,
        SEALED_CHUNK - 1,
        SEALED_CHUNK,
        3 * SEALED_CHUNK,
        body.len() - 1,
    ]
    .into_iter()
    .map(|length| (format!("cut to {length}"), body[..length].to_vec()))
    .collect();
    let swapped = [
        &body[SEALED_CHUNK..2 * SEALED_CHUNK],
        &body[..SEALED_CHUNK],
        &body[2 * SEALED_CHUNK..],
    ]
    .concat();
    cases.push(("first chunks swapped".into(), swapped));
    let repeated = [
        &body[..SEALED_CHUNK],
        &body[..SEALED_CHUNK],
        &body[2 * SEALED_CHUNK..],
    ]
    .concat();
    cases.push(("first chunk repeated".into(), repeated));
    cases.push(("first chunk missing".into(), body[SEALED_CHUNK..].to_vec()));
    let spliced = [&body[..SEALED_CHUNK], &other.body[SEALED_CHUNK..]].concat();
    cases.push(("another record's tail".into(), spliced));
    cases.push(("another record's body".into(), other.body.clone()));
    cases.push(("a trailing byte".into(), [body.as_slice(), &[0]].concat()));
    cases.push(("itself twice".into(), [body.as_slice(), body].concat()));

    for (what, altered) in cases {
        let mut released = Vec::new();
        let result = opened.decrypt_body(altered.as_slice(), &mut released);
        assert_eq!(class(result), FailureClass::CommitmentMismatch, "{what}");
        assert!(released.len() < record.payload.len(), "{what}");
        assert!(record.payload.starts_with(&released), "{what}");
        assert_eq!(
            class(opened.verify_body(altered.as_slice())),
            FailureClass::CommitmentMismatch,
            "{what}"
        );
    }
}

#[test]
fn another_key_does_not_open() {
    let (record, other) = (record(5, 10), record(6, 10));
    let error = Head::parse(&record.envelope.head)
        .unwrap()
        .unlock(&other.secret)
        .unwrap_err();
    assert_eq!(error.class(), Some(FailureClass::AuthenticationFailed));
}

#[test]
fn each_field_of_the_place_is_compared() {
    let entry = place();
    let others = [
        Place {
            chain_id: 1,
            ..entry
        },
        Place {
            port: [0; 20].into(),
            ..entry
        },
        Place {
            author: [0; 20].into(),
            ..entry
        },
        Place {
            section: 0.try_into().unwrap(),
            ..entry
        },
        Place { epoch: 4, ..entry },
    ];
    for other in others {
        let error = RecordError::from(check_place(&entry, &other).unwrap_err());
        assert_eq!(error.class(), Some(FailureClass::WrongPlace));
    }
}

#[test]
fn two_records_of_one_payload_share_nothing() {
    let mut rng = ChaCha20Rng::from_seed([9; 32]);
    let secret = SecretKey::random(&mut rng);
    let mut write = || {
        let mut body = Vec::new();
        let envelope = encrypt(
            &place(),
            Recipient::Section,
            &secret.public(),
            &Metadata::default(),
            &b"same"[..],
            &mut body,
            &mut rng,
        )
        .unwrap();
        (envelope, body)
    };
    let (first, second) = (write(), write());
    assert_ne!(first.0.commitment, second.0.commitment);
    assert_ne!(first.1, second.1);
    assert_ne!(first.0.head[63..240], second.0.head[63..240]);
}
