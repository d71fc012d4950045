//! Scripts in which every function of the port succeeds.

use alloy_primitives::{Address, B256, Bytes, FixedBytes};
use patientport_abi::{IPatientPort as abi, limits};

use super::{
    calls::*,
    worlds::{BRINK, CLAIMED, CROWDED, IMPLEMENTATION, INHERITED, ISSUED, LAST_ID, LIVED},
    *,
};
use crate::seeds::{Seed, Story};

fn lived(from: Address, call: &impl SolCall) -> Seed {
    story(LIVED).call(from, call).told()
}

fn story(world: u8) -> Story<Port> {
    Story::new(world)
}

/// A script for each function that acts, and some in which several do.
pub(crate) fn all() -> Vec<Seed> {
    let mut seeds = functions();
    seeds.extend(views());
    seeds.extend(stories());
    seeds
}

fn functions() -> Vec<Seed> {
    vec![
        story(ISSUED).call(PATIENT, &claim()).told(),
        lived(
            PATIENT,
            &abi::setEncryptionKeyCall {
                keyX: key(0xe0),
                keyParity: 0,
                rotation: rotation(OPEN, 1, &[PATIENT, SPECIALIST, DELEGATE]),
            },
        ),
        lived(
            PATIENT,
            &abi::transferOwnershipCall {
                newOwner: Address::ZERO,
            },
        ),
        lived(HEIR, &abi::acceptOwnershipCall {}),
        lived(PATIENT, &abi::setPrimaryCareCall { provider: OTHER }),
        lived(
            DELEGATE,
            &abi::rotateCall {
                rotation: rotation(OPEN, 1, &[PATIENT, SPECIALIST]),
            },
        ),
        lived(
            PATIENT,
            &abi::resealCall {
                sections: 0b11,
                epochs: vec![1, 1],
                sealed_: sealed(&[SPECIALIST, DELEGATE]),
            },
        ),
        lived(SPECIALIST, &add(1)),
        lived(SPECIALIST, &supersede(3)),
        lived(
            PATIENT,
            &abi::retractCall {
                recordId: 2,
                reason: 1,
            },
        ),
        lived(
            SPECIALIST,
            &abi::publishCall {
                recordId: 3,
                part: 1,
                piece: 7,
                data: Bytes::from_static(&[0xab; 70]),
            },
        ),
        lived(
            PATIENT,
            &abi::shareCall {
                reader: STRANGER,
                recordIds: vec![1, 2, 4],
                message: Bytes::from_static(b"record keys"),
            },
        ),
        lived(PRIMARY, &request(SPECIALIST)),
        lived(SPECIALIST, &abi::cancelCall { requestId: 5 }),
        lived(
            DELEGATE,
            &abi::denyCall {
                requestId: 6,
                reason: 5,
                message: Bytes::from_static(b"no"),
            },
        ),
        lived(
            PATIENT,
            &abi::setBlockedCall {
                requester: RESPONDER,
                blocked: false,
            },
        ),
        lived(DELEGATE, &approve(7, OTHER)),
        lived(PATIENT, &grant(PRIMARY)),
        lived(
            DELEGATE,
            &abi::revokeCall {
                reader: SPECIALIST,
                reason: 3,
                rotation: rotation(0b11, 1, &[PATIENT, DELEGATE]),
            },
        ),
        lived(PATIENT, &set_delegate(STRANGER, 9)),
        lived(
            PATIENT,
            &end_delegate(DELEGATE, rotation(OPEN, 1, &[PATIENT])),
        ),
        lived(PATIENT, &set_custodian(2, STRANGER)),
        lived(
            PATIENT,
            &abi::setCustodianCall {
                keyX: B256::ZERO,
                keyParity: 0,
                ..set_custodian(0, Address::ZERO)
            },
        ),
        lived(PATIENT, &arm(PRIMARY)),
        lived(PATIENT, &disarm(OTHER)),
        lived(
            DELEGATE,
            &abi::setPackageCall {
                responder: RESPONDER,
                package: key(0xb1),
            },
        ),
        lived(RESPONDER, &break_glass()),
        lived(DELEGATE, &abi::vetoCall { responder: OTHER }),
        story(LIVED)
            .wait(3)
            .call(
                CUSTODIAN,
                &abi::releaseCall {
                    responder: OTHER,
                    message: Bytes::from_static(b"inner layer"),
                },
            )
            .told(),
        lived(STRANGER, &execute(&add(0), 0)),
        lived(PATIENT, &abi::cancelSignaturesCall {}),
    ]
}

