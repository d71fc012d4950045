//! Ownership moves in two steps, by the owner's word and its successor's (I8).

use super::*;

fn started(from: Address, to: Address) -> LogData {
    log(&abi::OwnershipTransferStarted {
        previousOwner: from,
        newOwner: to,
    })
}

fn owners(world: &mut World) -> (Address, Address) {
    let info = world.info();
    (info.owner, info.pendingOwner)
}

/// What only the owner may do, whatever it is for.
fn only_the_owners() -> Vec<Vec<u8>> {
    [
        transfer(STRANGER).abi_encode(),
        set_primary_care(OTHER).abi_encode(),
        set_encryption_key(no_rotation()).abi_encode(),
        rotate(rotation_of_nobody()).abi_encode(),
        reseal(SPECIALIST, 1, &[1]).abi_encode(),
        share(STRANGER, &[1]).abi_encode(),
        retract(1, 1).abi_encode(),
        supersede(1, 1).abi_encode(),
        publish(1, 0, 0).abi_encode(),
        add(5, 1).abi_encode(),
        deny(1, 1).abi_encode(),
        approve(1, 1, &[1], START + DAY, 1).abi_encode(),
        grant(OTHER, 1, &[1], START + DAY, 1).abi_encode(),
        revoke(SPECIALIST, no_rotation()).abi_encode(),
        block(OTHER, true).abi_encode(),
        set_delegate(DELEGATE, 15, START + DAY).abi_encode(),
        set_custodian(0, CUSTODIAN).abi_encode(),
        arm(RESPONDER, 1, 0, 1).abi_encode(),
        set_package(OTHER).abi_encode(),
        veto(OTHER).abi_encode(),
        abi::cancelSignaturesCall {}.abi_encode(),
    ]
    .into()
}

fn rotation_of_nobody() -> abi::Rotation {
    abi::Rotation {
        sealed_: Vec::new(),
        ..rotation(0b10, &[1])
    }
}

/// A port where each of [`only_the_owners`] can be done.
fn eventful() -> World {
    let mut world = World::claimed();
    world.done(SPECIALIST, &request(SPECIALIST));
    world.done(PRIMARY, &add(0, 1));
    world.done(PATIENT, &grant(SPECIALIST, 1, &[1], START + DAY, 1));
    world.done(PATIENT, &arm(OTHER, 1, 100, 100));
    world.done(OTHER, &break_glass());
    world
}

#[test]
fn a_transfer_is_started_and_accepted() {
    let mut world = World::granted();
    let before = world.info();
    world.emits(PATIENT, &transfer(HEIR), &[started(PATIENT, HEIR)]);
    assert_eq!(owners(&mut world), (PATIENT, HEIR));
    let moved = abi::OwnershipTransferred {
        previousOwner: PATIENT,
        newOwner: HEIR,
    };
    world.emits(HEIR, &accept(), &[log(&moved)]);
    let after = world.info();
    assert_eq!(
        after,
        abi::PortInfo {
            owner: HEIR,
            pendingOwner: Address::ZERO,
            historyHead: after.historyHead,
            ..before
        },
        "nothing else changes: the key, too, is still the old owner's"
    );
    assert!(world.reads(SPECIALIST, 0));
    world.refuses(HEIR, &accept(), &unauthorized(HEIR));
}

#[test]
fn nobody_but_the_named_account_accepts() {
    let mut world = World::delegated(15);
    // Before anything was started, zero is nobody's right.
    for caller in [PATIENT, HEIR, STRANGER] {
        world.refuses(caller, &accept(), &unauthorized(caller));
    }
    world.done(PATIENT, &transfer(HEIR));
    for caller in [PATIENT, DELEGATE, PRIMARY, REGISTRY, STRANGER] {
        world.refuses(caller, &accept(), &unauthorized(caller));
    }
}

#[test]
fn until_it_is_accepted_nothing_changes_hands() {
    let mut world = eventful();
    world.done(PATIENT, &transfer(HEIR));
    for call in only_the_owners() {
        let refusal = world.send(HEIR, call.clone()).unwrap_err();
        assert_eq!(refusal, unauthorized(HEIR).abi_encode());
        world.fork().send(PATIENT, call).unwrap();
    }
}

