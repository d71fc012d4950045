//! Construction, initialisation, claim, and who may do what.

use super::*;

const CONSTRUCTOR: [u8; 4] = [0x55, 0x85, 0x25, 0x8d];

#[test]
fn the_constructor_locks_the_implementation() {
    let mut world = World::empty();
    world.send(STRANGER, CONSTRUCTOR.to_vec()).unwrap();
    let initialize = abi::initializeCall {
        issuer: PRIMARY,
        patient: PATIENT,
    };
    world.refuses(REGISTRY, &initialize, &abi::AlreadyInitialized {});
    let again = world.send(STRANGER, CONSTRUCTOR.to_vec()).unwrap_err();
    assert_eq!(again, abi::AlreadyInitialized {}.abi_encode());
    let claim = abi::claimCall {
        keyX: key(1),
        keyParity: 0,
        rotation: no_rotation(),
    };
    world.refuses(STRANGER, &claim, &unauthorized(STRANGER));
    world.refuses(STRANGER, &request(SPECIALIST), &abi::NotClaimed {});
}

#[test]
fn initialising_names_the_parties_once() {
    let mut world = World::empty();
    let initialize = abi::initializeCall {
        issuer: PRIMARY,
        patient: PATIENT,
    };
    world.call(REGISTRY, &initialize).unwrap();
    assert_eq!(
        world.logs(),
        [log(&abi::Initialized {
            registry: REGISTRY,
            issuer: PRIMARY,
            patient: PATIENT
        })]
    );
    world.refuses(STRANGER, &initialize, &abi::AlreadyInitialized {});
    let again = world.send(STRANGER, CONSTRUCTOR.to_vec()).unwrap_err();
    assert_eq!(again, abi::AlreadyInitialized {}.abi_encode());
    let info = world.call(STRANGER, &abi::infoCall {}).unwrap();
    assert_eq!(
        (info.owner, info.registry, info.primaryCare),
        (PATIENT, REGISTRY, PRIMARY)
    );
    assert!(!info.claimed);
}

#[test]
fn parties_are_not_zero() {
    let mut world = World::empty();
    let zero = abi::InvalidAddress {
        account: Address::ZERO,
    };
    world.refuses(
        REGISTRY,
        &abi::initializeCall {
            issuer: Address::ZERO,
            patient: PATIENT,
        },
        &zero,
    );
    world.refuses(
        REGISTRY,
        &abi::initializeCall {
            issuer: PRIMARY,
            patient: Address::ZERO,
        },
        &zero,
    );
}

#[test]
fn the_patient_claims_once() {
    let mut world = World::issued();
    let claim = |parity| abi::claimCall {
        keyX: key(9),
        keyParity: parity,
        rotation: rotation(0b101, &[0, 0]),
    };
    world.refuses(PRIMARY, &claim(0), &unauthorized(PRIMARY));
    world.refuses(
        PATIENT,
        &claim(2),
        &abi::InvalidKey {
            x: key(9),
            parity: 2,
        },
    );
    world.call(PATIENT, &claim(1)).unwrap();
    let logs = world.logs();
    assert_eq!(logs.len(), 3);
    assert_eq!(
        logs[0],
        log(&abi::Claimed {
            patient: PATIENT,
            keyX: key(9),
            keyParity: 1
        })
    );
    world.refuses(PATIENT, &claim(1), &abi::AlreadyClaimed {});

    let info = world.call(STRANGER, &abi::infoCall {}).unwrap();
    assert!(info.claimed);
    assert_eq!((info.keyX, info.keyParity), (key(9), 1));
    assert_eq!(
        (info.recordCount, info.requestCount, info.readerCount),
        (0, 0, 0)
    );
}

#[test]
fn a_port_may_be_claimed_without_sections() {
    let mut world = World::issued();
    let claim = abi::claimCall {
        keyX: key(9),
        keyParity: 0,
        rotation: no_rotation(),
    };
    world.call(PATIENT, &claim).unwrap();
    assert_eq!(world.logs().len(), 1);
    assert_eq!(
        world.call(STRANGER, &abi::infoCall {}).unwrap().keyParity,
        0
    );
}

#[test]
fn nothing_is_asked_of_an_unclaimed_port() {
    let mut world = World::issued();
    world.registry_answers(SPECIALIST, Ok(true));
    let refusal = abi::NotClaimed {};
    world.refuses(
        PRIMARY,
        &abi::addCall {
            commitment: key(1),
            section: 0,
            epoch: 1,
        },
        &refusal,
    );
    world.refuses(
        PATIENT,
        &abi::retractCall {
            recordId: 1,
            reason: 1,
        },
        &refusal,
    );
    world.refuses(SPECIALIST, &request(SPECIALIST), &refusal);
    world.refuses(SPECIALIST, &abi::cancelCall { requestId: 1 }, &refusal);
    world.refuses(
        PATIENT,
        &abi::denyCall {
            requestId: 1,
            reason: 1,
            message: Bytes::new(),
        },
        &refusal,
    );
    world.refuses(PATIENT, &approve(1, 1, &[1], START + DAY, 1), &refusal);
    world.refuses(
        PATIENT,
        &grant(SPECIALIST, 1, &[1], START + DAY, 1),
        &refusal,
    );
    world.refuses(
        PATIENT,
        &abi::revokeCall {
            reader: OTHER,
            reason: 0,
            rotation: no_rotation(),
        },
        &refusal,
    );
    world.refuses(
        PATIENT,
        &abi::rotateCall {
            rotation: rotation(1, &[0]),
        },
        &refusal,
    );
    world.refuses(
        PATIENT,
        &abi::resealCall {
            sections: 1,
            epochs: [1].into(),
            sealed_: Vec::new(),
        },
        &refusal,
    );
}

#[test]
fn only_the_patient_governs() {
    let mut world = World::granted();
    world.call(SPECIALIST, &request(SPECIALIST)).unwrap();
    world.logs();
    for caller in [STRANGER, PRIMARY, SPECIALIST, REGISTRY] {
        let refusal = unauthorized(caller);
        world.refuses(
            caller,
            &abi::denyCall {
                requestId: 1,
                reason: 1,
                message: Bytes::new(),
            },
            &refusal,
        );
        world.refuses(caller, &approve(1, 1, &[1], START + DAY, 1), &refusal);
        world.refuses(caller, &grant(OTHER, 1, &[1], START + DAY, 1), &refusal);
        world.refuses(
            caller,
            &abi::revokeCall {
                reader: SPECIALIST,
                reason: 0,
                rotation: no_rotation(),
            },
            &refusal,
        );
        world.refuses(
            caller,
            &abi::rotateCall {
                rotation: rotation(1, &[1]),
            },
            &refusal,
        );
        world.refuses(
            caller,
            &abi::resealCall {
                sections: 1,
                epochs: [1].into(),
                sealed_: Vec::new(),
            },
            &refusal,
        );
    }
}
