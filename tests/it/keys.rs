//! Changes of encryption keys: what was sealed before opens, nothing written afterwards opens with the old key alone,
//! and a change that breaks off is finished.

use patientport_tests::{Party, Proxy, TestContext, Trouble, utf8};
use serde_json::{Value, json};
use std::fs;

#[track_caller]
pub(crate) fn reads(context: &TestContext, party: &Party, id: u32, expected: &[u8]) {
    let out = context.path(&format!("{}-{id}-{}", party.name, context.sent()));
    party.ok(&format!(
        "record get {id} --port {} -o {} --force",
        context.port,
        utf8(&out)
    ));
    assert_eq!(fs::read(&out).expect("written"), expected);
}

#[track_caller]
fn cannot_read(context: &TestContext, party: &Party, id: u32) {
    let out = context.path("closed");
    party
        .run(&format!(
            "record get {id} --port {} -o {}",
            context.port,
            utf8(&out)
        ))
        .failure(1, "section.no_matching_key");
    assert!(!out.exists());
}

pub(crate) fn known(context: &TestContext) -> Value {
    context.patient.ok("port list")["ports"][0].clone()
}

fn stale(context: &TestContext) -> Value {
    context.patient.ok("port show")["stale"].clone()
}

#[test]
fn a_patient_with_a_new_key_reads_what_was_sealed_to_the_old_one() {
    let context = TestContext::with_reader(b"first");
    // Sealed to the old key, answered after the change.
    context.primary.ok(&format!(
        "request send --port {} --section 0 --until 30d --text 'our notes'",
        context.port
    ));
    let before = context.patient.ok("port show");
    let changed = context.patient.ok("port change-key");
    assert_eq!(changed["key_index"], 1, "{changed:#}");
    assert_eq!(changed["sections"], json!([0, 1]));
    let specialist = context.specialist.address.to_lowercase();
    assert_eq!(changed["sealed_to"], json!([specialist]));
    assert!(changed["tx"]["hash"].is_string());
    let after = context.patient.ok("port show");
    assert_eq!(after["fingerprint"], changed["fingerprint"]);
    assert_ne!(after["fingerprint"], before["fingerprint"]);
    assert_eq!(after["stale"], json!([]));
    assert_eq!(after["sections"][0]["epoch"], 2);
    assert_eq!(after["sections"][0]["name"], "general");
    assert_eq!(
        (&known(&context)["key_index"], &known(&context)["next_key"]),
        (&json!(1), &Value::Null)
    );

    context.add_record("second.txt", b"second");
    for party in [&context.patient, &context.specialist] {
        reads(&context, party, 1, b"first");
        reads(&context, party, 2, b"second");
    }
    let shown = context.patient.ok("request show 2");
    assert_eq!(shown["asked"]["text"], "our notes", "{shown:#}");
    context.patient.ok("request approve 2");
    reads(&context, &context.primary, 1, b"first");
    reads(&context, &context.primary, 2, b"second");

    // Once more; then the home is lost, and all three keys are found.
    assert_eq!(context.patient.ok("port change-key")["key_index"], 2);
    reads(&context, &context.patient, 1, b"first");
    fs::remove_file(context.patient.home.join("ports.json")).expect("it was written");
    fs::remove_file(context.patient.home.join("derived.json")).expect("it was written");
    let found = context.patient.ok("identity recover --no-accounts");
    let port = &found["ports"][0];
    assert_eq!(
        (&port["key_index"], &port["former_keys"]),
        (&json!(2), &json!([1, 0]))
    );
    assert_eq!(found["next_patient_key"], 3);
    let shown = context.patient.ok("request show 2");
    assert_eq!(shown["asked"]["text"], "our notes", "{shown:#}");
}

#[test]
fn a_port_of_no_other_gets_the_key_of_a_changed_one() {
    let context = TestContext::with_port();
    context.patient.ok("port change-key");
    let issued = context
        .primary
        .ok(&format!("port issue --patient {}", context.patient.address));
    let second = issued["port"].as_str().expect("an address");
    context.patient.ok(&format!("port claim {second}"));
    let listed = context.patient.ok("port list");
    let indices: Vec<_> = listed["ports"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|port| port["key_index"].as_u64().expect("a number"))
        .collect();
    assert_eq!(indices, [1, 2]);
    context
        .patient
        .run("port change-key")
        .failure(2, "port.ambiguous");
    context
        .stranger
        .run(&format!("port change-key {second}"))
        .failure(1, "port.not_owner");
}

#[test]
fn a_change_of_key_that_was_mined_unseen_is_finished_by_running_it_again() {
    let context = TestContext::with_reader(b"first");
    let proxy = Proxy::start(context.node.address(), Trouble::HidesReceipts);
    let before = context.sent();
    context
        .patient
        .run(&format!(
            "port change-key --timeout 2s --rpc-url {}",
            proxy.url()
        ))
        .failure(3, "tx.receipt_timeout");
    assert_eq!(context.sent(), before + 1, "it was mined all the same");
    let port = known(&context);
    assert_eq!(
        (&port["key_index"], &port["next_key"]),
        (&json!(0), &json!(1)),
        "{port:#}"
    );
    // Everything works meanwhile.
    reads(&context, &context.patient, 1, b"first");

    let finished = context.patient.ok("port change-key");
    assert_eq!(
        (&finished["tx"], &finished["key_index"]),
        (&Value::Null, &json!(1))
    );
    assert_eq!(
        finished["later"],
        json!([]),
        "the specialist was given its keys at once"
    );
    assert_eq!(context.sent(), before + 1, "nothing was sent again");
    let port = known(&context);
    assert_eq!(
        (&port["key_index"], &port["next_key"]),
        (&json!(1), &Value::Null),
        "{port:#}"
    );
    assert_eq!(context.patient.ok("port change-key")["key_index"], 2);
    reads(&context, &context.patient, 1, b"first");
    reads(&context, &context.specialist, 1, b"first");
}

