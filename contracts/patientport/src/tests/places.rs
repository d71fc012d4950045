//! The full list of readers: whose place a new one takes.

use super::{
    grants::{access, revoke},
    *,
};

const FULL: abi::TooManyReaders = abi::TooManyReaders { max: 128 };

fn nth_reader(number: u8) -> Address {
    let mut account = Address::repeat_byte(0x99);
    account.0[19] = number;
    account
}

fn give(reader: Address, epoch: u32, expiry: u64) -> abi::grantCall {
    abi::grantCall {
        allowUnverified: true,
        ..grant(reader, 1, &[epoch], expiry, 1)
    }
}

fn rotate(epoch: u32) -> abi::rotateCall {
    abi::rotateCall {
        rotation: rotation(1, &[epoch]),
    }
}

/// 128 readers of section 0 until `START + DAY`.
fn full() -> World {
    let mut world = World::claimed();
    for number in 0..128 {
        world
            .call(PATIENT, &give(nth_reader(number), 1, START + DAY))
            .unwrap();
    }
    world.logs();
    world
}

#[test]
fn a_full_list_takes_a_new_reader_only_for_one_who_holds_no_current_key() {
    let mut world = full();
    world.refuses(PATIENT, &give(OTHER, 1, START + DAY), &FULL);
    // A listed reader is no new one.
    world
        .call(PATIENT, &give(nth_reader(7), 1, START + DAY))
        .unwrap();
    world.wait(10);
    // Revoked without rotation: it still holds the current key and must stay findable.
    world
        .call(PATIENT, &revoke(nth_reader(100), no_rotation()))
        .unwrap();
    world.logs();
    world.refuses(PATIENT, &give(OTHER, 1, START + DAY), &FULL);
    world.wait(10);
    world.call(PATIENT, &rotate(1)).unwrap();
    world.call(PATIENT, &give(OTHER, 2, START + DAY)).unwrap();
    let page = world
        .call(
            STRANGER,
            &abi::readersCall {
                from: 100,
                limit: 1,
            },
        )
        .unwrap();
    assert_eq!((page[0].reader, page[0].state), (OTHER, 1));
    assert_eq!(access(&mut world, nth_reader(100)), (0, 0, 0, 0, 0, 0));
    assert_eq!(
        world.call(STRANGER, &abi::infoCall {}).unwrap().readerCount,
        128
    );
    // Expired ones give way too, once rotated.
    world.wait(2 * DAY);
    world.logs();
    world.refuses(PATIENT, &give(STRANGER, 2, START + 9 * DAY), &FULL);
    world.call(PATIENT, &rotate(2)).unwrap();
    world
        .call(PATIENT, &give(STRANGER, 3, START + 9 * DAY))
        .unwrap();
    let page = world
        .call(STRANGER, &abi::readersCall { from: 0, limit: 1 })
        .unwrap();
    assert_eq!(page[0].reader, STRANGER);
}

#[test]
fn a_rotation_in_the_revoking_call_frees_the_place_at_once() {
    let mut world = full();
    world.wait(10);
    world
        .call(PATIENT, &revoke(nth_reader(9), rotation(1, &[1])))
        .unwrap();
    world.call(PATIENT, &give(OTHER, 2, START + DAY)).unwrap();
    assert_eq!(access(&mut world, nth_reader(9)), (0, 0, 0, 0, 0, 0));
}

#[test]
fn a_rotation_earlier_in_the_second_of_a_revocation_frees_nothing() {
    let mut world = full();
    world.wait(10);
    let mut early = rotate(1);
    early
        .rotation
        .sealed_
        .push(sealed(nth_reader(9), b"secrets"));
    world.call(PATIENT, &early).unwrap();
    world
        .call(PATIENT, &revoke(nth_reader(9), no_rotation()))
        .unwrap();
    world.logs();
    // It was sent the current key, and can be found.
    world.refuses(PATIENT, &give(OTHER, 2, START + DAY), &FULL);
    assert_eq!(access(&mut world, nth_reader(9)).1, 1);
    world.wait(1);
    world.call(PATIENT, &rotate(2)).unwrap();
    world.call(PATIENT, &give(OTHER, 3, START + DAY)).unwrap();
}

#[test]
fn a_rotation_in_the_second_of_an_expiry_frees_the_place() {
    let mut world = full();
    world.wait(DAY);
    world.refuses(PATIENT, &give(OTHER, 1, START + 2 * DAY), &FULL);
    world.call(PATIENT, &rotate(1)).unwrap();
    world
        .call(PATIENT, &give(OTHER, 2, START + 2 * DAY))
        .unwrap();
}
