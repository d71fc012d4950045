//! Faults between the program and its node: nothing happens twice, nothing is lost, no lie is believed.

use patientport_tests::{Proxy, Run, TestContext, Trouble, files_below, utf8};
use serde_json::Value;
use std::{fs, time::Duration};

/// What can befall any command that sends.
fn troubles() -> Vec<Trouble> {
    let turns = |away, times, with| Trouble::Turns { away, times, with };
    vec![
        Trouble::LosesTransactions,
        Trouble::LosesAnswersToTransactions,
        Trouble::SendsTransactionsTwice,
        Trouble::HidesReceipts,
        Trouble::Delays(Duration::from_millis(10)),
        Trouble::CutsAnswersTo("eth_sendRawTransaction"),
        Trouble::CutsAnswersTo("eth_getTransactionReceipt"),
        Trouble::CutsAnswersTo("eth_call"),
        Trouble::GarblesAnswersTo("eth_sendRawTransaction"),
        Trouble::GarblesAnswersTo("eth_getTransactionReceipt"),
        Trouble::GarblesAnswersTo("eth_estimateGas"),
        turns("eth_", 3, "429 Too Many Requests\r\nretry-after: 0"),
        turns(
            "eth_sendRawTransaction",
            2,
            "503 Service Unavailable\r\nretry-after: 0",
        ),
        turns(
            "eth_sendRawTransaction",
            u32::MAX,
            "500 Internal Server Error",
        ),
        turns("eth_getTransactionReceipt", 3, "502 Bad Gateway"),
        turns("eth_getLogs", u32::MAX, "504 Gateway Timeout"),
    ]
}

/// Whether the command did its work in spite of the trouble. If not, it must say that the environment is to blame.
#[track_caller]
fn worked(run: &Run, trouble: &Trouble) -> bool {
    let document = run.json();
    if document["success"] == true {
        assert_eq!(run.exit_code, Some(0), "{trouble:?}: {document:#}");
        return true;
    }
    let code = document["errors"][0]["code"].as_str().unwrap_or_default();
    let error = run.failure(3, code);
    assert!(
        code.starts_with("rpc.") || code == "tx.receipt_timeout",
        "{trouble:?}: {error:#}"
    );
    false
}

fn through(context: &TestContext, trouble: &Trouble) -> String {
    let proxy = Proxy::start(context.node.address(), trouble.clone());
    format!(
        "--port {} --rpc-url {} --timeout 1s",
        context.port,
        proxy.url()
    )
}

#[test]
fn whatever_befalls_an_approval_there_is_one_in_the_end() {
    let context = TestContext::with_port();
    for (round, trouble) in (1..).zip(troubles()) {
        let id = context.request()["id"].clone();
        let approve = format!("request approve {id}");
        let tried = context
            .patient
            .run(&format!("{approve} {}", through(&context, &trouble)));
        let worked = worked(&tried, &trouble);
        let again = context.patient.run(&approve);
        // Whoever was told that it failed tries again, and is told if it had not failed.
        if worked || again.exit_code != Some(0) {
            again.failure(1, "request.not_pending");
        }
        let granted = context.events("AccessGranted");
        assert_eq!(granted.len(), round, "{trouble:?}: {granted:#?}");
        assert_eq!(granted[round - 1]["details"]["request"], id, "{trouble:?}");
    }
}

#[test]
fn whatever_befalls_a_revocation_access_ends_once_and_new_keys_are_made() {
    let context = TestContext::with_port();
    let reader = &context.specialist.address;
    for (round, trouble) in (1..).zip(troubles()) {
        context
            .patient
            .ok(&format!("access grant {reader} --section 0 --until 30d"));
        let revoke = format!("access revoke {reader}");
        let tried = context
            .patient
            .run(&format!("{revoke} {}", through(&context, &trouble)));
        let worked = worked(&tried, &trouble);
        let again = context.patient.run(&revoke);
        if worked || again.exit_code != Some(0) {
            again.failure(1, "access.no_live_grant");
        }
        let revoked = context.events("AccessRevoked");
        assert_eq!(revoked.len(), round, "{trouble:?}: {revoked:#?}");
        let list = context.patient.ok("port show");
        let epoch = &list["sections"][0]["epoch"];
        assert_eq!(epoch, &Value::from(round + 1), "{trouble:?}: {list:#}");
    }
}

#[test]
fn whatever_befalls_a_new_record_it_is_there_once_and_whole() {
    let context = TestContext::with_port();
    for (round, trouble) in (1..).zip(troubles()) {
        let text = format!("content of record {round}");
        let file = context.file(&format!("{round}.txt"), text.as_bytes());
        let add = format!("record add {} --section 0", utf8(&file));
        let tried = context
            .primary
            .run(&format!("{add} {}", through(&context, &trouble)));
        if !worked(&tried, &trouble) {
            let error = &tried.json()["errors"][0];
            let hint = error["hint"].as_str().unwrap_or_default();
            let commitment = hint
                .split("--resume ")
                .nth(1)
                .and_then(|rest| rest.split(['`', ' ', '\n']).next());
            // What was stored is taken up again; what was not even stored is done anew.
            let repeat = match commitment {
                Some(commitment) => format!("record add --resume {commitment}"),
                None => add,
            };
            context
                .primary
                .ok(&format!("{repeat} --port {}", context.port));
        }
        let shown = context.patient.ok("record list");
        let records = shown["records"].as_array().expect("records are a list");
        assert_eq!(records.len(), round, "{trouble:?}: {shown:#}");
        let out = context.path(&format!("{round}.out"));
        context
            .patient
            .ok(&format!("record get {round} -o {}", utf8(&out)));
        assert_eq!(fs::read(&out).expect("it was written"), text.as_bytes());
    }
    // Head and body of each, and nothing left over.
    let stored = files_below(&context.primary.store);
    assert_eq!(stored.len(), 2 * troubles().len(), "{stored:#?}");
}

#[test]
fn a_log_that_was_tampered_with_is_told_by_whatever_reads_it() {
    let context = TestContext::with_reader(b"first");
    let id = context.request()["id"].clone();
    let before = context.sent();
    for trouble in [
        Trouble::HidesTheLastEventOf(context.port.clone()),
        Trouble::InventsAnEventOf(context.port.clone()),
        Trouble::SwapsTheLastEventsOf(context.port.clone()),
        Trouble::AltersTheLastEventOf(context.port.clone()),
    ] {
        let proxy = Proxy::start(context.node.address(), trouble);
        for command in [
            "history".to_owned(),
            "access list".to_owned(),
            "port show".to_owned(),
            "record list".to_owned(),
            format!("request show {id}"),
            format!("request approve {id}"),
            format!("access revoke {}", context.specialist.address),
        ] {
            let run = context
                .patient
                .run(&format!("{command} --rpc-url {}", proxy.url()));
            let error = run.failure(1, "history.mismatch");
            let message = error["message"].as_str().unwrap_or_default();
            let message = message.to_lowercase();
            assert!(message.contains(&context.port), "{command}: {message}");
        }
    }
    assert_eq!(context.sent(), before, "nothing was sent");
}

#[test]
fn a_node_that_never_has_time_is_named_and_waited_for_only_so_long() {
    let context = TestContext::with_port();
    let trouble = Trouble::Turns {
        away: "eth_",
        times: u32::MAX,
        with: "429 Too Many Requests\r\nretry-after: 0",
    };
    let run = context
        .patient
        .run(&format!("request list {}", through(&context, &trouble)));
    let error = run.failure(3, "rpc.busy");
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|it| it.contains("429")),
        "{error:#}"
    );
}
