//! Filters: what is new since a client asked last.

use crate::harness::{LOGGER, TestNode};
use alloy::{network::TransactionBuilder, rpc::types::TransactionRequest};
use alloy_primitives::{Address, B256, Bytes};
use serde_json::{Value, json};

async fn emit(node: &TestNode, contract: Address, words: [u8; 3]) -> Value {
    let input: Bytes = words.map(B256::with_last_byte).concat().into();
    let request = TransactionRequest::default()
        .with_from(node.address(0))
        .with_to(contract)
        .with_input(input);
    let receipt = node.send(request).await;
    json!(receipt)
}

fn changes(node: &TestNode, filter: &Value) -> Value {
    node.result("eth_getFilterChanges", &json!([filter]))
}

#[test]
fn a_block_filter_tells_each_hash_once() {
    let node = TestNode::new();
    node.result("evm_mine", &json!([]));
    let filter = node.result("eth_newBlockFilter", &json!([]));
    assert_eq!(changes(&node, &filter), json!([]));
    node.result("evm_mine", &json!([{"blocks": 2}]));
    let hash =
        |number| node.result("eth_getBlockByNumber", &json!([number, false]))["hash"].clone();
    assert_eq!(changes(&node, &filter), json!([hash("0x2"), hash("0x3")]));
    assert_eq!(changes(&node, &filter), json!([]));
}

#[tokio::test]
async fn a_log_filter_tells_new_logs_and_those_taken_back() {
    let node = TestNode::new();
    let contract = node.deploy(LOGGER).await;
    let early = emit(&node, contract, [1, 7, 0]).await;
    let filter = json!({"address": contract, "fromBlock": "0x0", "topics": [null, [B256::with_last_byte(7)]]});
    let filter = node.result("eth_newFilter", &json!([filter]));
    let mark = node.result("evm_snapshot", &json!([]));
    let mut told = Vec::new();
    for words in [[1, 7, 0], [1, 8, 0], [2, 7, 0]] {
        told.push(emit(&node, contract, words).await["logs"][0].clone());
    }
    assert_eq!(changes(&node, &filter), json!([told[0], told[2]]));
    assert_eq!(
        node.result("eth_getFilterLogs", &json!([filter])),
        json!([early["logs"][0], told[0], told[2]])
    );

    // This one is never told of: it is taken back before anybody asks.
    emit(&node, contract, [3, 7, 0]).await;
    node.result("evm_revert", &json!([mark]));
    let new = emit(&node, contract, [4, 7, 0]).await["logs"][0].clone();
    let removed = |log: &Value| {
        let mut log = log.clone();
        log["removed"] = json!(true);
        log
    };
    assert_eq!(
        changes(&node, &filter),
        json!([removed(&told[2]), removed(&told[0]), new])
    );
    assert_eq!(changes(&node, &filter), json!([]));
}

#[tokio::test]
async fn a_transaction_filter_tells_hashes_or_whole_transactions() {
    let node = TestNode::new();
    let contract = node.deploy(LOGGER).await;
    let hashes = node.result("eth_newPendingTransactionFilter", &json!([]));
    let whole = node.result("eth_newPendingTransactionFilter", &json!([true]));
    let receipt = emit(&node, contract, [1, 2, 3]).await;
    assert_eq!(changes(&node, &hashes), json!([receipt["transactionHash"]]));
    let transaction = node.result(
        "eth_getTransactionByHash",
        &json!([receipt["transactionHash"]]),
    );
    assert_eq!(changes(&node, &whole), json!([transaction]));
    assert_eq!(changes(&node, &hashes), json!([]));
}

#[test]
fn what_is_no_filter_is_not_found() {
    let node = TestNode::new();
    let not_found = (-32_000, "filter not found".to_owned());
    let filter = node.result("eth_newBlockFilter", &json!([]));
    assert_eq!(node.error("eth_getFilterLogs", &json!([filter])), not_found);
    assert_eq!(
        node.result("eth_uninstallFilter", &json!([filter])),
        json!(true)
    );
    assert_eq!(
        node.result("eth_uninstallFilter", &json!([filter])),
        json!(false)
    );
    for id in [
        filter,
        json!("0x0"),
        json!("0xffffffffffffffffffffffff"),
        json!("x"),
    ] {
        assert_eq!(node.error("eth_getFilterChanges", &json!([id])), not_found);
        assert_eq!(node.error("eth_getFilterLogs", &json!([id])), not_found);
    }
    for filter in [
        json!({"fromBlock": "0x5", "toBlock": "0x4"}),
        json!({"toBlock": "earliest"}),
        json!({"blockHash": B256::ZERO}),
    ] {
        assert_eq!(
            node.error("eth_newFilter", &json!([filter])),
            (
                -32_602,
                "invalid argument: invalid block range params".to_owned()
            )
        );
    }
}
