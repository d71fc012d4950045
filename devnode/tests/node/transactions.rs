//! Sending transactions: all types, all refusals.

use crate::harness::{CLOCK, TestNode, init_code};
use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEip4844, TxEip7702, TxEnvelope, TxLegacy},
    eips::{eip2718::Encodable2718, eip7702::Authorization},
    network::{TransactionBuilder, TxSignerSync},
    providers::Provider,
    rpc::types::TransactionRequest,
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, hex};
use serde_json::{Value, json};
use stylus_devnode::{Config, DevNode, SpawnError, TEST_GENESIS_TIME};

const CHAIN: u64 = 412_346;
const BASE_FEE: u128 = 100_000_000;

/// A transfer of 1 wei that is fine as it is.
fn transfer(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: BASE_FEE,
        max_priority_fee_per_gas: 0,
        to: TxKind::Call(Address::repeat_byte(7)),
        value: U256::ONE,
        ..TxEip1559::default()
    }
}

/// Signs with the key of account `index`.
fn sign<T>(node: &TestNode, index: usize, mut tx: T) -> Bytes
where
    T: SignableTransaction<alloy_primitives::Signature>,
    TxEnvelope: From<alloy::consensus::Signed<T>>,
{
    let signer = node.node.accounts()[index].signer();
    let signature = signer.sign_transaction_sync(&mut tx).unwrap();
    TxEnvelope::from(tx.into_signed(signature))
        .encoded_2718()
        .into()
}

fn send(node: &TestNode, raw: &Bytes) -> Value {
    node.result("eth_sendRawTransaction", &json!([raw]))
}

fn refusal(node: &TestNode, raw: &Bytes) -> String {
    let (code, message) = node.error("eth_sendRawTransaction", &json!([raw]));
    assert_eq!(code, -32_000, "{message}");
    message
}

#[tokio::test]
async fn a_transfer_is_mined_at_once_and_costs_the_base_fee() {
    let node = TestNode::new();
    let to = Address::repeat_byte(7);
    let before = node.provider.get_balance(node.address(0)).await.unwrap();
    let request = TransactionRequest::default()
        .with_from(node.address(0))
        .with_to(to)
        .with_value(U256::from(5));
    let pending = node.provider.send_transaction(request).await.unwrap();
    let receipt = pending.get_receipt().await.unwrap();

    assert!(receipt.status());
    assert_eq!(receipt.gas_used, 21_000);
    assert_eq!(receipt.effective_gas_price, BASE_FEE, "tips are dropped");
    assert_eq!(
        (receipt.block_number, receipt.transaction_index),
        (Some(1), Some(0))
    );
    assert_eq!(receipt.contract_address, None);
    assert_eq!(node.provider.get_balance(to).await.unwrap(), U256::from(5));
    let spent = before - node.provider.get_balance(node.address(0)).await.unwrap();
    assert_eq!(spent, U256::from(5 + 21_000 * BASE_FEE));

    let block = node
        .provider
        .get_block_by_number(1.into())
        .full()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        block.header.hash,
        block.header.inner.hash_slow(),
        "the header is whole"
    );
    assert_eq!(block.header.gas_used, 21_000);
    assert_eq!(block.header.timestamp, TEST_GENESIS_TIME);
    let transactions = block.transactions.as_transactions().unwrap();
    assert_eq!(transactions.len(), 1);
    assert_eq!(*transactions[0].inner.tx_hash(), receipt.transaction_hash);
    let genesis = node
        .provider
        .get_block_by_number(0.into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(block.header.parent_hash, genesis.header.hash);
    let found = node
        .provider
        .get_transaction_by_hash(receipt.transaction_hash)
        .await
        .unwrap();
    assert_eq!(found.as_ref(), Some(&transactions[0]));
}

