//! Custodians, what they release, and the packages.

use super::*;

fn custodian(account: Address) -> abi::Custodian {
    abi::Custodian {
        account,
        keyX: key(0xcd),
        keyParity: 1,
    }
}

fn none() -> abi::Custodian {
    abi::Custodian {
        account: Address::ZERO,
        keyX: B256::ZERO,
        keyParity: 0,
    }
}

fn open_window() -> World {
    let mut world = World::armed();
    world.done(RESPONDER, &break_glass());
    world.wait(3600);
    world
}

#[test]
fn there_are_three_places_for_custodians() {
    let mut world = World::claimed();
    assert_eq!(
        world.view(&abi::custodiansCall {}),
        [none(), none(), none()]
    );
    for (index, account) in [(2, CUSTODIAN), (0, OTHER)] {
        let set = abi::CustodianSet {
            index,
            account,
            keyX: key(0xcd),
            keyParity: 1,
        };
        world.emits(PATIENT, &set_custodian(index, account), &[log(&set)]);
    }
    assert_eq!(
        world.view(&abi::custodiansCall {}),
        [custodian(OTHER), none(), custodian(CUSTODIAN)]
    );
    let even = abi::setCustodianCall {
        keyX: key(0xce),
        keyParity: 0,
        ..set_custodian(2, STRANGER)
    };
    world.done(PATIENT, &even);
    let set = abi::CustodianSet {
        index: 0,
        account: Address::ZERO,
        keyX: B256::ZERO,
        keyParity: 0,
    };
    world.emits(PATIENT, &no_custodian(0), &[log(&set)]);
    let replaced = abi::Custodian {
        account: STRANGER,
        keyX: key(0xce),
        keyParity: 0,
    };
    assert_eq!(
        world.view(&abi::custodiansCall {}),
        [none(), none(), replaced]
    );
    assert_eq!(world.asked(), [], "a custodian is no provider");
    assert!(world.listed().is_empty(), "and holds no key of a section");
}

#[test]
fn a_custodian_has_a_place_and_a_key() {
    let mut world = World::claimed();
    for index in [3, 255] {
        let refusal = abi::InvalidCustodian { index };
        world.refuses(PATIENT, &set_custodian(index, CUSTODIAN), &refusal);
        world.refuses(PATIENT, &no_custodian(index), &refusal);
    }
    for (account, x, parity) in [
        (CUSTODIAN, B256::ZERO, 0),
        (CUSTODIAN, key(1), 2),
        (CUSTODIAN, B256::repeat_byte(0xff), 0),
        (Address::ZERO, key(1), 0),
        (Address::ZERO, B256::ZERO, 1),
    ] {
        let call = abi::setCustodianCall {
            index: 0,
            account,
            keyX: x,
            keyParity: parity,
        };
        world.refuses(PATIENT, &call, &abi::InvalidKey { x, parity });
    }
}

#[test]
fn any_one_custodian_releases_as_often_as_it_likes() {
    let mut world = open_window();
    world.done(PATIENT, &set_custodian(1, OTHER));
    world.done(PATIENT, &set_custodian(2, STRANGER));
    for account in [CUSTODIAN, OTHER, STRANGER, CUSTODIAN] {
        let released = abi::EmergencyReleased {
            responder: RESPONDER,
            custodian: account,
            message: Bytes::from_static(b"inner layer"),
        };
        world.emits(account, &release(RESPONDER), &[log(&released)]);
    }
}

#[test]
fn nobody_else_releases() {
    let mut world = open_window();
    world.done(PATIENT, &set_delegate(DELEGATE, 15, START + DAY));
    for caller in [PATIENT, DELEGATE, RESPONDER, SPECIALIST, PRIMARY, STRANGER] {
        world.refuses(caller, &release(RESPONDER), &unauthorized(caller));
    }
    // One that was replaced or removed is one of these.
    world.done(PATIENT, &set_custodian(0, OTHER));
    world.refuses(CUSTODIAN, &release(RESPONDER), &unauthorized(CUSTODIAN));
    world.done(PATIENT, &no_custodian(0));
    world.refuses(OTHER, &release(RESPONDER), &unauthorized(OTHER));
}

#[test]
fn a_release_carries_a_message() {
    let mut world = open_window();
    for length in [0, 8193] {
        let call = abi::releaseCall {
            responder: RESPONDER,
            message: alloc::vec![1; length].into(),
        };
        let refusal = abi::InvalidMessageLength {
            given: length as u32,
            max: 8192,
        };
        world.refuses(CUSTODIAN, &call, &refusal);
    }
    let longest = abi::releaseCall {
        responder: RESPONDER,
        message: alloc::vec![1; 8192].into(),
    };
    world.done(CUSTODIAN, &longest);
}

#[test]
fn a_package_is_renewed_in_every_state_and_changes_none() {
    let mut world = World::armed();
    let renew = |world: &mut World| {
        let before = world.responder(RESPONDER);
        let set = abi::EmergencyPackageSet {
            responder: RESPONDER,
            by: PATIENT,
            package: key(0xb1),
        };
        world.emits(PATIENT, &set_package(RESPONDER), &[log(&set)]);
        let after = abi::Responder {
            package: key(0xb1),
            ..before
        };
        assert_eq!(world.responder(RESPONDER), after);
    };
    renew(&mut world.fork());
    world.done(RESPONDER, &break_glass());
    renew(&mut world.fork());
    let mut vetoed = world.fork();
    vetoed.done(PATIENT, &veto(RESPONDER));
    renew(&mut vetoed);
    world.wait(3600);
    renew(&mut world.fork());
    world.wait(DAY);
    renew(&mut world);
    // There may be none for the moment.
    let without = abi::setPackageCall {
        package: B256::ZERO,
        ..set_package(RESPONDER)
    };
    world.done(PATIENT, &without);
    assert_eq!(world.responder(RESPONDER).package, B256::ZERO);
}
