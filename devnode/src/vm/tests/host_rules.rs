//! Rules of host functions that are not about their price.

use super::{CONTRACT, GAS, chain::TestChain, env, execute, execute_in, module, program};
use crate::vm::{
    FrameGas, ProgramEnv, Status, activate,
    host::{CONSOLE, DEBUG, HOOKS},
    run,
};
use alloy_primitives::{Address, B256, U256};

const STORAGE: [&str; 4] = [
    "storage_load_bytes32",
    "storage_cache_bytes32",
    "storage_flush_cache",
    "write_result",
];

/// Writes the word at 32 (one) to slot zero.
const ONE: &str = r#"(data (i32.const 63) "\01")"#;
const WRITE: &str = "(call $storage_cache_bytes32 (i32.const 0) (i32.const 32))";

fn flush(clear: u32) -> String {
    format!("(call $storage_flush_cache (i32.const {clear}))")
}

#[test]
fn what_is_not_flushed_is_lost() {
    let mut chain = TestChain::default();
    execute(
        &module(&STORAGE, ONE, &format!("{WRITE} i32.const 0")),
        &[],
        GAS,
        &mut chain,
    );
    assert_eq!(chain.slot(U256::ZERO), U256::ZERO);
    let flushed = format!("{WRITE} {} i32.const 0", flush(0));
    execute(&module(&STORAGE, ONE, &flushed), &[], GAS, &mut chain);
    assert_eq!(chain.slot(U256::ZERO), U256::ONE);
}

#[test]
fn a_load_sees_the_cached_write() {
    let body = format!(
        "{WRITE} (call $storage_load_bytes32 (i32.const 0) (i32.const 64))
         (call $write_result (i32.const 64) (i32.const 32)) i32.const 0"
    );
    let mut chain = TestChain::default();
    let outcome = execute(&module(&STORAGE, ONE, &body), &[], GAS, &mut chain);
    assert_eq!(outcome.output[..], B256::with_last_byte(1)[..]);
}

#[test]
fn a_flush_needs_no_permission_if_nothing_changed() {
    let env = ProgramEnv {
        is_static: true,
        ..env()
    };
    let clean = format!("{} i32.const 0", flush(1));
    let outcome = execute_in(
        &env,
        &module(&STORAGE, ONE, &clean),
        &[],
        GAS,
        &mut TestChain::default(),
    );
    assert_eq!(outcome.status, Status::Success);
    let dirty = format!("{WRITE} {} i32.const 0", flush(0));
    let outcome = execute_in(
        &env,
        &module(&STORAGE, ONE, &dirty),
        &[],
        GAS,
        &mut TestChain::default(),
    );
    assert_eq!(outcome.status, Status::Revert);
    assert!(outcome.gas_left > GAS * 9 / 10);
}

#[test]
fn a_flush_that_cannot_be_paid_is_out_of_gas() {
    let wat = module(&STORAGE, ONE, &format!("{WRITE} {} i32.const 0", flush(0)));
    // 22100 for the slot and about 20 for the rest.
    for (gas, status) in [(20_000, Status::OutOfGas), (23_000, Status::Success)] {
        assert_eq!(
            execute(&wat, &[], gas, &mut TestChain::default()).status,
            status,
            "{gas}"
        );
    }
}

#[test]
fn before_arbos_50_a_flush_that_cannot_be_paid_reverts() {
    let wat = module(&STORAGE, ONE, &format!("{WRITE} {} i32.const 0", flush(0)));
    let env = ProgramEnv {
        arbos_version: 40,
        ..env()
    };
    let outcome = execute_in(&env, &wat, &[], 20_000, &mut TestChain::default());
    assert_eq!((outcome.status, outcome.output.len()), (Status::Revert, 0));
    // What the block, the two host functions and their base prices took is all that is gone.
    assert!(outcome.gas_left > 19_900, "{}", outcome.gas_left);
}

