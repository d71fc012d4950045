//! A node that keeps its chain in a file, and is killed.

use crate::harness::TestNode;
use serde_json::{Value, json};
use stylus_devnode::{Config, DevNode, SpawnError, store::StoreError};

#[test]
fn a_node_goes_on_where_it_stopped() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("chain");
    let config = || Config::test().with_state(&path);
    let node = TestNode::with_config(config());
    node.result("anvil_setBalance", &json!([node.address(3), "0x5"]));
    node.result("evm_mine", &json!([{"blocks": 3}]));
    let head = node.result("eth_getBlockByNumber", &json!(["latest", true]));
    drop(node);

    let node = TestNode::with_config(config());
    assert_eq!(
        node.result("eth_getBlockByNumber", &json!(["latest", true])),
        head
    );
    assert_eq!(
        node.result("eth_getBalance", &json!([node.address(3), "latest"])),
        json!("0x5")
    );
    assert!(matches!(
        DevNode::try_spawn(config()),
        Err(SpawnError::State(StoreError::Locked { .. }))
    ));
    let mark = node.result("evm_snapshot", &json!([]));
    node.result("evm_mine", &json!([]));
    assert_eq!(node.result("evm_revert", &json!([mark])), json!(true));
    drop(node);
    let node = TestNode::with_config(config());
    assert_eq!(node.result("eth_blockNumber", &json!([])), json!("0x3"));
    assert_eq!(
        node.result("evm_revert", &json!([mark])),
        Value::Bool(false),
        "marks end with the process"
    );
}
