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

/// The files in which the patient's home keeps the port's history.
fn kept(context: &TestContext) -> Vec<std::path::PathBuf> {
    let files = patientport_tests::files_below(&context.patient.home.join("cache"));
    let paths = files.into_iter().map(|(path, _)| path);
    paths
        .filter(|path| path.ends_with("000000.events"))
        .collect()
}

#[test]
fn a_kept_history_that_was_changed_is_found_out_and_read_anew() {
    use std::os::unix::fs::PermissionsExt as _;
    let context = TestContext::with_reader(b"first");
    let line = "history";
    let honest = context.patient.ok(line);
    let [file] = kept(&context).try_into().expect("one file");
    let mode = std::fs::metadata(&file).expect("it is there").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let bytes = std::fs::read(&file).expect("it is readable");

    // Read on from what is kept, and the same.
    assert_eq!(context.patient.run(line).json()["warnings"], json!([]));
    assert_eq!(context.patient.ok(line), honest);

    let mut hostile: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("cut", bytes[..bytes.len() - 1].to_vec()),
        ("longer", [&bytes[..], &[0]].concat()),
        ("other things", vec![0xff; 4096]),
    ];
    // Every part: magic, chain, registry, port, both heads, block, time, number of topics, a message.
    for place in [
        0,
        15,
        20,
        40,
        60,
        119,
        127,
        207,
        208,
        212,
        240,
        bytes.len() - 40,
    ] {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        hostile.push(("one bit", changed));
    }
    for (what, changed) in hostile {
        std::fs::write(&file, &changed).expect("the home is writable");
        let run = context.patient.run(line);
        assert_eq!(run.success(), honest, "{what}");
        let warnings = run.json()["warnings"].clone();
        assert_eq!(warnings[0]["code"], "history.cache_dropped", "{what}");
        assert_eq!(
            std::fs::read(&file).expect("it is written anew"),
            bytes,
            "{what}"
        );
        assert_eq!(
            context.patient.run(line).json()["warnings"],
            json!([]),
            "{what}"
        );
    }
    // Without its key the home believes nothing that it kept.
    std::fs::remove_file(context.patient.home.join("cache/key")).expect("there is a key");
    let run = context.patient.run(line);
    assert_eq!(run.success(), honest);
    assert_eq!(run.json()["warnings"][0]["code"], "history.cache_dropped");
    assert_eq!(context.patient.run(line).json()["warnings"], json!([]));
    // A home that cannot keep anything works as well.
    std::fs::remove_file(&file).expect("the home is writable");
    let directory = file.parent().expect("a file is in a directory");
    std::fs::remove_dir(directory).expect("it is empty");
    std::fs::write(directory, b"in the way").expect("the home is writable");
    assert_eq!(context.patient.ok(line), honest);
}

/// Time passes; the chain goes back and another way.
mod on_devnode {
    use super::*;

    #[test]
    fn fhir_export_has_an_audit_event_for_every_event_and_a_consent_for_every_grant() {
        let context = TestContext::with_reader(b"first");
        context.request();
        context
            .patient
            .ok("request deny 2 --reason not-needed --text no");
        context.devnode().pass(Duration::from_hours(1));
        let reader = &context.specialist.address;
        context.patient.ok(&format!("access revoke {reader}"));
        let line = format!("history --port {} --format fhir", context.port);
        let shown = patientport_tests::Run::of(&mut context.patient.command(&line));
        let bundle: Value =
            serde_json::from_slice(&shown.stdout).expect("a Bundle alone on stdout");
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

    #[test]
    fn a_kept_history_of_another_chain_is_not_believed() {
        let context = TestContext::with_port();
        let snapshot = context.devnode().rpc("evm_snapshot", &json!([]));
        context.request();
        assert_eq!(names(&context.patient.ok("history")).len(), 4);
        // The chain goes back, and another way.
        context.devnode().rpc("evm_revert", &json!([snapshot]));
        assert_eq!(names(&context.patient.ok("history")).len(), 3);
        context.specialist.ok(&format!(
            "request send --port {} --section 1 --until 7d",
            context.port
        ));
        let told = context.patient.ok("history");
        assert_eq!(
            told["head"],
            context.patient.ok("port show")["history_head"]
        );
        assert_eq!(
            context.patient.ok("inbox")["requests"][0]["asked"]["sections"],
            json!([1])
        );
    }
}
