//! Programs and EVM contracts that reach each other: clones, nesting, static frames, creations.

use super::{
    Chain, ETHER, GAS, USER, code,
    code::Forward,
    intrinsic, slot,
    tool::{Kind, Op, TOOL},
    word,
};
use crate::evm::{ExecutionStatus, Transaction};
use alloy::{
    eips::eip7702::Authorization,
    signers::{SignerSync, local::PrivateKeySigner},
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};

/// A chain with an activated tool and a second contract with the same code.
fn two_tools() -> (Chain, Address, Address) {
    let mut chain = Chain::new();
    let tool = chain.program(TOOL);
    let other = chain.deploy_wat(TOOL);
    (chain, tool, other)
}

fn call(to: Address, data: &[u8]) -> Vec<u8> {
    Op::call(Kind::Call, to, U256::ZERO, data)
}

#[test]
fn a_clone_runs_the_program_on_its_own_storage() {
    let (mut chain, tool, _) = two_tools();
    let clone = chain.deploy(&code::clone_of(tool));
    assert!(chain.send(clone, Op::write(1, 42)).status.is_success());
    assert_eq!(chain.executor.state().storage(clone, slot(1)), slot(42));
    assert_eq!(chain.executor.state().storage(tool, slot(1)), B256::ZERO);
    assert_eq!(chain.call(clone, Op::read(1)).output, word(42));

    let who = chain.send_value(clone, Op::whoami(), U256::from(9)).output;
    assert_eq!(who[..20], clone[..]);
    assert_eq!(who[20..40], USER[..]);
    assert_eq!(who[40..], word(9)[..]);
    let log = chain.send(clone, Op::log(b"from the clone")).logs;
    assert_eq!(log[0].address, clone);
    let revert = chain.send(clone, Op::write_log_revert(1, 7));
    assert_eq!(
        (revert.status, revert.output),
        (ExecutionStatus::Revert, word(1))
    );
    assert_eq!(chain.executor.state().storage(clone, slot(1)), slot(42));
}

#[test]
fn calls_nest_from_program_to_evm_to_program() {
    let (mut chain, tool, other) = two_tools();
    let forwarder = chain.deploy(&code::forwarder(Forward::Call));
    let input = call(forwarder, &code::forward(other, &Op::write(5, 6)));
    let outcome = chain.send(tool, input);
    assert_eq!(outcome.status, ExecutionStatus::Success, "{outcome:?}");
    assert_eq!(chain.executor.state().storage(other, slot(5)), slot(6));
    let input = call(forwarder, &code::forward(other, &Op::whoami()));
    let who = chain.send(tool, input).output;
    assert_eq!(who[..20], other[..]);
    assert_eq!(who[20..40], forwarder[..]);

    // The innermost revert comes out with its data, and nothing it did stays.
    let input = call(
        forwarder,
        &code::forward(other, &Op::write_log_revert(5, 7)),
    );
    let outcome = chain.send(tool, input);
    assert_eq!(
        (outcome.status, outcome.output),
        (ExecutionStatus::Revert, word(5))
    );
    assert_eq!(chain.executor.state().storage(other, slot(5)), slot(6));
}

#[test]
fn a_call_carries_value_and_fails_without_funds() {
    let (mut chain, tool, other) = two_tools();
    let receiver = Address::repeat_byte(0x99);
    let pay = Op::call(Kind::Call, receiver, U256::from(3), &[]);
    let broke = chain.send(tool, pay.clone());
    assert_eq!(broke.status, ExecutionStatus::Revert);
    assert!(broke.gas_used < GAS / 2, "the callee's gas comes back");
    let paid = chain.send_value(tool, pay, U256::from(5));
    assert_eq!(paid.status, ExecutionStatus::Success);
    assert_eq!(chain.balance(receiver), U256::from(3));
    assert_eq!(chain.balance(tool), U256::from(2));
    let who = chain
        .send(
            tool,
            Op::call(Kind::Call, other, U256::from(2), &Op::whoami()),
        )
        .output;
    assert_eq!(who[20..40], tool[..]);
    assert_eq!(who[40..], word(2)[..]);
}

#[test]
fn a_delegate_call_from_a_program_keeps_the_context() {
    let (mut chain, tool, _) = two_tools();
    let counter = chain.deploy(&code::counter());
    let input = Op::call(Kind::Delegate, counter, U256::ZERO, &word(11));
    let outcome = chain.send(tool, input);
    assert_eq!(outcome.output, word(11));
    assert_eq!(outcome.logs[0].address, tool);
    assert_eq!(chain.executor.state().storage(tool, slot(0)), slot(11));
    assert_eq!(chain.executor.state().storage(counter, slot(0)), B256::ZERO);
    let caller = chain.deploy(&code::caller());
    let input = Op::call(Kind::Delegate, caller, U256::ZERO, &[]);
    assert_eq!(chain.send(tool, input).output[12..], USER[..]);
}

