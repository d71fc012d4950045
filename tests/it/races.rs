//! Several runs at the same time: each thing happens once, whoever loses is told so, and repeating it changes nothing.

use patientport_tests::{Party, Proxy, Run, SCRIPTED, Session, TestContext, Trouble, utf8};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    process::{Child, Command, Stdio},
};

/// Starts all runs before it waits for any of them; they come back in their order.
pub(crate) fn at_once(lines: &[(&Party, String)]) -> Vec<Run> {
    let start = |(who, line): &(&Party, String)| -> (String, Child) {
        let mut command: Command = who.command(line);
        command
            .args(SCRIPTED)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        (line.clone(), command.spawn().expect("the program starts"))
    };
    let started: Vec<_> = lines.iter().map(start).collect();
    let end = |(line, child): (String, Child)| {
        let output = child.wait_with_output().expect("the program ends");
        Run::from_output(line, output)
    };
    started.into_iter().map(end).collect()
}

/// The code of a run's error; none if it succeeded. A failure is told as every failure is.
#[track_caller]
pub(crate) fn code(run: &Run) -> Option<String> {
    let document = run.json();
    if run.exit_code == Some(0) {
        run.success();
        return None;
    }
    let code = document["errors"][0]["code"].as_str().unwrap_or_default();
    run.failure(run.exit_code.unwrap_or_default(), code);
    Some(code.to_owned())
}

/// How many events of these kinds the port has had.
fn count(context: &TestContext, kinds: &[&str]) -> usize {
    let events = context.history();
    let is_one = |event: &&Value| kinds.iter().any(|kind| event["event"] == *kind);
    events.iter().filter(is_one).count()
}

#[test]
fn records_that_one_author_adds_at_once_are_all_added_once() {
    let context = TestContext::with_port();
    let contents: Vec<Vec<u8>> = (1..=4_u8).map(|byte| vec![byte; 1000]).collect();
    let add = |(index, content): (usize, &Vec<u8>)| {
        let file = context.file(&format!("{index}.bin"), content);
        let line = format!(
            "record add {} --port {} --section 0",
            utf8(&file),
            context.port
        );
        (&context.primary, line)
    };
    let lines: Vec<_> = contents.iter().enumerate().map(add).collect();
    let runs = at_once(&lines);
    let mut got = Vec::new();
    for (run, content) in runs.iter().zip(&contents) {
        let id = run.success()["id"].as_u64().expect("a number");
        let out = context.path(&format!("{id}.out"));
        context
            .patient
            .ok(&format!("record get {id} -o {}", utf8(&out)));
        assert_eq!(&fs::read(&out).expect("it was written"), content);
        got.push(id);
    }
    got.sort_unstable();
    assert_eq!(got, [1, 2, 3, 4]);
    assert_eq!(count(&context, &["RecordAdded"]), 4);
}

#[test]
fn a_file_that_is_added_twice_at_once_is_one_record_or_told_to_be_on_its_way() {
    let context = TestContext::with_port();
    let file = context.file("scan.bin", &vec![1; 300_000]);
    let line = format!(
        "record add {} --port {} --section 0",
        utf8(&file),
        context.port
    );
    let runs = at_once(&[(&context.primary, line.clone()), (&context.primary, line)]);
    let codes: Vec<_> = runs.iter().map(code).collect();
    let added = codes.iter().filter(|code| code.is_none()).count();
    assert!(
        codes
            .iter()
            .flatten()
            .all(|code| code == "record.batch_running"),
        "{codes:?}"
    );
    // Runs that did not meet each other are two additions, as always.
    assert!(added >= 1, "{codes:?}");
    assert_eq!(count(&context, &["RecordAdded"]), added);
}

/// Runs two answers of the patient at once, and both again: one thing has happened in the end.
#[track_caller]
fn one_of(context: &TestContext, lines: [&str; 2], kinds: &[&str]) {
    let both = lines.map(|line| (&context.patient, line.to_owned()));
    let codes: Vec<_> = at_once(&both).iter().map(code).collect();
    assert!(codes.iter().any(Option::is_none), "one has won: {codes:?}");
    for code in codes.iter().flatten() {
        assert!(
            ["request.not_pending", "tx.failed"].contains(&code.as_str()),
            "{codes:?}"
        );
    }
    assert_eq!(count(context, kinds), 1, "{codes:?}");
    for line in lines {
        context.patient.run(line).failure(1, "request.not_pending");
    }
    assert_eq!(count(context, kinds), 1);
}

#[test]
fn a_request_that_is_approved_twice_at_once_is_approved_once() {
    let context = TestContext::with_port();
    context.request();
    let line = "request approve 1";
    one_of(&context, [line, line], &["AccessGranted"]);
}

#[test]
fn a_request_that_is_approved_and_denied_at_once_has_one_answer() {
    let context = TestContext::with_port();
    context.request();
    let lines = ["request approve 1", "request deny 1 --reason not-needed"];
    one_of(&context, lines, &["AccessGranted", "RequestDenied"]);
}

