//! JSON-RPC over WebSocket, and subscriptions.

use crate::harness::{LOGGER, TestNode};
use alloy::{network::TransactionBuilder, rpc::types::TransactionRequest};
use alloy_primitives::{Address, B256, Bytes};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use stylus_devnode::rpc::{MAX_BODY_BYTES, MAX_SUBSCRIPTIONS};
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, protocol::frame::coding::CloseCode},
};

pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub(crate) async fn open(node: &TestNode) -> Self {
        let (socket, _) = connect_async(node.node.ws_url()).await.unwrap();
        Self(socket)
    }

    async fn send(&mut self, text: impl Into<String>) {
        self.0.send(Message::text(text.into())).await.unwrap();
    }

    /// The next message that is text.
    async fn next(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.0.next().await.unwrap().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// The code that the other side ends the connection with.
    async fn farewell(&mut self) -> CloseCode {
        loop {
            if let Message::Close(frame) = self.0.next().await.unwrap().unwrap() {
                return frame.unwrap().code;
            }
        }
    }

    /// Calls a method; nothing else may be said meanwhile.
    pub(crate) async fn rpc(&mut self, method: &str, params: Value) -> Value {
        let request = json!({"jsonrpc": "2.0", "id": method, "method": method, "params": params});
        self.send(request.to_string()).await;
        let response = self.next().await;
        assert_eq!(response["id"], method, "{response}");
        response
    }

    pub(crate) async fn subscribe(&mut self, params: Value) -> Value {
        self.rpc("eth_subscribe", params).await["result"].clone()
    }

    /// The next message, which must be news of a subscription.
    pub(crate) async fn news(&mut self, subscription: &Value) -> Value {
        let message = self.next().await;
        assert_eq!(message["method"], "eth_subscription", "{message}");
        assert_eq!(&message["params"]["subscription"], subscription);
        message["params"]["result"].clone()
    }
}

/// Emits a log with two topics.
async fn emit(node: &TestNode, contract: Address, words: [u8; 3]) -> B256 {
    let input: Bytes = words.map(B256::with_last_byte).concat().into();
    let request = TransactionRequest::default()
        .with_from(node.address(0))
        .with_to(contract)
        .with_input(input);
    node.send(request).await.transaction_hash
}

#[tokio::test]
async fn requests_and_batches_are_answered_as_over_http() {
    let node = TestNode::new();
    let mut socket = Socket::open(&node).await;
    for body in [
        r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#,
        r#"{"jsonrpc":"2.0","id":"a","method":"eth_nonsense"}"#,
        r#"[{"jsonrpc":"2.0","id":1,"method":"eth_chainId"},{"jsonrpc":"2.0","id":2,"method":"eth_getBlockByNumber","params":["latest",true]}]"#,
        "[]",
        "nonsense",
    ] {
        socket.send(body).await;
        assert_eq!(socket.next().await, node.post(body).json, "{body}");
    }
}

#[tokio::test]
async fn a_web_page_gets_no_connection() {
    let node = TestNode::new();
    for (header, value) in [
        ("Origin", "http://attacker.example"),
        ("Origin", "http://localhost:3000"),
        ("Host", "attacker.example"),
    ] {
        let mut request = node.node.ws_url().into_client_request().unwrap();
        let name = header.parse::<axum::http::HeaderName>().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        let Err(Error::Http(answer)) = connect_async(request).await else {
            panic!("{header}: {value} was let in");
        };
        assert_eq!(answer.status(), 403, "{header}: {value}");
    }
}

#[tokio::test]
async fn subscribers_hear_of_heads_logs_and_transactions() {
    let node = TestNode::new();
    let contract = node.deploy(LOGGER).await;
    let other = node.deploy(LOGGER).await;
    let mut heads = Socket::open(&node).await;
    let mut logs = Socket::open(&node).await;
    let mut hashes = Socket::open(&node).await;
    let mut whole = Socket::open(&node).await;
    let heads_id = heads.subscribe(json!(["newHeads"])).await;
    let topic = B256::with_last_byte(1);
    let filter = json!({"address": contract, "topics": [null, topic]});
    let logs_id = logs.subscribe(json!(["logs", filter])).await;
    let hashes_id = hashes.subscribe(json!(["newPendingTransactions"])).await;
    let whole_id = whole
        .subscribe(json!(["newPendingTransactions", true]))
        .await;

    let mut sent = Vec::new();
    for (emitter, words) in [
        (contract, [5, 2, 0]),
        (other, [5, 1, 0]),
        (contract, [5, 1, 9]),
    ] {
        sent.push(emit(&node, emitter, words).await);
    }
    for number in ["0x3", "0x4", "0x5"] {
        let head = heads.news(&heads_id).await;
        let block = node.result("eth_getBlockByNumber", &json!([number, false]));
        for field in [
            "number",
            "hash",
            "parentHash",
            "timestamp",
            "logsBloom",
            "gasLimit",
        ] {
            assert_eq!(head[field], block[field], "{field}");
        }
        assert!(head.get("transactions").is_none());
    }
    let receipt = node.result("eth_getTransactionReceipt", &json!([sent[2]]));
    assert_eq!(logs.news(&logs_id).await, receipt["logs"][0]);
    for hash in sent {
        assert_eq!(hashes.news(&hashes_id).await, json!(hash));
        assert_eq!(whole.news(&whole_id).await["hash"], json!(hash));
    }
}

