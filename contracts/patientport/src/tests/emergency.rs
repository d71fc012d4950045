//! Responders: armed, pending, open, over, and what stops them.

use super::*;

const HOUR: u64 = 3600;

pub(super) fn responder(state: u8, broken_at: u64) -> abi::Responder {
    abi::Responder {
        sections: 1,
        delay: HOUR as u32,
        window: DAY as u32,
        brokenAt: broken_at,
        state,
        package: key(0xb0),
        held: 0,
        heldUntil: 0,
    }
}

fn in_state(state: u8) -> abi::InvalidEmergencyState {
    abi::InvalidEmergencyState {
        responder: RESPONDER,
        state,
    }
}

/// `RESPONDER` is in `state`, and everything that depends on it says so.
#[track_caller]
fn is(world: &mut World, state: u8) {
    assert_eq!(world.responder(RESPONDER).state, state);
    let open = state == 3;
    assert_eq!(world.reads(RESPONDER, 0), open);
    assert!(!world.reads(RESPONDER, 1));
    let refusal = in_state(state);
    // The glass is broken once, while armed.
    if state == 1 {
        world.fork().done(RESPONDER, &break_glass());
    } else {
        world.refuses(RESPONDER, &break_glass(), &refusal);
    }
    // The veto comes before access.
    if state == 2 {
        world.fork().done(PATIENT, &veto(RESPONDER));
    } else {
        world.refuses(PATIENT, &veto(RESPONDER), &refusal);
    }
    // The package is released during access.
    if open {
        world.fork().done(CUSTODIAN, &release(RESPONDER));
    } else {
        world.refuses(CUSTODIAN, &release(RESPONDER), &refusal);
    }
    // Secrets are passed on during access.
    let call = reseal(RESPONDER, 1, &[1]);
    if open {
        world.fork().done(PATIENT, &call);
    } else {
        world.refuses(PATIENT, &call, &abi::NoLiveGrant { reader: RESPONDER });
    }
    // No state gives the right to write.
    world.refuses(RESPONDER, &add(0, 1), &unauthorized(RESPONDER));
}

#[test]
fn a_responder_is_armed_and_listed() {
    let mut world = World::claimed();
    world.asked();
    let set = abi::ResponderSet {
        responder: RESPONDER,
        sections: 1,
        delay: HOUR as u32,
        window: DAY as u32,
        package: key(0xb0),
    };
    let call = arm(RESPONDER, 1, HOUR as u32, DAY as u32);
    world.emits(PATIENT, &call, &[log(&set)]);
    let question = IRegistry::isVerifiedCall { account: RESPONDER }.abi_encode();
    assert_eq!(world.asked(), [(REGISTRY, question)]);
    assert_eq!(world.responder(RESPONDER), responder(1, 0));
    assert_eq!(world.listed(), [RESPONDER]);
    assert_eq!(world.request_state(1), 6);
    world.done(PATIENT, &set_custodian(0, CUSTODIAN));
    is(&mut world, 1);
    world.wait(400 * DAY);
    is(&mut world, 1);
}

#[test]
fn who_is_no_responder_breaks_nothing() {
    let mut world = World::armed();
    for caller in [SPECIALIST, STRANGER, PATIENT, CUSTODIAN, PRIMARY] {
        let refusal = abi::InvalidEmergencyState {
            responder: caller,
            state: 0,
        };
        world.refuses(caller, &break_glass(), &refusal);
        world.refuses(PATIENT, &veto(caller), &refusal);
        world.refuses(CUSTODIAN, &release(caller), &refusal);
        world.refuses(PATIENT, &set_package(caller), &refusal);
    }
}

#[test]
fn access_opens_after_the_delay_and_closes_after_the_window() {
    let mut world = World::armed();
    world.wait(100);
    let broken_at = START + 100;
    world.asked();
    let broken = abi::GlassBroken {
        responder: RESPONDER,
        opensAt: broken_at + HOUR,
        closesAt: broken_at + HOUR + DAY,
        message: Bytes::from_static(b"found unconscious"),
    };
    world.emits(RESPONDER, &break_glass(), &[log(&broken)]);
    let question = IRegistry::isVerifiedCall { account: RESPONDER }.abi_encode();
    assert_eq!(world.asked(), [(REGISTRY, question)]);
    assert_eq!(world.responder(RESPONDER), responder(2, broken_at));
    is(&mut world, 2);
    world.wait_until(broken_at + HOUR - 1);
    is(&mut world, 2);
    world.wait(1);
    is(&mut world, 3);
    world.wait_until(broken_at + HOUR + DAY - 1);
    is(&mut world, 3);
    world.wait(1);
    is(&mut world, 4);
    world.wait(400 * DAY);
    is(&mut world, 4);
    assert_eq!(world.responder(RESPONDER), responder(4, broken_at));
    // The standing of a responder is asked for when it acts, not afterwards.
    assert_eq!(world.asked(), []);
}

