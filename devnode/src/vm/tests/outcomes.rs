//! How programs end.

use super::{ARBOS, GAS, chain::TestChain, env, execute, execute_in, module, program};
use crate::vm::{FrameGas, ProgramEnv, Status, VmError, run};
use alloy_primitives::Bytes;

const WRITE: &str =
    "i32.const 0 i32.const 0xbeef i32.store i32.const 0 i32.const 2 call $write_result";

#[test]
fn zero_is_success_and_anything_else_a_revert() {
    for (status, expected) in [
        (0, Status::Success),
        (1, Status::Revert),
        (-7, Status::Revert),
    ] {
        let wat = module(
            &["write_result"],
            "",
            &format!("{WRITE} i32.const {status}"),
        );
        let outcome = execute(&wat, &[], GAS, &mut TestChain::default());
        assert_eq!(outcome.status, expected);
        assert_eq!(outcome.output, Bytes::from_static(&[0xef, 0xbe]));
        assert_eq!(outcome.gas_left, outcome.ink_left / 10_000);
        assert_eq!(outcome.trap, None);
    }
}

/// The engine once dropped the comparison and looked at whatever it had computed before.
#[test]
fn a_selection_by_a_comparison_with_zero_looks_at_its_operand() {
    let body = "(i32.store (i32.const 0) (i32.and (local.get $args_len) (i32.const 0xfff0)))
        (i32.store (i32.const 4) (select (i32.load (i32.const 0)) (i32.const 136)
            (i32.eqz (local.get $args_len))))
        (call $write_result (i32.const 4) (i32.const 4)) i32.const 0";
    let wat = module(&["write_result"], "", body);
    for (calldata, expected) in [(&[][..], [0; 4]), (&[1], [136, 0, 0, 0])] {
        let outcome = execute(&wat, calldata, GAS, &mut TestChain::default());
        assert_eq!(outcome.output[..], expected);
    }
}

#[test]
fn a_program_that_writes_nothing_returns_nothing() {
    let outcome = execute(
        &module(&[], "", "i32.const 0"),
        &[1, 2],
        GAS,
        &mut TestChain::default(),
    );
    assert_eq!(
        (outcome.status, outcome.output),
        (Status::Success, Bytes::new())
    );
}

#[test]
fn the_last_result_counts() {
    let body = format!("{WRITE} i32.const 1 i32.const 1 call $write_result i32.const 0");
    let outcome = execute(
        &module(&["write_result"], "", &body),
        &[],
        GAS,
        &mut TestChain::default(),
    );
    assert_eq!(outcome.output, Bytes::from_static(&[0xbe]));
}

#[test]
fn early_exit_stops_with_its_status_and_the_result() {
    for (status, expected) in [(0, Status::Success), (3, Status::Revert)] {
        let body = format!("{WRITE} i32.const {status} call $exit_early unreachable");
        let wat = module(&["write_result", "exit_early"], "", &body);
        let outcome = execute(&wat, &[], GAS, &mut TestChain::default());
        assert_eq!((outcome.status, outcome.output.len()), (expected, 2));
    }
}

#[test]
fn traps_revert_without_data_and_keep_the_gas() {
    let items = "(table 2 funcref) (elem (i32.const 0) $f) (func $f) (type $t (func (param i64)))";
    for body in [
        "unreachable",
        "i32.const 65536 i32.load drop i32.const 0",
        "i32.const 1 i32.const 0 i32.div_u",
        "i32.const 0x80000000 i32.const -1 i32.div_s",
        "i64.const 0 i32.const 0 call_indirect (type $t) i32.const 0",
        "i64.const 0 i32.const 1 call_indirect (type $t) i32.const 0",
        "i64.const 0 i32.const 9 call_indirect (type $t) i32.const 0",
        "i32.const 65535 i32.const 2 call $write_result i32.const 0",
        "i32.const -1 i32.const 100 call $write_result i32.const 0",
        "i32.const 0 i32.const 0 i32.const 65537 memory.fill i32.const 0",
    ] {
        let wat = module(&["write_result"], items, &format!("{WRITE} {body}"));
        let outcome = execute(&wat, &[], GAS, &mut TestChain::default());
        assert_eq!(
            (outcome.status, &outcome.output),
            (Status::Revert, &Bytes::new()),
            "{body}"
        );
        assert!(outcome.gas_left > GAS * 9 / 10, "{body}");
        assert!(outcome.trap.is_some(), "{body}");
    }
}

#[test]
fn an_endless_loop_runs_out_of_gas() {
    let body = format!("{WRITE} loop br 0 end unreachable");
    let wat = module(&["write_result"], "", &body);
    let outcome = execute(&wat, &[], 100_000, &mut TestChain::default());
    assert_eq!((outcome.status, outcome.gas_left), (Status::OutOfGas, 0));
    assert_eq!(outcome.output, Bytes::new());
}

#[test]
fn a_host_function_that_cannot_be_paid_is_out_of_gas() {
    // 2452 for the block, 121800 for the hash: 12 gas do not suffice, 13 do.
    let body = "i32.const 0 i32.const 0 i32.const 0 call $native_keccak256 i32.const 0";
    let wat = module(&["native_keccak256"], "", body);
    assert_eq!(
        execute(&wat, &[], 12, &mut TestChain::default()).status,
        Status::OutOfGas
    );
    assert_eq!(
        execute(&wat, &[], 14, &mut TestChain::default()).status,
        Status::Success
    );
}

