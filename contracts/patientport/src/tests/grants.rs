//! Approving, granting, revoking, and the access question.

use super::*;

const YEAR: u64 = 365 * DAY;

pub(super) fn revoke(reader: Address, rotation: abi::Rotation) -> abi::revokeCall {
    abi::revokeCall {
        reader,
        reason: 1,
        rotation,
    }
}

pub(super) fn access(world: &mut World, reader: Address) -> (u64, u64, u64, u64, u8, u8) {
    let one = world.call(STRANGER, &abi::accessOfCall { reader }).unwrap();
    assert_eq!(one.reader, reader);
    (
        one.sections,
        one.held,
        one.expiry,
        one.changedAt,
        one.rights,
        one.state,
    )
}

fn has_access(world: &mut World, reader: Address, section: u8) -> bool {
    world
        .call(STRANGER, &abi::hasAccessCall { reader, section })
        .unwrap()
}

#[test]
fn an_approval_gives_what_it_says_to_whom_was_asked_for() {
    let mut world = World::claimed();
    world.call(PRIMARY, &request(SPECIALIST)).unwrap();
    world.logs();
    world.wait(5);
    world
        .call(PATIENT, &approve(1, 0b10_0001, &[1, 1], START + DAY, 1))
        .unwrap();
    assert_eq!(
        world.logs(),
        [log(&abi::AccessGranted {
            reader: SPECIALIST,
            requestId: 1,
            by: PATIENT,
            sections: 0b10_0001,
            epochs: [1, 1].into(),
            expiry: START + DAY,
            rights: 1,
            message: Bytes::from_static(b"secrets"),
        })]
    );
    assert_eq!(
        access(&mut world, SPECIALIST),
        (0b10_0001, 0b10_0001, START + DAY, START + 5, 1, 1)
    );
    assert_eq!(access(&mut world, PRIMARY), (0, 0, 0, 0, 0, 0));
    assert!(has_access(&mut world, SPECIALIST, 0));
    assert!(has_access(&mut world, SPECIALIST, 5));
    assert!(!has_access(&mut world, SPECIALIST, 1));
    assert!(!has_access(&mut world, SPECIALIST, 64));
    assert!(!has_access(&mut world, SPECIALIST, 255));
    assert!(!has_access(&mut world, PRIMARY, 0));
    assert_eq!(
        world
            .call(STRANGER, &abi::getRequestCall { requestId: 1 })
            .unwrap()
            .state,
        2
    );
}

#[test]
fn an_approval_is_not_replayed() {
    let mut world = World::claimed();
    world.call(SPECIALIST, &request(SPECIALIST)).unwrap();
    let call = approve(1, 1, &[1], START + DAY, 1);
    world.call(PATIENT, &call).unwrap();
    world
        .call(PATIENT, &revoke(SPECIALIST, no_rotation()))
        .unwrap();
    world.logs();
    world.refuses(
        PATIENT,
        &call,
        &abi::RequestNotPending {
            requestId: 1,
            state: 2,
        },
    );
    world.refuses(
        PATIENT,
        &approve(2, 1, &[1], START + DAY, 1),
        &abi::UnknownRequest { requestId: 2 },
    );
}

#[test]
fn an_approval_names_whom_the_request_is_for() {
    let mut world = World::claimed();
    world.call(OTHER, &request(OTHER)).unwrap();
    world.call(PRIMARY, &request(SPECIALIST)).unwrap();
    world.logs();
    let call = approve(1, 1, &[1], START + DAY, 1);
    let refusal = abi::InvalidReader { reader: SPECIALIST };
    world.refuses(PATIENT, &call, &refusal);
    let referrer = abi::approveCall {
        requestId: 2,
        reader: PRIMARY,
        ..call
    };
    world.refuses(PATIENT, &referrer, &abi::InvalidReader { reader: PRIMARY });
}

