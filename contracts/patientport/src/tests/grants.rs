//! Approving and granting, and the access question.

use super::*;

pub(super) fn granted(
    reader: Address,
    sections: u64,
    held: u64,
    expiry: u64,
    changed_at: u64,
    rights: u8,
    state: u8,
) -> abi::Access {
    abi::Access {
        reader,
        sections,
        held,
        expiry,
        changedAt: changed_at,
        rights,
        state,
    }
}

pub(super) fn nothing(reader: Address) -> abi::Access {
    granted(reader, 0, 0, 0, 0, 0, 0)
}

#[test]
fn an_approval_gives_what_it_says_to_whom_was_asked_for() {
    let mut world = World::claimed();
    world.done(PRIMARY, &request(SPECIALIST));
    world.wait(5);
    let given = abi::AccessGranted {
        reader: SPECIALIST,
        requestId: 1,
        by: PATIENT,
        sections: 0b10_0001,
        epochs: [1, 1].into(),
        expiry: START + DAY,
        rights: 1,
        message: Bytes::from_static(b"secrets"),
    };
    let call = approve(1, 0b10_0001, &[1, 1], START + DAY, 1);
    world.emits(PATIENT, &call, &[log(&given)]);
    assert_eq!(
        world.access(SPECIALIST),
        granted(
            SPECIALIST,
            0b10_0001,
            0b10_0001,
            START + DAY,
            START + 5,
            1,
            1
        )
    );
    assert_eq!(world.access(PRIMARY), nothing(PRIMARY));
    assert!(world.reads(SPECIALIST, 0));
    assert!(world.reads(SPECIALIST, 5));
    for section in [1, 4, 6, 63, 64, 69, 255] {
        assert!(!world.reads(SPECIALIST, section), "section {section}");
    }
    assert!(!world.reads(PRIMARY, 0));
    assert!(!world.reads(PATIENT, 0), "the patient needs no grant");
    assert_eq!(world.request_state(1), 2);
    assert_eq!(world.info().requestCount, 1, "the request is the entry");
}

#[test]
fn a_grant_without_a_request_makes_an_entry_among_them() {
    let mut world = World::claimed();
    world.wait(5);
    let given = abi::AccessGranted {
        reader: SPECIALIST,
        requestId: 0,
        by: PATIENT,
        sections: 0b10,
        epochs: [1].into(),
        expiry: START + DAY,
        rights: 3,
        message: Bytes::from_static(b"secrets"),
    };
    let call = grant(SPECIALIST, 0b10, &[1], START + DAY, 3);
    world.emits(PATIENT, &call, &[log(&given)]);
    let entry = abi::Request {
        requester: SPECIALIST,
        recipient: SPECIALIST,
        requestedAt: START + 5,
        state: 6,
    };
    assert_eq!(world.request_of(1), entry);
    // Once listed, no second grant makes another.
    world.done(PATIENT, &call);
    assert_eq!(world.info().requestCount, 1);
    assert_eq!(world.listed(), [SPECIALIST]);
}

#[test]
fn an_approval_is_not_replayed() {
    let mut world = World::claimed();
    world.done(SPECIALIST, &request(SPECIALIST));
    let call = approve(1, 1, &[1], START + DAY, 1);
    world.done(PATIENT, &call);
    world.done(PATIENT, &revoke(SPECIALIST, no_rotation()));
    world.refuses(
        PATIENT,
        &call,
        &abi::RequestNotPending {
            requestId: 1,
            state: 2,
        },
    );
    for id in [0, 2, u32::MAX] {
        world.refuses(
            PATIENT,
            &approve(id, 1, &[1], START + DAY, 1),
            &abi::UnknownRequest { requestId: id },
        );
    }
}

#[test]
fn an_approval_names_whom_the_request_is_for() {
    let mut world = World::claimed();
    world.done(OTHER, &request(OTHER));
    world.done(PRIMARY, &request(SPECIALIST));
    let call = approve(1, 1, &[1], START + DAY, 1);
    let refusal = abi::InvalidReader { reader: SPECIALIST };
    world.refuses(PATIENT, &call, &refusal);
    for reader in [PRIMARY, Address::ZERO] {
        let referrer = abi::approveCall {
            requestId: 2,
            reader,
            ..call.clone()
        };
        world.refuses(PATIENT, &referrer, &abi::InvalidReader { reader });
    }
}

