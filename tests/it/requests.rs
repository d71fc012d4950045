//! A provider's requests: for others, prepared words, and what became of them.

use patientport_tests::{Run, TestContext, utf8};
use serde_json::{Value, json};
use std::fs;

fn list(data: &Value) -> Vec<Value> {
    data["requests"]
        .as_array()
        .expect("there is a list")
        .clone()
}

#[test]
fn a_provider_refers_another_and_the_other_reads() {
    let context = TestContext::with_port();
    context.add_record("first.txt", b"first");
    let (specialist, port) = (&context.specialist.address, &context.port);
    let sent = context.primary.ok(&format!(
        "request refer {specialist} --port {port} --section 0 --until 30d --text 'please'"
    ));
    assert_eq!(
        sent["requester"],
        json!(context.primary.address.to_lowercase())
    );
    assert_eq!(sent["recipient"], json!(specialist.to_lowercase()));
    context.patient.ok("request approve 1");
    let mine = context.specialist.ok("access mine");
    assert_eq!(mine["grants"].as_array().map(Vec::len), Some(1));
    context
        .specialist
        .ok(&format!("record verify 1 --port {port}"));
    // Who asked sees the answer; who was referred has asked nothing.
    let status = context.primary.ok("request status");
    assert_eq!(list(&status)[0]["state"], "approved", "{status:#}");
    assert!(list(&context.specialist.ok("request status")).is_empty());

    let own = &context.primary.address;
    context
        .primary
        .run(&format!("request refer {own} --port {port} --text x"))
        .failure(2, "usage.invalid_value");
    let stranger = &context.stranger.address;
    let before = context.sent();
    let refused = context
        .primary
        .run(&format!("request refer {stranger} --port {port} --text x"));
    assert_eq!(refused.exit_code, Some(1), "{refused:#?}");
    assert_eq!(context.sent(), before);
}