#[tokio::test]
async fn logs_that_are_taken_back_are_told_again_as_removed() {
    let node = TestNode::new();
    let contract = node.deploy(LOGGER).await;
    let mut socket = Socket::open(&node).await;
    let mark = node.result("evm_snapshot", &json!([]));
    let logs = socket.subscribe(json!(["logs"])).await;
    let mut told = Vec::new();
    for word in [1, 2] {
        emit(&node, contract, [word, 0, 0]).await;
        told.push(socket.news(&logs).await);
    }
    assert_eq!(node.result("evm_revert", &json!([mark])), json!(true));
    emit(&node, contract, [3, 0, 0]).await;
    for log in told.iter().rev() {
        let mut removed = log.clone();
        removed["removed"] = json!(true);
        assert_eq!(socket.news(&logs).await, removed);
    }
    let new = socket.news(&logs).await;
    assert_eq!(new["topics"][0], json!(B256::with_last_byte(3)));
    assert_eq!(new["blockNumber"], told[0]["blockNumber"]);
}

#[tokio::test]
async fn a_subscription_that_is_given_up_brings_no_more_news() {
    let node = TestNode::new();
    let mut socket = Socket::open(&node).await;
    let first = socket.subscribe(json!(["newHeads"])).await;
    let second = socket.subscribe(json!(["newHeads"])).await;
    node.result("evm_mine", &json!([]));
    socket.news(&first).await;
    socket.news(&second).await;
    let gone = socket.rpc("eth_unsubscribe", json!([first])).await;
    assert_eq!(gone["result"], json!(true));
    node.result("evm_mine", &json!([]));
    // News go out in the order of the subscriptions.
    assert_eq!(socket.news(&second).await["number"], "0x2");
    let again = socket.rpc("eth_unsubscribe", json!([first])).await;
    assert_eq!(
        again["error"],
        json!({"code": -32_000, "message": "subscription not found"})
    );
}

#[tokio::test]
async fn many_blocks_at_once_are_all_told_in_order() {
    let node = TestNode::new();
    let mut socket = Socket::open(&node).await;
    let heads = socket.subscribe(json!(["newHeads"])).await;
    node.result("evm_mine", &json!([{"blocks": 600}]));
    for number in 1..=600_u64 {
        let head = socket.news(&heads).await;
        assert_eq!(head["number"], format!("{number:#x}"));
    }
}

#[tokio::test]
async fn what_cannot_be_subscribed_to_is_refused() {
    let node = TestNode::new();
    let mut socket = Socket::open(&node).await;
    for name in ["syncing", "nonsense"] {
        let refused = socket.rpc("eth_subscribe", json!([name])).await;
        let message = format!("no \"{name}\" subscription in eth namespace");
        assert_eq!(
            refused["error"],
            json!({"code": -32_601, "message": message})
        );
    }
    for method in ["eth_subscribe", "eth_unsubscribe"] {
        assert_eq!(
            node.error(method, &json!(["newHeads"])),
            (-32_601, "notifications not supported".to_owned())
        );
    }
    for _ in 0..MAX_SUBSCRIPTIONS {
        socket.subscribe(json!(["newHeads"])).await;
    }
    let refused = socket.rpc("eth_subscribe", json!(["newHeads"])).await;
    assert_eq!(refused["error"]["code"], -32_005);
    // Another connection has subscriptions of its own.
    let mut other = Socket::open(&node).await;
    assert!(other.subscribe(json!(["newHeads"])).await.is_string());
}

#[tokio::test]
async fn a_message_that_is_too_long_ends_the_connection() {
    let node = TestNode::new();
    let mut socket = Socket::open(&node).await;
    // Only the head of a frame (RFC 6455 §5.2): a masked text of one byte too many.
    let mut head = vec![0x81, 0xff];
    head.extend((MAX_BODY_BYTES as u64 + 1).to_be_bytes());
    head.extend([0; 4]);
    socket.0.get_mut().write_all(&head).await.unwrap();
    assert_eq!(socket.farewell().await, CloseCode::Size);
    let mut other = Socket::open(&node).await;
    assert_eq!(
        other.rpc("eth_chainId", json!([])).await["result"],
        "0x64aba"
    );
}

#[tokio::test]
async fn a_node_that_stops_says_farewell() {
    let node = TestNode::new();
    let mut socket = Socket::open(&node).await;
    socket.subscribe(json!(["newHeads"])).await;
    drop(node);
    assert_eq!(socket.farewell().await, CloseCode::Away);
}