#[test]
fn a_grant_is_checked_like_an_approval() {
    let mut world = World::claimed();
    world.done(SPECIALIST, &request(SPECIALIST));
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
    for (epochs, given) in [(&[][..], 0), (&[1, 1], 2)] {
        both(1, epochs, end, 1, &|| {
            abi::LengthMismatch { given, expected: 1 }.abi_encode()
        });
    }
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
    for rights in [0, 4, 7, 255] {
        both(1, &[1], end, rights, &|| {
            abi::InvalidRights { rights }.abi_encode()
        });
    }
    world.done(PATIENT, &grant(SPECIALIST, 1, &[1], START + 1, 1));
    world.done(PATIENT, &approve(1, 1, &[1], START + 5 * YEAR, 3));
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
    world.done(PATIENT, &call(2, 0));
    assert_eq!(
        world.access(SPECIALIST),
        granted(SPECIALIST, 1, 0, START + DAY, START, 2, 1),
        "who is sent nothing holds nothing"
    );
    assert!(!world.reads(SPECIALIST, 0));
    world.done(PATIENT, &call(2, 1));
    assert_eq!(world.access(SPECIALIST).held, 1, "it may be a secret");
    world.done(PATIENT, &call(1, 8192));
    assert!(world.reads(SPECIALIST, 0));
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
    let call = grant(STRANGER, 1, &[1], end, 1);
    let unverified = abi::UnverifiedProvider { provider: STRANGER };
    world.refuses(PATIENT, &call, &unverified);
    world.registry_answers(STRANGER, Err(()));
    world.refuses(
        PATIENT,
        &call,
        &abi::RegistryUnavailable { registry: REGISTRY },
    );
    world.asked();
    let anyway = abi::grantCall {
        allowUnverified: true,
        ..call
    };
    world.done(PATIENT, &anyway);
    assert_eq!(world.asked(), []);
    assert!(world.reads(STRANGER, 0));
}

#[test]
fn a_reader_that_lost_its_standing_needs_the_flag_to_be_approved() {
    let mut world = World::claimed();
    world.done(SPECIALIST, &request(SPECIALIST));
    world.registry_answers(SPECIALIST, Ok(false));
    let call = approve(1, 1, &[1], START + DAY, 1);
    let unverified = abi::UnverifiedProvider {
        provider: SPECIALIST,
    };
    world.refuses(PATIENT, &call, &unverified);
    let anyway = abi::approveCall {
        allowUnverified: true,
        ..call
    };
    world.done(PATIENT, &anyway);
}

#[test]
fn access_ends_with_the_second_of_its_expiry() {
    let mut world = World::granted();
    world.wait(DAY - 1);
    assert!(world.reads(SPECIALIST, 0));
    assert_eq!(world.access(SPECIALIST).state, 1);
    world.wait(1);
    assert!(!world.reads(SPECIALIST, 0));
    assert_eq!(
        world.access(SPECIALIST),
        granted(SPECIALIST, 0b11, 0b11, START + DAY, START, 3, 2)
    );
    let refusal = abi::NoLiveGrant { reader: SPECIALIST };
    world.refuses(PATIENT, &revoke(SPECIALIST, no_rotation()), &refusal);
}

#[test]
fn a_new_grant_replaces_the_old_and_remembers_what_was_held() {
    let mut world = World::granted();
    world.wait(9);
    let call = grant(SPECIALIST, 0b10_0000, &[1], START + 2 * DAY, 1);
    world.done(PATIENT, &call);
    assert_eq!(
        world.access(SPECIALIST),
        granted(
            SPECIALIST,
            0b10_0000,
            0b10_0011,
            START + 2 * DAY,
            START + 9,
            1,
            1
        )
    );
    assert!(!world.reads(SPECIALIST, 0));
    assert!(world.reads(SPECIALIST, 5));
    assert_eq!(world.listed(), [SPECIALIST]);
    // After its end, too.
    world.wait(3 * DAY);
    let again = grant(SPECIALIST, 1, &[1], world.now() + 1, 1);
    world.done(PATIENT, &again);
    assert_eq!(world.access(SPECIALIST).held, 0b10_0011);
    assert_eq!(world.listed(), [SPECIALIST]);
}

#[test]
fn a_grant_composed_before_a_rotation_does_not_land_after_it() {
    let mut world = World::claimed();
    world.done(SPECIALIST, &request(SPECIALIST));
    world.done(PATIENT, &rotate(rotation(1, &[1])));
    let stale = abi::StaleEpoch {
        section: 0,
        given: 1,
        current: 2,
    };
    let end = START + DAY;
    world.refuses(PATIENT, &approve(1, 0b11, &[1, 1], end, 1), &stale);
    world.refuses(PATIENT, &grant(OTHER, 0b11, &[1, 1], end, 1), &stale);
}
