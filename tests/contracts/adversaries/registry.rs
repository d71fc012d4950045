//! A registry that is gone, broken or hostile locks no patient out.

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_sol_types::SolCall;
use patientport_abi::IPatientPort as abi;

use crate::{
    chain::evm,
    world::{DAY, World, account, calls, calls::Grant},
};

fn word(number: u64) -> B256 {
    B256::from(U256::from(number))
}

/// Registries that give no answer, by what they do instead.
fn mute(world: &World) -> Vec<(&'static str, Address)> {
    let codes: [(&str, Vec<u8>); 9] = [
        ("reverts", hex!("5f5ffd").to_vec()),
        ("reverts and says yes", evm::reverts(word(1))),
        ("burns all gas", evm::BURNS.to_vec()),
        ("answers nothing", evm::SILENT.to_vec()),
        ("answers two", evm::answers(word(2), 32)),
        (
            "answers with high bits",
            evm::answers(B256::repeat_byte(0xff), 32),
        ),
        ("answers one byte too few", evm::answers(word(1), 31)),
        ("returns the question", evm::ECHO.to_vec()),
        (
            "answers at length",
            evm::answers_at_length(B256::repeat_byte(1), 50_000),
        ),
    ];
    let mut registries: Vec<_> = codes
        .into_iter()
        .map(|(name, code)| (name, world.chain.create(&code)))
        .collect();
    registries.push(("has no code", Address::repeat_byte(0x77)));
    registries
}

/// What the patient does without anybody's leave, one after the other.
#[track_caller]
fn live_on(world: &World, port: Address) {
    let done = |call: Vec<u8>| {
        let outcome = world.chain.send(account("patient"), port, call);
        outcome.returned();
    };
    let now = world.chain.now();
    let until = now + DAY;
    done(calls::delegate("carer", 15, until).abi_encode());
    done(calls::custodian(0, "custodian").abi_encode());
    done(
        Grant::of(1, 1, until)
            .unverified()
            .to("reader")
            .abi_encode(),
    );
    done(
        abi::resealCall {
            sections: 1,
            epochs: vec![1],
            sealed_: vec![calls::sealed("reader"), calls::sealed("carer")],
        }
        .abi_encode(),
    );
    done(calls::add(0, 1, 1).abi_encode());
    done(
        abi::shareCall {
            reader: account("reader"),
            recordIds: vec![1],
            message: Bytes::from_static(b"record key"),
        }
        .abi_encode(),
    );
    done(
        abi::revokeCall {
            rotation: calls::rotation(1, 1),
            ..calls::revoke("reader")
        }
        .abi_encode(),
    );
    done(
        abi::rotateCall {
            rotation: calls::rotation(0b10, 1),
        }
        .abi_encode(),
    );
    let request = world.enter_request(port, account("clinic"));
    done(
        abi::denyCall {
            requestId: request,
            reason: 1,
            message: Bytes::new(),
        }
        .abi_encode(),
    );
    done(
        abi::setBlockedCall {
            requester: account("clinic"),
            blocked: true,
        }
        .abi_encode(),
    );
    done(calls::end_delegate("carer").abi_encode());
    done(
        abi::setPrimaryCareCall {
            provider: Address::ZERO,
        }
        .abi_encode(),
    );
    done(
        abi::setEncryptionKeyCall {
            keyX: calls::key("new"),
            keyParity: 0,
            rotation: calls::rotation(0b10_0000, 1),
        }
        .abi_encode(),
    );
    done(calls::transfer(account("heir")).abi_encode());
    world.done("heir", port, &abi::acceptOwnershipCall {});
    world.done("heir", port, &calls::transfer(account("patient")));
    world.done("patient", port, &abi::acceptOwnershipCall {});
    let info = world.chain.view(port, &abi::infoCall {});
    assert_eq!(info.owner, account("patient"));
    assert_eq!(info.historyHead, world.head(port));
    assert_eq!(
        world
            .chain
            .view(port, &abi::holdersCall { from: 0, limit: 9 })
            .len(),
        2
    );
}

/// A claimed port that asks this registry.
fn port_of(world: &World, registry: Address) -> Address {
    let port = world.forge(registry);
    world.done("patient", port, &calls::claim());
    port
}

fn people(world: &World) {
    for name in [
        "carer",
        "custodian",
        "reader",
        "heir",
        "clinic",
        "responder",
    ] {
        world.fund(name);
    }
}

#[test]
fn a_patient_lives_on_without_a_registry() {
    let world = World::new();
    people(&world);
    for (_, registry) in mute(&world) {
        live_on(&world, port_of(&world, registry));
    }
}

