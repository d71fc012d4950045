//! Tests of the VM as a whole, on a small chain in memory.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod chain;
mod depth;
mod goldens;
mod host_calls;
mod host_rules;
mod host_table;
mod memory;
mod opcodes;
mod outcomes;
mod random_modules;
mod same_behaviour;
mod trace;

use super::{Activation, ActivationError, FrameGas, Outcome, Program, ProgramEnv, activate, run};
use alloy_primitives::{Address, U256};
use chain::TestChain;

/// `ArbOS` version the tests run under unless they say otherwise.
const ARBOS: u64 = 51;
/// Gas that suffices for everything.
const GAS: u64 = 100_000_000;
/// The acting contract.
const CONTRACT: Address = Address::repeat_byte(0xc0);

fn env() -> ProgramEnv {
    ProgramEnv {
        block_number: 7,
        block_timestamp: 1_700_000_000,
        block_basefee: U256::from(100_000_000),
        block_coinbase: Address::repeat_byte(0xcb),
        block_gas_limit: 1 << 50,
        chain_id: 412_346,
        contract_address: CONTRACT,
        msg_sender: Address::repeat_byte(0x5e),
        msg_value: U256::from(77),
        tx_origin: Address::repeat_byte(0x0a),
        tx_gas_price: U256::from(123),
        ink_price: 10_000,
        reentrant: false,
        is_static: false,
        max_stack_depth: 22_000,
        arbos_version: ARBOS,
        debug: true,
    }
}

fn try_activate(wat: &str) -> Result<Activation, ActivationError> {
    activate(&wat::parse_str(wat).unwrap(), 128, false, ARBOS)
}

fn program(wat: &str) -> Program {
    let wasm = wat::parse_str(wat).unwrap();
    let activation = activate(&wasm, 128, true, ARBOS).unwrap();
    Program::compile(&activation.module).unwrap()
}

/// A module with one page of memory that cannot grow, these imports and items, and this body of the
/// entry point (its argument is `$args_len`).
fn module(imports: &[&str], items: &str, body: &str) -> String {
    let imports: String = imports.iter().map(|name| import(name)).collect();
    format!(
        r#"(module {imports} (memory (export "memory") 1 1) {items}
            (func (export "user_entrypoint") (param $args_len i32) (result i32) {body}))"#
    )
}

/// The import of a host function, as `$name`.
fn import(name: &str) -> String {
    let signature = super::host::signature("vm_hooks", name, false).unwrap();
    format!(
        r#"(import "vm_hooks" "{name}" (func ${name} {}))"#,
        text_of(signature)
    )
}

/// A function type in the text format.
fn text_of((params, results): super::host::Signature) -> String {
    let list = |kinds: &[wasmparser::ValType]| {
        let kinds: Vec<_> = kinds.iter().map(ToString::to_string).collect();
        kinds.join(" ")
    };
    format!("(param {}) (result {})", list(params), list(results))
}

fn execute(wat: &str, calldata: &[u8], gas: u64, chain: &mut TestChain) -> Outcome {
    execute_in(&env(), wat, calldata, gas, chain)
}

fn execute_in(
    env: &ProgramEnv,
    wat: &str,
    calldata: &[u8],
    gas: u64,
    chain: &mut TestChain,
) -> Outcome {
    let gas = FrameGas {
        given: gas,
        left: gas,
    };
    run(&program(wat), calldata, gas, env, chain).unwrap()
}