fn views() -> Vec<Seed> {
    let page = (1, 100);
    vec![
        lived(STRANGER, &abi::infoCall {}),
        lived(STRANGER, &abi::sectionKeysCall { sections: u64::MAX }),
        lived(STRANGER, &abi::recordCall { recordId: 1 }),
        lived(
            STRANGER,
            &abi::recordsCall {
                from: page.0,
                limit: page.1,
            },
        ),
        lived(STRANGER, &abi::getRequestCall { requestId: 7 }),
        lived(
            STRANGER,
            &abi::requestsCall {
                from: page.0,
                limit: page.1,
            },
        ),
        lived(
            STRANGER,
            &abi::isBlockedCall {
                requester: RESPONDER,
            },
        ),
        lived(STRANGER, &abi::holdersCall { from: 0, limit: 9 }),
        lived(STRANGER, &abi::holderOfCall { account: DELEGATE }),
        lived(STRANGER, &abi::accessOfCall { reader: SPECIALIST }),
        lived(
            STRANGER,
            &abi::hasAccessCall {
                reader: SPECIALIST,
                section: 1,
            },
        ),
        lived(STRANGER, &abi::custodiansCall {}),
        lived(STRANGER, &abi::historyHeadCall {}),
        lived(
            STRANGER,
            &abi::supportsInterfaceCall {
                interfaceId: FixedBytes([0x01, 0xff, 0xc9, 0xa7]),
            },
        ),
        story(CROWDED)
            .call(
                STRANGER,
                &abi::holdersCall {
                    from: 0,
                    limit: 128,
                },
            )
            .told(),
    ]
}

fn stories() -> Vec<Seed> {
    let revoke = |rotation| abi::revokeCall {
        reader: SPECIALIST,
        reason: 1,
        rotation,
    };
    vec![
        // From nothing to a record that is read.
        story(ISSUED)
            .call(STRANGER, &execute(&claim(), 0))
            .call(SPECIALIST, &request(SPECIALIST))
            .call(PATIENT, &approve(1, SPECIALIST))
            .call(SPECIALIST, &add(0))
            .call(PATIENT, &revoke(rotation(OPEN, 1, &[PATIENT])))
            .named("life"),
        // A glass is broken, opened, over, and armed anew.
        story(LIVED)
            .call(RESPONDER, &break_glass())
            .wait(3)
            .call(
                CUSTODIAN,
                &abi::releaseCall {
                    responder: RESPONDER,
                    message: Bytes::from_static(b"inner layer"),
                },
            )
            .call(
                PATIENT,
                &abi::rotateCall {
                    rotation: rotation(1, 1, &[PATIENT, RESPONDER]),
                },
            )
            .wait(4)
            .call(PATIENT, &arm(RESPONDER))
            .named("emergency"),
        // A full list has room again once a reader's access has ended and its keys are replaced.
        story(CROWDED)
            .wait(4)
            .call(PATIENT, &grant(SPECIALIST))
            .call(
                PATIENT,
                &abi::rotateCall {
                    rotation: rotation(OPEN, 1, &[PATIENT]),
                },
            )
            .call(
                PATIENT,
                &abi::grantCall {
                    epochs: vec![2, 2],
                    ..grant(SPECIALIST)
                },
            )
            .named("crowd"),
        // A requester's places are taken until its requests end.
        story(CROWDED)
            .call(SPECIALIST, &request(OTHER))
            .wait(6)
            .call(SPECIALIST, &request(OTHER))
            .named("pending"),
        story(INHERITED)
            .call(STRANGER, &execute_for_wallet(&add(0), 0))
            .call(STRANGER, &execute_for_wallet(&abi::infoCall {}, 1))
            .call(
                STRANGER,
                &execute_for_wallet(&abi::cancelSignaturesCall {}, 2),
            )
            .named("wallet"),
        story(BRINK)
            .call(PATIENT, &add(5))
            .call(
                STRANGER,
                &abi::recordsCall {
                    from: LAST_ID,
                    limit: 2,
                },
            )
            .call(PATIENT, &add(5))
            .call(SPECIALIST, &request(SPECIALIST))
            .call(
                STRANGER,
                &abi::requestsCall {
                    from: LAST_ID,
                    limit: 2,
                },
            )
            .call(PATIENT, &grant(PRIMARY))
            .call(PATIENT, &abi::cancelSignaturesCall {})
            .call(PATIENT, &abi::cancelSignaturesCall {})
            .call(
                PATIENT,
                &abi::rotateCall {
                    rotation: rotation(1, 0xff_fffe, &[PATIENT]),
                },
            )
            .call(
                PATIENT,
                &abi::rotateCall {
                    rotation: rotation(1, 0xff_ffff, &[PATIENT]),
                },
            )
            .named("brink"),
        // Twice, and from somebody who is blocked.
        story(LIVED)
            .call(PATIENT, &supersede(2))
            .call(PATIENT, &supersede(2))
            .call(RESPONDER, &request(RESPONDER))
            .named("twice"),
        // One byte too many.
        story(LIVED)
            .call(
                PATIENT,
                &abi::publishCall {
                    recordId: 4,
                    part: 0,
                    piece: 0,
                    data: vec![1; limits::MAX_PIECE_BYTES as usize + 1].into(),
                },
            )
            .named("long-piece"),
        story(LIVED)
            .call(
                PATIENT,
                &abi::grantCall {
                    message: vec![1; limits::MAX_MESSAGE_BYTES as usize + 1].into(),
                    ..grant(PRIMARY)
                },
            )
            .named("long-message"),
        // Writing needs no secrets.
        story(CLAIMED)
            .call(
                PATIENT,
                &abi::grantCall {
                    rights: 2,
                    allowUnverified: true,
                    message: Bytes::new(),
                    ..grant(STRANGER)
                },
            )
            .call(STRANGER, &add(0))
            .named("writer"),
        story(IMPLEMENTATION)
            .call(PATIENT, &claim())
            .call(STRANGER, &abi::infoCall {})
            .named("implementation"),
    ]
}
