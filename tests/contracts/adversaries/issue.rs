//! Ports' addresses, and accounts that look like ports.

use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use patientport_abi::{IPatientPort as abi, IRegistry};

use crate::{
    chain::{Answer, evm},
    world::{World, account, calls},
};

/// Where the registry creates the port of this number.
fn address_of(world: &World, issuer: &str, patient: &str, number: u32) -> Address {
    let (issuer, patient) = (account(issuer), account(patient));
    let code = evm::clone(
        world.implementation,
        world.registry,
        issuer,
        patient,
        number,
    );
    let init = [&hex!("3d606d80600a3d3981f3")[..], &code].concat();
    world.registry.create2(B256::ZERO, keccak256(init))
}

fn issue(world: &World, by: &str, patient: &str) -> Address {
    let call = IRegistry::issueCall {
        patient: account(patient),
    };
    let outcome = world.ask_registry(by, &call);
    let port = Address::from_slice(&outcome.returned()[12..]);
    let info = world.chain.view(port, &abi::infoCall {});
    let parties = (info.registry, info.issuer, info.owner, info.claimed);
    assert_eq!(
        parties,
        (world.registry, account(by), account(patient), false)
    );
    assert!(world.is_port(port));
    port
}

#[test]
fn who_issues_first_takes_a_number_and_nobodys_port() {
    let world = World::new();
    world.verify("rival");
    let expected = address_of(&world, "primary", "patient", 1);
    // Somebody saw the transaction and was faster.
    let rivals = issue(&world, "rival", "patient");
    assert_eq!(rivals, address_of(&world, "rival", "patient", 1));
    let port = issue(&world, "primary", "patient");
    assert_eq!(port, address_of(&world, "primary", "patient", 2));
    assert!(world.chain.code(expected).is_empty());
    // The patient sees who issued which; neither can be claimed by anybody else.
    let claim = abi::claimCall {
        keyX: calls::key("thief"),
        keyParity: 0,
        rotation: calls::rotation(1, 0),
    };
    for (port, by) in [(port, "rival"), (rivals, "rival"), (port, "primary")] {
        let caller = account(by);
        world.refused(by, port, &claim, &abi::Unauthorized { caller });
    }
}

#[test]
fn ether_at_a_ports_address_does_not_keep_it_from_being_issued() {
    let world = World::new();
    let expected = address_of(&world, "primary", "patient", 1);
    let outcome =
        world
            .chain
            .send_value(account("stranger"), expected, Bytes::new(), U256::from(1));
    assert!(matches!(outcome.answer, Answer::Returned(_)));
    assert_eq!(issue(&world, "primary", "patient"), expected);
}

#[test]
fn ports_of_the_same_parties_are_different_ports() {
    let world = World::new();
    let ports = [(); 3].map(|()| issue(&world, "primary", "patient"));
    for (port, number) in ports.into_iter().zip(1..) {
        assert_eq!(port, address_of(&world, "primary", "patient", number));
    }
}

#[test]
fn an_account_that_looks_like_a_port_is_none() {
    let world = World::new();
    let genuine = issue(&world, "primary", "patient");
    // The very code of a port, created by somebody else; and one that names another registry.
    let copy = world.chain.create(&world.chain.code(genuine));
    let foreign = world.forge(account("stranger"));
    for account in [
        copy,
        foreign,
        world.registry,
        world.implementation,
        Address::ZERO,
    ] {
        assert!(!world.is_port(account), "{account}");
    }
    // Another registry's ports are that registry's.
    let other = world.chain.deploy("registry");
    world.chain.construct(other, account("owner"));
    let call = IRegistry::isPortCall { account: genuine };
    assert!(!world.chain.view(other, &call));
}

#[test]
fn only_verified_providers_issue_and_only_to_somebody() {
    let world = World::new();
    world.register("unattested");
    for name in ["stranger", "unattested", "owner", "attester"] {
        let call = IRegistry::issueCall {
            patient: account("patient"),
        };
        let provider = account(name);
        world.refused(
            name,
            world.registry,
            &call,
            &IRegistry::UnverifiedProvider { provider },
        );
    }
    let patient = Address::ZERO;
    let call = IRegistry::issueCall { patient };
    world.refused(
        "primary",
        world.registry,
        &call,
        &IRegistry::InvalidPatient { patient },
    );
}
