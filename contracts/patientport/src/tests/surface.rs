//! The whole surface against the interface's types: functions, errors, malformed input.

use alloy_primitives::U256;
use alloy_sol_types::SolEventInterface;

use super::*;
use crate::error::Error;

/// Every error of the contract as the interface's own type encodes it.
fn errors() -> Vec<(Error, Vec<u8>)> {
    let (a, x) = (STRANGER, key(3));
    [
        (
            Error::Unauthorized(a),
            abi::Unauthorized { caller: a }.abi_encode(),
        ),
        (
            Error::AlreadyInitialized,
            abi::AlreadyInitialized {}.abi_encode(),
        ),
        (Error::AlreadyClaimed, abi::AlreadyClaimed {}.abi_encode()),
        (Error::NotClaimed, abi::NotClaimed {}.abi_encode()),
        (
            Error::UnverifiedProvider(a),
            abi::UnverifiedProvider { provider: a }.abi_encode(),
        ),
        (
            Error::RegistryUnavailable(a),
            abi::RegistryUnavailable { registry: a }.abi_encode(),
        ),
        (
            Error::StaleEpoch {
                section: 1,
                given: 2,
                current: 3,
            },
            abi::StaleEpoch {
                section: 1,
                given: 2,
                current: 3,
            }
            .abi_encode(),
        ),
        (
            Error::SectionNotOpen(1),
            abi::SectionNotOpen { section: 1 }.abi_encode(),
        ),
        (
            Error::InvalidSections(u64::MAX),
            abi::InvalidSections { sections: u64::MAX }.abi_encode(),
        ),
        (
            Error::LengthMismatch {
                given: 1,
                expected: 2,
            },
            abi::LengthMismatch {
                given: 1,
                expected: 2,
            }
            .abi_encode(),
        ),
        (
            Error::InvalidKey { x, parity: 7 },
            abi::InvalidKey { x, parity: 7 }.abi_encode(),
        ),
        (
            Error::InvalidAddress(a),
            abi::InvalidAddress { account: a }.abi_encode(),
        ),
        (
            Error::InvalidMessageLength { given: 1, max: 2 },
            abi::InvalidMessageLength { given: 1, max: 2 }.abi_encode(),
        ),
        (
            Error::TooManyRecipients { given: 1, max: 2 },
            abi::TooManyRecipients { given: 1, max: 2 }.abi_encode(),
        ),
        (
            Error::UnknownRecord(4),
            abi::UnknownRecord { recordId: 4 }.abi_encode(),
        ),
        (
            Error::RecordNotCurrent {
                record: 4,
                state: 2,
            },
            abi::RecordNotCurrent {
                recordId: 4,
                state: 2,
            }
            .abi_encode(),
        ),
        (
            Error::InvalidCommitment,
            abi::InvalidCommitment {}.abi_encode(),
        ),
        (
            Error::UnknownRequest(4),
            abi::UnknownRequest { requestId: 4 }.abi_encode(),
        ),
        (
            Error::RequestNotPending {
                request: 4,
                state: 5,
            },
            abi::RequestNotPending {
                requestId: 4,
                state: 5,
            }
            .abi_encode(),
        ),
        (
            Error::TooManyPendingRequests {
                requester: a,
                max: 8,
            },
            abi::TooManyPendingRequests {
                requester: a,
                max: 8,
            }
            .abi_encode(),
        ),
        (
            Error::InvalidExpiry {
                given: 1,
                earliest: 2,
                latest: 3,
            },
            abi::InvalidExpiry {
                given: 1,
                earliest: 2,
                latest: 3,
            }
            .abi_encode(),
        ),
        (
            Error::InvalidRights(9),
            abi::InvalidRights { rights: 9 }.abi_encode(),
        ),
        (
            Error::InvalidReason(9),
            abi::InvalidReason { reason: 9 }.abi_encode(),
        ),
        (
            Error::InvalidReader(a),
            abi::InvalidReader { reader: a }.abi_encode(),
        ),
        (
            Error::NoLiveGrant(a),
            abi::NoLiveGrant { reader: a }.abi_encode(),
        ),
        (
            Error::TooManyReaders(128),
            abi::TooManyReaders { max: 128 }.abi_encode(),
        ),
    ]
    .into()
}

#[test]
fn every_error_of_the_interface_is_one_of_the_contracts() {
    let errors = errors();
    for (error, expected) in &errors {
        assert_eq!(Vec::from(*error), *expected, "{error:?}");
    }
    let mut covered: Vec<[u8; 4]> = errors
        .iter()
        .map(|(_, encoded)| encoded[..4].try_into().unwrap())
        .collect();
    let mut declared: Vec<_> = abi::IPatientPortErrors::SELECTORS.to_vec();
    covered.sort_unstable();
    declared.sort_unstable();
    assert_eq!(covered, declared);
    assert!(Vec::from(Error::Malformed).is_empty());
}