#[test]
fn blocks_and_receipts_carry_what_nitro_adds() {
    let node = TestNode::new();
    let hash = send(&node, &sign(&node, 1, transfer(0)));
    let block = node.result("eth_getBlockByNumber", &json!(["latest", false]));
    assert_eq!(block["transactions"], json!([hash]));
    for (field, value) in [
        ("difficulty", "0x1"),
        ("gasLimit", "0x4000000000000"),
        ("baseFeePerGas", "0x5f5e100"),
        ("miner", "0xa4b000000000000000000073657175656e636572"),
        ("l1BlockNumber", "0x0"),
        ("sendCount", "0x0"),
        (
            "mixHash",
            "0x0000000000000000000000000000000000000000000000330000000000000000",
        ),
    ] {
        assert_eq!(block[field], value, "{field}");
    }
    for absent in ["withdrawals", "blobGasUsed", "totalDifficulty"] {
        assert!(block.get(absent).is_none(), "{absent}");
    }
    let receipt = node.result("eth_getTransactionReceipt", &json!([hash]));
    for (field, value) in [
        ("status", "0x1"),
        ("type", "0x2"),
        ("gasUsed", "0x5208"),
        ("cumulativeGasUsed", "0x5208"),
        ("effectiveGasPrice", "0x5f5e100"),
        ("gasUsedForL1", "0x0"),
        ("l1BlockNumber", "0x0"),
    ] {
        assert_eq!(receipt[field], value, "{field}");
    }
    assert_eq!(receipt["contractAddress"], Value::Null);
    assert_eq!(
        node.result("eth_getBlockReceipts", &json!(["latest"])),
        json!([receipt])
    );
    let raw = node.result("eth_getRawTransactionByHash", &json!([hash]));
    assert_eq!(raw, json!(sign(&node, 1, transfer(0))));
    let index = json!([block["hash"], "0x0"]);
    let found = node.result("eth_getTransactionByBlockHashAndIndex", &index);
    assert_eq!(found["hash"], hash);
    assert_eq!(found["gasPrice"], "0x5f5e100");
    let absent = node.result(
        "eth_getTransactionByBlockNumberAndIndex",
        &json!(["latest", "0x1"]),
    );
    assert_eq!(absent, Value::Null);
}

#[tokio::test]
async fn every_type_that_arbitrum_has_is_taken() {
    let node = TestNode::new();
    let to = TxKind::Call(Address::repeat_byte(7));
    let legacy = TxLegacy {
        chain_id: Some(CHAIN),
        gas_price: 2 * BASE_FEE,
        gas_limit: 21_000,
        to,
        ..TxLegacy::default()
    };
    let unprotected = TxLegacy {
        chain_id: None,
        nonce: 1,
        ..legacy.clone()
    };
    let access_list = alloy::consensus::TxEip2930 {
        chain_id: CHAIN,
        nonce: 2,
        gas_price: BASE_FEE,
        gas_limit: 30_000,
        to,
        ..alloy::consensus::TxEip2930::default()
    };
    let clock = node.deploy(CLOCK).await;
    let authorization = Authorization {
        chain_id: U256::from(CHAIN),
        address: clock,
        nonce: 0,
    };
    let authority = node.node.accounts()[2].signer();
    let signature =
        alloy::signers::SignerSync::sign_hash_sync(&authority, &authorization.signature_hash())
            .unwrap();
    let set_code = TxEip7702 {
        chain_id: CHAIN,
        nonce: 3,
        gas_limit: 100_000,
        max_fee_per_gas: BASE_FEE,
        to: Address::repeat_byte(7),
        authorization_list: vec![authorization.into_signed(signature)],
        ..TxEip7702::default()
    };
    for (raw, kind) in [
        (sign(&node, 1, legacy), "0x0"),
        (sign(&node, 1, unprotected), "0x0"),
        (sign(&node, 1, access_list), "0x1"),
        (sign(&node, 1, set_code), "0x4"),
    ] {
        let hash = send(&node, &raw);
        let receipt = node.result("eth_getTransactionReceipt", &json!([hash]));
        assert_eq!(
            (receipt["status"].as_str(), receipt["type"].as_str()),
            (Some("0x1"), Some(kind))
        );
        assert_eq!(receipt["effectiveGasPrice"], "0x5f5e100");
        assert_eq!(
            node.result("eth_getTransactionByHash", &json!([hash]))["type"],
            kind
        );
    }
    let delegated = node.provider.get_code_at(node.address(2)).await.unwrap();
    assert_eq!(delegated[..3], hex!("ef0100"));
    assert_eq!(delegated[3..], clock[..]);
}

#[tokio::test]
async fn a_contract_is_deployed_where_the_receipt_says() {
    let node = TestNode::new();
    let contract = node.deploy(CLOCK).await;
    assert_eq!(contract, node.address(0).create(0));
    assert_eq!(
        node.provider.get_code_at(contract).await.unwrap()[..],
        *CLOCK
    );
}

