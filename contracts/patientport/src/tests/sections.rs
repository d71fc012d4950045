//! Rotation, the epoch guard, sealed secrets.

use super::*;

fn keys_of(world: &mut World, sections: u64) -> Vec<(u32, B256, u8, u64)> {
    let keys = world
        .call(STRANGER, &abi::sectionKeysCall { sections })
        .unwrap();
    keys.into_iter()
        .map(|one| (one.epoch, one.keyX, one.keyParity, one.rotatedAt))
        .collect()
}

#[test]
fn a_rotation_replaces_keys_and_passes_secrets_on() {
    let mut world = World::granted();
    assert_eq!(
        keys_of(&mut world, 0b11),
        [(1, key(0x70), 1, START), (1, key(0x71), 0, START)]
    );
    world.wait(60);
    let mut given = rotation(0b10_0010, &[1, 1]);
    given
        .sealed_
        .push(sealed(SPECIALIST, b"for the specialist"));
    world
        .call(
            PATIENT,
            &abi::rotateCall {
                rotation: given.clone(),
            },
        )
        .unwrap();
    let rotated = abi::SectionsRotated {
        by: PATIENT,
        sections: given.sections,
        epochs: given.epochs,
        keys: given.keys,
        parities: given.parities,
        links: given.links,
    };
    let passed_on = given.sealed_.into_iter().map(|one| {
        log(&abi::SecretsSealed {
            recipient: one.recipient,
            sender: PATIENT,
            message: one.message,
        })
    });
    let expected: Vec<_> = [log(&rotated)].into_iter().chain(passed_on).collect();
    assert_eq!(world.logs(), expected);
    assert_eq!(
        keys_of(&mut world, 0b10_0011),
        [
            (1, key(0x70), 1, START),
            (2, key(0x70), 0, START + 60),
            (2, key(0x71), 1, START + 60),
        ]
    );
    assert_eq!(keys_of(&mut world, 1 << 63), [(0, B256::ZERO, 0, 0)]);
    assert_eq!(keys_of(&mut world, 0), []);
}

#[test]
fn all_64_sections_rotate_at_once() {
    let mut world = World::issued();
    let all = rotation(u64::MAX, &[0; 64]);
    world
        .call(
            PATIENT,
            &abi::claimCall {
                keyX: key(1),
                keyParity: 0,
                rotation: all,
            },
        )
        .unwrap();
    let keys = keys_of(&mut world, u64::MAX);
    assert_eq!(keys.len(), 64);
    assert!(
        keys.iter()
            .enumerate()
            .all(|(index, one)| one.0 == 1 && one.1 == key(0x70 + index as u8))
    );
}

#[test]
fn a_rotation_composed_under_an_earlier_epoch_is_stale() {
    let mut world = World::claimed();
    let stale = |section, given, current| abi::StaleEpoch {
        section,
        given,
        current,
    };
    world.refuses(
        PATIENT,
        &abi::rotateCall {
            rotation: rotation(0b11, &[1, 0]),
        },
        &stale(1, 0, 1),
    );
    world.refuses(
        PATIENT,
        &abi::rotateCall {
            rotation: rotation(0b1, &[2]),
        },
        &stale(0, 2, 1),
    );
    world.refuses(
        PATIENT,
        &abi::rotateCall {
            rotation: rotation(0b100, &[1]),
        },
        &stale(2, 1, 0),
    );
    world
        .call(
            PATIENT,
            &abi::rotateCall {
                rotation: rotation(0b100, &[0]),
            },
        )
        .unwrap();
}