#[test]
fn storage_asks_for_more_gas_than_it_takes() {
    let load = "(call $storage_load_bytes32 (i32.const 0) (i32.const 64)) i32.const 0";
    let load = module(&STORAGE, ONE, load);
    let cache = module(&STORAGE, ONE, &format!("{WRITE} i32.const 0"));
    let clean = module(&STORAGE, ONE, &format!("{} i32.const 0", flush(0)));
    // What is held: 2115, 2310 and 2300, besides blocks and base prices.
    for (wat, gas) in [(&load, 2_115), (&cache, 2_310), (&clean, 2_300)] {
        let short = execute(wat, &[], gas, &mut TestChain::default());
        assert_eq!(short.status, Status::OutOfGas, "{gas}");
        let enough = execute(wat, &[], gas + 10, &mut TestChain::default());
        assert_eq!(enough.status, Status::Success, "{gas}");
    }
}

#[test]
fn transient_storage_is_kept_and_refused_in_a_static_context() {
    let imports = [
        "transient_load_bytes32",
        "transient_store_bytes32",
        "write_result",
    ];
    let store = "(call $transient_store_bytes32 (i32.const 0) (i32.const 32))";
    let load = "(call $transient_load_bytes32 (i32.const 0) (i32.const 64))
                (call $write_result (i32.const 64) (i32.const 32)) i32.const 0";
    let both = module(&imports, ONE, &format!("{store} {load}"));
    let outcome = execute(&both, &[], GAS, &mut TestChain::default());
    assert_eq!(outcome.output[..], B256::with_last_byte(1)[..]);
    let env = ProgramEnv {
        is_static: true,
        ..env()
    };
    let outcome = execute_in(&env, &both, &[], GAS, &mut TestChain::default());
    assert_eq!(outcome.status, Status::Revert);
    let outcome = execute_in(
        &env,
        &module(&imports, ONE, load),
        &[],
        GAS,
        &mut TestChain::default(),
    );
    assert_eq!(outcome.status, Status::Success);
}

fn log(bytes: u32, topics: u32) -> String {
    let body = format!(
        "(call $emit_log (i32.const 32) (i32.const {bytes}) (i32.const {topics})) i32.const 0"
    );
    module(&["emit_log"], ONE, &body)
}

#[test]
fn a_log_splits_topics_from_data() {
    let mut chain = TestChain::default();
    let outcome = execute(&log(67, 2), &[], GAS, &mut chain);
    assert_eq!(outcome.status, Status::Success);
    let (topics, data) = &chain.logs[0];
    assert_eq!(*topics, [B256::with_last_byte(1), B256::ZERO]);
    assert_eq!(data[..], [0, 0, 0]);
}

#[test]
fn bad_logs_revert_and_keep_the_gas() {
    for (bytes, topics) in [(31, 1), (127, 4), (200, 5), (0, u32::MAX)] {
        let mut chain = TestChain::default();
        let outcome = execute(&log(bytes, topics), &[], GAS, &mut chain);
        assert_eq!(
            outcome.status,
            Status::Revert,
            "{bytes} bytes, {topics} topics"
        );
        assert!(outcome.gas_left > GAS * 9 / 10 && chain.logs.is_empty());
    }
    let env = ProgramEnv {
        is_static: true,
        ..env()
    };
    let outcome = execute_in(&env, &log(32, 1), &[], GAS, &mut TestChain::default());
    assert_eq!(outcome.status, Status::Revert);
}

#[test]
fn an_access_of_nothing_at_the_end_of_memory_is_fine_and_beyond_is_not() {
    for (pointer, status) in [(65_536, Status::Success), (65_537, Status::Revert)] {
        let body = format!("(call $write_result (i32.const {pointer}) (i32.const 0)) i32.const 0");
        let outcome = execute(
            &module(&["write_result"], "", &body),
            &[],
            GAS,
            &mut TestChain::default(),
        );
        assert_eq!(outcome.status, status, "{pointer}");
    }
}

#[test]
fn arguments_are_the_calldata() {
    let body = "(call $read_args (i32.const 10))
                (call $write_result (i32.const 10) (local.get $args_len)) i32.const 0";
    let wat = module(&["read_args", "write_result"], "", body);
    for calldata in [&[][..], &[1], &[7; 1_000]] {
        let outcome = execute(&wat, calldata, GAS, &mut TestChain::default());
        assert_eq!(
            (outcome.status, &outcome.output[..]),
            (Status::Success, calldata)
        );
    }
}

