//! There is nothing to initialise.

use alloy_primitives::{Address, Bytes, U256, hex};
use alloy_sol_types::{SolCall, sol};
use patientport_abi::IPatientPort as abi;

use crate::{
    chain::Answer,
    world::{DAY, Person, World, account, calls, calls::Grant},
};

sol! {
    function initialize() external;
    function initialize(address issuer, address patient) external;
    function initialize(address registry, address issuer, address patient) external;
    function stylus_constructor() external;
}

#[test]
fn no_port_and_no_implementation_can_be_initialised() {
    let world = World::new();
    let (issued, claimed) = (world.issue_to(account("patient")), world.claimed_port());
    let (primary, patient) = (account("primary"), account("patient"));
    for to in [world.implementation, issued, claimed] {
        let before = (world.head(to), world.chain.code(to));
        for from in ["stranger", "primary", "patient", "owner"] {
            world.refused_in_silence(from, to, &initialize_0Call {});
            let call = initialize_1Call {
                issuer: primary,
                patient,
            };
            world.refused_in_silence(from, to, &call);
            let call = initialize_2Call {
                registry: world.registry,
                issuer: primary,
                patient,
            };
            world.refused_in_silence(from, to, &call);
            // The call with which a deployer runs a constructor; the port has none.
            let constructor = [&hex!("5585258d")[..], &[0; 96]].concat();
            let outcome = world.chain.send(account(from), to, constructor);
            assert_eq!(outcome.answer, Answer::Reverted(Bytes::new()));
        }
        assert_eq!((world.head(to), world.chain.code(to)), before);
    }
}

#[test]
fn a_registry_is_constructed_once() {
    let world = World::new();
    let again = [
        &hex!("5585258d")[..],
        account("stranger").into_word().as_slice(),
    ]
    .concat();
    for from in ["owner", "stranger"] {
        let outcome = world
            .chain
            .send(account(from), world.registry, again.clone());
        let refusal = patientport_abi::IRegistry::OwnableUnauthorizedAccount {
            account: account(from),
        };
        assert_eq!(outcome.answer, Answer::refusal(&refusal));
    }
}

/// Every function that changes something, in a form that a port of the caller would take, or refuse for
/// another reason.
fn attempts(now: u64) -> Vec<Vec<u8>> {
    let rotation = || calls::rotation(1, 0);
    let message = || Bytes::from_static(b"message");
    let who = account("stranger");
    let until = now + DAY;
    vec![
        abi::setEncryptionKeyCall {
            keyX: calls::key("any"),
            keyParity: 0,
            rotation: rotation(),
        }
        .abi_encode(),
        calls::transfer(who).abi_encode(),
        abi::acceptOwnershipCall {}.abi_encode(),
        abi::setPrimaryCareCall { provider: who }.abi_encode(),
        abi::rotateCall {
            rotation: rotation(),
        }
        .abi_encode(),
        abi::resealCall {
            sections: 1,
            epochs: vec![1],
            sealed_: Vec::new(),
        }
        .abi_encode(),
        calls::add(0, 1, 1).abi_encode(),
        abi::supersedeCall {
            recordId: 1,
            commitment: calls::key("any"),
            epoch: 1,
        }
        .abi_encode(),
        abi::retractCall {
            recordId: 1,
            reason: 1,
        }
        .abi_encode(),
        abi::publishCall {
            recordId: 1,
            part: 0,
            piece: 0,
            data: message(),
        }
        .abi_encode(),
        abi::shareCall {
            reader: who,
            recordIds: vec![1],
            message: message(),
        }
        .abi_encode(),
        calls::request("primary").abi_encode(),
        abi::cancelCall { requestId: 1 }.abi_encode(),
        abi::denyCall {
            requestId: 1,
            reason: 1,
            message: message(),
        }
        .abi_encode(),
        abi::setBlockedCall {
            requester: who,
            blocked: true,
        }
        .abi_encode(),
        Grant::of(1, 1, until).approving(1, "stranger").abi_encode(),
        Grant::of(1, 1, until).to("stranger").abi_encode(),
        calls::revoke("stranger").abi_encode(),
        calls::delegate("stranger", 15, until).abi_encode(),
        calls::custodian(0, "stranger").abi_encode(),
        calls::arm("primary", 1, 0, 60).abi_encode(),
        abi::setPackageCall {
            responder: who,
            package: calls::key("any"),
        }
        .abi_encode(),
        abi::breakGlassCall { message: message() }.abi_encode(),
        abi::vetoCall { responder: who }.abi_encode(),
        abi::releaseCall {
            responder: who,
            message: message(),
        }
        .abi_encode(),
        abi::cancelSignaturesCall {}.abi_encode(),
    ]
}

/// Accounts that run the implementation's code without being a port: itself, a plain clone (EIP-1167), and
/// clones with too little or too much behind it.
fn no_ports(world: &World) -> Vec<Address> {
    let code = world.chain.code(world.issue_to(account("patient")));
    let mut accounts = vec![world.implementation];
    for length in [45, 65, 108, 110] {
        let mut code = code.to_vec();
        code.resize(length, 0);
        accounts.push(world.chain.create(&code));
    }
    accounts
}

#[test]
fn code_without_parties_is_nobodys_port() {
    let world = World::new();
    let attempts = attempts(world.chain.now());
    // With `claim` and `execute`, every function that changes something.
    assert_eq!(attempts.len(), 26);
    let not_claimed = Answer::refusal(&abi::NotClaimed {});
    let claim = abi::claimCall {
        keyX: calls::key("any"),
        keyParity: 0,
        rotation: calls::rotation(1, 0),
    };
    for to in no_ports(&world) {
        for from in ["stranger", "primary", "patient", "owner"] {
            for attempt in &attempts {
                let outcome = world.chain.send(account(from), to, attempt.clone());
                assert_eq!(outcome.answer, not_claimed, "{to} by {from}");
            }
            world.refused(from, to, &claim, &abi::NotAPort {});
            let signed = abi::PatientCall {
                call: abi::infoCall {}.abi_encode().into(),
                nonce: U256::ZERO,
                deadline: world.chain.now(),
            };
            let execute = world.sign(to, &Person::named(from), signed);
            world.refused(from, to, &execute, &abi::NotAPort {});
            world.refused(from, to, &abi::infoCall {}, &abi::NotAPort {});
        }
        assert!(world.head(to).is_zero());
        assert!(!world.is_port(to));
    }
}

#[test]
fn no_contract_takes_ether() {
    let world = World::new();
    let port = world.claimed_port();
    let view = abi::infoCall {}.abi_encode();
    let write = calls::transfer(account("stranger")).abi_encode();
    for (to, data) in [
        (port, view),
        (port, write),
        (port, Vec::new()),
        (
            world.registry,
            patientport_abi::IRegistry::ownerCall {}.abi_encode(),
        ),
        (world.registry, Vec::new()),
    ] {
        let one = U256::from(1);
        let outcome = world.chain.send_value(account("patient"), to, data, one);
        assert_eq!(outcome.answer, Answer::Reverted(Bytes::new()));
    }
}
