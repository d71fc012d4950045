//! Who may do what: every function for every role (the access matrix of `docs/access-model.md`).

use alloc::collections::BTreeSet;

use super::*;

const READER: Address = SPECIALIST;
const REQUESTER: Address = OTHER;
const WRITER: Address = Address::repeat_byte(0xf1);
/// Delegates with one right each.
const APPROVER: Address = Address::repeat_byte(0xd1);
const REVOKER: Address = Address::repeat_byte(0xd2);
const AUTHOR: Address = Address::repeat_byte(0xd4);
const ROTATOR: Address = Address::repeat_byte(0xd8);
/// Responders: one whose delay runs, one whose window is open.
const WAITING: Address = Address::repeat_byte(0x71);
const INSIDE: Address = Address::repeat_byte(0x72);

const EVERYBODY: [Address; 19] = [
    PATIENT,
    PRIMARY,
    READER,
    WRITER,
    APPROVER,
    REVOKER,
    AUTHOR,
    ROTATOR,
    RESPONDER,
    WAITING,
    INSIDE,
    CUSTODIAN,
    HEIR,
    REQUESTER,
    RELAYER,
    STRANGER,
    REGISTRY,
    PORT,
    IMPLEMENTATION,
];
const DELEGATES: [(u8, Address); 4] = [(1, APPROVER), (2, REVOKER), (4, AUTHOR), (8, ROTATOR)];

/// A call that one of these may make, and a delegate with one of `any` and all of `all` rights.
pub(super) struct Row {
    pub(super) call: Vec<u8>,
    others: &'static [Address],
    any: u8,
    all: u8,
    /// What everybody else hears.
    refusal: fn(Address) -> Vec<u8>,
}

impl Row {
    fn new(call: &impl SolCall, others: &'static [Address]) -> Self {
        Self {
            call: call.abi_encode(),
            others,
            any: 0,
            all: 0,
            refusal: |caller| unauthorized(caller).abi_encode(),
        }
    }

    fn or_delegate(self, any: u8) -> Self {
        Self { any, ..self }
    }

    pub(super) fn allows(&self, rights: u8) -> bool {
        rights & self.any != 0 && rights & self.all == self.all
    }

    pub(super) fn refusal(&self, caller: Address) -> Vec<u8> {
        (self.refusal)(caller)
    }
}

