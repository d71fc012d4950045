//! Adding and retracting records.

use super::*;

fn add(section: u8, epoch: u32) -> abi::addCall {
    abi::addCall {
        commitment: key(0xc0),
        section,
        epoch,
    }
}

#[test]
fn a_record_is_committed_to_and_listed() {
    let mut world = World::claimed();
    assert_eq!(world.call(PRIMARY, &add(5, 1)).unwrap(), 1);
    assert_eq!(
        world.logs(),
        [log(&abi::RecordAdded {
            recordId: 1,
            author: PRIMARY,
            section: 5,
            epoch: 1,
            commitment: key(0xc0),
        })]
    );
    world.wait(7);
    assert_eq!(world.call(PATIENT, &add(0, 1)).unwrap(), 2);
    let record = world
        .call(STRANGER, &abi::recordCall { recordId: 2 })
        .unwrap();
    assert_eq!(
        (
            record.commitment,
            record.author,
            record.section,
            record.epoch,
            record.addedAt,
            record.state
        ),
        (key(0xc0), PATIENT, 0, 1, START + 7, 1)
    );
    assert_eq!(
        world.call(STRANGER, &abi::infoCall {}).unwrap().recordCount,
        2
    );
}

#[test]
fn pages_of_records_are_bounded() {
    let mut world = World::claimed();
    for _ in 0..103 {
        world.call(PATIENT, &add(0, 1)).unwrap();
    }
    world.logs();
    let mut page = |from, limit| {
        world
            .call(STRANGER, &abi::recordsCall { from, limit })
            .unwrap()
            .len()
    };
    assert_eq!(page(0, 2), 2);
    assert_eq!(page(1, u32::MAX), 100);
    assert_eq!(page(101, 100), 3);
    assert_eq!(page(103, 100), 1);
    assert_eq!(page(104, 100), 0);
    assert_eq!(page(u32::MAX, 100), 0);
    assert_eq!(page(1, 0), 0);
    world.refuses(
        STRANGER,
        &abi::recordCall { recordId: 104 },
        &abi::UnknownRecord { recordId: 104 },
    );
    world.refuses(
        STRANGER,
        &abi::recordCall { recordId: 0 },
        &abi::UnknownRecord { recordId: 0 },
    );
}

#[test]
fn who_may_not_write_may_not_add() {
    let mut world = World::granted();
    world.refuses(STRANGER, &add(0, 1), &unauthorized(STRANGER));
    world.refuses(SPECIALIST, &add(5, 1), &unauthorized(SPECIALIST));
    world.call(SPECIALIST, &add(1, 1)).unwrap();
    world
        .call(PATIENT, &grant(OTHER, 1, &[1], START + DAY, 1))
        .unwrap();
    world.logs();
    world.refuses(OTHER, &add(0, 1), &unauthorized(OTHER));
    world.wait(DAY);
    world.refuses(SPECIALIST, &add(1, 1), &unauthorized(SPECIALIST));
}

#[test]
fn a_record_names_an_open_section_its_epoch_and_a_commitment() {
    let mut world = World::claimed();
    world.refuses(PATIENT, &add(64, 1), &abi::InvalidSections { sections: 64 });
    world.refuses(PATIENT, &add(2, 1), &abi::SectionNotOpen { section: 2 });
    world.refuses(
        PATIENT,
        &add(0, 2),
        &abi::StaleEpoch {
            section: 0,
            given: 2,
            current: 1,
        },
    );
    let nothing = abi::addCall {
        commitment: B256::ZERO,
        section: 0,
        epoch: 1,
    };
    world.refuses(PATIENT, &nothing, &abi::InvalidCommitment {});
}

#[test]
fn a_record_composed_before_a_rotation_does_not_land_after_it() {
    let mut world = World::claimed();
    world
        .call(
            PATIENT,
            &abi::rotateCall {
                rotation: rotation(1, &[1]),
            },
        )
        .unwrap();
    world.logs();
    world.refuses(
        PRIMARY,
        &add(0, 1),
        &abi::StaleEpoch {
            section: 0,
            given: 1,
            current: 2,
        },
    );
    world.call(PRIMARY, &add(0, 2)).unwrap();
}

#[test]
fn patient_and_author_retract_once() {
    let mut world = World::granted();
    let retract = |id, reason| abi::retractCall {
        recordId: id,
        reason,
    };
    world.refuses(PATIENT, &retract(1, 1), &abi::UnknownRecord { recordId: 1 });
    for author in [SPECIALIST, SPECIALIST, PRIMARY] {
        world.call(author, &add(0, 1)).unwrap();
    }
    world.logs();
    world.refuses(STRANGER, &retract(1, 1), &unauthorized(STRANGER));
    world.refuses(PRIMARY, &retract(1, 1), &unauthorized(PRIMARY));
    world.refuses(PATIENT, &retract(1, 0), &abi::InvalidReason { reason: 0 });
    world.refuses(PATIENT, &retract(1, 3), &abi::InvalidReason { reason: 3 });
    world.call(SPECIALIST, &retract(1, 1)).unwrap();
    assert_eq!(
        world.logs(),
        [log(&abi::RecordRetracted {
            recordId: 1,
            by: SPECIALIST,
            reason: 1
        })]
    );
    world.refuses(
        PATIENT,
        &retract(1, 2),
        &abi::RecordNotCurrent {
            recordId: 1,
            state: 2,
        },
    );
    assert_eq!(
        world
            .call(STRANGER, &abi::recordCall { recordId: 1 })
            .unwrap()
            .state,
        2
    );
    world.call(PATIENT, &retract(3, 2)).unwrap();
    world.logs();
    // An author whose right has ended leaves its records alone.
    let revoke = abi::revokeCall {
        reader: SPECIALIST,
        reason: 0,
        rotation: no_rotation(),
    };
    world.call(PATIENT, &revoke).unwrap();
    world.logs();
    world.refuses(SPECIALIST, &retract(2, 1), &unauthorized(SPECIALIST));
}
