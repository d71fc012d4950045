//! Errors that seldom happen, each brought about as it would happen to somebody: homes, terminals, files, nodes.

use patientport_tests::{
    Proxy, Run, SCRIPTED, Session, TestContext, Trouble, behind_a_shell, on_terminal, utf8,
};
use serde_json::{Value, json};
use std::{fs, time::Duration};

/// A node that answers a method with this error.
fn failing(context: &TestContext, method: &'static str, error: Value) -> String {
    let proxy = Proxy::lying(context.node.address(), move |request, answer| {
        if request["method"] == method {
            *answer = json!({"jsonrpc": "2.0", "id": request["id"], "error": error});
        }
    });
    format!("--rpc-url {}", proxy.url())
}

/// A node that answers a method with something else.
fn lying(
    context: &TestContext,
    method: &'static str,
    lie: impl Fn(&Value, &mut Value) + Send + Sync + 'static,
) -> String {
    let proxy = Proxy::lying(context.node.address(), move |request, answer| {
        if request["method"] == method {
            lie(&request["params"], &mut answer["result"]);
        }
    });
    format!("--rpc-url {}", proxy.url())
}

#[test]
fn a_home_that_nobody_names_cannot_be_used_or_holds_something_else_is_told() {
    let context = TestContext::with_port();
    let mut command = context.patient.command("port list");
    command
        .env_remove("HOME")
        .env_remove("PATIENTPORT_HOME")
        .args(SCRIPTED);
    Run::of(&mut command).failure(2, "home.unknown");

    let file = context.file("file", b"no directory");
    context
        .patient
        .run(&format!("wallet new x --home {}/below", utf8(&file)))
        .failure(3, "home.unavailable");

    fs::write(context.patient.home.join("ports.json"), b"[{").expect("the home is writable");
    context.patient.run("port list").failure(2, "home.damaged");
}

#[test]
fn a_batch_waits_for_no_other_of_the_same_home() {
    let context = TestContext::with_port();
    let [one, other] = ["one.txt", "other.txt"].map(|name| context.file(name, name.as_bytes()));
    let add = format!(
        "record add {} {} --port {} --section 0",
        utf8(&one),
        utf8(&other),
        context.port
    );
    context.primary.ok(&add);
    let held = fs::File::open(context.primary.home.join("filed/.lock"))
        .expect("a batch leaves its lock's file");
    held.lock().expect("nobody holds it");
    context.primary.run(&add).failure(3, "record.batch_running");
    held.unlock().expect("it is held");
    context.primary.ok(&add);
}

#[test]
fn a_record_goes_to_the_account_that_it_was_prepared_for() {
    let context = TestContext::with_port();
    let file = context.file("note.txt", b"note");
    // Encrypted and stored, and declined at the end.
    let mut command = context.primary.command(&format!(
        "record add {} --port {} --section 0",
        utf8(&file),
        context.port
    ));
    let (shown, _) = on_terminal(&mut command, &[("send it? [y/N]", "n")]);
    let (_, commitment) = shown.split_once("--resume ").expect("it says how to go on");
    let commitment: String = commitment.chars().take(66).collect();
    context.primary.ok("wallet new other --scrypt-log-n 13");
    context
        .primary
        .run(&format!("record add --resume {commitment} --account other"))
        .failure(2, "input.prepared_elsewhere");
}

#[test]
fn a_file_whose_length_is_not_what_the_system_says_is_no_record() {
    let context = TestContext::with_port();
    // Empty by its length, and not empty to who reads it.
    let add = format!(
        "record add /proc/self/status --port {} --section 0",
        context.port
    );
    let before = context.sent();
    context
        .primary
        .run(&add)
        .failure(3, "record.payload_changed");
    assert_eq!(context.sent(), before);
    assert_eq!(patientport_tests::files_below(&context.primary.store), []);
}

#[test]
fn a_record_and_a_document_do_not_share_standard_output() {
    let context = TestContext::with_reader(b"\0binary\xff");
    let get = format!("record get 1 --port {}", context.port);
    context
        .specialist
        .run(&get)
        .failure(2, "output.json_and_record");
    let (shown, code) = Session::start(&mut context.specialist.command(&get)).end();
    // `output.binary_to_terminal`
    assert_eq!(code, Some(2), "{shown}");
    assert!(
        shown.contains("the record is not text and standard output is a terminal")
            && shown.contains("name a file with `--output FILE`, or pipe it")
            && !shown.contains("binary\u{fffd}"),
        "{shown}"
    );
}