#[test]
fn prepared_words_are_filled_and_flags_come_first() {
    let context = TestContext::with_port();
    let (specialist, port) = (&context.specialist, &context.port);
    specialist.ok(
        "request template save follow-up --section 0-1 --until 90d --rights read-write \
         --purpose HRESCH --text 'Follow-up of {visit}, {{as agreed}}'",
    );
    let listed = specialist.ok("request template list");
    assert_eq!(listed["templates"][0]["placeholders"], json!(["visit"]));
    let line = format!("request send --port {port} --template follow-up");
    let sent = specialist.ok(&format!("{line} --set 'visit=3 {{May}}'"));
    assert_eq!(sent["sections"], json!([0, 1]));
    assert_eq!(sent["rights"], "read-write");
    let shown = context.patient.ok("request show 1");
    assert_eq!(shown["asked"]["purpose"], "HRESCH", "{shown:#}");
    assert_eq!(shown["asked"]["text"], "Follow-up of 3 {May}, {as agreed}");
    let sent = specialist.ok(&format!("{line} --set visit=x --section 1 --rights read"));
    assert_eq!(sent["sections"], json!([1]));
    assert_eq!(sent["rights"], "read");

    // From a file, and for a denial.
    let file = context.file(
        "no.json",
        br#"{ "reason": "not-needed", "text": "as on {day}" }"#,
    );
    context.patient.ok(&format!(
        "request deny 1 --template {} --set day=Monday",
        utf8(&file)
    ));
    let shown = specialist.ok(&format!("request show 1 --port {port}"));
    assert_eq!(shown["denial"]["reason"], "not-needed", "{shown:#}");
    assert_eq!(shown["denial"]["text"], "as on Monday");

    let bad = context.file("bad.json", br#"{ "text": "{oops" }"#);
    let foreign = context.file("foreign.json", br#"{ "words": "x" }"#);
    let before = context.sent();
    for (arguments, exit, code) in [
        (line.clone(), 2, "template.placeholder"),
        (
            format!("{line} --set visit=x --set date=y"),
            2,
            "template.placeholder",
        ),
        (format!("{line} --set visit"), 2, "usage.arguments"),
        (
            format!("request send --port {port} --template none"),
            2,
            "template.unknown",
        ),
        (
            format!("request send --port {port} --template ../x"),
            2,
            "input.unreadable",
        ),
        (
            format!("request send --port {port} --template {}", utf8(&bad)),
            2,
            "template.invalid",
        ),
        (
            format!("request send --port {port} --template {}", utf8(&foreign)),
            2,
            "template.invalid",
        ),
        (
            "request template save follow-up --text x".into(),
            2,
            "home.name_taken",
        ),
        (
            "request template save up.json --text x".into(),
            2,
            "home.invalid_name",
        ),
        (
            "request template save later --until soon".into(),
            2,
            "template.invalid",
        ),
        ("request template save empty".into(), 2, "usage.flag_needed"),
    ] {
        specialist.run(&arguments).failure(exit, code);
    }
    assert_eq!(context.sent(), before);
    specialist.ok("request template save follow-up --text x --force");
    specialist.ok("request template remove follow-up");
    specialist
        .run("request template show follow-up")
        .failure(2, "template.unknown");
    assert!(
        fs::read_dir(specialist.home.join("templates")).is_ok_and(|mut it| it.next().is_none())
    );
}

/// Requests lapse by time that passes.
mod on_devnode {
    use super::*;

    #[test]
    fn a_provider_learns_what_became_of_its_requests_at_all_ports() {
        let context = TestContext::with_port();
        let issued = context.primary.ok(&format!(
            "port issue --patient {} --name second",
            context.stranger.address
        ));
        let second = issued["port"].as_str().expect("an address").to_owned();
        context.stranger.ok(&format!("port claim {second}"));
        let ask = |port: &str| {
            context.specialist.ok(&format!(
                "request send --port {port} --section 0 --until 30d --text 'second opinion'"
            ))
        };
        ask(&context.port);
        ask(&context.port);
        ask(&second);
        ask(&second);
        context
            .patient
            .ok("request deny 1 --reason scope-too-wide --text 'labs only'");
        context.stranger.ok("request approve 1");
        context
            .specialist
            .ok(&format!("request cancel 2 --port {second}"));
        let status = context.specialist.ok("request status");
        let mut told: Vec<_> = list(&status)
            .iter()
            .map(|it| {
                let own = it["port"] == json!(context.port.to_lowercase());
                format!(
                    "{} {} {}",
                    own,
                    it["id"],
                    it["state"].as_str().expect("a state")
                )
            })
            .collect();
        told.sort();
        assert_eq!(
            told,
            [
                "false 1 approved",
                "false 2 cancelled",
                "true 1 denied",
                "true 2 pending"
            ]
        );
        let requests = list(&status);
        let denied = requests.iter().find(|it| it["state"] == "denied");
        let denial = &denied.expect("one is denied")["denial"];
        assert_eq!(denial["reason"], "scope-too-wide");
        assert_eq!(denial["text"], "labs only");

        let pending = context.specialist.ok("request status --pending");
        assert_eq!(list(&pending).len(), 1);
        let one = context
            .specialist
            .ok(&format!("request status --port {second}"));
        assert_eq!(list(&one).len(), 2);
        // Nobody else's, whatever the port.
        let other = context
            .primary
            .ok(&format!("request status --port {second}"));
        assert_eq!(list(&other), Vec::<Value>::new());

        // In words, and nothing lapses unseen.
        context
            .devnode()
            .pass(std::time::Duration::from_hours(91 * 24));
        let run = Run::of(&mut context.specialist.command("request status"));
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        for told in [
            "scope-too-wide: labs only",
            "lapsed",
            "cancelled",
            "approved",
        ] {
            assert!(said.contains(told), "{told}: {said}");
        }
    }
}
