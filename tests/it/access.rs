//! What the chain refuses: no claim, no verification, no live grant, no second approval.

use patientport_tests::{TestContext, utf8};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

#[test]
fn an_unclaimed_port_takes_neither_requests_nor_records() {
    let context = TestContext::with_unclaimed_port();
    let file = context.file("early.txt", b"early");
    let before = context.node.block_number();
    context
        .specialist
        .run(&format!(
            "request send --port {} --section 0 --until 30d --text x",
            context.port
        ))
        .failure(1, "port.not_claimed");
    context
        .primary
        .run(&format!(
            "record add {} --port {} --section 0",
            utf8(&file),
            context.port
        ))
        .failure(1, "port.not_claimed");
    assert_eq!(
        context.node.block_number(),
        before,
        "a refusal found by simulation costs nothing"
    );
    assert_eq!(patientport_tests::files_below(&context.primary.store), []);
}

#[test]
fn only_the_patient_claims_and_only_once() {
    let context = TestContext::with_unclaimed_port();
    context
        .stranger
        .run(&format!("port claim {}", context.port))
        .failure(1, "port.not_owner");
    context.patient.ok(&format!("port claim {}", context.port));
    context
        .patient
        .run(&format!("port claim {}", context.port))
        .failure(1, "port.already_claimed");
}

#[test]
fn an_unverified_provider_cannot_ask() {
    let context = TestContext::with_port();
    let ask = format!(
        "request send --port {} --section 0 --until 30d --text x",
        context.port
    );
    context.stranger.run(&ask).failure(1, "provider.unverified");
    context
        .stranger
        .ok("provider register --kind other --name 'Quick Cures'");
    context.stranger.run(&ask).failure(1, "provider.unverified");
    context
        .owner
        .ok(&format!("provider suspend {}", context.specialist.address));
    context
        .specialist
        .run(&ask)
        .failure(1, "provider.unverified");
}

#[test]
fn an_unverified_provider_cannot_issue_ports() {
    let context = TestContext::with_providers();
    context
        .stranger
        .run(&format!("port issue --patient {}", context.patient.address))
        .failure(1, "provider.unverified");
}

#[test]
fn an_approval_cannot_be_replayed() {
    let context = TestContext::with_reader(b"first");
    let before = context.node.block_number();
    context
        .patient
        .run("request approve 1")
        .failure(1, "request.not_pending");
    assert_eq!(context.node.block_number(), before);
}

#[test]
fn nobody_but_the_patient_approves_or_revokes() {
    let context = TestContext::with_port();
    context.request();
    for party in [
        &context.primary,
        &context.specialist,
        &context.stranger,
        &context.owner,
    ] {
        party
            .run(&format!("request approve 1 --port {}", context.port))
            .failure(1, "port.not_owner");
        party
            .run(&format!("request deny 1 --port {}", context.port))
            .failure(1, "port.not_owner");
    }
    context.patient.ok("request approve 1");
    for party in [&context.primary, &context.specialist, &context.stranger] {
        party
            .run(&format!(
                "access revoke {} --port {}",
                context.specialist.address, context.port
            ))
            .failure(1, "port.not_owner");
    }
}

#[test]
fn an_expired_grant_ends_access_and_makes_its_section_stale() {
    let context = TestContext::with_reader(b"first");
    context.node.pass(31 * DAY);

    let listed = context.patient.ok("access list");
    assert_eq!(listed["readers"][0]["state"], "expired", "{listed:#}");

    // Nobody adds under a key that a former reader holds.
    let file = context.file("second.txt", b"second");
    let add = format!(
        "record add {} --port {} --section 0",
        utf8(&file),
        context.port
    );
    context.primary.run(&add).failure(1, "section.stale");
    context.patient.ok("access rotate");
    assert_eq!(context.primary.ok(&add)["id"], 2);

    let out = context.path("second-by-specialist.txt");
    context
        .specialist
        .run(&format!(
            "record get 2 --port {} -o {}",
            context.port,
            utf8(&out)
        ))
        .failure(1, "section.no_matching_key");
    assert!(!out.exists());
}

#[test]
fn an_expired_writer_is_refused() {
    let context = TestContext::with_port();
    context.patient.ok(&format!(
        "access grant {} --section 1 --until 10d --rights read-write",
        context.specialist.address
    ));
    context.node.pass(11 * DAY);
    let file = context.file("late.txt", b"late");
    context
        .specialist
        .run(&format!(
            "record add {} --port {} --section 1",
            utf8(&file),
            context.port
        ))
        .failure(1, "access.denied");
    assert_eq!(
        patientport_tests::files_below(&context.specialist.store),
        []
    );
}

#[test]
fn a_revoked_reader_cannot_be_revoked_again() {
    let context = TestContext::with_reader(b"first");
    let revoke = format!("access revoke {}", context.specialist.address);
    context.patient.ok(&revoke);
    context
        .patient
        .run(&revoke)
        .failure(1, "access.no_live_grant");
}

#[test]
fn a_cancelled_request_cannot_be_approved() {
    let context = TestContext::with_port();
    context.request();
    context
        .stranger
        .run(&format!("request cancel 1 --port {}", context.port))
        .failure(1, "access.denied");
    context
        .specialist
        .ok(&format!("request cancel 1 --port {}", context.port));
    context
        .patient
        .run("request approve 1")
        .failure(1, "request.not_pending");
}
