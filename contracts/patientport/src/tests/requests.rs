//! Making and ending requests.

use super::*;

fn asked(requester: Address, recipient: Address, at: u64, state: u8) -> abi::Request {
    abi::Request {
        requester,
        recipient,
        requestedAt: at,
        state,
    }
}

#[test]
fn a_provider_asks_for_itself_or_refers_another() {
    let mut world = World::claimed();
    let message = Bytes::from_static(b"please");
    let made = abi::RequestMade {
        requestId: 1,
        requester: SPECIALIST,
        recipient: SPECIALIST,
        message: message.clone(),
    };
    let id = world.emits(SPECIALIST, &request(SPECIALIST), &[log(&made)]);
    assert_eq!(id, 1);
    world.wait(1);
    let made = abi::RequestMade {
        requestId: 2,
        requester: PRIMARY,
        recipient: OTHER,
        message,
    };
    assert_eq!(world.emits(PRIMARY, &request(OTHER), &[log(&made)]), 2);
    let all = [
        asked(SPECIALIST, SPECIALIST, START, 1),
        asked(PRIMARY, OTHER, START + 1, 1),
    ];
    let page = abi::requestsCall {
        from: 1,
        limit: 100,
    };
    assert_eq!(world.view(&page), all);
    assert_eq!(world.request_of(2), all[1]);
    assert_eq!(world.info().requestCount, 2);
    assert!(world.listed().is_empty(), "asking makes no holder");
    for id in [0, 3, u32::MAX] {
        world.refuses(
            STRANGER,
            &abi::getRequestCall { requestId: id },
            &abi::UnknownRequest { requestId: id },
        );
    }
}

#[test]
fn pages_of_requests_are_bounded() {
    let mut world = World::claimed();
    for _ in 0..103 {
        world.done(SPECIALIST, &request(SPECIALIST));
        let id = world.info().requestCount;
        world.done(SPECIALIST, &cancel(id));
    }
    let mut page = |from, limit| world.view(&abi::requestsCall { from, limit }).len();
    assert_eq!(page(0, 2), 2);
    assert_eq!(page(1, u32::MAX), 100);
    assert_eq!(page(4, 100), 100);
    assert_eq!(page(5, 100), 99);
    assert_eq!(page(103, 100), 1);
    assert_eq!(page(104, 100), 0);
    assert_eq!(page(u32::MAX, u32::MAX), 0);
    assert_eq!(page(1, 0), 0);
}

#[test]
fn only_verified_providers_ask_and_are_asked_for() {
    let mut world = World::claimed();
    let unverified = abi::UnverifiedProvider { provider: STRANGER };
    world.refuses(STRANGER, &request(SPECIALIST), &unverified);
    world.refuses(SPECIALIST, &request(STRANGER), &unverified);
    world.registry_answers(STRANGER, Err(()));
    let unavailable = abi::RegistryUnavailable { registry: REGISTRY };
    world.refuses(STRANGER, &request(SPECIALIST), &unavailable);
    world.refuses(SPECIALIST, &request(STRANGER), &unavailable);
    world.asked();
    let question = |account| IRegistry::isVerifiedCall { account }.abi_encode();
    world.done(SPECIALIST, &request(SPECIALIST));
    assert_eq!(world.asked(), [(REGISTRY, question(SPECIALIST))]);
    world.done(PRIMARY, &request(OTHER));
    assert_eq!(
        world.asked(),
        [(REGISTRY, question(PRIMARY)), (REGISTRY, question(OTHER))]
    );
}

#[test]
fn an_answer_that_is_no_boolean_is_no_answer() {
    let mut world = World::claimed();
    let question = IRegistry::isVerifiedCall {
        account: SPECIALIST,
    }
    .abi_encode();
    let unavailable = abi::RegistryUnavailable { registry: REGISTRY };
    let mut high = true.abi_encode();
    high[0] = 1;
    for answer in [
        Vec::new(),
        alloc::vec![1],
        alloc::vec![1; 31],
        2_u64.abi_encode(),
        high,
    ] {
        world.answers(REGISTRY, question.clone(), Ok(answer));
        world.refuses(SPECIALIST, &request(SPECIALIST), &unavailable);
    }
    // More than a word is none of the port's business.
    let long = (true, true).abi_encode();
    world.answers(REGISTRY, question, Ok(long));
    world.done(SPECIALIST, &request(SPECIALIST));
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
    let of = |length| abi::requestCall {
        recipient: SPECIALIST,
        message: alloc::vec![1; length].into(),
    };
    for length in [0, 8193] {
        let refusal = abi::InvalidMessageLength {
            given: length as u32,
            max: 8192,
        };
        world.refuses(SPECIALIST, &of(length), &refusal);
    }
    world.done(SPECIALIST, &of(8192));
}

#[test]
fn eight_requests_wait_at_most() {
    let mut world = World::claimed();
    for id in 1..=8 {
        assert_eq!(world.done(SPECIALIST, &request(SPECIALIST)), id);
    }
    let full = abi::TooManyPendingRequests {
        requester: SPECIALIST,
        max: 8,
    };
    world.refuses(SPECIALIST, &request(SPECIALIST), &full);
    world.done(OTHER, &request(SPECIALIST));
    // Each end frees a place: cancelled, denied, approved.
    world.done(SPECIALIST, &cancel(4));
    world.done(PATIENT, &deny(8, 1));
    world.done(PATIENT, &approve(1, 1, &[1], START + DAY, 1));
    for _ in 0..3 {
        world.done(SPECIALIST, &request(SPECIALIST));
    }
    world.refuses(SPECIALIST, &request(SPECIALIST), &full);
    // And so does time.
    world.wait(90 * DAY - 1);
    world.refuses(SPECIALIST, &request(SPECIALIST), &full);
    world.wait(1);
    for _ in 0..8 {
        world.done(SPECIALIST, &request(SPECIALIST));
    }
    world.refuses(SPECIALIST, &request(SPECIALIST), &full);
}

