//! The full list of holders: whose place a new one takes (I3). In every test `nth(9)` is the one that
//! might leave; everybody else is live.

use super::{
    grants::nothing,
    holders::{full, give, nth},
    *,
};

const FULL: abi::TooManyHolders = abi::TooManyHolders { max: 128 };
const WHO: fn() -> Address = || nth(9);

/// As [`full`], but `nth(9)` is no holder yet, and the others are for long. Sections 0, 1 and 5 are open.
fn almost_full() -> World {
    let mut world = World::claimed();
    for number in 0..9 {
        world.done(PATIENT, &give(nth(number), 1, START + YEAR));
    }
    for number in 10..128 {
        world.done(PATIENT, &give(nth(number), 1, START + YEAR));
    }
    world.registry_answers(WHO(), Ok(true));
    world
}

fn rotate_all(world: &mut World) {
    let sections = 0b10_0011;
    let epochs: Vec<_> = world.keys(sections).iter().map(|one| one.0).collect();
    world.done(PATIENT, &rotate(rotation(sections, &epochs)));
}

fn newcomer(world: &mut World) -> abi::grantCall {
    let epoch = world.keys(1)[0].0;
    give(STRANGER, epoch, world.now() + 1)
}

/// `nth(9)` stays listed.
#[track_caller]
fn stays(world: &mut World) {
    let call = newcomer(world);
    world.refuses(PATIENT, &call, &FULL);
    let till = world.now() + 1;
    world.refuses(PATIENT, &set_delegate(STRANGER, 1, till), &FULL);
    assert!(world.listed().contains(&WHO()));
}

/// `nth(9)` gives its place up.
#[track_caller]
fn leaves(world: &mut World) {
    let place = world.listed().iter().position(|one| *one == WHO());
    let call = newcomer(world);
    world.done(PATIENT, &call);
    let listed = world.listed();
    assert_eq!(listed.len(), 128);
    assert_eq!(listed[place.unwrap()], STRANGER);
    assert!(!listed.contains(&WHO()));
    assert_eq!(world.access(WHO()), nothing(WHO()));
    assert!(world.reads(STRANGER, 0));
}

#[test]
fn a_revoked_reader_stays_until_a_later_rotation() {
    let mut world = almost_full();
    world.done(PATIENT, &give(WHO(), 1, START + YEAR));
    world.wait(10);
    world.done(PATIENT, &revoke(WHO(), no_rotation()));
    stays(&mut world);
    // Of another section than the one it held.
    world.wait(1);
    world.done(PATIENT, &rotate(rotation(0b10, &[1])));
    stays(&mut world);
    world.done(PATIENT, &rotate(rotation(0b01, &[1])));
    leaves(&mut world);
}

#[test]
fn a_rotation_in_the_revoking_call_frees_the_place_at_once() {
    let mut world = almost_full();
    world.done(PATIENT, &give(WHO(), 1, START + YEAR));
    world.done(PATIENT, &revoke(WHO(), rotation(1, &[1])));
    leaves(&mut world);
}

#[test]
fn a_rotation_in_the_revoking_call_frees_nothing_of_another_section() {
    let mut world = almost_full();
    let both = abi::grantCall {
        sections: 0b11,
        epochs: [1, 1].into(),
        ..give(WHO(), 1, START + YEAR)
    };
    world.done(PATIENT, &both);
    world.done(PATIENT, &revoke(WHO(), rotation(1, &[1])));
    stays(&mut world);
    world.wait(1);
    world.done(PATIENT, &rotate(rotation(0b10, &[1])));
    leaves(&mut world);
}

#[test]
fn rotations_in_the_second_of_a_revocation_but_in_other_calls_free_nothing() {
    // Before it: sealed to the reader, who was live.
    let mut world = almost_full();
    world.done(PATIENT, &give(WHO(), 1, START + YEAR));
    world.done(PATIENT, &rotate(rotation_for(WHO(), 1, &[1])));
    world.done(PATIENT, &revoke(WHO(), no_rotation()));
    stays(&mut world);
    // After it, for all the contract can tell, the same; a second later is soon enough.
    world.done(PATIENT, &rotate(rotation(1, &[2])));
    stays(&mut world);
    world.wait(1);
    world.done(PATIENT, &rotate(rotation(1, &[3])));
    leaves(&mut world);
}

#[test]
fn an_expired_reader_leaves_with_a_rotation_in_the_second_of_its_end_or_later() {
    for late in [0, 1, 9] {
        let mut world = almost_full();
        world.done(PATIENT, &give(WHO(), 1, START + 50));
        world.wait(49);
        stays(&mut world);
        world.done(PATIENT, &rotate(rotation_for(WHO(), 1, &[1])));
        world.wait(1 + late);
        stays(&mut world);
        world.done(PATIENT, &rotate(rotation(1, &[2])));
        leaves(&mut world);
    }
}

