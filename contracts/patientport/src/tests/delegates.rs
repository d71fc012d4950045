//! Who acts for the patient. What each right allows is walked in [`super::matrix`].

use super::{grants::granted, *};

const END: u64 = START + 10 * DAY;

fn set(rights: u8, until: u64, x: B256, parity: u8) -> LogData {
    log(&abi::DelegateSet {
        delegate: DELEGATE,
        rights,
        until,
        keyX: x,
        keyParity: parity,
    })
}

fn delegation(rights: u8, until: u64, held_until: u64) -> abi::Delegate {
    abi::Delegate {
        rights,
        until,
        heldUntil: held_until,
        keyX: key(0xd0),
        keyParity: 1,
    }
}

fn of(world: &mut World) -> abi::Delegate {
    world.holder(DELEGATE).delegate
}

#[test]
fn a_delegate_is_named_with_a_key_rights_and_an_end() {
    let mut world = World::claimed();
    world.wait(3);
    let call = abi::setDelegateCall {
        rotation: rotation(1, &[1]),
        ..set_delegate(DELEGATE, 9, END)
    };
    let given = call.rotation.clone();
    let logs = [
        set(9, END, key(0xd0), 1),
        log(&abi::SectionsRotated {
            by: PATIENT,
            sections: 1,
            epochs: given.epochs,
            keys: given.keys,
            parities: given.parities,
            links: given.links,
        }),
        log(&abi::SecretsSealed {
            recipient: PATIENT,
            sender: PATIENT,
            message: Bytes::from_static(b"for the patient"),
        }),
    ];
    world.emits(PATIENT, &call, &logs);
    let holder = abi::Holder {
        access: granted(DELEGATE, 0, 0, 0, 0, 0, 0),
        delegate: delegation(9, END, 0),
        responder: abi::Responder {
            sections: 0,
            delay: 0,
            window: 0,
            brokenAt: 0,
            state: 0,
            package: B256::ZERO,
            held: 0,
            heldUntil: 0,
        },
    };
    assert_eq!(world.holder(DELEGATE), holder);
    assert_eq!(
        world.view(&abi::holdersCall { from: 0, limit: 9 }),
        [holder]
    );
    let entry = abi::Request {
        requester: DELEGATE,
        recipient: DELEGATE,
        requestedAt: START + 3,
        state: 6,
    };
    assert_eq!(world.request_of(1), entry);
    assert!(!world.reads(DELEGATE, 0), "a delegate is no reader");
    assert_eq!(world.asked(), []);
}

#[test]
fn a_delegation_has_one_to_four_rights_a_key_and_an_end_in_reach() {
    let mut world = World::claimed();
    for rights in [16, 17, 255] {
        let call = set_delegate(DELEGATE, rights, END);
        world.refuses(PATIENT, &call, &abi::InvalidRights { rights });
    }
    for given in [0, START, START + 5 * YEAR + 1, u64::MAX] {
        let refusal = abi::InvalidExpiry {
            given,
            earliest: START + 1,
            latest: START + 5 * YEAR,
        };
        world.refuses(PATIENT, &set_delegate(DELEGATE, 1, given), &refusal);
    }
    for (x, parity) in [(B256::ZERO, 0), (key(1), 2), (B256::repeat_byte(0xff), 0)] {
        let call = abi::setDelegateCall {
            keyX: x,
            keyParity: parity,
            ..set_delegate(DELEGATE, 1, END)
        };
        world.refuses(PATIENT, &call, &abi::InvalidKey { x, parity });
    }
    for account in [Address::ZERO, PATIENT] {
        let call = set_delegate(account, 1, END);
        world.refuses(PATIENT, &call, &abi::InvalidAddress { account });
    }
    for (rights, until) in [(15, START + 1), (15, START + 5 * YEAR), (1, END)] {
        let call = set_delegate(DELEGATE, rights, until);
        world.fork().done(PATIENT, &call);
    }
}

