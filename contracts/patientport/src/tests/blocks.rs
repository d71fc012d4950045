//! Requesters that the patient takes no requests of.

use super::*;

fn blocked(world: &mut World, requester: Address) -> bool {
    world.view(&abi::isBlockedCall { requester })
}

#[test]
fn a_blocked_requester_asks_no_more_until_it_is_taken_again() {
    let mut world = World::claimed();
    let set = |blocked| abi::RequesterBlockSet {
        requester: SPECIALIST,
        blocked,
    };
    assert!(!blocked(&mut world, SPECIALIST));
    world.emits(PATIENT, &block(SPECIALIST, true), &[log(&set(true))]);
    assert!(blocked(&mut world, SPECIALIST));
    assert!(!blocked(&mut world, OTHER));
    world.asked();
    let refusal = abi::RequesterBlocked {
        requester: SPECIALIST,
    };
    world.refuses(SPECIALIST, &request(SPECIALIST), &refusal);
    world.refuses(SPECIALIST, &request(OTHER), &refusal);
    assert_eq!(
        world.asked(),
        [],
        "a blocked account is not worth a question"
    );
    // Another may still refer to it: what is blocked is asking.
    world.done(OTHER, &request(SPECIALIST));
    world.emits(PATIENT, &block(SPECIALIST, false), &[log(&set(false))]);
    assert!(!blocked(&mut world, SPECIALIST));
    world.done(SPECIALIST, &request(SPECIALIST));
}

#[test]
fn what_is_blocked_already_or_not_at_all_stays_so_silently() {
    let mut world = World::claimed();
    world.emits(PATIENT, &block(SPECIALIST, false), &[]);
    world.done(PATIENT, &block(SPECIALIST, true));
    world.emits(PATIENT, &block(SPECIALIST, true), &[]);
    assert!(blocked(&mut world, SPECIALIST));
}

#[test]
fn pending_requests_of_a_blocked_requester_stay() {
    let mut world = World::claimed();
    for _ in 0..4 {
        world.done(SPECIALIST, &request(SPECIALIST));
    }
    world.done(PATIENT, &block(SPECIALIST, true));
    assert_eq!(world.request_state(1), 1);
    world.done(PATIENT, &approve(1, 1, &[1], START + DAY, 1));
    world.done(PATIENT, &deny(2, 1));
    world.done(SPECIALIST, &cancel(3));
    assert!(world.reads(SPECIALIST, 0), "blocking ends no access");
    assert!(blocked(&mut world, SPECIALIST));
    assert_eq!(world.request_state(4), 1);
}

#[test]
fn the_mark_does_not_disturb_the_eight_places() {
    let mut world = World::claimed();
    for _ in 0..8 {
        world.done(SPECIALIST, &request(SPECIALIST));
    }
    let places = U256::from_be_bytes({
        let mut slot = [0; 32];
        slot[0] = 7;
        slot[12..].copy_from_slice(SPECIALIST.as_slice());
        slot
    });
    let before = world.slot(places);
    world.done(PATIENT, &block(SPECIALIST, true));
    let mut marked = before;
    marked[0] |= 0x80;
    assert_eq!(world.slot(places), marked);
    world.done(PATIENT, &block(SPECIALIST, false));
    assert_eq!(world.slot(places), before);
    let full = abi::TooManyPendingRequests {
        requester: SPECIALIST,
        max: 8,
    };
    world.refuses(SPECIALIST, &request(SPECIALIST), &full);
    // The first place shares its byte with the mark.
    world.done(SPECIALIST, &cancel(1));
    assert_eq!(world.done(SPECIALIST, &request(SPECIALIST)), 9);
    world.refuses(SPECIALIST, &request(SPECIALIST), &full);
}

#[test]
fn anybody_can_be_blocked_but_only_by_the_patient() {
    let mut world = World::delegated(15);
    for caller in [DELEGATE, PRIMARY, SPECIALIST, STRANGER] {
        world.refuses(caller, &block(OTHER, true), &unauthorized(caller));
    }
    for requester in [STRANGER, Address::ZERO, PATIENT, PRIMARY] {
        world.done(PATIENT, &block(requester, true));
        assert!(blocked(&mut world, requester));
    }
    let refusal = abi::RequesterBlocked { requester: PRIMARY };
    world.refuses(PRIMARY, &request(PRIMARY), &refusal);
    world.done(PRIMARY, &add(0, 1));
}