/// The functions that change something.
pub(super) fn rows() -> Vec<Row> {
    let silent = |sections| abi::Rotation {
        sealed_: Vec::new(),
        ..rotation(sections, &[1])
    };
    let end = START + DAY;
    let own: &[Address] = &[PATIENT];
    let writers: &[Address] = &[PATIENT, PRIMARY, WRITER];
    let signed = abi::executeCall {
        call: accept().abi_encode().into(),
        nonce: U256::ZERO,
        deadline: end,
        signature: Bytes::new(),
    };
    alloc::vec![
        Row {
            refusal: |_| abi::AlreadyClaimed {}.abi_encode(),
            ..Row::new(&claim(no_rotation()), &[])
        },
        Row::new(&set_encryption_key(no_rotation()), own),
        Row::new(&transfer(STRANGER), own),
        Row::new(&accept(), &[HEIR]),
        Row::new(&set_primary_care(Address::ZERO), own),
        Row::new(&rotate(silent(2)), own).or_delegate(8),
        Row::new(&reseal(READER, 1, &[1]), own).or_delegate(8),
        // WRITER writes section 0 only.
        Row::new(&add(0, 1), writers).or_delegate(4),
        Row::new(&add(1, 1), &[PATIENT, PRIMARY]).or_delegate(4),
        // Record 1 is PRIMARY's, record 2 AUTHOR's, record 3 WRITER's.
        Row::new(&supersede(1, 1), &[PATIENT, PRIMARY]),
        Row::new(&retract(1, 1), &[PATIENT, PRIMARY]),
        Row::new(&publish(1, 0, 0), &[PATIENT, PRIMARY]),
        Row::new(&supersede(3, 1), &[PATIENT, WRITER]),
        Row::new(&retract(3, 1), &[PATIENT, WRITER]),
        Row::new(&publish(3, 1, 0), &[PATIENT, WRITER]),
        Row::new(&share(READER, &[1]), own),
        Row {
            refusal: |caller| abi::UnverifiedProvider { provider: caller }.abi_encode(),
            ..Row::new(
                &request(READER),
                &[PRIMARY, READER, RESPONDER, WAITING, INSIDE, REQUESTER],
            )
        },
        Row::new(&cancel(1), &[REQUESTER]),
        Row::new(&deny(1, 1), own).or_delegate(1),
        Row::new(&block(STRANGER, true), own),
        Row::new(
            &abi::approveCall {
                reader: REQUESTER,
                ..approve(1, 1, &[1], end, 3)
            },
            own,
        )
        .or_delegate(1),
        Row::new(&grant(PRIMARY, 1, &[1], end, 3), own).or_delegate(1),
        Row::new(&revoke(READER, no_rotation()), own).or_delegate(2),
        Row {
            all: 10,
            ..Row::new(&revoke(READER, silent(1)), own).or_delegate(2)
        },
        Row::new(&set_delegate(STRANGER, 1, end), own),
        Row::new(&end_delegate(APPROVER, no_rotation()), own),
        Row::new(&set_custodian(1, STRANGER), own),
        Row::new(&no_custodian(0), own),
        Row::new(&arm(PRIMARY, 1, 0, 1), own),
        Row::new(&disarm(INSIDE), own),
        Row::new(&set_package(RESPONDER), own).or_delegate(8),
        Row {
            refusal: |caller| {
                let state = match caller {
                    WAITING => 2,
                    INSIDE => 3,
                    _ => 0,
                };
                abi::InvalidEmergencyState {
                    responder: caller,
                    state,
                }
                .abi_encode()
            },
            ..Row::new(&break_glass(), &[RESPONDER])
        },
        Row::new(&veto(WAITING), own).or_delegate(3),
        Row::new(&release(INSIDE), &[CUSTODIAN]),
        Row::new(&abi::cancelSignaturesCall {}, own),
        // Who sends it does not matter, whose signature it carries does.
        Row {
            refusal: |_| abi::InvalidSignature {}.abi_encode(),
            ..Row::new(&signed, &[])
        },
    ]
}

/// One call of every view, and the world's answer to everybody.
fn views() -> Vec<Vec<u8>> {
    let page = (1, 2);
    alloc::vec![
        abi::infoCall {}.abi_encode(),
        abi::sectionKeysCall { sections: 3 }.abi_encode(),
        abi::recordCall { recordId: 1 }.abi_encode(),
        abi::recordsCall {
            from: page.0,
            limit: page.1
        }
        .abi_encode(),
        abi::getRequestCall { requestId: 1 }.abi_encode(),
        abi::requestsCall {
            from: page.0,
            limit: page.1
        }
        .abi_encode(),
        abi::isBlockedCall {
            requester: STRANGER
        }
        .abi_encode(),
        abi::holdersCall {
            from: page.0,
            limit: page.1
        }
        .abi_encode(),
        abi::holderOfCall { account: READER }.abi_encode(),
        abi::accessOfCall { reader: READER }.abi_encode(),
        abi::hasAccessCall {
            reader: READER,
            section: 0
        }
        .abi_encode(),
        abi::custodiansCall {}.abi_encode(),
        abi::historyHeadCall {}.abi_encode(),
        abi::supportsInterfaceCall {
            interfaceId: [0; 4].into()
        }
        .abi_encode(),
    ]
}

