//! What test tools change by decree.

use crate::harness::{CLOCK, TestNode};
use alloy_primitives::{Address, B256, Bytes};
use serde_json::{Value, json};
use stylus_devnode::TEST_GENESIS_TIME;

fn head(node: &TestNode) -> (Value, u64) {
    let block = node.result("eth_getBlockByNumber", &json!(["latest", false]));
    let time = block["timestamp"].as_str().unwrap();
    let time = u64::from_str_radix(&time[2..], 16).unwrap();
    (block["number"].clone(), time - TEST_GENESIS_TIME)
}

#[test]
fn accounts_are_changed_by_decree_under_either_name() {
    let node = TestNode::new();
    for prefix in ["anvil", "hardhat"] {
        let account = Address::repeat_byte(prefix.as_bytes()[0]);
        let set = |method: &str, params: Value| node.result(&format!("{prefix}_{method}"), &params);
        set("setBalance", json!([account, "0x10"]));
        set("setNonce", json!([account, "0x9"]));
        set("setCode", json!([account, Bytes::from_static(CLOCK)]));
        let value = B256::repeat_byte(1);
        assert_eq!(
            set("setStorageAt", json!([account, "0x2", value])),
            json!(true)
        );
        let latest = |method: &str| node.result(method, &json!([account, "latest"]));
        assert_eq!(latest("eth_getBalance"), json!("0x10"));
        assert_eq!(latest("eth_getTransactionCount"), json!("0x9"));
        assert_eq!(latest("eth_getCode"), json!(Bytes::from_static(CLOCK)));
        assert_eq!(
            node.result("eth_getStorageAt", &json!([account, "0x2", "latest"])),
            json!(value)
        );
    }
}

#[test]
fn many_blocks_are_made_with_time_between_them() {
    let node = TestNode::new();
    node.result("anvil_mine", &json!([]));
    assert_eq!(head(&node), (json!("0x1"), 0));
    node.result("anvil_mine", &json!(["0x3", "0xa"]));
    assert_eq!(head(&node), (json!("0x4"), 30));
    assert_eq!(node.error("anvil_mine", &json!(["0x2711"])).0, -32_602);
}

#[test]
fn the_clock_can_be_set_and_goes_on_from_there() {
    let node = TestNode::new();
    let wanted = TEST_GENESIS_TIME + 500;
    assert_eq!(node.result("evm_setTime", &json!([wanted])), json!(500));
    assert_eq!(node.result("evm_increaseTime", &json!([7])), json!(507));
    node.result("evm_mine", &json!([]));
    assert_eq!(head(&node).1, 507);
    let (code, message) = node.error("evm_setTime", &json!([1]));
    assert_eq!(code, -32_000);
    assert!(message.contains("before the newest block"), "{message}");
}

#[test]
fn mining_on_demand_can_be_switched_off_and_on() {
    let node = TestNode::new();
    let automine = || node.result("anvil_getAutomine", &json!([]));
    assert_eq!(automine(), json!(true));
    node.result("evm_setAutomine", &json!([false]));
    assert_eq!(automine(), json!(false));
    let from = node.address(0);
    for _ in 0..2 {
        node.result(
            "eth_sendTransaction",
            &json!([{"from": from, "to": from, "gas": "0x5208"}]),
        );
    }
    assert_eq!(head(&node).0, json!("0x0"));
    node.result("anvil_mine", &json!([]));
    let block = node.result("eth_getBlockByNumber", &json!(["latest", false]));
    assert_eq!(block["transactions"].as_array().unwrap().len(), 2);
    let receipts = node.result("eth_getBlockReceipts", &json!(["latest"]));
    assert_eq!(
        (
            &receipts[1]["transactionIndex"],
            &receipts[1]["cumulativeGasUsed"]
        ),
        (&json!("0x1"), &json!("0xa410"))
    );
    node.result(
        "eth_sendTransaction",
        &json!([{"from": from, "to": from, "gas": "0x5208"}]),
    );
    node.result("evm_setAutomine", &json!([true]));
    assert_eq!(head(&node).0, json!("0x2"));
}

#[test]
fn uncles_are_none_and_unknown_blocks_unknown() {
    let node = TestNode::new();
    let count = |block: &str| node.result("eth_getUncleCountByBlockNumber", &json!([block]));
    assert_eq!(count("latest"), json!("0x0"));
    assert_eq!(count("0x9"), Value::Null);
    assert_eq!(
        node.result(
            "eth_getUncleByBlockNumberAndIndex",
            &json!(["latest", "0x0"])
        ),
        Value::Null
    );
    assert_eq!(node.result("net_peerCount", &json!([])), json!("0x0"));
    let modules = node.result("rpc_modules", &json!([]));
    for module in ["eth", "net", "web3", "debug", "evm", "anvil", "txpool"] {
        assert_eq!(modules[module], "1.0", "{module}");
    }
}

#[test]
fn a_proof_is_refused_by_name() {
    let node = TestNode::new();
    assert_eq!(
        node.error("eth_getProof", &json!([node.address(0), [], "latest"])),
        (
            -32_601,
            "the method eth_getProof does not exist/is not available: no Merkle tree of the state is kept"
                .to_owned()
        )
    );
}
