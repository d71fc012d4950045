//! State and block overrides, access lists.

use crate::harness::{STORE, TestNode};
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use serde_json::{Value, json};

/// Returns the word that one opcode without arguments pushes.
fn returning(opcode: u8) -> Bytes {
    vec![opcode, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3].into()
}

fn word(value: u64) -> Value {
    json!(B256::from(U256::from(value)))
}

#[test]
fn block_overrides_reach_the_opcodes() {
    let node = TestNode::new();
    let contract = Address::repeat_byte(0x42);
    let coinbase = Address::repeat_byte(7);
    let fees = json!({"gasPrice": "0x5f5e100", "from": node.address(0)});
    for (opcode, block, expected) in [
        (0x42, json!({"time": "0x1234"}), word(0x1234)),
        (0x45, json!({"gasLimit": "0x99"}), word(0x99)),
        (
            0x41,
            json!({"feeRecipient": coinbase}),
            json!(coinbase.into_word()),
        ),
        (
            0x44,
            json!({"prevRandao": B256::repeat_byte(3)}),
            json!(B256::repeat_byte(3)),
        ),
        (0x44, json!({"difficulty": "0x5"}), word(5)),
        (0x48, json!({"baseFeePerGas": "0x10"}), word(0x10)),
        (0x43, json!({"number": "0x10"}), word(0x10)),
    ] {
        let mut call = fees.clone();
        call["to"] = json!(contract);
        let state = json!({(contract.to_string()): {"code": returning(opcode)}});
        assert_eq!(
            node.result("eth_call", &json!([call, "latest", state, block])),
            expected,
            "{block}"
        );
    }
    // BLOCKHASH(5)
    let code = Bytes::from_static(&hex!("6005405f5260205ff3"));
    let hash = B256::repeat_byte(8);
    let state = json!({(contract.to_string()): {"code": code}});
    let block = json!({"number": "0x6", "blockHash": {"0x5": hash}});
    assert_eq!(
        node.result(
            "eth_call",
            &json!([{"to": contract}, "latest", state, block])
        ),
        json!(hash)
    );
}

#[test]
fn an_estimate_sees_the_overridden_block_and_state() {
    let node = TestNode::new();
    let contract = Address::repeat_byte(0x42);
    // TIMESTAMP PUSH1 9 EQ PUSH1 9 JUMPI INVALID STOP JUMPDEST STOP
    let code = Bytes::from_static(&hex!("42600914600957fe005b00"));
    let state = json!({(contract.to_string()): {"code": code}});
    let call = json!({"to": contract});
    let (_, message) = node.error("eth_estimateGas", &json!([call, "latest", state]));
    assert!(message.contains("invalid opcode"), "{message}");
    let gas = node.result(
        "eth_estimateGas",
        &json!([call, "latest", state, {"time": "0x9"}]),
    );
    assert!(gas.is_string());
}

#[tokio::test]
async fn state_overrides_replace_accounts_for_one_call() {
    let node = TestNode::new();
    let store = node.deploy(STORE).await;
    // SLOAD(0) and SLOAD(1) as two words.
    let code = Bytes::from_static(&hex!("5f545f5260015460205260405ff3"));
    let call = json!({"to": store});
    let two = |first: u8, second: u8| {
        let words = [B256::with_last_byte(first), B256::with_last_byte(second)];
        json!(Bytes::from(words.concat()))
    };
    node.result(
        "anvil_setStorageAt",
        &json!([store, "0x0", B256::with_last_byte(5)]),
    );
    let slot = |slot: u8, value: u8| json!({(B256::with_last_byte(slot).to_string()): B256::with_last_byte(value)});
    for (changes, expected) in [
        (json!({}), two(5, 0)),
        (json!({"stateDiff": slot(1, 7)}), two(5, 7)),
        (json!({"state": slot(1, 7)}), two(0, 7)),
    ] {
        let mut account = changes.clone();
        account["code"] = json!(code);
        let state = json!({(store.to_string()): account});
        assert_eq!(
            node.result("eth_call", &json!([call, "latest", state])),
            expected,
            "{changes}"
        );
    }
    // A creation by an account whose nonce is said to be 7 gets that address.
    let poor = Address::repeat_byte(0x55);
    let transfer = json!({"from": poor, "to": store, "value": "0x1"});
    assert_eq!(node.error("eth_call", &json!([transfer])).0, -32_000);
    let rich = json!({(poor.to_string()): {"balance": "0x1", "nonce": "0x7"}});
    assert_eq!(
        node.result("eth_call", &json!([transfer, "latest", rich])),
        json!("0x")
    );
    let moved = json!({(poor.to_string()): {"movePrecompileToAddress": store}});
    let (code, message) = node.error("eth_call", &json!([call, "latest", moved]));
    assert_eq!(code, -32_602);
    assert!(message.contains("movePrecompileToAddress"), "{message}");
}

#[tokio::test]
async fn an_access_list_names_what_is_touched_and_not_warm_anyway() {
    let node = TestNode::new();
    let store = node.deploy(STORE).await;
    let from = node.address(0);
    let call = json!({"from": from, "to": store, "data": B256::with_last_byte(1)});
    let created = node.result("eth_createAccessList", &json!([call]));
    assert_eq!(
        created["accessList"],
        json!([{"address": store, "storageKeys": [B256::ZERO]}])
    );
    assert!(created.get("error").is_none());
    // With the list it costs what is said: 2,400 and 1,900 more, and 2,100 less.
    let gas = |request: &Value| {
        let gas: U256 = serde_json::from_value(
            node.result("eth_createAccessList", &json!([request]))["gasUsed"].clone(),
        )
        .unwrap();
        gas.to::<u64>()
    };
    let mut with_list = call.clone();
    with_list["accessList"] = created["accessList"].clone();
    assert_eq!(gas(&call), gas(&with_list));
    // A transfer touches nothing that is not warm.
    let transfer = json!({"from": from, "to": node.address(1), "value": "0x1"});
    let created = node.result("eth_createAccessList", &json!([transfer]));
    assert_eq!(created, json!({"accessList": [], "gasUsed": "0x5208"}));
    // EXTCODESIZE of another account.
    let other = Address::repeat_byte(0x66);
    let mut code = vec![0x73];
    code.extend(other);
    code.extend([0x3b, 0x00]);
    let looker = node.deploy(&code).await;
    let created = node.result(
        "eth_createAccessList",
        &json!([{"from": from, "to": looker}]),
    );
    assert_eq!(
        created["accessList"],
        json!([{"address": other, "storageKeys": []}])
    );
}
