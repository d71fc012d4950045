//! `patientport history`: words, documents, FHIR.

use std::time::Duration;

use patientport_tests::TestContext;
use serde_json::{Value, json};

fn names(data: &Value) -> Vec<&str> {
    let events = data["events"].as_array().expect("events are a list");
    events
        .iter()
        .map(|event| event["event"].as_str().expect("an event has a name"))
        .collect()
}

#[test]
fn a_story_is_told_from_its_first_event_to_its_last() {
    let context = TestContext::with_reader(b"first");
    let reader = &context.specialist.address;
    context
        .patient
        .ok(&format!("access revoke {reader} --reason care-ended"));
    let line = format!("history --port {}", context.port);
    // Anybody may look: nothing sealed is opened.
    let told = context.stranger.ok(&line);
    assert_eq!(
        names(&told),
        [
            "Claimed",
            "SectionsRotated",
            "SecretsSealed",
            "RecordAdded",
            "RequestMade",
            "AccessGranted",
            "AccessRevoked",
            "SectionsRotated",
            "SecretsSealed",
        ],
        "{told:#}"
    );
    assert_eq!(told["length"], 9);
    assert_eq!(
        told["head"],
        context.patient.ok("port show")["history_head"],
        "the head is the port's own"
    );
    let granted = &told["events"][5];
    assert_eq!(granted["by"], json!(context.patient.address));
    assert_eq!(granted["whom"], json!(reader));
    assert_eq!(granted["details"]["sections"], json!([0]));
    assert_eq!(granted["details"]["request"], json!(1));

    let of_reader = context.patient.ok(&format!("{line} --about {reader}"));
    assert_eq!(
        names(&of_reader),
        ["RequestMade", "AccessGranted", "AccessRevoked"]
    );
    let at = told["events"][6]["at"].as_u64().expect("a time");
    let since = context.patient.ok(&format!("{line} --since {at}"));
    assert!(names(&since).contains(&"AccessRevoked"));
    let none = context
        .patient
        .ok(&format!("{line} --since {}", at + 86_400));
    assert_eq!(none["events"], json!([]));
    context
        .patient
        .run(&format!("{line} --since yesterday"))
        .failure(2, "usage.arguments");

    let shown = patientport_tests::Run::of(&mut context.patient.command(&line));
    let text = String::from_utf8(shown.stdout.clone()).expect("text");
    for words in [
        "the patient",
        "Dr. Tomas Brandt",
        "asked for access, request 1",
        "granted read on section 0 until",
        "ended access: care-ended",
        "9 of 9 events",
    ] {
        assert!(text.contains(words), "`{words}` is not in\n{text}");
    }
}

#[test]
fn fhir_export_has_an_audit_event_for_every_event_and_a_consent_for_every_grant() {
    let context = TestContext::with_reader(b"first");
    context.request();
    context
        .patient
        .ok("request deny 2 --reason not-needed --text no");
    context.node.pass(Duration::from_hours(1));
    let reader = &context.specialist.address;
    context.patient.ok(&format!("access revoke {reader}"));
    let line = format!("history --port {} --format fhir", context.port);
    let shown = patientport_tests::Run::of(&mut context.patient.command(&line));
    let bundle: Value = serde_json::from_slice(&shown.stdout).expect("a Bundle alone on stdout");
    assert_eq!(bundle["resourceType"], "Bundle");
    let entries = bundle["entry"].as_array().expect("entries");
    let of = |kind: &str| -> Vec<&Value> {
        let resources = entries.iter().map(|entry| &entry["resource"]);
        resources.filter(|it| it["resourceType"] == kind).collect()
    };
    let data = context
        .patient
        .ok(&format!("history --port {}", context.port));
    assert_eq!(of("AuditEvent").len(), names(&data).len());
    for event in of("AuditEvent") {
        // What R4 requires of every AuditEvent.
        for member in ["type", "recorded", "agent", "source"] {
            assert!(!event[member].is_null(), "{member}: {event:#}");
        }
        assert!(event["agent"][0]["requestor"].is_boolean(), "{event:#}");
        assert!(event["source"]["observer"]["identifier"]["value"].is_string());
    }
    let denied = of("AuditEvent")
        .into_iter()
        .find(|event| event["subtype"][0]["code"] == "RequestDenied")
        .expect("the denial");
    assert_eq!(denied["outcome"], "4");
    let consents = of("Consent");
    let [consent] = consents.as_slice() else {
        panic!("one grant: {consents:#?}")
    };
    assert_eq!(consent["status"], "inactive");
    assert_eq!(consent["provision"]["type"], "permit");
    let end = consent["provision"]["period"]["end"]
        .as_str()
        .expect("an end");
    let revoked = of("AuditEvent")
        .into_iter()
        .find(|event| event["subtype"][0]["code"] == "AccessRevoked")
        .expect("the revocation");
    assert_eq!(
        revoked["recorded"], end,
        "the grant ended when it was revoked"
    );
    // The same for everybody, and no two alike.
    let urls: std::collections::BTreeSet<_> = entries
        .iter()
        .map(|entry| entry["fullUrl"].as_str())
        .collect();
    assert_eq!(urls.len(), entries.len());
    let again = context.stranger.ok(&line);
    assert_eq!(again["fhir"], bundle);
}
