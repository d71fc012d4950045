//! The constructor, ownership, attesters, the implementation of ports.

use super::*;

fn not_owner(account: Address) -> abi::OwnableUnauthorizedAccount {
    abi::OwnableUnauthorizedAccount { account }
}

#[test]
fn the_constructor_names_the_owner_once() {
    let mut world = World::empty();
    let zero = world.construct(Address::ZERO).unwrap_err();
    assert_eq!(
        zero,
        abi::OwnableInvalidOwner {
            owner: Address::ZERO
        }
        .abi_encode()
    );
    world.construct(OWNER).unwrap();
    assert_eq!(
        world.logs(),
        [log(&abi::OwnershipTransferred {
            previousOwner: Address::ZERO,
            newOwner: OWNER
        })]
    );
    assert_eq!(world.call(STRANGER, &abi::ownerCall {}).unwrap(), OWNER);
    assert_eq!(
        world.construct(STRANGER).unwrap_err(),
        not_owner(STRANGER).abi_encode()
    );
}

#[test]
fn ownership_moves_in_two_steps() {
    let mut world = World::open();
    let transfer = |to| abi::transferOwnershipCall { newOwner: to };
    world.refuses(STRANGER, &transfer(STRANGER), &not_owner(STRANGER));
    world.refuses(
        OWNER,
        &transfer(Address::ZERO),
        &abi::OwnableInvalidOwner {
            owner: Address::ZERO,
        },
    );
    world.refuses(OWNER, &abi::acceptOwnershipCall {}, &not_owner(OWNER));
    world.call(OWNER, &transfer(LAB)).unwrap();
    assert_eq!(
        world.logs(),
        [log(&abi::OwnershipTransferStarted {
            previousOwner: OWNER,
            newOwner: LAB
        })]
    );
    assert_eq!(
        world.call(STRANGER, &abi::pendingOwnerCall {}).unwrap(),
        LAB
    );
    assert_eq!(world.call(STRANGER, &abi::ownerCall {}).unwrap(), OWNER);
    world.refuses(STRANGER, &abi::acceptOwnershipCall {}, &not_owner(STRANGER));
    world.call(LAB, &abi::acceptOwnershipCall {}).unwrap();
    assert_eq!(
        world.logs(),
        [log(&abi::OwnershipTransferred {
            previousOwner: OWNER,
            newOwner: LAB
        })]
    );
    assert_eq!(world.call(STRANGER, &abi::ownerCall {}).unwrap(), LAB);
    assert_eq!(
        world.call(STRANGER, &abi::pendingOwnerCall {}).unwrap(),
        Address::ZERO
    );
    world.refuses(LAB, &abi::acceptOwnershipCall {}, &not_owner(LAB));
    world.refuses(OWNER, &transfer(OWNER), &not_owner(OWNER));
}

#[test]
fn the_owner_names_attesters() {
    let mut world = World::open();
    let is = |world: &mut World, account| {
        world
            .call(STRANGER, &abi::isAttesterCall { account })
            .unwrap()
    };
    assert!(is(&mut world, ATTESTER));
    assert!(!is(&mut world, LAB));
    world.refuses(
        ATTESTER,
        &abi::addAttesterCall { attester: LAB },
        &not_owner(ATTESTER),
    );
    world.refuses(
        STRANGER,
        &abi::removeAttesterCall { attester: ATTESTER },
        &not_owner(STRANGER),
    );
    world
        .call(OWNER, &abi::addAttesterCall { attester: ATTESTER })
        .unwrap();
    assert_eq!(world.logs(), []);
    world
        .call(OWNER, &abi::addAttesterCall { attester: LAB })
        .unwrap();
    assert_eq!(world.logs(), [log(&abi::AttesterAdded { attester: LAB })]);
    world
        .call(OWNER, &abi::removeAttesterCall { attester: ATTESTER })
        .unwrap();
    assert_eq!(
        world.logs(),
        [log(&abi::AttesterRemoved { attester: ATTESTER })]
    );
    world
        .call(OWNER, &abi::removeAttesterCall { attester: ATTESTER })
        .unwrap();
    assert_eq!(world.logs(), []);
    assert!(!is(&mut world, ATTESTER));
    assert!(is(&mut world, LAB));
}

#[test]
fn the_owner_sets_the_implementation() {
    let mut world = World::open();
    let set = abi::setPortImplementationCall {
        implementation: IMPLEMENTATION,
    };
    world.refuses(
        OWNER,
        &set,
        &abi::NotAContract {
            account: IMPLEMENTATION,
        },
    );
    world
        .vm
        .set_code(IMPLEMENTATION, [0xef, 0xf0, 0, 0, 1].into());
    world.refuses(ATTESTER, &set, &not_owner(ATTESTER));
    world.call(OWNER, &set).unwrap();
    let code_hash = keccak256([0xef, 0xf0, 0, 0, 1]);
    assert_eq!(
        world.logs(),
        [log(&abi::PortImplementationSet {
            implementation: IMPLEMENTATION,
            codeHash: code_hash
        })]
    );
    assert_eq!(
        world
            .call(STRANGER, &abi::portImplementationCall {})
            .unwrap(),
        IMPLEMENTATION
    );
}
