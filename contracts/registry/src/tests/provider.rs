//! Registration, profiles, keys, leaving.

use super::*;

#[test]
fn a_provider_registers_itself() {
    let mut world = World::open();
    world.call(CLINIC, &register(NPI)).unwrap();
    let registered = abi::ProviderRegistered {
        provider: CLINIC,
        kind: 2,
        npi: NPI,
        keyX: key(7),
        keyParity: 1,
        identityProfile: Bytes::from_static(IDENTITY),
        contactProfile: Bytes::from_static(b"{}"),
    };
    assert_eq!(world.logs(), [log(&registered)]);
    let one = world
        .call(STRANGER, &abi::providerCall { account: CLINIC })
        .unwrap();
    assert_eq!(
        (
            one.status,
            one.kind,
            one.npi,
            one.attester,
            one.attestedUntil
        ),
        (1, 2, NPI, Address::ZERO, 0)
    );
    assert_eq!(
        (one.keyX, one.keyParity, one.identityProfileHash),
        (key(7), 1, keccak256(IDENTITY))
    );
    assert!(!world.is_verified(CLINIC));
    world.refuses(
        CLINIC,
        &register(NPI),
        &abi::ProviderAlreadyRegistered { provider: CLINIC },
    );
}

#[test]
fn profiles_of_any_length_are_announced_as_the_interface_encodes_them() {
    for (identity, contact) in [(1, 1024), (31, 33), (32, 32), (33, 31), (1024, 1)] {
        let mut world = World::open();
        let (identity, contact) = (
            Bytes::from(alloc::vec![0xaa; identity]),
            Bytes::from(alloc::vec![0xbb; contact]),
        );
        let call = abi::registerProviderCall {
            identityProfile: identity.clone(),
            contactProfile: contact.clone(),
            ..register(0)
        };
        world.call(CLINIC, &call).unwrap();
        let registered = abi::ProviderRegistered {
            provider: CLINIC,
            kind: 2,
            npi: 0,
            keyX: key(7),
            keyParity: 1,
            identityProfile: identity,
            contactProfile: contact,
        };
        assert_eq!(world.logs(), [log(&registered)]);
    }
}

#[test]
fn there_is_an_end_to_registrations() {
    let mut world = World::registered();
    let mut tail = world.word(0, &[3]);
    tail.0[20..24].copy_from_slice(&(u32::MAX - 1).to_be_bytes());
    world.vm.set_storage(slot(0, &[3]), tail);
    world.call(STRANGER, &register(0)).unwrap();
    world.logs();
    assert_eq!(
        world.call(STRANGER, &abi::providerCountCall {}).unwrap(),
        u32::MAX
    );
    world.refuses(PATIENT, &register(0), &abi::TooManyProviders {});
}

#[test]
fn nobody_is_all_zero() {
    let mut world = World::open();
    let one = world
        .call(STRANGER, &abi::providerCall { account: STRANGER })
        .unwrap();
    assert_eq!(
        (
            one.status,
            one.kind,
            one.npi,
            one.attester,
            one.attestedUntil
        ),
        (0, 0, 0, Address::ZERO, 0)
    );
    assert_eq!(
        (one.keyX, one.keyParity, one.identityProfileHash),
        (B256::ZERO, 0, B256::ZERO)
    );
}

#[test]
fn registration_is_checked() {
    let mut world = World::open();
    let with = |change: fn(&mut abi::registerProviderCall)| {
        let mut call = register(NPI);
        change(&mut call);
        call
    };
    for kind in [0, 8] {
        let call = abi::registerProviderCall {
            kind,
            ..register(0)
        };
        world.refuses(CLINIC, &call, &abi::InvalidKind { kind });
    }
    for npi in [1, 1_234_567_890, 3_234_567_893, u64::MAX] {
        world.refuses(CLINIC, &register(npi), &abi::InvalidNpi { npi });
    }
    let bad_key = with(|call| call.keyX = B256::ZERO);
    world.refuses(
        CLINIC,
        &bad_key,
        &abi::InvalidKey {
            x: B256::ZERO,
            parity: 1,
        },
    );
    world.refuses(
        CLINIC,
        &with(|call| call.keyParity = 2),
        &abi::InvalidKey {
            x: key(7),
            parity: 2,
        },
    );
    let length = |given| abi::InvalidProfileLength { given, max: 1024 };
    world.refuses(
        CLINIC,
        &with(|call| call.identityProfile = Bytes::new()),
        &length(0),
    );
    world.refuses(
        CLINIC,
        &with(|call| call.contactProfile = alloc::vec![1; 1025].into()),
        &length(1025),
    );
    world
        .call(
            CLINIC,
            &with(|call| call.identityProfile = alloc::vec![1; 1024].into()),
        )
        .unwrap();
}