#[test]
fn a_delegation_is_ended_with_everything_zero() {
    let mut world = World::delegated(15);
    let refusal = abi::InvalidRights { rights: 0 };
    let end = end_delegate(DELEGATE, no_rotation());
    let changes: [fn(&mut abi::setDelegateCall); 3] = [
        |call| call.until = END,
        |call| call.keyParity = 1,
        |call| call.keyX = key(1),
    ];
    for change in changes {
        let mut call = end.clone();
        change(&mut call);
        world.refuses(PATIENT, &call, &refusal);
    }
    world.wait(5);
    world.emits(PATIENT, &end, &[set(0, 0, B256::ZERO, 0)]);
    let ended = abi::Delegate {
        keyX: B256::ZERO,
        keyParity: 0,
        ..delegation(0, 0, START + 6)
    };
    assert_eq!(of(&mut world), ended);
    world.refuses(DELEGATE, &add(0, 1), &unauthorized(DELEGATE));
    for delegate in [DELEGATE, SPECIALIST, STRANGER] {
        let none = abi::NoLiveGrant { reader: delegate };
        world.refuses(PATIENT, &end_delegate(delegate, no_rotation()), &none);
    }
    assert_eq!(world.listed(), [SPECIALIST, DELEGATE], "it stays findable");
    // And can be named anew.
    world.done(PATIENT, &set_delegate(DELEGATE, 4, END));
    assert_eq!(of(&mut world), delegation(4, END, START + 6));
    world.done(DELEGATE, &add(0, 1));
    assert_eq!(world.listed(), [SPECIALIST, DELEGATE]);
}

#[test]
fn a_delegation_that_has_run_out_can_be_ended_too() {
    let mut world = World::delegated(9);
    world.wait_until(END + 5);
    world.done(PATIENT, &end_delegate(DELEGATE, no_rotation()));
    assert_eq!(of(&mut world).heldUntil, END, "it was entitled no longer");
}

#[test]
fn a_delegation_is_changed_in_place_and_remembers_what_it_could_open() {
    // (rights before, rights after, heldUntil after)
    let second = START + 7;
    for (before, after, held) in [
        (1, 8, second + 1),
        (8, 2, second + 1),
        (15, 4, second + 1),
        (2, 4, 0),
        (6, 1, 0),
    ] {
        let mut world = World::delegated(before);
        world.wait_until(second);
        let call = abi::setDelegateCall {
            keyX: key(0xd5),
            keyParity: 0,
            ..set_delegate(DELEGATE, after, START + 20 * DAY)
        };
        let log = set(after, START + 20 * DAY, key(0xd5), 0);
        world.emits(PATIENT, &call, &[log]);
        let expected = abi::Delegate {
            keyX: key(0xd5),
            keyParity: 0,
            ..delegation(after, START + 20 * DAY, held)
        };
        assert_eq!(of(&mut world), expected);
        // What was held once is not forgotten by a later change without secrets.
        world.wait(100);
        world.done(PATIENT, &set_delegate(DELEGATE, 2, END));
        let later = if after & 9 == 0 { held } else { second + 101 };
        assert_eq!(of(&mut world).heldUntil, later);
    }
}

#[test]
fn a_delegates_grants_end_with_its_delegation() {
    let mut world = World::delegated(1);
    world.done(OTHER, &request(OTHER));
    let id = world.info().requestCount;
    let calls = |expiry| {
        let approve = abi::approveCall {
            reader: OTHER,
            ..approve(id, 1, &[1], expiry, 1)
        };
        let grant = grant(OTHER, 1, &[1], expiry, 1);
        [approve.abi_encode(), grant.abi_encode()]
    };
    for given in [0, START, END + 1, u64::MAX] {
        let refusal = abi::InvalidExpiry {
            given,
            earliest: START + 1,
            latest: END,
        };
        for call in calls(given) {
            assert_eq!(world.send(DELEGATE, call), Err(refusal.abi_encode()));
        }
    }
    for call in calls(END) {
        world.fork().send(DELEGATE, call).unwrap();
    }
    // The five years hold for a delegate, too, and the patient is not bound by the delegation.
    world
        .fork()
        .done(PATIENT, &grant(OTHER, 1, &[1], END + 1, 1));
    world.done(PATIENT, &set_delegate(DELEGATE, 1, START + 5 * YEAR));
    world.wait(1);
    world
        .fork()
        .done(DELEGATE, &grant(OTHER, 1, &[1], START + 5 * YEAR, 1));
    let given = START + 5 * YEAR + 1;
    let refusal = abi::InvalidExpiry {
        given,
        earliest: START + 2,
        latest: START + 5 * YEAR,
    };
    world.refuses(DELEGATE, &grant(OTHER, 1, &[1], given, 1), &refusal);
}

