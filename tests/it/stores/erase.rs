//! Erasing, as far as it goes.

use super::{S3, add_line, at, blobs, content, get_line, output, run, warnings};
use crate::servers::Server;
use patientport_tests::{Fault, FaultyProxy, TestContext, utf8};
use serde_json::{Value, json};
use std::fs;

/// The receipt's copies as (store, part, outcome), for one store.
fn fates(receipt: &Value, store: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let copies = receipt["copies"].as_array().expect("an array").iter();
    copies
        .filter(|copy| text(&copy["store"]).contains(store))
        .map(|copy| (text(&copy["part"]), text(&copy["outcome"])))
        .collect()
}

fn both(outcome: &str) -> Vec<(String, String)> {
    ["body", "head"]
        .map(|part| (part.to_owned(), outcome.to_owned()))
        .into()
}

#[test]
fn erasing_destroys_every_copy_in_reach_and_says_what_is_left() {
    let context = TestContext::with_port();
    context.request();
    context
        .patient
        .ok(&format!("request approve 1 --port {}", context.port));
    let s3 = S3::start(&context);
    let url = s3.server.url();
    let dav_root = context.path("dav");
    fs::create_dir(&dav_root).expect("the temporary directory is writable");
    let dav = Server::dav(&dav_root);
    let proxy = FaultyProxy::start(dav.address, Fault::None);
    let (directory, empty) = (context.path("records"), context.path("empty"));
    let dav_store = at(&proxy);
    let stores = [utf8(&directory), "s3://records/a", &dav_store];
    let file = context.file("note.bin", &content(30_000));
    run(&context.primary, &stores, &url, &add_line(&context, &file)).success();
    let other = context.file("other.bin", &content(40_000));
    run(&context.primary, &stores, &url, &add_line(&context, &other)).success();
    run(
        &context.primary,
        &stores,
        &url,
        &format!("record publish 1 --port {}", context.port),
    )
    .success();

    // Who may not retract destroys nothing.
    let erase = format!("record erase 1 --port {}", context.port);
    run(&context.specialist, &stores, &url, &erase).failure(1, "access.denied");
    assert_eq!(
        (
            blobs(&directory).len(),
            s3.blobs().len(),
            blobs(&dav_root).len()
        ),
        (4, 4, 4)
    );

    // One store is out of reach: it is named, and the record stays to be erased again.
    proxy.set(Fault::CutsAnswers(0));
    let all = [utf8(&directory), "s3://records/a", &dav_store, utf8(&empty)];
    let first = run(&context.patient, &all, &url, &erase);
    let receipt = first.success();
    assert_eq!(
        (&receipt["complete"], &receipt["state"]),
        (&json!(false), &json!("retracted")),
        "{receipt:#}"
    );
    assert_eq!(fates(&receipt, utf8(&directory)), both("destroyed"));
    assert_eq!(fates(&receipt, "s3://records/a"), both("destroyed"));
    assert_eq!(fates(&receipt, &dav_store), both("failed"));
    assert_eq!(fates(&receipt, utf8(&empty)), both("not-there"));
    assert_eq!(warnings(&first, "erase.incomplete").len(), 1);
    assert!(!empty.exists());
    let whats: Vec<_> = receipt["out_of_reach"]
        .as_array()
        .expect("an array")
        .iter()
        .map(|it| it["what"].as_str().expect("text"))
        .collect();
    assert_eq!(
        whats,
        ["commitment", "store-copies", "published", "readers"],
        "{receipt:#}"
    );
    let readers = receipt["out_of_reach"][3]["accounts"]
        .to_string()
        .to_lowercase();
    assert!(
        readers.contains(&context.specialist.address.to_lowercase()),
        "{readers}"
    );
    assert!(!receipt.to_string().contains("deleted from the chain"));

    // Again, and it is complete. Only the published copy is left, and the other record is whole.
    proxy.set(Fault::None);
    let receipt = run(&context.patient, &all, &url, &erase).success();
    assert_eq!(
        (&receipt["complete"], &receipt["tx"]),
        (&json!(true), &json!(null)),
        "{receipt:#}"
    );
    assert_eq!(fates(&receipt, utf8(&directory)), both("not-there"));
    assert_eq!(fates(&receipt, &dav_store), both("destroyed"));
    assert_eq!(
        (
            blobs(&directory).len(),
            s3.blobs().len(),
            blobs(&dav_root).len()
        ),
        (2, 2, 2)
    );
    let out = output(&context);
    let line = get_line(&context, &out).replace("get 1", "get 2");
    run(&context.patient, &stores, &url, &line).success();
}

#[test]
fn an_erased_record_cannot_be_read_any_more() {
    let context = TestContext::with_reader(&content(10_000));
    let receipt = context
        .patient
        .ok(&format!("record erase 1 --port {}", context.port));
    assert_eq!(receipt["complete"], true, "{receipt:#}");
    assert_eq!(blobs(&context.patient.store), []);
    let out = output(&context);
    context
        .specialist
        .run(&get_line(&context, &out))
        .failure(1, "record.missing_blob");
    assert!(!out.exists());
    // For people the receipt is in words.
    let mut command = context
        .patient
        .command(&format!("record erase 1 --port {} --yes", context.port));
    let text = patientport_tests::Run::of(&mut command);
    let shown = String::from_utf8_lossy(&text.stdout).into_owned();
    assert_eq!(text.exit_code, Some(0), "{text:?}");
    assert!(
        shown.contains("out of reach") && shown.contains("stay on the chain"),
        "{shown}"
    );
}
