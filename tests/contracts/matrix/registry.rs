//! The table of the registry.

use alloy_primitives::{Address, Bytes, FixedBytes, keccak256};
use alloy_sol_types::SolCall;
use patientport_abi::IRegistry::{self as abi, IRegistryCalls, IRegistryErrors};

use super::{Codes, Differences, table::Table};
use crate::world::{DAY, PROFILE, World, account, calls};

/// The account's name behind a column of the table.
fn name_of(column: &str) -> &str {
    match column {
        "verified" => "primary",
        "pending owner" => "heir",
        other => other,
    }
}

/// A network with somebody in every role; `other` is a self-asserted provider.
fn stage() -> World {
    let world = World::new();
    for name in ["former attester", "heir"] {
        world.fund(name);
    }
    let attester = account("former attester");
    world.ask_registry("owner", &abi::addAttesterCall { attester });
    world.ask_registry("owner", &abi::removeAttesterCall { attester });
    world.ask_registry("owner", &calls_to_heir());
    for name in ["self-asserted", "other"] {
        world.register(name);
    }
    for name in ["suspended", "retired"] {
        world.verify(name);
    }
    let provider = account("suspended");
    world.ask_registry("attester", &abi::suspendCall { provider });
    world.ask_registry("retired", &abi::retireCall {});
    world.register("lapsed");
    world.attest("lapsed", world.chain.now() + DAY);
    world.chain.wait(DAY);
    world
}

fn calls_to_heir() -> abi::transferOwnershipCall {
    abi::transferOwnershipCall {
        newOwner: account("heir"),
    }
}

fn calldata(world: &World, function: &str) -> Vec<u8> {
    let other = account("other");
    let until = world.chain.now() + DAY;
    match function {
        "transferOwnership" => abi::transferOwnershipCall { newOwner: other }.abi_encode(),
        "addAttester" => abi::addAttesterCall { attester: other }.abi_encode(),
        "removeAttester" => abi::removeAttesterCall {
            attester: account("attester"),
        }
        .abi_encode(),
        "setPortImplementation" => abi::setPortImplementationCall {
            implementation: world.registry,
        }
        .abi_encode(),
        "acceptOwnership" => abi::acceptOwnershipCall {}.abi_encode(),
        "registerProvider" => abi::registerProviderCall {
            kind: 1,
            npi: 0,
            keyX: calls::key("any"),
            keyParity: 0,
            identityProfile: Bytes::from_static(b"{}"),
            contactProfile: Bytes::from_static(b"{}"),
        }
        .abi_encode(),
        "setIdentityProfile" => abi::setIdentityProfileCall {
            kind: 3,
            npi: 0,
            identityProfile: Bytes::from_static(b"{}"),
        }
        .abi_encode(),
        "setContactProfile" => abi::setContactProfileCall {
            contactProfile: Bytes::from_static(b"{}"),
        }
        .abi_encode(),
        "setEncryptionKey" => abi::setEncryptionKeyCall {
            keyX: calls::key("another"),
            keyParity: 1,
        }
        .abi_encode(),
        "attest" => abi::attestCall {
            provider: other,
            npi: 0,
            kind: 2,
            identityProfileHash: keccak256(PROFILE),
            until,
        }
        .abi_encode(),
        "suspend" => abi::suspendCall { provider: other }.abi_encode(),
        "reinstate" => abi::reinstateCall {
            provider: account("suspended"),
        }
        .abi_encode(),
        "retire" => abi::retireCall {}.abi_encode(),
        "issue" => abi::issueCall {
            patient: account("patient"),
        }
        .abi_encode(),
        other => view(other),
    }
}

fn view(function: &str) -> Vec<u8> {
    let account = account("other");
    match function {
        "supportsInterface" => abi::supportsInterfaceCall {
            interfaceId: FixedBytes([1, 0xff, 0xc9, 0xa7]),
        }
        .abi_encode(),
        "owner" => abi::ownerCall {}.abi_encode(),
        "pendingOwner" => abi::pendingOwnerCall {}.abi_encode(),
        "isAttester" => abi::isAttesterCall { account }.abi_encode(),
        "attesters" => abi::attestersCall { from: 0, limit: 9 }.abi_encode(),
        "portImplementation" => abi::portImplementationCall {}.abi_encode(),
        "provider" => abi::providerCall { account }.abi_encode(),
        "isVerified" => abi::isVerifiedCall { account }.abi_encode(),
        "providerByNpi" => abi::providerByNpiCall { npi: 1_234_567_893 }.abi_encode(),
        "providerCount" => abi::providerCountCall {}.abi_encode(),
        "providers" => abi::providersCall {
            before: Address::ZERO,
            limit: 9,
        }
        .abi_encode(),
        "isPort" => abi::isPortCall { account }.abi_encode(),
        other => panic!("nobody knows how `{other}` is called"),
    }
}

#[test]
fn the_registry_answers_everybody_as_the_access_model_says() {
    let table = Table::read("registry function");
    let name = |selector: &[u8; 4]| IRegistryCalls::name_by_selector(*selector);
    let functions = IRegistryCalls::SELECTORS.iter().filter_map(name);
    table.covers(&functions.collect::<Vec<_>>());
    let codes = Codes::new(
        "registry code",
        IRegistryErrors::SELECTORS,
        IRegistryErrors::name_by_selector,
    );

    let world = stage();
    let mut mark = world.chain.mark();
    let mut differences = Differences::default();
    for row in &table.rows {
        for function in &row.functions {
            for (column, code) in table.columns.iter().zip(&row.cells) {
                world.chain.go_back(&mut mark);
                let caller = account(name_of(column));
                let data = calldata(&world, function);
                let outcome = world.chain.send(caller, world.registry, data);
                let expected = codes.answer(code, &[("caller", caller)]);
                let cell = format!("{function} by {column}");
                differences.compare(&cell, expected.as_ref(), &outcome.answer);
            }
        }
    }
    differences.none_in(250);
}
