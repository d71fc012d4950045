//! Records in real stores: S3, WebDAV, static files, the author's endpoint; and what happens when a network or a
//! server fails. Shown throughout: an output file is whole or absent, a store has whole blobs only, and every failure
//! names the store.

mod chain;
mod endpoint;
mod erase;
mod faults;
mod several;

use crate::servers::{ACCESS_KEY, SECRET_KEY, Server};
use patientport_tests::{FaultyProxy, Party, Run, TestContext, files_below, utf8};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Bytes of a part of an upload (docs of the S3 store).
const PART: u64 = 8 << 20;
/// Bytes of a head at most (docs/record-format.md §4).
const HEAD_MAX: usize = 8_192;

/// Content that does not repeat within a chunk, so that bytes in the wrong place are seen.
fn content(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[0]
        })
        .collect()
}

/// An S3 service with one bucket, `records`.
#[derive(Debug)]
struct S3 {
    server: Server,
    root: PathBuf,
}

impl S3 {
    fn start(context: &TestContext) -> Self {
        let root = context.path("s3");
        fs::create_dir_all(root.join("records")).expect("the temporary directory is writable");
        Self {
            server: Server::s3(&root),
            root,
        }
    }

    /// Lengths of the blobs in the bucket, ascending. The service's own files are none.
    fn blobs(&self) -> Vec<u64> {
        let mut lengths: Vec<_> = blobs(&self.root.join("records"))
            .into_iter()
            .map(|(_, length)| length)
            .collect();
        lengths.sort_unstable();
        lengths
    }
}

/// The blobs below a directory.
fn blobs(root: &Path) -> Vec<(PathBuf, u64)> {
    let mut files = files_below(root);
    files.retain(|(path, _)| path.extension().is_some_and(|it| it == "blob"));
    files
}

/// A run of a party with stores and an S3 endpoint of its own.
fn command(party: &Party, stores: &[&str], endpoint: &str, line: &str) -> Command {
    let mut command = party.command(line);
    command
        .env("PATIENTPORT_STORE", stores.join("\n"))
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .env("AWS_REGION", "us-east-1")
        .args(["--json", "--yes", "--no-input"]);
    command
}

fn run(party: &Party, stores: &[&str], endpoint: &str, line: &str) -> Run {
    Run::of(&mut command(party, stores, endpoint, line))
}

/// A run with stores that are no S3 services.
fn run_at(party: &Party, stores: &[&str], line: &str) -> Run {
    run(party, stores, "http://127.0.0.1:9", line)
}

/// Messages of a run's warnings with this code.
fn warnings(run: &Run, code: &str) -> Vec<String> {
    let document = run.json();
    let warnings = document["warnings"].as_array().expect("an array").iter();
    warnings
        .filter(|warning| warning["code"] == code)
        .map(|warning| warning["message"].as_str().expect("text").to_owned())
        .collect()
}

/// The causes of a failure, in one line.
fn causes(error: &Value) -> String {
    error["details"]["causes"].to_string()
}

/// The file that a record goes to; it is not there.
fn output(context: &TestContext) -> PathBuf {
    let path = context.path("out");
    assert!(!path.exists());
    path
}

fn add_line(context: &TestContext, file: &Path) -> String {
    format!(
        "record add {} --port {} --section 0 --title x",
        utf8(file),
        context.port
    )
}

fn get_line(context: &TestContext, output: &Path) -> String {
    format!("record get 1 --port {} -o {}", context.port, utf8(output))
}

/// A proxy's address as a store.
fn at(proxy: &FaultyProxy) -> String {
    proxy.url()
}

#[test]
fn a_record_in_a_bucket_is_read_by_others() {
    let context = TestContext::with_port();
    let s3 = S3::start(&context);
    let url = s3.server.url();
    // Two parts and a bit.
    let payload = content(17 << 20);
    let file = context.file("scan.bin", &payload);
    let store = ["s3://records/clinic"];
    let added = run(&context.primary, &store, &url, &add_line(&context, &file)).success();
    let body = added["body_length"].as_u64().expect("a number");
    assert_eq!(s3.blobs().len(), 2);
    assert_eq!(s3.blobs()[1], body);
    assert_eq!(
        blobs(&context.primary.home),
        [],
        "nothing waits in the home any more"
    );
    let out = output(&context);
    run(&context.patient, &store, &url, &get_line(&context, &out)).success();
    assert!(
        fs::read(&out).expect("the record is there") == payload,
        "another record"
    );
    let incoming = context.patient.home.join("incoming");
    assert_eq!(files_below(&incoming), []);
    // What an earlier run fetched is used, be it all or a part.
    let bucket = blobs(&s3.root.join("records"));
    let (stored, _) = bucket
        .iter()
        .max_by_key(|(_, length)| *length)
        .expect("a record is stored");
    let stored_bytes = fs::read(stored).expect("a blob is readable");
    let name = stored.file_stem().expect("a name").to_string_lossy();
    for kept in [stored_bytes.len(), stored_bytes.len() / 2] {
        let part = incoming.join(format!("{name}.part"));
        fs::write(part, &stored_bytes[..kept]).expect("the home is writable");
        let line = format!("{} --force", get_line(&context, &out));
        run(&context.patient, &store, &url, &line).success();
        assert!(
            fs::read(&out).expect("the record is there") == payload,
            "another record"
        );
        assert_eq!(files_below(&incoming), []);
    }
    let listed = run(&context.patient, &store, &url, "record list").success();
    assert_eq!(listed["records"][0]["access"], "open", "{listed:#}");
    run(&context.patient, &store, &url, "record verify 1").success();
}

