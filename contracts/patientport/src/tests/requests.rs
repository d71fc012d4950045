//! Making and ending requests.

use super::*;

fn deny(id: u32, reason: u8) -> abi::denyCall {
    abi::denyCall {
        requestId: id,
        reason,
        message: Bytes::from_static(b"no"),
    }
}

fn state(world: &mut World, id: u32) -> u8 {
    world
        .call(STRANGER, &abi::getRequestCall { requestId: id })
        .unwrap()
        .state
}

#[test]
fn a_provider_asks_for_itself_or_refers_another() {
    let mut world = World::claimed();
    assert_eq!(world.call(SPECIALIST, &request(SPECIALIST)).unwrap(), 1);
    let message = Bytes::from_static(b"please");
    assert_eq!(
        world.logs(),
        [log(&abi::RequestMade {
            requestId: 1,
            requester: SPECIALIST,
            recipient: SPECIALIST,
            message: message.clone(),
        })]
    );
    assert_eq!(world.call(PRIMARY, &request(OTHER)).unwrap(), 2);
    assert_eq!(
        world.logs(),
        [log(&abi::RequestMade {
            requestId: 2,
            requester: PRIMARY,
            recipient: OTHER,
            message
        })]
    );
    let page = world
        .call(
            STRANGER,
            &abi::requestsCall {
                from: 1,
                limit: 100,
            },
        )
        .unwrap();
    let page: Vec<_> = page
        .iter()
        .map(|one| (one.requester, one.recipient, one.requestedAt, one.state))
        .collect();
    assert_eq!(
        page,
        [
            (SPECIALIST, SPECIALIST, START, 1),
            (PRIMARY, OTHER, START, 1)
        ]
    );
    assert_eq!(
        world
            .call(STRANGER, &abi::infoCall {})
            .unwrap()
            .requestCount,
        2
    );
}

#[test]
fn only_verified_providers_ask() {
    let mut world = World::claimed();
    world.registry_answers(STRANGER, Ok(false));
    world.refuses(
        STRANGER,
        &request(STRANGER),
        &abi::UnverifiedProvider { provider: STRANGER },
    );
    world.registry_answers(OTHER, Ok(true));
    world.registry_answers(STRANGER, Err(()));
    let unavailable = abi::RegistryUnavailable { registry: REGISTRY };
    world.refuses(STRANGER, &request(STRANGER), &unavailable);
    // The recipient of a referral is asked about as well.
    world.vm.mock_static_call(
        REGISTRY,
        IRegistry::isVerifiedCall { account: PRIMARY }.abi_encode(),
        Ok(true.abi_encode()),
    );
    world.refuses(PRIMARY, &request(STRANGER), &unavailable);
}

#[test]
fn an_answer_that_is_no_boolean_is_no_answer() {
    let mut world = World::claimed();
    let question = IRegistry::isVerifiedCall {
        account: SPECIALIST,
    }
    .abi_encode();
    let unavailable = abi::RegistryUnavailable { registry: REGISTRY };
    for answer in [Vec::new(), alloc::vec![1], 2_u64.abi_encode()] {
        world
            .vm
            .mock_static_call(REGISTRY, question.clone(), Ok(answer));
        world.refuses(SPECIALIST, &request(SPECIALIST), &unavailable);
    }
}

#[test]
fn a_request_names_a_reader_and_carries_a_message() {
    let mut world = World::claimed();
    world.refuses(
        SPECIALIST,
        &request(PATIENT),
        &abi::InvalidReader { reader: PATIENT },
    );
    world.refuses(
        SPECIALIST,
        &request(Address::ZERO),
        &abi::InvalidAddress {
            account: Address::ZERO,
        },
    );
    for (length, given) in [(0, 0), (8193, 8193)] {
        let call = abi::requestCall {
            recipient: SPECIALIST,
            message: alloc::vec![1; length].into(),
        };
        world.refuses(
            SPECIALIST,
            &call,
            &abi::InvalidMessageLength { given, max: 8192 },
        );
    }
    let longest = abi::requestCall {
        recipient: SPECIALIST,
        message: alloc::vec![1; 8192].into(),
    };
    world.call(SPECIALIST, &longest).unwrap();
}