#[test]
fn an_approval_and_a_revocation_at_once_both_hold_in_the_end() {
    let context = TestContext::with_reader(b"first");
    let (patient, primary, specialist) = (&context.patient, &context.primary, &context.specialist);
    primary.ok(&format!(
        "request send --port {} --section 0 --until 30d --text 'my own records'",
        context.port
    ));
    let lines = [
        format!("access revoke {}", specialist.address),
        "request approve 2".to_owned(),
    ];
    let both: Vec<_> = lines.iter().map(|line| (patient, line.clone())).collect();
    let codes: Vec<_> = at_once(&both).iter().map(code).collect();
    assert!(codes.iter().any(Option::is_none), "one has won: {codes:?}");
    // Whoever lost was told, and does it now.
    for (line, code) in lines.iter().zip(&codes) {
        if let Some(code) = code {
            assert!(
                ["section.stale_epoch", "tx.failed"].contains(&code.as_str()),
                "{codes:?}"
            );
            patient.ok(line);
        }
    }
    assert_eq!(count(&context, &["AccessRevoked"]), 1, "{codes:?}");
    assert_eq!(count(&context, &["AccessGranted"]), 2, "{codes:?}");
    // If the approval came first, the revocation's keys knew nothing of the new reader.
    patient.ok("access reseal");
    context.add_record("second.txt", b"second");
    let out = context.path("out.txt");
    let get = format!(
        "record get 2 --port {} --force -o {}",
        context.port,
        utf8(&out)
    );
    specialist.run(&get).failure(1, "section.no_matching_key");
    primary.ok(&get);
    assert_eq!(fs::read(&out).expect("it was written"), b"second");
}

#[test]
fn who_is_given_access_while_keys_change_is_told_of_and_gets_them_afterwards() {
    let context = TestContext::with_reader(b"first");
    let (patient, primary, specialist) = (&context.patient, &context.primary, &context.specialist);
    primary.ok(&format!(
        "request send --port {} --section 0 --until 30d --text 'my own records'",
        context.port
    ));
    // The revocation's keys are planned by the time it asks, and the port takes them.
    let mut revocation =
        Session::start(&mut patient.command(&format!("access revoke {}", specialist.address)));
    revocation.wait_for("[y/N]");
    patient.ok("request approve 2");
    revocation.answer("", "y");
    let (shown, code) = revocation.end();
    assert_eq!(code, Some(0), "{shown}");
    let overlooked = shown
        .lines()
        .find(|line| line.contains("it was given access while they were being changed"))
        .unwrap_or_else(|| panic!("nobody was told of: {shown}"));
    let account = primary.address.to_lowercase();
    assert!(
        overlooked.to_lowercase().contains(&account) && overlooked.contains("access reseal"),
        "{overlooked}"
    );
    let resealed = patient.ok("access reseal");
    assert_eq!(resealed["sealed_to"], json!([account]));
    context.add_record("second.txt", b"second");
    let out = context.path("out.txt");
    primary.ok(&format!(
        "record get 2 --port {} -o {}",
        context.port,
        utf8(&out)
    ));
    assert_eq!(fs::read(&out).expect("it was written"), b"second");
}

#[test]
fn what_came_by_standard_input_is_known_by_what_it_became() {
    let context = TestContext::with_port();
    let primary = &context.primary;
    // A file that is called as standard input is.
    context.file("-", b"neither");
    let add = |bytes: &[u8], more: &str| {
        let input = context.file("input", bytes);
        let line = format!("record add - --port {} --section 0{more}", context.port);
        let mut command = primary.command(&line);
        command
            .args(SCRIPTED)
            .stdin(File::open(input).expect("it was written"));
        Run::of(&mut command)
    };
    let proxy = Proxy::start(context.node.address(), Trouble::LosesTransactions);
    let lost = add(b"first", &format!(" --rpc-url {}", proxy.url()));
    let error = lost.failure(3, "rpc.unreachable");
    let waits = error["details"]["commitment"].as_str().expect("it waits");
    // Other input is another record.
    assert_eq!(add(b"second", "").success()["id"], 1);
    let resume = format!("record add --resume {waits}");
    let codes: Vec<_> = at_once(&[(primary, resume.clone()), (primary, resume)])
        .iter()
        .map(code)
        .collect();
    assert!(codes.iter().any(Option::is_none), "{codes:?}");
    assert_eq!(count(&context, &["RecordAdded"]), 2, "{codes:?}");
    for (id, content) in [(1, b"second".as_slice()), (2, b"first")] {
        let out = context.path(&format!("{id}.out"));
        let get = format!("record get {id} -o {}", utf8(&out));
        context.patient.ok(&get);
        assert_eq!(fs::read(&out).expect("it was written"), content);
    }
}

#[test]
fn a_deployment_that_is_made_twice_at_once_is_one() {
    let context = TestContext::bare();
    let owner = &context.owner;
    let line = || (owner, "deploy".to_owned());
    let codes: Vec<_> = at_once(&[line(), line()]).iter().map(code).collect();
    // What lost is told as what it met: something is there, or was done, already.
    let deployed = owner.ok("deploy");
    let steps = deployed["steps"].as_array().expect("a list");
    assert!(
        steps.iter().all(|step| step["tx"].is_null()) || codes.iter().all(Option::is_some),
        "{codes:?} {deployed:#}"
    );
    assert_eq!(
        deployed["attesters"],
        json!([owner.address.to_lowercase()]),
        "{codes:?}"
    );
    let again = owner.ok("deploy");
    assert_eq!(again["registry"], deployed["registry"]);
    assert_eq!(
        owner.ok("deployment show")["registry"],
        deployed["registry"]
    );
}