#[test]
fn a_grant_is_checked_like_an_approval() {
    let mut world = World::claimed();
    world.call(SPECIALIST, &request(SPECIALIST)).unwrap();
    world.logs();
    let end = START + DAY;
    let mut both = |sections, epochs: &[u32], expiry, rights, error: &dyn Fn() -> Vec<u8>| {
        let calls = [
            approve(1, sections, epochs, expiry, rights).abi_encode(),
            grant(SPECIALIST, sections, epochs, expiry, rights).abi_encode(),
        ];
        for call in calls {
            assert_eq!(world.send(PATIENT, call).unwrap_err(), error());
        }
    };
    both(0, &[], end, 1, &|| {
        abi::InvalidSections { sections: 0 }.abi_encode()
    });
    both(1, &[], end, 1, &|| {
        abi::LengthMismatch {
            given: 0,
            expected: 1,
        }
        .abi_encode()
    });
    both(0b100, &[0], end, 1, &|| {
        abi::SectionNotOpen { section: 2 }.abi_encode()
    });
    both(0b11, &[1, 2], end, 1, &|| {
        abi::StaleEpoch {
            section: 1,
            given: 2,
            current: 1,
        }
        .abi_encode()
    });
    for given in [0, START, START + 5 * YEAR + 1, u64::MAX] {
        let refusal = abi::InvalidExpiry {
            given,
            earliest: START + 1,
            latest: START + 5 * YEAR,
        };
        both(1, &[1], given, 1, &|| refusal.abi_encode());
    }
    for rights in [0, 4, 7] {
        both(1, &[1], end, rights, &|| {
            abi::InvalidRights { rights }.abi_encode()
        });
    }
    world
        .call(PATIENT, &grant(SPECIALIST, 1, &[1], START + 1, 1))
        .unwrap();
    world
        .call(PATIENT, &approve(1, 1, &[1], START + 5 * YEAR, 3))
        .unwrap();
}

#[test]
fn reading_needs_a_message_and_writing_alone_does_not() {
    let mut world = World::claimed();
    let call = |rights, length| abi::grantCall {
        message: alloc::vec![1; length].into(),
        ..grant(SPECIALIST, 1, &[1], START + DAY, rights)
    };
    let refusal = |given| abi::InvalidMessageLength { given, max: 8192 };
    world.refuses(PATIENT, &call(1, 0), &refusal(0));
    world.refuses(PATIENT, &call(3, 0), &refusal(0));
    world.refuses(PATIENT, &call(2, 8193), &refusal(8193));
    world.call(PATIENT, &call(2, 0)).unwrap();
    assert_eq!(
        access(&mut world, SPECIALIST),
        (1, 0, START + DAY, START, 2, 1)
    );
    assert!(!has_access(&mut world, SPECIALIST, 0));
}

#[test]
fn a_grant_names_a_verified_reader_other_than_the_patient() {
    let mut world = World::claimed();
    let end = START + DAY;
    world.refuses(
        PATIENT,
        &grant(PATIENT, 1, &[1], end, 1),
        &abi::InvalidReader { reader: PATIENT },
    );
    let nobody = abi::InvalidAddress {
        account: Address::ZERO,
    };
    world.refuses(PATIENT, &grant(Address::ZERO, 1, &[1], end, 1), &nobody);
    world.registry_answers(STRANGER, Ok(false));
    let unverified = abi::UnverifiedProvider { provider: STRANGER };
    world.refuses(PATIENT, &grant(STRANGER, 1, &[1], end, 1), &unverified);
    world.registry_answers(STRANGER, Err(()));
    let call = grant(STRANGER, 1, &[1], end, 1);
    world.refuses(
        PATIENT,
        &call,
        &abi::RegistryUnavailable { registry: REGISTRY },
    );
    world
        .call(
            PATIENT,
            &abi::grantCall {
                allowUnverified: true,
                ..call
            },
        )
        .unwrap();
    assert!(has_access(&mut world, STRANGER, 0));
}

#[test]
fn access_ends_with_the_second_of_its_expiry() {
    let mut world = World::granted();
    world.wait(DAY - 1);
    assert!(has_access(&mut world, SPECIALIST, 0));
    world.wait(1);
    assert!(!has_access(&mut world, SPECIALIST, 0));
    assert_eq!(
        access(&mut world, SPECIALIST),
        (0b11, 0b11, START + DAY, START, 3, 2)
    );
    let refusal = abi::NoLiveGrant { reader: SPECIALIST };
    world.refuses(PATIENT, &revoke(SPECIALIST, no_rotation()), &refusal);
}

#[test]
fn a_new_grant_replaces_the_old_and_remembers_what_was_held() {
    let mut world = World::granted();
    world.wait(9);
    world
        .call(
            PATIENT,
            &grant(SPECIALIST, 0b10_0000, &[1], START + 2 * DAY, 1),
        )
        .unwrap();
    assert_eq!(
        access(&mut world, SPECIALIST),
        (0b10_0000, 0b10_0011, START + 2 * DAY, START + 9, 1, 1)
    );
    assert!(!has_access(&mut world, SPECIALIST, 0));
    assert_eq!(
        world.call(STRANGER, &abi::infoCall {}).unwrap().readerCount,
        1
    );
}