#[test]
fn bulk_memory_that_cannot_be_paid_is_out_of_gas_though_out_of_bounds() {
    let body = "i32.const 0 i32.const 0 i32.const -1 memory.fill i32.const 0";
    let outcome = execute(
        &module(&[], "", body),
        &[],
        1_000_000,
        &mut TestChain::default(),
    );
    assert_eq!(outcome.status, Status::OutOfGas);
}

#[test]
fn filling_with_more_than_a_byte_traps_before_stylus_3() {
    let body = "i32.const 8 i32.const 0x1ff i32.const 1 memory.fill
                i32.const 8 i32.const 1 call $write_result i32.const 0";
    let wat = module(&["write_result"], "", body);
    let outcome = execute(&wat, &[], GAS, &mut TestChain::default());
    assert_eq!(outcome.status, Status::Revert);
    let wasm = wat::parse_str(&wat).unwrap();
    let activation = crate::vm::activate(&wasm, 128, true, 59).unwrap();
    let program = crate::vm::Program::compile(&activation.module).unwrap();
    let gas = FrameGas {
        given: GAS,
        left: GAS,
    };
    let env = ProgramEnv {
        arbos_version: 59,
        ..env()
    };
    let outcome = run(&program, &[], gas, &env, &mut TestChain::default()).unwrap();
    assert_eq!(
        (outcome.status, &outcome.output[..]),
        (Status::Success, &[0xff][..])
    );
}

#[test]
fn filling_with_a_byte_works_and_costs_as_ever() {
    assert_eq!(ARBOS, 51);
    let body = "i32.const 8 i32.const 255 i32.const 3 memory.fill
                i32.const 7 i32.const 5 call $write_result i32.const 0";
    let outcome = execute(
        &module(&["write_result"], "", body),
        &[],
        GAS,
        &mut TestChain::default(),
    );
    assert_eq!(outcome.output[..], [0, 255, 255, 255, 0]);
}

#[test]
fn returned_data_costs_at_least_what_the_evm_takes_for_its_memory() {
    // 60000 bytes: 1875 words cost 5625 + 6866 gas in the EVM, and here 2 × 330.0 gas of reading.
    let body = "i32.const 0 i32.const 60000 call $write_result i32.const 0";
    let wat = module(&["write_result"], "", body);
    let outcome = execute(&wat, &[], 100_000, &mut TestChain::default());
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(outcome.gas_left, 100_000 - 12_491);
    let outcome = execute(&wat, &[], 12_490, &mut TestChain::default());
    assert_eq!((outcome.status, outcome.gas_left), (Status::OutOfGas, 0));
    // Measured against what the frame was given, not against what was left to run with.
    let gas = FrameGas {
        given: 100_000,
        left: 9_000,
    };
    let outcome = run(&program(&wat), &[], gas, &env(), &mut TestChain::default()).unwrap();
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(outcome.gas_left, outcome.ink_left / 10_000);
}

#[test]
fn a_broken_chain_is_an_error_and_no_outcome() {
    let body = "i32.const 0 i32.const 32 call $storage_load_bytes32 i32.const 0";
    let wat = module(&["storage_load_bytes32"], "", body);
    let mut chain = TestChain {
        broken: true,
        ..TestChain::default()
    };
    let gas = FrameGas {
        given: GAS,
        left: GAS,
    };
    let error = run(&program(&wat), &[], gas, &env(), &mut chain).unwrap_err();
    assert!(matches!(error, VmError::Chain(source) if source.to_string() == "the disk is gone"));
}

#[test]
fn every_run_is_a_fresh_instance() {
    let wat = module(
        &["write_result"],
        "(global $g (mut i32) (i32.const 5))",
        "i32.const 0 global.get $g i32.store8
         i32.const 1 i32.const 0 i32.load8_u i32.store8
         global.get $g i32.const 1 i32.add global.set $g
         i32.const 0 i32.const 4 call $write_result i32.const 0",
    );
    let program = program(&wat);
    let gas = FrameGas {
        given: GAS,
        left: GAS,
    };
    let run = || run(&program, &[], gas, &env(), &mut TestChain::default()).unwrap();
    assert_eq!(run(), run());
    assert_eq!(run().output[..], [5, 5, 0, 0]);
}

#[test]
fn a_start_function_is_dropped_in_debug_mode() {
    let wat = module(
        &["write_result"],
        "(func $s unreachable) (start $s)",
        "i32.const 0",
    );
    let outcome = execute_in(&env(), &wat, &[], GAS, &mut TestChain::default());
    assert_eq!(outcome.status, Status::Success);
}

/// Runs `body` until the chain says for the third time whether it may go on.
fn run_out_of_time(imports: &[&str], body: &str) -> VmError {
    let mut chain = TestChain {
        pulses: Some(2),
        ..TestChain::default()
    };
    let gas = FrameGas {
        given: GAS,
        left: GAS,
    };
    let program = program(&module(imports, "", body));
    run(&program, &[], gas, &env(), &mut chain).unwrap_err()
}

#[test]
fn a_loop_without_host_functions_can_be_stopped() {
    let error = run_out_of_time(&[], "(loop $again (br $again)) i32.const 0");
    assert!(matches!(error, VmError::Chain(_)), "{error:?}");
}

#[test]
fn a_loop_over_host_functions_can_be_stopped() {
    let body = "(drop (call $chainid)) (drop (call $chainid)) (drop (call $chainid)) i32.const 0";
    let error = run_out_of_time(&["chainid"], body);
    assert!(matches!(error, VmError::Chain(_)), "{error:?}");
}
