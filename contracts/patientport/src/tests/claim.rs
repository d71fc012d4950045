//! From a clone that nobody has claimed to a port with an owner; and the implementation, which is none.

use super::*;

#[test]
fn the_implementation_is_nobodys_port() {
    let mut world = World::implementation();
    let refusal = abi::NotAPort {};
    world.refuses(STRANGER, &claim(no_rotation()), &refusal);
    world.refuses(STRANGER, &abi::infoCall {}, &refusal);
    let signed = abi::executeCall {
        call: claim(no_rotation()).abi_encode().into(),
        nonce: U256::ZERO,
        deadline: START,
        signature: Bytes::new(),
    };
    world.refuses(STRANGER, &signed, &refusal);
    world.refuses(STRANGER, &request(SPECIALIST), &abi::NotClaimed {});
    assert_eq!(world.asked(), [], "there is no registry to ask");
}

#[test]
fn code_of_another_length_is_no_port() {
    for length in [0, 45, 108, 110] {
        let mut world = World::issued();
        world.chain.change(|state| {
            let code = state.code.get_mut(&PORT).unwrap();
            code.resize(length, 0);
        });
        world.refuses(PATIENT, &claim(no_rotation()), &abi::NotAPort {});
    }
}

#[test]
fn a_new_port_knows_its_parties_from_its_code() {
    let mut world = World::issued();
    assert_eq!(
        world.info(),
        abi::PortInfo {
            owner: PATIENT,
            pendingOwner: Address::ZERO,
            registry: REGISTRY,
            issuer: PRIMARY,
            primaryCare: PRIMARY,
            claimed: false,
            keyX: B256::ZERO,
            keyParity: 0,
            recordCount: 0,
            requestCount: 0,
            holderCount: 0,
            nonce: 0,
            historyHead: B256::ZERO,
        }
    );
    assert!(world.chain.read(|state| state.storage.is_empty()));
}

#[test]
fn the_patient_claims_once() {
    let mut world = World::issued();
    let call = claim(rotation(0b101, &[0, 0]));
    for caller in [PRIMARY, REGISTRY, STRANGER, Address::ZERO] {
        world.refuses(caller, &call, &unauthorized(caller));
    }
    let given = call.rotation.clone();
    let logs = [
        log(&abi::Claimed {
            patient: PATIENT,
            keyX: key(9),
            keyParity: 1,
        }),
        log(&abi::SectionsRotated {
            by: PATIENT,
            sections: 0b101,
            epochs: given.epochs,
            keys: given.keys,
            parities: given.parities,
            links: given.links,
        }),
        log(&abi::SecretsSealed {
            recipient: PATIENT,
            sender: PATIENT,
            message: Bytes::from_static(b"for the patient"),
        }),
    ];
    world.emits(PATIENT, &call, &logs);
    for caller in [PATIENT, STRANGER] {
        world.refuses(caller, &call, &abi::AlreadyClaimed {});
    }
    let info = world.info();
    assert_eq!(
        info,
        abi::PortInfo {
            owner: PATIENT,
            pendingOwner: Address::ZERO,
            registry: REGISTRY,
            issuer: PRIMARY,
            primaryCare: PRIMARY,
            claimed: true,
            keyX: key(9),
            keyParity: 1,
            recordCount: 0,
            requestCount: 0,
            holderCount: 0,
            nonce: 0,
            historyHead: info.historyHead,
        }
    );
    assert_eq!(info.historyHead[..5], [0, 0, 0, 0, 3]);
    assert_eq!(world.asked(), []);
}

#[test]
fn a_claim_names_a_key() {
    let mut world = World::issued();
    for (x, parity) in [
        (key(9), 2),
        (key(9), 255),
        (B256::ZERO, 0),
        (B256::repeat_byte(0xff), 1),
    ] {
        let call = abi::claimCall {
            keyX: x,
            keyParity: parity,
            rotation: no_rotation(),
        };
        world.refuses(PATIENT, &call, &abi::InvalidKey { x, parity });
    }
}

#[test]
fn a_port_may_be_claimed_without_sections() {
    let mut world = World::issued();
    let call = abi::claimCall {
        keyParity: 0,
        ..claim(no_rotation())
    };
    let claimed = abi::Claimed {
        patient: PATIENT,
        keyX: key(9),
        keyParity: 0,
    };
    world.emits(PATIENT, &call, &[log(&claimed)]);
    assert_eq!(world.info().keyParity, 0);
}

#[test]
fn a_claim_sends_secrets_to_the_patient_only() {
    let mut world = World::issued();
    for reader in [PRIMARY, SPECIALIST, Address::ZERO] {
        let call = claim(rotation_for(reader, 1, &[0]));
        world.refuses(PATIENT, &call, &abi::NoLiveGrant { reader });
    }
    world.done(PATIENT, &claim(rotation_for(PATIENT, 1, &[0])));
}

#[test]
fn nothing_is_asked_of_an_unclaimed_port() {
    let mut world = World::issued();
    let end = START + DAY;
    let calls: [(Address, Vec<u8>); 27] = [
        (PATIENT, rotate(rotation(1, &[0])).abi_encode()),
        (PATIENT, reseal(PATIENT, 1, &[1]).abi_encode()),
        (PATIENT, set_encryption_key(no_rotation()).abi_encode()),
        (PATIENT, transfer(HEIR).abi_encode()),
        (PATIENT, accept().abi_encode()),
        (PATIENT, set_primary_care(OTHER).abi_encode()),
        (PRIMARY, add(0, 1).abi_encode()),
        (PATIENT, add(0, 1).abi_encode()),
        (PATIENT, supersede(1, 1).abi_encode()),
        (PATIENT, retract(1, 1).abi_encode()),
        (PATIENT, publish(1, 0, 0).abi_encode()),
        (PATIENT, share(SPECIALIST, &[1]).abi_encode()),
        (SPECIALIST, request(SPECIALIST).abi_encode()),
        (SPECIALIST, cancel(1).abi_encode()),
        (PATIENT, deny(1, 1).abi_encode()),
        (PATIENT, block(SPECIALIST, true).abi_encode()),
        (PATIENT, approve(1, 1, &[1], end, 1).abi_encode()),
        (PATIENT, grant(SPECIALIST, 1, &[1], end, 1).abi_encode()),
        (PATIENT, revoke(OTHER, no_rotation()).abi_encode()),
        (PATIENT, set_delegate(DELEGATE, 1, end).abi_encode()),
        (PATIENT, set_custodian(0, CUSTODIAN).abi_encode()),
        (PATIENT, arm(RESPONDER, 1, 0, 1).abi_encode()),
        (PATIENT, set_package(RESPONDER).abi_encode()),
        (RESPONDER, break_glass().abi_encode()),
        (PATIENT, veto(RESPONDER).abi_encode()),
        (CUSTODIAN, release(RESPONDER).abi_encode()),
        (PATIENT, abi::cancelSignaturesCall {}.abi_encode()),
    ];
    for (caller, call) in calls {
        let refusal = world.send(caller, call).unwrap_err();
        assert_eq!(refusal, abi::NotClaimed {}.abi_encode());
    }
    assert_eq!(world.asked(), []);
    assert!(world.chain.read(|state| state.storage.is_empty()));
}