#[test]
fn refusals_say_what_geth_says() {
    let node = TestNode::new();
    let sender = node.address(1);
    let first = sign(&node, 1, transfer(0));
    send(&node, &first);
    assert_eq!(
        refusal(&node, &first),
        "nonce too low: next nonce 1, tx nonce 0"
    );

    let poor = TxEip1559 {
        value: U256::MAX >> 1,
        ..transfer(1)
    };
    let have = node.result("eth_getBalance", &json!([sender]));
    let have: U256 = have.as_str().unwrap().parse().unwrap();
    let want = poor.value + U256::from(21_000 * BASE_FEE);
    assert_eq!(
        refusal(&node, &sign(&node, 1, poor)),
        format!(
            "insufficient funds for gas * price + value: address {sender} have {have} want {want}"
        )
    );
    let cheap = TxEip1559 {
        max_fee_per_gas: BASE_FEE - 1,
        ..transfer(1)
    };
    assert_eq!(
        refusal(&node, &sign(&node, 1, cheap)),
        format!(
            "max fee per gas less than block base fee: address {sender}, maxFeePerGas: 99999999, baseFee: 100000000"
        )
    );
    let tipping = TxEip1559 {
        max_priority_fee_per_gas: BASE_FEE + 1,
        ..transfer(1)
    };
    assert_eq!(
        refusal(&node, &sign(&node, 1, tipping)),
        format!(
            "max priority fee per gas higher than max fee per gas: address {sender}, maxPriorityFeePerGas: 100000001, maxFeePerGas: 100000000"
        )
    );
    let starved = TxEip1559 {
        gas_limit: 20_999,
        ..transfer(1)
    };
    assert_eq!(
        refusal(&node, &sign(&node, 1, starved)),
        "intrinsic gas too low: have 20999, want 21000"
    );
    let slip = TxEip1559 {
        max_fee_per_gas: 1_000_000_000_000,
        gas_limit: 2_000_000,
        ..transfer(1)
    };
    assert_eq!(
        refusal(&node, &sign(&node, 1, slip)),
        "tx fee (2000000000000000000 wei) exceeds the configured cap (1000000000000000000 wei)"
    );
    let elsewhere = TxEip1559 {
        chain_id: 1,
        ..transfer(1)
    };
    assert_eq!(
        refusal(&node, &sign(&node, 1, elsewhere)),
        "invalid chain id for signer: have 1 want 412346"
    );
    let blob = TxEip4844 {
        chain_id: CHAIN,
        nonce: 1,
        blob_versioned_hashes: vec![B256::with_last_byte(1)],
        ..TxEip4844::default()
    };
    assert_eq!(
        refusal(&node, &sign(&node, 1, blob)),
        "transaction type not supported: type `3`"
    );
    let long = TxEip1559 {
        input: vec![0; 95_000].into(),
        gas_limit: 2_000_000,
        ..transfer(1)
    };
    let long = sign(&node, 1, long);
    assert_eq!(
        refusal(&node, &long),
        format!(
            "oversized data: transaction size {}, limit 95000",
            long.len()
        )
    );
    // None of them used the nonce or made a block.
    assert_eq!(node.result("eth_blockNumber", &json!([])), json!("0x1"));
    send(&node, &sign(&node, 1, transfer(1)));
}

#[test]
fn bytes_that_are_no_transaction_are_refused() {
    let node = TestNode::new();
    let good = sign(&node, 1, transfer(0));
    for bad in [
        Bytes::new(),
        Bytes::from_static(&[0xf8]),
        Bytes::from_static(&[0x02]),
        good.slice(..good.len() - 1),
        [good.as_ref(), &[0]].concat().into(),
    ] {
        let message = refusal(&node, &bad);
        assert!(
            message.starts_with("malformed transaction: "),
            "{bad}: {message}"
        );
    }
    let unknown = Bytes::from_static(&[0x6a, 0xc0]);
    assert_eq!(
        refusal(&node, &unknown),
        "transaction type not supported: type `106`"
    );
}

#[test]
fn a_signature_with_a_high_s_is_refused() {
    let node = TestNode::new();
    let signer = node.node.accounts()[1].signer();
    let mut tx = transfer(0);
    let signature = signer.sign_transaction_sync(&mut tx).unwrap();
    let order = U256::from_be_bytes(hex!(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    ));
    let malleated =
        alloy_primitives::Signature::new(signature.r(), order - signature.s(), !signature.v());
    let raw: Bytes = TxEnvelope::from(tx.into_signed(malleated))
        .encoded_2718()
        .into();
    let message = refusal(&node, &raw);
    assert!(
        message.starts_with("invalid transaction v, r, s values"),
        "{message}"
    );
}