#[test]
fn a_registry_that_does_not_answer_refuses_what_needs_its_word() {
    let world = World::new();
    people(&world);
    let until = world.chain.now() + DAY;
    for (name, registry) in mute(&world) {
        let port = port_of(&world, registry);
        let unavailable = abi::RegistryUnavailable { registry };
        let grant = Grant::of(1, 1, until).to("clinic");
        let primary = abi::setPrimaryCareCall {
            provider: account("clinic"),
        };
        let request = world.enter_request(port, account("clinic"));
        let approve = Grant::of(1, 1, until).approving(request, "clinic");
        let before = world.head(port);
        world.refused("patient", port, &grant, &unavailable);
        world.refused("patient", port, &approve, &unavailable);
        world.refused("patient", port, &primary, &unavailable);
        world.refused(
            "patient",
            port,
            &calls::arm("clinic", 1, 0, 60),
            &unavailable,
        );
        world.refused("clinic", port, &calls::request("clinic"), &unavailable);
        assert_eq!(world.head(port), before, "{name}");
    }
}

#[test]
fn a_responder_is_vetoed_and_removed_after_the_registry_is_gone() {
    let world = World::new();
    people(&world);
    for (name, silent) in mute(&world) {
        // As long as it said yes, there were responders.
        let registry = world.chain.create(&evm::answers(word(1), 32));
        let port = port_of(&world, registry);
        for responder in ["responder", "clinic", "reader"] {
            world.done("patient", port, &calls::arm(responder, 1, 60, 86_400));
        }
        let message = || Bytes::from_static(b"why");
        let call = || abi::breakGlassCall { message: message() };
        world.done("responder", port, &call());
        world.done("clinic", port, &call());
        world.chain.set_code(registry, &world.chain.code(silent));

        world.refused(
            "reader",
            port,
            &call(),
            &abi::RegistryUnavailable { registry },
        );
        let responder = account("responder");
        world.done("patient", port, &abi::vetoCall { responder });
        world.chain.wait(60);
        let access = abi::hasAccessCall {
            reader: account("clinic"),
            section: 0,
        };
        // A block of this time.
        world.done("patient", port, &calls::custodian(0, "custodian"));
        assert!(world.chain.view(port, &access), "{name}");
        world.done("patient", port, &calls::disarm("clinic"));
        assert!(!world.chain.view(port, &access), "{name}");
        world.done("patient", port, &calls::disarm("reader"));
    }
}

#[test]
fn a_registry_that_lies_verifies_anybody_and_decides_nothing() {
    let world = World::new();
    people(&world);
    let registry = world.chain.create(&evm::answers_at_length(word(1), 1_000));
    let port = port_of(&world, registry);
    // Strangers may ask; asking is all they may.
    world.done("stranger", port, &calls::request("stranger"));
    let caller = account("stranger");
    let until = world.chain.now() + DAY;
    let id = world.chain.view(port, &abi::infoCall {}).requestCount;
    let approve = Grant::of(1, 1, until).approving(id, "stranger");
    world.refused("stranger", port, &approve, &abi::Unauthorized { caller });
    let add = calls::add(0, 1, 1);
    world.refused("stranger", port, &add, &abi::Unauthorized { caller });

    // And one that says no to everybody takes nothing away from whoever has something.
    world.done("patient", port, &Grant::of(1, 1, until).to("reader"));
    world.chain.set_code(registry, &evm::answers(word(0), 32));
    let access = abi::hasAccessCall {
        reader: account("reader"),
        section: 0,
    };
    assert!(world.chain.view(port, &access));
    live_on(&world, port_of(&world, registry));
    let provider = account("reader");
    let grant = Grant::of(1, 1, until).to("reader");
    world.refused(
        "patient",
        port,
        &grant,
        &abi::UnverifiedProvider { provider },
    );
}

#[test]
fn a_registry_cannot_call_back() {
    let world = World::new();
    people(&world);
    let registry = Address::repeat_byte(0x66);
    let port = port_of(&world, registry);
    let provider = account("reader");
    let grant = Grant::of(1, 1, world.chain.now() + DAY).to("reader");
    for call in [
        calls::add(0, 1, 1).abi_encode(),
        abi::infoCall {}.abi_encode(),
        abi::acceptOwnershipCall {}.abi_encode(),
    ] {
        // Calls the port when it is asked. Were it answered, it would say something that is no answer.
        world
            .chain
            .set_code(registry, &evm::calls_back(port, &call));
        let before = world.head(port);
        world.refused(
            "patient",
            port,
            &grant,
            &abi::UnverifiedProvider { provider },
        );
        assert_eq!(world.head(port), before);
    }
}
