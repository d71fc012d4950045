//! The seconds in which something ends.

use alloy_primitives::Bytes;
use patientport_abi::{IPatientPort as abi, limits};

use crate::world::{DAY, World, account, calls, calls::Grant};

impl World {
    /// A block of this time, which changes nothing that a test looks at.
    fn tick(&self, port: alloy_primitives::Address, time: u64) {
        self.chain.set_time(time);
        self.done("patient", port, &calls::custodian(2, "nobody"));
    }
}

#[test]
fn access_holds_while_time_is_before_the_expiry() {
    let world = World::new();
    let port = world.claimed_port();
    world.fund("reader");
    let expiry = world.chain.now() + 100;
    world.done(
        "patient",
        port,
        &Grant::of(1, 1, expiry).rights(3).unverified().to("reader"),
    );
    let reader = account("reader");
    let access = abi::hasAccessCall { reader, section: 0 };
    let state = abi::accessOfCall { reader };
    world.chain.set_time(expiry - 1);
    world.done("reader", port, &calls::add(0, 1, 1));
    assert!(world.chain.view(port, &access));
    assert_eq!(world.chain.view(port, &state).state, 1);
    world.chain.set_time(expiry);
    let no = abi::Unauthorized { caller: reader };
    world.refused("reader", port, &calls::add(0, 1, 2), &no);
    assert!(!world.chain.view(port, &access));
    assert_eq!(world.chain.view(port, &state).state, 2);
    world.refused(
        "patient",
        port,
        &calls::revoke("reader"),
        &abi::NoLiveGrant { reader },
    );
    let retract = abi::retractCall {
        recordId: 1,
        reason: 1,
    };
    world.refused("reader", port, &retract, &no);
}

#[test]
fn a_grant_or_delegation_ends_after_now_and_within_five_years() {
    let world = World::new();
    let port = world.claimed_port();
    let now = world.chain.now();
    let (earliest, latest) = (now + 1, now + limits::MAX_GRANT_SECS);
    for given in [0, now - 1, now, latest + 1, u64::MAX] {
        let invalid = abi::InvalidExpiry {
            given,
            earliest,
            latest,
        };
        let grant = Grant::of(1, 1, given).unverified().to("reader");
        world.refused("patient", port, &grant, &invalid);
        world.refused(
            "patient",
            port,
            &calls::delegate("carer", 1, given),
            &invalid,
        );
    }
    for given in [earliest, latest] {
        world.done(
            "patient",
            port,
            &Grant::of(1, 1, given).unverified().to("reader"),
        );
        world.done("patient", port, &calls::delegate("carer", 1, given));
    }
}

#[test]
fn a_request_lapses_ninety_days_after_it_was_made() {
    let world = World::new();
    let port = world.claimed_port();
    world.done("primary", port, &calls::request("primary"));
    let end = world.chain.now() + 90 * DAY;
    let mut mark = world.chain.mark();
    let grant = Grant::of(1, 1, end + DAY).approving(1, "primary");
    let cancel = abi::cancelCall { requestId: 1 };
    let deny = abi::denyCall {
        requestId: 1,
        reason: 1,
        message: Bytes::new(),
    };
    world.chain.set_time(end - 1);
    world.done("patient", port, &grant);
    world.chain.go_back(&mut mark);
    world.chain.set_time(end);
    let lapsed = abi::RequestNotPending {
        requestId: 1,
        state: 5,
    };
    world.refused("patient", port, &grant, &lapsed);
    world.refused("patient", port, &deny, &lapsed);
    world.refused("primary", port, &cancel, &lapsed);
    let request = world
        .chain
        .view(port, &abi::getRequestCall { requestId: 1 });
    assert_eq!(request.state, 5);
}

