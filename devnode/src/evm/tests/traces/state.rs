//! The state before an execution, and what it changed.

use super::*;

#[test]
fn the_state_before_names_what_was_touched_and_the_diff_what_changed() {
    let mut chain = Chain::new();
    let counter = chain.deploy(&code::counter());
    assert!(chain.send(counter, word(5)).status.is_success());
    let forwarder = chain.deploy(&code::forwarder(Forward::Call));
    let tx = chain.tx(TxKind::Call(forwarder), forward(counter, &word(2)));
    let before = chain.executor.snapshot();
    let (balance, nonce) = (chain.balance(USER), tx.nonce);
    let (counter_code, forwarder_code) = (
        Bytes::from(code::counter()),
        Bytes::from(code::forwarder(Forward::Call)),
    );
    let shown = mined(
        &mut chain,
        &tx,
        &TracerKind::Prestate(PrestateOptions::default()),
    );
    assert_eq!(
        shown,
        serde_json::to_value(BTreeMap::from([
            (USER, json!({"balance": balance, "nonce": nonce})),
            (
                counter,
                json!({
                    "balance": "0x0", "nonce": 1, "code": counter_code,
                    "storage": {slot(0).to_string(): slot(5)},
                })
            ),
            (
                forwarder,
                json!({"balance": "0x0", "nonce": 1, "code": forwarder_code})
            ),
        ]))
        .unwrap()
    );
    let diff = TracerKind::Prestate(PrestateOptions {
        diff_mode: true,
        ..PrestateOptions::default()
    });
    let diff = trace(&chain, before, &tx, &diff).unwrap().trace;
    assert_eq!(
        serde_json::to_value(diff).unwrap(),
        json!({
            "pre": {
                USER.to_string().to_lowercase(): {"balance": balance, "nonce": nonce},
                counter.to_string().to_lowercase(): {
                    "balance": "0x0", "nonce": 1, "code": counter_code,
                    "storage": {slot(0).to_string(): slot(5)},
                },
            },
            "post": {
                USER.to_string().to_lowercase(): {"balance": chain.balance(USER), "nonce": nonce + 1},
                counter.to_string().to_lowercase(): {"storage": {slot(0).to_string(): slot(7)}},
            },
        })
    );
}

#[test]
fn the_diff_of_a_creation_has_nothing_before_and_of_a_cleared_slot_nothing_after() {
    let mut chain = Chain::new();
    let tool = chain.program(TOOL);
    chain.send(tool, Op::write(1, 9));
    let kind = TracerKind::Prestate(PrestateOptions {
        diff_mode: true,
        disable_code: true,
        ..PrestateOptions::default()
    });
    let tx = chain.tx(TxKind::Call(tool), Op::write(1, 0));
    let shown = mined(&mut chain, &tx, &kind);
    let name = tool.to_string().to_lowercase();
    assert_eq!(
        shown["pre"][&name]["storage"],
        json!({slot(1).to_string(): slot(9)})
    );
    assert_eq!(shown["post"][&name], json!({}));

    let tx = chain.tx(TxKind::Create, code::init_code(&[STOP]));
    let made = USER.create(tx.nonce).to_string().to_lowercase();
    let shown = mined(&mut chain, &tx, &kind);
    assert!(shown["pre"].get(&made).is_none());
    assert_eq!(shown["post"][&made], json!({"nonce": 1}));
}