#[test]
fn the_environment_is_what_the_chain_says() {
    let imports = [
        "block_basefee",
        "block_coinbase",
        "contract_address",
        "msg_sender",
        "msg_value",
        "tx_origin",
        "tx_gas_price",
        "write_result",
    ];
    let body = "(call $block_basefee (i32.const 0)) (call $block_coinbase (i32.const 32))
                (call $contract_address (i32.const 52)) (call $msg_sender (i32.const 72))
                (call $msg_value (i32.const 92)) (call $tx_origin (i32.const 124))
                (call $tx_gas_price (i32.const 144))
                (call $write_result (i32.const 0) (i32.const 176)) i32.const 0";
    let outcome = execute(
        &module(&imports, "", body),
        &[],
        GAS,
        &mut TestChain::default(),
    );
    let env = env();
    let expected = [
        &env.block_basefee.to_be_bytes::<32>()[..],
        env.block_coinbase.as_slice(),
        CONTRACT.as_slice(),
        env.msg_sender.as_slice(),
        &env.msg_value.to_be_bytes::<32>(),
        env.tx_origin.as_slice(),
        &env.tx_gas_price.to_be_bytes::<32>(),
    ]
    .concat();
    assert_eq!(outcome.output[..], expected);
}

#[test]
fn numbers_of_the_environment_come_back_by_value() {
    let imports = [
        "chainid",
        "block_number",
        "block_timestamp",
        "block_gas_limit",
        "msg_reentrant",
        "tx_ink_price",
        "write_result",
    ];
    let body = "(i64.store (i32.const 0) (call $chainid))
                (i64.store (i32.const 8) (call $block_number))
                (i64.store (i32.const 16) (call $block_timestamp))
                (i64.store (i32.const 24) (call $block_gas_limit))
                (i32.store (i32.const 32) (call $msg_reentrant))
                (i32.store (i32.const 36) (call $tx_ink_price))
                (call $write_result (i32.const 0) (i32.const 40)) i32.const 0";
    let env = ProgramEnv {
        reentrant: true,
        ..env()
    };
    let outcome = execute_in(
        &env,
        &module(&imports, "", body),
        &[],
        GAS,
        &mut TestChain::default(),
    );
    let expected = [
        &412_346_u64.to_le_bytes()[..],
        &7_u64.to_le_bytes(),
        &1_700_000_000_u64.to_le_bytes(),
        &(1_u64 << 50).to_le_bytes(),
        &1_u32.to_le_bytes(),
        &10_000_u32.to_le_bytes(),
    ]
    .concat();
    assert_eq!(outcome.output[..], expected);
}

#[test]
fn ink_left_is_what_is_left_after_paying() {
    let body = "(i64.store (i32.const 0) (call $evm_ink_left))
                (i64.store (i32.const 8) (call $evm_gas_left))
                (call $write_result (i32.const 0) (i32.const 16)) i32.const 0";
    let wat = module(&["evm_ink_left", "evm_gas_left", "write_result"], "", body);
    let outcome = execute(&wat, &[], GAS, &mut TestChain::default());
    let word = |at: usize| u64::from_le_bytes(outcome.output[at..at + 8].try_into().unwrap());
    // The block up to the call: header, constant, call. Then the host function.
    let first = GAS * 10_000 - 2_450 - 1 - 3_800 - 8_400;
    assert_eq!(word(0), first);
    // The block from the store to the next call, rounded down to gas.
    assert_eq!(word(8), (first - 2_450 - 950 - 1 - 3_800 - 8_400) / 10_000);
}

#[test]
fn account_code_is_written_in_part() {
    let mut chain = TestChain::default();
    chain
        .codes
        .insert(Address::ZERO, vec![1, 2, 3, 4, 5].into());
    let body = "(i32.store8 (i32.const 100)
                   (call $account_code (i32.const 0) (i32.const 3) (i32.const 9) (i32.const 101)))
                (call $write_result (i32.const 100) (i32.const 5)) i32.const 0";
    let outcome = execute(
        &module(&["account_code", "write_result"], "", body),
        &[],
        GAS,
        &mut chain,
    );
    assert_eq!(outcome.output[..], [2, 4, 5, 0, 0]);
}

