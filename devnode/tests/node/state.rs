//! Accounts, calls, overrides, estimates; now and in the past.

use crate::harness::{CLOCK, ENDLESS, REVERTER, STORE, TestNode};
use alloy::{
    eips::BlockId,
    network::TransactionBuilder,
    providers::Provider,
    rpc::types::TransactionRequest,
    sol_types::{Revert, SolError},
};
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use serde_json::{Value, json};

#[tokio::test]
async fn every_block_keeps_its_state() {
    let node = TestNode::new();
    let store = node.deploy(STORE).await;
    let mut hashes = Vec::new();
    for value in 1..=3 {
        let request = TransactionRequest::default()
            .with_from(node.address(0))
            .with_to(store)
            .with_input(B256::with_last_byte(value).0);
        hashes.push(node.send(request).await.block_hash.unwrap());
    }
    let slot = |block: BlockId| {
        let read = node.provider.get_storage_at(store, U256::ZERO);
        async move { read.block_id(block).await.unwrap() }
    };
    for (index, hash) in (0..).zip(hashes) {
        assert_eq!(
            slot(BlockId::number(index + 2)).await,
            U256::from(index + 1)
        );
        assert_eq!(slot(BlockId::hash(hash)).await, U256::from(index + 1));
    }
    for tag in [
        BlockId::latest(),
        BlockId::pending(),
        BlockId::safe(),
        BlockId::finalized(),
    ] {
        assert_eq!(slot(tag).await, U256::from(3));
    }
    assert_eq!(slot(BlockId::earliest()).await, U256::ZERO);
    let code = |block: &str| node.result("eth_getCode", &json!([store, block]));
    assert_eq!(code("0x0"), json!("0x"));
    assert_eq!(code("0x1"), json!(Bytes::from_static(STORE)));
    let count =
        |block: &str| node.result("eth_getTransactionCount", &json!([node.address(0), block]));
    assert_eq!(
        (count("0x1"), count("latest")),
        (json!("0x1"), json!("0x4"))
    );

    assert_eq!(
        node.error("eth_getBalance", &json!([store, "0x99"])),
        (-32_000, "header not found".to_owned())
    );
}

#[tokio::test]
async fn a_revert_keeps_its_data() {
    let node = TestNode::new();
    let reverter = node.deploy(REVERTER).await;
    let data = |input: &[u8]| {
        let input = Bytes::copy_from_slice(input);
        ["eth_call", "eth_estimateGas"].map(|method| {
            node.rpc(method, &json!([{"to": reverter, "input": input}]))["error"].clone()
        })
    };
    for error in data(&[1, 2, 3]) {
        assert_eq!(
            error,
            json!({"code": 3, "message": "execution reverted", "data": "0x010203"})
        );
    }
    for error in data(&[]) {
        assert_eq!(
            error,
            json!({"code": 3, "message": "execution reverted", "data": "0x"})
        );
    }
    let reason = Revert::from("no way").abi_encode();
    for error in data(&reason) {
        assert_eq!(error["message"], "execution reverted: no way");
    }

    // A transaction that reverts is in the chain all the same.
    let request = TransactionRequest::default()
        .with_from(node.address(0))
        .with_to(reverter)
        .with_gas_limit(100_000);
    let receipt = node.send(request).await;
    assert!(!receipt.status());
    assert_eq!(receipt.gas_used, 21_000 + 2 + 2 + 2 + 3 + 2 + 2);
    assert!(receipt.logs().is_empty());
}

#[tokio::test]
async fn a_halt_is_an_error_without_data() {
    let node = TestNode::new();
    let endless = node.deploy(ENDLESS).await;
    let error = node.rpc("eth_call", &json!([{"to": endless, "gas": "0x186a0"}]))["error"].clone();
    assert_eq!(error, json!({"code": -32_000, "message": "out of gas"}));
    let (code, message) = node.error(
        "eth_estimateGas",
        &json!([{"to": endless, "gas": "0x186a0"}]),
    );
    assert_eq!(
        (code, message.as_str()),
        (-32_000, "gas required exceeds allowance (100000)")
    );
}

