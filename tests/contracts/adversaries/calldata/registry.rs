//! The registry's byte strings.

use alloy_primitives::{Bytes, keccak256};
use alloy_sol_types::{SolCall as _, SolEvent as _, SolInterface as _};
use patientport_abi::IRegistry::{self as abi, IRegistryCalls as Call, IRegistryErrors};

use super::damaged;
use crate::{
    chain::Answer,
    world::{World, account, calls},
};

/// The event that says everything a call says.
fn told(caller: &str, call: Call) -> alloy_primitives::LogData {
    let provider = account(caller);
    match call {
        Call::registerProvider(call) => abi::ProviderRegistered {
            provider,
            kind: call.kind,
            npi: call.npi,
            keyX: call.keyX,
            keyParity: call.keyParity,
            identityProfile: call.identityProfile,
            contactProfile: call.contactProfile,
        }
        .encode_log_data(),
        Call::setIdentityProfile(call) => abi::IdentityProfileSet {
            provider,
            kind: call.kind,
            npi: call.npi,
            profile: call.identityProfile,
        }
        .encode_log_data(),
        Call::setContactProfile(call) => abi::ContactProfileSet {
            provider,
            profile: call.contactProfile,
        }
        .encode_log_data(),
        other => panic!("no byte string in {other:?}"),
    }
}

#[test]
fn damaged_profiles_are_refused_or_mean_what_everybody_reads() {
    let world = World::new();
    let text = |text: &'static str| Bytes::from_static(text.as_bytes());
    let register = abi::registerProviderCall {
        kind: 3,
        npi: 1_234_567_893,
        keyX: calls::key("stranger"),
        keyParity: 1,
        identityProfile: text(r#"{"name":"A practice of some length"}"#),
        contactProfile: text(r#"{"contact":"by mail"}"#),
    };
    let identity = abi::setIdentityProfileCall {
        kind: 3,
        npi: 1_234_567_893,
        identityProfile: text(r#"{"name":"Another practice altogether"}"#),
    };
    let contact = abi::setContactProfileCall {
        contactProfile: text(r#"{"contact":"by telephone in the morning"}"#),
    };
    let mut mark = world.chain.mark();
    let mut done = 0;
    for (caller, call) in [
        ("stranger", register.abi_encode()),
        ("primary", identity.abi_encode()),
        ("primary", contact.abi_encode()),
    ] {
        for data in damaged(&call) {
            let outcome = world
                .chain
                .send(account(caller), world.registry, data.clone());
            let shown = Bytes::from(data.clone());
            match outcome.answer {
                Answer::Returned(_) => {
                    let mut padded = data;
                    while padded.len() % 32 != 4 {
                        padded.push(0);
                    }
                    let call = Call::abi_decode_validate(&padded).expect("what everybody reads");
                    let told = told(caller, call);
                    assert_eq!(outcome.logs.len(), 1, "{shown}");
                    assert_eq!(outcome.logs[0].data, told, "{shown}");
                    done += 1;
                    world.chain.go_back(&mut mark);
                }
                Answer::Reverted(refusal) if refusal.is_empty() => {
                    assert!(Call::abi_decode_validate(&data).is_err(), "{shown}");
                }
                Answer::Reverted(refusal) => {
                    let error = IRegistryErrors::abi_decode_validate(&refusal);
                    assert!(error.is_ok(), "{refusal}: {shown}");
                }
                Answer::Halted(reason) => panic!("{reason}: {shown}"),
            }
        }
    }
    assert!(done > 10, "{done}");
}

#[test]
fn profiles_have_a_longest() {
    let world = World::new();
    let long = |length| Bytes::from(vec![b'x'; length]);
    for (given, length) in [(0, 0), (1_025, 1_025)] {
        let refusal = abi::InvalidProfileLength { given, max: 1_024 };
        let contact = abi::setContactProfileCall {
            contactProfile: long(length),
        };
        world.refused("primary", world.registry, &contact, &refusal);
        let identity = abi::setIdentityProfileCall {
            kind: 1,
            npi: 0,
            identityProfile: long(length),
        };
        world.refused("primary", world.registry, &identity, &refusal);
    }
    let identity = abi::setIdentityProfileCall {
        kind: 1,
        npi: 0,
        identityProfile: long(1_024),
    };
    world.ask_registry("primary", &identity);
    let call = abi::providerCall {
        account: account("primary"),
    };
    let provider = world.chain.view(world.registry, &call);
    assert_eq!(provider.identityProfileHash, keccak256(long(1_024)));
}