#[test]
fn without_a_delay_access_opens_at_once_and_cannot_be_vetoed() {
    let mut world = World::armed();
    world.done(PATIENT, &arm(RESPONDER, 1, 0, 1));
    let broken = abi::GlassBroken {
        responder: RESPONDER,
        opensAt: START,
        closesAt: START + 1,
        message: Bytes::from_static(b"found unconscious"),
    };
    world.emits(RESPONDER, &break_glass(), &[log(&broken)]);
    is(&mut world, 3);
    world.wait(1);
    is(&mut world, 4);
}

#[test]
fn a_veto_lasts_until_armed_anew() {
    let mut world = World::armed();
    world.done(RESPONDER, &break_glass());
    world.wait(HOUR - 1);
    let vetoed = abi::EmergencyVetoed {
        responder: RESPONDER,
        by: PATIENT,
    };
    world.emits(PATIENT, &veto(RESPONDER), &[log(&vetoed)]);
    assert_eq!(world.responder(RESPONDER), responder(5, START));
    for wait in [0, 1, DAY, 400 * DAY] {
        world.wait(wait);
        is(&mut world, 5);
    }
    world.done(PATIENT, &arm(RESPONDER, 1, HOUR as u32, DAY as u32));
    assert_eq!(world.responder(RESPONDER), responder(1, 0));
    is(&mut world, 1);
}

#[test]
fn delegates_veto_with_approve_or_revoke() {
    for rights in 1..=15 {
        let mut world = World::armed();
        world.done(PATIENT, &set_delegate(DELEGATE, rights, START + DAY));
        world.done(RESPONDER, &break_glass());
        let neither = [4, 8, 12].contains(&rights);
        if neither {
            world.refuses(DELEGATE, &veto(RESPONDER), &unauthorized(DELEGATE));
        } else {
            world.done(DELEGATE, &veto(RESPONDER));
            is(&mut world, 5);
        }
    }
}

#[test]
fn arming_needs_sections_times_and_a_verified_provider() {
    let mut world = World::claimed();
    let week = 7 * DAY as u32;
    let month = 30 * DAY as u32;
    for (delay, window, given, max) in [
        (week + 1, 1, week + 1, week),
        (u32::MAX, 1, u32::MAX, week),
        (0, 0, 0, month),
        (0, month + 1, month + 1, month),
        (0, u32::MAX, u32::MAX, month),
    ] {
        let refusal = abi::InvalidDuration {
            given: given.into(),
            max: max.into(),
        };
        world.refuses(PATIENT, &arm(RESPONDER, 1, delay, window), &refusal);
    }
    for account in [Address::ZERO, PATIENT] {
        let refusal = abi::InvalidAddress { account };
        world.refuses(PATIENT, &arm(account, 1, 0, 1), &refusal);
    }
    let unverified = abi::UnverifiedProvider { provider: STRANGER };
    world.refuses(PATIENT, &arm(STRANGER, 1, 0, 1), &unverified);
    world.registry_answers(STRANGER, Err(()));
    let unavailable = abi::RegistryUnavailable { registry: REGISTRY };
    world.refuses(PATIENT, &arm(STRANGER, 1, 0, 1), &unavailable);
    for (sections, delay, window) in [(1, 0, 1), (u64::MAX, week, month)] {
        let call = arm(RESPONDER, sections, delay, window);
        world.done(PATIENT, &call);
        let responder = world.responder(RESPONDER);
        assert_eq!(
            (responder.sections, responder.delay, responder.window),
            (sections, delay, window)
        );
    }
}

#[test]
fn a_responder_must_be_verified_when_it_breaks_the_glass() {
    let mut world = World::armed();
    world.registry_answers(RESPONDER, Ok(false));
    let unverified = abi::UnverifiedProvider {
        provider: RESPONDER,
    };
    world.refuses(RESPONDER, &break_glass(), &unverified);
    world.registry_answers(RESPONDER, Err(()));
    let unavailable = abi::RegistryUnavailable { registry: REGISTRY };
    world.refuses(RESPONDER, &break_glass(), &unavailable);
    world.registry_answers(RESPONDER, Ok(true));
    for length in [0, 8193] {
        let call = abi::breakGlassCall {
            message: alloc::vec![1; length].into(),
        };
        let refusal = abi::InvalidMessageLength {
            given: length as u32,
            max: 8192,
        };
        world.refuses(RESPONDER, &call, &refusal);
    }
    is(&mut world, 1);
    let longest = abi::breakGlassCall {
        message: alloc::vec![1; 8192].into(),
    };
    world.done(RESPONDER, &longest);
    // An open window stays open, whatever the registry says later.
    world.registry_answers(RESPONDER, Ok(false));
    world.wait(HOUR);
    assert!(world.reads(RESPONDER, 0));
}