#[test]
fn every_function_of_the_interface_is_routed_and_no_other() {
    for selector in abi::IPatientPortCalls::SELECTORS {
        // Enough zero words for every head: a routed function reads them and answers or refuses by
        // name, or finds an offset that leads nowhere; an unknown one refuses without a word.
        let mut world = World::granted();
        let mut input = selector.to_vec();
        input.resize(4 + 32 * 16, 0);
        let answer = world.send(PATIENT, input);
        let routed = answer.map_or_else(|refusal| !refusal.is_empty(), |_| true);
        assert!(routed, "{}", alloy_primitives::hex::encode(selector));
    }
    let mut world = World::claimed();
    for unknown in [[0; 4], [0xff; 4], [0x55, 0x85, 0x25, 0x8c]] {
        let mut input = unknown.to_vec();
        input.resize(4 + 32 * 16, 0);
        assert_eq!(world.send(PATIENT, input), Err(Vec::new()));
    }
}

#[test]
fn every_event_of_the_interface_is_emitted_somewhere() {
    let mut world = World::empty();
    world
        .call(
            REGISTRY,
            &abi::initializeCall {
                issuer: PRIMARY,
                patient: PATIENT,
            },
        )
        .unwrap();
    let claim = abi::claimCall {
        keyX: key(9),
        keyParity: 1,
        rotation: rotation(1, &[0]),
    };
    world.call(PATIENT, &claim).unwrap();
    world.registry_answers(SPECIALIST, Ok(true));
    for _ in 0..3 {
        world.call(SPECIALIST, &request(SPECIALIST)).unwrap();
    }
    world
        .call(SPECIALIST, &abi::cancelCall { requestId: 1 })
        .unwrap();
    world
        .call(
            PATIENT,
            &abi::denyCall {
                requestId: 2,
                reason: 1,
                message: Bytes::new(),
            },
        )
        .unwrap();
    world
        .call(PATIENT, &approve(3, 1, &[1], START + DAY, 3))
        .unwrap();
    world
        .call(
            SPECIALIST,
            &abi::addCall {
                commitment: key(1),
                section: 0,
                epoch: 1,
            },
        )
        .unwrap();
    world
        .call(
            SPECIALIST,
            &abi::retractCall {
                recordId: 1,
                reason: 1,
            },
        )
        .unwrap();
    world
        .call(
            PATIENT,
            &abi::revokeCall {
                reader: SPECIALIST,
                reason: 0,
                rotation: no_rotation(),
            },
        )
        .unwrap();
    let logs = world.logs();
    for log in &logs {
        abi::IPatientPortEvents::decode_raw_log(log.topics(), &log.data)
            .expect("logs decode to the interface's events");
    }
    for topic in abi::IPatientPortEvents::SELECTORS {
        assert!(
            logs.iter().any(|log| log.topics()[0] == *topic),
            "{topic:?} is never emitted"
        );
    }
}

#[test]
fn no_truncation_or_flipped_word_of_a_call_makes_the_port_trap() {
    let calls = [
        abi::rotateCall {
            rotation: rotation(0b11, &[1, 1]),
        }
        .abi_encode(),
        grant(OTHER, 0b11, &[1, 1], START + DAY, 3).abi_encode(),
        abi::resealCall {
            sections: 1,
            epochs: [1].into(),
            sealed_: [sealed(OTHER, b"x")].into(),
        }
        .abi_encode(),
        request(OTHER).abi_encode(),
        abi::sectionKeysCall { sections: u64::MAX }.abi_encode(),
    ];
    for call in calls {
        for length in 0..call.len() {
            // Cutting the padding of the last byte string is no defect; nothing else may pass.
            let _ = World::granted().send(PATIENT, call[..length].to_vec());
        }
        for at in (4..call.len()).step_by(32) {
            for value in [U256::MAX, U256::from(u32::MAX), U256::from(call.len())] {
                let mut bad = call.clone();
                let end = (at + 32).min(bad.len());
                bad[at..end].copy_from_slice(&value.to_be_bytes::<32>()[..end - at]);
                let _ = World::granted().send(PATIENT, bad);
            }
        }
    }
}

#[test]
fn ether_is_not_taken() {
    let mut world = World::claimed();
    world.vm.set_value(U256::from(1));
    assert_eq!(
        world.send(PATIENT, abi::infoCall {}.abi_encode()),
        Err(Vec::new())
    );
}
