//! The chain of a test: one of its own in this process, or the one that `PATIENTPORT_TEST_RPC_URL` names.

use crate::{
    accounts::{Faucet, receipt},
    devnode::Devnode,
    foreign::{Foreign, post},
};
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc};
use stylus_devnode::{Config, DevNode};

/// Names the URL of a Stylus node that every test shall use instead of a chain of its own.
pub const RPC_URL_VARIABLE: &str = "PATIENTPORT_TEST_RPC_URL";

/// A Stylus chain. The embedded one ends with the test; a foreign one is shared by all tests.
#[derive(Debug)]
pub struct Node {
    chain: Chain,
    chain_id: u64,
    faucet: Faucet,
}

#[derive(Clone, Debug)]
enum Chain {
    Embedded(Arc<DevNode>),
    Foreign(Arc<Foreign>),
}

impl Node {
    /// The chain that `PATIENTPORT_TEST_RPC_URL` names, else [`Self::embedded`].
    ///
    /// # Panics
    /// If the chain does not answer or nobody's key is known who could pay there; as [`Self::embedded`].
    pub fn start() -> Self {
        match std::env::var(RPC_URL_VARIABLE) {
            Ok(url) if !url.is_empty() => Self::at(&url),
            _ => Self::embedded(),
        }
    }

    /// The chain of the node at this URL, whatever the environment says.
    ///
    /// # Panics
    /// If it does not answer or nobody's key is known who could pay there.
    pub fn at(url: &str) -> Self {
        let chain = Chain::Foreign(Arc::new(Foreign::new(url)));
        let chain_id = chain_id(&chain);
        Self {
            chain,
            chain_id,
            faucet: Faucet::of_foreign(chain_id),
        }
    }

    /// Starts a chain of the test's own on a free port, whatever the environment says. Its clock is the system's, as
    /// for a user.
    ///
    /// # Panics
    /// If the system has no port or thread left.
    pub fn embedded() -> Self {
        let config = Config {
            quiet: true,
            ..Config::default()
        };
        let node = DevNode::try_spawn(config).expect("the loopback interface has a free port");
        Self {
            chain_id: node.chain_id(),
            chain: Chain::Embedded(Arc::new(node)),
            faucet: Faucet::of_devnode(),
        }
    }

    /// URL of its JSON-RPC endpoint.
    pub fn url(&self) -> String {
        match &self.chain {
            Chain::Embedded(node) => node.url(),
            Chain::Foreign(node) => node.url(),
        }
    }

    /// Its socket, for proxies.
    ///
    /// # Panics
    /// If it is reached over TLS, or with a path: proxies of tests speak plain HTTP to the root.
    pub fn address(&self) -> SocketAddr {
        match &self.chain {
            Chain::Embedded(node) => node.address(),
            Chain::Foreign(node) => node.address(),
        }
    }

    /// What only the embedded chain can do.
    ///
    /// # Panics
    /// If the chain is a foreign one. Tests that call this stand in a module `on_devnode`, which a run on such a chain
    /// leaves out.
    #[track_caller]
    pub fn devnode(&self) -> Devnode<'_> {
        match &self.chain {
            Chain::Embedded(_) => Devnode::new(self),
            Chain::Foreign(node) => panic!(
                "this test needs the embedded chain and belongs into a module `on_devnode`; `{RPC_URL_VARIABLE}` \
                 names {}",
                node.url()
            ),
        }
    }

    /// Number of the chain.
    pub const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The number of blocks. On a foreign chain others make blocks as well: to see whether something was sent, count
    /// with [`crate::TestContext::sent`].
    pub fn block_number(&self) -> u64 {
        quantity(&self.rpc("eth_blockNumber", &json!([])))
    }

    /// Time of the newest block, in Unix seconds.
    pub fn now(&self) -> u64 {
        let block = self.rpc("eth_getBlockByNumber", &json!(["latest", false]));
        quantity(&block["timestamp"])
    }

    /// How many transactions of `account` were mined.
    pub fn transactions_of(&self, account: &str) -> u64 {
        quantity(&self.rpc("eth_getTransactionCount", &json!([account, "latest"])))
    }

    /// One JSON-RPC call of a standard method, which every node knows.
    ///
    /// # Panics
    /// If the node does not answer or answers with an error.
    #[track_caller]
    pub fn rpc(&self, method: &str, params: &Value) -> Value {
        let answer = self.try_rpc(method, params);
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// As [`Self::rpc`], for calls that may fail.
    ///
    /// # Errors
    /// What went wrong, or the node's error as it is.
    pub fn try_rpc(&self, method: &str, params: &Value) -> Result<Value, String> {
        self.chain.try_rpc(method, params)
    }

    /// The receipt of a transaction, as soon as it is mined.
    ///
    /// # Panics
    /// If it is not mined within two minutes.
    pub fn receipt(&self, hash: &Value) -> Value {
        receipt(self, hash)
    }

    /// Who pays for the people of a test.
    pub(crate) fn faucet(&self) -> &Faucet {
        &self.faucet
    }

    /// The same chain once more, for what has to outlive a borrow. `None` if it ends with the test anyway.
    pub(crate) fn shared(&self) -> Option<Self> {
        match &self.chain {
            Chain::Embedded(_) => None,
            Chain::Foreign(_) => Some(Self {
                chain: self.chain.clone(),
                chain_id: self.chain_id,
                faucet: self.faucet.clone(),
            }),
        }
    }
}

impl Chain {
    fn try_rpc(&self, method: &str, params: &Value) -> Result<Value, String> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = match self {
            Self::Embedded(node) => post(node.address(), &body.to_string()),
            Self::Foreign(node) => node.post(body.to_string())?,
        };
        let answer: Value =
            serde_json::from_str(&answer).map_err(|error| format!("{error}: {answer}"))?;
        match answer.get("error") {
            Some(error) => Err(error.to_string()),
            None => Ok(answer["result"].clone()),
        }
    }
}

fn chain_id(chain: &Chain) -> u64 {
    let id = chain.try_rpc("eth_chainId", &json!([]));
    quantity(&id.unwrap_or_else(|error| panic!("the chain of the tests does not answer: {error}")))
}

/// A JSON-RPC quantity that fits into 64 bits.
///
/// # Panics
/// If it is none.
#[track_caller]
pub(crate) fn quantity(value: &Value) -> u64 {
    let text = value.as_str().expect("a quantity is a string");
    u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("hexadecimal digits")
}
