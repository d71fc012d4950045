//! Tracers: the same execution again, and what they say of it.

use super::{
    ARB_WASM, Chain, GAS, USER, Wasm, code,
    code::{Forward, forward},
    slot,
    tool::{Kind, Op, TOOL},
    word,
};
use crate::evm::{
    Deadline, ExecError, ExecutionStatus, Snapshot, StateOverride, StateOverrides, Transaction,
    trace::{CallTracerOptions, PrestateOptions, StepOptions, Trace, Traced, TracerKind},
};
use alloy::{
    eips::eip7702::Authorization,
    signers::{SignerSync, local::PrivateKeySigner},
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, hex};
use alloy_sol_types::{Revert, SolCall, SolError};
use revm::bytecode::opcode::{
    CALL, CREATE, INVALID, JUMP, MSTORE, POP, PUSH0, PUSH1, PUSH2, PUSH3, PUSH20, RETURN,
    RETURNDATACOPY, REVERT, SELFDESTRUCT, SLOAD, SSTORE, STATICCALL, STOP,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

const CALLS: TracerKind = TracerKind::Call(CallTracerOptions {
    only_top_call: false,
    with_log: true,
});

fn steps() -> TracerKind {
    TracerKind::Steps(StepOptions::default())
}

fn trace(
    chain: &Chain,
    before: Snapshot,
    tx: &Transaction,
    kind: &TracerKind,
) -> Result<Traced, ExecError> {
    let block = crate::evm::BlockContext {
        number: chain.block.number - 1,
        ..chain.block.clone()
    };
    chain
        .executor
        .simulator()
        .trace_transaction_at(before, tx, &block, kind, None)
}

/// Mines a transaction and traces it.
fn mined(chain: &mut Chain, tx: &Transaction, kind: &TracerKind) -> Value {
    let before = chain.executor.snapshot();
    let outcome = chain.transact(tx);
    let traced = trace(chain, before, tx, kind).unwrap();
    assert_eq!(traced.outcome, outcome);
    serde_json::to_value(traced.trace).unwrap()
}

/// The frames without their gas, which other tests look at.
fn without_gas(mut trace: Value) -> Value {
    fn strip(frame: &mut Value) {
        let frame = frame.as_object_mut().unwrap();
        assert!(frame.remove("gas").is_some() && frame.remove("gasUsed").is_some());
        for inner in frame
            .get_mut("calls")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            strip(inner);
        }
    }
    strip(&mut trace);
    trace
}

fn set_code_tx(chain: &Chain, delegate: Address, input: Bytes) -> Transaction {
    let signer = PrivateKeySigner::from_bytes(&B256::repeat_byte(3)).unwrap();
    let authorization = Authorization {
        chain_id: U256::from(chain.executor.params().chain_id),
        address: delegate,
        nonce: 0,
    };
    let signature = signer
        .sign_hash_sync(&authorization.signature_hash())
        .unwrap();
    Transaction {
        tx_type: 4,
        authorization_list: vec![authorization.into_signed(signature)],
        ..chain.tx(TxKind::Call(signer.address()), input)
    }
}

