//! The connection to a chain: reads, simulation, sending, logs.

mod handed_over;
mod logs;
mod program;
mod rpc;
mod signer;
mod transaction;
mod transport;
mod witness;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::{Address, B256, Bytes, U256};
use serde::Deserialize;
use serde_json::json;

use crate::error::{Error, Result};
use crate::units::{Timestamp, Wei};

pub use alloy::rpc::json_rpc::{RpcRecv, RpcSend};
pub use alloy::sol_types::{SolCall, SolEvent};
pub(crate) use program::ARB_WASM;

pub use handed_over::{
    HandedOver, MAX_FILE_BYTES as MAX_TRANSACTION_FILE_BYTES, Problem as HandedOverProblem, Says,
    SignedTransaction, UnsignedTransaction,
};
/// A URL as it may be shown: no user, password, path or query, which may hold access tokens.
pub fn shown_url(url: &str) -> String {
    transport::shown(url)
}

pub use logs::{Emitted, LogQuery};
pub use signer::{Device, Signer};
pub use transaction::{Call, Prepared, Transaction, TxReport};

/// How to talk to a node.
#[derive(Clone, Debug)]
pub struct Options {
    /// Longest wait for the answer to one request.
    pub timeout: Duration,
    /// Longest wait for a transaction's receipt.
    pub receipt_timeout: Duration,
    /// The chain that the node must serve; `None` = any.
    pub expected_chain_id: Option<u64>,
    /// Whether a node on another machine may be reached without TLS. Everybody on the way then sees, and can
    /// change, what it says.
    pub allow_http: bool,
    /// Another node of the same chain, which has to say the same of contracts; `None` = one node's word is enough.
    pub witness_url: Option<String>,
}

impl Default for Options {
    /// 30 s for an answer, 120 s for a receipt, any chain, TLS to other machines, one node.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            receipt_timeout: Duration::from_mins(2),
            expected_chain_id: None,
            allow_http: false,
            witness_url: None,
        }
    }
}

/// A node that serves one chain. Cheap to clone.
#[derive(Clone)]
pub struct Chain(Arc<Inner>);

struct Inner {
    transport: transport::Transport,
    /// The node's URL as it may be shown: no user, password, path or query, which may hold access tokens.
    shown_url: String,
    chain_id: u64,
    options: Options,
    witness: Option<Chain>,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain")
            .field("url", &self.0.shown_url)
            .field("chain_id", &self.0.chain_id)
            .finish_non_exhaustive()
    }
}

/// What a block's header says, as far as it matters here.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Header {
    #[serde(with = "alloy::serde::quantity")]
    timestamp: u64,
}

impl Chain {
    /// Connects to the node at `url` and asks which chain it serves.
    ///
    /// # Errors
    /// [`Error::BadInput`] for what is no URL of a node; [`Error::InsecureUrl`] for `http://` to another machine;
    /// [`Error::Unreachable`], [`Error::Timeout`]; [`Error::WrongChain`] if the options expect another one.
    pub async fn connect(url: &str, options: Options) -> Result<Self> {
        let transport = transport::Transport::new(url, options.allow_http)?;
        let shown_url = transport.shown_url();
        let expected = options.expected_chain_id;
        let mut inner = Inner {
            transport,
            shown_url,
            chain_id: 0,
            options,
            witness: None,
        };
        let id: U256 = rpc::request(&inner, "eth_chainId", ()).await?;
        inner.chain_id = id
            .try_into()
            .map_err(|source| rpc::invalid(&inner, "eth_chainId", source))?;
        if let Some(expected) = expected
            && expected != inner.chain_id
        {
            return Err(Error::WrongChain {
                expected,
                actual: inner.chain_id,
            });
        }
        if let Some(url) = &inner.options.witness_url {
            let options = Options {
                expected_chain_id: Some(inner.chain_id),
                witness_url: None,
                ..inner.options.clone()
            };
            inner.witness = Some(Box::pin(Self::connect(url, options)).await?);
        }
        Ok(Self(Arc::new(inner)))
    }

