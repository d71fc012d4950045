//! Calls, creations and return data as a program sees them.

use super::{GAS, chain::TestChain, env, execute, execute_in, module};
use crate::vm::{CallKind, ProgramCallResult, ProgramCreateResult, ProgramEnv, Status};
use alloy_primitives::{Address, B256, Bytes, U256};

const CALLEE: Address = Address::repeat_byte(0xaa);

/// Puts the callee at 0, the value 5 at 32, the calldata `01 02 03` at 64.
const PREPARE: &str = r#"(data (i32.const 0) "\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa")
    (data (i32.const 63) "\05\01\02\03")"#;

/// Stores what a call answers at 100 and its return length at 104, then returns 8 bytes from 100
/// and `read` bytes of return data behind them.
fn after_call(call: &str, offset: u32, read: u32) -> String {
    let imports = [
        "call_contract",
        "delegate_call_contract",
        "static_call_contract",
        "read_return_data",
        "return_data_size",
        "write_result",
    ];
    module(
        &imports,
        PREPARE,
        &format!(
            "(i32.store8 (i32.const 100) {call})
             (i32.store8 (i32.const 101)
                (call $read_return_data (i32.const 108) (i32.const {offset}) (i32.const {read})))
             (i32.store8 (i32.const 102) (call $return_data_size))
             (call $write_result (i32.const 100) (i32.const {}))
             i32.const 0",
            8 + read
        ),
    )
}

const CALL: &str = "(call $call_contract (i32.const 0) (i32.const 64) (i32.const 3) \
                    (i32.const 32) (i64.const 5000) (i32.const 104))";

fn answering(result: ProgramCallResult) -> TestChain {
    TestChain {
        call_results: [result].into(),
        ..TestChain::default()
    }
}

#[test]
fn a_call_carries_its_arguments_and_brings_back_the_data() {
    let output = Bytes::from_static(&[9, 8, 7]);
    let mut chain = answering(ProgramCallResult {
        success: true,
        output,
        gas_cost: 4_000,
    });
    let outcome = execute(&after_call(CALL, 0, 3), &[], GAS, &mut chain);
    assert_eq!(outcome.status, Status::Success, "{:?}", outcome.trap);
    // status 0, three bytes read, size 3; return length 3; the data
    assert_eq!(outcome.output[..], [0, 3, 3, 0, 3, 0, 0, 0, 9, 8, 7]);
    let call = &chain.calls[0];
    assert_eq!(
        (call.kind, call.address, call.value),
        (CallKind::Call, CALLEE, U256::from(5))
    );
    assert_eq!(
        (call.calldata[..].to_vec(), call.gas_requested),
        (vec![1, 2, 3], 5_000)
    );
    let mut free = answering(ProgramCallResult {
        success: true,
        output: Bytes::from_static(&[9, 8, 7]),
        gas_cost: 0,
    });
    let cheaper = execute(&after_call(CALL, 0, 3), &[], GAS, &mut free);
    assert_eq!(cheaper.gas_left - outcome.gas_left, 4_000);
}

#[test]
fn a_failed_call_answers_two_and_leaves_the_revert_data() {
    let output = Bytes::from_static(&[1]);
    let mut chain = answering(ProgramCallResult {
        success: false,
        output,
        gas_cost: 0,
    });
    let outcome = execute(&after_call(CALL, 0, 3), &[], GAS, &mut chain);
    assert_eq!(outcome.output[..], [2, 1, 1, 0, 1, 0, 0, 0, 1, 0, 0]);
}

#[test]
fn gas_asked_for_is_capped_to_what_is_left() {
    let call = CALL.replace("5000", "-1");
    let mut chain = answering(ProgramCallResult::default());
    execute(&after_call(&call, 0, 0), &[], 50_000, &mut chain);
    assert_eq!(chain.calls[0].gas_requested, chain.calls[0].gas_left);
    assert!(chain.calls[0].gas_left < 50_000);
}

#[test]
fn a_call_that_costs_more_than_is_left_is_out_of_gas() {
    let mut chain = answering(ProgramCallResult {
        success: false,
        gas_cost: GAS,
        ..Default::default()
    });
    assert_eq!(
        execute(&after_call(CALL, 0, 0), &[], GAS, &mut chain).status,
        Status::OutOfGas
    );
}