#[tokio::test]
async fn an_estimate_is_enough_and_hardly_more() {
    let node = TestNode::new();
    let store = node.deploy(STORE).await;
    let estimate = |request: Value| {
        let gas = node.result("eth_estimateGas", &json!([request]));
        u64::from_str_radix(gas.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
    };
    assert_eq!(
        estimate(json!({"from": node.address(0), "to": node.address(1), "value": "0x1"})),
        21_000
    );
    assert_eq!(estimate(json!({"to": Address::repeat_byte(9)})), 21_000);

    let input = B256::with_last_byte(7);
    let gas = estimate(json!({"from": node.address(0), "to": store, "input": input}));
    let request = TransactionRequest::default()
        .with_from(node.address(0))
        .with_to(store)
        .with_input(input.0)
        .with_gas_limit(gas);
    let receipt = node.send(request).await;
    assert!(receipt.status());
    assert!(
        gas - receipt.gas_used <= gas / 32,
        "{gas} for {}",
        receipt.gas_used
    );

    let (_, message) = node.error(
        "eth_estimateGas",
        &json!([{"from": Address::repeat_byte(9), "to": store, "value": "0x1", "gasPrice": "0x5f5e100"}]),
    );
    assert_eq!(message, "insufficient funds for transfer");
}

#[tokio::test]
async fn overrides_hold_for_one_call() {
    let node = TestNode::new();
    let store = node.deploy(STORE).await;
    // PUSH0 SLOAD, BALANCE of self: returns slot 0 and the balance.
    let reader = Bytes::from_static(&hex!("5f545f52303160205260405ff3"));
    let read =
        |overrides: Value| node.result("eth_call", &json!([{"to": store}, "latest", overrides]));
    let words = |first: u64, second: u64| {
        json!(Bytes::from(
            [
                B256::from(U256::from(first)),
                B256::from(U256::from(second))
            ]
            .concat()
        ))
    };
    let slot = B256::ZERO;
    let five = B256::with_last_byte(5);
    assert_eq!(
        read(json!({(store.to_string()): {"code": reader}})),
        words(0, 0)
    );
    assert_eq!(
        read(
            json!({(store.to_string()): {"code": reader, "balance": "0x9", "stateDiff": {(slot.to_string()): five}}})
        ),
        words(5, 9)
    );
    assert_eq!(
        read(json!({(store.to_string()): {"code": reader, "state": {(slot.to_string()): five}}})),
        words(5, 0)
    );
    assert_eq!(node.provider.get_code_at(store).await.unwrap()[..], *STORE);

    let rich = json!({(Address::repeat_byte(9).to_string()): {"balance": "0x5"}});
    let transfer = json!({"from": Address::repeat_byte(9), "to": node.address(0), "value": "0x5"});
    assert_eq!(
        node.result("eth_call", &json!([transfer, "latest", rich])),
        json!("0x")
    );
    let (code, _) = node.error("eth_call", &json!([transfer, "latest"]));
    assert_eq!(code, -32_000);
}

#[tokio::test]
async fn both_names_of_the_input_are_taken_but_not_two_inputs() {
    let node = TestNode::new();
    let reverter = node.deploy(REVERTER).await;
    for call in [
        json!({"to": reverter, "data": "0x0a"}),
        json!({"to": reverter, "input": "0x0a"}),
        json!({"to": reverter, "input": "0x0a", "data": "0x0a"}),
    ] {
        assert_eq!(
            node.rpc("eth_call", &json!([call]))["error"]["data"],
            "0x0a"
        );
    }
    let two = json!([{"to": reverter, "input": "0x0a", "data": "0x0b"}]);
    assert_eq!(node.error("eth_call", &two).0, -32_602);
    let other_chain = json!([{"to": reverter, "chainId": "0x1"}]);
    assert_eq!(node.error("eth_call", &other_chain).0, -32_602);
}

#[tokio::test]
async fn fee_history_suits_fee_estimators() {
    let node = TestNode::new();
    node.deploy(CLOCK).await;
    let history = node
        .provider
        .get_fee_history(10, "latest".parse().unwrap(), &[20.0])
        .await
        .unwrap();
    assert_eq!(history.oldest_block, 0);
    assert_eq!(history.base_fee_per_gas, [100_000_000; 3]);
    assert_eq!(history.reward, Some(vec![vec![0]; 2]));
    assert_eq!(history.gas_used_ratio.len(), 2);
    let fees = node.provider.estimate_eip1559_fees().await.unwrap();
    assert!(fees.max_fee_per_gas >= 100_000_000);
    assert_eq!(
        node.error("eth_feeHistory", &json!(["0x1", "latest", [50, 20]]))
            .0,
        -32_602
    );
    assert_eq!(
        node.error("eth_feeHistory", &json!(["0x1", "0x50", []])).0,
        -32_602
    );
}