#[test]
fn a_changed_identity_is_self_asserted() {
    let mut world = World::attested();
    assert!(world.is_verified(CLINIC));
    let profile = Bytes::from_static(b"{\"name\":\"Hospital\"}");
    let set = abi::setIdentityProfileCall {
        kind: 1,
        npi: OTHER_NPI,
        identityProfile: profile.clone(),
    };
    world.refuses(STRANGER, &set, &abi::UnknownProvider { provider: STRANGER });
    let bad = abi::setIdentityProfileCall {
        kind: 9,
        ..set.clone()
    };
    world.refuses(CLINIC, &bad, &abi::InvalidKind { kind: 9 });
    world.call(CLINIC, &set).unwrap();
    let set = log(&abi::IdentityProfileSet {
        provider: CLINIC,
        kind: 1,
        npi: OTHER_NPI,
        profile: profile.clone(),
    });
    assert_eq!(world.logs(), [set]);
    let one = world
        .call(STRANGER, &abi::providerCall { account: CLINIC })
        .unwrap();
    assert_eq!(
        (
            one.status,
            one.kind,
            one.npi,
            one.attester,
            one.attestedUntil
        ),
        (1, 1, OTHER_NPI, Address::ZERO, 0)
    );
    assert_eq!(
        (one.keyX, one.keyParity, one.identityProfileHash),
        (key(7), 1, keccak256(&profile))
    );
    assert!(!world.is_verified(CLINIC));
}

#[test]
fn an_identity_that_stands_changes_nothing() {
    let mut world = World::attested();
    let same = abi::setIdentityProfileCall {
        kind: 2,
        npi: NPI,
        identityProfile: Bytes::from_static(IDENTITY),
    };
    world.call(CLINIC, &same).unwrap();
    assert_eq!(world.logs(), []);
    assert!(world.is_verified(CLINIC));
    // Each part alone is a change.
    for change in [
        abi::setIdentityProfileCall {
            kind: 3,
            ..same.clone()
        },
        abi::setIdentityProfileCall {
            npi: 0,
            ..same.clone()
        },
        abi::setIdentityProfileCall {
            identityProfile: Bytes::from_static(b"{}"),
            ..same.clone()
        },
    ] {
        let mut world = World::attested();
        world.call(CLINIC, &change).unwrap();
        assert_eq!(world.logs().len(), 1);
        assert!(!world.is_verified(CLINIC));
        // And so is the way back: the attestation does not return.
        world.call(CLINIC, &same).unwrap();
        assert_eq!(world.logs().len(), 1);
        assert!(!world.is_verified(CLINIC));
    }
}

#[test]
fn either_half_of_a_key_is_a_change() {
    for (x, parity) in [(key(7), 0), (key(8), 1)] {
        let mut world = World::attested();
        let set = abi::setEncryptionKeyCall {
            keyX: x,
            keyParity: parity,
        };
        world.call(CLINIC, &set).unwrap();
        let changed = abi::EncryptionKeySet {
            provider: CLINIC,
            keyX: x,
            keyParity: parity,
        };
        assert_eq!(world.logs(), [log(&changed)]);
        let one = world
            .call(STRANGER, &abi::providerCall { account: CLINIC })
            .unwrap();
        assert_eq!((one.keyX, one.keyParity), (x, parity));
        assert!(world.is_verified(CLINIC));
    }
}

#[test]
fn contact_and_key_change_freely() {
    let mut world = World::attested();
    let contact = abi::setContactProfileCall {
        contactProfile: Bytes::from_static(b"new"),
    };
    let set_key = abi::setEncryptionKeyCall {
        keyX: key(8),
        keyParity: 0,
    };
    world.refuses(
        STRANGER,
        &contact,
        &abi::UnknownProvider { provider: STRANGER },
    );
    world.refuses(
        STRANGER,
        &set_key,
        &abi::UnknownProvider { provider: STRANGER },
    );
    let empty = abi::setContactProfileCall {
        contactProfile: Bytes::new(),
    };
    world.refuses(
        CLINIC,
        &empty,
        &abi::InvalidProfileLength {
            given: 0,
            max: 1024,
        },
    );
    let bad = abi::setEncryptionKeyCall {
        keyX: B256::repeat_byte(0xff),
        keyParity: 0,
    };
    world.refuses(
        CLINIC,
        &bad,
        &abi::InvalidKey {
            x: B256::repeat_byte(0xff),
            parity: 0,
        },
    );
    world.call(CLINIC, &contact).unwrap();
    world.call(CLINIC, &set_key).unwrap();
    // The key that stands changes nothing.
    world.call(CLINIC, &set_key).unwrap();
    let expected = [
        log(&abi::ContactProfileSet {
            provider: CLINIC,
            profile: Bytes::from_static(b"new"),
        }),
        log(&abi::EncryptionKeySet {
            provider: CLINIC,
            keyX: key(8),
            keyParity: 0,
        }),
    ];
    assert_eq!(world.logs(), expected);
    let one = world
        .call(STRANGER, &abi::providerCall { account: CLINIC })
        .unwrap();
    assert_eq!(
        (one.status, one.kind, one.keyX, one.keyParity),
        (2, 2, key(8), 0)
    );
    assert!(world.is_verified(CLINIC));
}

