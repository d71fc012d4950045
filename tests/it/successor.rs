//! Changes to another identity, for when one was stolen.

use crate::keys::{known, reads};
use patientport_tests::{Proxy, TestContext, Trouble, utf8};
use serde_json::{Value, json};
use std::fs;

#[test]
fn a_patient_whose_identity_was_stolen_changes_to_another_one() {
    let context = TestContext::with_reader(b"first");
    context.primary.ok(&format!(
        "request send --port {} --section 0 --until 30d --text 'our notes'",
        context.port
    ));
    // The thief has everything that was in the home.
    let mut thief = context.patient.clone();
    thief.home = context.path("thief.home");
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .args([&context.patient.home, &thief.home])
        .status();
    assert!(copied.expect("cp runs").success());
    reads(&context, &thief, 1, b"first");

    let patient = &context.patient;
    patient.ok("identity new fresh --scrypt-log-n 13");
    let changed = patient.ok("port change-key --to-identity fresh");
    assert_eq!(
        (&changed["identity"], &changed["key_index"]),
        (&json!("fresh"), &json!(0)),
        "{changed:#}"
    );
    let port = known(&context);
    assert_eq!(
        (&port["identity"], &port["key_index"]),
        (&json!("fresh"), &json!(0))
    );
    context.add_record("second.txt", b"second");
    for (id, content) in [(1, &b"first"[..]), (2, b"second")] {
        reads(&context, patient, id, content);
        reads(&context, &context.specialist, id, content);
    }
    // Sealed to a key of the former identity only.
    let shown = patient.ok("request show 2");
    assert_eq!(shown["asked"]["text"], "our notes", "{shown:#}");
    let out = context.path("stolen");
    thief
        .run(&format!("record get 2 -o {}", utf8(&out)))
        .failure(1, "identity.wrong_key");

    // Without the former identity, all but what was sealed to it opens.
    let kept = patient.home.join("identities/patient.json");
    let aside = context.path("patient.json");
    fs::rename(&kept, &aside).expect("it is there");
    let run = patient.run("record list");
    assert_eq!(run.success()["records"][0]["access"], "open");
    assert_eq!(run.json()["warnings"][0]["code"], "identity.former_closed");
    fs::rename(&aside, &kept).expect("it is there");

    // In a home that lost its memory, both are named once.
    for file in ["ports.json", "derived.json"] {
        fs::remove_file(patient.home.join(file)).expect("it was written");
    }
    let found = patient.ok("identity recover fresh --former patient --no-accounts");
    assert_eq!(found["ports"][0]["state"], "recovered", "{found:#}");
    let shown = patient.ok("request show 2");
    assert_eq!(shown["asked"]["text"], "our notes", "{shown:#}");
    assert_eq!(patient.ok("port change-key")["key_index"], 1);
    let run = patient.run("identity recover fresh --former fresh");
    assert_eq!(run.json()["errors"][0]["code"], "usage.invalid_value");
}

#[test]
fn a_change_to_another_identity_that_was_mined_unseen_is_finished() {
    let context = TestContext::with_reader(b"first");
    let proxy = Proxy::start(context.node.address(), Trouble::HidesReceipts);
    let patient = &context.patient;
    patient.ok("identity new fresh --scrypt-log-n 13");
    let change = "port change-key --to-identity fresh";
    patient
        .run(&format!("{change} --timeout 2s --rpc-url {}", proxy.url()))
        .failure(3, "tx.receipt_timeout");
    let port = known(&context);
    assert_eq!(
        (&port["identity"], &port["next_identity"], &port["next_key"]),
        (&json!("patient"), &json!("fresh"), &json!(0)),
        "{port:#}"
    );
    reads(&context, patient, 1, b"first");
    let finished = patient.ok(change);
    assert_eq!(
        (&finished["tx"], &finished["identity"]),
        (&Value::Null, &json!("fresh"))
    );
    let port = known(&context);
    assert_eq!(
        (&port["identity"], &port["next_identity"]),
        (&json!("fresh"), &Value::Null)
    );
    reads(&context, patient, 1, b"first");
}

#[test]
fn a_provider_changes_to_another_identity() {
    let context = TestContext::with_reader(b"first");
    let specialist = &context.specialist;
    specialist.ok("identity new fresh --scrypt-log-n 13");
    let changed = specialist.ok("provider change-key --to-identity fresh");
    assert_eq!(
        (&changed["identity"], &changed["key_index"]),
        (&json!("fresh"), &json!(0)),
        "{changed:#}"
    );
    let get = |id: u32, identity: &str| {
        let out = context.path(&format!("{id}-{identity}"));
        specialist.run(&format!(
            "record get {id} --port {} --identity {identity} -o {} --force",
            context.port,
            utf8(&out)
        ))
    };
    // Sealed to the former identity, which is opened along with the new one.
    get(1, "fresh").success();
    context.patient.ok("access rotate --accept-new-key");
    context.add_record("second.txt", b"second");
    get(2, "fresh").success();
    get(1, "fresh").success();
    get(2, "specialist").failure(1, "section.no_matching_key");
}
