//! Keys that cannot be any.

use alloy_primitives::{Address, B256, b256};
use patientport_abi::IPatientPort as abi;

use crate::world::{DAY, World, account, calls};

const PRIME: B256 = b256!("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
const BELOW_PRIME: B256 = b256!("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e");
const ONES: B256 = B256::repeat_byte(0xff);
/// Keys that are none, x and parity.
const IMPOSSIBLE: [(B256, u8); 6] = [
    (B256::ZERO, 0),
    (B256::ZERO, 1),
    (PRIME, 0),
    (ONES, 1),
    (BELOW_PRIME, 2),
    (BELOW_PRIME, 255),
];

fn with_first_key(sections: u64, epoch: u32, x: B256) -> abi::Rotation {
    let mut rotation = calls::rotation(sections, epoch);
    rotation.keys[0] = x;
    rotation
}

#[test]
fn keys_that_cannot_be_points_are_refused_everywhere() {
    let world = World::new();
    let port = world.claimed_port();
    let unclaimed = world.issue_to(account("patient"));
    let until = world.chain.now() + DAY;
    for (x, parity) in IMPOSSIBLE {
        let invalid = abi::InvalidKey { x, parity };
        let claim = abi::claimCall {
            keyX: x,
            keyParity: parity,
            ..calls::claim()
        };
        world.refused("patient", unclaimed, &claim, &invalid);
        let key = abi::setEncryptionKeyCall {
            keyX: x,
            keyParity: parity,
            rotation: calls::rotation(0, 0),
        };
        world.refused("patient", port, &key, &invalid);
        let delegate = abi::setDelegateCall {
            keyX: x,
            keyParity: parity,
            ..calls::delegate("carer", 15, until)
        };
        world.refused("patient", port, &delegate, &invalid);
        let custodian = abi::setCustodianCall {
            keyX: x,
            keyParity: parity,
            ..calls::custodian(0, "carer")
        };
        world.refused("patient", port, &custodian, &invalid);
        if parity > 1 {
            continue;
        }
        // In a rotation the parity is a bit.
        let mut rotation = with_first_key(1, 1, x);
        rotation.parities = parity.into();
        world.refused("patient", port, &abi::rotateCall { rotation }, &invalid);
        let mut rotation = with_first_key(1, 0, x);
        rotation.parities = parity.into();
        let claim = abi::claimCall {
            rotation,
            ..calls::claim()
        };
        world.refused("patient", unclaimed, &claim, &invalid);
    }
    assert!(!world.chain.view(unclaimed, &abi::infoCall {}).claimed);
}

#[test]
fn the_last_key_below_the_field_prime_is_taken() {
    let world = World::new();
    let port = world.claimed_port();
    let rotation = with_first_key(1, 1, BELOW_PRIME);
    world.done("patient", port, &abi::rotateCall { rotation });
    let keys = world
        .chain
        .view(port, &abi::sectionKeysCall { sections: 1 });
    assert_eq!((keys[0].keyX, keys[0].keyParity), (BELOW_PRIME, 0));
}

#[test]
fn where_there_is_nobody_there_is_no_key() {
    let world = World::new();
    let port = world.claimed_port();
    world.done("patient", port, &calls::custodian(0, "carer"));
    let nobody = |x, parity| abi::setCustodianCall {
        index: 0,
        account: Address::ZERO,
        keyX: x,
        keyParity: parity,
    };
    let x = calls::key("carer");
    for (x, parity) in [(x, 0), (B256::ZERO, 1)] {
        world.refused(
            "patient",
            port,
            &nobody(x, parity),
            &abi::InvalidKey { x, parity },
        );
    }
    world.done("patient", port, &nobody(B256::ZERO, 0));
    // A parity bit of a section that is not rotated.
    let mut rotation = calls::rotation(1, 1);
    rotation.parities = 0b11;
    let stray = abi::InvalidSections { sections: 0b11 };
    world.refused("patient", port, &abi::rotateCall { rotation }, &stray);
}

#[test]
fn a_registry_takes_no_impossible_key_either() {
    use patientport_abi::IRegistry;
    let world = World::new();
    for (x, parity) in IMPOSSIBLE {
        let call = IRegistry::setEncryptionKeyCall {
            keyX: x,
            keyParity: parity,
        };
        world.refused(
            "primary",
            world.registry,
            &call,
            &IRegistry::InvalidKey { x, parity },
        );
    }
}
