//! Parts of a payload, from the chunks that hold them alone.

use std::{ops::Range, sync::LazyLock};

use patientport_core::record::{BodyRange, CHUNK_BYTES, RecordError};
use proptest::prelude::*;

use crate::common::{Record, random_payload, record, record_stating};

const CHUNK: u64 = CHUNK_BYTES as u64;

fn index(position: u64) -> usize {
    usize::try_from(position).unwrap()
}

fn piece<'r>(record: &'r Record, range: &BodyRange) -> &'r [u8] {
    let bytes = range.body();
    &record.body[index(bytes.start)..index(bytes.end)]
}

fn read(record: &Record, part: Range<u64>) -> Option<Vec<u8>> {
    let opened = record.opened();
    let range = opened.range(part)?;
    Some(
        opened
            .decrypt_range(&range, piece(record, &range))
            .unwrap()
            .to_vec(),
    )
}

#[test]
fn parts_at_the_edges_of_chunks_are_what_the_payload_has_there() {
    let length = 3 * CHUNK_BYTES + 100;
    let record = record(1, length);
    let length = length as u64;
    for part in [
        0..1,
        0..CHUNK,
        CHUNK - 1..CHUNK + 1,
        CHUNK..2 * CHUNK,
        2 * CHUNK - 1..3 * CHUNK + 1,
        3 * CHUNK..length,
        length - 1..length,
        0..length,
        length - 1..u64::MAX,
    ] {
        let end = part.end.min(length);
        let expected = &record.payload[index(part.start)..index(end)];
        assert!(
            read(&record, part.clone()).unwrap() == expected,
            "part {part:?} differs"
        );
    }
}

#[test]
fn what_lies_behind_the_payload_is_no_part() {
    let short = record(2, 1_000);
    assert_eq!(read(&short, 1_000..2_000), None);
    assert_eq!(read(&short, 500..500), None);
    assert_eq!(read(&record(3, 0), 0..1), None);
}

#[test]
fn a_record_from_a_pipe_states_no_length_and_has_no_parts() {
    let piped = record_stating(4, random_payload(4, 1_000), None);
    assert_eq!(piped.opened().range(0..1), None);
}

#[test]
fn a_part_needs_its_chunks_and_no_others() {
    let record = record(5, 10 * CHUNK_BYTES);
    let range = record.opened().range(3 * CHUNK + 5..4 * CHUNK).unwrap();
    let sealed = CHUNK + 16;
    assert_eq!(*range.body(), 3 * sealed..4 * sealed);
    assert_eq!(*range.payload(), 3 * CHUNK + 5..4 * CHUNK);
}

proptest! {
    #[test]
    fn chunks_that_were_changed_moved_or_cut_are_refused(flip in 0usize..2 * (CHUNK_BYTES + 16), bit in 0u8..8) {
        static RECORD: LazyLock<Record> = LazyLock::new(|| record(6, 6 * CHUNK_BYTES));
        let (record, opened) = (&*RECORD, RECORD.opened());
        let range = opened.range(2 * CHUNK..4 * CHUNK).unwrap();
        let mut bytes = piece(record, &range).to_vec();
        let other = opened.range(0..2 * CHUNK).unwrap();
        let moved = opened.decrypt_range(&range, piece(record, &other));
        prop_assert!(matches!(moved, Err(RecordError::AuthenticationFailed)));
        let cut = opened.decrypt_range(&range, &bytes[..flip]);
        let is_mismatch = matches!(cut, Err(RecordError::CommitmentMismatch { .. }));
        prop_assert!(is_mismatch);
        bytes[flip] ^= 1 << bit;
        let changed = opened.decrypt_range(&range, &bytes);
        prop_assert!(matches!(changed, Err(RecordError::AuthenticationFailed)));
    }
}
