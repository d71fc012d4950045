//! Rotation, the epoch guard, sealed secrets.

use super::*;

/// Makes a rotation wrong.
type Change = fn(&mut abi::Rotation);

/// What a rotation by `by` leaves in the history.
fn logs_of(by: Address, rotation: abi::Rotation) -> Vec<LogData> {
    let rotated = log(&abi::SectionsRotated {
        by,
        sections: rotation.sections,
        epochs: rotation.epochs,
        keys: rotation.keys,
        parities: rotation.parities,
        links: rotation.links,
    });
    let passed_on = rotation.sealed_.into_iter().map(|one| {
        log(&abi::SecretsSealed {
            recipient: one.recipient,
            sender: by,
            message: one.message,
        })
    });
    [rotated].into_iter().chain(passed_on).collect()
}

#[test]
fn a_rotation_replaces_keys_and_passes_secrets_on() {
    let mut world = World::granted();
    assert_eq!(
        world.keys(0b11),
        [(1, key(0x70), 1, START), (1, key(0x71), 0, START)]
    );
    world.wait(60);
    world.asked();
    let given = rotation_for(SPECIALIST, 0b10_0010, &[1, 1]);
    world.emits(PATIENT, &rotate(given.clone()), &logs_of(PATIENT, given));
    assert_eq!(
        world.keys(0b10_0011),
        [
            (1, key(0x70), 1, START),
            (2, key(0x70), 0, START + 60),
            (2, key(0x71), 1, START + 60),
        ]
    );
    assert_eq!(world.keys(1 << 63), [(0, B256::ZERO, 0, 0)]);
    assert_eq!(world.keys(0), []);
    assert_eq!(world.asked(), []);
}

#[test]
fn all_64_sections_rotate_at_once() {
    let mut world = World::issued();
    let all = abi::Rotation {
        parities: 0xaaaa_aaaa_aaaa_aaaa,
        ..rotation(u64::MAX, &[0; 64])
    };
    world.done(PATIENT, &claim(all));
    let expected: Vec<_> = (0..64)
        .map(|index| (1, key(0x70 + index), index & 1, START))
        .collect();
    assert_eq!(world.keys(u64::MAX), expected);
}

#[test]
fn neighbours_in_a_word_of_metadata_do_not_disturb_each_other() {
    let mut world = World::issued();
    world.done(PATIENT, &claim(rotation(0b1111, &[0; 4])));
    for (round, section) in [3_u8, 1, 3, 0, 2, 3].into_iter().enumerate() {
        let before = world.keys(0b1111);
        world.wait(1);
        let epoch = before[usize::from(section)].0;
        let given = abi::Rotation {
            parities: 1 << section,
            ..rotation(1 << section, &[epoch])
        };
        world.done(PATIENT, &rotate(given));
        let mut expected = before;
        expected[usize::from(section)] = (epoch + 1, key(0x70), 1, START + round as u64 + 1);
        assert_eq!(world.keys(0b1111), expected);
    }
}

#[test]
fn a_rotation_composed_under_an_earlier_epoch_is_stale() {
    let mut world = World::claimed();
    let stale = |section, given, current| abi::StaleEpoch {
        section,
        given,
        current,
    };
    let mut refuses = |sections, epochs: &[u32], refusal| {
        world.refuses(PATIENT, &rotate(rotation(sections, epochs)), &refusal);
    };
    refuses(0b11, &[1, 0], stale(1, 0, 1));
    refuses(0b1, &[2], stale(0, 2, 1));
    refuses(0b1, &[0], stale(0, 0, 1));
    refuses(0b100, &[1], stale(2, 1, 0));
    world.done(PATIENT, &rotate(rotation(0b100, &[0])));
}

