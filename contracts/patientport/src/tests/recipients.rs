//! Who can be sent the secret of a current key (I6): the patient and whoever may have it at that moment.

use super::*;

/// `rotate`, `reseal`, a revocation of another reader, a new encryption key and a change of delegates must
/// refuse to send `reader` the secret of section 0.
#[track_caller]
fn sends_nothing(world: &mut World, reader: Address) {
    let refusal = abi::NoLiveGrant { reader };
    let given = || rotation_for(reader, 1, &[1]);
    world.refuses(PATIENT, &rotate(given()), &refusal);
    world.refuses(PATIENT, &reseal(reader, 1, &[1]), &refusal);
    world.refuses(PATIENT, &revoke(OTHER, given()), &refusal);
    world.refuses(PATIENT, &set_encryption_key(given()), &refusal);
    let delegation = abi::setDelegateCall {
        rotation: given(),
        ..set_delegate(HEIR, 1, START + 20 * DAY)
    };
    world.refuses(PATIENT, &delegation, &refusal);
}

/// All these must be possible.
#[track_caller]
fn sends(world: &mut World, reader: Address) {
    for world in [&mut world.fork(), world] {
        world.done(PATIENT, &reseal(reader, 1, &[1]));
        world.done(PATIENT, &rotate(rotation_for(reader, 1, &[1])));
        let delegation = abi::setDelegateCall {
            rotation: rotation_for(reader, 1, &[2]),
            ..set_delegate(HEIR, 1, START + 20 * DAY)
        };
        world.done(PATIENT, &delegation);
        world.done(PATIENT, &set_encryption_key(rotation_for(reader, 1, &[3])));
        world.done(PATIENT, &revoke(OTHER, rotation_for(reader, 1, &[4])));
    }
}

/// `SPECIALIST` reads and writes sections 0 and 1 until `START + DAY`, `OTHER` reads section 0 for longer.
fn two_readers() -> World {
    let mut world = World::granted();
    world.done(PATIENT, &grant(OTHER, 1, &[1], START + 9 * DAY, 1));
    world
}

#[test]
fn the_owner_is_sent_secrets() {
    sends(&mut two_readers(), PATIENT);
}

#[test]
fn a_live_reader_is_sent_secrets_up_to_the_second_of_its_expiry() {
    let mut world = two_readers();
    world.wait(DAY - 1);
    sends(&mut world.fork(), SPECIALIST);
    world.wait(1);
    sends_nothing(&mut world, SPECIALIST);
}

#[test]
fn a_revoked_reader_is_sent_nothing() {
    let mut world = two_readers();
    world.done(PATIENT, &revoke(SPECIALIST, no_rotation()));
    sends_nothing(&mut world, SPECIALIST);
}

#[test]
fn who_is_revoked_in_the_same_call_is_sent_nothing() {
    let mut world = two_readers();
    let call = revoke(SPECIALIST, rotation_for(SPECIALIST, 0b11, &[1, 1]));
    let refusal = abi::NoLiveGrant { reader: SPECIALIST };
    world.refuses(PATIENT, &call, &refusal);
    // Nothing has happened: the reader is still live and can be revoked.
    world.done(PATIENT, &revoke(SPECIALIST, rotation(0b11, &[1, 1])));
}

#[test]
fn who_may_only_write_is_sent_nothing() {
    let mut world = two_readers();
    world.done(PATIENT, &grant(SPECIALIST, 1, &[1], START + DAY, 2));
    sends_nothing(&mut world, SPECIALIST);
}

#[test]
fn who_reads_none_of_the_sections_any_more_is_sent_nothing() {
    let mut world = two_readers();
    world.done(PATIENT, &grant(SPECIALIST, 0b10, &[1], START + DAY, 1));
    sends_nothing(&mut world, SPECIALIST);
    // One of the sections concerned is enough.
    let both = rotation_for(SPECIALIST, 0b11, &[1, 1]);
    world.done(PATIENT, &rotate(both));
}

#[test]
fn who_was_never_granted_anything_is_sent_nothing() {
    let mut world = two_readers();
    world.done(PATIENT, &set_custodian(0, CUSTODIAN));
    for reader in [STRANGER, PRIMARY, REGISTRY, CUSTODIAN, PORT, Address::ZERO] {
        sends_nothing(&mut world, reader);
    }
}

