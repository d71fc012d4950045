//! Runs that are told to end half-way, and stores that serve a body twice.
//!
//! The body is a pipe that the test writes, so that a run stands still exactly where the test wants it.

use patientport_tests::{TestContext, files_below, on_a_full_disk, utf8};
use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Length of the record. Its body is a little longer.
const LENGTH: usize = 4 << 20;
/// How much of the body a run gets before it is told to end: more than pipe and buffers hold together. It opens a
/// mebibyte while it reads the next and writes the one before, so it has written something once it waits for the
/// third.
const PART: usize = 5 << 19;

fn payload() -> Vec<u8> {
    (0..251).cycle().take(LENGTH).collect()
}

/// Puts a pipe in the place of the record's body; returns the pipe and the body.
fn pipe_for_body(context: &TestContext) -> (PathBuf, Vec<u8>) {
    let (path, _) = files_below(&context.primary.store)
        .into_iter()
        .max_by_key(|(_, length)| *length)
        .expect("a record is stored");
    let body = fs::read(&path).expect("the store is readable");
    assert!(body.len() >= LENGTH, "the largest blob is the body");
    fs::remove_file(&path).expect("the store is writable");
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo runs").success());
    (path, body)
}

fn start(context: &TestContext, line: &str) -> Child {
    context
        .specialist
        .command(line)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

fn kill(child: &Child, signal: &str) {
    let kill = format!("kill -{signal} {}", child.id());
    let status = Command::new("sh").args(["-c", &kill]).status();
    assert!(status.expect("a shell runs").success());
}

/// Opens the pipe, which waits until the run reads, and writes the first part of the body.
fn write_part(pipe: &Path, body: &[u8]) -> File {
    let mut pipe = File::options()
        .write(true)
        .open(pipe)
        .expect("the pipe opens");
    pipe.write_all(&body[..PART]).expect("the run reads");
    pipe
}

#[track_caller]
fn is_told_to_end(signal: &str, exit_code: i32, code: &str) {
    let context = TestContext::with_reader(&payload());
    let (path, body) = pipe_for_body(&context);
    let directory = context.path("output");
    fs::create_dir(&directory).expect("the temporary directory is writable");
    let out = directory.join("record.bin");
    let child = start(
        &context,
        &format!(
            "record get 1 --port {} -o {} --json",
            context.port,
            utf8(&out)
        ),
    );
    let pipe = write_part(&path, &body);
    let written = files_below(&directory);
    assert!(
        matches!(&written[..], [(name, length)] if *name != out && *length > 0),
        "unverified plaintext under another name: {written:?}"
    );
    kill(&child, signal);
    // The pipe stays open: a run ends on a signal though its reader waits for a store that says nothing.
    let output = child.wait_with_output().expect("the program ends");
    drop(pipe);
    assert_eq!(
        output.status.code(),
        Some(exit_code),
        "{:?} {}",
        output.status.signal(),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(files_below(&directory), [], "plaintext was left");
    let document: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!(document["errors"][0]["code"], code);
}

#[test]
fn sigterm_leaves_no_plaintext() {
    is_told_to_end("TERM", 143, "terminated");
}

#[test]
fn sighup_leaves_no_plaintext() {
    is_told_to_end("HUP", 129, "hung_up");
}

#[test]
fn sigint_leaves_no_plaintext() {
    is_told_to_end("INT", 130, "interrupted");
}

#[test]
fn a_run_started_by_nohup_outlives_its_terminal() {
    let context = TestContext::with_reader(&payload());
    let (path, body) = pipe_for_body(&context);
    let out = context.path("record.bin");
    let inner = context.specialist.command(&format!(
        "record get 1 --port {} -o {} --json",
        context.port,
        utf8(&out)
    ));
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' HUP; exec \"$0\" \"$@\""])
        .arg(inner.get_program())
        .args(inner.get_args())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = command.spawn().expect("a shell runs");
    let mut pipe = write_part(&path, &body);
    kill(&child, "HUP");
    pipe.write_all(&body[PART..]).expect("the run reads on");
    drop(pipe);
    assert_eq!(child.wait().expect("the program ends").code(), Some(0));
    assert!(fs::read(&out).expect("the record is there") == payload());
}

#[test]
fn what_goes_to_standard_output_is_what_was_verified() {
    let context = TestContext::with_reader(&payload());
    let (path, body) = pipe_for_body(&context);
    let mut child = start(&context, &format!("record get 1 --port {}", context.port));
    let mut pipe = write_part(&path, &body);
    // Whoever opens the body from now on gets another one, which begins as the true one does.
    let mut other = body.clone();
    *other.last_mut().expect("a body is not empty") ^= 1;
    let prepared = path.with_extension("other");
    fs::write(&prepared, other).expect("the store is writable");
    fs::rename(&prepared, &path).expect("the store is writable");
    pipe.write_all(&body[PART..]).expect("the run reads on");
    drop(pipe);
    let mut released = Vec::new();
    let mut stdout = child.stdout.take().expect("stdout is a pipe");
    stdout
        .read_to_end(&mut released)
        .expect("the program writes");
    let output = child.wait_with_output().expect("the program ends");
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{talk}");
    assert!(released == payload(), "{} bytes", released.len());
}

#[test]
fn nothing_is_released_when_there_is_no_room_to_verify_first() {
    let context = TestContext::with_reader(&payload());
    let inner = context
        .specialist
        .command(&format!("record get 1 --port {}", context.port));
    let mut command = on_a_full_disk(512, &inner);
    let output = command.output().expect("a shell runs");
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        (output.status.code(), output.stdout.len()),
        (Some(3), 0),
        "{talk}"
    );
    assert!(
        talk.starts_with("error: cannot write a temporary file in"),
        "{talk}"
    );
}