#[test]
fn the_requester_cancels() {
    let mut world = World::claimed();
    world.done(PRIMARY, &request(SPECIALIST));
    for caller in [SPECIALIST, PATIENT, STRANGER] {
        world.refuses(caller, &cancel(1), &unauthorized(caller));
    }
    for id in [0, 2] {
        let unknown = abi::UnknownRequest { requestId: id };
        world.refuses(PRIMARY, &cancel(id), &unknown);
    }
    let cancelled = abi::RequestCancelled {
        requestId: 1,
        requester: PRIMARY,
    };
    // Its standing does not matter for that.
    world.registry_answers(PRIMARY, Ok(false));
    world.emits(PRIMARY, &cancel(1), &[log(&cancelled)]);
    assert_eq!(world.request_of(1), asked(PRIMARY, SPECIALIST, START, 4));
    let ended = abi::RequestNotPending {
        requestId: 1,
        state: 4,
    };
    world.refuses(PRIMARY, &cancel(1), &ended);
    world.refuses(PATIENT, &deny(1, 1), &ended);
    world.refuses(PATIENT, &approve(1, 1, &[1], START + DAY, 1), &ended);
}

#[test]
fn the_patient_denies_with_a_reason() {
    let mut world = World::claimed();
    world.done(PRIMARY, &request(SPECIALIST));
    for reason in [0, 6, 255] {
        world.refuses(PATIENT, &deny(1, reason), &abi::InvalidReason { reason });
    }
    world.refuses(PATIENT, &deny(2, 1), &abi::UnknownRequest { requestId: 2 });
    let of = |length| abi::denyCall {
        message: alloc::vec![0; length].into(),
        ..deny(1, 5)
    };
    let refusal = abi::InvalidMessageLength {
        given: 8193,
        max: 8192,
    };
    world.refuses(PATIENT, &of(8193), &refusal);
    for length in [0, 8192] {
        let call = of(length);
        let denied = abi::RequestDenied {
            requestId: 1,
            requester: PRIMARY,
            by: PATIENT,
            reason: 5,
            message: call.message.clone(),
        };
        world.fork().emits(PATIENT, &call, &[log(&denied)]);
    }
    for reason in 1..5 {
        world.fork().done(PATIENT, &deny(1, reason));
    }
    world.done(PATIENT, &deny(1, 5));
    assert_eq!(world.request_of(1), asked(PRIMARY, SPECIALIST, START, 3));
    let ended = abi::RequestNotPending {
        requestId: 1,
        state: 3,
    };
    world.refuses(PATIENT, &deny(1, 5), &ended);
    world.refuses(PRIMARY, &cancel(1), &ended);
    world.refuses(PATIENT, &approve(1, 1, &[1], START + DAY, 1), &ended);
}

#[test]
fn a_lapsed_request_can_only_be_looked_at() {
    let mut world = World::claimed();
    world.done(SPECIALIST, &request(SPECIALIST));
    world.wait(90 * DAY - 1);
    assert_eq!(world.request_state(1), 1);
    world
        .fork()
        .done(PATIENT, &approve(1, 1, &[1], START + 91 * DAY, 1));
    world.wait(1);
    assert_eq!(world.request_of(1), asked(SPECIALIST, SPECIALIST, START, 5));
    let lapsed = abi::RequestNotPending {
        requestId: 1,
        state: 5,
    };
    world.refuses(PATIENT, &approve(1, 1, &[1], START + 91 * DAY, 1), &lapsed);
    world.refuses(PATIENT, &deny(1, 1), &lapsed);
    world.refuses(SPECIALIST, &cancel(1), &lapsed);
}

#[test]
fn an_ended_request_does_not_lapse() {
    let mut world = World::claimed();
    for _ in 0..3 {
        world.done(SPECIALIST, &request(SPECIALIST));
    }
    world.done(PATIENT, &approve(1, 1, &[1], START + DAY, 1));
    world.done(PATIENT, &deny(2, 1));
    world.done(SPECIALIST, &cancel(3));
    world.wait(100 * DAY);
    for (id, state) in [(1, 2), (2, 3), (3, 4)] {
        assert_eq!(world.request_state(id), state);
    }
}

#[test]
fn an_entry_that_nobody_asked_for_cannot_be_answered() {
    let mut world = World::claimed();
    world.done(PATIENT, &set_delegate(SPECIALIST, 2, START + DAY));
    assert_eq!(world.request_of(1), asked(SPECIALIST, SPECIALIST, START, 6));
    let entry = abi::RequestNotPending {
        requestId: 1,
        state: 6,
    };
    for wait in [0, 100 * DAY] {
        world.wait(wait);
        let end = world.now() + DAY;
        world.refuses(PATIENT, &approve(1, 1, &[1], end, 1), &entry);
        world.refuses(PATIENT, &deny(1, 1), &entry);
        world.refuses(SPECIALIST, &cancel(1), &entry);
    }
}