#[test]
fn lists_belong_to_the_set() {
    let mut world = World::claimed();
    let rotate = |change: fn(&mut abi::Rotation)| {
        let mut rotation = rotation(0b11, &[1, 1]);
        change(&mut rotation);
        abi::rotateCall { rotation }
    };
    let length = |given, expected| abi::LengthMismatch { given, expected };
    world.refuses(PATIENT, &rotate(|one| one.epochs.push(1)), &length(3, 2));
    world.refuses(PATIENT, &rotate(|one| one.keys.truncate(1)), &length(1, 2));
    world.refuses(
        PATIENT,
        &rotate(|one| one.parities = 0b101),
        &abi::InvalidSections { sections: 0b101 },
    );
    let zero_key = rotate(|one| one.keys[1] = B256::ZERO);
    world.refuses(
        PATIENT,
        &zero_key,
        &abi::InvalidKey {
            x: B256::ZERO,
            parity: 0,
        },
    );
    let long = rotate(|one| one.links = alloc::vec![0; 8193].into());
    world.refuses(
        PATIENT,
        &long,
        &abi::InvalidMessageLength {
            given: 8193,
            max: 8192,
        },
    );
    let empty = rotate(|one| one.sealed_[0].message = Bytes::new());
    world.refuses(
        PATIENT,
        &empty,
        &abi::InvalidMessageLength {
            given: 0,
            max: 8192,
        },
    );
    let nobody = rotate(|one| one.sealed_[0].recipient = Address::ZERO);
    world.refuses(
        PATIENT,
        &nobody,
        &abi::NoLiveGrant {
            reader: Address::ZERO,
        },
    );
    let many = rotate(|one| one.sealed_ = alloc::vec![sealed(PATIENT, b"x"); 18]);
    world.refuses(
        PATIENT,
        &many,
        &abi::TooManyRecipients { given: 18, max: 17 },
    );
    world
        .call(
            PATIENT,
            &rotate(|one| one.sealed_ = alloc::vec![sealed(PATIENT, b"x"); 17]),
        )
        .unwrap();
}

#[test]
fn a_rotation_of_nothing_has_empty_lists_and_is_no_rotation() {
    let mut world = World::claimed();
    let rotate = |change: fn(&mut abi::Rotation)| {
        let mut rotation = no_rotation();
        change(&mut rotation);
        abi::rotateCall { rotation }
    };
    let length = |given| abi::LengthMismatch { given, expected: 0 };
    world.refuses(PATIENT, &rotate(|one| one.epochs.push(0)), &length(1));
    world.refuses(PATIENT, &rotate(|one| one.keys.push(key(1))), &length(1));
    world.refuses(
        PATIENT,
        &rotate(|one| one.links = Bytes::from_static(b"12")),
        &length(2),
    );
    world.refuses(
        PATIENT,
        &rotate(|one| one.sealed_.push(sealed(OTHER, b"x"))),
        &length(1),
    );
    world.refuses(
        PATIENT,
        &rotate(|_| ()),
        &abi::InvalidSections { sections: 0 },
    );
}

#[test]
fn resealing_passes_on_current_secrets_only() {
    let mut world = World::granted();
    let reseal = |sections, epochs: &[u32]| abi::resealCall {
        sections,
        epochs: epochs.to_vec(),
        sealed_: [sealed(SPECIALIST, b"secrets")].into(),
    };
    world.refuses(
        PATIENT,
        &reseal(0, &[]),
        &abi::InvalidSections { sections: 0 },
    );
    world.refuses(
        PATIENT,
        &reseal(0b11, &[1]),
        &abi::LengthMismatch {
            given: 1,
            expected: 2,
        },
    );
    world.refuses(
        PATIENT,
        &reseal(0b110, &[1, 1]),
        &abi::SectionNotOpen { section: 2 },
    );
    world.refuses(
        PATIENT,
        &reseal(0b1, &[2]),
        &abi::StaleEpoch {
            section: 0,
            given: 2,
            current: 1,
        },
    );
    world.call(PATIENT, &reseal(0b11, &[1, 1])).unwrap();
    let message = Bytes::from_static(b"secrets");
    assert_eq!(
        world.logs(),
        [log(&abi::SecretsSealed {
            recipient: SPECIALIST,
            sender: PATIENT,
            message
        })]
    );
}
