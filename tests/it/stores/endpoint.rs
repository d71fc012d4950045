//! The endpoint that a record's author names in its contact profile.

use super::{at, content, get_line, output, run_at, warnings};
use crate::servers::Server;
use patientport_tests::{Fault, FaultyProxy, TestContext, utf8};
use std::fs;

#[test]
fn the_authors_endpoint_is_asked_last_and_only_where_that_is_allowed() {
    let mut context = TestContext::with_providers();
    let root = context.path("www");
    fs::create_dir(&root).expect("the temporary directory is writable");
    let server = Server::files(&root);
    let proxy = FaultyProxy::start(server.address, Fault::None);
    // Whoever serves its own records names where.
    let author = context.stranger.clone();
    author.ok(&format!(
        "provider register --kind clinic --name Author --endpoint {}",
        at(&proxy)
    ));
    context
        .owner
        .ok(&format!("provider attest {} --until 2y", author.address));
    let issued = author.ok(&format!("port issue --patient {}", context.patient.address));
    context.port = issued["port"].as_str().expect("text").to_owned();
    context
        .patient
        .ok(&format!("port claim {} --section 0:general", context.port));
    let payload = content(200_000);
    let file = context.file("scan.bin", &payload);
    let line = super::add_line(&context, &file);
    run_at(&author, &[utf8(&root)], &line).success();

    let nowhere = context.path("nowhere");
    let out = output(&context);
    let line = get_line(&context, &out);
    let before = proxy.up();
    let error = run_at(&context.patient, &[utf8(&nowhere)], &line).failure(1, "store.forbidden");
    let causes = super::causes(&error);
    assert!(
        causes.contains("nowhere") && causes.contains("endpoint"),
        "{causes}"
    );
    assert_eq!(proxy.up(), before, "it was not even connected to");

    let allowed = format!("{line} --allow-private-endpoints");
    let got = run_at(&context.patient, &[utf8(&nowhere)], &allowed);
    got.success();
    assert!(
        fs::read(&out).expect("the record is there") == payload,
        "another record"
    );
    fs::remove_file(&out).expect("the record is there");
    let told = warnings(&got, "store.endpoint_asked");
    assert!(told.len() == 1 && told[0].contains(&at(&proxy)), "{told:?}");

    // A store that has the record is asked first, and then nobody else is.
    let before = proxy.up();
    let got = run_at(&context.patient, &[utf8(&root)], &allowed);
    got.success();
    assert_eq!(proxy.up(), before);
    assert_eq!(warnings(&got, "store.endpoint_asked"), Vec::<String>::new());
    fs::remove_file(&out).expect("the record is there");

    // It may lie like any other store.
    proxy.set(Fault::FlipsAnswers(100_000));
    run_at(&context.patient, &[utf8(&nowhere)], &allowed).failure(1, "record.commitment_mismatch");
    assert!(!out.exists());
}
