//! The chain's own contracts and its version, seen through the node.

use crate::harness::TestNode;
use alloy::{
    network::TransactionBuilder,
    rpc::types::TransactionRequest,
    sol,
    sol_types::{SolCall, SolValue},
};
use alloy_primitives::{Address, U256, address};
use serde_json::{Value, json};
use stylus_devnode::{ArbosVersion, Config, arbos::HISTORY};

sol! {
    function scheduleArbOSUpgrade(uint64 newVersion, uint64 timestamp) external;
    function arbOSVersion() external view returns (uint256 version);
    function arbBlockHash(uint256 arbBlockNum) external view returns (bytes32 hash);
    function gasEstimateComponents(address to, bool contractCreation, bytes data) external payable returns (uint64 gasEstimate, uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
    function customRevert(uint64 number) external pure;
}

const ARB_SYS: Address = Address::with_last_byte(0x64);
const ARB_OWNER: Address = Address::with_last_byte(0x70);
const NODE_INTERFACE: Address = Address::with_last_byte(0xc8);
const ARB_DEBUG: Address = Address::with_last_byte(0xff);

fn call(node: &TestNode, to: Address, input: &[u8]) -> Value {
    let input = alloy_primitives::hex::encode_prefixed(input);
    node.result("eth_call", &json!([{"to": to, "input": input}, "latest"]))
}

/// Version in the newest header: the third eight bytes of the mix hash.
fn header_version(node: &TestNode) -> u64 {
    let block = node.result("eth_getBlockByNumber", &json!(["latest", false]));
    let hash = block["mixHash"].as_str().unwrap();
    u64::from_str_radix(&hash[2 + 32..2 + 48], 16).unwrap()
}

#[tokio::test]
async fn headers_and_calls_follow_an_upgrade() {
    let config = Config::test().with_arbos_version(ArbosVersion::try_new(40).unwrap());
    let node = TestNode::with_config(config);
    assert_eq!(header_version(&node), 40);
    let order = scheduleArbOSUpgradeCall {
        newVersion: 60,
        timestamp: 0,
    };
    let request = TransactionRequest::default()
        .with_from(node.address(0))
        .with_to(ARB_OWNER)
        .with_input(order.abi_encode());
    assert!(node.send(request).await.status());
    assert_eq!(header_version(&node), 40);
    // A block without transactions begins it as well.
    node.result("evm_mine", &json!([]));
    assert_eq!(header_version(&node), 60);
    let version = call(&node, ARB_SYS, &arbOSVersionCall {}.abi_encode());
    let version: U256 = version.as_str().unwrap().parse().unwrap();
    assert_eq!(version, U256::from(115));
}

#[tokio::test]
async fn hashes_of_past_blocks_are_known_to_contracts() {
    let node = TestNode::new();
    for _ in 0..3 {
        node.result("evm_mine", &json!([]));
    }
    for number in 0..3_u64 {
        let block = node.result(
            "eth_getBlockByNumber",
            &json!([format!("{number:#x}"), false]),
        );
        let number = U256::from(number);
        let ask = arbBlockHashCall {
            arbBlockNum: number,
        };
        assert_eq!(call(&node, ARB_SYS, &ask.abi_encode()), block["hash"]);
        assert_eq!(call(&node, HISTORY, &number.abi_encode()), block["hash"]);
    }
}

#[tokio::test]
async fn the_nodes_interface_estimates_what_the_node_estimates() {
    let node = TestNode::new();
    let to = address!("00000000000000000000000000000000000000aa");
    let question = gasEstimateComponentsCall {
        to,
        contractCreation: false,
        data: vec![1, 2, 3].into(),
    };
    let answer = call(&node, NODE_INTERFACE, &question.abi_encode());
    let answer = alloy_primitives::hex::decode(answer.as_str().unwrap()).unwrap();
    let answer = gasEstimateComponentsCall::abi_decode_returns(&answer).unwrap();
    let estimate = node.result("eth_estimateGas", &json!([{"to": to, "input": "0x010203"}]));
    assert_eq!(estimate, format!("{:#x}", answer.gasEstimate));
    assert_eq!(answer.baseFee, U256::from(100_000_000));
    assert_eq!(
        node.result("eth_getCode", &json!([NODE_INTERFACE, "latest"])),
        "0xfe"
    );
}

#[tokio::test]
async fn errors_of_precompiles_are_named() {
    let node = TestNode::new();
    let input = customRevertCall { number: 7 }.abi_encode();
    let input = alloy_primitives::hex::encode_prefixed(input);
    let (code, message) = node.error("eth_call", &json!([{"to": ARB_DEBUG, "input": input}]));
    assert_eq!(code, 3);
    assert_eq!(
        message,
        "execution reverted: error Custom(7, reverted on request, true)"
    );
}