#[test]
fn removal_ends_access_at_once_in_every_state() {
    let set = abi::ResponderSet {
        responder: RESPONDER,
        sections: 0,
        delay: 0,
        window: 0,
        package: B256::ZERO,
    };
    // (seconds since the glass was broken, what is remembered)
    for (broken_for, held, held_until) in [
        (None, 0, 0),
        (Some(HOUR - 1), 0, 0),
        (Some(HOUR), 1, START + HOUR + 1),
        (Some(HOUR + DAY - 1), 1, START + HOUR + DAY),
        (Some(HOUR + DAY), 1, START + HOUR + DAY),
        (Some(9 * DAY), 1, START + HOUR + DAY),
    ] {
        let mut world = World::armed();
        if let Some(secs) = broken_for {
            world.done(RESPONDER, &break_glass());
            world.wait(secs);
        }
        world.asked();
        world.emits(PATIENT, &disarm(RESPONDER), &[log(&set)]);
        assert_eq!(world.asked(), []);
        let removed = abi::Responder {
            sections: 0,
            delay: 0,
            window: 0,
            brokenAt: 0,
            state: 0,
            package: B256::ZERO,
            held,
            heldUntil: held_until,
        };
        assert_eq!(world.responder(RESPONDER), removed, "{broken_for:?}");
        is(&mut world, 0);
        world.wait(DAY);
        is(&mut world, 0);
        let none = abi::NoLiveGrant { reader: RESPONDER };
        world.refuses(PATIENT, &disarm(RESPONDER), &none);
        let refusal = in_state(0);
        world.refuses(PATIENT, &set_package(RESPONDER), &refusal);
        assert_eq!(world.listed(), [SPECIALIST, RESPONDER]);
    }
}

#[test]
fn a_removal_has_nothing_but_zeros() {
    let mut world = World::armed();
    let changes: [fn(&mut abi::setResponderCall); 3] = [
        |call| call.delay = 1,
        |call| call.window = 1,
        |call| call.package = key(1),
    ];
    for change in changes {
        let mut call = disarm(RESPONDER);
        change(&mut call);
        world.refuses(PATIENT, &call, &abi::InvalidSections { sections: 0 });
    }
    for account in [STRANGER, SPECIALIST] {
        let none = abi::NoLiveGrant { reader: account };
        world.refuses(PATIENT, &disarm(account), &none);
    }
    let nobody = abi::InvalidAddress {
        account: Address::ZERO,
    };
    world.refuses(PATIENT, &disarm(Address::ZERO), &nobody);
    is(&mut world, 1);
}

#[test]
fn arming_anew_remembers_every_window_that_was_open() {
    let mut world = World::armed();
    let of = |sections, held, held_until| abi::Responder {
        sections,
        held,
        heldUntil: held_until,
        ..responder(1, 0)
    };
    let again = |sections| arm(RESPONDER, sections, HOUR as u32, DAY as u32);
    // Never broken, or broken and not yet open: nothing.
    world.done(PATIENT, &again(0b10));
    world.done(RESPONDER, &break_glass());
    world.wait(HOUR - 1);
    world.done(PATIENT, &again(0b100));
    assert_eq!(world.responder(RESPONDER), of(0b100, 0, 0));
    // Open: up to and with this second.
    world.done(RESPONDER, &break_glass());
    world.wait(HOUR);
    let second = world.now();
    world.done(PATIENT, &again(0b1000));
    assert_eq!(world.responder(RESPONDER), of(0b1000, 0b100, second + 1));
    // Over: up to its end.
    world.done(RESPONDER, &break_glass());
    let broken_at = world.now();
    world.wait(9 * DAY);
    world.done(PATIENT, &again(0b1));
    let closed = broken_at + HOUR + DAY;
    assert_eq!(world.responder(RESPONDER), of(0b1, 0b1100, closed));
    // Vetoed: nothing more, and nothing less.
    world.done(RESPONDER, &break_glass());
    world.done(PATIENT, &veto(RESPONDER));
    world.done(PATIENT, &again(0b10));
    assert_eq!(world.responder(RESPONDER), of(0b10, 0b1100, closed));
    assert_eq!(world.listed(), [SPECIALIST, RESPONDER]);
}

#[test]
fn a_window_adds_to_a_grant_and_takes_nothing_from_it() {
    let mut world = World::claimed();
    world.done(PATIENT, &grant(RESPONDER, 0b10, &[1], START + 50, 1));
    world.done(PATIENT, &arm(RESPONDER, 1, 10, 20));
    world.done(RESPONDER, &break_glass());
    let mut reads = Vec::new();
    for second in [0, 9, 10, 29, 30, 49, 50] {
        world.wait_until(START + second);
        reads.push((world.reads(RESPONDER, 0), world.reads(RESPONDER, 1)));
    }
    let (no, yes) = (false, true);
    assert_eq!(
        reads,
        [
            (no, yes),
            (no, yes),
            (yes, yes),
            (yes, yes),
            (no, yes),
            (no, yes),
            (no, no)
        ]
    );
    // Revoking the grant of one in its window leaves the window.
    let mut world = World::claimed();
    world.done(PATIENT, &grant(RESPONDER, 1, &[1], START + 50, 1));
    world.done(PATIENT, &arm(RESPONDER, 1, 0, 20));
    world.done(RESPONDER, &break_glass());
    world.done(PATIENT, &revoke(RESPONDER, no_rotation()));
    assert!(world.reads(RESPONDER, 0));
    world.done(PATIENT, &disarm(RESPONDER));
    assert!(!world.reads(RESPONDER, 0));
}
