//! A node of its own for every test, a provider for its accounts, raw HTTP, and small EVM contracts.

use alloy::{
    network::{EthereumWallet, TransactionBuilder},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::types::{TransactionReceipt, TransactionRequest},
};
use alloy_primitives::{Address, Bytes};
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};
use stylus_devnode::{Config, DevNode};

/// Logs the third word of calldata under the first two as topics.
pub(crate) const LOGGER: &[u8] = &[
    0x60, 0x40, 0x35, 0x5f, 0x52, 0x60, 0x20, 0x35, 0x5f, 0x35, 0x60, 0x20, 0x5f, 0xa2, 0x00,
];
/// Reverts with its calldata.
pub(crate) const REVERTER: &[u8] = &[0x36, 0x5f, 0x5f, 0x37, 0x36, 0x5f, 0xfd];
/// Returns the block's timestamp.
pub(crate) const CLOCK: &[u8] = &[0x42, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3];
/// Stores the first word of calldata in slot 0.
pub(crate) const STORE: &[u8] = &[0x5f, 0x35, 0x5f, 0x55, 0x00];
/// Jumps in a circle until its gas is gone.
pub(crate) const ENDLESS: &[u8] = &[0x5b, 0x5f, 0x56];

/// Init code that returns `runtime`.
pub(crate) fn init_code(runtime: &[u8]) -> Bytes {
    let length = u16::try_from(runtime.len()).unwrap().to_be_bytes();
    let mut code = vec![
        0x61, length[0], length[1], 0x80, 0x60, 0x0a, 0x5f, 0x39, 0x5f, 0xf3,
    ];
    code.extend(runtime);
    code.into()
}

pub(crate) struct TestNode {
    pub(crate) node: DevNode,
    pub(crate) provider: DynProvider,
}

impl TestNode {
    pub(crate) fn new() -> Self {
        Self::with_config(Config::test())
    }

    pub(crate) fn with_config(config: Config) -> Self {
        let node = DevNode::try_spawn(config).unwrap();
        let mut wallet = EthereumWallet::new(node.accounts()[0].signer());
        for account in &node.accounts()[1..] {
            wallet.register_signer(account.signer());
        }
        // In a build of the whole workspace the HTTP client has TLS and wants to be told whose; a second
        // choice in the same process changes nothing.
        let _chosen_before = rustls::crypto::ring::default_provider().install_default();
        // Nonces are asked for each time: the default remembers them, which going back to a snapshot
        // makes wrong.
        let provider = ProviderBuilder::new()
            .disable_recommended_fillers()
            .with_gas_estimation()
            .with_simple_nonce_management()
            .fetch_chain_id()
            .wallet(wallet)
            .connect_http(node.url().parse().unwrap())
            .erased();
        provider
            .client()
            .set_poll_interval(Duration::from_millis(2));
        Self { node, provider }
    }

    pub(crate) fn address(&self, index: usize) -> Address {
        self.node.accounts()[index].address()
    }

    /// Sends a transaction and looks its receipt up once: it must be there at once. (The provider's own
    /// way to wait counts blocks upwards, which going back to a snapshot defeats.)
    pub(crate) async fn send(&self, request: TransactionRequest) -> TransactionReceipt {
        let pending = self.provider.send_transaction(request).await.unwrap();
        self.provider
            .get_transaction_receipt(*pending.tx_hash())
            .await
            .unwrap()
            .unwrap()
    }

    /// Deploys a contract and returns its address.
    pub(crate) async fn deploy(&self, runtime: &[u8]) -> Address {
        let request = TransactionRequest::default()
            .with_from(self.address(0))
            .with_deploy_code(init_code(runtime));
        let receipt = self.send(request).await;
        assert!(receipt.status());
        receipt.contract_address.unwrap()
    }

    /// Calls a method by hand and returns the whole response.
    pub(crate) fn rpc(&self, method: &str, params: &Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = self.post(&body.to_string());
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json["jsonrpc"], "2.0");
        assert_eq!(answer.json["id"], 1);
        answer.json
    }

    pub(crate) fn result(&self, method: &str, params: &Value) -> Value {
        let response = self.rpc(method, params);
        assert!(response.get("error").is_none(), "{method}: {response}");
        response["result"].clone()
    }

    /// Code and message of the error a method must answer with.
    pub(crate) fn error(&self, method: &str, params: &Value) -> (i64, String) {
        let response = self.rpc(method, params);
        assert!(response.get("result").is_none(), "{method}: {response}");
        let error = &response["error"];
        (
            error["code"].as_i64().unwrap(),
            error["message"].as_str().unwrap().to_owned(),
        )
    }

    pub(crate) fn post(&self, body: &str) -> HttpAnswer {
        http(
            self.node.address(),
            &[("Content-Type", "application/json"), ("Host", "localhost")],
            body.as_bytes(),
        )
    }
}

pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    /// Null if the body is not JSON.
    pub(crate) json: Value,
}

/// One POST over a connection of its own.
pub(crate) fn http(address: SocketAddr, headers: &[(&str, &str)], body: &[u8]) -> HttpAnswer {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut head = format!(
        "POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    // A server that refuses a long body may close before it has read it all.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    HttpAnswer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        json: serde_json::from_str(body).unwrap_or_default(),
    }
}