#[test]
fn passwords_are_typed_twice_and_a_question_wants_an_answer() {
    let context = TestContext::bare();
    let command = || {
        let mut command = context
            .stranger
            .command("wallet new second --scrypt-log-n 13 --json");
        command.env_remove("ETH_PASSWORD");
        command
    };
    let mut session = Session::start(&mut command());
    session.answer("password", "one");
    session.answer("again", "other");
    let (shown, code) = session.end();
    assert_eq!(code, Some(2), "{shown}");
    assert!(shown.contains(r#""code":"password.differs""#), "{shown}");

    let mut session = Session::start(&mut command());
    session.press("password", "\u{4}");
    let (shown, code) = session.end();
    assert_eq!(code, Some(2), "{shown}");
    assert!(shown.contains(r#""code":"terminal.no_answer""#), "{shown}");
    assert_eq!(
        context.stranger.ok("wallet list")["wallets"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[test]
fn keys_and_numbers_of_accounts_that_are_none_are_refused() {
    let context = TestContext::bare();
    let key = context.file("key", b"0xzz");
    context
        .stranger
        .run(&format!("wallet import second --key-file {}", utf8(&key)))
        .failure(2, "wallet.invalid_key");
    // After the last number there is no next one.
    let new = |name: &str, more: &str| {
        context.stranger.run(&format!(
            "wallet new {name} --from-identity stranger --scrypt-log-n 13 {more}"
        ))
    };
    new("last", "--index 2147483647").success();
    new("next", "").failure(2, "wallet.no_such_index");
    new("first", "--index 0").success();
}

#[test]
fn a_section_name_that_the_home_does_not_know_is_told() {
    let context = TestContext::with_port();
    context
        .patient
        .run(&format!(
            "access grant {} --section garden --until 30d",
            context.specialist.address
        ))
        .failure(2, "section.unknown_name");
}

#[test]
fn a_key_that_everybody_knows_signs_for_a_development_chain_only() {
    let context = TestContext::bare();
    context
        .owner
        .ok("wallet import known --dev 0 --scrypt-log-n 13");
    let node = lying(&context, "eth_chainId", |_, result| *result = json!("0x1"));
    context
        .owner
        .run(&format!("deploy --account known {node}"))
        .failure(1, "wallet.development_key");
}

#[test]
fn a_node_that_refuses_or_is_slow_is_to_blame() {
    let context = TestContext::with_port();
    let refusal = json!({"code": -32005, "message": "daily limit\u{1b}[2J"});
    let node = failing(&context, "eth_call", refusal);
    let error = context
        .patient
        .run(&format!("port show {node}"))
        .failure(3, "rpc.refused");
    assert!(!error.to_string().contains('\u{1b}'), "{error:#}");

    let proxy = Proxy::start(
        context.node.address(),
        Trouble::Delays(Duration::from_secs(5)),
    );
    let url = proxy.url();
    context
        .patient
        .run(&format!("port show --rpc-url {url} --rpc-timeout 1"))
        .failure(3, "rpc.timeout");
}

#[test]
fn what_becomes_of_a_transaction_is_told() {
    let context = TestContext::with_port();
    context.request();
    let before = context.sent();
    let gas = json!({"code": -32000, "message": "out of gas"});
    let node = failing(&context, "eth_estimateGas", gas);
    context
        .patient
        .run(&format!("request deny 1 {node}"))
        .failure(1, "tx.halted");
    assert_eq!(context.sent(), before);

    // Earlier transactions that the node says are on their way.
    let file = context.file("note.txt", b"note");
    let node = lying(&context, "eth_getTransactionCount", |params, result| {
        if params[1] == "pending" {
            *result = json!("0xffff");
        }
    });
    let add = format!(
        "record add {} --port {} --section 0 --timeout 1s {node}",
        utf8(&file),
        context.port
    );
    // It waits behind them; and whoever goes on with it has to know first what they did.
    context.primary.run(&add).failure(3, "tx.receipt_timeout");
    context.primary.run(&add).failure(3, "tx.unsettled");

    // Mined and failed, and nothing says why.
    let node = lying(&context, "eth_getTransactionReceipt", |_, result| {
        result["status"] = json!("0x0");
    });
    // What can be done over and over is not refused when it is tried again on the state of before.
    context
        .patient
        .run(&format!("port cancel-signatures {node}"))
        .failure(1, "tx.failed");
}

#[test]
fn a_profile_that_the_node_hides_is_not_attested() {
    let context = TestContext::with_providers();
    let node = lying(&context, "eth_getLogs", |_, result| *result = json!([]));
    context
        .owner
        .run(&format!(
            "provider attest {} --until 1y {node}",
            context.specialist.address
        ))
        .failure(1, "provider.profile_mismatch");
}

#[test]
fn without_room_for_a_thread_nothing_starts() {
    let context = TestContext::bare();
    let mut command = context.owner.command("wallet list");
    command.args(SCRIPTED);
    // What the program has open itself is all it may have open.
    let mut limited = behind_a_shell("ulimit -n 4", &command);
    Run::of(&mut limited).failure(3, "runtime.failed");
}