#[test]
fn delegates_with_approve_or_rotate_are_sent_secrets() {
    for rights in 1..=15 {
        let mut world = two_readers();
        world.done(PATIENT, &set_delegate(DELEGATE, rights, START + 5 * DAY));
        if rights & 0b1001 == 0 {
            sends_nothing(&mut world, DELEGATE);
        } else {
            sends(&mut world.fork(), DELEGATE);
            world.wait(5 * DAY - 1);
            sends(&mut world.fork(), DELEGATE);
            world.wait(1);
            sends_nothing(&mut world, DELEGATE);
        }
    }
}

#[test]
fn an_ended_or_narrowed_delegate_is_sent_nothing() {
    let mut world = two_readers();
    world.done(PATIENT, &set_delegate(DELEGATE, 15, START + 5 * DAY));
    let mut narrowed = world.fork();
    narrowed.done(PATIENT, &set_delegate(DELEGATE, 6, START + 5 * DAY));
    sends_nothing(&mut narrowed, DELEGATE);
    world.done(PATIENT, &end_delegate(DELEGATE, no_rotation()));
    sends_nothing(&mut world, DELEGATE);
}

#[test]
fn who_is_ended_as_a_delegate_in_the_same_call_is_sent_nothing() {
    let mut world = two_readers();
    world.done(PATIENT, &set_delegate(DELEGATE, 9, START + 5 * DAY));
    let refusal = abi::NoLiveGrant { reader: DELEGATE };
    let given = rotation_for(DELEGATE, 1, &[1]);
    world.refuses(PATIENT, &end_delegate(DELEGATE, given.clone()), &refusal);
    let narrowed = abi::setDelegateCall {
        rotation: given.clone(),
        ..set_delegate(DELEGATE, 2, START + 5 * DAY)
    };
    world.refuses(PATIENT, &narrowed, &refusal);
    // And who becomes one in this call is sent secrets by it.
    let named = abi::setDelegateCall {
        delegate: HEIR,
        rotation: rotation_for(HEIR, 1, &[1]),
        ..narrowed
    };
    let refusal = abi::NoLiveGrant { reader: HEIR };
    world.refuses(PATIENT, &named, &refusal);
    world.done(PATIENT, &abi::setDelegateCall { rights: 1, ..named });
}

#[test]
fn a_responder_is_sent_secrets_in_its_open_window_only() {
    let mut world = two_readers();
    world.done(PATIENT, &arm(RESPONDER, 0b1, 100, 50));
    sends_nothing(&mut world, RESPONDER);
    world.done(RESPONDER, &break_glass());
    sends_nothing(&mut world, RESPONDER);
    world.wait(99);
    sends_nothing(&mut world, RESPONDER);
    world.wait(1);
    sends(&mut world.fork(), RESPONDER);
    let refusal = abi::NoLiveGrant { reader: RESPONDER };
    world.refuses(PATIENT, &reseal(RESPONDER, 0b10, &[1]), &refusal);
    world.wait(49);
    sends(&mut world.fork(), RESPONDER);
    world.wait(1);
    sends_nothing(&mut world, RESPONDER);
}

#[test]
fn a_removed_or_rearmed_responder_is_sent_nothing() {
    let mut world = two_readers();
    world.done(PATIENT, &arm(RESPONDER, 0b1, 0, 50));
    world.done(RESPONDER, &break_glass());
    sends(&mut world.fork(), RESPONDER);
    let mut rearmed = world.fork();
    rearmed.done(PATIENT, &arm(RESPONDER, 0b1, 0, 50));
    sends_nothing(&mut rearmed, RESPONDER);
    world.done(PATIENT, &disarm(RESPONDER));
    sends_nothing(&mut world, RESPONDER);
}

#[test]
fn a_revoked_reader_that_is_also_a_delegate_keeps_what_a_delegate_has() {
    let mut world = two_readers();
    world.done(PATIENT, &set_delegate(SPECIALIST, 1, START + 5 * DAY));
    let both = rotation_for(SPECIALIST, 0b11, &[1, 1]);
    world.done(PATIENT, &revoke(SPECIALIST, both));
    assert!(!world.reads(SPECIALIST, 0));
    world.done(PATIENT, &reseal(SPECIALIST, 1, &[2]));
}