#[test]
fn delegate_and_static_calls_carry_no_value() {
    for (name, kind) in [
        ("delegate_call_contract", CallKind::Delegate),
        ("static_call_contract", CallKind::Static),
    ] {
        let call = format!(
            "(call ${name} (i32.const 0) (i32.const 64) (i32.const 3) (i64.const 7) (i32.const 104))"
        );
        let mut chain = answering(ProgramCallResult {
            success: true,
            ..Default::default()
        });
        let outcome = execute(&after_call(&call, 0, 0), &[], GAS, &mut chain);
        assert_eq!(outcome.output[0], 0);
        let call = &chain.calls[0];
        assert_eq!(
            (call.kind, call.value, call.gas_requested),
            (kind, U256::ZERO, 7)
        );
    }
}

#[test]
fn a_call_with_value_in_a_static_context_fails_at_no_cost() {
    let env = ProgramEnv {
        is_static: true,
        ..env()
    };
    let mut chain = TestChain::default();
    let outcome = execute_in(&env, &after_call(CALL, 0, 3), &[], GAS, &mut chain);
    assert_eq!((outcome.status, outcome.output[0]), (Status::Success, 2));
    assert_eq!((chain.calls.len(), outcome.output[1]), (0, 0));
}

#[test]
fn return_data_is_truncated_to_what_exists() {
    for (offset, read, expected) in [
        (0, 2, [0, 2, 4, 0, 4, 0, 0, 0, 1, 2].as_slice()),
        (3, 5, &[0, 1, 4, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0]),
        (4, 1, &[0, 0, 4, 0, 4, 0, 0, 0, 0]),
        (5, 1, &[0, 0, 4, 0, 4, 0, 0, 0, 0]),
        (u32::MAX, 1, &[0, 0, 4, 0, 4, 0, 0, 0, 0]),
    ] {
        let output = Bytes::from_static(&[1, 2, 3, 4]);
        let mut chain = answering(ProgramCallResult {
            success: true,
            output,
            gas_cost: 0,
        });
        let outcome = execute(&after_call(CALL, offset, read), &[], GAS, &mut chain);
        assert_eq!(outcome.output[..], *expected, "{read} from {offset}");
    }
}

/// Creates from the three bytes at 64 with endowment 5 and returns 24 bytes: address, revert length.
fn creator(salted: bool) -> String {
    let call = if salted {
        "(call $create2 (i32.const 64) (i32.const 3) (i32.const 32) (i32.const 0) (i32.const 200) (i32.const 220))"
    } else {
        "(call $create1 (i32.const 64) (i32.const 3) (i32.const 32) (i32.const 200) (i32.const 220))"
    };
    let body = format!("{call} (call $write_result (i32.const 200) (i32.const 24)) i32.const 0");
    module(&["create1", "create2", "write_result"], PREPARE, &body)
}

fn creating(result: ProgramCreateResult) -> TestChain {
    TestChain {
        create_results: [result].into(),
        ..TestChain::default()
    }
}

#[test]
fn a_creation_answers_the_address() {
    let address = Some(Address::repeat_byte(0x11));
    for (salted, salt) in [
        (false, None),
        (true, Some(B256::right_padding_from(CALLEE.as_slice()))),
    ] {
        let mut chain = creating(ProgramCreateResult {
            address,
            ..Default::default()
        });
        let outcome = execute(&creator(salted), &[], GAS, &mut chain);
        assert_eq!(
            outcome.output[..],
            [[0x11; 20].as_slice(), &[0; 4]].concat()
        );
        let create = &chain.creates[0];
        assert_eq!((create.salt, create.endowment), (salt, U256::from(5)));
        assert_eq!(create.init_code[..], [1, 2, 3]);
    }
}

#[test]
fn a_creation_that_reverts_answers_zero_and_the_length_of_its_data() {
    let output = Bytes::from_static(&[1, 2, 3, 4, 5]);
    let mut chain = creating(ProgramCreateResult {
        address: None,
        output,
        gas_cost: 32_000,
    });
    let outcome = execute(&creator(false), &[], GAS, &mut chain);
    assert_eq!(
        outcome.output[..],
        [[0; 20].as_slice(), &[5, 0, 0, 0]].concat()
    );
}

#[test]
fn a_creation_that_is_refused_reverts_and_keeps_the_gas() {
    let outcome = execute(&creator(false), &[], GAS, &mut TestChain::default());
    assert_eq!((outcome.status, outcome.output.len()), (Status::Revert, 0));
    assert!(outcome.gas_left > GAS * 9 / 10);
}

#[test]
fn a_creation_in_a_static_context_reverts() {
    let env = ProgramEnv {
        is_static: true,
        ..env()
    };
    let mut chain = creating(ProgramCreateResult::default());
    let outcome = execute_in(&env, &creator(true), &[], GAS, &mut chain);
    assert_eq!((outcome.status, chain.creates.len()), (Status::Revert, 0));
}
