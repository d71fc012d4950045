//! Registration, profiles, keys, leaving.

use super::*;

#[test]
fn a_provider_registers_itself() {
    let mut world = World::open();
    world.call(CLINIC, &register(NPI)).unwrap();
    let expected = [
        log(&abi::ProviderRegistered {
            provider: CLINIC,
            kind: 2,
            npi: NPI,
        }),
        log(&abi::IdentityProfileSet {
            provider: CLINIC,
            kind: 2,
            npi: NPI,
            profile: Bytes::from_static(IDENTITY),
        }),
        log(&abi::ContactProfileSet {
            provider: CLINIC,
            profile: Bytes::from_static(b"{}"),
        }),
        log(&abi::EncryptionKeySet {
            provider: CLINIC,
            keyX: key(7),
            keyParity: 1,
        }),
    ];
    assert_eq!(world.logs(), expected);
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
fn providers_are_listed_in_pages() {
    let mut world = World::open();
    let nth = |number: u8| Address::repeat_byte(number.wrapping_add(0x60));
    for number in 0..103 {
        world.call(nth(number), &register(0)).unwrap();
    }
    assert_eq!(
        world.call(STRANGER, &abi::providerCountCall {}).unwrap(),
        103
    );
    let mut page = |from, limit| {
        world
            .call(STRANGER, &abi::providersCall { from, limit })
            .unwrap()
    };
    assert_eq!(page(0, 2), [nth(0), nth(1)]);
    assert_eq!(page(0, u32::MAX).len(), 100);
    assert_eq!(page(101, 100), [nth(101), nth(102)]);
    assert!(page(103, 1).is_empty());
    assert!(page(u32::MAX, u32::MAX).is_empty());
}
