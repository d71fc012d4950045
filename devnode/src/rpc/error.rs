//! The one place where failures become JSON-RPC error codes.

use crate::{
    arbos,
    chain::{BalanceTooHigh, ChangeError, DecodeError, EstimateError, SubmitError, TimeError},
    evm::{self, ExecError, Halt},
};
use alloy_primitives::{Address, B256, Bytes};
use serde::Serialize;
use std::error::Error;

/// The body is not JSON (JSON-RPC 2.0 §5.1).
const PARSE_ERROR: i32 = -32_700;
/// It is JSON but no request (JSON-RPC 2.0 §5.1).
const INVALID_REQUEST: i32 = -32_600;
/// There is no such method (JSON-RPC 2.0 §5.1).
const METHOD_NOT_FOUND: i32 = -32_601;
/// The method's parameters are wrong (JSON-RPC 2.0 §5.1).
const INVALID_PARAMS: i32 = -32_602;
/// The node itself failed (JSON-RPC 2.0 §5.1).
const INTERNAL: i32 = -32_603;
/// The chain refused (EIP-1474 "server error"; geth's default for all that has no code).
const REFUSED: i32 = -32_000;
/// The answers to a batch are too long (geth `rpc/errors.go`).
const RESPONSE_TOO_LARGE: i32 = -32_003;
/// More is asked for than is given at once (EIP-1474 "limit exceeded").
const LIMIT_EXCEEDED: i32 = -32_005;
/// The call reverted; `data` holds the revert data (geth `internal/ethapi`, followed by every client).
const REVERTED: i32 = 3;

