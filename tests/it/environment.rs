//! Passwords, nodes, disks: what goes wrong outside the contracts.

use patientport_tests::{Proxy, Run, TestContext, Trouble, files_below, utf8};
use std::{fs, process::Stdio};

#[test]
fn a_wrong_password_opens_nothing() {
    let context = TestContext::with_reader(b"first");
    let wrong = context.file("wrong.pass", b"not it\n");
    let out = context.path("out.txt");
    let get = format!("record get 1 --port {} -o {}", context.port, utf8(&out));
    context
        .specialist
        .run(&format!("{get} --password-file {}", utf8(&wrong)))
        .failure(1, "password.wrong");
    assert!(!out.exists());

    let before = context.sent();
    context
        .patient
        .run(&format!(
            "access revoke {} --password-file {}",
            context.specialist.address,
            utf8(&wrong)
        ))
        .failure(1, "password.wrong");
    assert_eq!(context.sent(), before);
}

#[test]
fn a_missing_password_file_is_told_and_nothing_is_asked_without_a_terminal() {
    let context = TestContext::bare();
    let missing = context.path("missing.pass");
    let run = context
        .owner
        .run(&format!("deploy --password-file {}", utf8(&missing)));
    let error = run.failure(2, "password.file_unreadable");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.contains("--password-file"), "{error:#}");
    // People put the password itself where its file's path belongs.
    assert!(!error.to_string().contains("missing.pass"), "{error:#}");

    let mut command = context.owner.command("deploy --json --yes --no-input");
    let run = Run::of(command.env_remove("ETH_PASSWORD"));
    let error = run.failure(2, "usage.password_required");
    assert!(
        error["hint"]
            .as_str()
            .is_some_and(|text| text.contains("--password-file")),
        "{error:#}"
    );
}

#[test]
fn an_unreachable_node_is_named_and_nothing_is_stored() {
    let context = TestContext::with_port();
    let file = context.file("note.txt", b"note");
    // A port that was free a moment ago.
    let listener =
        std::net::TcpListener::bind("127.0.0.1:0").expect("the loopback interface has a free port");
    let url = format!(
        "http://{}",
        listener
            .local_addr()
            .expect("a listening socket has an address")
    );
    drop(listener);
    let error = context
        .primary
        .run(&format!(
            "record add {} --port {} --section 0 --rpc-url {url}",
            utf8(&file),
            context.port
        ))
        .failure(3, "rpc.unreachable");
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|text| text.contains(&url)),
        "{error:#}"
    );
    assert_eq!(files_below(&context.primary.store), []);
}

#[test]
fn an_address_that_is_no_port_is_refused() {
    let context = TestContext::with_port();
    let file = context.file("note.txt", b"note");
    let registry = context.owner.ok("provider list")["registry"]
        .as_str()
        .map(str::to_owned);
    let nobody = "0x00000000000000000000000000000000000000aa".to_owned();
    for address in [
        Some(nobody),
        Some(context.stranger.address.clone()),
        registry,
    ]
    .into_iter()
    .flatten()
    {
        context
            .primary
            .run(&format!(
                "record add {} --port {address} --section 0",
                utf8(&file)
            ))
            .failure(1, "port.not_a_port");
        context
            .patient
            .run(&format!("port claim {address}"))
            .failure(1, "port.not_a_port");
    }
    assert_eq!(files_below(&context.primary.store), []);
}

#[test]
fn a_full_disk_under_the_store_loses_nothing() {
    let context = TestContext::with_port();
    let file = context.file("large.bin", &vec![1_u8; 1 << 20]);
    let add = format!(
        "record add {} --port {} --section 0",
        utf8(&file),
        context.port
    );
    let before = context.sent();
    context
        .primary
        .run_on_a_full_disk(512, &add)
        .failure(3, "store.io");
    assert_eq!(
        files_below(&context.primary.store),
        [],
        "no half-written blob"
    );
    assert_eq!(
        context.sent(),
        before,
        "no commitment to a blob that is not there"
    );
    // With room, the same command works.
    assert_eq!(context.primary.ok(&add)["id"], 1);
}

