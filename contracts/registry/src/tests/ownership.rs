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
fn a_started_transfer_can_be_called_off_or_changed() {
    let mut world = World::open();
    let transfer = |to| abi::transferOwnershipCall { newOwner: to };
    let started = |to| {
        log(&abi::OwnershipTransferStarted {
            previousOwner: OWNER,
            newOwner: to,
        })
    };
    // Nothing to call off.
    world.call(OWNER, &transfer(Address::ZERO)).unwrap();
    assert_eq!(world.logs(), []);
    world.call(OWNER, &transfer(LAB)).unwrap();
    assert_eq!(world.logs(), [started(LAB)]);
    world.call(OWNER, &transfer(LAB)).unwrap();
    assert_eq!(world.logs(), []);
    world.call(OWNER, &transfer(CLINIC)).unwrap();
    assert_eq!(world.logs(), [started(CLINIC)]);
    world.refuses(LAB, &abi::acceptOwnershipCall {}, &not_owner(LAB));
    world.call(OWNER, &transfer(Address::ZERO)).unwrap();
    assert_eq!(world.logs(), [started(Address::ZERO)]);
    world.refuses(CLINIC, &abi::acceptOwnershipCall {}, &not_owner(CLINIC));
    assert_eq!(
        world.call(STRANGER, &abi::pendingOwnerCall {}).unwrap(),
        Address::ZERO
    );
    assert_eq!(world.call(STRANGER, &abi::ownerCall {}).unwrap(), OWNER);
}

#[test]
fn the_registry_always_has_an_owner() {
    let mut world = World::open();
    // Nobody is pending; the zero address, as which calls can be simulated, is nobody.
    world.refuses(
        Address::ZERO,
        &abi::acceptOwnershipCall {},
        &abi::OwnableInvalidOwner {
            owner: Address::ZERO,
        },
    );
    // A handover to oneself ends the transfer.
    world
        .call(OWNER, &abi::transferOwnershipCall { newOwner: OWNER })
        .unwrap();
    world.call(OWNER, &abi::acceptOwnershipCall {}).unwrap();
    assert_eq!(world.call(STRANGER, &abi::ownerCall {}).unwrap(), OWNER);
    assert_eq!(
        world.call(STRANGER, &abi::pendingOwnerCall {}).unwrap(),
        Address::ZERO
    );
}

#[test]
fn a_new_owner_keeps_the_attesters() {
    let mut world = World::open();
    world
        .call(OWNER, &abi::transferOwnershipCall { newOwner: LAB })
        .unwrap();
    world.call(LAB, &abi::acceptOwnershipCall {}).unwrap();
    world.logs();
    let add = |attester| abi::addAttesterCall { attester };
    world.refuses(OWNER, &add(STRANGER), &not_owner(OWNER));
    world.call(LAB, &add(STRANGER)).unwrap();
    assert_eq!(
        listed(&mut world, 0, 100),
        [(ATTESTER, true), (STRANGER, true)]
    );
}

fn listed(world: &mut World, from: u32, limit: u32) -> Vec<(Address, bool)> {
    world
        .call(STRANGER, &abi::attestersCall { from, limit })
        .unwrap()
        .iter()
        .map(|one| (one.account, one.active))
        .collect()
}

#[test]
fn attesters_are_listed_with_those_removed() {
    let mut world = World::open();
    let nth = |number: u8| Address::repeat_byte(number.wrapping_add(0x60));
    for number in 0..102 {
        world
            .call(
                OWNER,
                &abi::addAttesterCall {
                    attester: nth(number),
                },
            )
            .unwrap();
    }
    world
        .call(OWNER, &abi::removeAttesterCall { attester: ATTESTER })
        .unwrap();
    assert_eq!(
        listed(&mut world, 0, 2),
        [(ATTESTER, false), (nth(0), true)]
    );
    assert_eq!(listed(&mut world, 0, u32::MAX).len(), 100);
    assert_eq!(
        listed(&mut world, 100, 100),
        [(nth(99), true), (nth(100), true), (nth(101), true)]
    );
    assert!(listed(&mut world, 0, 0).is_empty());
    assert!(listed(&mut world, 103, 1).is_empty());
    assert!(listed(&mut world, u32::MAX, u32::MAX).is_empty());
}

#[test]
fn an_attester_added_again_has_its_place_back() {
    let mut world = World::attested();
    let (add, remove) = (
        abi::addAttesterCall { attester: ATTESTER },
        abi::removeAttesterCall { attester: ATTESTER },
    );
    world
        .call(OWNER, &abi::addAttesterCall { attester: STRANGER })
        .unwrap();
    world.call(OWNER, &remove).unwrap();
    world.logs();
    world.call(OWNER, &add).unwrap();
    assert_eq!(
        world.logs(),
        [log(&abi::AttesterAdded { attester: ATTESTER })]
    );
    assert_eq!(
        listed(&mut world, 0, 100),
        [(ATTESTER, true), (STRANGER, true)]
    );
    world.call(ATTESTER, &attest(LAB, 0)).unwrap();
    let one = world
        .call(STRANGER, &abi::providerCall { account: LAB })
        .unwrap();
    assert_eq!(one.attester, ATTESTER);
}

#[test]
fn there_is_an_end_to_new_attesters() {
    let mut world = World::open();
    let mut header = world.word(0, &[0]);
    header.0[20..22].copy_from_slice(&(u16::MAX - 1).to_be_bytes());
    world.vm.set_storage(slot(0, &[0]), header);
    let add = |attester| abi::addAttesterCall { attester };
    world.call(OWNER, &add(LAB)).unwrap();
    world.logs();
    assert_eq!(listed(&mut world, 65_534, 100), [(LAB, true)]);
    world.refuses(OWNER, &add(STRANGER), &abi::TooManyAttesters {});
    // Who has been one can be one again.
    world
        .call(OWNER, &abi::removeAttesterCall { attester: ATTESTER })
        .unwrap();
    world.call(OWNER, &add(ATTESTER)).unwrap();
    assert_eq!(world.call(STRANGER, &abi::ownerCall {}).unwrap(), OWNER);
}

#[test]
fn nobody_is_no_attester() {
    let mut world = World::open();
    let attester = Address::ZERO;
    world.refuses(
        OWNER,
        &abi::addAttesterCall { attester },
        &abi::InvalidAttester { attester },
    );
    world
        .call(OWNER, &abi::removeAttesterCall { attester })
        .unwrap();
    assert_eq!(world.logs(), []);
    world.refuses(
        attester,
        &attest(CLINIC, 0),
        &abi::UnauthorizedAttester { account: attester },
    );
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
    world.call(OWNER, &set).unwrap();
    assert_eq!(world.logs(), []);
}
