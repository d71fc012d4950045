//! Who can be sent the secret of a current key: the patient and whoever may read at that moment.

use super::{grants::revoke, *};

/// A rotation of `sections` that is sealed to the patient and to `reader`.
fn sealed_to(reader: Address, sections: u64, epochs: &[u32]) -> abi::Rotation {
    let mut rotation = rotation(sections, epochs);
    rotation.sealed_.push(sealed(reader, b"secrets"));
    rotation
}

fn rotate(reader: Address, sections: u64, epochs: &[u32]) -> abi::rotateCall {
    abi::rotateCall {
        rotation: sealed_to(reader, sections, epochs),
    }
}

fn reseal(reader: Address, sections: u64, epochs: &[u32]) -> abi::resealCall {
    abi::resealCall {
        sections,
        epochs: epochs.to_vec(),
        sealed_: [sealed(reader, b"secrets")].into(),
    }
}

/// `rotate`, `reseal` and a revocation of another reader must refuse to send `reader` the secret of
/// section 0.
#[track_caller]
fn sends_nothing(world: &mut World, reader: Address) {
    let refusal = abi::NoLiveGrant { reader };
    world.refuses(PATIENT, &rotate(reader, 1, &[1]), &refusal);
    world.refuses(PATIENT, &reseal(reader, 1, &[1]), &refusal);
    let elsewhere = revoke(OTHER, sealed_to(reader, 1, &[1]));
    world.refuses(PATIENT, &elsewhere, &refusal);
}

/// `SPECIALIST` reads and writes sections 0 and 1 until `START + DAY`, `OTHER` reads section 0 for longer.
fn two_readers() -> World {
    let mut world = World::granted();
    world
        .call(PATIENT, &grant(OTHER, 1, &[1], START + 9 * DAY, 1))
        .unwrap();
    world.logs();
    world
}

#[test]
fn a_live_reader_and_the_owner_are_sent_secrets() {
    let mut world = two_readers();
    world.wait(DAY - 1);
    world.call(PATIENT, &rotate(SPECIALIST, 1, &[1])).unwrap();
    world.call(PATIENT, &reseal(SPECIALIST, 1, &[2])).unwrap();
    world.call(PATIENT, &reseal(PATIENT, 1, &[2])).unwrap();
    world
        .call(PATIENT, &revoke(OTHER, sealed_to(SPECIALIST, 1, &[2])))
        .unwrap();
    let sent: Vec<_> = world
        .logs()
        .iter()
        .filter(|log| log.topics()[0] == abi::SecretsSealed::SIGNATURE_HASH)
        .map(|log| Address::from_word(log.topics()[1]))
        .collect();
    assert_eq!(
        sent,
        [
            PATIENT, SPECIALIST, SPECIALIST, PATIENT, PATIENT, SPECIALIST
        ]
    );
}

#[test]
fn an_expired_reader_is_sent_nothing() {
    let mut world = two_readers();
    world.wait(DAY);
    sends_nothing(&mut world, SPECIALIST);
}

#[test]
fn a_revoked_reader_is_sent_nothing() {
    let mut world = two_readers();
    world
        .call(PATIENT, &revoke(SPECIALIST, no_rotation()))
        .unwrap();
    world.logs();
    sends_nothing(&mut world, SPECIALIST);
}

#[test]
fn who_is_revoked_in_the_same_call_is_sent_nothing() {
    let mut world = two_readers();
    let call = revoke(SPECIALIST, sealed_to(SPECIALIST, 0b11, &[1, 1]));
    let refusal = abi::NoLiveGrant { reader: SPECIALIST };
    world.refuses(PATIENT, &call, &refusal);
    // Nothing has happened: the reader is still live and can be revoked.
    world
        .call(PATIENT, &revoke(SPECIALIST, rotation(0b11, &[1, 1])))
        .unwrap();
}

#[test]
fn who_may_only_write_is_sent_nothing() {
    let mut world = two_readers();
    world
        .call(PATIENT, &grant(SPECIALIST, 1, &[1], START + DAY, 2))
        .unwrap();
    world.logs();
    sends_nothing(&mut world, SPECIALIST);
}

#[test]
fn who_reads_none_of_the_sections_any_more_is_sent_nothing() {
    let mut world = two_readers();
    world
        .call(PATIENT, &grant(SPECIALIST, 0b10, &[1], START + DAY, 1))
        .unwrap();
    world.logs();
    sends_nothing(&mut world, SPECIALIST);
    world
        .call(PATIENT, &rotate(SPECIALIST, 0b11, &[1, 1]))
        .unwrap();
}

#[test]
fn who_never_had_a_grant_is_sent_nothing() {
    let mut world = two_readers();
    for reader in [STRANGER, PRIMARY, REGISTRY, Address::ZERO] {
        sends_nothing(&mut world, reader);
    }
}

#[test]
fn a_claim_sends_secrets_to_the_patient_only() {
    let mut world = World::issued();
    let claim = |rotation| abi::claimCall {
        keyX: key(9),
        keyParity: 0,
        rotation,
    };
    for reader in [PRIMARY, SPECIALIST] {
        let call = claim(sealed_to(reader, 1, &[0]));
        world.refuses(PATIENT, &call, &abi::NoLiveGrant { reader });
    }
    world
        .call(PATIENT, &claim(sealed_to(PATIENT, 1, &[0])))
        .unwrap();
}
