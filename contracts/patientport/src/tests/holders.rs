//! The list of holders: whoever may hold secrets or rights can be found in it (I2).

use super::*;

/// The account of a filler; none is one of the world's own.
pub(super) fn nth(number: u8) -> Address {
    let mut account = Address::repeat_byte(0x99);
    account.0[19] = number;
    account
}

/// Gives `reader` section 0, read.
pub(super) fn give(reader: Address, epoch: u32, expiry: u64) -> abi::grantCall {
    abi::grantCall {
        allowUnverified: true,
        ..grant(reader, 1, &[epoch], expiry, 1)
    }
}

/// 128 readers of section 0 until `START + DAY`.
pub(super) fn full() -> World {
    let mut world = World::claimed();
    for number in 0..128 {
        world.done(PATIENT, &give(nth(number), 1, START + DAY));
    }
    world
}

#[test]
fn the_list_grows_across_its_words() {
    let mut world = World::claimed();
    let mut expected = Vec::new();
    for number in 0..128_u8 {
        let holder = nth(number);
        // By all four ways into the list.
        match number % 4 {
            0 => {
                world.done(PATIENT, &give(holder, 1, START + DAY));
            }
            1 => {
                world.done(PATIENT, &set_delegate(holder, 1, START + DAY));
            }
            2 => {
                world.registry_answers(holder, Ok(true));
                world.done(PATIENT, &arm(holder, 1, 0, 1));
            }
            _ => {
                world.registry_answers(holder, Ok(true));
                let id = world.done(holder, &request(holder));
                let call = abi::approveCall {
                    reader: holder,
                    ..approve(id, 1, &[1], START + DAY, 1)
                };
                world.done(PATIENT, &call);
            }
        }
        expected.push(holder);
        assert_eq!(world.listed(), expected);
    }
    let info = world.info();
    assert_eq!((info.holderCount, info.requestCount), (128, 128));
    assert_eq!(info.nonce, 0, "the lane of the nonce is nobody's place");
}

#[test]
fn holders_are_listed_in_pages() {
    let mut world = World::granted();
    world.done(PATIENT, &give(OTHER, 1, START + DAY));
    world.done(PATIENT, &set_delegate(DELEGATE, 3, START + DAY));
    world.done(PATIENT, &arm(RESPONDER, 1, 0, 1));
    let all: Vec<_> = [SPECIALIST, OTHER, DELEGATE, RESPONDER]
        .map(|account| world.holder(account))
        .into();
    let mut page = |from, limit| world.view(&abi::holdersCall { from, limit });
    assert_eq!(page(0, 128), all);
    assert_eq!(page(0, u32::MAX), all);
    assert_eq!(page(1, 1), all[1..2]);
    assert_eq!(page(2, u32::MAX), all[2..]);
    assert_eq!(page(0, 0), []);
    assert_eq!(page(4, 128), []);
    assert_eq!(page(u32::MAX, u32::MAX), []);
}

#[test]
fn an_account_is_listed_once_whatever_it_becomes() {
    let mut world = World::granted();
    for _ in 0..2 {
        world.done(PATIENT, &set_delegate(SPECIALIST, 15, START + DAY));
        world.done(PATIENT, &arm(SPECIALIST, 1, 0, 1));
        let id = world.done(SPECIALIST, &request(SPECIALIST));
        world.done(PATIENT, &approve(id, 1, &[1], START + DAY, 1));
        world.done(PATIENT, &grant(SPECIALIST, 1, &[1], START + DAY, 1));
        assert_eq!(world.listed(), [SPECIALIST]);
    }
    let all = abi::requestsCall { from: 1, limit: 9 };
    let states: Vec<_> = world.view(&all).iter().map(|one| one.state).collect();
    assert_eq!(states, [6, 2, 2], "one entry, made by the first grant");
    world.done(PATIENT, &end_delegate(SPECIALIST, no_rotation()));
    world.done(PATIENT, &disarm(SPECIALIST));
    world.done(PATIENT, &revoke(SPECIALIST, no_rotation()));
    assert_eq!(world.listed(), [SPECIALIST]);
}

#[test]
fn who_is_delegate_responder_and_reader_is_all_of_them_whichever_came_first() {
    let named = |world: &mut World, what: u8| match what {
        0 => {
            world.done(PATIENT, &set_delegate(OTHER, 2, START + DAY));
        }
        1 => {
            world.done(PATIENT, &arm(OTHER, 0b10, 0, 10));
        }
        _ => {
            world.done(PATIENT, &give(OTHER, 1, START + DAY));
        }
    };
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let mut world = World::granted();
        for what in order {
            named(&mut world, what);
        }
        world.done(OTHER, &break_glass());
        assert!(world.reads(OTHER, 0) && world.reads(OTHER, 1), "{order:?}");
        world.done(OTHER, &revoke(SPECIALIST, no_rotation()));
    }
}

#[test]
fn the_recipient_of_a_referral_is_the_holder() {
    let mut world = World::claimed();
    let id = world.done(PRIMARY, &request(SPECIALIST));
    world.done(PATIENT, &approve(id, 1, &[1], START + DAY, 1));
    assert_eq!(world.listed(), [SPECIALIST]);
    assert_eq!(world.request_of(id).requester, PRIMARY);
}

#[test]
fn a_full_list_of_live_holders_takes_nobody() {
    let mut world = full();
    world.registry_answers(nth(0), Ok(true));
    let id = world.done(OTHER, &request(OTHER));
    let full = abi::TooManyHolders { max: 128 };
    let approved = abi::approveCall {
        reader: OTHER,
        ..approve(id, 1, &[1], START + DAY, 1)
    };
    let check = |world: &mut World| {
        world.refuses(PATIENT, &give(OTHER, 1, START + DAY), &full);
        world.refuses(PATIENT, &approved, &full);
        world.refuses(PATIENT, &set_delegate(DELEGATE, 1, START + DAY), &full);
        world.refuses(PATIENT, &arm(RESPONDER, 1, 0, 1), &full);
    };
    check(&mut world);
    assert_eq!(
        world.request_state(id),
        1,
        "the request can be answered later"
    );
    // A listed holder is no new one, whatever it becomes.
    world.done(PATIENT, &give(nth(7), 1, START + DAY));
    world.done(PATIENT, &set_delegate(nth(127), 1, START + DAY));
    world.done(PATIENT, &arm(nth(0), 1, 0, 1));
    check(&mut world);
    // To everybody else a full list is no obstacle.
    world.done(OTHER, &cancel(id));
    world.done(PATIENT, &rotate(rotation(1, &[1])));
    world.refuses(PATIENT, &give(OTHER, 2, START + DAY), &full);
}
