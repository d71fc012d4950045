//! Time, empty blocks and snapshots.

use crate::harness::{CLOCK, STORE, TestNode};
use alloy::{network::TransactionBuilder, providers::Provider, rpc::types::TransactionRequest};
use alloy_primitives::{B256, U256};
use serde_json::{Value, json};
use stylus_devnode::{Clock, Config, TEST_GENESIS_TIME};

fn timestamp(node: &TestNode, block: &str) -> u64 {
    let block = node.result("eth_getBlockByNumber", &json!([block, false]));
    u64::from_str_radix(
        block["timestamp"]
            .as_str()
            .unwrap()
            .trim_start_matches("0x"),
        16,
    )
    .unwrap()
}

#[test]
fn a_fixed_clock_moves_only_by_hand() {
    let node = TestNode::new();
    node.result("evm_mine", &json!([]));
    assert_eq!(timestamp(&node, "latest"), TEST_GENESIS_TIME);
    assert_eq!(node.result("evm_increaseTime", &json!([60])), json!(60));
    assert_eq!(
        node.result("evm_increaseTime", &json!(["0x3c"])),
        json!(120)
    );
    node.result("evm_mine", &json!([]));
    assert_eq!(timestamp(&node, "latest"), TEST_GENESIS_TIME + 120);

    let later = TEST_GENESIS_TIME + 1_000;
    assert_eq!(
        node.result("evm_setNextBlockTimestamp", &json!([later])),
        Value::Null
    );
    node.result("evm_mine", &json!([]));
    assert_eq!(timestamp(&node, "latest"), later);
    node.result("evm_increaseTime", &json!([5]));
    node.result("evm_mine", &json!([{"blocks": 3}]));
    assert_eq!(timestamp(&node, "latest"), later + 5);
    assert_eq!(node.result("eth_blockNumber", &json!([])), json!("0x6"));

    let (code, message) = node.error("evm_setNextBlockTimestamp", &json!([later]));
    assert_eq!(code, -32_000);
    assert_eq!(
        message,
        format!(
            "timestamp `{later}` is before the newest block's `{}`",
            later + 5
        )
    );
    assert_eq!(node.result("evm_mine", &json!([later + 9])), json!("0x0"));
    assert_eq!(timestamp(&node, "latest"), later + 9);
}

#[test]
fn the_system_clock_is_the_default() {
    let node = TestNode::with_config(Config::test().with_clock(Clock::System));
    let now = Clock::System.now();
    let genesis = timestamp(&node, "0x0");
    assert!((now - 10..=now).contains(&genesis), "{genesis} at {now}");
}

#[tokio::test]
async fn pending_sees_the_time_of_the_next_block() {
    let node = TestNode::new();
    let clock = node.deploy(CLOCK).await;
    node.result("evm_increaseTime", &json!([500]));
    let read = |block: Value| {
        let answer = node.result("eth_call", &json!([{"to": clock}, block]));
        answer
            .as_str()
            .unwrap()
            .parse::<U256>()
            .unwrap()
            .to::<u64>()
    };
    assert_eq!(read(json!("latest")), TEST_GENESIS_TIME);
    assert_eq!(read(json!("pending")), TEST_GENESIS_TIME + 500);
    let overridden = node.result(
        "eth_call",
        &json!([{"to": clock}, "latest", {}, {"time": "0x7b"}]),
    );
    assert_eq!(
        overridden.as_str().unwrap().parse::<U256>().unwrap(),
        U256::from(123)
    );
    // A call makes no block and uses nothing up.
    assert_eq!(node.result("eth_blockNumber", &json!([])), json!("0x1"));
}

#[tokio::test]
async fn a_snapshot_brings_back_state_blocks_logs_and_clock() {
    let node = TestNode::new();
    let store = node.deploy(STORE).await;
    let set = |value: u8| {
        TransactionRequest::default()
            .with_from(node.address(0))
            .with_to(store)
            .with_input(B256::with_last_byte(value).0)
    };
    let slot = || async {
        node.provider
            .get_storage_at(store, U256::ZERO)
            .await
            .unwrap()
    };
    node.send(set(1)).await;
    let before = node.result("eth_getBlockByNumber", &json!(["latest", true]));

    let mark = node.result("evm_snapshot", &json!([]));
    let undone = node.send(set(2)).await;
    let inner = node.result("evm_snapshot", &json!([]));
    node.result("evm_increaseTime", &json!([1_000]));
    node.result("anvil_setBalance", &json!([node.address(1), "0x5"]));
    node.send(set(3)).await;
    assert_eq!(slot().await, U256::from(3));
    assert_eq!(
        node.provider.get_balance(node.address(1)).await.unwrap(),
        U256::from(5)
    );

    assert_eq!(node.result("evm_revert", &json!([mark])), json!(true));
    assert_eq!(slot().await, U256::from(1));
    assert_eq!(
        node.result("eth_getBlockByNumber", &json!(["latest", true])),
        before
    );
    assert_eq!(
        node.result(
            "eth_getTransactionReceipt",
            &json!([undone.transaction_hash])
        ),
        Value::Null
    );
    assert_eq!(
        node.result("eth_getBlockByHash", &json!([undone.block_hash, false])),
        Value::Null
    );
    assert!(node.provider.get_balance(node.address(1)).await.unwrap() > U256::from(5));
    assert_eq!(
        node.result("evm_revert", &json!([mark])),
        json!(false),
        "a mark works once"
    );
    assert_eq!(
        node.result("evm_revert", &json!([inner])),
        json!(false),
        "later marks are gone"
    );

    node.send(set(4)).await;
    assert_eq!(slot().await, U256::from(4));
    assert_eq!(timestamp(&node, "latest"), TEST_GENESIS_TIME);
}