/// A port where every role of [`EVERYBODY`] is taken. Delegations end after a day, nothing else does.
fn full_house() -> World {
    let mut world = World::claimed();
    for account in [WAITING, INSIDE] {
        world.registry_answers(account, Ok(true));
    }
    for account in [
        WRITER,
        APPROVER,
        REVOKER,
        AUTHOR,
        ROTATOR,
        RELAYER,
        PORT,
        IMPLEMENTATION,
    ] {
        world.registry_answers(account, Ok(false));
    }
    world.done(REQUESTER, &request(REQUESTER));
    world.done(PATIENT, &grant(READER, 1, &[1], START + 9 * DAY, 1));
    let writer = abi::grantCall {
        allowUnverified: true,
        message: Bytes::new(),
        ..grant(WRITER, 1, &[1], START + 9 * DAY, 2)
    };
    world.done(PATIENT, &writer);
    for (rights, delegate) in DELEGATES {
        world.done(PATIENT, &set_delegate(delegate, rights, START + DAY));
    }
    let long = 7 * DAY as u32;
    world.done(PATIENT, &arm(RESPONDER, 1, long, long));
    world.done(PATIENT, &arm(WAITING, 1, long, long));
    world.done(PATIENT, &arm(INSIDE, 1, 0, long));
    world.done(WAITING, &break_glass());
    world.done(INSIDE, &break_glass());
    world.done(PATIENT, &set_custodian(0, CUSTODIAN));
    world.done(PATIENT, &transfer(HEIR));
    for author in [PRIMARY, AUTHOR, WRITER] {
        world.done(author, &add(0, 1));
    }
    world
}

#[test]
fn the_matrix_has_a_row_for_every_function() {
    let selector = |call: &Vec<u8>| <[u8; 4]>::try_from(&call[..4]).unwrap();
    let walked: BTreeSet<_> = rows()
        .iter()
        .map(|row| selector(&row.call))
        .chain(views().iter().map(selector))
        .collect();
    let all = abi::IPatientPortCalls::SELECTORS.iter().copied().collect();
    assert_eq!(walked, all);
}

#[test]
fn everybody_does_what_the_matrix_says_and_nothing_else() {
    let world = full_house();
    for row in rows() {
        for caller in EVERYBODY {
            let rights = DELEGATES.iter().find(|one| one.1 == caller);
            let allowed =
                row.others.contains(&caller) || rights.is_some_and(|one| row.allows(one.0));
            let answer = world.fork().send(caller, row.call.clone());
            match answer {
                Ok(_) => assert!(allowed, "{caller} does {:x?}", &row.call[..4]),
                Err(refusal) => {
                    let said = decoded(&refusal);
                    assert!(!allowed, "{caller} hears {said:?}");
                    assert_eq!(refusal, row.refusal(caller), "{caller} hears {said:?}");
                }
            }
        }
    }
}

#[test]
fn a_delegation_is_over_in_the_second_it_ends() {
    let mut world = full_house();
    world.wait_until(START + DAY - 1);
    world.fork().done(AUTHOR, &retract(2, 1));
    world.wait(1);
    for (_, delegate) in DELEGATES {
        for row in rows() {
            let refusal = world.send(delegate, row.call.clone()).unwrap_err();
            assert_eq!(refusal, row.refusal(delegate));
        }
    }
    // What a delegate wrote stays, and is its own no more.
    world.refuses(AUTHOR, &retract(2, 1), &unauthorized(AUTHOR));
}

#[test]
fn combined_rights_allow_what_each_allows() {
    let world = full_house();
    for rights in 1..=15 {
        let mut world = world.fork();
        world.done(PATIENT, &set_delegate(DELEGATE, rights, START + 2 * DAY));
        for row in rows() {
            let answer = world.fork().send(DELEGATE, row.call.clone());
            if row.allows(rights) {
                // `approve`, `grant`: to the end of the delegation at most, which is later.
                assert!(answer.is_ok(), "{rights}: {:x?}", &row.call[..4]);
            } else {
                assert_eq!(answer, Err(row.refusal(DELEGATE)), "{rights}");
            }
        }
    }
}

#[test]
fn views_answer_everybody_alike() {
    let mut world = full_house();
    world.asked();
    for view in views() {
        let answer = world.send(PATIENT, view.clone()).unwrap();
        for caller in EVERYBODY {
            assert_eq!(world.send(caller, view.clone()), Ok(answer.clone()));
        }
    }
    assert_eq!(world.asked(), []);
}
