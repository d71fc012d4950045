//! What tracers are told.

use super::{GAS, chain::TestChain, execute, module};
use crate::vm::{HostCall, ProgramCallResult, Status};
use alloy_primitives::{Bytes, hex};

fn traced() -> TestChain {
    TestChain {
        trace: Some(Vec::new()),
        ..TestChain::default()
    }
}

/// Name, arguments and answers as one line each.
fn lines(chain: &TestChain) -> Vec<String> {
    let calls = chain.trace.as_ref().unwrap().iter();
    calls
        .map(|call| {
            let (args, outs) = (hex::encode(&call.args), hex::encode(&call.outs));
            format!("{} {args} -> {outs}", call.name)
        })
        .collect()
}

#[test]
fn a_frame_is_told_from_its_entry_to_its_return_with_its_ink() {
    let body = "(drop (call $chainid)) i32.const 0";
    let mut chain = traced();
    let outcome = execute(&module(&["chainid"], "", body), &[1, 2], GAS, &mut chain);
    // The entry's first block: header and call; then the host function.
    let (start, before) = (GAS * 10_000, GAS * 10_000 - 2_450 - 3_800);
    let call = |name, args: &'static [u8], outs: &'static [u8], start_ink, end_ink| HostCall {
        name,
        args: Bytes::from_static(args),
        outs: Bytes::from_static(outs),
        start_ink,
        end_ink,
    };
    let (end, chain_id) = (outcome.ink_left, &[0, 0, 0, 0, 0, 6, 0x4a, 0xba]);
    assert_eq!(
        chain.trace.unwrap(),
        [
            call("user_entrypoint", &[0, 0, 0, 2], &[], start, start),
            call("chainid", &[], chain_id, before, before - 8_400),
            call("user_returned", &[], &[0; 4], end, end),
        ]
    );
}

#[test]
fn an_early_exit_is_told_and_a_trap_is_not_a_return() {
    let mut chain = traced();
    let exit = module(
        &["exit_early"],
        "",
        "(call $exit_early (i32.const 3)) i32.const 0",
    );
    execute(&exit, &[], GAS, &mut chain);
    assert_eq!(
        lines(&chain),
        [
            "user_entrypoint 00000000 -> ",
            "exit_early 00000003 -> ",
            "user_returned  -> 00000003",
        ]
    );
    let mut chain = traced();
    // A function that stops its program is not told.
    let trap = "(call $write_result (i32.const 65536) (i32.const 1)) i32.const 0";
    let outcome = execute(&module(&["write_result"], "", trap), &[], GAS, &mut chain);
    assert_eq!(outcome.status, Status::Revert);
    assert_eq!(lines(&chain), ["user_entrypoint 00000000 -> "]);
}

#[test]
fn a_call_is_told_with_the_gas_asked_for_rather_than_given() {
    let data = r#"(data (i32.const 0) "\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa\aa")
        (data (i32.const 63) "\05\01\02\03")"#;
    let body = "(drop (call $call_contract (i32.const 0) (i32.const 64) (i32.const 3)
                    (i32.const 32) (i64.const -1) (i32.const 104)))
                (drop (call $static_call_contract (i32.const 0) (i32.const 64) (i32.const 1)
                    (i64.const 5) (i32.const 104)))
                (drop (call $read_return_data (i32.const 0) (i32.const 1) (i32.const 9)))
                i32.const 0";
    let imports = ["call_contract", "static_call_contract", "read_return_data"];
    let result = |success, output: &'static [u8]| ProgramCallResult {
        success,
        output: Bytes::from_static(output),
        gas_cost: 0,
    };
    let mut chain = TestChain {
        call_results: [result(false, &[]), result(true, &[7, 8])].into(),
        ..traced()
    };
    execute(&module(&imports, data, body), &[], GAS, &mut chain);
    let (address, value) = ("aa".repeat(20), format!("{}05", "00".repeat(31)));
    assert_eq!(
        lines(&chain)[1..4],
        [
            format!("call_contract {address}ffffffffffffffff{value}010203 -> 0000000002"),
            format!("static_call_contract {address}000000000000000501 -> 0000000200"),
            "read_return_data 0000000100000009 -> 08".to_owned(),
        ]
    );
}
