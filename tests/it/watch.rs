//! `patientport watch`: events as they happen, hooks, silent nodes, reorganised chains.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    process::{Child, ChildStdout, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use patientport_tests::{Proxy, Run, Session, TestContext, Trouble, utf8};
use serde_json::{Value, json};

/// A watch that runs, and what it prints line by line.
struct Watch {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Watch {
    fn start(context: &TestContext, line: &str) -> Self {
        let mut command = context.patient.command(line);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line);
        assert_ne!(read.expect("the program writes text"), 0, "it has ended");
        line
    }

    fn event(&mut self) -> Value {
        serde_json::from_str(&self.line()).expect("a line is a document")
    }

    /// Ends it as Ctrl-C does: exit code and standard error.
    fn end(self) -> (Option<i32>, String) {
        let kill = format!("kill -INT {}", self.child.id());
        let status = std::process::Command::new("sh")
            .args(["-c", &kill])
            .status();
        assert!(status.expect("a shell runs").success());
        drop(self.lines);
        let output = self.child.wait_with_output().expect("the program ends");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    }
}

fn names(lines: &str) -> Vec<String> {
    let name = |line: &str| {
        let event: Value = serde_json::from_str(line).expect("a line is a document");
        event["event"].as_str().expect("a name").to_owned()
    };
    lines.lines().map(name).collect()
}

#[test]
fn events_are_told_as_they_happen_until_ctrl_c() {
    let context = TestContext::with_port();
    // What was there before is told first, so that the test knows when the watch has begun.
    let mut watch = Watch::start(&context, "watch --since 0 --interval 1s --json");
    let begun: Vec<_> = (0..3).map(|_| watch.event()).collect();
    assert_eq!(begun[0]["event"], "Claimed");
    assert_eq!(begun[0]["number"], 1);
    context.request();
    let made = watch.event();
    assert_eq!(
        (&made["event"], &made["number"], &made["details"]["request"]),
        (&json!("RequestMade"), &json!(4), &json!(1)),
        "{made:#}"
    );
    assert_eq!(made["schema_version"], 1);
    assert_eq!(made["port"], json!(context.port.to_lowercase()));
    assert_eq!(made["by"], json!(context.specialist.address.to_lowercase()));
    context.patient.ok("request approve 1");
    let granted = watch.event();
    assert_eq!(granted["event"], "AccessGranted");
    let listed = context.patient.ok("history");
    for member in [
        "number",
        "at",
        "block",
        "tx",
        "log_index",
        "event",
        "by",
        "whom",
        "what",
        "details",
    ] {
        assert_eq!(granted[member], listed["events"][4][member], "{member}");
    }
    let (code, talk) = watch.end();
    assert_eq!(code, Some(130), "{talk}");
}

#[test]
fn what_happened_since_is_told_once_and_so_many_events_are_enough() {
    let context = TestContext::with_reader(b"first");
    let patient = &context.patient;
    let all = Run::of(&mut patient.command("watch --once --since 0 --json"));
    let told = String::from_utf8(all.stdout).expect("text");
    assert_eq!(all.exit_code, Some(0), "{}", all.stderr);
    assert_eq!(
        names(&told),
        [
            "Claimed",
            "SectionsRotated",
            "SecretsSealed",
            "RecordAdded",
            "RequestMade",
            "AccessGranted"
        ]
    );
    let none = Run::of(&mut patient.command("watch --once"));
    assert_eq!(
        (none.exit_code, none.stdout.len()),
        (Some(0), 0),
        "{}",
        none.stderr
    );
    let two = Run::of(&mut patient.command("watch --since 0 --count 2"));
    let text = String::from_utf8(two.stdout).expect("text");
    assert_eq!(two.exit_code, Some(0), "{}", two.stderr);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[0].contains("mine  the patient  accepted the port"),
        "{text}"
    );
    // A home without a port of its own has to name one.
    context
        .specialist
        .run("watch --once")
        .failure(2, "port.none_known");
    let line = format!("watch --once --since 0 --port {}", context.port);
    let shown = Run::of(&mut context.specialist.command(&line));
    let text = String::from_utf8(shown.stdout).expect("text");
    assert!(
        text.contains("\"Dr. Tomas Brandt\"  asked for access, request 1"),
        "{text}"
    );
}