#[test]
fn every_tracer_repeats_every_transaction_exactly() {
    let mut chain = Chain::new();
    let tool = chain.program(TOOL);
    let other = chain.deploy_wat(TOOL);
    let forwarder = chain.deploy(&code::forwarder(Forward::Call));
    let counter = chain.deploy(&code::counter());
    let reverter = chain.deploy(&code::reverter());
    let spinner = chain.deploy(&code::spinner());
    let nest = |op: Vec<u8>| {
        let inner = forward(other, &op);
        Op::call(Kind::Call, forwarder, U256::ZERO, &inner)
    };
    let activate = Wasm::activateProgramCall { program: tool }.abi_encode();
    let inputs: Vec<(TxKind, Vec<u8>)> = vec![
        (TxKind::Call(Address::repeat_byte(0x77)), vec![]),
        (TxKind::Create, code::init_code(&code::counter())),
        (TxKind::Create, vec![INVALID]),
        (TxKind::Call(counter), word(5).to_vec()),
        (TxKind::Call(reverter), word(5).to_vec()),
        (TxKind::Call(spinner), vec![]),
        (TxKind::Call(tool), nest(Op::write(5, 6))),
        (TxKind::Call(tool), nest(Op::write(5, 0))),
        (TxKind::Call(tool), nest(Op::write_log_revert(5, 7))),
        (TxKind::Call(tool), Op::spin()),
        (TxKind::Call(tool), Op::trap()),
        (TxKind::Call(tool), Op::recurse()),
        (TxKind::Call(tool), Op::create(0, &code::init_code(&[STOP]))),
        (
            TxKind::Call(tool),
            Op::call(Kind::Delegate, counter, U256::ZERO, &word(1)),
        ),
        (TxKind::Call(ARB_WASM), activate),
        (TxKind::Call(ARB_WASM), vec![1, 2, 3, 4]),
        (TxKind::Call(Address::with_last_byte(4)), vec![1, 2, 3]),
    ];
    let kinds = [
        CALLS,
        TracerKind::Prestate(PrestateOptions::default()),
        TracerKind::Stylus,
        TracerKind::FourByte,
        TracerKind::Noop,
        TracerKind::Steps(StepOptions {
            enable_memory: true,
            enable_return_data: true,
            limit: 1_000,
            ..StepOptions::default()
        }),
    ];
    let mut txs: Vec<Transaction> = Vec::new();
    for (to, input) in inputs {
        let mut tx = chain.tx(to, input);
        tx.gas_limit = 2_000_000;
        tx.value = U256::from(u8::from(tx.input.is_empty()));
        txs.push(tx);
    }
    txs.push(set_code_tx(&chain, counter, word(8)));
    let mut seen = Vec::new();
    for mut tx in txs {
        tx.nonce = chain.executor.state().nonce(USER);
        let before = chain.executor.snapshot();
        let outcome = chain.transact(&tx);
        for kind in &kinds {
            let traced = trace(&chain, before, &tx, kind).unwrap();
            assert_eq!(traced.outcome, outcome, "{kind:?}");
            let Trace::Call(frame) = traced.trace else {
                continue;
            };
            assert_eq!(frame.gas_used.to::<u64>(), outcome.gas_used);
            assert_eq!(frame.gas.to::<u64>(), tx.gas_limit);
            assert_eq!(frame.output.clone().unwrap_or_default(), outcome.output);
            let error = match &outcome.status {
                ExecutionStatus::Success => None,
                ExecutionStatus::Revert => Some("execution reverted".to_owned()),
                ExecutionStatus::Halt(halt) => Some(halt.to_string()),
            };
            // Names of opcodes and numbers of words come after the kind of error.
            assert_eq!(frame.error.is_some(), error.is_some());
            assert!(
                frame
                    .error
                    .as_deref()
                    .unwrap_or_default()
                    .starts_with(error.as_deref().unwrap_or_default()),
                "{:?} {error:?}",
                frame.error
            );
        }
        seen.push(outcome.status);
    }
    for status in [ExecutionStatus::Success, ExecutionStatus::Revert] {
        assert!(seen.contains(&status));
    }
}

#[test]
fn frames_nest_with_their_logs_and_what_went_wrong() {
    let mut chain = Chain::new();
    let tool = chain.program(TOOL);
    let other = chain.deploy_wat(TOOL);
    let forwarder = chain.deploy(&code::forwarder(Forward::Static));
    let logged = Op::log(b"hello");
    let inner = forward(other, &Op::read(3));
    let input = Op::call(Kind::Call, forwarder, U256::ZERO, &inner);
    let tx = chain.tx(TxKind::Call(tool), input.clone());
    let shown = without_gas(mined(&mut chain, &tx, &CALLS));
    assert_eq!(
        shown,
        json!({
            "from": USER, "to": tool, "input": Bytes::from(input), "type": "CALL", "value": "0x0",
            "output": word(0),
            "calls": [{
                "from": tool, "to": forwarder, "input": Bytes::from(inner), "type": "CALL",
                "value": "0x0", "output": word(0),
                "calls": [{
                    "from": forwarder, "to": other, "input": Bytes::from(Op::read(3)),
                    "type": "STATICCALL", "output": word(0),
                }],
            }],
        })
    );

    // A log after no call, of a program; in a static frame it fails and so does not count.
    let tx = chain.tx(TxKind::Call(tool), logged.clone());
    let shown = without_gas(mined(&mut chain, &tx, &CALLS));
    assert_eq!(
        shown["logs"],
        json!([{
            "address": tool, "topics": [], "data": Bytes::from_static(b"hello"),
            "index": "0x0", "position": "0x0",
        }])
    );
    let inner = forward(other, &logged);
    let input = Op::call(Kind::Call, forwarder, U256::ZERO, &inner);
    let tx = chain.tx(TxKind::Call(tool), input);
    let shown = without_gas(mined(&mut chain, &tx, &CALLS));
    let innermost = &shown["calls"][0]["calls"][0];
    assert_eq!(innermost["error"], "execution reverted");
    assert!(innermost.get("logs").is_none());
    assert_eq!(shown["error"], "execution reverted");
}