#[test]
fn a_delegate_gives_nothing_to_itself_another_delegate_or_the_patient() {
    let mut world = World::delegated(15);
    let another = HEIR;
    for rights in [2, 15] {
        world.done(PATIENT, &set_delegate(another, rights, START + DAY));
        for reader in [DELEGATE, another, PATIENT] {
            let call = abi::grantCall {
                allowUnverified: true,
                ..grant(reader, 1, &[1], START + DAY, 1)
            };
            world.refuses(DELEGATE, &call, &abi::InvalidReader { reader });
        }
    }
    // Not through a request either.
    world.registry_answers(another, Ok(true));
    let id = world.done(another, &request(another));
    let call = abi::approveCall {
        reader: another,
        ..approve(id, 1, &[1], START + DAY, 1)
    };
    world.refuses(DELEGATE, &call, &abi::InvalidReader { reader: another });
    // Who is none any more is a reader like others; and the patient grants to whom it likes.
    world.fork().done(PATIENT, &call);
    world.wait(DAY);
    let later = abi::approveCall {
        expiry: END,
        ..call
    };
    world.done(DELEGATE, &later);
    assert!(world.reads(another, 0));
}

#[test]
fn a_delegate_acts_under_its_own_name() {
    let mut world = World::delegated(15);
    let id = world.done(OTHER, &request(OTHER));
    let given = abi::AccessGranted {
        reader: OTHER,
        requestId: id,
        by: DELEGATE,
        sections: 1,
        epochs: [1].into(),
        expiry: END,
        rights: 1,
        message: Bytes::from_static(b"secrets"),
    };
    let call = abi::approveCall {
        reader: OTHER,
        ..approve(id, 1, &[1], END, 1)
    };
    world.emits(DELEGATE, &call, &[log(&given)]);
    let id = world.done(PRIMARY, &request(PRIMARY));
    let denied = abi::RequestDenied {
        requestId: id,
        requester: PRIMARY,
        by: DELEGATE,
        reason: 3,
        message: Bytes::from_static(b"no"),
    };
    world.emits(DELEGATE, &deny(id, 3), &[log(&denied)]);
    let given = rotation_for(DELEGATE, 1, &[1]);
    let sealed = |recipient, message| {
        log(&abi::SecretsSealed {
            recipient,
            sender: DELEGATE,
            message: Bytes::from_static(message),
        })
    };
    let logs = [
        log(&abi::AccessRevoked {
            reader: OTHER,
            by: DELEGATE,
            reason: 1,
        }),
        log(&abi::SectionsRotated {
            by: DELEGATE,
            sections: 1,
            epochs: given.epochs.clone(),
            keys: given.keys.clone(),
            parities: given.parities,
            links: given.links.clone(),
        }),
        sealed(PATIENT, b"for the patient"),
        sealed(DELEGATE, b"secrets"),
    ];
    world.emits(DELEGATE, &revoke(OTHER, given), &logs);
    let added = abi::RecordAdded {
        recordId: 1,
        author: DELEGATE,
        section: 5,
        epoch: 1,
        commitment: key(0xc0),
    };
    world.emits(DELEGATE, &add(5, 1), &[log(&added)]);
    world.done(PATIENT, &arm(OTHER, 1, 9, 9));
    let set = abi::EmergencyPackageSet {
        responder: OTHER,
        by: DELEGATE,
        package: key(0xb1),
    };
    world.emits(DELEGATE, &set_package(OTHER), &[log(&set)]);
    world.done(OTHER, &break_glass());
    let vetoed = abi::EmergencyVetoed {
        responder: OTHER,
        by: DELEGATE,
    };
    world.emits(DELEGATE, &veto(OTHER), &[log(&vetoed)]);
}

#[test]
fn revoking_with_a_rotation_needs_both_rights() {
    let mut world = World::delegated(2);
    let refusal = unauthorized(DELEGATE);
    world.refuses(DELEGATE, &revoke(SPECIALIST, rotation(1, &[1])), &refusal);
    // A rotation of nothing cannot smuggle anything in.
    let smuggled = abi::Rotation {
        sealed_: [sealed(DELEGATE, b"x")].into(),
        ..no_rotation()
    };
    let length = abi::LengthMismatch {
        given: 1,
        expected: 0,
    };
    world.refuses(DELEGATE, &revoke(SPECIALIST, smuggled), &length);
    world
        .fork()
        .done(DELEGATE, &revoke(SPECIALIST, no_rotation()));
    world.done(PATIENT, &set_delegate(DELEGATE, 10, END));
    world.done(DELEGATE, &revoke(SPECIALIST, rotation(1, &[1])));
    assert_eq!(world.access(SPECIALIST).held, 0b10);
}

#[test]
fn a_delegate_revokes_even_another_delegates_grant_but_no_delegation() {
    let mut world = World::delegated(2);
    world.done(PATIENT, &set_delegate(SPECIALIST, 15, END));
    world.done(DELEGATE, &revoke(SPECIALIST, no_rotation()));
    assert_eq!(world.holder(SPECIALIST).delegate.rights, 15);
    world.done(SPECIALIST, &add(5, 1));
}
