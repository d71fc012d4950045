//! JSON-RPC of any node, by its URL.

use alloy::primitives::U64;
use reqwest::Url;
use serde_json::{Value, json};
use std::{error::Error, fmt, time::Duration};
use tokio::runtime::Runtime;

pub(crate) type Failure = Box<dyn Error>;

/// Longest a node may take for one answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// A node that answers with an error of its own.
#[derive(Debug)]
pub(crate) struct Refusal {
    method: String,
    /// JSON-RPC's code and the node's words.
    error: Value,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, error } = self;
        match error["message"].as_str() {
            Some(message) => write!(f, "the node refuses {method}: {message}"),
            None => write!(f, "the node refuses {method}: {error}"),
        }
    }
}

impl Error for Refusal {}

/// A node; one request at a time.
#[derive(Debug)]
pub(crate) struct Endpoint {
    runtime: Runtime,
    http: reqwest::Client,
    url: Url,
}

impl Endpoint {
    /// Prepares to talk to a node. Nothing is sent yet.
    pub(crate) fn new(url: &str) -> Result<Self, Failure> {
        let url = Url::parse(url).map_err(|error| format!("`{url}` is no URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(format!("`{url}` is no URL of HTTP").into());
        }
        // The library insists on a provider even for plain HTTP. Where the process has chosen one, that serves.
        let _chosen_before = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder().timeout(PATIENCE);
        if url.scheme() == "http" {
            // Without TLS there is nothing to check, and the system's certificates take a while to read.
            builder = builder.tls_certs_only([]);
        }
        if matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) {
            // A proxy of the environment cannot reach this machine's own node.
            builder = builder.no_proxy();
        }
        Ok(Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
            http: builder.build()?,
            url,
        })
    }

    /// The URL without what may be secret: many providers put a token into the path.
    pub(crate) fn shown(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Calls a method. A [`Refusal`] if the node answers with an error.
    pub(crate) fn call(&self, method: &str, params: &Value) -> Result<Value, Failure> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let exchange = async {
            let request = self
                .http
                .post(self.url.clone())
                .header("content-type", "application/json")
                .body(body.to_string());
            request.send().await?.bytes().await
        };
        let answer = self.runtime.block_on(exchange).map_err(|error| {
            let error = error.without_url();
            let cause = error.source().map(|it| format!(": {it}"));
            format!(
                "{} does not answer: {error}{}",
                self.shown(),
                cause.unwrap_or_default()
            )
        })?;
        let mut answer: Value = serde_json::from_slice(&answer)
            .map_err(|error| format!("{} speaks no JSON-RPC: {error}", self.shown()))?;
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(Refusal {
                method: method.to_owned(),
                error: answer["error"].take(),
            }
            .into()),
        }
    }

    /// Calls a method that answers with a number of at most 64 bits.
    pub(crate) fn number(&self, method: &str, params: &Value) -> Result<u64, Failure> {
        quantity(&self.call(method, params)?).map_err(|error| format!("{method}: {error}").into())
    }
}

/// A number of at most 64 bits as JSON-RPC writes it.
pub(crate) fn quantity(value: &Value) -> Result<u64, Failure> {
    let number: Result<U64, _> = serde_json::from_value(value.clone());
    Ok(number
        .map_err(|_| format!("`{value}` is not a number"))?
        .to())
}