#[test]
fn logs_of_a_reverted_frame_are_left_out_and_only_the_top_can_be_asked_for() {
    let mut chain = Chain::new();
    let reverter = chain.deploy(&code::reverter());
    let counter = chain.deploy(&code::counter());
    let first = code::try_call(reverter, 60_000);
    let both = chain.deploy(&code::forwarder_after(&first, Forward::Call));
    let tx = chain.tx(TxKind::Call(both), forward(counter, &word(4)));
    let before = chain.executor.snapshot();
    let shown = mined(&mut chain, &tx, &CALLS);
    assert!(shown["calls"][0].get("logs").is_none());
    assert_eq!(shown["calls"][0]["error"], "execution reverted");
    assert_eq!(shown["calls"][1]["logs"][0]["index"], "0x1");
    let top = TracerKind::Call(CallTracerOptions {
        only_top_call: true,
        with_log: true,
    });
    let shown = serde_json::to_value(trace(&chain, before, &tx, &top).unwrap().trace).unwrap();
    assert!(shown.get("calls").is_none() && shown.get("logs").is_none());
    assert_eq!(shown["output"], json!(word(4)));
}

#[test]
fn frames_that_fail_before_they_run_are_shown_and_cost_nothing() {
    let mut chain = Chain::new();
    let receiver = Address::repeat_byte(0x55);
    // CALL with one wei more than the contract has, then CREATE with the same.
    let mut poor = vec![PUSH0, PUSH0, PUSH0, PUSH0, PUSH1, 1, PUSH20];
    poor.extend_from_slice(receiver.as_slice());
    poor.extend([PUSH2, 0x10, 0x00, CALL, POP]);
    poor.extend([PUSH0, PUSH0, PUSH1, 1, CREATE, POP, STOP]);
    let poor = chain.deploy(&poor);
    let tx = chain.tx(TxKind::Call(poor), []);
    let mut shown = mined(&mut chain, &tx, &CALLS);
    let create_gas = shown["calls"][1]["gas"].take();
    assert_ne!(create_gas, json!("0x0"));
    let error = "insufficient balance for transfer";
    assert_eq!(
        shown["calls"],
        json!([
            {
                "from": poor, "to": receiver, "gas": "0x18fc", "gasUsed": "0x0", "input": "0x",
                "value": "0x1", "type": "CALL", "error": error,
            },
            {
                "from": poor, "gas": null, "gasUsed": "0x0", "input": "0x", "value": "0x1",
                "type": "CREATE", "error": error,
            }
        ])
    );
}

