//! `patientport demo` on a chain that is there already.

use patientport_tests::{Proxy, Run, Session, TestContext, files_below, on_terminal};
use serde_json::json;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// A balance in wei.
fn balance(context: &TestContext, account: &str) -> u128 {
    let balance = context
        .node
        .rpc("eth_getBalance", &json!([account, "latest"]));
    let digits = balance.as_str().expect("a quantity is a string");
    u128::from_str_radix(digits.trim_start_matches("0x"), 16).expect("hexadecimal digits")
}

#[test]
fn a_demonstration_on_a_named_chain_is_paid_for_by_one_account_which_gets_back_what_is_left() {
    let context = TestContext::bare();
    let payer = &context.stranger;
    let before = balance(&context, &payer.address);
    let directory = context.path("kept");
    let told = payer.ok(&format!(
        "demo --rpc-url {} --keep {}",
        context.node.url(),
        directory.display()
    ));
    assert_eq!(told["payer"], json!(payer.address), "{told:#}");
    assert_eq!(told["chain_id"], json!(context.node.chain_id()));
    let spent = before - balance(&context, &payer.address);
    assert_eq!(told["spent_wei"], json!(spent.to_string()));
    // It cannot come to less than the gas of the story's own transactions, nor much more: the rest came back.
    let receipts = told["steps"].as_array().expect("a list").iter();
    let runs = receipts.flat_map(|step| step["runs"].as_array().expect("a list"));
    let hashes = runs.flat_map(|run| run["transactions"].as_array().expect("a list"));
    let fees = hashes.map(|it| {
        let receipt = context.node.receipt(&it["hash"]);
        let number = |member: &str| {
            let digits = receipt[member].as_str().expect("a quantity");
            u128::from_str_radix(digits.trim_start_matches("0x"), 16).expect("digits")
        };
        number("gasUsed") * number("effectiveGasPrice")
    });
    let fees: u128 = fees.sum();
    assert!(
        fees > 0 && spent > fees && spent < 2 * fees,
        "{spent} of {fees}"
    );
    // Its people are nobody else's, and the last thing that happened is a refusal.
    let steps = told["steps"].as_array().expect("a list");
    let last = &steps.last().expect("there are steps")["runs"];
    let refusal = &last
        .as_array()
        .expect("a list")
        .last()
        .expect("there are runs")["refusal"];
    assert_eq!(refusal["code"], "section.no_matching_key", "{told:#}");
    assert!(!told.to_string().contains("--dev"), "{told:#}");
}

#[test]
fn a_demonstration_says_what_it_may_cost_and_is_refused_to_who_has_less() {
    let context = TestContext::bare();
    let payer = &context.stranger;
    let line = format!("demo --rpc-url {}", context.node.url());
    let before = context.sent();
    let (shown, code) = on_terminal(&mut payer.command(&line), &[("go on?", "n")]);
    assert_eq!(code, Some(1), "{shown}");
    for told in ["at most", " ETH", &context.node.chain_id().to_string()] {
        assert!(shown.contains(told), "`{told}` is not in\n{shown}");
    }
    let mut command = payer.command(&line);
    Run::of(command.args(["--json", "--no-input"])).failure(2, "usage.confirmation_required");
    assert_eq!(context.sent(), before);

    context.empty(payer);
    let error = payer.run(&line).failure(1, "tx.insufficient_funds");
    let message = error["message"].as_str().expect("a message").to_lowercase();
    assert!(message.contains(&payer.address), "{error:#}");
    assert_eq!(context.sent(), before + 1, "the ether that was sent back");
}

#[test]
fn a_demonstration_that_is_interrupted_gives_back_what_it_has_not_spent() {
    let context = TestContext::bare();
    let payer = &context.stranger;
    let before = balance(&context, &payer.address);
    let line = format!("demo --rpc-url {} --yes", context.node.url());
    let mut session = Session::start(&mut payer.command(&line));
    session.wait_for(" to patient: transaction");
    let given = before - balance(&context, &payer.address);
    session.interrupt();
    let (shown, code) = session.end();
    assert_eq!(code, Some(130), "{shown}");
    let spent = before - balance(&context, &payer.address);
    assert!(spent < given / 2, "{spent} of {given}\n{shown}");
}

#[test]
fn a_variable_moves_no_demonstration_to_another_chain() {
    let context = TestContext::bare();
    let mut command = context.stranger.command("demo --json");
    let told = Run::of(command.env("ETH_RPC_URL", "http://127.0.0.1:1")).success();
    assert_eq!(
        (&told["payer"], &told["spent_wei"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(context.sent(), 0);
}

/// Ether is left behind, and the keys to it are thrown away with the test.
mod on_devnode {
    use super::*;

    #[test]
    fn a_demonstration_that_loses_its_node_keeps_the_keys_to_what_is_left() {
        let context = TestContext::bare();
        let is_away = Arc::new(AtomicBool::new(false));
        let proxy = Proxy::judged(context.node.address(), {
            let is_away = Arc::clone(&is_away);
            move |_| !is_away.load(Ordering::Relaxed)
        });
        let line = format!("demo --rpc-url {} --rpc-timeout 2s --yes", proxy.url());
        let mut command = context.stranger.command(&line);
        let mut session = Session::start(command.env("TMPDIR", context.path("")));
        session.wait_for(" to patient: transaction");
        is_away.store(true, Ordering::Relaxed);
        let (shown, code) = session.end();
        assert_eq!(code, Some(1), "{shown}");
        let homes: Vec<_> = shown
            .split("its wallet in `")
            .skip(1)
            .filter_map(|rest| rest.split('`').next())
            .collect();
        assert_eq!(homes.len(), 4, "{shown}");
        for home in homes {
            let wallets = files_below(&Path::new(home).join("wallets"));
            assert!(!wallets.is_empty(), "{home}");
        }
    }
}
