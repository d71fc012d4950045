//! What the chain refuses: no claim, no verification, no live grant, no second approval.

use alloy_primitives::hex;
use patientport_tests::{Party, Run, TestContext, utf8};
use serde_json::json;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

#[test]
fn an_unclaimed_port_takes_neither_requests_nor_records() {
    let context = TestContext::with_unclaimed_port();
    let file = context.file("early.txt", b"early");
    let before = context.sent();
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
        context.sent(),
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
    let before = context.sent();
    context
        .patient
        .run("request approve 1")
        .failure(1, "request.not_pending");
    assert_eq!(context.sent(), before);
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
fn a_grant_nobody_asked_for_is_no_request() {
    let context = TestContext::with_port();
    context.patient.ok(&format!(
        "access grant {} --section 0 --until 10d --rights read",
        context.specialist.address
    ));
    // The port lists the reader under a number of its requests.
    let listed = context.patient.ok("request list");
    assert_eq!(listed["requests"], json!([]));
    let shown = context.patient.ok("port show");
    let counts = (&shown["requests"], &shown["holders"]);
    assert_eq!(counts, (&json!(0), &json!(1)), "{shown:#}");
    for command in ["request show 1", "request approve 1", "request deny 1"] {
        context.patient.run(command).failure(1, "request.unknown");
    }
    let sent = context.request();
    let listed = context.patient.ok("request list");
    assert_eq!(listed["requests"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["requests"][0]["id"], sent["id"]);
}

#[test]
fn a_port_shows_who_made_it_for_whom_and_what_its_history_comes_to() {
    let context = TestContext::with_port();
    let shown = context.stranger.ok(&format!("port show {}", context.port));
    let issuer = &shown["issuer"];
    assert_eq!(issuer["name"], "Lakeview Family Practice", "{shown:#}");
    assert_eq!(&shown["primary_care"], issuer);
    assert_eq!(shown["pending_owner"], json!(null));
    assert_eq!(shown["nonce"], 0);
    // Claimed, sections opened, secrets sealed to the patient.
    assert_eq!(shown["events"], 3);
    let head = shown["history_head"].as_str().expect("a word");
    assert!(head.starts_with("0x0000000003"), "{head}");
}

/// Calls the port with a client that is not the program: a selector and words of 32 bytes, in hexadecimal, padded with
/// zeros on the left.
fn call(context: &TestContext, from: &Party, selector: &str, words: &[&str]) {
    let pad = |word: &&str| format!("{:0>64}", word.trim_start_matches("0x"));
    let words: Vec<_> = words.iter().map(pad).collect();
    let data = hex::decode(format!("{selector}{}", words.concat())).expect("hexadecimal digits");
    context.call(from, &context.port, &data);
}

#[test]
fn delegates_responders_successors_and_offers_are_shown() {
    let context = TestContext::with_port();
    context.add_record("first.txt", b"first");
    let (patient, delegate) = (&context.patient, &context.stranger.address);
    let [x, until, key] = [
        "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        "6d000000",
        "b",
    ];
    // setDelegate(delegate, x, parity, rights, until, no rotation)
    let no_rotation = ["0", "c0", "e0", "0", "100", "120", "0", "0", "0", "0"];
    let words = [&[delegate, x, "0", key, until, "c0"][..], &no_rotation].concat();
    call(&context, patient, "62a27175", &words);
    // setResponder(responder, sections, delay, window, package)
    let words = [&context.specialist.address, "2", "e10", "1c20", "7"];
    call(&context, patient, "fc38be1b", &words);
    // supersede(record, commitment, epoch), and transferOwnership(account)
    call(&context, &context.primary, "b1889a02", &["1", "77", "1"]);
    call(&context, patient, "f2fde38b", &[delegate]);

    let listed = context.patient.ok("access list");
    assert_eq!(listed["readers"], json!([]));
    let told = &listed["delegates"][0];
    assert_eq!(told["delegate"]["account"], delegate.to_lowercase());
    assert_eq!(told["rights"], json!(["approve", "revoke", "rotate"]));
    assert_eq!(
        (&told["live"], &told["until"]),
        (&json!(true), &json!(0x6d00_0000))
    );
    let told = &listed["responders"][0];
    assert_eq!(told["responder"]["name"], "Dr. Tomas Brandt", "{listed:#}");
    assert_eq!(told["state"], "armed");
    assert_eq!(told["sections"], json!([1]));
    assert_eq!(
        (&told["delay"], &told["window"]),
        (&json!(3_600), &json!(7_200))
    );
    assert_eq!(told["opens_at"], json!(null));
    let in_words = Run::of(&mut context.patient.command("access list"));
    let in_words = String::from_utf8(in_words.stdout).expect("text");
    for line in [
        "the patient has granted nobody access",
        "(no provider): approve, revoke, rotate until ",
        "\"Dr. Tomas Brandt\" (verified): armed, section 1\n",
    ] {
        assert!(in_words.contains(line), "{in_words}");
    }

    let records = context.patient.ok("record list");
    let first = &records["records"][0];
    assert_eq!(first["state"], "superseded", "{records:#}");
    assert_eq!(first["superseded_by"], 2);
    assert_eq!(records["records"][1]["superseded_by"], json!(null));
    let shown = context.patient.ok("port show");
    assert_eq!(shown["pending_owner"], delegate.to_lowercase());
    assert_eq!(
        (&shown["holders"], &shown["requests"]),
        (&json!(2), &json!(0))
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

/// Grants end by time that passes.
mod on_devnode {
    use super::*;

    #[test]
    fn an_expired_grant_ends_access_and_makes_its_section_stale() {
        let context = TestContext::with_reader(b"first");
        context.devnode().pass(31 * DAY);

        let listed = context.patient.ok("access list");
        assert_eq!(listed["readers"][0]["state"], "expired", "{listed:#}");

        // What is added under the next key does not open for the former reader.
        let file = context.file("second.txt", b"second");
        let add = format!(
            "record add {} --port {} --section 0",
            utf8(&file),
            context.port
        );
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
        context.devnode().pass(11 * DAY);
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
}