#[test]
fn errors_have_the_names_geth_gives_them() {
    let mut chain = Chain::new();
    let init_too_long = [PUSH3, 1, 0, 0, PUSH0, RETURN];
    let init_bad_prefix = [PUSH1, 0xEF, PUSH0, MSTORE, PUSH1, 1, PUSH1, 31, RETURN];
    let cases: Vec<(&[u8], &str)> = vec![
        (&[POP], "stack underflow (0 <=> 1)"),
        (&[INVALID], "invalid opcode: INVALID"),
        (&[0x0c], "invalid opcode: opcode 0xc not defined"),
        (&[PUSH0, JUMP], "invalid jump destination"),
        (
            &[PUSH1, 1, PUSH0, PUSH0, RETURNDATACOPY],
            "return data out of bounds",
        ),
        (&init_too_long, "max code size exceeded"),
        (&init_bad_prefix, "invalid code: must not begin with 0xef"),
        (&[PUSH0, PUSH0, REVERT], "execution reverted"),
        (
            &[PUSH3, 255, 255, 255, PUSH3, 255, 255, 255, MSTORE],
            "out of gas",
        ),
        (
            &[PUSH2, 0x60, 0, PUSH0, RETURN],
            "contract creation code storage out of gas",
        ),
    ];
    for (init, error) in cases {
        let mut tx = chain.tx(TxKind::Create, init.to_vec());
        tx.gas_limit = 1_000_000;
        let shown = mined(&mut chain, &tx, &CALLS);
        assert_eq!(shown["error"], error, "{}", hex::encode(init));
        assert_eq!(shown["type"], "CREATE");
        assert!(shown.get("to").is_none());
    }
    let overflow: Vec<u8> = vec![PUSH0; 1_025];
    let tx = chain.tx(TxKind::Create, overflow);
    assert_eq!(
        mined(&mut chain, &tx, &CALLS)["error"],
        "stack limit reached 1024 (1023)"
    );
    let writer = chain.deploy(&code::counter());
    let reader = chain.deploy(&code::forwarder(Forward::Static));
    let tx = chain.tx(TxKind::Call(reader), forward(writer, &[]));
    assert_eq!(
        mined(&mut chain, &tx, &CALLS)["calls"][0]["error"],
        "write protection"
    );
    let sleeping = chain.deploy_wat("(module (memory (export \"memory\") 1 1))");
    let tx = chain.tx(TxKind::Call(sleeping), []);
    let shown = mined(&mut chain, &tx, &CALLS);
    assert_eq!(shown["error"], "error ProgramNotActivated()");
    assert_eq!(shown["gasUsed"], format!("{GAS:#x}"));
}

#[test]
fn a_revert_reason_is_told() {
    let mut chain = Chain::new();
    let reason = Revert::from("not today").abi_encode();
    let init = [code::init_code(&reason), vec![]].concat();
    // The same init code, but what it would deploy is what it reverts with.
    let mut init = init;
    init[9] = REVERT;
    let tx = chain.tx(TxKind::Create, init);
    let shown = mined(&mut chain, &tx, &CALLS);
    assert_eq!(shown["revertReason"], "not today");
    assert_eq!(shown["output"], json!(Bytes::from(reason)));
}

#[test]
fn a_destruction_is_a_frame_of_its_own() {
    let mut chain = Chain::new();
    let heir = Address::repeat_byte(0x44);
    let mut code = vec![PUSH20];
    code.extend_from_slice(heir.as_slice());
    code.push(SELFDESTRUCT);
    let contract = chain.deploy(&code);
    let tx = Transaction {
        value: U256::from(7),
        ..chain.tx(TxKind::Call(contract), [])
    };
    let shown = mined(&mut chain, &tx, &CALLS);
    assert_eq!(
        shown["calls"],
        json!([{
            "from": contract, "to": heir, "gas": "0x0", "gasUsed": "0x0", "input": "0x",
            "value": "0x7", "type": "SELFDESTRUCT",
        }])
    );
}

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

