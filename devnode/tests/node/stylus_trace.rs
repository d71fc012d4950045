//! `stylusTracer`: what `cargo stylus trace` reads.

use crate::harness::TestNode;
use alloy::{
    network::TransactionBuilder,
    rpc::types::{TransactionReceipt, TransactionRequest},
    sol,
    sol_types::SolCall,
};
use alloy_primitives::{Address, U256, address};
use serde_json::{Value, json};
use std::process::Command;
use stylus_devnode::vm::encode_program;

const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");

sol! {
    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
}

/// A node with a program that calls every host function, in a transaction that called it: it calls
/// itself back, which does nothing.
async fn every_host_function() -> (TestNode, Address, TransactionReceipt) {
    let node = TestNode::new();
    let wasm = wat::parse_str(include_str!("host_functions.wat")).unwrap();
    let program = node.deploy(&encode_program(&wasm)).await;
    let activation = TransactionRequest::default()
        .with_from(node.address(0))
        .with_to(ARB_WASM)
        .with_input(activateProgramCall { program }.abi_encode())
        .with_value(U256::from(10).pow(U256::from(18)));
    assert!(node.send(activation).await.status());
    let call = TransactionRequest::default()
        .with_from(node.address(0))
        .with_to(program)
        .with_input(program.to_vec());
    let receipt = node.send(call).await;
    assert!(receipt.status());
    (node, program, receipt)
}

#[tokio::test]
async fn every_host_function_is_reported() {
    let (node, program, receipt) = every_host_function().await;
    let config = json!({"tracer": "stylusTracer"});
    let steps = node.result(
        "debug_traceTransaction",
        &json!([receipt.transaction_hash, config]),
    );
    let steps = steps.as_array().unwrap();
    let names: Vec<&str> = steps
        .iter()
        .map(|step| step["name"].as_str().unwrap())
        .collect();
    let expected = [
        "user_entrypoint",
        "read_args",
        "storage_load_bytes32",
        "storage_cache_bytes32",
        "storage_flush_cache",
        "transient_load_bytes32",
        "transient_store_bytes32",
        "call_contract",
        "delegate_call_contract",
        "static_call_contract",
        "call_contract",
        "evm_create1",
        "create1",
        "evm_create2",
        "create2",
        "read_return_data",
        "return_data_size",
        "emit_log",
        "account_balance",
        "account_code",
        "account_code_size",
        "account_codehash",
        "block_basefee",
        "chainid",
        "block_coinbase",
        "block_gas_limit",
        "block_number",
        "block_timestamp",
        "contract_address",
        "evm_gas_left",
        "evm_ink_left",
        "math_div",
        "math_mod",
        "math_pow",
        "math_add_mod",
        "math_mul_mod",
        "msg_reentrant",
        "msg_sender",
        "msg_value",
        "native_keccak256",
        "tx_gas_price",
        "tx_ink_price",
        "tx_origin",
        "pay_for_memory_grow",
        "console_log_text",
        "console_log_text",
        "write_result",
        "exit_early",
    ];
    assert_eq!(names[..expected.len()], expected);
    assert!(
        names[expected.len()..]
            .iter()
            .all(|name| *name == "user_returned")
    );
    for call in &steps[7..11] {
        assert_eq!(call["address"], json!(program));
        assert!(call["steps"].is_array());
    }
    assert_eq!(steps[7]["steps"][1]["name"], "user_returned");
    // Every member the tool asks for, in the form it asks for.
    for step in steps {
        for member in ["args", "outs"] {
            assert!(step[member].as_str().unwrap().starts_with("0x"));
        }
        for member in ["startInk", "endInk"] {
            assert!(step[member].is_u64());
        }
    }
}

/// What the tool prints, which must be JSON.
fn cargo_stylus(command: &str, node: &TestNode, arguments: &[&str]) -> Value {
    let output = Command::new(std::env::var("CARGO_STYLUS").unwrap())
        .args(["stylus", command, "--use-native-tracer", "--endpoint"])
        .arg(node.node.url())
        .args(arguments)
        .output()
        .unwrap();
    let (stdout, stderr) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(output.status.success(), "{stdout}\n{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

/// The tool reads every step before it prints them, and stops at what it does not know.
#[tokio::test]
#[ignore = "needs the `cargo-stylus` binary, its path in CARGO_STYLUS; scripts/interop runs it"]
async fn cargo_stylus_reads_the_trace() {
    let (node, program, receipt) = every_host_function().await;
    let hash = receipt.transaction_hash.to_string();
    let config = json!({"tracer": "stylusTracer"});
    assert_eq!(
        cargo_stylus("trace", &node, &["--tx", &hash]),
        node.result("debug_traceTransaction", &json!([hash, config]))
    );
    let (to, from) = (program.to_string(), node.address(1).to_string());
    let arguments = ["--to", &to, "--data", &to, "--from", &from];
    let request = json!({"to": to, "input": to, "from": from});
    assert_eq!(
        cargo_stylus("simulate", &node, &arguments),
        node.result("debug_traceCall", &json!([request, "latest", config]))
    );
}
