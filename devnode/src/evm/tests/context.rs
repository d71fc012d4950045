//! What an execution is told of its surroundings, and who hears it.

use super::{
    CallRequest, Chain, ExecutionStatus, StateOverrides, Transaction, USER, code, intrinsic, word,
};
use crate::evm::{BlockContext, ChainParams, ConsoleSink, ExecError, Executor, MIN_BASE_FEE};
use alloy_primitives::{Address, B256, TxKind, U256};
use revm::bytecode::opcode::{
    BLOCKHASH, DIFFICULTY, GASLIMIT, MSTORE, NUMBER, PUSH0, PUSH1, RETURN, SUB,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

const PRINTER: &str = r#"(module
    (import "console" "log_txt" (func $print (param i32 i32)))
    (memory (export "memory") 1 1)
    (data (i32.const 0) "hello")
    (func (export "user_entrypoint") (param i32) (result i32)
        (call $print (i32.const 0) (i32.const 5)) (i32.const 0)))"#;

#[test]
fn a_block_answers_the_opcodes_with_what_it_is_given() {
    let mut chain = Chain::new();
    // The hash of the block before the present one.
    let parent_hash = [
        PUSH1, 1, NUMBER, SUB, BLOCKHASH, PUSH0, MSTORE, PUSH1, 32, PUSH0, RETURN,
    ];
    let limit = chain.deploy(&code::returner(GASLIMIT));
    let random = chain.deploy(&code::returner(DIFFICULTY));
    let hash = chain.deploy(&parent_hash);
    let ordinary = chain.block.clone();
    assert_eq!(chain.call(limit, []).output, word(1 << 50));
    assert_eq!(chain.call(random, []).output, word(1));
    assert_eq!(chain.call(hash, []).output, word(0));
    chain.block = BlockContext {
        l1_block_number: 9,
        gas_limit: 77,
        prev_randao: B256::repeat_byte(5),
        block_hashes: BTreeMap::from([(8, B256::repeat_byte(8))]),
        ..ordinary
    };
    assert_eq!(chain.call(limit, []).output, word(77));
    assert_eq!(chain.call(random, []).output[..], [5; 32]);
    assert_eq!(chain.call(hash, []).output[..], [8; 32]);
}

#[test]
fn only_an_impersonated_sender_may_have_code() {
    let mut chain = Chain::new();
    let contract = chain.deploy(&code::spinner());
    chain
        .executor
        .set_balance(contract, U256::from(10_u128.pow(18)));
    let signed = Transaction {
        sender: contract,
        nonce: 1,
        value: U256::from(5),
        ..chain.tx(TxKind::Call(USER), [])
    };
    assert_eq!(
        chain.executor.transact(&signed, &chain.block),
        Err(ExecError::SenderHasCode { sender: contract })
    );
    let impersonated = Transaction {
        impersonated: true,
        ..signed
    };
    let outcome = chain.transact(&impersonated);
    assert_eq!(outcome.status, ExecutionStatus::Success);
    assert_eq!(outcome.gas_used, intrinsic(&[]));
    assert_eq!(chain.executor.state().nonce(contract), 2);
    assert_eq!(
        chain.executor.transact(&impersonated, &chain.block),
        Err(ExecError::NonceTooLow {
            sender: contract,
            nonce: 1,
            expected: 2
        })
    );
}

#[test]
fn what_programs_print_is_heard_when_mined_and_called_but_not_when_estimated() {
    let heard: Arc<Mutex<Vec<(Address, String)>>> = Arc::default();
    let ears = Arc::clone(&heard);
    let mut executor = Executor::new(ChainParams {
        console: Some(ConsoleSink::new(move |contract, line| {
            ears.lock().unwrap().push((contract, line.to_owned()));
        })),
        ..ChainParams::default()
    });
    executor.set_balance(USER, U256::from(10_u128.pow(20)));
    let mut chain = Chain {
        executor,
        block: BlockContext::new(1, super::NOW, MIN_BASE_FEE),
    };
    let program = chain.program(PRINTER);
    assert!(heard.lock().unwrap().is_empty());
    let line = (program, "hello".to_owned());

    assert!(chain.send(program, []).status.is_success());
    assert_eq!(*heard.lock().unwrap(), std::slice::from_ref(&line));
    assert!(chain.call(program, []).status.is_success());
    assert_eq!(*heard.lock().unwrap(), [line.clone(), line.clone()]);
    let estimate = CallRequest {
        to: TxKind::Call(program),
        as_transaction: true,
        ..CallRequest::default()
    };
    let outcome = chain
        .executor
        .call(&estimate, &chain.block, &StateOverrides::new())
        .unwrap();
    assert!(outcome.status.is_success());
    assert_eq!(heard.lock().unwrap().len(), 2);
}
