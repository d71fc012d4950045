//! Attesting, suspending, reinstating, and whose number an NPI is.

use super::*;

const FIVE_YEARS: u64 = 5 * 365 * DAY;

fn by_npi(world: &mut World, npi: u64) -> Address {
    world
        .call(STRANGER, &abi::providerByNpiCall { npi })
        .unwrap()
}

#[test]
fn an_attestation_confirms_what_stands() {
    let mut world = World::registered();
    world.call(ATTESTER, &attest(CLINIC, NPI)).unwrap();
    assert_eq!(
        world.logs(),
        [log(&abi::ProviderAttested {
            provider: CLINIC,
            attester: ATTESTER,
            npi: NPI,
            kind: 2,
            identityProfileHash: keccak256(IDENTITY),
            until: START + 365 * DAY,
        })]
    );
    let one = world
        .call(STRANGER, &abi::providerCall { account: CLINIC })
        .unwrap();
    assert_eq!((one.status, one.kind, one.npi), (2, 2, NPI));
    assert_eq!(
        (one.attester, one.attestedUntil),
        (ATTESTER, START + 365 * DAY)
    );
    assert_eq!((one.keyX, one.keyParity), (key(7), 1));
    assert_eq!(by_npi(&mut world, NPI), CLINIC);
    world.wait(365 * DAY - 1);
    assert!(world.is_verified(CLINIC));
    world.wait(1);
    assert!(!world.is_verified(CLINIC));
    assert_eq!(by_npi(&mut world, NPI), Address::ZERO);
}

#[test]
fn only_attesters_attest_and_only_what_stands() {
    let mut world = World::registered();
    let call = attest(CLINIC, NPI);
    for caller in [STRANGER, OWNER, CLINIC] {
        world.refuses(
            caller,
            &call,
            &abi::UnauthorizedAttester { account: caller },
        );
    }
    world.refuses(
        ATTESTER,
        &attest(STRANGER, NPI),
        &abi::UnknownProvider { provider: STRANGER },
    );
    let mismatch = abi::AttestationMismatch { provider: CLINIC };
    world.refuses(ATTESTER, &attest(CLINIC, OTHER_NPI), &mismatch);
    world.refuses(
        ATTESTER,
        &abi::attestCall {
            kind: 3,
            ..call.clone()
        },
        &mismatch,
    );
    world.refuses(
        ATTESTER,
        &abi::attestCall {
            identityProfileHash: key(1),
            ..call.clone()
        },
        &mismatch,
    );
    for given in [0, START, START + FIVE_YEARS + 1, u64::MAX] {
        let end = abi::InvalidAttestationEnd {
            given,
            earliest: START + 1,
            latest: START + FIVE_YEARS,
        };
        world.refuses(
            ATTESTER,
            &abi::attestCall {
                until: given,
                ..call.clone()
            },
            &end,
        );
    }
    world
        .call(
            ATTESTER,
            &abi::attestCall {
                until: START + FIVE_YEARS,
                ..call
            },
        )
        .unwrap();
}

#[test]
fn what_a_former_attester_confirmed_stays_confirmed() {
    let mut world = World::attested();
    world
        .call(OWNER, &abi::removeAttesterCall { attester: ATTESTER })
        .unwrap();
    world.logs();
    assert!(world.is_verified(CLINIC));
    world.refuses(
        ATTESTER,
        &attest(LAB, 0),
        &abi::UnauthorizedAttester { account: ATTESTER },
    );
}

