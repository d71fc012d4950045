//! Providers that were verified once.

use alloy_primitives::{Bytes, keccak256};
use patientport_abi::{IPatientPort as abi, IRegistry};

use crate::world::{DAY, World, account, calls, calls::Grant};

/// What somebody without a valid attestation is refused.
#[track_caller]
fn is_unverified(world: &World, port: alloy_primitives::Address, name: &str) {
    let provider = account(name);
    let unverified = abi::UnverifiedProvider { provider };
    let question = IRegistry::isVerifiedCall { account: provider };
    // A block of this time.
    world.done("patient", port, &calls::custodian(0, "stranger"));
    assert!(!world.chain.view(world.registry, &question));
    let until = world.chain.now() + DAY;
    world.refused(name, port, &calls::request(name), &unverified);
    world.refused("primary", port, &calls::request(name), &unverified);
    world.refused(
        "patient",
        port,
        &Grant::of(1, 1, until).to(name),
        &unverified,
    );
    world.refused("patient", port, &calls::arm(name, 1, 0, 60), &unverified);
    let primary = abi::setPrimaryCareCall { provider };
    world.refused("patient", port, &primary, &unverified);
    let message = Bytes::from_static(b"why");
    world.refused(name, port, &abi::breakGlassCall { message }, &unverified);
}

#[test]
fn an_attested_provider_that_swaps_its_profile_loses_the_attestation() {
    let world = World::new();
    let port = world.claimed_port();
    world.verify("clinic");
    world.done("patient", port, &calls::arm("clinic", 1, 0, 60));
    let profile = Bytes::from_static(br#"{"name":"A famous hospital"}"#);
    let swap = IRegistry::setIdentityProfileCall {
        kind: 1,
        npi: 0,
        identityProfile: profile.clone(),
    };
    world.ask_registry("clinic", &swap);
    is_unverified(&world, port, "clinic");
    // An attestation composed for the profile before does not land.
    let provider = account("clinic");
    let attest = IRegistry::attestCall {
        provider,
        npi: 0,
        kind: 2,
        identityProfileHash: keccak256(crate::world::PROFILE),
        until: world.chain.now() + DAY,
    };
    let mismatch = IRegistry::AttestationMismatch { provider };
    world.refused("attester", world.registry, &attest, &mismatch);
}

#[test]
fn who_is_suspended_retired_or_out_of_date_is_not_verified() {
    let world = World::new();
    let port = world.claimed_port();
    for name in ["suspended", "retired", "late"] {
        world.register(name);
        world.attest(name, world.chain.now() + DAY);
        world.done("patient", port, &calls::arm(name, 1, 0, 60));
    }
    let provider = account("suspended");
    world.ask_registry("attester", &IRegistry::suspendCall { provider });
    world.ask_registry("retired", &IRegistry::retireCall {});
    is_unverified(&world, port, "suspended");
    is_unverified(&world, port, "retired");
    world.chain.wait(DAY - 1);
    world.done("late", port, &calls::request("late"));
    world.chain.wait(1);
    is_unverified(&world, port, "late");
}

#[test]
fn a_reader_keeps_its_access_when_its_attestation_ends_and_can_be_revoked() {
    let world = World::new();
    let port = world.claimed_port();
    world.verify("clinic");
    let until = world.chain.now() + DAY;
    world.done("patient", port, &Grant::of(1, 1, until).to("clinic"));
    let provider = account("clinic");
    world.ask_registry("owner", &IRegistry::suspendCall { provider });
    let access = abi::hasAccessCall {
        reader: provider,
        section: 0,
    };
    // What the patient granted is the patient's to end.
    assert!(world.chain.view(port, &access));
    world.done("patient", port, &calls::revoke("clinic"));
    assert!(!world.chain.view(port, &access));
}
