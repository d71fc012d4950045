//! The chain of a test, with time control.

use serde_json::{Value, json};
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};
use stylus_devnode::{Config, DevNode};

/// A Stylus chain that ends with the test.
#[derive(Debug)]
pub struct Node(DevNode);

impl Node {
    /// Starts a chain on a free port. Its clock is the system's, as for a user.
    ///
    /// # Panics
    /// If the system has no port or thread left.
    pub fn start() -> Self {
        let config = Config {
            quiet: true,
            ..Config::default()
        };
        Self(DevNode::try_spawn(config).expect("the loopback interface has a free port"))
    }

    /// URL of its JSON-RPC endpoint.
    pub fn url(&self) -> String {
        self.0.url()
    }

    /// Its socket.
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Gives `account` exactly this many wei.
    pub fn set_balance(&self, account: &str, wei: u64) {
        self.rpc("anvil_setBalance", &json!([account, format!("{wei:#x}")]));
    }

    /// Moves the chain's clock forward and mines a block with the new time.
    pub fn pass(&self, time: Duration) {
        self.rpc("evm_increaseTime", &json!([time.as_secs()]));
        self.rpc("evm_mine", &json!([]));
    }

    /// The number of blocks, which grows by one with every transaction.
    ///
    /// # Panics
    /// If the node does not answer.
    pub fn block_number(&self) -> u64 {
        let number = self.rpc("eth_blockNumber", &json!([]));
        let number = number.as_str().expect("a block number is a quantity");
        u64::from_str_radix(number.trim_start_matches("0x"), 16).expect("hexadecimal digits")
    }

    /// One JSON-RPC call.
    ///
    /// # Panics
    /// If the node does not answer or answers with an error.
    pub fn rpc(&self, method: &str, params: &Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = post(self.0.address(), &body.to_string());
        let answer: Value = serde_json::from_str(&answer)
            .unwrap_or_else(|error| panic!("{method}: {error}: {answer}"));
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }
}

/// An HTTP/1.0 POST, which ends with the connection: no client library is needed for a test's own calls.
pub(crate) fn post(address: SocketAddr, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the node listens");
    let request = format!(
        "POST / HTTP/1.0\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream
        .write_all(request.as_bytes())
        .expect("the node reads");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("the node answers in UTF-8");
    let (_, body) = answer
        .split_once("\r\n\r\n")
        .expect("an HTTP answer has a body");
    body.to_owned()
}