#[test]
fn a_replaced_grant_is_remembered() {
    let mut world = almost_full();
    world.done(PATIENT, &give(WHO(), 1, START + 50));
    // Narrowed to another section, to writing only, and shortened.
    let narrowed = abi::grantCall {
        sections: 0b10,
        rights: 2,
        message: Bytes::new(),
        ..give(WHO(), 1, START + 20)
    };
    world.done(PATIENT, &narrowed);
    world.wait(20);
    stays(&mut world);
    world.done(PATIENT, &rotate(rotation(0b10, &[1])));
    stays(&mut world);
    world.done(PATIENT, &rotate(rotation(0b01, &[1])));
    leaves(&mut world);
}

#[test]
fn a_writer_that_was_sent_nothing_leaves_as_it_ends() {
    let mut world = almost_full();
    let writer = abi::grantCall {
        rights: 2,
        message: Bytes::new(),
        ..give(WHO(), 1, START + 50)
    };
    world.done(PATIENT, &writer);
    stays(&mut world);
    let mut revoked = world.fork();
    revoked.done(PATIENT, &revoke(WHO(), no_rotation()));
    leaves(&mut revoked);
    world.wait(50);
    leaves(&mut world);
}

#[test]
fn a_delegate_leaves_when_every_open_section_was_rotated_after_its_end() {
    let end = START + 50;
    let mut world = almost_full();
    world.done(PATIENT, &set_delegate(WHO(), 1, end));
    world.wait(49);
    rotate_all(&mut world);
    stays(&mut world);
    world.wait(1);
    stays(&mut world);
    // One section is not enough, it had them all; from the second of the end on is late enough.
    world.done(PATIENT, &rotate(rotation(0b1, &[2])));
    stays(&mut world);
    world.done(PATIENT, &rotate(rotation(0b10_0010, &[2, 2])));
    leaves(&mut world);
}

#[test]
fn a_delegate_without_secrets_leaves_as_it_ends() {
    for rights in [2, 4, 6] {
        let mut world = almost_full();
        world.done(PATIENT, &set_delegate(WHO(), rights, START + 50));
        stays(&mut world);
        let mut ended = world.fork();
        ended.done(PATIENT, &end_delegate(WHO(), no_rotation()));
        leaves(&mut ended);
        world.wait(50);
        leaves(&mut world);
    }
}

#[test]
fn an_ended_delegate_stays_through_the_second_of_its_end() {
    let mut world = almost_full();
    world.done(PATIENT, &set_delegate(WHO(), 8, START + 50));
    world.wait(10);
    rotate_all(&mut world);
    world.done(PATIENT, &end_delegate(WHO(), no_rotation()));
    stays(&mut world);
    world.wait(1);
    stays(&mut world);
    rotate_all(&mut world);
    leaves(&mut world);
}

#[test]
fn a_narrowed_delegate_stays_until_its_old_secrets_are_worth_nothing() {
    let mut world = almost_full();
    world.done(PATIENT, &set_delegate(WHO(), 9, START + 50));
    world.wait(10);
    world.done(PATIENT, &set_delegate(WHO(), 2, START + 20));
    world.wait(5);
    rotate_all(&mut world);
    stays(&mut world);
    world.wait(5);
    // Since the narrowing everything was rotated, and now it has no rights.
    leaves(&mut world);
}

#[test]
fn a_delegate_with_a_grant_leaves_when_both_are_over() {
    let mut world = almost_full();
    world.done(PATIENT, &give(WHO(), 1, START + 50));
    world.done(PATIENT, &set_delegate(WHO(), 2, START + 20));
    world.wait(20);
    rotate_all(&mut world);
    stays(&mut world);
    world.wait(30);
    stays(&mut world);
    world.done(PATIENT, &rotate(rotation(1, &[2])));
    leaves(&mut world);
}

#[test]
fn a_responder_stays_while_it_is_armed_waits_or_is_inside() {
    let mut world = almost_full();
    world.done(PATIENT, &arm(WHO(), 1, 10, 10));
    world.wait(100);
    rotate_all(&mut world);
    stays(&mut world);
    world.done(WHO(), &break_glass());
    stays(&mut world);
    world.wait(10);
    stays(&mut world);
    world.wait(9);
    world.done(PATIENT, &rotate(rotation_for(WHO(), 1, &[2])));
    stays(&mut world);
    world.wait(1);
    stays(&mut world);
    // Its window opened section 0 only, and closed in this second.
    world.done(PATIENT, &rotate(rotation(0b10, &[2])));
    stays(&mut world);
    world.done(PATIENT, &rotate(rotation(0b01, &[3])));
    leaves(&mut world);
}