#[test]
fn opcodes_are_listed_with_stack_storage_and_cost() {
    let mut chain = Chain::new();
    // Reads slot 0, stores 3 there, calls nobody, creates nothing and returns a word.
    let body = [
        PUSH0, SLOAD, PUSH1, 3, PUSH0, SSTORE, PUSH1, 9, PUSH0, MSTORE, PUSH1, 32, PUSH0, RETURN,
    ];
    let contract = chain.deploy(&body);
    let tx = Transaction {
        gas_limit: 100_000,
        ..chain.tx(TxKind::Call(contract), [])
    };
    let kind = TracerKind::Steps(StepOptions {
        enable_memory: true,
        ..StepOptions::default()
    });
    let before = chain.executor.snapshot();
    let shown = mined(&mut chain, &tx, &kind);
    assert_eq!(shown["failed"], false);
    assert_eq!(shown["returnValue"], json!(word(9)));
    // 20 000 for the slot, its first reading 2 100, and small change.
    assert_eq!(
        shown["gas"],
        21_000 + 2 + 2_100 + 3 + 2 + 20_000 + 3 + 2 + 6 + 3 + 2
    );
    let zero = "0".repeat(64);
    let three = format!("{}3", "0".repeat(63));
    let nine = format!("{}9", "0".repeat(63));
    let logs = shown["structLogs"].as_array().unwrap();
    assert_eq!(
        logs[..5],
        [
            json!({"pc": 0, "op": "PUSH0", "gas": 79_000, "gasCost": 2, "depth": 1, "stack": [], "memory": []}),
            json!({"pc": 1, "op": "SLOAD", "gas": 78_998, "gasCost": 2_100, "depth": 1,
                "stack": ["0x0"], "memory": [], "storage": {zero.clone(): zero}}),
            json!({"pc": 2, "op": "PUSH1", "gas": 76_898, "gasCost": 3, "depth": 1, "stack": ["0x0"], "memory": []}),
            json!({"pc": 4, "op": "PUSH0", "gas": 76_895, "gasCost": 2, "depth": 1, "stack": ["0x0", "0x3"], "memory": []}),
            json!({"pc": 5, "op": "SSTORE", "gas": 76_893, "gasCost": 20_000, "depth": 1,
                "stack": ["0x0", "0x3", "0x0"], "memory": [], "storage": {zero: three}}),
        ]
    );
    assert_eq!(
        logs[9],
        json!({"pc": 12, "op": "PUSH0", "gas": 56_879, "gasCost": 2, "depth": 1,
            "stack": ["0x0", "0x20"], "memory": [nine]})
    );
    assert_eq!(logs.len(), 11);

    let short = TracerKind::Steps(StepOptions {
        disable_stack: true,
        disable_storage: true,
        limit: 2,
        ..StepOptions::default()
    });
    let shown = serde_json::to_value(trace(&chain, before, &tx, &short).unwrap().trace).unwrap();
    assert_eq!(
        shown["structLogs"],
        json!([
            {"pc": 0, "op": "PUSH0", "gas": 79_000, "gasCost": 2, "depth": 1},
            {"pc": 1, "op": "SLOAD", "gas": 78_998, "gasCost": 2_100, "depth": 1},
        ])
    );
}

#[test]
fn costs_of_opcodes_count_what_a_call_is_given_but_not_what_a_creation_is() {
    let mut chain = Chain::new();
    let refunder = chain.deploy(&[PUSH0, PUSH1, 1, SSTORE, STOP]);
    chain.executor.set_storage(refunder, slot(1), slot(1));
    let mut body = vec![PUSH0, PUSH0, PUSH0, PUSH0, PUSH0, PUSH20];
    body.extend_from_slice(refunder.as_slice());
    body.extend([
        PUSH2, 0x40, 0x00, CALL, POP, PUSH0, PUSH0, PUSH0, CREATE, POP,
    ]);
    body.extend([
        PUSH0, PUSH0, PUSH0, PUSH0, PUSH0, PUSH1, 4, STATICCALL, STOP,
    ]);
    let contract = chain.deploy(&body);
    let tx = chain.tx(TxKind::Call(contract), []);
    let shown = mined(&mut chain, &tx, &steps());
    let logs = shown["structLogs"].as_array().unwrap();
    let of = |op: &str| logs.iter().find(|log| log["op"] == op).unwrap();
    assert_eq!(of("CALL")["gasCost"], 2_600 + 0x4000);
    assert_eq!(of("CREATE")["gasCost"], 32_000);
    let inner: Vec<&Value> = logs.iter().filter(|log| log["depth"] == 2).collect();
    assert_eq!(inner[2]["op"], "SSTORE");
    assert_eq!(inner[3]["refund"], 4_800);
    assert_eq!(of("CREATE")["refund"], 4_800);
    // Returned gas comes back after the call.
    let after = logs.iter().position(|log| log["op"] == "CALL").unwrap();
    let pop = logs[after..].iter().find(|log| log["op"] == "POP").unwrap();
    assert_eq!(
        pop["gas"].as_u64().unwrap(),
        of("CALL")["gas"].as_u64().unwrap() - 2_600 - (2 + 3 + 5_000)
    );
}

