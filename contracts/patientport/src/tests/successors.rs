//! Superseding records.

use super::*;

#[test]
fn a_successor_stands_in_the_same_section_and_is_named() {
    let mut world = World::granted();
    world.done(SPECIALIST, &add(1, 1));
    world.done(PATIENT, &rotate(rotation(0b10, &[1])));
    world.wait(9);
    let logs = [
        log(&abi::RecordAdded {
            recordId: 2,
            author: SPECIALIST,
            section: 1,
            epoch: 2,
            commitment: key(0xc1),
        }),
        log(&abi::RecordSuperseded {
            recordId: 1,
            successor: 2,
            by: SPECIALIST,
        }),
    ];
    assert_eq!(world.emits(SPECIALIST, &supersede(1, 2), &logs), 2);
    let earlier = abi::Record {
        commitment: key(0xc0),
        author: SPECIALIST,
        section: 1,
        epoch: 1,
        addedAt: START,
        state: 3,
        successor: 2,
    };
    let successor = abi::Record {
        commitment: key(0xc1),
        author: SPECIALIST,
        section: 1,
        epoch: 2,
        addedAt: START + 9,
        state: 1,
        successor: 0,
    };
    let page = abi::recordsCall { from: 1, limit: 9 };
    assert_eq!(world.view(&page), [earlier, successor]);
    assert_eq!(world.info().recordCount, 2);
}

#[test]
fn a_record_is_superseded_once_and_its_successor_can_be_again() {
    let mut world = World::granted();
    world.done(SPECIALIST, &add(0, 1));
    world.done(SPECIALIST, &supersede(1, 1));
    let ended = |id, state| abi::RecordNotCurrent {
        recordId: id,
        state,
    };
    for caller in [SPECIALIST, PATIENT] {
        world.refuses(caller, &supersede(1, 1), &ended(1, 3));
        world.refuses(caller, &retract(1, 1), &ended(1, 3));
        world.refuses(caller, &publish(1, 0, 0), &ended(1, 3));
    }
    assert_eq!(world.done(SPECIALIST, &supersede(2, 1)), 3);
    assert_eq!(world.record(1).successor, 2);
    assert_eq!(world.record(2).successor, 3);
    world.done(PATIENT, &retract(3, 2));
    world.refuses(PATIENT, &supersede(3, 1), &ended(3, 2));
    assert_eq!(world.record(3).successor, 0);
}

#[test]
fn the_patient_supersedes_any_record_and_is_then_its_author() {
    let mut world = World::granted();
    world.done(PRIMARY, &add(5, 1));
    assert_eq!(world.done(PATIENT, &supersede(1, 1)), 2);
    assert_eq!(world.record(1).author, PRIMARY);
    assert_eq!(world.record(2).author, PATIENT);
    // Primary care was the author of the first only.
    world.refuses(PRIMARY, &supersede(2, 1), &unauthorized(PRIMARY));
}

#[test]
fn nobody_supersedes_what_another_wrote_or_may_write_no_more() {
    let mut world = World::granted();
    world.done(SPECIALIST, &add(0, 1));
    world.done(PATIENT, &grant(OTHER, 1, &[1], START + DAY, 3));
    world.done(PATIENT, &set_delegate(DELEGATE, 15, START + DAY));
    for caller in [PRIMARY, OTHER, DELEGATE, STRANGER] {
        world.refuses(caller, &supersede(1, 1), &unauthorized(caller));
    }
    world.done(PATIENT, &revoke(SPECIALIST, no_rotation()));
    world.refuses(SPECIALIST, &supersede(1, 1), &unauthorized(SPECIALIST));
}

#[test]
fn a_successor_is_checked_like_any_record() {
    let mut world = World::claimed();
    for id in [0, 1] {
        let unknown = abi::UnknownRecord { recordId: id };
        world.refuses(PATIENT, &supersede(id, 1), &unknown);
    }
    world.done(PATIENT, &add(0, 1));
    world.done(PATIENT, &rotate(rotation(1, &[1])));
    for given in [0, 1, 3] {
        let stale = abi::StaleEpoch {
            section: 0,
            given,
            current: 2,
        };
        world.refuses(PATIENT, &supersede(1, given), &stale);
    }
    let nothing = abi::supersedeCall {
        commitment: B256::ZERO,
        ..supersede(1, 2)
    };
    world.refuses(PATIENT, &nothing, &abi::InvalidCommitment {});
    assert_eq!(world.record(1).state, 1);
    world.done(PATIENT, &supersede(1, 2));
}