#[test]
fn the_old_owner_loses_everything_at_once_and_the_new_one_has_it() {
    let mut world = eventful();
    world.done(PATIENT, &transfer(HEIR));
    world.done(HEIR, &accept());
    for call in only_the_owners() {
        let refusal = world.send(PATIENT, call.clone()).unwrap_err();
        assert_eq!(refusal, unauthorized(PATIENT).abi_encode());
        world.fork().send(HEIR, call).unwrap();
    }
    // No secret is sent to the old one, and none refused to the new one.
    let refusal = abi::NoLiveGrant { reader: PATIENT };
    world.refuses(HEIR, &rotate(rotation(1, &[1])), &refusal);
    world.refuses(HEIR, &reseal(PATIENT, 1, &[1]), &refusal);
    world.done(HEIR, &reseal(HEIR, 1, &[1]));
    world.refuses(
        HEIR,
        &grant(HEIR, 1, &[1], START + DAY, 1),
        &abi::InvalidReader { reader: HEIR },
    );
    world.done(PRIMARY, &request(SPECIALIST));
    world.refuses(
        SPECIALIST,
        &request(HEIR),
        &abi::InvalidReader { reader: HEIR },
    );
    world.refuses(PATIENT, &claim(no_rotation()), &abi::AlreadyClaimed {});
    // To the port, the old owner is anybody: it can be a reader.
    let anyway = abi::grantCall {
        allowUnverified: true,
        ..grant(PATIENT, 1, &[1], START + DAY, 1)
    };
    world.done(HEIR, &anyway);
}

#[test]
fn a_transfer_can_be_called_off_or_turned_to_another() {
    let mut world = World::claimed();
    world.emits(PATIENT, &transfer(Address::ZERO), &[]);
    world.done(PATIENT, &transfer(HEIR));
    world.emits(PATIENT, &transfer(HEIR), &[]);
    let off = [started(PATIENT, Address::ZERO)];
    world.emits(PATIENT, &transfer(Address::ZERO), &off);
    assert_eq!(owners(&mut world), (PATIENT, Address::ZERO));
    world.refuses(HEIR, &accept(), &unauthorized(HEIR));
    world.done(PATIENT, &transfer(HEIR));
    world.emits(PATIENT, &transfer(OTHER), &[started(PATIENT, OTHER)]);
    world.refuses(HEIR, &accept(), &unauthorized(HEIR));
    world.done(OTHER, &accept());
    assert_eq!(owners(&mut world), (OTHER, Address::ZERO));
}

#[test]
fn the_owner_is_no_heir_of_itself() {
    let mut world = World::claimed();
    let refusal = abi::InvalidAddress { account: PATIENT };
    world.refuses(PATIENT, &transfer(PATIENT), &refusal);
    world.done(PATIENT, &transfer(HEIR));
    world.refuses(PATIENT, &transfer(PATIENT), &refusal);
    assert_eq!(owners(&mut world), (PATIENT, HEIR));
}

#[test]
fn ownership_comes_back_the_same_way() {
    let mut world = World::claimed();
    world.done(PATIENT, &transfer(HEIR));
    world.done(HEIR, &accept());
    world.refuses(PATIENT, &accept(), &unauthorized(PATIENT));
    world.done(HEIR, &transfer(PATIENT));
    world.done(PATIENT, &accept());
    assert_eq!(owners(&mut world), (PATIENT, Address::ZERO));
}

#[test]
fn a_new_owner_can_end_what_it_was_before() {
    let mut world = World::armed();
    for heir in [DELEGATE, SPECIALIST, RESPONDER] {
        world.done(PATIENT, &set_delegate(heir, 15, START + DAY));
        let mut world = world.fork();
        world.done(PATIENT, &transfer(heir));
        world.done(heir, &accept());
        // As its owner it names nobody itself …
        let refusal = abi::InvalidAddress { account: heir };
        world.refuses(heir, &set_delegate(heir, 15, START + DAY), &refusal);
        world.refuses(heir, &arm(heir, 1, 0, 1), &refusal);
        // … but nothing of what it was survives its ownership against its will.
        world.done(heir, &end_delegate(heir, no_rotation()));
        if heir == SPECIALIST {
            world.done(heir, &revoke(heir, no_rotation()));
        }
        if heir == RESPONDER {
            world.done(heir, &disarm(heir));
        }
        world.done(heir, &transfer(PATIENT));
        world.done(PATIENT, &accept());
        let refusal = unauthorized(heir);
        world.refuses(heir, &revoke(OTHER, no_rotation()), &refusal);
        assert!(!world.reads(heir, 0));
    }
}
