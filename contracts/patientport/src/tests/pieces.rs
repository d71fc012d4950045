//! Ciphertext on chain, and single records' keys for a reader.

use super::*;

#[test]
fn a_piece_of_ciphertext_is_emitted_and_nothing_else() {
    let mut world = World::granted();
    world.done(SPECIALIST, &add(0, 1));
    for caller in [SPECIALIST, PATIENT] {
        for (part, piece) in [(0, 0), (1, 0), (1, u32::MAX)] {
            let published = abi::RecordPublished {
                recordId: 1,
                part,
                by: caller,
                piece,
                data: Bytes::from_static(b"ciphertext"),
            };
            let call = publish(1, part, piece);
            world.emits(caller, &call, &[log(&published)]);
        }
    }
}

#[test]
fn a_piece_has_a_record_a_part_and_bounds() {
    let mut world = World::granted();
    world.done(SPECIALIST, &add(0, 1));
    for id in [0, 2, u32::MAX] {
        let unknown = abi::UnknownRecord { recordId: id };
        world.refuses(PATIENT, &publish(id, 0, 0), &unknown);
    }
    for part in [2, 255] {
        world.refuses(PATIENT, &publish(1, part, 0), &abi::InvalidPart { part });
    }
    let of = |length: u32| abi::publishCall {
        data: alloc::vec![7; length as usize].into(),
        ..publish(1, 1, 0)
    };
    for given in [0, 24_577] {
        let refusal = abi::InvalidMessageLength { given, max: 24_576 };
        world.refuses(PATIENT, &of(given), &refusal);
    }
    for length in [1, 24_576] {
        world.done(PATIENT, &of(length));
    }
    for caller in [PRIMARY, OTHER, STRANGER] {
        world.refuses(caller, &publish(1, 0, 0), &unauthorized(caller));
    }
    world.done(PATIENT, &retract(1, 1));
    let ended = abi::RecordNotCurrent {
        recordId: 1,
        state: 2,
    };
    world.refuses(PATIENT, &publish(1, 0, 0), &ended);
}

#[test]
fn an_author_that_may_write_no_more_publishes_no_more() {
    let mut world = World::granted();
    world.done(SPECIALIST, &add(0, 1));
    world.wait(DAY);
    world.refuses(SPECIALIST, &publish(1, 0, 0), &unauthorized(SPECIALIST));
}

#[test]
fn single_records_are_shared_with_anybody() {
    let mut world = World::claimed();
    for _ in 0..16 {
        world.done(PATIENT, &add(0, 1));
    }
    world.done(PATIENT, &retract(2, 1));
    let ids: Vec<u32> = (1..=16).collect();
    for (reader, ids) in [(SPECIALIST, &ids[..]), (STRANGER, &[2, 2])] {
        let shared = abi::RecordsShared {
            reader,
            by: PATIENT,
            recordIds: ids.to_vec(),
            message: Bytes::from_static(b"record keys"),
        };
        world.emits(PATIENT, &share(reader, ids), &[log(&shared)]);
        assert!(!world.reads(reader, 0), "that is no grant");
    }
    assert!(world.listed().is_empty());
    assert_eq!(world.asked(), []);
}

#[test]
fn a_share_names_a_reader_records_and_a_message() {
    let mut world = World::claimed();
    for _ in 0..17 {
        world.done(PATIENT, &add(0, 1));
    }
    let nobody = abi::InvalidAddress {
        account: Address::ZERO,
    };
    world.refuses(PATIENT, &share(Address::ZERO, &[1]), &nobody);
    let patient = abi::InvalidReader { reader: PATIENT };
    world.refuses(PATIENT, &share(PATIENT, &[1]), &patient);
    let ids: Vec<u32> = (1..=17).collect();
    for given in [0, 17] {
        let refusal = abi::InvalidRecordCount {
            given: given as u32,
            max: 16,
        };
        world.refuses(PATIENT, &share(OTHER, &ids[..given]), &refusal);
    }
    for id in [0, 18, u32::MAX] {
        let unknown = abi::UnknownRecord { recordId: id };
        world.refuses(PATIENT, &share(OTHER, &[1, id, 2]), &unknown);
    }
    for length in [0, 8193] {
        let call = abi::shareCall {
            message: alloc::vec![1; length].into(),
            ..share(OTHER, &[1])
        };
        let refusal = abi::InvalidMessageLength {
            given: length as u32,
            max: 8192,
        };
        world.refuses(PATIENT, &call, &refusal);
    }
    for caller in [PRIMARY, SPECIALIST, STRANGER] {
        world.refuses(caller, &share(OTHER, &[1]), &unauthorized(caller));
    }
}