#[test]
fn a_hook_gets_each_event_on_standard_input_and_nothing_of_it_elsewhere() {
    let context = TestContext::with_port();
    context.request();
    let seen = context.path("seen");
    let script = format!(
        "#!/bin/sh\n{{ cat; printf '%s ' \"$#\" \"$@\"; env; }} >> {}\necho said\n[ \"$1\" != fail ]\n",
        utf8(&seen)
    );
    let hook = context.file("hook.sh", script.as_bytes());
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o700)).expect("the file is ours");
    let line = format!(
        "watch --once --since 0 --json --exec {} -- one 'two three'",
        utf8(&hook)
    );
    let run = Run::of(&mut context.patient.command(&line));
    assert_eq!(run.exit_code, Some(0), "{}", run.stderr);
    let told = String::from_utf8(run.stdout).expect("text");
    assert_eq!(
        names(&told).len(),
        4,
        "what a hook prints is no part of the stream"
    );
    assert_eq!(run.stderr.matches("said").count(), 4);
    let seen = fs::read_to_string(&seen).expect("the hook has written");
    assert_eq!(seen.matches("2 one two three ").count(), 4, "{seen}");
    let documents: Vec<_> = seen.lines().filter(|line| line.starts_with('{')).collect();
    let event = |line: &str| serde_json::from_str::<Value>(line).expect("a document");
    assert_eq!(
        documents.iter().map(|line| event(line)).collect::<Vec<_>>(),
        told.lines().map(event).collect::<Vec<_>>()
    );
    assert!(!seen.contains("RequestMade="), "{seen}");

    // A hook that fails keeps nobody from the next event; one that is not there ends the watch.
    let line = format!("watch --once --since 0 --exec {} -- fail", utf8(&hook));
    let run = Run::of(&mut context.patient.command(&line));
    assert_eq!(run.exit_code, Some(0), "{}", run.stderr);
    assert_eq!(
        run.stderr.matches("failed: exit status: 1").count(),
        4,
        "{}",
        run.stderr
    );
    let run = Run::of(
        &mut context
            .patient
            .command("watch --once --since 0 --json --exec ./none"),
    );
    let told = String::from_utf8(run.stdout).expect("text");
    let last: Value = serde_json::from_str(told.lines().last().expect("lines")).expect("JSON");
    assert_eq!(
        (run.exit_code, &last["errors"][0]["code"]),
        (Some(2), &json!("watch.hook"))
    );
}

#[test]
fn the_bell_rings_on_a_terminal_for_a_new_request_and_not_if_unwanted() {
    let context = TestContext::with_port();
    context.request();
    for (line, rings) in [
        ("watch --once --since 0", 1),
        ("watch --once --since 0 --no-bell", 0),
        ("watch --once --since 0 --quiet", 0),
    ] {
        let (shown, code) = Session::start(&mut context.patient.command(line)).end();
        assert_eq!(code, Some(0), "{shown}");
        assert_eq!(shown.matches('\u{7}').count(), rings, "{line}: {shown:?}");
    }
}

#[test]
fn a_silent_node_is_told_once_and_asked_until_it_answers_again() {
    let context = TestContext::with_port();
    let is_up = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&is_up);
    let proxy = Proxy::judged(context.node.address(), move |_| {
        switch.load(Ordering::SeqCst)
    });
    let line = format!(
        "watch --since 0 --interval 1s --json --rpc-url {}",
        proxy.url()
    );
    let mut watch = Watch::start(&context, &line);
    for _ in 0..3 {
        watch.event();
    }
    is_up.store(false, Ordering::SeqCst);
    let mut talk = BufReader::new(watch.child.stderr.take().expect("stderr is a pipe"));
    let mut said = String::new();
    talk.read_line(&mut said).expect("the program writes text");
    assert!(
        said.starts_with("warning: ") && said.contains("trying again until it works"),
        "{said}"
    );
    context.request();
    is_up.store(true, Ordering::SeqCst);
    assert_eq!(watch.event()["event"], "RequestMade", "nothing is lost");
    said.clear();
    talk.read_line(&mut said).expect("the program writes text");
    assert_eq!(said, "the node answers again\n");
    let (code, _) = watch.end();
    assert_eq!(code, Some(130));
}

#[test]
fn a_node_that_hides_an_event_is_found_out() {
    let context = TestContext::with_port();
    context.request();
    let trouble = Trouble::HidesTheLastEventOf(context.port.clone());
    let proxy = Proxy::start(context.node.address(), trouble);
    let run = context
        .patient
        .run(&format!("watch --once --since 0 --rpc-url {}", proxy.url()));
    run.failure(1, "history.mismatch");
}

/// The chain goes back and another way.
mod on_devnode {
    use super::*;

    #[test]
    fn a_reorganised_chain_is_told_and_told_anew() {
        let context = TestContext::with_port();
        let snapshot = context.devnode().rpc("evm_snapshot", &json!([]));
        let mut watch = Watch::start(&context, "watch --since 0 --interval 1s --json");
        for _ in 0..3 {
            watch.event();
        }
        context.request();
        let before = watch.event();
        context.devnode().rpc("evm_revert", &json!([snapshot]));
        context.specialist.ok(&format!(
            "request send --port {} --section 1 --until 7d",
            context.port
        ));
        let after = watch.event();
        assert_eq!(
            (&before["number"], &after["number"]),
            (&json!(4), &json!(4))
        );
        assert_ne!(before["tx"], after["tx"]);
        let (code, talk) = watch.end();
        assert_eq!(code, Some(130), "{talk}");
        assert!(
            talk.contains("the chain was reorganised: the last 1 event of"),
            "{talk}"
        );
    }
}