#[test]
fn leaving_is_final() {
    let mut world = World::attested();
    world.refuses(
        STRANGER,
        &abi::retireCall {},
        &abi::UnknownProvider { provider: STRANGER },
    );
    world.call(CLINIC, &abi::retireCall {}).unwrap();
    assert_eq!(
        world.logs(),
        [log(&abi::ProviderRetired { provider: CLINIC })]
    );
    assert_eq!(world.status(CLINIC), 4);
    assert!(!world.is_verified(CLINIC));
    let gone = abi::ProviderNotActive {
        provider: CLINIC,
        status: 4,
    };
    world.refuses(CLINIC, &abi::retireCall {}, &gone);
    world.refuses(
        CLINIC,
        &register(0),
        &abi::ProviderAlreadyRegistered { provider: CLINIC },
    );
    world.refuses(ATTESTER, &attest(CLINIC, NPI), &gone);
    world.refuses(ATTESTER, &abi::suspendCall { provider: CLINIC }, &gone);
    world.refuses(ATTESTER, &abi::reinstateCall { provider: CLINIC }, &gone);
    world.refuses(
        CLINIC,
        &abi::setEncryptionKeyCall {
            keyX: key(1),
            keyParity: 0,
        },
        &gone,
    );
}

#[test]
fn providers_are_listed_newest_first() {
    let mut world = World::open();
    let nth = |number: u8| Address::repeat_byte(number.wrapping_add(0x60));
    let page = |world: &mut World, before, limit| {
        world
            .call(STRANGER, &abi::providersCall { before, limit })
            .unwrap()
    };
    assert!(page(&mut world, Address::ZERO, 100).is_empty());
    for number in 0..103 {
        world.call(nth(number), &register(0)).unwrap();
    }
    world.logs();
    assert_eq!(
        world.call(STRANGER, &abi::providerCountCall {}).unwrap(),
        103
    );
    let newest = page(&mut world, Address::ZERO, 2);
    assert_eq!(newest, [nth(102), nth(101)]);
    assert!(page(&mut world, Address::ZERO, 0).is_empty());

    // Pages join, also when somebody registers in between.
    let mut all = page(&mut world, Address::ZERO, u32::MAX);
    assert_eq!(all.len(), 100);
    world.call(STRANGER, &register(0)).unwrap();
    all.extend(page(&mut world, all[99], 100));
    let expected: Vec<_> = (0..103).rev().map(nth).collect();
    assert_eq!(all, expected);
    assert_eq!(page(&mut world, Address::ZERO, 1), [STRANGER]);
    assert_eq!(page(&mut world, nth(1), 100), [nth(0)]);
    assert!(page(&mut world, nth(0), 100).is_empty());
    world.logs();
    for limit in [0, 1] {
        world.refuses(
            STRANGER,
            &abi::providersCall {
                before: PATIENT,
                limit,
            },
            &abi::UnknownProvider { provider: PATIENT },
        );
    }
}

#[test]
fn whatever_becomes_of_a_provider_it_keeps_its_place() {
    let mut world = World::attested();
    world.call(STRANGER, &register(0)).unwrap();
    world
        .call(ATTESTER, &abi::suspendCall { provider: LAB })
        .unwrap();
    world
        .call(ATTESTER, &abi::reinstateCall { provider: LAB })
        .unwrap();
    world.call(ATTESTER, &attest(LAB, 0)).unwrap();
    let identity = abi::setIdentityProfileCall {
        kind: 1,
        npi: OTHER_NPI,
        identityProfile: Bytes::from_static(b"{}"),
    };
    world.call(LAB, &identity).unwrap();
    let set_key = abi::setEncryptionKeyCall {
        keyX: key(8),
        keyParity: 0,
    };
    world.call(LAB, &set_key).unwrap();
    world.call(LAB, &abi::retireCall {}).unwrap();
    let all = abi::providersCall {
        before: Address::ZERO,
        limit: 100,
    };
    assert_eq!(world.call(STRANGER, &all).unwrap(), [STRANGER, LAB, CLINIC]);
}