#[test]
fn an_opcode_without_gas_is_listed_with_its_error() {
    let mut chain = Chain::new();
    let spinner = chain.deploy(&code::spinner());
    let tx = Transaction {
        gas_limit: 21_000 + 20,
        ..chain.tx(TxKind::Call(spinner), [])
    };
    let shown = mined(&mut chain, &tx, &steps());
    assert_eq!(shown["failed"], true);
    assert_eq!(shown["returnValue"], "0x");
    let logs = shown["structLogs"].as_array().unwrap();
    assert_eq!(
        *logs.last().unwrap(),
        json!({"pc": 2, "op": "JUMP", "gas": 6, "gasCost": 8, "depth": 1, "stack": ["0x0"],
            "error": "out of gas"})
    );
}

#[test]
fn host_functions_are_shown_with_the_frames_they_open() {
    let mut chain = Chain::new();
    let tool = chain.program(TOOL);
    let other = chain.deploy_wat(TOOL);
    let forwarder = chain.deploy(&code::forwarder(Forward::Call));
    let inner = forward(other, &Op::read(3));
    let input = Op::call(Kind::Call, forwarder, U256::ZERO, &inner);
    let tx = chain.tx(TxKind::Call(tool), input.clone());
    let shown = mined(&mut chain, &tx, &TracerKind::Stylus);
    let named = |steps: &Value| -> Vec<(String, String, String)> {
        let text = |step: &Value, member: &str| step[member].as_str().unwrap().to_owned();
        steps
            .as_array()
            .unwrap()
            .iter()
            .map(|step| (text(step, "name"), text(step, "args"), text(step, "outs")))
            .collect()
    };
    let row = |name: &str, args: &str, outs: &str| {
        (name.to_owned(), format!("0x{args}"), format!("0x{outs}"))
    };
    let zero = "00".repeat(32);
    let call = format!(
        "{}ffffffffffffffff{zero}{}",
        hex::encode(forwarder),
        hex::encode(&inner)
    );
    assert_eq!(
        named(&shown),
        [
            row("user_entrypoint", &format!("{:08x}", input.len()), ""),
            row("read_args", "", &hex::encode(&input)),
            row("call_contract", &call, "0000002000"),
            row("read_return_data", "0000000000000020", &zero),
            row("write_result", &zero, ""),
            row("user_returned", "", "00000000"),
        ]
    );
    let call = &shown[2];
    assert_eq!(call["address"], json!(forwarder));
    // The EVM contract in between calls no host function, but the program under it does.
    let frame = &call["steps"][0];
    assert_eq!(call["steps"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&frame["name"], &frame["address"], &frame["startInk"]),
        (&json!("evm_call_contract"), &json!(other), &json!(0))
    );
    assert_eq!(
        named(&frame["steps"]),
        [
            row("user_entrypoint", "00000021", ""),
            row("read_args", "", &hex::encode(Op::read(3))),
            row("storage_load_bytes32", &hex::encode(slot(3)), &zero),
            row("write_result", &zero, ""),
            row("user_returned", "", "00000000"),
        ]
    );
    // A cold slot costs 2100 gas and 5 more, and the host function itself (facts 4.7).
    let load = &frame["steps"][2];
    assert_eq!(
        load["startInk"].as_u64().unwrap() - load["endInk"].as_u64().unwrap(),
        21_068_480
    );
    // What ran in between cannot make ink.
    let steps = shown.as_array().unwrap();
    assert!(steps.windows(2).all(|pair| {
        pair[1]["startInk"].as_u64().unwrap() <= pair[0]["endInk"].as_u64().unwrap()
    }));
    assert!(steps[1].get("address").is_none() && steps[1].get("steps").is_none());
}

#[test]
fn a_call_that_opens_no_frame_still_names_its_callee() {
    let mut chain = Chain::new();
    let tool = chain.program(TOOL);
    let reader = chain.deploy(&code::forwarder(Forward::Static));
    let receiver = Address::repeat_byte(0x66);
    // Value in a static context is answered by the program's host itself.
    let pay = Op::call(Kind::Call, receiver, U256::from(1), &[]);
    let tx = chain.tx(TxKind::Call(reader), forward(tool, &pay));
    let shown = mined(&mut chain, &tx, &TracerKind::Stylus);
    let call = &shown[0]["steps"][2];
    assert_eq!(call["name"], "call_contract");
    assert_eq!(call["address"], json!(receiver));
    assert_eq!(call["steps"], json!([]));
    assert_eq!(call["outs"], "0x0000000002");
    let create = Op::create(0, &code::init_code(&[STOP]));
    let tx = chain.tx(TxKind::Call(tool), create);
    let shown = mined(&mut chain, &tx, &TracerKind::Stylus);
    let names: Vec<&str> = (0..7).filter_map(|i| shown[i]["name"].as_str()).collect();
    assert_eq!(
        names,
        [
            "user_entrypoint",
            "read_args",
            "evm_create1",
            "create1",
            "read_return_data",
            "write_result",
            "user_returned"
        ]
    );
    assert_eq!(shown[2]["address"], json!(tool.create(1)));
}

