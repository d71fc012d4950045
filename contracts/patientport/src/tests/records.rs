//! Adding and retracting records.

use super::*;

fn current(author: Address, section: u8, epoch: u32, added_at: u64) -> abi::Record {
    abi::Record {
        commitment: key(0xc0),
        author,
        section,
        epoch,
        addedAt: added_at,
        state: 1,
        successor: 0,
    }
}

#[test]
fn a_record_is_committed_to_and_listed() {
    let mut world = World::claimed();
    let added = abi::RecordAdded {
        recordId: 1,
        author: PRIMARY,
        section: 5,
        epoch: 1,
        commitment: key(0xc0),
    };
    assert_eq!(world.emits(PRIMARY, &add(5, 1), &[log(&added)]), 1);
    world.wait(7);
    assert_eq!(world.done(PATIENT, &add(0, 1)), 2);
    let all = [
        current(PRIMARY, 5, 1, START),
        current(PATIENT, 0, 1, START + 7),
    ];
    assert_eq!(world.record(2), all[1]);
    let page = abi::recordsCall { from: 0, limit: 9 };
    assert_eq!(world.view(&page), all);
    assert_eq!(world.info().recordCount, 2);
}

#[test]
fn pages_of_records_are_bounded() {
    let mut world = World::claimed();
    for _ in 0..103 {
        world.done(PATIENT, &add(0, 1));
    }
    let mut page = |from, limit| world.view(&abi::recordsCall { from, limit }).len();
    assert_eq!(page(0, 2), 2);
    assert_eq!(page(1, u32::MAX), 100);
    assert_eq!(page(4, 100), 100);
    assert_eq!(page(5, 100), 99);
    assert_eq!(page(103, 100), 1);
    assert_eq!(page(104, 100), 0);
    assert_eq!(page(u32::MAX, 100), 0);
    assert_eq!(page(1, 0), 0);
    for id in [0, 104, u32::MAX] {
        world.refuses(
            STRANGER,
            &abi::recordCall { recordId: id },
            &abi::UnknownRecord { recordId: id },
        );
    }
}

#[test]
fn who_may_not_write_may_not_add() {
    let mut world = World::granted();
    world.refuses(STRANGER, &add(0, 1), &unauthorized(STRANGER));
    world.refuses(SPECIALIST, &add(5, 1), &unauthorized(SPECIALIST));
    world.done(SPECIALIST, &add(1, 1));
    world.done(PATIENT, &grant(OTHER, 1, &[1], START + DAY, 1));
    world.refuses(OTHER, &add(0, 1), &unauthorized(OTHER));
    world.wait(DAY - 1);
    world.done(SPECIALIST, &add(1, 1));
    world.wait(1);
    world.refuses(SPECIALIST, &add(1, 1), &unauthorized(SPECIALIST));
}

#[test]
fn a_record_names_an_open_section_its_epoch_and_a_commitment() {
    let mut world = World::claimed();
    for section in [64, 255] {
        let refusal = abi::InvalidSections {
            sections: section.into(),
        };
        world.refuses(PATIENT, &add(section, 1), &refusal);
        world.refuses(PRIMARY, &add(section, 1), &refusal);
        world.refuses(STRANGER, &add(section, 1), &unauthorized(STRANGER));
    }
    world.refuses(PATIENT, &add(2, 0), &abi::SectionNotOpen { section: 2 });
    for given in [0, 2, u32::MAX] {
        let stale = abi::StaleEpoch {
            section: 0,
            given,
            current: 1,
        };
        world.refuses(PATIENT, &add(0, given), &stale);
    }
    let nothing = abi::addCall {
        commitment: B256::ZERO,
        ..add(0, 1)
    };
    world.refuses(PATIENT, &nothing, &abi::InvalidCommitment {});
}

#[test]
fn a_record_composed_before_a_rotation_does_not_land_after_it() {
    let mut world = World::claimed();
    world.done(PATIENT, &rotate(rotation(1, &[1])));
    let stale = abi::StaleEpoch {
        section: 0,
        given: 1,
        current: 2,
    };
    world.refuses(PRIMARY, &add(0, 1), &stale);
    world.done(PRIMARY, &add(0, 2));
    assert_eq!(world.record(1).epoch, 2);
    // The record keeps its epoch when the section moves on.
    world.done(PATIENT, &rotate(rotation(1, &[2])));
    assert_eq!(world.record(1), current(PRIMARY, 0, 2, START));
}

#[test]
fn patient_and_author_retract_once() {
    let mut world = World::granted();
    for id in [0, 1] {
        let unknown = abi::UnknownRecord { recordId: id };
        world.refuses(PATIENT, &retract(id, 1), &unknown);
    }
    for author in [SPECIALIST, SPECIALIST, PRIMARY] {
        world.done(author, &add(0, 1));
    }
    for caller in [STRANGER, PRIMARY] {
        world.refuses(caller, &retract(1, 1), &unauthorized(caller));
    }
    for reason in [0, 3, 255] {
        let refusal = abi::InvalidReason { reason };
        world.refuses(PATIENT, &retract(1, reason), &refusal);
    }
    world.wait(1);
    let retracted = abi::RecordRetracted {
        recordId: 1,
        by: SPECIALIST,
        reason: 1,
    };
    world.emits(SPECIALIST, &retract(1, 1), &[log(&retracted)]);
    let ended = abi::RecordNotCurrent {
        recordId: 1,
        state: 2,
    };
    world.refuses(PATIENT, &retract(1, 2), &ended);
    world.refuses(SPECIALIST, &retract(1, 1), &ended);
    assert_eq!(
        world.record(1),
        abi::Record {
            state: 2,
            ..current(SPECIALIST, 0, 1, START)
        }
    );
    let retracted = abi::RecordRetracted {
        recordId: 3,
        by: PATIENT,
        reason: 2,
    };
    world.emits(PATIENT, &retract(3, 2), &[log(&retracted)]);
    assert_eq!(world.record(2).state, 1);
    assert_eq!(world.info().recordCount, 3, "ids are not reused");
}

#[test]
fn an_author_whose_right_has_ended_leaves_its_records_alone() {
    let mut world = World::granted();
    world.done(SPECIALIST, &add(0, 1));
    world.done(SPECIALIST, &add(1, 1));
    // Narrowed to section 1, then to reading, then revoked, then expired.
    let narrowed = grant(SPECIALIST, 0b10, &[1], START + DAY, 3);
    world.done(PATIENT, &narrowed);
    world.refuses(SPECIALIST, &retract(1, 1), &unauthorized(SPECIALIST));
    world.fork().done(SPECIALIST, &retract(2, 1));
    let mut reading = world.fork();
    reading.done(PATIENT, &grant(SPECIALIST, 0b10, &[1], START + DAY, 1));
    reading.refuses(SPECIALIST, &retract(2, 1), &unauthorized(SPECIALIST));
    let mut revoked = world.fork();
    revoked.done(PATIENT, &revoke(SPECIALIST, no_rotation()));
    revoked.refuses(SPECIALIST, &retract(2, 1), &unauthorized(SPECIALIST));
    world.wait(DAY);
    world.refuses(SPECIALIST, &retract(2, 1), &unauthorized(SPECIALIST));
    world.done(PATIENT, &retract(2, 1));
}
