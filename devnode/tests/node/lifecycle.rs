//! Starting and stopping.

use crate::harness::TestNode;
use serde_json::json;
use std::net::{TcpListener, TcpStream};
use stylus_devnode::{Config, DevNode, SpawnError, store::StoreError};

#[test]
fn a_node_works_without_a_runtime_and_frees_its_port_when_dropped() {
    let node = TestNode::new();
    assert_eq!(node.result("eth_chainId", &json!([])), json!("0x64aba"));
    let address = node.node.address();
    // A client that keeps its connection open does not keep the node alive.
    let open = TcpStream::connect(address).unwrap();
    drop(node);
    drop(TcpListener::bind(address).unwrap());
    drop(open);
}

#[tokio::test]
async fn a_node_can_be_dropped_inside_a_runtime() {
    let node = DevNode::try_spawn(Config::test()).unwrap();
    let address = node.address();
    drop(node);
    drop(TcpListener::bind(address).unwrap());
}

#[tokio::test]
async fn a_node_that_cannot_use_its_file_says_so_inside_a_runtime() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "something else\n").unwrap();
    let error = DevNode::try_spawn(Config::test().with_state(file.path())).unwrap_err();
    let SpawnError::State(StoreError::Foreign { path }) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(path, file.path());
}

#[test]
fn a_taken_port_is_reported_with_its_address() {
    let first = DevNode::try_spawn(Config::test()).unwrap();
    let error = DevNode::try_spawn(Config::test().with_port(first.address().port())).unwrap_err();
    let SpawnError::Bind { address, source } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(*address, first.address());
    assert_eq!(source.kind(), std::io::ErrorKind::AddrInUse);
}

#[test]
fn a_stop_handle_ends_the_wait() {
    let node = DevNode::try_spawn(Config::test()).unwrap();
    let address = node.address();
    let stop = node.stop_handle();
    let waiter = std::thread::spawn(move || node.wait());
    stop.stop();
    waiter.join().unwrap();
    drop(TcpListener::bind(address).unwrap());
}

#[test]
fn two_test_nodes_start_from_the_same_genesis() {
    let [first, second] = [(), ()].map(|()| {
        let node = TestNode::new();
        node.result("eth_getBlockByNumber", &json!(["0x0", false]))
    });
    assert_eq!(first, second);
    assert_eq!(first["timestamp"], "0x6b49d200");
}
