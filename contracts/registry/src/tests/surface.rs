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
            Error::OwnableUnauthorizedAccount(a),
            abi::OwnableUnauthorizedAccount { account: a }.abi_encode(),
        ),
        (
            Error::OwnableInvalidOwner(a),
            abi::OwnableInvalidOwner { owner: a }.abi_encode(),
        ),
        (
            Error::UnauthorizedAttester(a),
            abi::UnauthorizedAttester { account: a }.abi_encode(),
        ),
        (
            Error::UnknownProvider(a),
            abi::UnknownProvider { provider: a }.abi_encode(),
        ),
        (
            Error::ProviderAlreadyRegistered(a),
            abi::ProviderAlreadyRegistered { provider: a }.abi_encode(),
        ),
        (
            Error::ProviderNotActive {
                provider: a,
                status: 3,
            },
            abi::ProviderNotActive {
                provider: a,
                status: 3,
            }
            .abi_encode(),
        ),
        (
            Error::UnverifiedProvider(a),
            abi::UnverifiedProvider { provider: a }.abi_encode(),
        ),
        (
            Error::InvalidKind(8),
            abi::InvalidKind { kind: 8 }.abi_encode(),
        ),
        (
            Error::InvalidNpi(8),
            abi::InvalidNpi { npi: 8 }.abi_encode(),
        ),
        (
            Error::NpiTaken { npi: 8, holder: a },
            abi::NpiTaken { npi: 8, holder: a }.abi_encode(),
        ),
        (
            Error::InvalidKey { x, parity: 7 },
            abi::InvalidKey { x, parity: 7 }.abi_encode(),
        ),
        (
            Error::InvalidProfileLength { given: 1, max: 2 },
            abi::InvalidProfileLength { given: 1, max: 2 }.abi_encode(),
        ),
        (
            Error::AttestationMismatch(a),
            abi::AttestationMismatch { provider: a }.abi_encode(),
        ),
        (
            Error::InvalidAttestationEnd {
                given: 1,
                earliest: 2,
                latest: 3,
            },
            abi::InvalidAttestationEnd {
                given: 1,
                earliest: 2,
                latest: 3,
            }
            .abi_encode(),
        ),
        (
            Error::ImplementationNotSet,
            abi::ImplementationNotSet {}.abi_encode(),
        ),
        (
            Error::NotAContract(a),
            abi::NotAContract { account: a }.abi_encode(),
        ),
        (
            Error::InvalidPatient(a),
            abi::InvalidPatient { patient: a }.abi_encode(),
        ),
        (
            Error::IssueFailed(a),
            abi::IssueFailed { port: a }.abi_encode(),
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
    let mut declared: Vec<_> = abi::IRegistryErrors::SELECTORS.to_vec();
    covered.sort_unstable();
    declared.sort_unstable();
    assert_eq!(covered, declared);
    assert!(Vec::from(Error::Malformed).is_empty());
}

#[test]
fn every_function_of_the_interface_is_routed_and_no_other() {
    for selector in abi::IRegistryCalls::SELECTORS {
        // Zero words for every head: a routed function reads them and answers or refuses by name.
        let mut input = selector.to_vec();
        input.resize(4 + 32 * 16, 0);
        let answer = World::registered().send(OWNER, input);
        let routed = answer.map_or_else(|refusal| !refusal.is_empty(), |_| true);
        assert!(routed, "{}", alloy_primitives::hex::encode(selector));
    }
    for unknown in [[0; 4], [0xff; 4], [0x55, 0x85, 0x25, 0x8c]] {
        let mut input = unknown.to_vec();
        input.resize(4 + 32 * 16, 0);
        assert_eq!(World::registered().send(OWNER, input), Err(Vec::new()));
    }
}

#[test]
fn every_event_of_the_interface_is_known_by_its_type() {
    let mut world = World::empty();
    world.construct(OWNER).unwrap();
    world
        .call(OWNER, &abi::addAttesterCall { attester: ATTESTER })
        .unwrap();
    world
        .call(OWNER, &abi::addAttesterCall { attester: STRANGER })
        .unwrap();
    world
        .call(OWNER, &abi::removeAttesterCall { attester: STRANGER })
        .unwrap();
    world.vm.set_code(IMPLEMENTATION, [1].into());
    world
        .call(
            OWNER,
            &abi::setPortImplementationCall {
                implementation: IMPLEMENTATION,
            },
        )
        .unwrap();
    world.call(CLINIC, &register(NPI)).unwrap();
    world.call(ATTESTER, &attest(CLINIC, NPI)).unwrap();
    let port = Address::repeat_byte(0xaa);
    let code = [
        &alloy_primitives::hex!("3d602d80600a3d3981f3363d3d373d3d3d363d73")[..],
        IMPLEMENTATION.as_slice(),
        &alloy_primitives::hex!("5af43d82803e903d91602b57fd5bf3"),
    ];
    let salt = keccak256([CLINIC.as_slice(), PATIENT.as_slice(), &[0; 32]].concat());
    world.vm.mock_deploy(code.concat(), Some(salt), Ok(port));
    world
        .call(CLINIC, &abi::issueCall { patient: PATIENT })
        .unwrap();
    world
        .call(ATTESTER, &abi::suspendCall { provider: CLINIC })
        .unwrap();
    world
        .call(ATTESTER, &abi::reinstateCall { provider: CLINIC })
        .unwrap();
    world.call(CLINIC, &abi::retireCall {}).unwrap();
    world
        .call(OWNER, &abi::transferOwnershipCall { newOwner: LAB })
        .unwrap();
    let logs = world.logs();
    for log in &logs {
        abi::IRegistryEvents::decode_raw_log(log.topics(), &log.data)
            .expect("logs decode to the interface's events");
    }
    for topic in abi::IRegistryEvents::SELECTORS {
        assert!(
            logs.iter().any(|log| log.topics()[0] == *topic),
            "{topic:?} is never emitted"
        );
    }
}

#[test]
fn no_truncation_or_odd_word_of_a_call_makes_the_registry_trap() {
    let calls = [
        register(NPI).abi_encode(),
        attest(CLINIC, NPI).abi_encode(),
        abi::providersCall {
            from: 0,
            limit: 100,
        }
        .abi_encode(),
    ];
    for call in calls {
        for length in 0..call.len() {
            let _ = World::registered().send(STRANGER, call[..length].to_vec());
        }
        for at in (4..call.len()).step_by(32) {
            for value in [U256::MAX, U256::from(u32::MAX), U256::from(call.len())] {
                let mut bad = call.clone();
                let end = (at + 32).min(bad.len());
                bad[at..end].copy_from_slice(&value.to_be_bytes::<32>()[..end - at]);
                let _ = World::registered().send(STRANGER, bad);
            }
        }
    }
}

#[test]
fn ether_is_not_taken() {
    let mut world = World::registered();
    world.vm.set_value(U256::from(1));
    assert_eq!(
        world.send(OWNER, abi::ownerCall {}.abi_encode()),
        Err(Vec::new())
    );
}