#[test]
fn revoking_ends_access_and_rotates_in_one_transaction() {
    let mut world = World::granted();
    world.wait(3);
    let rotation = rotation(0b11, &[1, 1]);
    world
        .call(PATIENT, &revoke(SPECIALIST, rotation.clone()))
        .unwrap();
    let logs = world.logs();
    assert_eq!(logs.len(), 3);
    assert_eq!(
        logs[0],
        log(&abi::AccessRevoked {
            reader: SPECIALIST,
            by: PATIENT,
            reason: 1
        })
    );
    assert_eq!(logs[1].topics()[0], abi::SectionsRotated::SIGNATURE_HASH);
    assert_eq!(logs[2].topics()[0], abi::SecretsSealed::SIGNATURE_HASH);
    assert!(!has_access(&mut world, SPECIALIST, 0));
    assert_eq!(
        access(&mut world, SPECIALIST),
        (0b11, 0, START + DAY, START + 3, 3, 3),
        "what the call rotates is not held"
    );
    let keys = world
        .call(STRANGER, &abi::sectionKeysCall { sections: 0b11 })
        .unwrap();
    assert!(keys.iter().all(|one| one.epoch == 2));
    world.refuses(
        PATIENT,
        &revoke(SPECIALIST, no_rotation()),
        &abi::NoLiveGrant { reader: SPECIALIST },
    );
    // Nothing composed before lands after.
    let early = grant(SPECIALIST, 0b11, &[1, 1], START + DAY, 1);
    world.refuses(
        PATIENT,
        &early,
        &abi::StaleEpoch {
            section: 0,
            given: 1,
            current: 2,
        },
    );
}

#[test]
fn a_revocation_names_a_live_reader_a_reason_and_a_fresh_rotation() {
    let mut world = World::granted();
    world.refuses(
        PATIENT,
        &revoke(OTHER, no_rotation()),
        &abi::NoLiveGrant { reader: OTHER },
    );
    let call = abi::revokeCall {
        reason: 5,
        ..revoke(SPECIALIST, no_rotation())
    };
    world.refuses(PATIENT, &call, &abi::InvalidReason { reason: 5 });
    let stale = abi::StaleEpoch {
        section: 0,
        given: 0,
        current: 1,
    };
    world.refuses(PATIENT, &revoke(SPECIALIST, rotation(1, &[0])), &stale);
    assert!(has_access(&mut world, SPECIALIST, 0));
}

#[test]
fn the_registry_is_not_asked_to_deny_revoke_rotate_reseal_retract_or_claim() {
    let mut world = World::granted();
    world.call(SPECIALIST, &request(SPECIALIST)).unwrap();
    world
        .call(
            SPECIALIST,
            &abi::addCall {
                commitment: key(1),
                section: 0,
                epoch: 1,
            },
        )
        .unwrap();
    for provider in [PRIMARY, SPECIALIST, OTHER, PATIENT] {
        world.registry_answers(provider, Err(()));
    }
    world
        .call(
            PATIENT,
            &abi::denyCall {
                requestId: 1,
                reason: 1,
                message: Bytes::new(),
            },
        )
        .unwrap();
    world
        .call(
            PATIENT,
            &abi::retractCall {
                recordId: 1,
                reason: 1,
            },
        )
        .unwrap();
    world
        .call(PATIENT, &revoke(SPECIALIST, rotation(1, &[1])))
        .unwrap();
    world
        .call(
            PATIENT,
            &abi::rotateCall {
                rotation: rotation(1, &[2]),
            },
        )
        .unwrap();
    let sealed_ = [sealed(PATIENT, b"x")].into();
    world
        .call(
            PATIENT,
            &abi::resealCall {
                sections: 1,
                epochs: [3].into(),
                sealed_,
            },
        )
        .unwrap();
    let unverified = abi::grantCall {
        allowUnverified: true,
        ..grant(OTHER, 1, &[3], START + DAY, 1)
    };
    world.call(PATIENT, &unverified).unwrap();
}

#[test]
fn readers_are_listed_in_order_and_in_pages() {
    let mut world = World::granted();
    for reader in [OTHER, PRIMARY] {
        world
            .call(PATIENT, &grant(reader, 1, &[1], START + DAY, 1))
            .unwrap();
    }
    let mut page = |from, limit| -> Vec<_> {
        let page = world
            .call(STRANGER, &abi::readersCall { from, limit })
            .unwrap();
        page.iter()
            .map(|one| (one.reader, one.sections, one.state))
            .collect()
    };
    let all = [(SPECIALIST, 0b11, 1), (OTHER, 1, 1), (PRIMARY, 1, 1)];
    assert_eq!(page(0, 128), all);
    assert_eq!(page(1, 1), all[1..2]);
    assert_eq!(page(2, u32::MAX), all[2..]);
    assert_eq!(page(3, 128), []);
    assert_eq!(page(u32::MAX, u32::MAX), []);
}