#[test]
fn an_attested_number_belongs_to_one_live_provider() {
    let mut world = World::attested();
    let second = Address::repeat_byte(0x77);
    world.call(second, &register(NPI)).unwrap();
    world.logs();
    world.refuses(
        ATTESTER,
        &attest(second, NPI),
        &abi::NpiTaken {
            npi: NPI,
            holder: CLINIC,
        },
    );
    world.call(ATTESTER, &attest(CLINIC, NPI)).unwrap();
    // Without number nobody is in the way.
    world.call(ATTESTER, &attest(LAB, 0)).unwrap();
    // The number is free once its holder is no longer verified, and does not fall back.
    world
        .call(ATTESTER, &abi::suspendCall { provider: CLINIC })
        .unwrap();
    assert_eq!(by_npi(&mut world, NPI), Address::ZERO);
    world.call(ATTESTER, &attest(second, NPI)).unwrap();
    assert_eq!(by_npi(&mut world, NPI), second);
    world
        .call(ATTESTER, &abi::reinstateCall { provider: CLINIC })
        .unwrap();
    world.logs();
    world.refuses(
        ATTESTER,
        &attest(CLINIC, NPI),
        &abi::NpiTaken {
            npi: NPI,
            holder: second,
        },
    );
}

#[test]
fn a_number_given_up_is_free() {
    let mut world = World::attested();
    let set = abi::setIdentityProfileCall {
        kind: 2,
        npi: OTHER_NPI,
        identityProfile: Bytes::from_static(IDENTITY),
    };
    world.call(CLINIC, &set).unwrap();
    world.call(ATTESTER, &attest(CLINIC, OTHER_NPI)).unwrap();
    assert_eq!(by_npi(&mut world, NPI), Address::ZERO);
    assert_eq!(by_npi(&mut world, OTHER_NPI), CLINIC);
    assert_eq!(by_npi(&mut world, 0), Address::ZERO);
}

#[test]
fn attesters_and_the_owner_suspend_and_reinstate() {
    let mut world = World::attested();
    let (suspend, reinstate) = (
        abi::suspendCall { provider: CLINIC },
        abi::reinstateCall { provider: CLINIC },
    );
    for caller in [STRANGER, CLINIC] {
        world.refuses(
            caller,
            &suspend,
            &abi::UnauthorizedAttester { account: caller },
        );
        world.refuses(
            caller,
            &reinstate,
            &abi::UnauthorizedAttester { account: caller },
        );
    }
    world.refuses(
        OWNER,
        &abi::suspendCall { provider: STRANGER },
        &abi::UnknownProvider { provider: STRANGER },
    );
    world.refuses(
        OWNER,
        &abi::reinstateCall { provider: STRANGER },
        &abi::UnknownProvider { provider: STRANGER },
    );
    // Nothing to reinstate: nothing changes.
    world.call(OWNER, &reinstate).unwrap();
    assert_eq!(world.logs(), []);
    assert!(world.is_verified(CLINIC));

    world.call(OWNER, &suspend).unwrap();
    assert_eq!(
        world.logs(),
        [log(&abi::ProviderSuspended {
            provider: CLINIC,
            by: OWNER
        })]
    );
    assert_eq!(world.status(CLINIC), 3);
    assert!(!world.is_verified(CLINIC));
    world.call(ATTESTER, &suspend).unwrap();
    assert_eq!(world.logs(), []);
    let suspended = abi::ProviderNotActive {
        provider: CLINIC,
        status: 3,
    };
    world.refuses(ATTESTER, &attest(CLINIC, NPI), &suspended);
    let contact = abi::setContactProfileCall {
        contactProfile: Bytes::from_static(b"{}"),
    };
    world.refuses(CLINIC, &contact, &suspended);

    world.call(ATTESTER, &reinstate).unwrap();
    assert_eq!(
        world.logs(),
        [log(&abi::ProviderReinstated {
            provider: CLINIC,
            by: ATTESTER
        })]
    );
    let one = world
        .call(STRANGER, &abi::providerCall { account: CLINIC })
        .unwrap();
    assert_eq!(
        (one.status, one.attester, one.attestedUntil),
        (1, Address::ZERO, 0)
    );
    assert!(!world.is_verified(CLINIC));
    world.call(ATTESTER, &attest(CLINIC, NPI)).unwrap();
    assert!(world.is_verified(CLINIC));
}

#[test]
fn a_suspended_provider_may_leave() {
    let mut world = World::attested();
    world
        .call(ATTESTER, &abi::suspendCall { provider: CLINIC })
        .unwrap();
    world.call(CLINIC, &abi::retireCall {}).unwrap();
    assert_eq!(world.status(CLINIC), 4);
}
