//! The whole surface against the interface's types: functions, errors, malformed input.

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
            Error::InvalidAttester(a),
            abi::InvalidAttester { attester: a }.abi_encode(),
        ),
        (
            Error::TooManyAttesters,
            abi::TooManyAttesters {}.abi_encode(),
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
            Error::TooManyProviders,
            abi::TooManyProviders {}.abi_encode(),
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
        (Error::TooManyPorts, abi::TooManyPorts {}.abi_encode()),
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
    world.set_implementation(IMPLEMENTATION);
    world.call(CLINIC, &register(NPI)).unwrap();
    world.call(ATTESTER, &attest(CLINIC, NPI)).unwrap();
    world.issue(IMPLEMENTATION, 1);
    let set_key = abi::setEncryptionKeyCall {
        keyX: key(8),
        keyParity: 0,
    };
    world.call(CLINIC, &set_key).unwrap();
    let identity = abi::setIdentityProfileCall {
        kind: 1,
        npi: 0,
        identityProfile: Bytes::from_static(b"{}"),
    };
    world.call(CLINIC, &identity).unwrap();
    let contact = abi::setContactProfileCall {
        contactProfile: Bytes::from_static(b"{}"),
    };
    world.call(CLINIC, &contact).unwrap();
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
fn the_interface_is_detected() {
    let mut world = World::empty();
    let mut supports = |id: [u8; 4]| {
        let call = abi::supportsInterfaceCall {
            interfaceId: id.into(),
        };
        world.call(STRANGER, &call).unwrap()
    };
    let own = abi::IRegistryCalls::SELECTORS
        .iter()
        .filter(|selector| **selector != abi::supportsInterfaceCall::SELECTOR)
        .fold([0; 4], |id: [u8; 4], selector| {
            core::array::from_fn(|at| id[at] ^ selector[at])
        });
    assert!(supports([0x01, 0xff, 0xc9, 0xa7]));
    assert!(supports(own));
    assert!(!supports([0xff; 4]));
    assert!(!supports([0; 4]));
    // What the id would be if `supportsInterface` counted.
    assert!(!supports(core::array::from_fn(
        |at| own[at] ^ abi::supportsInterfaceCall::SELECTOR[at]
    )));
    let mut dirty = abi::supportsInterfaceCall {
        interfaceId: own.into(),
    }
    .abi_encode();
    dirty[8] = 1;
    assert_eq!(world.send(STRANGER, dirty), Err(Vec::new()));
}

/// Calls with calldata of every shape, and where their byte strings' offsets stand in it.
fn calls() -> Vec<(Vec<u8>, &'static [usize])> {
    let identity = abi::setIdentityProfileCall {
        kind: 1,
        npi: 0,
        identityProfile: Bytes::from_static(b"{}"),
    };
    let contact = abi::setContactProfileCall {
        contactProfile: Bytes::from_static(b"new"),
    };
    let page = abi::providersCall {
        before: CLINIC,
        limit: 100,
    };
    [
        (register(NPI).abi_encode(), &[4 + 4 * 32, 4 + 5 * 32][..]),
        (identity.abi_encode(), &[4 + 2 * 32]),
        (contact.abi_encode(), &[4]),
        (attest(CLINIC, NPI).abi_encode(), &[]),
        (page.abi_encode(), &[]),
        (abi::attestersCall { from: 0, limit: 9 }.abi_encode(), &[]),
        (abi::issueCall { patient: PATIENT }.abi_encode(), &[]),
        (abi::isPortCall { account: PATIENT }.abi_encode(), &[]),
    ]
    .into()
}

#[test]
fn no_truncation_or_odd_word_of_a_call_makes_the_registry_trap() {
    for (call, _) in calls() {
        for from in [CLINIC, ATTESTER, STRANGER] {
            // Without its padding a byte string is still whole.
            for length in 0..call.len() - 32 {
                let answer = World::ready().send(from, call[..length].to_vec());
                assert_eq!(answer, Err(Vec::new()), "{length} bytes");
            }
            for at in (4..call.len()).step_by(32) {
                for value in [U256::MAX, U256::from(u32::MAX), U256::from(call.len())] {
                    let mut bad = call.clone();
                    let end = (at + 32).min(bad.len());
                    bad[at..end].copy_from_slice(&value.to_be_bytes::<32>()[..end - at]);
                    let _ = World::ready().send(from, bad);
                }
            }
        }
    }
}

#[test]
fn byte_strings_outside_their_call_are_malformed() {
    let word = |value: u64| U256::from(value).to_be_bytes::<32>();
    for (call, offsets) in calls() {
        for at in offsets {
            let with = |at: usize, value: [u8; 32]| {
                let mut bad = call.clone();
                bad[at..at + 32].copy_from_slice(&value);
                World::ready().send(CLINIC, bad)
            };
            for offset in [
                word(call.len() as u64),
                word(u32::MAX.into()),
                word(1 << 32),
                word(u64::MAX),
                [0xff; 32],
            ] {
                assert_eq!(with(*at, offset), Err(Vec::new()));
            }
            let offset = U256::from_be_slice(&call[*at..*at + 32]).to::<usize>();
            for length in [
                word(1025),
                word(u32::MAX.into()),
                word(1 << 32),
                word(u64::MAX),
                [0xff; 32],
            ] {
                assert_eq!(with(4 + offset, length), Err(Vec::new()));
            }
        }
    }
}

#[test]
fn profiles_over_the_limit_are_refused_by_name() {
    let too_long = abi::InvalidProfileLength {
        given: 1025,
        max: 1024,
    };
    let profile = Bytes::from(alloc::vec![b' '; 1025]);
    let mut world = World::registered();
    let in_identity = abi::registerProviderCall {
        identityProfile: profile.clone(),
        ..register(0)
    };
    world.refuses(STRANGER, &in_identity, &too_long);
    let in_contact = abi::registerProviderCall {
        contactProfile: profile.clone(),
        ..register(0)
    };
    world.refuses(STRANGER, &in_contact, &too_long);
    let identity = abi::setIdentityProfileCall {
        kind: 1,
        npi: 0,
        identityProfile: profile.clone(),
    };
    world.refuses(CLINIC, &identity, &too_long);
    let contact = abi::setContactProfileCall {
        contactProfile: profile,
    };
    world.refuses(CLINIC, &contact, &too_long);
    // At the limit all is well.
    let whole = Bytes::from(alloc::vec![b' '; 1024]);
    let contact = abi::setContactProfileCall {
        contactProfile: whole.clone(),
    };
    world.call(CLINIC, &contact).unwrap();
    let identity = abi::setIdentityProfileCall {
        kind: 1,
        npi: 0,
        identityProfile: whole,
    };
    world.call(CLINIC, &identity).unwrap();
}

#[test]
fn numbers_wider_than_their_type_are_malformed() {
    // Position of the argument's word, and the least value too great for it.
    let page = abi::providersCall {
        before: CLINIC,
        limit: 1,
    };
    let attesters = abi::attestersCall { from: 0, limit: 1 };
    for (call, word, least) in [
        (register(NPI).abi_encode(), 0, 1_u128 << 8),
        (register(NPI).abi_encode(), 1, 1 << 64),
        (register(NPI).abi_encode(), 3, 1 << 8),
        (attest(CLINIC, NPI).abi_encode(), 1, 1 << 64),
        (attest(CLINIC, NPI).abi_encode(), 2, 1 << 8),
        (attest(CLINIC, NPI).abi_encode(), 4, 1 << 64),
        (abi::providerByNpiCall { npi: 0 }.abi_encode(), 0, 1 << 64),
        (page.abi_encode(), 1, 1 << 32),
        (attesters.abi_encode(), 0, 1 << 32),
        (attesters.abi_encode(), 1, 1 << 32),
    ] {
        let mut bad = call;
        let at = 4 + word * 32;
        bad[at..at + 32].copy_from_slice(&U256::from(least).to_be_bytes::<32>());
        for from in [STRANGER, ATTESTER] {
            assert_eq!(World::ready().send(from, bad.clone()), Err(Vec::new()));
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