#[test]
fn a_part_of_a_record_is_fetched_alone() {
    let context = TestContext::with_port();
    let root = context.path("www");
    fs::create_dir(&root).expect("the temporary directory is writable");
    let payload = content(9_000_000);
    let file = context.file("scan.bin", &payload);
    run_at(&context.primary, &[utf8(&root)], &add_line(&context, &file)).success();
    let server = Server::files(&root);
    let proxy = FaultyProxy::start(server.address, patientport_tests::Fault::None);
    let store = at(&proxy);
    let out = output(&context);
    for (range, expected) in [
        ("0-0", 0..1),
        ("65530-65545", 65_530..65_546),
        // Over a step of the reader.
        ("4194300-4194310", 4_194_300..4_194_311),
        ("8999990-", 8_999_990..9_000_000),
        ("8999990-99999999", 8_999_990..9_000_000),
    ] {
        let before = proxy.down();
        let line = format!("{} --force --range {range}", get_line(&context, &out));
        let got = run_at(&context.patient, &[&store], &line).success();
        assert_eq!(
            fs::read(&out).expect("a part is there"),
            payload[expected.clone()]
        );
        let (first, last) = (expected.start as u64, expected.end as u64 - 1);
        assert_eq!(got["range"], serde_json::json!([first, last]), "{got:#}");
        let fetched = proxy.down() - before;
        assert!(fetched < 200_000, "`{fetched}` bytes for {range}");
    }
    let line = |range| format!("record get 1 --port {} --range {range}", context.port);
    let mut stdout = context.patient.command(&line("10-19"));
    let stdout = Run::of(stdout.env("PATIENTPORT_STORE", &store));
    assert_eq!(
        (stdout.exit_code, stdout.stdout.as_slice()),
        (Some(0), &payload[10..20])
    );
    fs::remove_file(&out).expect("a part is there");
    run_at(
        &context.patient,
        &[&store],
        &format!("{} --range 9000000-", get_line(&context, &out)),
    )
    .failure(1, "record.no_such_range");
    run_at(
        &context.patient,
        &[&store],
        &format!("{} --range 5-4", get_line(&context, &out)),
    )
    .failure(2, "usage.arguments");
    assert!(!out.exists());
}

#[test]
fn reading_makes_no_directory() {
    let context = TestContext::with_reader(b"first");
    let nowhere = context.path("nowhere");
    let out = output(&context);
    let error = run_at(
        &context.patient,
        &[utf8(&nowhere)],
        &get_line(&context, &out),
    )
    .failure(1, "record.missing_blob");
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|it| it.contains("nowhere")),
        "{error:#}"
    );
    run_at(&context.patient, &[utf8(&nowhere)], "record list").success();
    assert!(!nowhere.exists() && !out.exists());
}

#[test]
fn stores_that_make_no_sense_are_refused_before_anything_is_done() {
    let context = TestContext::with_port();
    let file = context.file("note.txt", b"note");
    let line = add_line(&context, &file);
    for (store, code) in [
        ("ftp://host.example/", "store.invalid_location"),
        (
            "https://user:secret@host.example/",
            "store.invalid_location",
        ),
        ("http://host.example/", "store.insecure_url"),
    ] {
        let error = run_at(&context.primary, &[store], &line).failure(2, code);
        assert!(!error.to_string().contains("secret"), "{error:#}");
    }
    let mut bare = command(
        &context.primary,
        &["s3://records"],
        "http://127.0.0.1:9",
        &line,
    );
    bare.env_remove("AWS_SECRET_ACCESS_KEY");
    Run::of(&mut bare).failure(2, "store.no_credentials");
    assert_eq!(blobs(&context.primary.home), []);
}
