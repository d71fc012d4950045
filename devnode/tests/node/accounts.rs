//! What the node does with the development accounts' keys, and for impersonated accounts.

use crate::harness::{REVERTER, STORE, TestNode, init_code};
use alloy_primitives::{Address, B256, Bytes, Signature, U256, eip191_hash_message, keccak256};
use serde_json::{Value, json};

fn receipt(node: &TestNode, hash: &Value) -> Value {
    node.result("eth_getTransactionReceipt", &json!([hash]))
}

#[test]
fn a_transaction_of_a_development_account_is_completed_signed_and_mined() {
    let node = TestNode::new();
    let from = node.address(1);
    let hash = node.result(
        "eth_sendTransaction",
        &json!([{"from": from, "data": init_code(STORE)}]),
    );
    let deployed = receipt(&node, &hash);
    assert_eq!(deployed["status"], "0x1");
    let contract = deployed["contractAddress"].clone();
    let word = B256::with_last_byte(9);
    let hash = node.result(
        "eth_sendTransaction",
        &json!([{"from": from, "to": contract, "input": word, "gasPrice": "0x5f5e100"}]),
    );
    assert_eq!(receipt(&node, &hash)["status"], "0x1");
    let sent = node.result("eth_getTransactionByHash", &json!([hash]));
    assert_eq!(
        (&sent["from"], &sent["nonce"], &sent["type"]),
        (&json!(from), &json!("0x1"), &json!("0x0"))
    );
    assert_eq!(
        node.result("eth_getStorageAt", &json!([contract, "0x0", "latest"])),
        json!(word)
    );
}

#[test]
fn a_transaction_that_would_revert_is_refused_with_its_reason() {
    let node = TestNode::new();
    let from = node.address(1);
    let hash = node.result(
        "eth_sendTransaction",
        &json!([{"from": from, "data": init_code(REVERTER)}]),
    );
    let contract = receipt(&node, &hash)["contractAddress"].clone();
    let refused = node.rpc(
        "eth_sendTransaction",
        &json!([{"from": from, "to": contract, "data": "0x010203"}]),
    );
    assert_eq!(
        refused["error"],
        json!({"code": 3, "message": "execution reverted", "data": "0x010203"})
    );
}

#[test]
fn nobody_sends_for_a_stranger_who_is_not_impersonated() {
    let node = TestNode::new();
    let stranger = Address::repeat_byte(0x77);
    let transfer = json!([{"from": stranger, "to": node.address(0), "value": "0x1"}]);
    let unknown = (-32_000, format!("unknown account `{stranger}`"));
    assert_eq!(node.error("eth_sendTransaction", &transfer), unknown);
    assert_eq!(node.error("eth_sign", &json!([stranger, "0x"])), unknown);

    node.result("anvil_setBalance", &json!([stranger, "0xde0b6b3a7640000"]));
    node.result("anvil_impersonateAccount", &json!([stranger]));
    let hash = node.result("eth_sendTransaction", &transfer);
    let mined = receipt(&node, &hash);
    assert_eq!(
        (&mined["status"], &mined["from"]),
        (&json!("0x1"), &json!(stranger))
    );
    assert_eq!(
        node.result("eth_getTransactionByHash", &json!([hash]))["from"],
        json!(stranger)
    );
    node.result("hardhat_stopImpersonatingAccount", &json!([stranger]));
    assert_eq!(node.error("eth_sendTransaction", &transfer), unknown);
    node.result("anvil_autoImpersonateAccount", &json!([true]));
    let hash = node.result("eth_sendTransaction", &transfer);
    assert_eq!(receipt(&node, &hash)["status"], "0x1");
}