#[test]
fn a_full_disk_under_the_output_leaves_no_file() {
    let context = TestContext::with_reader(&vec![1_u8; 1 << 20]);
    let directory = context.path("output");
    fs::create_dir(&directory).expect("the temporary directory is writable");
    let out = directory.join("record.bin");
    let get = format!("record get 1 --port {} -o {}", context.port, utf8(&out));
    context
        .specialist
        .run_on_a_full_disk(512, &get)
        .failure(3, "output.unwritable");
    assert_eq!(files_below(&directory), []);
    context.specialist.ok(&get);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_standard_output_is_an_error() {
    let context = TestContext::with_reader(&vec![1_u8; 1 << 20]);
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("Linux has /dev/full");
    let mut command = context
        .specialist
        .command(&format!("record get 1 --port {}", context.port));
    let run = Run::of(command.stdout(Stdio::from(full)));
    assert_eq!(run.exit_code, Some(3), "{}", run.stderr);
    assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
}

#[test]
fn a_node_that_hides_an_event_of_a_port_is_told_and_nothing_is_done() {
    let context = TestContext::with_reader(b"first");
    // Something that no home has read and kept yet.
    context.request();
    let trouble = Trouble::HidesTheLastEventOf(context.port.clone());
    let proxy = Proxy::start(context.node.address(), trouble);
    let before = context.sent();
    let out = context.path("out.txt");
    for (who, command) in [
        (&context.patient, "access list".to_owned()),
        (&context.patient, "port show".to_owned()),
        (&context.patient, "access rotate --section 0".to_owned()),
        (&context.patient, "request show 1".to_owned()),
        (
            &context.specialist,
            format!("record get 1 --port {} -o {}", context.port, utf8(&out)),
        ),
    ] {
        let error = who
            .run(&format!("{command} --rpc-url {}", proxy.url()))
            .failure(1, "history.mismatch");
        let hint = error["hint"].as_str().expect("advice");
        assert!(hint.contains("ask another with `--rpc-url URL`"), "{hint}");
    }
    assert_eq!(context.sent(), before);
    assert!(!out.exists());
}

#[test]
fn a_transaction_that_never_arrives_is_resumed_without_storing_twice() {
    let context = TestContext::with_port();
    let file = context.file("note.txt", b"note");
    let proxy = Proxy::start(context.node.address(), Trouble::LosesTransactions);
    let error = context
        .primary
        .run(&format!(
            "record add {} --port {} --section 0 --rpc-url {}",
            utf8(&file),
            context.port,
            proxy.url()
        ))
        .failure(3, "rpc.unreachable");
    let stored = files_below(&context.primary.store);
    assert_eq!(
        stored.len(),
        2,
        "the blobs are stored before the transaction: {stored:?}"
    );

    resume_twice(&context, &error, &stored);
}

#[test]
fn a_transaction_without_a_receipt_is_resumed_without_adding_twice() {
    let context = TestContext::with_port();
    let file = context.file("note.txt", b"note");
    let proxy = Proxy::start(context.node.address(), Trouble::HidesReceipts);
    let before = context.sent();
    let error = context
        .primary
        .run(&format!(
            "record add {} --port {} --section 0 --rpc-url {} --timeout 2s",
            utf8(&file),
            context.port,
            proxy.url()
        ))
        .failure(3, "tx.receipt_timeout");
    assert_eq!(context.sent(), before + 1, "it was mined all the same");
    let stored = files_below(&context.primary.store);

    resume_twice(&context, &error, &stored);
    assert_eq!(context.sent(), before + 1, "nothing was sent again");
}

#[test]
fn an_author_without_money_is_told_before_anything_is_stored() {
    let context = TestContext::with_port();
    let file = context.file("note.txt", b"note");
    let add = format!(
        "record add {} --port {} --section 0",
        utf8(&file),
        context.port
    );
    context.empty(&context.primary);
    context
        .primary
        .run(&add)
        .failure(1, "tx.insufficient_funds");
    assert_eq!(files_below(&context.primary.store), []);
    context.fund(&context.primary.address);
    assert_eq!(context.primary.ok(&add)["id"], 1);
}

/// Resumes what `error` says is pending, checks that there is exactly one record and that no blob was
/// stored again, and that resuming once more changes nothing.
#[track_caller]
fn resume_twice(
    context: &TestContext,
    error: &serde_json::Value,
    stored: &[(std::path::PathBuf, u64)],
) {
    let hint = error["hint"].as_str().expect("a failure has a hint");
    let commitment = hint
        .split_whitespace()
        .skip_while(|word| *word != "--resume")
        .nth(1)
        .unwrap_or_else(|| panic!("the hint says how to resume: {hint}"))
        .trim_matches('`')
        .to_owned();
    let resumed = context.primary.ok(&format!(
        "record add --resume {commitment} --port {}",
        context.port
    ));
    assert_eq!(resumed["id"], 1, "{resumed:#}");
    assert_eq!(
        files_below(&context.primary.store),
        stored,
        "nothing was stored again"
    );
    let listed = context.patient.ok("record list");
    assert_eq!(
        listed["records"].as_array().map(Vec::len),
        Some(1),
        "{listed:#}"
    );

    // The pending entry is gone; the record is not added again either way.
    context
        .primary
        .run(&format!(
            "record add --resume {commitment} --port {}",
            context.port
        ))
        .failure(2, "record.nothing_pending");
    let out = context.path("resumed.txt");
    context
        .patient
        .ok(&format!("record get 1 -o {}", utf8(&out)));
    assert_eq!(fs::read(&out).expect("the record was written"), b"note");
}
