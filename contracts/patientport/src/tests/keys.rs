//! The patient's encryption key.

use super::*;

#[test]
fn a_new_key_comes_with_the_rotation_of_what_the_old_one_reads() {
    let mut world = World::granted();
    world.wait(30);
    let before = world.info();
    let given = rotation_for(SPECIALIST, 0b10_0011, &[1, 1, 1]);
    let sealed = |recipient, message| {
        log(&abi::SecretsSealed {
            recipient,
            sender: PATIENT,
            message: Bytes::from_static(message),
        })
    };
    let logs = [
        log(&abi::EncryptionKeySet {
            keyX: key(0xe0),
            keyParity: 0,
        }),
        log(&abi::SectionsRotated {
            by: PATIENT,
            sections: given.sections,
            epochs: given.epochs.clone(),
            keys: given.keys.clone(),
            parities: given.parities,
            links: given.links.clone(),
        }),
        sealed(PATIENT, b"for the patient"),
        sealed(SPECIALIST, b"secrets"),
    ];
    world.emits(PATIENT, &set_encryption_key(given), &logs);
    let after = world.info();
    assert_eq!(
        after,
        abi::PortInfo {
            keyX: key(0xe0),
            keyParity: 0,
            historyHead: after.historyHead,
            ..before
        },
        "nothing else changes"
    );
    let epochs: Vec<_> = world.keys(0b10_0011).iter().map(|one| one.0).collect();
    assert_eq!(epochs, [2, 2, 2]);
    assert!(world.reads(SPECIALIST, 0), "access stays");
    // Back to an odd key, without a rotation.
    let odd = abi::setEncryptionKeyCall {
        keyParity: 1,
        ..set_encryption_key(no_rotation())
    };
    let set = abi::EncryptionKeySet {
        keyX: key(0xe0),
        keyParity: 1,
    };
    world.emits(PATIENT, &odd, &[log(&set)]);
    assert_eq!(world.info().keyParity, 1);
}

#[test]
fn a_key_must_be_plausible_and_its_rotation_fresh() {
    let mut world = World::claimed();
    for (x, parity) in [(key(1), 2), (B256::ZERO, 0), (B256::repeat_byte(0xff), 0)] {
        let call = abi::setEncryptionKeyCall {
            keyX: x,
            keyParity: parity,
            rotation: no_rotation(),
        };
        world.refuses(PATIENT, &call, &abi::InvalidKey { x, parity });
    }
    let stale = abi::StaleEpoch {
        section: 0,
        given: 0,
        current: 1,
    };
    world.refuses(PATIENT, &set_encryption_key(rotation(1, &[0])), &stale);
    assert_eq!(world.info().keyX, key(9), "and then the old one stays");
}