#[test]
fn a_change_of_key_that_never_arrived_leaves_the_old_key_working() {
    let context = TestContext::with_reader(b"first");
    let proxy = Proxy::start(context.node.address(), Trouble::LosesTransactions);
    context
        .patient
        .run(&format!("port change-key --rpc-url {}", proxy.url()))
        .failure(3, "rpc.unreachable");
    let port = known(&context);
    assert_eq!(
        (&port["key_index"], &port["next_key"]),
        (&json!(0), &json!(1)),
        "{port:#}"
    );
    reads(&context, &context.patient, 1, b"first");
    context.patient.ok("access rotate --section 1");
    // The same key is taken again: it may be public by now.
    let changed = context.patient.ok("port change-key");
    assert_eq!(changed["key_index"], 1);
    assert!(changed["tx"]["hash"].is_string());
    reads(&context, &context.patient, 1, b"first");
    // A change that is declined sets no number aside.
    let before = known(&context);
    let mut command = context.patient.command("port change-key --no-input --json");
    let run = patientport_tests::Run::of(&mut command);
    run.failure(2, "usage.confirmation_required");
    assert_eq!(known(&context), before);
}

#[test]
fn a_provider_with_a_new_key_is_given_access_to_it_by_its_patients() {
    let context = TestContext::with_reader(b"first");
    let changed = context.specialist.ok("provider change-key");
    assert_eq!(changed["key_index"], 1, "{changed:#}");
    let shown = context.specialist.ok("provider show");
    assert_eq!(shown["fingerprint"], changed["fingerprint"]);
    assert_eq!(shown["verified"], true, "a new key changes no attestation");
    let shown = context.specialist.ok("identity show");
    assert_eq!(shown["provider"]["fingerprint"], changed["fingerprint"]);
    // What was sealed to the old key opens still.
    reads(&context, &context.specialist, 1, b"first");
    let specialist = context.specialist.address.to_lowercase();
    let found = stale(&context);
    assert_eq!(
        found,
        json!([{ "section": 0, "holder": specialist, "cause": "key-changed" }])
    );

    // The patient has not been told of the new key: the section is closed to the reader until it is.
    let rotated = context.patient.run("access rotate");
    let data = rotated.success();
    assert_eq!(data["sealed_to"], json!([]));
    assert_eq!(
        data["left_out"][0]["reader"],
        specialist.as_str(),
        "{data:#}"
    );
    assert_eq!(
        rotated.json()["warnings"][0]["code"],
        "access.reader_left_out"
    );
    context.add_record("second.txt", b"second");
    reads(&context, &context.specialist, 1, b"first");
    cannot_read(&context, &context.specialist, 2);
    assert_eq!(stale(&context), json!([]));

    // Nothing is given without the patient's word, and everything with it.
    let resealed = context.patient.ok("access reseal");
    assert_eq!(
        (&resealed["sealed_to"], &resealed["txs"]),
        (&json!([]), &json!([]))
    );
    let resealed = context.patient.ok("access reseal --accept-new-key");
    assert_eq!(resealed["sealed_to"], json!([specialist]), "{resealed:#}");
    reads(&context, &context.specialist, 2, b"second");
    let resealed = context.patient.ok("access reseal");
    assert_eq!(resealed["txs"], json!([]), "nobody lacks anything");

    // A second change, and the patient who knows of it.
    assert_eq!(context.specialist.ok("provider change-key")["key_index"], 2);
    let rotated = context.patient.ok("access rotate --accept-new-key");
    assert_eq!(rotated["sealed_to"], json!([specialist]));
    context.add_record("third.txt", b"third");
    for (id, content) in [(1, &b"first"[..]), (2, b"second"), (3, b"third")] {
        reads(&context, &context.specialist, id, content);
    }
    // A home that is lost finds the newest key again.
    fs::remove_file(context.specialist.home.join("derived.json")).expect("it was written");
    reads(&context, &context.specialist, 3, b"third");
    let found = context.specialist.ok("identity recover --no-accounts");
    assert_eq!(found["providers"][0]["key_index"], 2, "{found:#}");
    let shown = context.specialist.ok("identity show");
    let published = context.specialist.ok("provider show");
    assert_eq!(shown["provider"]["fingerprint"], published["fingerprint"]);
}

#[test]
fn a_provider_changes_only_a_key_that_it_has() {
    let context = TestContext::with_providers();
    context
        .specialist
        .ok("identity new other --scrypt-log-n 13");
    context
        .specialist
        .run("provider change-key --identity other")
        .failure(1, "identity.wrong_key");
    context
        .stranger
        .run("provider change-key")
        .failure(1, "provider.unknown");
}

#[test]
fn readers_that_a_change_of_keys_left_out_are_given_them_later() {
    let context = TestContext::with_reader(b"first");
    // A home that has seen no reader.
    fs::remove_file(context.patient.home.join("pins.json")).expect("it was written");
    let changed = context.patient.ok("port change-key");
    assert_eq!(changed["sealed_to"], json!([]), "{changed:#}");
    assert_eq!(changed["left_out"].as_array().map(Vec::len), Some(1));
    context.add_record("second.txt", b"second");
    cannot_read(&context, &context.specialist, 2);
    let resealed = context.patient.ok("access reseal --include-unseen");
    assert_eq!(resealed["sealed_to"].as_array().map(Vec::len), Some(1));
    reads(&context, &context.specialist, 2, b"second");
    context
        .stranger
        .run(&format!("access reseal --port {}", context.port))
        .failure(1, "port.not_owner");
}
