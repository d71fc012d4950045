//! Many records in one run: one confirmation, a transaction each, and nothing twice.

use patientport_tests::{Proxy, Run, TestContext, Trouble, files_below, on_terminal, utf8};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::symlink, path::PathBuf};

/// A directory with these files.
fn directory(context: &TestContext, files: &[(&str, &str)]) -> PathBuf {
    let directory = context.path("to-file");
    for (name, content) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().expect("files are below"))
            .expect("the temporary directory is writable");
        fs::write(path, content).expect("the temporary directory is writable");
    }
    directory
}

fn members(data: &Value, member: &str) -> Vec<Value> {
    let records = data["records"].as_array().expect("there is a list");
    records.iter().map(|it| it[member].clone()).collect()
}

fn on_chain(context: &TestContext) -> usize {
    let listed = context.patient.ok("record list");
    listed["records"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_directory_becomes_records_in_the_order_of_its_names_and_only_once() {
    let context = TestContext::with_port();
    let files = [
        ("b.txt", "second"),
        ("a.txt", "first"),
        ("c/d.txt", "third"),
        (".hidden", "no record"),
    ];
    let directory = directory(&context, &files);
    symlink("/etc/passwd", directory.join("link.txt")).expect("links can be made");
    let add = format!(
        "record add {} --recursive --port {} --section 0 --note 'from the archive'",
        utf8(&directory),
        context.port
    );
    let before = context.sent();
    let run = context.primary.run(&add);
    let added = run.success();
    assert_eq!((&added["added"], &added["before"]), (&json!(3), &json!(0)));
    assert_eq!(members(&added, "id"), [1, 2, 3]);
    assert_eq!(members(&added, "title"), ["a.txt", "b.txt", "d.txt"]);
    assert_eq!(context.sent(), before + 3);
    assert_eq!(run.json()["warnings"][0]["code"], "input.left_out");

    // Once more: nothing is left to do, and the patient's list is what it was.
    let stored = files_below(&context.primary.store);
    let again = context.primary.ok(&add);
    assert_eq!((&again["added"], &again["before"]), (&json!(0), &json!(3)));
    assert_eq!(members(&again, "id"), [1, 2, 3]);
    assert_eq!(files_below(&context.primary.store), stored);

    // A file that changed is another record; so is one that is meant to be.
    fs::write(directory.join("b.txt"), "second, corrected").expect("the file is writable");
    assert_eq!(context.primary.ok(&add)["added"], 1);
    assert_eq!(context.primary.ok(&format!("{add} --again"))["added"], 3);
    let listed = context.patient.ok("record list");
    let titles = members(&listed, "title");
    assert_eq!(
        titles,
        [
            "a.txt", "b.txt", "d.txt", "b.txt", "a.txt", "b.txt", "d.txt"
        ]
    );
    assert!(members(&listed, "access").iter().all(|it| it == "open"));
}

#[test]
fn a_manifest_files_for_several_patients_and_a_bad_line_keeps_no_other_back() {
    let context = TestContext::with_port();
    let issued = context.primary.ok(&format!(
        "port issue --patient {} --name second",
        context.stranger.address
    ));
    let second = issued["port"].as_str().expect("an address").to_owned();
    context
        .stranger
        .ok(&format!("port claim {second} --section 4:labs"));
    let directory = directory(&context, &[("a.txt", "one"), ("b.pdf", "two")]);
    let manifest = directory.join("today.csv");
    let port = &context.port;
    fs::write(
        &manifest,
        format!(
            "file,port,section,title,media_type,content_time,note\n\
             a.txt,{port},1,Knee,text/plain,2026-11-02,left\n\
             missing.txt,{port},1,,,,\n\
             b.pdf,second,4,Blood count,application/pdf,,\n\
             a.txt,{port},9,,,,\n\
             b.pdf,{port},9,,,,\n\
             a.txt,nobody,0,,,,\n\
             a.txt,{port},1,Knee,text/plain,2026-11-02,left\n"
        ),
    )
    .expect("the directory is writable");
    let line = format!("record add --manifest {}", utf8(&manifest));
    let run = context.primary.run(&line);
    let error = run.failure(1, "record.batch_incomplete");
    let batch = &error["details"]["batch"];
    assert_eq!(
        members(batch, "state"),
        ["added", "failed", "added", "failed", "failed", "failed"],
        "{batch:#}"
    );
    let codes: Vec<_> = members(batch, "error")
        .iter()
        .map(|error| error["code"].clone())
        .collect();
    let expected = json!([
        null,
        "input.unreadable",
        null,
        "section.not_open",
        "record.unplaced",
        "port.unknown_name"
    ]);
    assert_eq!(Value::from(codes), expected);
    assert_eq!(run.json()["warnings"][0]["code"], "input.left_out");

    let listed = context.patient.ok("record list");
    assert_eq!(members(&listed, "title"), ["Knee"]);
    assert_eq!(members(&listed, "content_time"), ["2026-11-02"]);
    let listed = context.stranger.ok("record list");
    assert_eq!(members(&listed, "media_type"), ["application/pdf"]);

    // In words: what was not added is named, with the reason.
    let run = Run::of(context.primary.command(&line).arg("--yes"));
    assert_eq!((run.exit_code, run.stdout.len()), (Some(1), 0));
    for told in [
        "missing.txt",
        "input.unreadable",
        "4 of 6 records were not added",
    ] {
        assert!(run.stderr.contains(told), "{told}: {}", run.stderr);
    }
}

#[test]
fn with_fail_fast_nothing_is_added_if_one_cannot_be() {
    let context = TestContext::with_port();
    let directory = directory(&context, &[("a.txt", "one")]);
    let before = context.sent();
    let error = context
        .primary
        .run(&format!(
            "record add {} {} --port {} --section 0 --fail-fast",
            utf8(&directory.join("a.txt")),
            utf8(&directory.join("none.txt")),
            context.port
        ))
        .failure(1, "record.batch_incomplete");
    let batch = &error["details"]["batch"];
    assert_eq!(members(batch, "state"), ["not-tried", "failed"]);
    assert_eq!(context.sent(), before);
    assert_eq!(files_below(&context.primary.store), []);
}

#[test]
fn mistakes_in_a_batch_are_told_before_anything_is_stored() {
    let context = TestContext::with_port();
    let directory = directory(&context, &[("a.txt", "one"), ("b.txt", "two")]);
    let (path, port) = (utf8(&directory), &context.port);
    let manifest = |name: &str, content: &str| {
        let path = directory.join(name);
        fs::write(&path, content).expect("the directory is writable");
        format!(
            "record add --port {port} --section 0 --manifest {}",
            utf8(&path)
        )
    };
    for (line, code) in [
        (
            format!("record add {path} {path} --port {port}"),
            "usage.flag_needed",
        ),
        (
            format!("record add {path}/a.txt - --port {port}"),
            "usage.invalid_value",
        ),
        (
            format!("record add {path} -R --title same --port {port}"),
            "usage.invalid_value",
        ),
        (
            manifest("m.csv", "file,sektion\na.txt,0\n"),
            "manifest.invalid",
        ),
        (
            manifest("m.jsonl", "{\"file\":\"a.txt\",\"time\":\"soon\"}\n"),
            "manifest.invalid",
        ),
        (manifest("m.toml", "a.txt"), "usage.invalid_value"),
        (
            format!("record add --manifest {path}/none.csv"),
            "input.unreadable",
        ),
    ] {
        context.primary.run(&line).failure(2, code);
    }
    // Whoever may not write learns it for every record.
    let denied = format!("record add {path} -R --port {port} --section 0");
    let error = context
        .stranger
        .run(&denied)
        .failure(1, "record.batch_incomplete");
    assert_eq!(
        error["details"]["batch"]["records"][0]["error"]["code"],
        "access.denied"
    );
    assert_eq!(files_below(&context.primary.store), []);
    assert_eq!(on_chain(&context), 0);
}

#[test]
fn an_interrupted_batch_goes_on_where_it_was_and_adds_nothing_twice() {
    for trouble in [Trouble::HidesReceipts, Trouble::LosesTransactions] {
        let context = TestContext::with_port();
        let directory = directory(
            &context,
            &[("a.txt", "one"), ("b.txt", "two"), ("c.txt", "3")],
        );
        let add = format!(
            "record add {} -R --port {} --section 0 --timeout 1s",
            utf8(&directory),
            context.port
        );
        let sent = trouble == Trouble::HidesReceipts;
        let proxy = Proxy::start(context.node.address(), trouble);
        let run = Run::of(context.primary.command(&add).args([
            "--json",
            "--yes",
            "--rpc-url",
            &proxy.url(),
        ]));
        let error = run.failure(1, "record.batch_incomplete");
        let states = members(&error["details"]["batch"], "state");
        assert_eq!(states, ["failed"; 3]);
        assert_eq!(on_chain(&context), if sent { 3 } else { 0 });
        let stored = files_below(&context.primary.store);
        assert_eq!(stored.len(), 6, "three heads and three bodies");

        let added = context.primary.ok(&add);
        assert_eq!(added["added"], 3, "{added:#}");
        let txs = members(&added, "tx");
        assert!(txs.iter().all(|tx| tx.is_null() == sent), "{added:#}");
        assert_eq!(on_chain(&context), 3);
        assert_eq!(files_below(&context.primary.store), stored);
        assert_eq!(files_below(&context.primary.home.join("pending")), []);
        assert_eq!(context.primary.ok(&add)["before"], 3);
    }
}

#[test]
fn a_batch_is_confirmed_once_on_a_terminal() {
    let context = TestContext::with_port();
    let directory = directory(&context, &[("a.txt", "one"), ("b.txt", "two")]);
    let add = format!(
        "record add {} -R --port {} --section 0",
        utf8(&directory),
        context.port
    );
    let mut command = context.primary.command(&add);
    let (shown, code) = on_terminal(&mut command, &[("send it?", "n")]);
    assert_eq!(code, Some(1), "{shown}");
    assert!(
        shown.contains("add 2 records, a transaction each"),
        "{shown}"
    );
    assert_eq!(on_chain(&context), 0);
    let (shown, code) = on_terminal(&mut command, &[("send it?", "y")]);
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(shown.matches("send it?").count(), 1, "{shown}");
    assert_eq!(on_chain(&context), 2);
}

#[test]
fn what_was_encrypted_for_a_key_that_has_changed_since_is_taken_back_and_encrypted_anew() {
    let context = TestContext::with_reader(b"first");
    let directory = directory(&context, &[("a.txt", "one"), ("b.txt", "two")]);
    let add = format!(
        "record add {} -R --port {} --section 0",
        utf8(&directory),
        context.port
    );
    let before = files_below(&context.primary.store);
    let proxy = Proxy::start(context.node.address(), Trouble::LosesTransactions);
    let mut command = context.primary.command(&add);
    let run = Run::of(command.args(["--json", "--yes", "--rpc-url", &proxy.url()]));
    run.failure(1, "record.batch_incomplete");
    let lost = files_below(&context.primary.store);
    assert_eq!(lost.len(), before.len() + 4);
    context
        .patient
        .ok(&format!("access revoke {}", context.specialist.address));

    let added = context.primary.ok(&add);
    assert_eq!(added["added"], 2, "{added:#}");
    let stored = files_below(&context.primary.store);
    assert_eq!(stored.len(), lost.len());
    let left = lost.iter().filter(|file| stored.contains(file)).count();
    assert_eq!(
        left,
        before.len(),
        "a former reader could open what was left"
    );
    let listed = context.patient.ok("record list");
    assert_eq!(members(&listed, "epoch"), [1, 2, 2]);
    assert!(members(&listed, "access").iter().all(|it| it == "open"));
}

#[test]
fn a_file_that_changes_before_its_turn_is_noted_as_what_was_added() {
    let context = TestContext::with_port();
    let directory = directory(&context, &[("a.txt", "one"), ("b.txt", "two")]);
    let second = directory.join("b.txt");
    // The first record is sent before the second file is opened.
    let proxy = Proxy::judged(context.node.address(), {
        let second = second.clone();
        move |body| {
            let is_sent = body.contains("eth_sendRawTransaction");
            if is_sent && fs::read(&second).is_ok_and(|it| it == b"two") {
                fs::write(&second, "another").expect("the temporary directory is writable");
            }
            true
        }
    });
    let add = format!(
        "record add {} -R --jobs 1 --port {} --section 0",
        utf8(&directory),
        context.port
    );
    let added = context
        .primary
        .ok(&format!("{add} --rpc-url {}", proxy.url()));
    assert_eq!(added["added"], 2, "{added:#}");
    let out = context.path("out");
    context
        .patient
        .ok(&format!("record get 2 -o {}", utf8(&out)));
    assert_eq!(fs::read(&out).expect("it was written"), b"another");
    let again = context.primary.ok(&add);
    assert_eq!(again["added"], 0, "{again:#}");
    assert_eq!(on_chain(&context), 2);
}
