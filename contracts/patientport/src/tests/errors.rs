//! Every error of the interface has a call that meets it, and says exactly what the interface says.

use alloc::collections::BTreeSet;

use super::{
    holders::{full, give},
    layout::{slot, word},
    signed::execute,
    *,
};

/// A refusal that was met, and what it should be.
struct Met {
    refusal: Vec<u8>,
    expected: Vec<u8>,
}

fn met<C: SolCall>(mut world: World, caller: Address, call: &C, error: &impl SolError) -> Met {
    let refusal = world
        .send(caller, call.abi_encode())
        .expect_err(C::SIGNATURE);
    Met {
        refusal,
        expected: error.abi_encode(),
    }
}

/// One producer of every error, in the order of the interface.
fn all() -> Vec<Met> {
    let claimed = World::claimed;
    let end = START + DAY;
    let mut nine = World::claimed();
    for _ in 0..8 {
        nine.done(SPECIALIST, &request(SPECIALIST));
    }
    let mut blocked = World::claimed();
    blocked.done(PATIENT, &block(SPECIALIST, true));
    let gone = World::claimed();
    gone.registry_is_gone();
    let mut retracted = World::claimed();
    retracted.done(PATIENT, &add(0, 1));
    retracted.done(PATIENT, &retract(1, 1));
    let mut cancelled = World::claimed();
    cancelled.done(SPECIALIST, &request(SPECIALIST));
    cancelled.done(SPECIALIST, &cancel(1));
    let exhausted = World::claimed();
    exhausted.set_slot(slot(9, &[0]), word(&[&[0xff; 4]]));
    let mut recorded = World::claimed();
    recorded.done(PATIENT, &add(0, 1));
    let mut bad_key = rotation(1, &[1]);
    bad_key.keys = [B256::ZERO].into();
    let crowd = abi::Rotation {
        sealed_: alloc::vec![sealed(PATIENT, b"x"); 18],
        ..rotation(1, &[1])
    };
    let silent = abi::requestCall {
        recipient: SPECIALIST,
        message: Bytes::new(),
    };
    let blank = abi::addCall {
        commitment: B256::ZERO,
        ..add(0, 1)
    };
    let later = |deadline| execute(&add(0, 1).abi_encode(), 0, deadline);
    alloc::vec![
        met(
            claimed(),
            STRANGER,
            &transfer(HEIR),
            &unauthorized(STRANGER)
        ),
        met(
            World::implementation(),
            STRANGER,
            &claim(no_rotation()),
            &abi::NotAPort {}
        ),
        met(
            claimed(),
            PATIENT,
            &claim(no_rotation()),
            &abi::AlreadyClaimed {}
        ),
        met(World::issued(), PATIENT, &add(0, 1), &abi::NotClaimed {}),
        met(
            claimed(),
            STRANGER,
            &request(SPECIALIST),
            &abi::UnverifiedProvider { provider: STRANGER }
        ),
        met(
            gone,
            SPECIALIST,
            &request(SPECIALIST),
            &abi::RegistryUnavailable { registry: REGISTRY }
        ),
        met(
            claimed(),
            PATIENT,
            &add(1, 7),
            &abi::StaleEpoch {
                section: 1,
                given: 7,
                current: 1
            }
        ),
        met(
            claimed(),
            PATIENT,
            &add(2, 1),
            &abi::SectionNotOpen { section: 2 }
        ),
        met(
            claimed(),
            PATIENT,
            &rotate(no_rotation()),
            &abi::InvalidSections { sections: 0 }
        ),
        met(
            claimed(),
            PATIENT,
            &reseal(PATIENT, 3, &[1]),
            &abi::LengthMismatch {
                given: 1,
                expected: 2
            }
        ),
        met(
            claimed(),
            PATIENT,
            &rotate(bad_key),
            &abi::InvalidKey {
                x: B256::ZERO,
                parity: 1
            }
        ),
        met(
            claimed(),
            PATIENT,
            &transfer(PATIENT),
            &abi::InvalidAddress { account: PATIENT }
        ),
        met(
            claimed(),
            SPECIALIST,
            &silent,
            &abi::InvalidMessageLength {
                given: 0,
                max: 8192
            }
        ),
        met(
            claimed(),
            PATIENT,
            &rotate(crowd),
            &abi::TooManyRecipients { given: 18, max: 17 }
        ),
        met(
            claimed(),
            PATIENT,
            &share(OTHER, &[]),
            &abi::InvalidRecordCount { given: 0, max: 16 }
        ),
        met(
            claimed(),
            PATIENT,
            &retract(4, 1),
            &abi::UnknownRecord { recordId: 4 }
        ),
        met(
            retracted,
            PATIENT,
            &retract(1, 1),
            &abi::RecordNotCurrent {
                recordId: 1,
                state: 2
            }
        ),
        met(claimed(), PATIENT, &blank, &abi::InvalidCommitment {}),
        met(
            recorded,
            PATIENT,
            &publish(1, 2, 0),
            &abi::InvalidPart { part: 2 }
        ),
        met(
            claimed(),
            PATIENT,
            &deny(4, 1),
            &abi::UnknownRequest { requestId: 4 }
        ),
        met(
            cancelled,
            PATIENT,
            &deny(1, 1),
            &abi::RequestNotPending {
                requestId: 1,
                state: 4
            }
        ),
        met(
            nine,
            SPECIALIST,
            &request(SPECIALIST),
            &abi::TooManyPendingRequests {
                requester: SPECIALIST,
                max: 8
            }
        ),
        met(
            blocked,
            SPECIALIST,
            &request(SPECIALIST),
            &abi::RequesterBlocked {
                requester: SPECIALIST
            }
        ),
        met(
            claimed(),
            PATIENT,
            &grant(SPECIALIST, 1, &[1], START, 1),
            &abi::InvalidExpiry {
                given: START,
                earliest: START + 1,
                latest: START + 5 * YEAR
            }
        ),
        met(
            claimed(),
            PATIENT,
            &grant(SPECIALIST, 1, &[1], end, 4),
            &abi::InvalidRights { rights: 4 }
        ),
        met(
            World::granted(),
            PATIENT,
            &abi::revokeCall {
                reason: 9,
                ..revoke(SPECIALIST, no_rotation())
            },
            &abi::InvalidReason { reason: 9 }
        ),
        met(
            claimed(),
            PATIENT,
            &share(PATIENT, &[1]),
            &abi::InvalidReader { reader: PATIENT }
        ),
        met(
            claimed(),
            PATIENT,
            &revoke(OTHER, no_rotation()),
            &abi::NoLiveGrant { reader: OTHER }
        ),
        met(
            full(),
            PATIENT,
            &give(OTHER, 1, end),
            &abi::TooManyHolders { max: 128 }
        ),
        met(
            World::armed(),
            PATIENT,
            &veto(RESPONDER),
            &abi::InvalidEmergencyState {
                responder: RESPONDER,
                state: 1
            }
        ),
        met(
            claimed(),
            PATIENT,
            &arm(RESPONDER, 1, 0, 0),
            &abi::InvalidDuration {
                given: 0,
                max: 30 * DAY
            }
        ),
        met(
            claimed(),
            PATIENT,
            &set_custodian(3, CUSTODIAN),
            &abi::InvalidCustodian { index: 3 }
        ),
        met(claimed(), RELAYER, &later(START), &abi::InvalidSignature {}),
        met(
            claimed(),
            RELAYER,
            &execute(&[], 3, START),
            &abi::InvalidNonce {
                given: 3,
                expected: 0
            }
        ),
        met(
            claimed(),
            RELAYER,
            &later(START - 1),
            &abi::SignatureExpired {
                deadline: START - 1
            }
        ),
        met(
            exhausted,
            PATIENT,
            &abi::cancelSignaturesCall {},
            &abi::Exhausted {}
        ),
    ]
}