/// Why a request has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RpcError {
    /// The body is not JSON.
    #[error("parse error")]
    Parse(#[source] serde_json::Error),
    /// It is JSON but not a request.
    #[error("invalid request: {0}")]
    InvalidRequest(&'static str),
    /// A batch has more requests than one may.
    #[error("batch too large: {requests} requests, limit {limit}")]
    BatchTooLarge {
        /// Requests in it.
        requests: usize,
        /// Requests allowed.
        limit: usize,
    },
    /// There is no such method.
    #[error("the method {name} does not exist/is not available{}", suggestion(*near))]
    UnknownMethod {
        /// The name asked for.
        name: String,
        /// A method whose name is spelled nearly so.
        near: Option<&'static str>,
    },
    /// The method is one of other nodes, and cannot be served here.
    #[error("the method {method} does not exist/is not available: {reason}")]
    RefusedMethod {
        /// Its name.
        method: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// The node has no key of the account, and it is not impersonated (geth's words).
    #[error("unknown account `{0}`")]
    UnknownAccount(Address),
    /// Only connections that last can be told of news (geth's words and code).
    #[error("notifications not supported")]
    NotificationsUnsupported,
    /// There is no such thing to subscribe to.
    #[error("no {0:?} subscription in eth namespace")]
    UnknownSubscription(String),
    /// A connection has as many subscriptions as it may.
    #[error("too many subscriptions on this connection, limit {limit}")]
    TooManySubscriptions {
        /// Most subscriptions.
        limit: usize,
    },
    /// The connection has no such subscription.
    #[error("subscription not found")]
    SubscriptionNotFound,
    /// There are as many filters as there may be.
    #[error("too many filters, limit {limit}; uninstall some")]
    TooManyFilters {
        /// Most filters.
        limit: usize,
    },
    /// There is no such filter, or it is of another kind, or nobody asked it for too long.
    #[error("filter not found")]
    FilterNotFound,
    /// Parameters are not an array.
    #[error("non-array args")]
    NamedParams,
    /// A parameter is missing.
    #[error("missing value for required argument {index} ({name})")]
    MissingParam {
        /// Position from 0.
        index: usize,
        /// What it is.
        name: &'static str,
    },
    /// A parameter cannot be read.
    #[error("invalid argument {index} ({name}): {}", without_position(source))]
    InvalidParam {
        /// Position from 0.
        index: usize,
        /// What it is.
        name: &'static str,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// There are more parameters than the method has.
    #[error("too many arguments, want at most {most}")]
    TooManyParams {
        /// How many it has.
        most: usize,
    },
    /// A parameter can be read but asks for something that cannot be.
    #[error("invalid argument: {0}")]
    BadParam(String),
    /// More logs answer the query than one answer holds.
    #[error("query returned more than {limit} results, narrow its block range")]
    TooManyLogs {
        /// Most logs of an answer.
        limit: usize,
    },
    /// The answers to a batch have grown too long; this request of it was not executed.
    #[error("response too large")]
    ResponseTooLarge,
    /// The block named does not exist.
    #[error("header not found")]
    UnknownBlock,
    /// The block named by hash does not exist.
    #[error("unknown block `{0}`")]
    UnknownBlockHash(B256),
    /// The transaction named by hash is in no block.
    #[error("transaction `{0}` not found")]
    UnknownTransaction(B256),
    /// Nothing was executed in the genesis block.
    #[error("genesis is not traceable")]
    GenesisNotTraceable,
    /// Bytes are no transaction for this chain.
    #[error(transparent)]
    Transaction(#[from] DecodeError),
    /// The chain does not take the transaction.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The call cannot be started.
    #[error(transparent)]
    Execution(#[from] ExecError),
    /// The call reverted.
    #[error("{}", revert_text(.0))]
    Reverted(Bytes),
    /// The call was stopped.
    #[error(transparent)]
    Halted(#[from] Halt),
    /// No gas limit can be given.
    #[error(transparent)]
    Estimate(EstimateError),
    /// A balance is more than an account can be given.
    #[error(transparent)]
    Balance(#[from] BalanceTooHigh),
    /// The clock cannot be moved like that.
    #[error(transparent)]
    Time(#[from] TimeError),
    /// The chain could not be changed, for lack of space on the disk for instance.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The node failed.
    #[error("internal error: {0}")]
    Internal(String),
}

impl From<EstimateError> for RpcError {
    fn from(error: EstimateError) -> Self {
        match error {
            EstimateError::Reverted { output } => Self::Reverted(output),
            other => Self::Estimate(other),
        }
    }
}

/// An error object of JSON-RPC 2.0 §5.1.
#[derive(Debug, Serialize)]
pub(super) struct ErrorObject {
    code: i32,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Bytes>,
}

impl RpcError {
    /// The code a client sees.
    pub const fn code(&self) -> i32 {
        match self {
            Self::Parse(_) => PARSE_ERROR,
            Self::InvalidRequest(_) | Self::BatchTooLarge { .. } => INVALID_REQUEST,
            Self::UnknownMethod { .. }
            | Self::RefusedMethod { .. }
            | Self::NotificationsUnsupported
            | Self::UnknownSubscription(_) => METHOD_NOT_FOUND,
            Self::NamedParams
            | Self::MissingParam { .. }
            | Self::InvalidParam { .. }
            | Self::TooManyParams { .. }
            | Self::Balance(_)
            | Self::BadParam(_) => INVALID_PARAMS,
            Self::Execution(ExecError::Internal(_))
            | Self::Submit(SubmitError::Execution(ExecError::Internal(_)))
            | Self::Estimate(EstimateError::Refused(ExecError::Internal(_)))
            | Self::Change(_)
            | Self::Internal(_) => INTERNAL,
            Self::UnknownBlock
            | Self::SubscriptionNotFound
            | Self::FilterNotFound
            | Self::UnknownAccount(_)
            | Self::UnknownBlockHash(_)
            | Self::UnknownTransaction(_)
            | Self::GenesisNotTraceable
            | Self::Transaction(_)
            | Self::Submit(_)
            | Self::Execution(_)
            | Self::Halted(_)
            | Self::Estimate(_)
            | Self::Time(_) => REFUSED,
            Self::TooManyLogs { .. }
            | Self::TooManySubscriptions { .. }
            | Self::TooManyFilters { .. } => LIMIT_EXCEEDED,
            Self::ResponseTooLarge => RESPONSE_TOO_LARGE,
            Self::Reverted(_) => REVERTED,
        }
    }

    pub(super) fn object(&self) -> ErrorObject {
        ErrorObject {
            code: self.code(),
            message: self.message(),
            data: match self {
                Self::Reverted(output) => Some(output.clone()),
                _ => None,
            },
        }
    }

    /// The text with its causes: JSON-RPC has one string for all.
    fn message(&self) -> String {
        let mut message = self.to_string();
        // The other variants with a source already speak for it.
        let mut cause = match self {
            Self::Parse(error) => Some(error as &dyn Error),
            Self::Transaction(error) => error.source(),
            Self::Change(error) => error.source(),
            _ => None,
        };
        while let Some(error) = cause {
            let text = error.to_string();
            if !message.ends_with(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            cause = error.source();
        }
        message
    }
}

/// The method that was meant, after geth's words.
fn suggestion(near: Option<&'static str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean {near}?"))
}

/// What is wrong with a value. Where in the value's own text says nothing to a client.
fn without_position(error: &serde_json::Error) -> String {
    let mut text = error.to_string();
    if let Some(end) = text.rfind(" at line ") {
        text.truncate(end);
    }
    text
}

/// Geth's words: the plain message, and the reason after it if the data is `Error(string)`, a Solidity
/// panic, or (Nitro) an error of one of the chain's precompiles.
fn revert_text(output: &Bytes) -> String {
    let plain = "execution reverted";
    if let Some(reason) = evm::error_reason(output) {
        return format!("{plain}: {reason}");
    }
    match arbos::error_text(output) {
        Some(error) => format!("{plain}: {error}"),
        None => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use alloy::sol_types::{Panic, Revert, SolError};

    #[test]
    fn revert_texts_are_those_clients_look_for() {
        let reason = Revert::from("no").abi_encode();
        assert_eq!(
            RpcError::Reverted(reason.into()).to_string(),
            "execution reverted: no"
        );
        for (code, reason) in [
            (0x11_u64, "arithmetic underflow or overflow"),
            (0x01, "assert(false)"),
            (0x99, "unknown panic code: 0x99"),
        ] {
            let panic = Panic::from(code).abi_encode();
            assert_eq!(
                RpcError::Reverted(panic.into()).to_string(),
                format!("execution reverted: {reason}")
            );
        }
        for (data, error) in [
            ("0xcc944bf2".to_owned(), "ProgramUpToDate()"),
            (
                format!("0x16bd0cf8{:064x}", 7),
                "ProgramKeepaliveTooSoon(7)",
            ),
            (
                format!("0x09781ab7{:064x}{:064x}", 1, 2),
                "ProgramInsufficientValue(1, 2)",
            ),
        ] {
            assert_eq!(
                RpcError::Reverted(data.parse().unwrap()).to_string(),
                format!("execution reverted: error {error}")
            );
        }
        // The beginning of an error is none.
        let short = Bytes::from_static(&[0x16, 0xbd, 0x0c, 0xf8]);
        assert_eq!(RpcError::Reverted(short).to_string(), "execution reverted");
        let custom = Bytes::from_static(&[1, 2, 3]);
        let error = RpcError::Reverted(custom.clone());
        assert_eq!(error.to_string(), "execution reverted");
        assert_eq!(error.code(), 3);
        assert_eq!(error.object().data, Some(custom));
    }
}