#[test]
fn selectors_are_counted_and_several_tracers_run_at_once() {
    let mut chain = Chain::new();
    let forwarder = chain.deploy(&code::forwarder(Forward::Call));
    let data = [1, 2, 3, 4, 5, 6];
    let input = forward(Address::with_last_byte(4), &data);
    let tx = chain.tx(TxKind::Call(forwarder), input.clone());
    let both = TracerKind::Mux(BTreeMap::from([
        ("4byteTracer".to_owned(), TracerKind::FourByte),
        ("noopTracer".to_owned(), TracerKind::Noop),
        ("callTracer".to_owned(), CALLS),
    ]));
    let shown = mined(&mut chain, &tx, &both);
    // The identity precompile has no methods.
    assert_eq!(shown["4byteTracer"], json!({"0x00000000-22": 1}));
    assert_eq!(shown["noopTracer"], json!({}));
    assert_eq!(
        shown["callTracer"]["calls"][0]["output"],
        json!(Bytes::copy_from_slice(&data))
    );
}

#[test]
fn a_simulated_call_is_traced_with_its_overrides() {
    let mut chain = Chain::new();
    let counter = Address::repeat_byte(0x31);
    let overrides = StateOverrides::from([(
        counter,
        StateOverride {
            code: Some(code::counter().into()),
            state_diff: std::collections::HashMap::from([(slot(0), slot(40))]),
            ..StateOverride::default()
        },
    )]);
    let request = crate::evm::CallRequest {
        from: USER,
        to: TxKind::Call(counter),
        input: word(2),
        ..Default::default()
    };
    let at = chain.executor.snapshot();
    let kind = TracerKind::Prestate(PrestateOptions::default());
    let simulator = chain.executor.simulator().clone();
    let traced = simulator
        .trace_call_at(at, &request, &chain.block, &overrides, &kind)
        .unwrap();
    assert_eq!(traced.outcome.output, word(42));
    let Trace::Prestate(state) = traced.trace else {
        panic!("another trace was asked for");
    };
    assert_eq!(state[&counter].storage[&slot(0)], slot(40));
    assert_eq!(state[&USER].balance, Some(chain.balance(USER)));
    assert_eq!(chain.executor.snapshot(), at);
    chain.block.number += 1;
}

#[test]
fn a_trace_that_takes_too_long_or_grows_too_large_is_given_up() {
    let mut chain = Chain::new();
    let spinner = chain.deploy(&code::spinner());
    let tx = chain.tx(TxKind::Call(spinner), []);
    let before = chain.executor.snapshot();
    let over = Deadline::after(Duration::ZERO);
    let result = chain.executor.simulator().trace_transaction_at(
        before,
        &tx,
        &chain.block,
        &steps(),
        Some(over),
    );
    assert_eq!(
        result,
        Err(ExecError::TimedOut {
            timeout: Duration::ZERO
        })
    );
    // A megabyte of memory at each of a thousand steps.
    let mut code = vec![PUSH0, PUSH3, 0x10, 0, 0, MSTORE];
    code.extend([0x5b, PUSH1, 6, JUMP]);
    let hog = chain.deploy(&code);
    let tx = chain.tx(TxKind::Call(hog), []);
    let kind = TracerKind::Steps(StepOptions {
        enable_memory: true,
        ..StepOptions::default()
    });
    let before = chain.executor.snapshot();
    chain.block.number += 1;
    assert_eq!(
        trace(&chain, before, &tx, &kind),
        Err(ExecError::TraceTooLarge)
    );
}