    /// The chain's id.
    pub fn chain_id(&self) -> u64 {
        self.0.chain_id
    }

    /// The node's URL without anything secret.
    pub fn shown_url(&self) -> &str {
        &self.0.shown_url
    }

    /// The options given when connecting.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// Calls a view function. A witness has to answer the same.
    ///
    /// # Errors
    /// [`Error::Disagreement`]; [`Error::Refused`] with the decoded refusal; [`Error::InvalidResponse`] if the answer is no answer of
    /// that function, which is so where there is no contract.
    pub async fn call<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return> {
        let raw = Call::view(to, call);
        let output = self
            .agreed("a view", async |node| node.call_raw(None, &raw).await)
            .await?;
        C::abi_decode_returns_validate(&output)
            .map_err(|source| rpc::invalid(&self.0, "eth_call", source))
    }

    /// As [`Self::call`], on top of what the node has not put into a block yet, where it knows of such.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn call_pending<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return> {
        let raw = Call::view(to, call);
        let ask = async |node: &Self| match node.call_at(None, &raw, "pending", None).await {
            // Some nodes keep no pending state.
            Err(Error::Rpc { .. }) => node.call_at(None, &raw, "latest", None).await,
            other => other,
        };
        let output = self.agreed("a view", ask).await?;
        C::abi_decode_returns_validate(&output)
            .map_err(|source| rpc::invalid(&self.0, "eth_call", source))
    }

    /// As [`Self::call`], for what changes from block to block: a witness is not asked.
    pub(crate) async fn call_alone<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return> {
        let output = self.call_raw(None, &Call::view(to, call)).await?;
        C::abi_decode_returns_validate(&output)
            .map_err(|source| rpc::invalid(&self.0, "eth_call", source))
    }

    /// The time at which a transaction sent now will be judged, at the earliest: the chain's, or the caller's
    /// clock where that is ahead. The newest block of an idle chain can be hours old.
    ///
    /// # Errors
    /// Those of reading the newest block.
    pub async fn now(&self, clock: Timestamp) -> Result<Timestamp> {
        let pending = match self.header("pending").await {
            Err(Error::Rpc { .. } | Error::InvalidResponse { .. }) => None,
            other => Some(other?.timestamp),
        };
        let latest = self.block_timestamp().await?;
        Ok(latest
            .max(clock)
            .max(Timestamp(pending.unwrap_or_default())))
    }

    /// Runs a call as `from` without sending it, and returns what it would return.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn simulate<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: &C,
    ) -> Result<C::Return> {
        let output = self.call_raw(Some(from), &Call::view(to, call)).await?;
        C::abi_decode_returns_validate(&output)
            .map_err(|source| rpc::invalid(&self.0, "eth_call", source))
    }

    /// Runs a call, as `from` if given, without sending it; returns the bytes it would return.
    pub async fn call_raw(&self, from: Option<Address>, call: &Call) -> Result<Bytes> {
        self.call_at(from, call, "latest", None).await
    }

    async fn call_at(
        &self,
        from: Option<Address>,
        call: &Call,
        block: &str,
        overrides: Option<serde_json::Value>,
    ) -> Result<Bytes> {
        let object = call.to_json(from);
        match overrides {
            Some(overrides) => {
                rpc::execute(&self.0, "eth_call", (object, block, overrides), call).await
            }
            None => match rpc::execute(&self.0, "eth_call", (object, block), call).await {
                Err(error) => Err(program::named(self, call, error).await),
                output => output,
            },
        }
    }

    /// Runs a call with a state of its own: the balance and the code of some accounts are replaced.
    pub(crate) async fn call_with_state(
        &self,
        from: Address,
        call: &Call,
        accounts: &[(Address, Option<U256>, Option<Bytes>)],
    ) -> Result<Bytes> {
        let overrides = accounts
            .iter()
            .map(|(address, balance, code)| {
                let mut account = serde_json::Map::new();
                if let Some(balance) = balance {
                    account.insert("balance".into(), json!(balance));
                }
                if let Some(code) = code {
                    account.insert("code".into(), json!(code));
                }
                (address.to_string(), account.into())
            })
            .collect::<serde_json::Map<_, _>>();
        self.call_at(Some(from), call, "latest", Some(overrides.into()))
            .await
    }

    /// The code at an address; empty if there is none. A witness has to say the same.
    ///
    /// # Errors
    /// [`Error::Disagreement`]; those of reaching the node.
    pub async fn code(&self, address: Address) -> Result<Bytes> {
        let ask =
            async |node: &Self| rpc::request(&node.0, "eth_getCode", (address, "latest")).await;
        self.agreed("a contract's code", ask).await
    }

    /// An account's balance.
    pub async fn balance(&self, address: Address) -> Result<Wei> {
        let balance: U256 = rpc::request(&self.0, "eth_getBalance", (address, "latest")).await?;
        // More than u128 holds exceeds all ether by far; only a development chain's gift can do that.
        Ok(Wei(balance.saturating_to()))
    }

    /// The number of the newest block.
    pub async fn block_number(&self) -> Result<u64> {
        let number: U256 = rpc::request(&self.0, "eth_blockNumber", ()).await?;
        number
            .try_into()
            .map_err(|source| rpc::invalid(&self.0, "eth_blockNumber", source))
    }

    /// The time of the newest block: the chain's idea of now.
    pub async fn block_timestamp(&self) -> Result<Timestamp> {
        self.header("latest")
            .await
            .map(|header| Timestamp(header.timestamp))
    }

    /// The time of one block.
    pub async fn timestamp_of(&self, block: u64) -> Result<Timestamp> {
        self.header(&format!("{block:#x}"))
            .await
            .map(|header| Timestamp(header.timestamp))
    }

    async fn header(&self, block: &str) -> Result<Header> {
        rpc::request(&self.0, "eth_getBlockByNumber", (block, false)).await
    }

    /// A transaction that can be looked at before it is sent.
    pub fn transaction<C: SolCall>(&self, to: Address, call: &C) -> Transaction {
        Transaction::new(
            self.clone(),
            Call {
                to,
                value: U256::ZERO,
                data: Bytes::from(call.abi_encode()),
            },
        )
    }

    /// Simulates, signs and sends a call, and waits for its receipt.
    ///
    /// # Errors
    /// As [`Transaction::send`].
    pub async fn send<C: SolCall>(
        &self,
        signer: &Signer,
        to: Address,
        call: &C,
    ) -> Result<TxReport> {
        self.transaction(to, call).send(signer).await
    }

    /// Waits for the receipt of a transaction that was sent, as after [`Error::ReceiptTimeout`].
    ///
    /// # Errors
    /// [`Error::ReceiptTimeout`]; [`Error::TransactionFailed`].
    pub async fn wait(&self, hash: B256) -> Result<TxReport> {
        transaction::wait(self, hash).await
    }

    /// Sends any JSON-RPC request, such as a development chain's own methods.
    ///
    /// # Errors
    /// [`Error::Rpc`] if the node refuses.
    pub async fn request<P: RpcSend, R: RpcRecv>(
        &self,
        method: &'static str,
        params: P,
    ) -> Result<R> {
        rpc::request(&self.0, method, params).await
    }

    /// Waits until every transaction that `account` sent is mined.
    ///
    /// # Errors
    /// [`Error::Unsettled`] if one is not within the time allowed for a receipt.
    pub async fn settle(&self, account: Address) -> Result<()> {
        transaction::settle(self, account).await
    }

    pub(crate) fn invalid_view(&self, what: &'static str) -> Error {
        self.invalid("eth_call", what)
    }

    pub(crate) fn invalid_receipt(&self, what: &'static str) -> Error {
        self.invalid("eth_getTransactionReceipt", what)
    }

    fn invalid(&self, method: &'static str, what: &'static str) -> Error {
        let url = self.0.shown_url.clone();
        Error::InvalidResponse {
            url,
            method,
            source: what.into(),
        }
    }
}
