//! JSON-RPC and HTTP themselves.

use crate::harness::{TestNode, http};
use serde_json::{Value, json};
use stylus_devnode::rpc::{MAX_BATCH_REQUESTS, MAX_BODY_BYTES};

/// Code and id of a response that must be an error.
fn code_and_id(response: &Value) -> (i64, Value) {
    assert!(response.get("result").is_none(), "{response}");
    (
        response["error"]["code"].as_i64().unwrap(),
        response["id"].clone(),
    )
}

#[test]
fn malformed_json_is_a_parse_error() {
    let node = TestNode::new();
    for body in ["", "{", "{\"jsonrpc\":\"2.0\",", "nonsense", "\u{0}"] {
        let answer = node.post(body);
        assert_eq!(answer.status, 200);
        assert_eq!(
            code_and_id(&answer.json),
            (-32_700, Value::Null),
            "{body:?}"
        );
    }
}

#[test]
fn json_that_is_no_request_is_invalid() {
    let node = TestNode::new();
    for (body, id) in [
        ("1", Value::Null),
        ("\"eth_chainId\"", Value::Null),
        ("[]", Value::Null),
        (r#"{"id":7,"method":"eth_chainId"}"#, json!(7)),
        (
            r#"{"jsonrpc":"1.0","id":7,"method":"eth_chainId"}"#,
            json!(7),
        ),
        (r#"{"jsonrpc":"2.0","id":"a"}"#, json!("a")),
        (r#"{"jsonrpc":"2.0","id":"a","method":3}"#, json!("a")),
        (
            r#"{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}"#,
            Value::Null,
        ),
    ] {
        assert_eq!(code_and_id(&node.post(body).json), (-32_600, id), "{body}");
    }
}

#[test]
fn an_unknown_method_is_refused_by_name() {
    let node = TestNode::new();
    assert_eq!(
        node.error("eth_mining", &json!([])),
        (
            -32_601,
            "the method eth_mining does not exist/is not available".to_owned()
        )
    );
}

#[test]
fn wrong_parameters_name_the_argument() {
    let node = TestNode::new();
    let address = node.address(0);
    for (method, params, text) in [
        (
            "eth_getBalance",
            json!([]),
            "missing value for required argument 0 (address)",
        ),
        (
            "eth_getBalance",
            json!([null]),
            "missing value for required argument 0 (address)",
        ),
        (
            "eth_getBalance",
            json!({"address": address}),
            "non-array args",
        ),
        (
            "eth_getBalance",
            json!([address, "latest", 1]),
            "too many arguments, want at most 2",
        ),
        (
            "eth_chainId",
            json!([1]),
            "too many arguments, want at most 0",
        ),
    ] {
        assert_eq!(node.error(method, &params), (-32_602, text.to_owned()));
    }
    for (method, params, start) in [
        (
            "eth_getBalance",
            json!(["0x12"]),
            "invalid argument 0 (address): ",
        ),
        (
            "eth_getBalance",
            json!([address, "newest"]),
            "invalid argument 1 (block): ",
        ),
        (
            "eth_getBlockByNumber",
            json!(["latest", 1]),
            "invalid argument 1 (fullTransactions): ",
        ),
        (
            "eth_call",
            json!([{"to": 5}]),
            "invalid argument 0 (transaction): ",
        ),
        (
            "eth_sendRawTransaction",
            json!(["0xf"]),
            "invalid argument 0 (transaction): ",
        ),
        (
            "eth_getLogs",
            json!([{"fromBlock": -1}]),
            "invalid argument 0 (filter): ",
        ),
        (
            "eth_call",
            json!([{}, "latest", {(address.to_string()): {"coed": "0x"}}]),
            "invalid argument 2 (stateOverrides): ",
        ),
        (
            "eth_call",
            json!([{}, "latest", {}, {"blobBaseFee": "0x1"}]),
            "invalid argument 3 (blockOverrides): ",
        ),
        (
            "evm_increaseTime",
            json!([-1]),
            "invalid argument 0 (seconds): ",
        ),
    ] {
        let (code, message) = node.error(method, &params);
        assert_eq!(code, -32_602, "{method}");
        assert!(message.starts_with(start), "{method}: {message}");
        assert!(message.len() > start.len(), "{method}: {message}");
    }
}

#[test]
fn a_batch_is_answered_in_order_and_without_its_notifications() {
    let node = TestNode::new();
    let body = json!([
        {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"},
        {"jsonrpc": "2.0", "method": "eth_chainId"},
        {"jsonrpc": "2.0", "id": "two", "method": "no_such", "params": []},
        5,
        {"jsonrpc": "2.0", "id": null, "method": "net_version", "params": null},
    ]);
    let answer = node.post(&body.to_string()).json;
    let answers = answer.as_array().unwrap();
    assert_eq!(answers.len(), 4);
    assert_eq!(
        answers[0],
        json!({"jsonrpc": "2.0", "id": 1, "result": "0x64aba"})
    );
    assert_eq!(code_and_id(&answers[1]), (-32_601, json!("two")));
    assert_eq!(code_and_id(&answers[2]), (-32_600, Value::Null));
    assert_eq!(
        answers[3],
        json!({"jsonrpc": "2.0", "id": null, "result": "412346"})
    );
}

#[test]
fn only_notifications_get_no_content() {
    let node = TestNode::new();
    let one = json!({"jsonrpc": "2.0", "method": "evm_mine"});
    assert_eq!(node.post(&one.to_string()).status, 204);
    assert_eq!(node.post(&json!([one]).to_string()).status, 204);
    assert_eq!(node.result("eth_blockNumber", &json!([])), json!("0x2"));
}

#[test]
fn batches_and_bodies_are_bounded() {
    let node = TestNode::new();
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"});
    let most = node.post(&json!(vec![request.clone(); MAX_BATCH_REQUESTS]).to_string());
    assert_eq!(most.json.as_array().unwrap().len(), MAX_BATCH_REQUESTS);
    let more = node.post(&json!(vec![request; MAX_BATCH_REQUESTS + 1]).to_string());
    assert_eq!(code_and_id(&more.json), (-32_600, Value::Null));

    let padding = " ".repeat(MAX_BODY_BYTES);
    assert_eq!(node.post(&format!("{{}}{padding}")).status, 413);
    assert_eq!(node.result("eth_chainId", &json!([])), json!("0x64aba"));
}

#[test]
fn deep_nesting_is_refused_and_survived() {
    let node = TestNode::new();
    let answer = node.post(&"[".repeat(1 << 20));
    assert_eq!(code_and_id(&answer.json), (-32_700, Value::Null));
    assert_eq!(node.result("net_listening", &json!([])), json!(true));
}

#[test]
fn a_web_page_cannot_use_the_node() {
    let node = TestNode::new();
    let address = node.node.address();
    let body = br#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#;
    let plain = [("Content-Type", "text/plain"), ("Host", "localhost")];
    assert_eq!(http(address, &plain, body).status, 415);
    let rebound = [
        ("Content-Type", "application/json"),
        ("Host", "attacker.example"),
    ];
    assert_eq!(http(address, &rebound, body).status, 403);
    let fine = [
        ("Content-Type", "application/json"),
        ("Host", "127.0.0.1:1"),
    ];
    assert_eq!(http(address, &fine, body).status, 200);
}

#[test]
fn the_node_says_what_it_is() {
    let node = TestNode::new();
    assert_eq!(node.result("net_version", &json!([])), json!("412346"));
    assert_eq!(node.result("eth_syncing", &json!([])), json!(false));
    assert_eq!(node.result("eth_gasPrice", &json!([])), json!("0x5f5e100"));
    assert_eq!(
        node.result("eth_maxPriorityFeePerGas", &json!([])),
        json!("0x0")
    );
    assert_eq!(
        node.result("eth_accounts", &json!([]))
            .as_array()
            .unwrap()
            .len(),
        11
    );
    let version = node.result("web3_clientVersion", &json!([]));
    assert!(
        version.as_str().unwrap().starts_with("stylus-devnode/v"),
        "{version}"
    );
    assert_eq!(
        node.result("web3_sha3", &json!(["0x"])),
        json!("0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
    );
}

#[test]
fn every_method_of_the_table_is_served_or_refused_with_a_reason() {
    let node = TestNode::new();
    for (group, method) in stylus_devnode::rpc::methods() {
        let error = &node.rpc(method, &json!([]))["error"];
        let refused = error["code"] == -32_601;
        let expected =
            group == "refused by name" || error["message"] == "notifications not supported";
        assert_eq!(refused, expected, "{method}: {error}");
    }
}