#[test]
fn a_responder_that_never_came_in_leaves_as_it_is_removed_or_vetoed() {
    let mut world = almost_full();
    world.done(PATIENT, &arm(WHO(), 1, 10, 10));
    let mut removed = world.fork();
    removed.done(PATIENT, &disarm(WHO()));
    leaves(&mut removed);
    world.done(WHO(), &break_glass());
    let mut removed = world.fork();
    removed.done(PATIENT, &disarm(WHO()));
    leaves(&mut removed);
    world.done(PATIENT, &veto(WHO()));
    leaves(&mut world);
}

#[test]
fn a_responder_removed_from_its_window_stays_through_that_second() {
    let mut world = almost_full();
    world.done(PATIENT, &arm(WHO(), 1, 0, 10));
    world.done(WHO(), &break_glass());
    world.done(PATIENT, &rotate(rotation_for(WHO(), 1, &[1])));
    world.done(PATIENT, &disarm(WHO()));
    stays(&mut world);
    world.done(PATIENT, &rotate(rotation(1, &[2])));
    stays(&mut world);
    world.wait(1);
    world.done(PATIENT, &rotate(rotation(1, &[3])));
    leaves(&mut world);
}

#[test]
fn an_earlier_window_counts_as_much_as_the_last() {
    let mut world = almost_full();
    world.done(PATIENT, &arm(WHO(), 0b10, 0, 10));
    world.done(WHO(), &break_glass());
    world.wait(10);
    world.done(PATIENT, &arm(WHO(), 0b01, 5, 10));
    world.done(WHO(), &break_glass());
    world.done(PATIENT, &veto(WHO()));
    stays(&mut world);
    world.done(PATIENT, &rotate(rotation(0b01, &[1])));
    stays(&mut world);
    world.done(PATIENT, &rotate(rotation(0b10, &[1])));
    leaves(&mut world);
}

#[test]
fn who_left_comes_back_as_anybody() {
    let mut world = almost_full();
    world.done(PATIENT, &set_delegate(WHO(), 15, START + 50));
    world.done(PATIENT, &arm(WHO(), 1, 0, 10));
    world.done(WHO(), &break_glass());
    world.wait(50);
    rotate_all(&mut world);
    leaves(&mut world);
    // What it was gives it nothing …
    let refusal = unauthorized(WHO());
    world.refuses(WHO(), &revoke(nth(0), no_rotation()), &refusal);
    let none = abi::NoLiveGrant { reader: WHO() };
    world.refuses(PATIENT, &reseal(WHO(), 1, &[2]), &none);
    world.refuses(PATIENT, &revoke(WHO(), no_rotation()), &none);
    assert!(!world.reads(WHO(), 0));
    // … and a grant makes it a reader, nothing more.
    world.wait(1);
    let epoch = world.keys(1)[0].0;
    world.done(PATIENT, &rotate(rotation(1, &[epoch])));
    world.done(PATIENT, &give(WHO(), epoch + 1, world.now() + 9));
    assert!(world.reads(WHO(), 0));
    world.refuses(WHO(), &rotate(rotation(1, &[epoch + 1])), &refusal);
    world.refuses(PATIENT, &reseal(WHO(), 0b10, &[2]), &none);
    assert_eq!(world.listed().len(), 128);
    assert_eq!(world.listed()[127], WHO());
}

#[test]
fn the_first_that_may_leave_makes_room() {
    let mut world = full();
    world.wait(DAY);
    rotate_all(&mut world);
    let later = START + 9 * DAY;
    for (number, newcomer) in [(0, OTHER), (1, STRANGER)] {
        world.done(PATIENT, &give(newcomer, 2, later));
        assert_eq!(world.listed()[number], newcomer);
    }
    // One that might leave but is granted anew keeps its place and its memory.
    world.done(PATIENT, &give(nth(2), 2, later));
    world.done(PATIENT, &give(HEIR, 2, later));
    assert_eq!(world.listed()[2..4], [nth(2), HEIR]);
    assert_eq!(world.info().holderCount, 128);
}

#[test]
fn a_delegates_place_is_taken_by_a_request_as_well() {
    let mut world = almost_full();
    world.done(PATIENT, &set_delegate(WHO(), 2, START + 50));
    world.wait(50);
    let id = world.done(SPECIALIST, &request(SPECIALIST));
    world.done(PATIENT, &approve(id, 1, &[1], START + DAY, 1));
    assert!(!world.listed().contains(&WHO()));
    assert_eq!(*world.listed().last().unwrap(), SPECIALIST);
}
