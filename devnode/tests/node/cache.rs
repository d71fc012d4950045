//! Programs in the chain's cache: what a client that bids for one sees, and what survives.

use crate::harness::TestNode;
use alloy::{
    network::TransactionBuilder, providers::Provider, rpc::types::TransactionRequest, sol,
    sol_types::SolCall,
};
use alloy_primitives::{Address, U256, address, aliases::U192, keccak256};
use serde_json::json;
use stylus_devnode::{Config, vm::encode_program};

const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");

sol! {
    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    function allCacheManagers() external view returns (address[] managers);
    function codehashIsCached(bytes32 codehash) external view returns (bool isCached);
    function isPaused() external view returns (bool paused);
    function cacheSize() external view returns (uint64 size);
    function queueSize() external view returns (uint64 size);
    function getMinBid(address program) external view returns (uint192 bid);
    function placeBid(address program) external payable;
}

async fn ask<C: SolCall>(node: &TestNode, to: Address, method: &C) -> C::Return {
    let request = TransactionRequest::default()
        .with_to(to)
        .with_input(method.abi_encode());
    let answer = node.provider.call(request).await.unwrap();
    C::abi_decode_returns(&answer).unwrap()
}

/// The contract that a client finds as the last cache manager.
async fn manager(node: &TestNode) -> Address {
    let managers = ask(node, ARB_WASM_CACHE, &allCacheManagersCall {}).await;
    let manager = *managers.last().unwrap();
    let code = node.provider.get_code_at(manager).await.unwrap();
    assert!(!code.is_empty());
    manager
}

#[tokio::test]
async fn a_bid_caches_a_program_until_it_is_undone_and_across_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let config = || Config::test().with_state(directory.path().join("chain"));
    let node = TestNode::with_config(config());
    let code = encode_program(&wat::parse_str(include_str!("program.wat")).unwrap());
    let program = node.deploy(&code).await;
    let order = |to: Address, input: Vec<u8>, value: u64| {
        TransactionRequest::default()
            .with_from(node.address(0))
            .with_to(to)
            .with_input(input)
            .with_value(U256::from(value))
    };
    let activate = activateProgramCall { program }.abi_encode();
    let fee = 1_000_000_000_000_000_000;
    assert!(node.send(order(ARB_WASM, activate, fee)).await.status());

    let manager = manager(&node).await;
    assert!(!ask(&node, manager, &isPausedCall {}).await);
    assert_eq!(ask(&node, manager, &cacheSizeCall {}).await, 512 << 20);
    assert_eq!(ask(&node, manager, &queueSizeCall {}).await, 0);
    let least = ask(&node, manager, &getMinBidCall { program }).await;
    assert_eq!(least, U192::ZERO);

    let codehash = keccak256(&code);
    let cached = codehashIsCachedCall { codehash };
    let bid = || order(manager, placeBidCall { program }.abi_encode(), 3);
    let mark = node.result("evm_snapshot", &json!([]));
    for again in [false, true] {
        assert!(!ask(&node, ARB_WASM_CACHE, &cached).await);
        assert!(node.send(bid()).await.status());
        assert!(ask(&node, ARB_WASM_CACHE, &cached).await);
        assert!(ask(&node, manager, &queueSizeCall {}).await > 512_000);
        if !again {
            assert_eq!(node.result("evm_revert", &json!([mark])), json!(true));
            assert_eq!(ask(&node, manager, &queueSizeCall {}).await, 0);
        }
    }
    let size = ask(&node, manager, &queueSizeCall {}).await;
    drop(node);

    let node = TestNode::with_config(config());
    assert!(ask(&node, ARB_WASM_CACHE, &cached).await);
    assert_eq!(ask(&node, manager, &queueSizeCall {}).await, size);
    let balance = node.provider.get_balance(manager).await.unwrap();
    assert_eq!(balance, U256::from(3));
}
