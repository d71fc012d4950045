//! Revoking, and what the patient does without asking anybody (I5).

use super::{grants::granted, *};

#[test]
fn revoking_ends_access_and_rotates_in_one_transaction() {
    let mut world = World::granted();
    world.wait(3);
    let given = rotation(0b11, &[1, 1]);
    let logs = [
        log(&abi::AccessRevoked {
            reader: SPECIALIST,
            by: PATIENT,
            reason: 1,
        }),
        log(&abi::SectionsRotated {
            by: PATIENT,
            sections: 0b11,
            epochs: given.epochs.clone(),
            keys: given.keys.clone(),
            parities: given.parities,
            links: given.links.clone(),
        }),
        log(&abi::SecretsSealed {
            recipient: PATIENT,
            sender: PATIENT,
            message: Bytes::from_static(b"for the patient"),
        }),
    ];
    world.emits(PATIENT, &revoke(SPECIALIST, given), &logs);
    assert!(!world.reads(SPECIALIST, 0));
    assert_eq!(
        world.access(SPECIALIST),
        granted(SPECIALIST, 0b11, 0, START + DAY, START + 3, 3, 3),
        "what the call rotates is not held"
    );
    let epochs: Vec<_> = world.keys(0b10_0011).iter().map(|one| one.0).collect();
    assert_eq!(epochs, [2, 2, 1]);
    let ended = abi::NoLiveGrant { reader: SPECIALIST };
    world.refuses(PATIENT, &revoke(SPECIALIST, no_rotation()), &ended);
    world.refuses(SPECIALIST, &add(0, 2), &unauthorized(SPECIALIST));
    // Nothing composed before lands after.
    let early = grant(SPECIALIST, 0b11, &[1, 1], START + DAY, 1);
    let stale = abi::StaleEpoch {
        section: 0,
        given: 1,
        current: 2,
    };
    world.refuses(PATIENT, &early, &stale);
}

#[test]
fn a_revoked_reader_holds_what_the_call_does_not_rotate() {
    let mut world = World::granted();
    world.done(PATIENT, &revoke(SPECIALIST, rotation(0b10_0010, &[1, 1])));
    assert_eq!(
        world.access(SPECIALIST),
        granted(SPECIALIST, 0b11, 0b01, START + DAY, START, 3, 3)
    );
    let mut world = World::granted();
    world.done(PATIENT, &revoke(SPECIALIST, no_rotation()));
    assert_eq!(world.access(SPECIALIST).held, 0b11);
}

#[test]
fn a_revocation_names_a_live_reader_a_reason_and_a_fresh_rotation() {
    let mut world = World::granted();
    for reader in [OTHER, PATIENT, Address::ZERO] {
        world.refuses(
            PATIENT,
            &revoke(reader, no_rotation()),
            &abi::NoLiveGrant { reader },
        );
    }
    for reason in [5, 255] {
        let call = abi::revokeCall {
            reason,
            ..revoke(SPECIALIST, no_rotation())
        };
        world.refuses(PATIENT, &call, &abi::InvalidReason { reason });
    }
    let stale = abi::StaleEpoch {
        section: 0,
        given: 0,
        current: 1,
    };
    world.refuses(PATIENT, &revoke(SPECIALIST, rotation(1, &[0])), &stale);
    assert!(world.reads(SPECIALIST, 0));
    for reason in 0..=4 {
        let call = abi::revokeCall {
            reason,
            ..revoke(SPECIALIST, no_rotation())
        };
        let revoked = abi::AccessRevoked {
            reader: SPECIALIST,
            by: PATIENT,
            reason,
        };
        world.fork().emits(PATIENT, &call, &[log(&revoked)]);
    }
}

#[test]
fn write_access_is_revoked_like_any_other() {
    let mut world = World::claimed();
    world.done(PATIENT, &grant(OTHER, 1, &[1], START + DAY, 2));
    world.done(PATIENT, &revoke(OTHER, no_rotation()));
    assert_eq!(world.access(OTHER).state, 3);
}

#[test]
fn a_revoked_reader_can_be_granted_anew() {
    let mut world = World::granted();
    world.wait(1);
    world.done(PATIENT, &revoke(SPECIALIST, rotation(0b01, &[1])));
    world.wait(1);
    world.done(PATIENT, &grant(SPECIALIST, 1, &[2], START + DAY, 1));
    assert_eq!(
        world.access(SPECIALIST),
        granted(SPECIALIST, 1, 0b11, START + DAY, START + 2, 1, 1)
    );
    assert_eq!(world.listed(), [SPECIALIST]);
}

/// I5: the patient's way out passes nobody.
#[test]
fn the_registry_is_not_asked_for_what_ends_or_keeps_access() {
    let mut world = World::armed();
    let responders = [(SPECIALIST, 0), (OTHER, 100)];
    for (who, delay) in responders {
        world.done(PATIENT, &arm(who, 1, delay, 100));
        world.done(who, &break_glass());
    }
    world.done(PATIENT, &set_delegate(DELEGATE, 15, START + DAY));
    let first = world.done(SPECIALIST, &request(SPECIALIST));
    let second = world.done(SPECIALIST, &request(SPECIALIST));
    let third = world.done(SPECIALIST, &request(SPECIALIST));
    world.done(SPECIALIST, &add(0, 1));
    world.asked();
    world.registry_is_gone();

    world.done(PATIENT, &deny(first, 1));
    world.done(SPECIALIST, &cancel(second));
    world.done(PATIENT, &block(SPECIALIST, true));
    world.done(PATIENT, &share(SPECIALIST, &[1]));
    world.done(PATIENT, &publish(1, 0, 0));
    world.done(PATIENT, &supersede(1, 1));
    world.done(PATIENT, &retract(2, 1));
    world.done(PATIENT, &veto(OTHER));
    world.done(CUSTODIAN, &release(SPECIALIST));
    world.done(PATIENT, &set_package(RESPONDER));
    world.done(PATIENT, &disarm(SPECIALIST));
    world.done(PATIENT, &disarm(RESPONDER));
    world.done(PATIENT, &no_custodian(0));
    world.done(PATIENT, &revoke(SPECIALIST, rotation(1, &[1])));
    world.done(PATIENT, &rotate(rotation(1, &[2])));
    world.done(PATIENT, &reseal(DELEGATE, 1, &[3]));
    world.done(PATIENT, &end_delegate(DELEGATE, rotation(1, &[3])));
    world.done(PATIENT, &set_encryption_key(rotation(1, &[4])));
    let anyway = abi::grantCall {
        allowUnverified: true,
        ..grant(OTHER, 1, &[5], START + DAY, 1)
    };
    world.done(PATIENT, &anyway);
    let anyway = abi::approveCall {
        allowUnverified: true,
        ..approve(third, 1, &[5], START + DAY, 1)
    };
    world.done(PATIENT, &anyway);
    world.done(PATIENT, &set_primary_care(Address::ZERO));
    world.done(PATIENT, &abi::cancelSignaturesCall {});
    world.done(PATIENT, &transfer(HEIR));
    world.done(HEIR, &accept());
    assert_eq!(world.asked(), []);
}