#[test]
fn every_error_of_the_interface_is_met_and_says_what_it_should() {
    let mut produced = BTreeSet::new();
    for met in all() {
        assert_eq!(met.refusal, met.expected, "{:?}", decoded(&met.refusal));
        produced.insert(<[u8; 4]>::try_from(&met.refusal[..4]).unwrap());
    }
    for selector in abi::IPatientPortErrors::SELECTORS {
        assert!(produced.contains(selector), "{selector:x?} is never met");
    }
    assert_eq!(produced.len(), abi::IPatientPortErrors::SELECTORS.len());
}

#[test]
fn the_first_thing_wrong_is_the_one_reported() {
    // A call that is wrong in every way, mended step by step: guards first, then arguments in order.
    let mut world = World::claimed();
    world.registry_is_gone();
    let mut call = abi::grantCall {
        reader: Address::ZERO,
        sections: 0,
        epochs: [9, 9].into(),
        expiry: START,
        rights: 9,
        allowUnverified: false,
        message: Bytes::new(),
    };
    world.refuses(STRANGER, &call, &unauthorized(STRANGER));
    let nobody = abi::InvalidAddress {
        account: Address::ZERO,
    };
    world.refuses(PATIENT, &call, &nobody);
    call.reader = PATIENT;
    world.refuses(PATIENT, &call, &abi::InvalidReader { reader: PATIENT });
    call.reader = SPECIALIST;
    world.refuses(PATIENT, &call, &abi::InvalidSections { sections: 0 });
    call.sections = 1;
    let length = abi::LengthMismatch {
        given: 2,
        expected: 1,
    };
    world.refuses(PATIENT, &call, &length);
    call.epochs = [9].into();
    let stale = abi::StaleEpoch {
        section: 0,
        given: 9,
        current: 1,
    };
    world.refuses(PATIENT, &call, &stale);
    call.epochs = [1].into();
    let expiry = abi::InvalidExpiry {
        given: START,
        earliest: START + 1,
        latest: START + 5 * YEAR,
    };
    world.refuses(PATIENT, &call, &expiry);
    call.expiry = START + 1;
    world.refuses(PATIENT, &call, &abi::InvalidRights { rights: 9 });
    call.rights = 1;
    let message = abi::InvalidMessageLength {
        given: 0,
        max: 8192,
    };
    world.refuses(PATIENT, &call, &message);
    call.message = Bytes::from_static(b"secrets");
    let registry = abi::RegistryUnavailable { registry: REGISTRY };
    world.refuses(PATIENT, &call, &registry);
    call.allowUnverified = true;
    world.done(PATIENT, &call);
}