#[test]
fn a_signed_transaction_can_be_sent_later() {
    let node = TestNode::new();
    let mut request = json!({
        "from": node.address(2), "to": node.address(3), "value": "0x5", "gas": "0x5208",
        "maxFeePerGas": "0x5f5e100", "nonce": "0x0",
    });
    for field in ["gas", "maxFeePerGas", "nonce"] {
        let mut without = request.clone();
        without.as_object_mut().unwrap().remove(field);
        let (code, message) = node.error("eth_signTransaction", &json!([without]));
        assert_eq!(code, -32_602);
        assert!(message.contains(field), "{message}");
    }
    request["maxPriorityFeePerGas"] = json!("0x0");
    let signed = node.result("eth_signTransaction", &json!([request]));
    let hash = node.result("eth_sendRawTransaction", &json!([signed["raw"]]));
    assert_eq!(signed["tx"]["hash"], hash);
    assert_eq!(receipt(&node, &hash)["from"], json!(node.address(2)));
}

#[test]
fn messages_and_typed_data_are_signed_by_their_account() {
    let node = TestNode::new();
    let account = node.address(1);
    let message = Bytes::from_static(b"hello");
    let recovered = |signature: &Value, hash: B256| {
        let bytes: Bytes = serde_json::from_value(signature.clone()).unwrap();
        Signature::from_raw(&bytes)
            .unwrap()
            .recover_address_from_prehash(&hash)
            .unwrap()
    };
    let signed = node.result("eth_sign", &json!([account, message]));
    assert_eq!(recovered(&signed, eip191_hash_message(b"hello")), account);
    assert_eq!(
        node.result("personal_sign", &json!([message, account, "password"])),
        signed
    );
    // keccak256(0x1901 ‖ keccak256(keccak256("EIP712Domain()")) ‖ keccak256(keccak256("A(uint8 b)") ‖ 7)).
    let data = json!({
        "types": {"A": [{"name": "b", "type": "uint8"}]},
        "primaryType": "A", "domain": {}, "message": {"b": 7},
    });
    let domain = keccak256(keccak256("EIP712Domain()"));
    let content = keccak256([keccak256("A(uint8 b)"), B256::from(U256::from(7))].concat());
    let hash = keccak256([&[0x19, 0x01][..], &domain[..], &content[..]].concat());
    for form in [data.clone(), json!(data.to_string())] {
        let signed = node.result("eth_signTypedData_v4", &json!([account, form]));
        assert_eq!(recovered(&signed, hash), account);
    }
}

#[test]
fn the_pool_shows_who_waits_and_lets_go_of_them() {
    let node = TestNode::new();
    let from = node.address(1);
    node.result("evm_setAutomine", &json!([false]));
    let send = |nonce: &str| {
        node.result(
            "eth_sendTransaction",
            &json!([{"from": from, "to": from, "nonce": nonce, "gas": "0x5208"}]),
        )
    };
    let hashes = ["0x0", "0x1", "0x3"].map(send);
    assert_eq!(
        node.result("txpool_status", &json!([])),
        json!({"pending": "0x2", "queued": "0x1"})
    );
    let key = from.to_string().to_lowercase();
    let content = node.result("txpool_content", &json!([]));
    assert_eq!(content["pending"][&key]["1"]["hash"], hashes[1]);
    assert_eq!(content["queued"][&key]["3"]["hash"], hashes[2]);
    assert_eq!(
        node.result("txpool_inspect", &json!([]))["queued"][&key]["3"],
        format!("{from}: 0 wei + 21000 gas × 200000000 wei")
    );
    assert_eq!(
        node.result("eth_getTransactionCount", &json!([from, "pending"])),
        json!("0x2")
    );
    assert_eq!(
        node.result("eth_getTransactionCount", &json!([from, "latest"])),
        json!("0x0")
    );
    let drop = json!([hashes[1]]);
    assert_eq!(node.result("anvil_dropTransaction", &drop), hashes[1]);
    assert_eq!(node.result("anvil_dropTransaction", &drop), Value::Null);
    node.result("evm_mine", &json!([]));
    let block = node.result("eth_getBlockByNumber", &json!(["latest", false]));
    assert_eq!(block["transactions"], json!([hashes[0]]));
    node.result("anvil_dropAllTransactions", &json!([]));
    assert_eq!(
        node.result("txpool_status", &json!([])),
        json!({"pending": "0x0", "queued": "0x0"})
    );
}