#[test]
fn eight_requests_wait_at_most() {
    let mut world = World::claimed();
    for id in 1..=8 {
        assert_eq!(world.call(SPECIALIST, &request(SPECIALIST)).unwrap(), id);
    }
    world.logs();
    let refusal = abi::TooManyPendingRequests {
        requester: SPECIALIST,
        max: 8,
    };
    world.refuses(SPECIALIST, &request(SPECIALIST), &refusal);
    world.call(OTHER, &request(OTHER)).unwrap();
    // Each end frees a place: cancelled, denied, approved.
    world
        .call(SPECIALIST, &abi::cancelCall { requestId: 4 })
        .unwrap();
    world.call(PATIENT, &deny(8, 1)).unwrap();
    world
        .call(PATIENT, &approve(1, 1, &[1], START + DAY, 1))
        .unwrap();
    for _ in 0..3 {
        world.call(SPECIALIST, &request(SPECIALIST)).unwrap();
    }
    world.logs();
    world.refuses(SPECIALIST, &request(SPECIALIST), &refusal);
    // And so does time.
    world.wait(90 * DAY);
    for _ in 0..8 {
        world.call(SPECIALIST, &request(SPECIALIST)).unwrap();
    }
    world.logs();
    world.refuses(SPECIALIST, &request(SPECIALIST), &refusal);
}

#[test]
fn the_requester_cancels() {
    let mut world = World::claimed();
    world.call(PRIMARY, &request(SPECIALIST)).unwrap();
    world.logs();
    let cancel = abi::cancelCall { requestId: 1 };
    world.refuses(SPECIALIST, &cancel, &unauthorized(SPECIALIST));
    world.refuses(PATIENT, &cancel, &unauthorized(PATIENT));
    world.refuses(
        PRIMARY,
        &abi::cancelCall { requestId: 2 },
        &abi::UnknownRequest { requestId: 2 },
    );
    world.call(PRIMARY, &cancel).unwrap();
    assert_eq!(
        world.logs(),
        [log(&abi::RequestCancelled {
            requestId: 1,
            requester: PRIMARY
        })]
    );
    assert_eq!(state(&mut world, 1), 4);
    world.refuses(
        PRIMARY,
        &cancel,
        &abi::RequestNotPending {
            requestId: 1,
            state: 4,
        },
    );
}

#[test]
fn the_patient_denies_with_a_reason() {
    let mut world = World::claimed();
    world.call(PRIMARY, &request(SPECIALIST)).unwrap();
    world.logs();
    world.refuses(PATIENT, &deny(1, 0), &abi::InvalidReason { reason: 0 });
    world.refuses(PATIENT, &deny(1, 6), &abi::InvalidReason { reason: 6 });
    world.refuses(PATIENT, &deny(2, 1), &abi::UnknownRequest { requestId: 2 });
    let long = abi::denyCall {
        requestId: 1,
        reason: 1,
        message: alloc::vec![0; 8193].into(),
    };
    world.refuses(
        PATIENT,
        &long,
        &abi::InvalidMessageLength {
            given: 8193,
            max: 8192,
        },
    );
    world.call(PATIENT, &deny(1, 5)).unwrap();
    let message = Bytes::from_static(b"no");
    assert_eq!(
        world.logs(),
        [log(&abi::RequestDenied {
            requestId: 1,
            requester: PRIMARY,
            reason: 5,
            message
        })]
    );
    assert_eq!(state(&mut world, 1), 3);
    world.refuses(
        PATIENT,
        &deny(1, 5),
        &abi::RequestNotPending {
            requestId: 1,
            state: 3,
        },
    );
    world.call(PRIMARY, &request(SPECIALIST)).unwrap();
    let silent = abi::denyCall {
        requestId: 2,
        reason: 1,
        message: Bytes::new(),
    };
    world.call(PATIENT, &silent).unwrap();
}

#[test]
fn a_lapsed_request_can_only_be_looked_at() {
    let mut world = World::claimed();
    world.call(SPECIALIST, &request(SPECIALIST)).unwrap();
    world.logs();
    world.wait(90 * DAY - 1);
    assert_eq!(state(&mut world, 1), 1);
    world.wait(1);
    assert_eq!(state(&mut world, 1), 5);
    let refusal = abi::RequestNotPending {
        requestId: 1,
        state: 5,
    };
    world.refuses(PATIENT, &approve(1, 1, &[1], START + 91 * DAY, 1), &refusal);
    world.refuses(PATIENT, &deny(1, 1), &refusal);
    world.refuses(SPECIALIST, &abi::cancelCall { requestId: 1 }, &refusal);
}