#[test]
fn lists_belong_to_the_set() {
    let mut world = World::claimed();
    let changed = |change: Change| {
        let mut rotation = rotation(0b11, &[1, 1]);
        change(&mut rotation);
        rotate(rotation)
    };
    let length = |given, expected| abi::LengthMismatch { given, expected };
    world.refuses(PATIENT, &changed(|one| one.epochs.push(1)), &length(3, 2));
    world.refuses(
        PATIENT,
        &changed(|one| one.epochs.truncate(1)),
        &length(1, 2),
    );
    world.refuses(PATIENT, &changed(|one| one.keys.truncate(1)), &length(1, 2));
    world.refuses(
        PATIENT,
        &changed(|one| one.keys.push(key(1))),
        &length(3, 2),
    );
    world.refuses(
        PATIENT,
        &changed(|one| one.parities = 0b101),
        &abi::InvalidSections { sections: 0b101 },
    );
    for (x, parity) in [(B256::ZERO, 0), (B256::repeat_byte(0xff), 1)] {
        let mut call = changed(|_| ());
        call.rotation.keys[1] = x;
        call.rotation.parities = u64::from(parity) << 1;
        world.refuses(PATIENT, &call, &abi::InvalidKey { x, parity });
    }
    let message = |given| abi::InvalidMessageLength { given, max: 8192 };
    let long = changed(|one| one.links = alloc::vec![0; 8193].into());
    world.refuses(PATIENT, &long, &message(8193));
    let empty = changed(|one| one.sealed_[0].message = Bytes::new());
    world.refuses(PATIENT, &empty, &message(0));
    let long = changed(|one| one.sealed_[0].message = alloc::vec![0; 8193].into());
    world.refuses(PATIENT, &long, &message(8193));
    let many = changed(|one| one.sealed_ = alloc::vec![sealed(PATIENT, b"x"); 18]);
    world.refuses(
        PATIENT,
        &many,
        &abi::TooManyRecipients { given: 18, max: 17 },
    );
    let most = changed(|one| {
        one.links = alloc::vec![0; 8192].into();
        one.sealed_ = alloc::vec![sealed(PATIENT, b"x"); 17];
        one.sealed_[16].message = alloc::vec![0; 8192].into();
    });
    let logs = logs_of(PATIENT, most.rotation.clone());
    world.emits(PATIENT, &most, &logs);
    let none = abi::Rotation {
        links: Bytes::new(),
        sealed_: Vec::new(),
        ..rotation(0b11, &[2, 2])
    };
    world.emits(PATIENT, &rotate(none.clone()), &logs_of(PATIENT, none));
}

#[test]
fn a_rotation_of_nothing_has_empty_lists_and_is_no_rotation() {
    let mut world = World::claimed();
    let length = |given| abi::LengthMismatch { given, expected: 0 };
    let changes: [(Change, u32); 4] = [
        (|one| one.epochs.push(0), 1),
        (|one| one.keys.push(key(1)), 1),
        (|one| one.links = Bytes::from_static(b"12"), 2),
        (|one| one.sealed_.push(sealed(PATIENT, b"x")), 1),
    ];
    for (change, given) in changes {
        let mut rotation = no_rotation();
        change(&mut rotation);
        world.refuses(PATIENT, &rotate(rotation), &length(given));
    }
    let parity = abi::Rotation {
        parities: 1,
        ..no_rotation()
    };
    world.refuses(
        PATIENT,
        &rotate(parity),
        &abi::InvalidSections { sections: 1 },
    );
    world.refuses(
        PATIENT,
        &rotate(no_rotation()),
        &abi::InvalidSections { sections: 0 },
    );
}

#[test]
fn resealing_passes_on_current_secrets_only() {
    let mut world = World::granted();
    let mut refuses = |sections, epochs: &[u32], error: &dyn Fn() -> Vec<u8>| {
        let call = reseal(SPECIALIST, sections, epochs).abi_encode();
        assert_eq!(world.send(PATIENT, call).unwrap_err(), error());
    };
    refuses(0, &[], &|| {
        abi::InvalidSections { sections: 0 }.abi_encode()
    });
    refuses(0b11, &[1], &|| {
        abi::LengthMismatch {
            given: 1,
            expected: 2,
        }
        .abi_encode()
    });
    refuses(0b110, &[1, 0], &|| {
        abi::SectionNotOpen { section: 2 }.abi_encode()
    });
    refuses(1, &[2], &|| {
        abi::StaleEpoch {
            section: 0,
            given: 2,
            current: 1,
        }
        .abi_encode()
    });
    let keys = world.keys(0b11);
    let sent = abi::SecretsSealed {
        recipient: SPECIALIST,
        sender: PATIENT,
        message: Bytes::from_static(b"secrets"),
    };
    world.emits(PATIENT, &reseal(SPECIALIST, 0b11, &[1, 1]), &[log(&sent)]);
    assert_eq!(world.keys(0b11), keys, "resealing changes no key");
    let to = |count| abi::resealCall {
        sealed_: alloc::vec![sealed(SPECIALIST, b"x"); count],
        ..reseal(SPECIALIST, 1, &[1])
    };
    world.refuses(
        PATIENT,
        &to(18),
        &abi::TooManyRecipients { given: 18, max: 17 },
    );
    world.does(PATIENT, &to(17));
    assert_eq!(world.logs().len(), 17);
    world.emits(PATIENT, &to(0), &[]);
}