#[test]
fn a_static_frame_refuses_every_change_at_any_depth() {
    let (mut chain, tool, other) = two_tools();
    let reader = chain.deploy(&code::forwarder(Forward::Static));
    let plain = chain.deploy(&code::forwarder(Forward::Call));
    let changes = [
        Op::write(1, 2),
        Op::log(b"x"),
        Op::create(0, &code::init_code(&code::counter())),
        Op::transient_write(1, 2),
    ];
    for change in &changes {
        let direct = chain.send(reader, code::forward(tool, change));
        assert_eq!(direct.status, ExecutionStatus::Revert, "{change:?}");
        assert!(direct.output.is_empty());
        assert!(direct.gas_used < GAS / 2, "the program keeps its gas");
        let by_program = Op::call(Kind::Static, other, U256::ZERO, change);
        assert_eq!(
            chain.send(tool, by_program).status,
            ExecutionStatus::Revert,
            "{change:?}"
        );
        let deeper = Op::call(
            Kind::Static,
            plain,
            U256::ZERO,
            &code::forward(other, change),
        );
        assert_eq!(
            chain.send(tool, deeper).status,
            ExecutionStatus::Revert,
            "{change:?}"
        );
    }
    let read = chain.send(reader, code::forward(tool, &Op::read(1)));
    assert_eq!(read.output, word(0));
}

#[test]
fn reentrance_counts_frames_that_are_no_delegate_calls() {
    let (mut chain, tool, other) = two_tools();
    let forwarder = chain.deploy(&code::forwarder(Forward::Call));
    let ask = Op::reentrant();
    let answer = |chain: &mut Chain, to: Address, input: Vec<u8>| chain.send(to, input).output;
    let (no, yes) = (Bytes::from_static(&[0]), Bytes::from_static(&[1]));

    assert_eq!(answer(&mut chain, tool, ask.clone()), no);
    assert_eq!(answer(&mut chain, tool, call(other, &ask)), no);
    assert_eq!(answer(&mut chain, tool, call(tool, &ask)), yes);
    // Through an EVM contract and back.
    let back = call(forwarder, &code::forward(tool, &ask));
    assert_eq!(answer(&mut chain, tool, back), yes);
    // A delegate call to itself opens no second frame of the address.
    let delegate = Op::call(Kind::Delegate, other, U256::ZERO, &ask);
    assert_eq!(answer(&mut chain, tool, delegate), no);
    // The clone's own frame is EVM code and counts; the program in it is a delegate call.
    let clone = chain.deploy(&code::clone_of(tool));
    assert_eq!(answer(&mut chain, clone, ask.clone()), no);
    let back = call(clone, &ask);
    assert_eq!(answer(&mut chain, clone, back), yes);
    // And the next transaction starts afresh.
    assert_eq!(answer(&mut chain, tool, ask), no);
}

#[test]
fn a_program_creates_contracts_and_programs() {
    let (mut chain, tool, _) = two_tools();
    let init = code::init_code(&code::counter());
    let expected = tool.create(chain.executor.state().nonce(tool));
    let outcome = chain.send_value(tool, Op::create(4, &init), U256::from(4));
    assert_eq!(outcome.output[..], expected[..]);
    assert_eq!(chain.executor.state().code(expected), code::counter());
    assert_eq!(chain.balance(expected), U256::from(4));

    let program = chain.executor.state().code(tool);
    let outcome = chain.send(tool, Op::create(0, &code::init_code(&program)));
    let created = Address::from_slice(&outcome.output[..20]);
    assert_eq!(chain.executor.state().code(created), program);
    assert!(chain.call(created, Op::read(0)).status.is_success());

    // A creation that reverts answers the zero address and the revert data.
    let outcome = chain.send(tool, Op::create(0, &code::reverter()));
    assert_eq!(outcome.output[..20], [0; 20]);
    assert_eq!(outcome.output[20..], word(0)[..]);
    // Code that breaks EIP-3541 only answers the zero address.
    let outcome = chain.send(tool, Op::create(0, &code::init_code(&[0xEF])));
    assert_eq!(outcome.output[..], [0; 20]);
}

#[test]
fn transient_storage_lasts_one_transaction_and_is_reverted() {
    let (mut chain, tool, other) = two_tools();
    assert!(
        chain
            .send(tool, Op::transient_write(1, 9))
            .status
            .is_success()
    );
    assert_eq!(chain.send(tool, Op::transient_read(1)).output, word(0));
    // Within a transaction, through a nested frame of the same contract by delegate call.
    let inner = Op::call(Kind::Delegate, other, U256::ZERO, &Op::transient_read(1));
    assert_eq!(chain.send(tool, inner).output, word(0));
}

