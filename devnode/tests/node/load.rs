//! Many transactions, many clients.

use crate::harness::{STORE, TestNode};
use alloy::{
    network::{NetworkTransactionBuilder, TransactionBuilder},
    providers::{Provider, ProviderBuilder},
    rpc::types::TransactionRequest,
    signers::Signer,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use serde_json::json;

/// Signed transfers of 1 wei from account 1, nonces 0 and up.
async fn transfers(node: &TestNode, count: u64, to: Address) -> Vec<Bytes> {
    let wallet = alloy::network::EthereumWallet::new(
        node.node.accounts()[1]
            .signer()
            .with_chain_id(Some(412_346)),
    );
    let mut signed = Vec::new();
    for nonce in 0..count {
        let request = TransactionRequest::default()
            .with_to(to)
            .with_value(U256::ONE)
            .with_nonce(nonce)
            .with_gas_limit(21_000)
            .with_chain_id(412_346)
            .with_max_fee_per_gas(100_000_000)
            .with_max_priority_fee_per_gas(0);
        let envelope = request.build(&wallet).await.unwrap();
        signed.push(alloy::eips::eip2718::Encodable2718::encoded_2718(&envelope).into());
    }
    signed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_transfers_sent_out_of_order_are_all_mined() {
    const COUNT: u64 = 5_000;
    let node = TestNode::new();
    let to = Address::repeat_byte(7);
    let signed = transfers(&node, COUNT, to).await;
    let mut tasks = Vec::new();
    for lane in 0..16 {
        let provider = node.provider.clone();
        let lane: Vec<_> = signed.iter().skip(lane).step_by(16).cloned().collect();
        tasks.push(tokio::spawn(async move {
            for raw in lane {
                let _ = provider.send_raw_transaction(&raw).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(node.provider.get_block_number().await.unwrap(), COUNT);
    assert_eq!(
        node.provider.get_balance(to).await.unwrap(),
        U256::from(COUNT)
    );
    for nonce in [0, COUNT - 1] {
        let hash = alloy_primitives::keccak256(&signed[usize::try_from(nonce).unwrap()]);
        let receipt = node
            .provider
            .get_transaction_receipt(hash)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(receipt.block_number, Some(nonce + 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_run_beside_transactions() {
    let node = TestNode::new();
    let store = node.deploy(STORE).await;
    let signed = transfers(&node, 200, Address::repeat_byte(7)).await;
    let writer = {
        let provider = node.provider.clone();
        tokio::spawn(async move {
            for raw in signed {
                let _ = provider.send_raw_transaction(&raw).await.unwrap();
            }
        })
    };
    let mut readers = Vec::new();
    for _ in 0..8 {
        let provider = ProviderBuilder::new().connect_http(node.node.url().parse().unwrap());
        readers.push(tokio::spawn(async move {
            for _ in 0..100 {
                let call = TransactionRequest::default()
                    .with_to(store)
                    .with_input(B256::with_last_byte(1).0);
                assert!(provider.call(call).await.unwrap().is_empty());
                let gas = TransactionRequest::default().with_to(Address::repeat_byte(7));
                assert_eq!(provider.estimate_gas(gas).await.unwrap(), 21_000);
            }
        }));
    }
    writer.await.unwrap();
    for reader in readers {
        reader.await.unwrap();
    }
    assert_eq!(node.result("eth_blockNumber", &json!([])), json!("0xc9"));
}
