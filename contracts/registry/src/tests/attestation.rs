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
    let one = world
        .call(STRANGER, &abi::providerCall { account: CLINIC })
        .unwrap();
    assert_eq!(one.attester, ATTESTER);
    let former = abi::UnauthorizedAttester { account: ATTESTER };
    world.refuses(ATTESTER, &attest(LAB, 0), &former);
    world.refuses(ATTESTER, &abi::suspendCall { provider: LAB }, &former);
    world.refuses(ATTESTER, &abi::reinstateCall { provider: LAB }, &former);
}

#[test]
fn an_attestation_is_renewed_by_any_attester() {
    let mut world = World::attested();
    let other = Address::repeat_byte(0x03);
    world
        .call(OWNER, &abi::addAttesterCall { attester: other })
        .unwrap();
    world.logs();
    for (attester, until) in [
        (other, START + 365 * DAY),
        (other, START + 366 * DAY),
        (ATTESTER, START + 366 * DAY),
        // An attestation can be shortened as well.
        (ATTESTER, START + 1),
    ] {
        let call = abi::attestCall {
            until,
            ..attest(CLINIC, NPI)
        };
        world.call(attester, &call).unwrap();
        assert_eq!(
            world.logs(),
            [log(&abi::ProviderAttested {
                provider: CLINIC,
                attester,
                npi: NPI,
                kind: 2,
                identityProfileHash: keccak256(IDENTITY),
                until,
            })]
        );
        let one = world
            .call(STRANGER, &abi::providerCall { account: CLINIC })
            .unwrap();
        assert_eq!((one.attester, one.attestedUntil), (attester, until));
    }
    // Renewing works after the end too.
    world.wait(DAY);
    assert!(!world.is_verified(CLINIC));
    world.call(ATTESTER, &attest(CLINIC, NPI)).unwrap();
    assert!(world.is_verified(CLINIC));
    assert_eq!(by_npi(&mut world, NPI), CLINIC);
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
    // Confirming anew what stands, until the same time, changes nothing.
    world.call(ATTESTER, &attest(CLINIC, NPI)).unwrap();
    assert_eq!(world.logs(), []);
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
fn a_number_whose_attestation_ended_goes_to_who_is_attested_first() {
    let mut world = World::attested();
    let second = Address::repeat_byte(0x77);
    world.call(second, &register(NPI)).unwrap();
    world.logs();
    let until = START + 700 * DAY;
    let renewal = |provider| abi::attestCall {
        until,
        ..attest(provider, NPI)
    };
    // One second before the end it is taken, at the end it is free.
    world.wait(365 * DAY - 1);
    world.refuses(
        ATTESTER,
        &renewal(second),
        &abi::NpiTaken {
            npi: NPI,
            holder: CLINIC,
        },
    );
    world.wait(1);
    world.call(ATTESTER, &renewal(second)).unwrap();
    world.logs();
    assert_eq!(by_npi(&mut world, NPI), second);
    // Who had it cannot be renewed with it until the second gives it up.
    world.refuses(
        ATTESTER,
        &renewal(CLINIC),
        &abi::NpiTaken {
            npi: NPI,
            holder: second,
        },
    );
    assert!(!world.is_verified(CLINIC));
    world.call(second, &abi::retireCall {}).unwrap();
    assert_eq!(by_npi(&mut world, NPI), Address::ZERO);
    world.call(ATTESTER, &renewal(CLINIC)).unwrap();
    assert_eq!(by_npi(&mut world, NPI), CLINIC);
    assert!(world.is_verified(CLINIC));
}

#[test]
fn a_number_taken_up_again_is_not_attested_by_itself() {
    let mut world = World::attested();
    let set = |npi| abi::setIdentityProfileCall {
        kind: 2,
        npi,
        identityProfile: Bytes::from_static(IDENTITY),
    };
    world.call(CLINIC, &set(0)).unwrap();
    world.call(CLINIC, &set(NPI)).unwrap();
    assert!(!world.is_verified(CLINIC));
    assert_eq!(by_npi(&mut world, NPI), Address::ZERO);
    world.call(CLINIC, &set(0)).unwrap();
    world.call(ATTESTER, &attest(CLINIC, 0)).unwrap();
    // Verified, and last attested with the number, but not with it now.
    assert_eq!(by_npi(&mut world, NPI), Address::ZERO);
}

#[test]
fn numbers_that_are_none_have_no_holder() {
    let mut world = World::attested();
    world.call(ATTESTER, &attest(LAB, 0)).unwrap();
    world.logs();
    for npi in [0, 1, NPI + (1 << 32), u64::MAX] {
        assert_eq!(by_npi(&mut world, npi), Address::ZERO, "{npi}");
        if npi != 0 {
            world.refuses(
                ATTESTER,
                &attest(LAB, npi),
                &abi::AttestationMismatch { provider: LAB },
            );
        }
    }
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
    let one = world
        .call(STRANGER, &abi::providerCall { account: CLINIC })
        .unwrap();
    assert_eq!(
        (one.status, one.attester, one.attestedUntil),
        (3, ATTESTER, START + 365 * DAY)
    );
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
    world.logs();
    world.call(CLINIC, &abi::retireCall {}).unwrap();
    assert_eq!(
        world.logs(),
        [log(&abi::ProviderRetired { provider: CLINIC })]
    );
    assert_eq!(world.status(CLINIC), 4);
    // And cannot be brought back from there.
    let gone = abi::ProviderNotActive {
        provider: CLINIC,
        status: 4,
    };
    for supervisor in [ATTESTER, OWNER] {
        world.refuses(supervisor, &abi::reinstateCall { provider: CLINIC }, &gone);
        world.refuses(supervisor, &abi::suspendCall { provider: CLINIC }, &gone);
    }
    world.refuses(ATTESTER, &attest(CLINIC, NPI), &gone);
}

#[test]
fn the_attested_identity_of_a_suspended_provider_cannot_change() {
    let mut world = World::attested();
    world
        .call(ATTESTER, &abi::suspendCall { provider: CLINIC })
        .unwrap();
    world.logs();
    let suspended = abi::ProviderNotActive {
        provider: CLINIC,
        status: 3,
    };
    let identity = abi::setIdentityProfileCall {
        kind: 1,
        npi: 0,
        identityProfile: Bytes::from_static(IDENTITY),
    };
    world.refuses(CLINIC, &identity, &suspended);
    let set_key = abi::setEncryptionKeyCall {
        keyX: key(8),
        keyParity: 0,
    };
    world.refuses(CLINIC, &set_key, &suspended);
}