#[test]
fn a_nonce_ahead_waits_for_the_gap_to_close() {
    let node = TestNode::new();
    let third = sign(&node, 1, transfer(2));
    let second = sign(&node, 1, transfer(1));
    let waiting = send(&node, &third);
    send(&node, &second);
    assert_eq!(node.result("eth_blockNumber", &json!([])), json!("0x0"));
    assert_eq!(
        node.result("eth_getTransactionReceipt", &json!([waiting])),
        Value::Null
    );
    let found = node.result("eth_getTransactionByHash", &json!([waiting]));
    assert_eq!(
        (&found["blockNumber"], &found["hash"]),
        (&Value::Null, &waiting)
    );
    assert_eq!(refusal(&node, &third), "already known");
    assert_eq!(
        refusal(
            &node,
            &sign(
                &node,
                1,
                TxEip1559 {
                    value: U256::from(2),
                    ..transfer(2)
                }
            )
        ),
        "replacement transaction underpriced: nonce 2"
    );
    let raised = TxEip1559 {
        max_fee_per_gas: BASE_FEE * 2,
        ..transfer(2)
    };
    let replacement = send(&node, &sign(&node, 1, raised));

    send(&node, &sign(&node, 1, transfer(0)));
    assert_eq!(node.result("eth_blockNumber", &json!([])), json!("0x3"));
    assert_eq!(
        node.result("eth_getTransactionByHash", &json!([waiting])),
        Value::Null
    );
    let receipt = node.result("eth_getTransactionReceipt", &json!([replacement]));
    assert_eq!(receipt["blockNumber"], "0x3");
    let count = json!([node.address(1), "pending"]);
    assert_eq!(node.result("eth_getTransactionCount", &count), json!("0x3"));
}

#[test]
fn a_waiting_transaction_that_cannot_be_paid_any_more_is_dropped() {
    let node = TestNode::new();
    let waiting = send(&node, &sign(&node, 1, transfer(1)));
    let balance = node.result("eth_getBalance", &json!([node.address(1)]));
    let balance: U256 = balance.as_str().unwrap().parse().unwrap();
    let all = balance - U256::from(21_000 * BASE_FEE);
    send(
        &node,
        &sign(
            &node,
            1,
            TxEip1559 {
                value: all,
                ..transfer(0)
            },
        ),
    );
    assert_eq!(node.result("eth_blockNumber", &json!([])), json!("0x1"));
    assert_eq!(
        node.result("eth_getTransactionByHash", &json!([waiting])),
        Value::Null
    );
    // The chain goes on.
    let init = init_code(CLOCK);
    let create = TxEip1559 {
        to: TxKind::Create,
        input: init,
        gas_limit: 100_000,
        value: U256::ZERO,
        ..transfer(0)
    };
    let hash = send(&node, &sign(&node, 2, create));
    assert_eq!(
        node.result("eth_getTransactionReceipt", &json!([hash]))["status"],
        "0x1"
    );
}

#[test]
fn what_could_never_run_does_not_wait() {
    let node = TestNode::new();
    let cheap = TxEip1559 {
        max_fee_per_gas: BASE_FEE - 1,
        ..transfer(5)
    };
    let message = refusal(&node, &sign(&node, 1, cheap));
    assert!(
        message.starts_with("max fee per gas less than block base fee: address 0x"),
        "{message}"
    );
    let short = TxEip1559 {
        gas_limit: 20_999,
        ..transfer(5)
    };
    assert_eq!(
        refusal(&node, &sign(&node, 1, short)),
        "intrinsic gas too low: have 20999, want 21000"
    );
    send(&node, &sign(&node, 1, transfer(5)));
}

#[test]
fn balances_whose_sums_could_overflow_are_refused() {
    let node = TestNode::new();
    for balance in [U256::MAX, U256::from(1) << 255] {
        let (code, message) = node.error("anvil_setBalance", &json!([node.address(1), balance]));
        assert_eq!(code, -32_602);
        assert!(message.contains("exceeds the limit of"), "{message}");
    }
    let most = stylus_devnode::chain::MAX_BALANCE;
    node.result("anvil_setBalance", &json!([node.address(1), most]));
    let config = Config {
        balance: U256::MAX,
        ..Config::test()
    };
    assert!(matches!(
        DevNode::try_spawn(config),
        Err(SpawnError::Balance(_))
    ));
}
