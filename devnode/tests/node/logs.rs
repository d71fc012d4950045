//! Logs by filter.

use crate::harness::{LOGGER, TestNode};
use alloy::{
    network::TransactionBuilder,
    providers::Provider,
    rpc::types::{Filter, TransactionRequest},
};
use alloy_primitives::{Address, B256, Bytes};
use serde_json::json;

async fn emit(node: &TestNode, contract: Address, words: [u8; 3]) {
    let input: Bytes = words.map(B256::with_last_byte).concat().into();
    let request = TransactionRequest::default()
        .with_from(node.address(0))
        .with_to(contract)
        .with_input(input);
    assert!(node.send(request).await.status());
}

#[tokio::test]
async fn logs_are_found_by_emitter_topics_and_range() {
    let node = TestNode::new();
    let first = node.deploy(LOGGER).await; // block 1
    let second = node.deploy(LOGGER).await; // block 2
    for (contract, words) in [
        (first, [1, 10, 100]),  // block 3
        (second, [1, 11, 101]), // block 4
        (first, [2, 10, 102]),  // block 5
        (first, [1, 12, 103]),  // block 6
    ] {
        emit(&node, contract, words).await;
    }
    let topic = B256::with_last_byte;
    let base = || Filter::new().from_block(0);
    for (filter, blocks) in [
        (base(), vec![3, 4, 5, 6]),
        (base().address(first), vec![3, 5, 6]),
        (base().address(vec![first, second]), vec![3, 4, 5, 6]),
        (base().address(node.address(1)), vec![]),
        (base().event_signature(topic(1)), vec![3, 4, 6]),
        (
            base()
                .event_signature(vec![topic(1), topic(2)])
                .topic1(topic(10)),
            vec![3, 5],
        ),
        (base().topic1(vec![topic(11), topic(12)]), vec![4, 6]),
        (base().topic2(topic(1)), vec![]),
        (
            base()
                .address(first)
                .event_signature(topic(1))
                .from_block(4),
            vec![6],
        ),
        (base().to_block(4), vec![3, 4]),
        (Filter::new(), vec![6]),
        (base().from_block(6).to_block(1_000), vec![6]),
    ] {
        let found = node.provider.get_logs(&filter).await.unwrap();
        let numbers: Vec<_> = found.iter().map(|log| log.block_number.unwrap()).collect();
        assert_eq!(numbers, blocks, "{filter:?}");
    }

    let log = &node
        .provider
        .get_logs(&base().from_block(4).to_block(4))
        .await
        .unwrap()[0];
    let block = node
        .provider
        .get_block_by_number(4.into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(log.address(), second);
    assert_eq!(log.topics(), [topic(1), topic(11)]);
    assert_eq!(log.data().data[..], topic(101)[..]);
    assert_eq!(log.block_hash, Some(block.header.hash));
    assert_eq!(log.block_timestamp, Some(block.header.timestamp));
    assert_eq!(log.transaction_hash, block.transactions.hashes().next());
    assert_eq!(
        (log.transaction_index, log.log_index, log.removed),
        (Some(0), Some(0), false)
    );

    let by_hash = Filter::new().at_block_hash(block.header.hash);
    assert_eq!(
        node.provider.get_logs(&by_hash).await.unwrap(),
        std::slice::from_ref(log)
    );

    let receipt = node
        .provider
        .get_transaction_receipt(log.transaction_hash.unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(receipt.logs(), std::slice::from_ref(log));
    assert_eq!(block.header.logs_bloom, *receipt.inner.logs_bloom());
}

#[test]
fn a_range_that_runs_backwards_and_an_unknown_block_are_refused() {
    let node = TestNode::new();
    node.result("evm_mine", &json!([]));
    let (code, message) = node.error(
        "eth_getLogs",
        &json!([{"fromBlock": "0x1", "toBlock": "0x0"}]),
    );
    assert_eq!(
        (code, message.as_str()),
        (
            -32_602,
            "invalid argument: invalid block range: from `1` to `0`"
        )
    );
    for beyond in [
        json!([{"fromBlock": "0x2"}]),
        json!([{"fromBlock": "0x2", "toBlock": "latest"}]),
        json!([{"fromBlock": "0x2", "toBlock": "0x9"}]),
    ] {
        assert_eq!(node.result("eth_getLogs", &beyond), json!([]));
    }
    let hash = B256::repeat_byte(7);
    let (code, message) = node.error("eth_getLogs", &json!([{"blockHash": hash}]));
    assert_eq!(
        (code, message),
        (-32_000, format!("unknown block `{hash}`"))
    );
}

/// Emits as many empty logs as the first word of calldata says.
const MANY_LOGS: &[u8] = &[
    0x5f, 0x35, 0x5b, 0x5f, 0x5f, 0xa0, 0x60, 0x01, 0x90, 0x03, 0x80, 0x60, 0x02, 0x57, 0x00,
];

#[tokio::test]
async fn an_answer_holds_ten_thousand_logs_at_most() {
    let node = TestNode::new();
    let contract = node.deploy(MANY_LOGS).await;
    for (logs, block) in [(10_000_u16, "0x2"), (1, "0x3")] {
        let mut word = [0; 32];
        word[30..].copy_from_slice(&logs.to_be_bytes());
        let request = TransactionRequest::default()
            .with_from(node.address(0))
            .with_to(contract)
            .with_input(word)
            .with_gas_limit(10_000_000);
        let receipt = node.send(request).await;
        assert_eq!(receipt.logs().len(), usize::from(logs), "block {block}");
    }
    let filter = |to: &str| json!([{"fromBlock": "0x0", "toBlock": to}]);
    let all = node.result("eth_getLogs", &filter("0x2"));
    assert_eq!(all.as_array().unwrap().len(), 10_000);
    assert_eq!(
        node.error("eth_getLogs", &filter("0x3")),
        (
            -32_005,
            "query returned more than 10000 results, narrow its block range".to_owned()
        )
    );
}
