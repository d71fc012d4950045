//! Ciphertext on the chain.

use super::{add_line, content, get_line, output, run_at};
use patientport_tests::{TestContext, utf8};
use std::fs;

#[test]
fn a_published_record_is_read_from_the_chain_alone() {
    let context = TestContext::with_port();
    let directory = context.path("records");
    let store = [utf8(&directory)];
    // A head in one piece and a body in three.
    let payload = content(60_000);
    let file = context.file("note.bin", &payload);
    run_at(&context.primary, &store, &add_line(&context, &file)).success();
    let publish = format!("record publish 1 --port {}", context.port);
    let published = run_at(&context.primary, &store, &publish).success();
    assert_eq!(
        (&published["pieces"], &published["already"]),
        (&4.into(), &0.into()),
        "{published:#}"
    );
    assert_eq!(published["txs"].as_array().map(Vec::len), Some(4));
    // Again, and nothing is sent.
    let before = context.sent();
    let again = run_at(&context.primary, &store, &publish).success();
    assert_eq!(
        (&again["already"], &again["txs"]),
        (&4.into(), &serde_json::json!([]))
    );
    assert_eq!(context.sent(), before);
    // Others' pieces do not get into the way.
    run_at(&context.specialist, &store, &publish).failure(1, "access.denied");
    fs::remove_dir_all(&directory).expect("the store is there");
    let out = output(&context);
    run_at(&context.patient, &store, &get_line(&context, &out)).success();
    assert!(
        fs::read(&out).expect("the record is there") == payload,
        "another record"
    );
    fs::remove_file(&out).expect("the record is there");
    let line = format!("{} --range 30000-30009", get_line(&context, &out));
    run_at(&context.patient, &store, &line).success();
    assert_eq!(
        fs::read(&out).expect("a part is there"),
        payload[30_000..30_010]
    );
    // The patient publishes from what stands there.
    let own = run_at(&context.patient, &store, &publish).success();
    assert_eq!(own["already"], 0, "{own:#}");
    assert!(!directory.exists());
}

#[test]
fn what_is_too_large_for_the_chain_is_refused_before_anything_is_sent() {
    let context = TestContext::with_port();
    let directory = context.path("records");
    let store = [utf8(&directory)];
    let file = context.file("scan.bin", &content(5 << 20));
    run_at(&context.primary, &store, &add_line(&context, &file)).success();
    let before = context.sent();
    let publish = format!("record publish 1 --port {}", context.port);
    run_at(&context.primary, &store, &publish).failure(1, "record.too_large_to_publish");
    // And nothing is published that nobody agreed to.
    let mut unasked = context.primary.command(&publish);
    let unasked = patientport_tests::Run::of(unasked.args(["--json", "--no-input"]));
    unasked.failure(2, "usage.confirmation_required");
    assert_eq!(context.sent(), before);
}
