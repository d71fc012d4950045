//! Tracers: the same execution again, and what they say of it.

mod calls;
mod state;
mod steps;
mod stylus;

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
    // A megabyte of calldata for each of a thousand calls.
    let mut code = vec![PUSH0, PUSH3, 0x10, 0, 0, MSTORE, 0x5b];
    code.extend([PUSH0, PUSH0, PUSH3, 0x10, 0, 0, PUSH0, PUSH0, PUSH1, 0x99]);
    code.extend([PUSH2, 0x10, 0, CALL, POP, PUSH1, 6, JUMP]);
    let caller = chain.deploy(&code);
    let tx = chain.tx(TxKind::Call(caller), []);
    let before = chain.executor.snapshot();
    chain.block.number += 1;
    assert_eq!(
        trace(&chain, before, &tx, &CALLS),
        Err(ExecError::TraceTooLarge)
    );
}