#[test]
fn accounts_answer_balance_and_code_hash() {
    let mut chain = TestChain::default();
    chain.balances.insert(Address::ZERO, U256::from(0x0102));
    let body = "(call $account_balance (i32.const 0) (i32.const 32))
                (call $account_codehash (i32.const 0) (i32.const 64))
                (call $write_result (i32.const 62) (i32.const 4)) i32.const 0";
    let imports = ["account_balance", "account_codehash", "write_result"];
    let outcome = execute(&module(&imports, "", body), &[], GAS, &mut chain);
    assert_eq!(outcome.output[..], [1, 2, 0, 0]);
}

#[test]
fn the_console_prints_in_debug_mode() {
    let wat = r#"(module
        (import "console" "log_txt" (func $log_txt (param i32 i32)))
        (import "console" "tee_i32" (func $tee (param i32) (result i32)))
        (import "console" "log_i64" (func $log_i64 (param i64)))
        (import "debug" "null_host" (func $null))
        (memory (export "memory") 1 1) (data (i32.const 0) "hello")
        (func (export "user_entrypoint") (param i32) (result i32)
            (call $log_txt (i32.const 0) (i32.const 5)) (call $log_i64 (i64.const -3)) (call $null)
            (call $tee (i32.const 0))))"#;
    let mut chain = TestChain::default();
    let outcome = execute(wat, &[], GAS, &mut chain);
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(chain.console, ["hello", "-3", "0"]);
}

#[test]
fn every_host_function_links_with_its_type() {
    let tables: [(&str, &[(&str, crate::vm::host::Signature)]); 3] = [
        ("vm_hooks", &HOOKS),
        ("console", &CONSOLE),
        ("debug", &DEBUG),
    ];
    let imports: Vec<_> = tables
        .iter()
        .flat_map(|(module, functions)| functions.iter().map(move |function| (module, function)))
        .map(|(module, (name, ty))| {
            format!(
                r#"(import "{module}" "{name}" (func {}))"#,
                super::text_of(*ty)
            )
        })
        .collect();
    let imports = imports.concat();
    let wat = format!(
        r#"(module {imports} (memory (export "memory") 1)
            (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#
    );
    assert!(
        activate(&wat::parse_str(&wat).unwrap(), 128, false, 51).is_err(),
        "debug modules"
    );
    let gas = FrameGas {
        given: GAS,
        left: GAS,
    };
    let outcome = run(&program(&wat), &[], gas, &env(), &mut TestChain::default()).unwrap();
    assert_eq!(outcome.status, Status::Success);
}

#[test]
fn account_code_checks_its_pointer_even_if_nothing_is_written() {
    let at = |dest: u32| {
        let body = format!(
            "(drop (call $account_code (i32.const 0) (i32.const 0) (i32.const 0) (i32.const {dest})))
             i32.const 0"
        );
        let wat = module(&["account_code"], "", &body);
        execute(&wat, &[], GAS, &mut TestChain::default()).status
    };
    assert_eq!(at(65_536), Status::Success);
    assert_eq!(at(65_537), Status::Revert);
}

#[test]
fn nothing_is_printed_for_nobody_and_lines_are_cut() {
    let wat = r#"(module
        (import "console" "log_txt" (func $log_txt (param i32 i32)))
        (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32)
            (call $log_txt (i32.const 0) (i32.const 65536)) i32.const 0))"#;
    let mut chain = TestChain::default();
    execute(wat, &[], GAS, &mut chain);
    assert_eq!(chain.console[0].len(), 4_096);
    let mut deaf = TestChain {
        deaf: true,
        ..TestChain::default()
    };
    assert_eq!(execute(wat, &[], GAS, &mut deaf).status, Status::Success);
    assert!(deaf.console.is_empty());
}
