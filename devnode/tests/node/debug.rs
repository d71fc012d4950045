//! The `debug` namespace through RPC.

use crate::harness::{CLOCK, ENDLESS, REVERTER, STORE, TestNode};
use alloy::{
    network::TransactionBuilder,
    rpc::types::{TransactionReceipt, TransactionRequest},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use serde_json::{Value, json};

fn call(node: &TestNode, to: Address, input: &[u8]) -> TransactionRequest {
    TransactionRequest::default()
        .with_from(node.address(0))
        .with_to(to)
        .with_gas_limit(200_000)
        .with_input(input.to_vec())
}

fn trace(node: &TestNode, receipt: &TransactionReceipt, config: &Value) -> Value {
    node.result(
        "debug_traceTransaction",
        &json!([receipt.transaction_hash, config]),
    )
}

#[tokio::test]
async fn a_transaction_is_traced_as_it_was_although_the_chain_went_on() {
    let node = TestNode::new();
    let store = node.deploy(STORE).await;
    let first = node.send(call(&node, store, &[1; 32])).await;
    let second = node.send(call(&node, store, &[2; 32])).await;
    node.send(call(&node, store, &[0; 32])).await;

    let shown = trace(&node, &second, &json!({"tracer": "callTracer"}));
    assert_eq!(
        shown,
        json!({
            "from": node.address(0), "to": store, "type": "CALL", "value": "0x0",
            "gas": "0x30d40", "gasUsed": format!("{:#x}", second.gas_used),
            "input": Bytes::from([2; 32]),
        })
    );
    let before = trace(&node, &second, &json!({"tracer": "prestateTracer"}));
    let slot = B256::ZERO.to_string();
    let contract = store.to_string().to_lowercase();
    assert_eq!(
        before[&contract]["storage"][&slot],
        json!(B256::repeat_byte(1))
    );
    let diff = json!({"tracer": "prestateTracer", "tracerConfig": {"diffMode": true}});
    let diff = trace(&node, &first, &diff);
    assert_eq!(
        diff["post"][&contract],
        json!({"storage": {slot: B256::repeat_byte(1)}})
    );
    let steps = trace(&node, &first, &json!({"disableStack": true}));
    let operations: Vec<&str> = steps["structLogs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["op"].as_str().unwrap())
        .collect();
    assert_eq!(
        operations,
        ["PUSH0", "CALLDATALOAD", "PUSH0", "SSTORE", "STOP"]
    );
    assert_eq!(steps["gas"], first.gas_used);
}

#[tokio::test]
async fn a_failed_transaction_is_traced_with_its_error() {
    let node = TestNode::new();
    let reverter = node.deploy(REVERTER).await;
    let receipt = node.send(call(&node, reverter, b"why")).await;
    let shown = trace(&node, &receipt, &json!({"tracer": "callTracer"}));
    assert_eq!(shown["error"], "execution reverted");
    assert_eq!(shown["output"], json!(Bytes::from_static(b"why")));
    let endless = node.deploy(ENDLESS).await;
    let receipt = node.send(call(&node, endless, &[])).await;
    let shown = trace(&node, &receipt, &json!({"tracer": "callTracer"}));
    assert_eq!(
        (&shown["error"], &shown["gasUsed"]),
        (&json!("out of gas"), &json!("0x30d40"))
    );
    let limited = trace(&node, &receipt, &json!({"limit": 2}));
    assert_eq!(limited["structLogs"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&limited["failed"], &limited["gas"]),
        (&json!(true), &json!(200_000))
    );
}

#[tokio::test]
async fn blocks_are_traced_transaction_by_transaction() {
    let node = TestNode::new();
    let store = node.deploy(STORE).await;
    let receipt = node.send(call(&node, store, &[1; 32])).await;
    let config = json!({"tracer": "callTracer", "tracerConfig": {"onlyTopCall": true}});
    let number = format!("{:#x}", receipt.block_number.unwrap());
    let by_number = node.result("debug_traceBlockByNumber", &json!([number, config]));
    let by_hash = node.result(
        "debug_traceBlockByHash",
        &json!([receipt.block_hash, config]),
    );
    assert_eq!(by_number, by_hash);
    assert_eq!(
        by_number,
        json!([{
            "txHash": receipt.transaction_hash,
            "result": trace(&node, &receipt, &config),
        }])
    );
    let empty = node.result("evm_mine", &json!([]));
    assert_eq!(empty, json!("0x0"));
    let latest = node.result("debug_traceBlockByNumber", &json!(["latest"]));
    assert_eq!(latest, json!([]));
    assert_eq!(
        node.error("debug_traceBlockByNumber", &json!(["0x0"])),
        (-32_000, "genesis is not traceable".to_owned())
    );
    assert_eq!(
        node.error("debug_traceBlockByNumber", &json!(["0x99"])),
        (-32_000, "header not found".to_owned())
    );
    let nowhere = B256::repeat_byte(9);
    assert_eq!(
        node.error("debug_traceBlockByHash", &json!([nowhere])).0,
        -32_000
    );
    assert_eq!(
        node.error("debug_traceTransaction", &json!([nowhere])),
        (-32_000, format!("transaction `{nowhere}` not found"))
    );
}

#[tokio::test]
async fn a_call_is_traced_with_overrides_of_state_and_block() {
    let node = TestNode::new();
    let nobody = Address::repeat_byte(0x12);
    let contract = Address::repeat_byte(0x34);
    let request = json!({"from": nobody, "to": contract, "value": "0x5"});
    let config = json!({
        "tracer": "callTracer",
        "stateOverrides": {
            nobody.to_string(): {"balance": "0x5"},
            contract.to_string(): {"code": Bytes::from_static(CLOCK)},
        },
        "blockOverrides": {"time": "0x1234"},
    });
    let shown = node.result("debug_traceCall", &json!([request, "latest", config]));
    assert_eq!(shown["output"], json!(B256::from(U256::from(0x1234))));
    assert_eq!(shown["value"], "0x5");
    // A call that cannot be paid for is refused as in `eth_call`.
    let (code, message) = node.error("debug_traceCall", &json!([request, "latest", {}]));
    assert_eq!(code, -32_000);
    assert!(message.contains("insufficient funds"), "{message}");
}

#[tokio::test]
async fn a_trace_ends_with_its_time_and_an_unknown_tracer_is_refused() {
    let node = TestNode::new();
    let endless = node.deploy(ENDLESS).await;
    let request = json!({"to": endless, "gas": "0x1000000"});
    let config = json!({"timeout": "1ns"});
    assert_eq!(
        node.error("debug_traceCall", &json!([request, "latest", config])),
        (-32_000, "execution aborted (timeout = 1ns)".to_owned())
    );
    let config = json!({"tracer": "{ data: [], result: function() { return this.data } }"});
    let (code, message) = node.error("debug_traceCall", &json!([request, "latest", config]));
    assert_eq!(code, -32_602);
    assert!(message.contains("JavaScript") && message.contains("`stylusTracer`"));
}