#[test]
fn eight_requests_may_wait_and_a_place_is_free_when_one_lapses() {
    let world = World::new();
    let port = world.claimed_port();
    let requester = account("primary");
    world.done("primary", port, &calls::request("primary"));
    let end = world.chain.now() + 90 * DAY;
    world.chain.wait(1);
    for _ in 1..8 {
        world.done("primary", port, &calls::request("primary"));
    }
    let full = abi::TooManyPendingRequests { requester, max: 8 };
    world.refused("primary", port, &calls::request("primary"), &full);
    world.chain.set_time(end - 1);
    world.refused("primary", port, &calls::request("primary"), &full);
    world.chain.set_time(end);
    world.done("primary", port, &calls::request("primary"));
    world.refused("primary", port, &calls::request("primary"), &full);
    world.done("primary", port, &abi::cancelCall { requestId: 5 });
    world.done("primary", port, &calls::request("primary"));
    world.refused("primary", port, &calls::request("primary"), &full);
}

#[test]
fn a_veto_comes_before_the_delay_is_over_and_access_ends_with_the_window() {
    let world = World::new();
    let port = world.claimed_port();
    world.verify("responder");
    world.fund("custodian");
    world.done("patient", port, &calls::custodian(0, "custodian"));
    world.done("patient", port, &calls::arm("responder", 1, 600, 300));
    let message = || Bytes::from_static(b"why");
    world.done(
        "responder",
        port,
        &abi::breakGlassCall { message: message() },
    );
    let opens = world.chain.now() + 600;
    let closes = opens + 300;
    let responder = account("responder");
    let veto = abi::vetoCall { responder };
    let release = abi::releaseCall {
        responder,
        message: message(),
    };
    let access = abi::hasAccessCall {
        reader: responder,
        section: 0,
    };
    let state = |state| abi::InvalidEmergencyState { responder, state };
    let mut mark = world.chain.mark();

    world.chain.set_time(opens - 1);
    world.refused("custodian", port, &release, &state(2));
    world.done("patient", port, &veto);
    world.refused("custodian", port, &release, &state(5));
    world.tick(port, opens);
    assert!(!world.chain.view(port, &access));
    world.chain.go_back(&mut mark);

    world.tick(port, opens - 1);
    assert!(!world.chain.view(port, &access));
    world.chain.set_time(opens);
    world.refused("patient", port, &veto, &state(3));
    world.done("custodian", port, &release);
    assert!(world.chain.view(port, &access));
    world.chain.set_time(closes - 1);
    world.done("custodian", port, &release);
    assert!(world.chain.view(port, &access));
    world.chain.set_time(closes);
    world.refused("custodian", port, &release, &state(4));
    assert!(!world.chain.view(port, &access));
    world.refused("patient", port, &veto, &state(4));
}

#[test]
fn without_a_delay_the_window_opens_at_once() {
    let world = World::new();
    let port = world.claimed_port();
    world.verify("responder");
    world.done("patient", port, &calls::arm("responder", 1, 0, 1));
    let message = Bytes::from_static(b"why");
    world.done("responder", port, &abi::breakGlassCall { message });
    let reader = account("responder");
    let access = abi::hasAccessCall { reader, section: 0 };
    assert!(world.chain.view(port, &access));
    world.tick(port, world.chain.now() + 1);
    assert!(!world.chain.view(port, &access));
}

#[test]
fn delays_and_windows_have_limits() {
    let world = World::new();
    let port = world.claimed_port();
    world.verify("responder");
    let (delay, window) = (
        limits::MAX_EMERGENCY_DELAY_SECS,
        limits::MAX_EMERGENCY_WINDOW_SECS,
    );
    let arm = |delay, window| calls::arm("responder", 1, delay, window);
    for (given_delay, given_window, given, max) in [
        (delay + 1, 1, delay + 1, delay),
        (u32::MAX, 1, u32::MAX, delay),
        (0, 0, 0, window),
        (0, window + 1, window + 1, window),
        (0, u32::MAX, u32::MAX, window),
    ] {
        let invalid = abi::InvalidDuration {
            given: given.into(),
            max: max.into(),
        };
        world.refused("patient", port, &arm(given_delay, given_window), &invalid);
    }
    world.done("patient", port, &arm(delay, window));
}