#[test]
fn memory_pages_of_nested_frames_are_charged_and_given_back() {
    let mut chain = Chain::new();
    // Three pages of footprint: one more than is free.
    let program = chain.program(
        r#"(module
            (memory (export "memory") 3 3)
            (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#,
    );
    let small = chain.program(
        r#"(module
            (memory (export "memory") 2 2)
            (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#,
    );
    let start = |chain: &Chain, program| {
        chain
            .view(
                super::ARB_WASM,
                &super::Wasm::programInitGasCall { program },
            )
            .gas
    };
    let start_large = start(&chain, program);
    let start_small = start(&chain, small);
    assert_eq!(chain.send(small, []).gas_used, 21_000 + start_small + 1);
    // One page over the free ones: 1 000 gas, and the curve is still at 1.
    assert_eq!(
        chain.send(program, []).gas_used,
        21_000 + start_large + 1 + 1_000
    );
    // One page of the tool's and three of the callee's are open at once: two over the free ones.
    let tool = chain.program(TOOL);
    let mut through_tool = |callee| {
        let input = call(callee, &[]);
        chain.send(tool, input.clone()).gas_used - intrinsic(&input)
    };
    let (over_small, over_large) = (through_tool(small), through_tool(program));
    // The small one is charged one page over, the large one two; the rest is start gas.
    assert_eq!(over_large - over_small, start_large - start_small + 1_000);
}

#[test]
fn programs_nest_until_their_memory_is_too_dear() {
    let (mut chain, tool, _) = two_tools();
    let mut nest = |depth: usize| {
        let mut input = Op::read(1);
        for _ in 0..depth {
            input = call(tool, &input);
        }
        let tx = Transaction {
            gas_limit: 32_000_000,
            ..chain.tx(TxKind::Call(tool), input)
        };
        chain.transact(&tx)
    };
    let deep = nest(60);
    assert_eq!(
        (deep.status, deep.output),
        (ExecutionStatus::Success, word(0))
    );
    // A page for each frame: 200 of them cost more than any transaction has.
    let deeper = nest(200);
    assert_eq!(deeper.status, ExecutionStatus::Revert);
}

#[test]
fn a_failed_oversize_growth_leaves_later_frames_the_linear_price_only() {
    let (mut chain, tool, _) = two_tools();
    let greedy = chain.program(
        r#"(module
            (import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))
            (memory (export "memory") 1)
            (func (export "user_entrypoint") (param i32) (result i32)
                (call $pay (i32.const 300)) (i32.const 0)))"#,
    );
    let mut input = Op::read(1);
    for _ in 0..200 {
        input = call(tool, &input);
    }
    let spoiled = chain.deploy(&code::forwarder_after(
        &code::try_call(greedy, 50_000),
        Forward::Call,
    ));
    let tx = Transaction {
        gas_limit: 32_000_000,
        ..chain.tx(TxKind::Call(spoiled), code::forward(tool, &input))
    };
    let outcome = chain.transact(&tx);
    // 200 nested programs, which the exponential price rules out otherwise; they also show that the
    // native stack suffices.
    assert_eq!(
        (outcome.status, outcome.output),
        (ExecutionStatus::Success, word(0))
    );
}

#[test]
fn an_account_delegating_to_a_program_runs_it_and_to_a_precompile_runs_nothing() {
    let (mut chain, tool, _) = two_tools();
    let delegate = |chain: &mut Chain, seed: u8, to: Address, input: Vec<u8>| {
        let signer = PrivateKeySigner::from_bytes(&B256::repeat_byte(seed)).unwrap();
        let authorization = Authorization {
            chain_id: U256::ZERO,
            address: to,
            nonce: 0,
        };
        let signature = signer
            .sign_hash_sync(&authorization.signature_hash())
            .unwrap();
        let tx = Transaction {
            tx_type: 4,
            authorization_list: vec![authorization.into_signed(signature)],
            ..chain.tx(TxKind::Call(signer.address()), input)
        };
        (signer.address(), chain.transact(&tx))
    };
    let (account, outcome) = delegate(&mut chain, 3, tool, Op::write(1, 8));
    assert_eq!(outcome.status, ExecutionStatus::Success, "{outcome:?}");
    assert_eq!(chain.executor.state().storage(account, slot(1)), slot(8));
    // Called by a program as well as by a transaction.
    let other = chain.deploy_wat(TOOL);
    assert_eq!(
        chain.send(other, call(account, &Op::read(1))).output,
        word(8)
    );

    let (account, outcome) = delegate(&mut chain, 4, super::ARB_WASM, vec![1, 2, 3, 4]);
    assert_eq!(outcome.status, ExecutionStatus::Success);
    assert!(outcome.output.is_empty());
    assert!(chain.send(other, call(account, &[1])).status.is_success());
    assert!(chain.balance(USER) > U256::from(ETHER));
}
