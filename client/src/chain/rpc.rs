//! One JSON-RPC request: time limit, and what a failure means.

use std::time::Duration;

use alloy::primitives::Bytes;
use alloy::rpc::json_rpc::{ErrorPayload, RpcRecv, RpcSend};

use super::transport::Failure;
use super::{Call, Inner};
use crate::error::{Error, Result};
use crate::revert::Revert;

/// Waits before a busy node is asked again; after the last it is left alone.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];
/// The longest wait that a node may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Sends a request whose failure is never a contract's refusal.
pub(super) async fn request<P: RpcSend, R: RpcRecv>(
    inner: &Inner,
    method: &'static str,
    params: P,
) -> Result<R> {
    send(inner, method, params)
        .await?
        .map_err(|error| classify(inner, method, error))
}

/// Sends a request that makes the node execute `call`.
pub(super) async fn execute<P: RpcSend, R: RpcRecv>(
    inner: &Inner,
    method: &'static str,
    params: P,
    call: &Call,
) -> Result<R> {
    send(inner, method, params)
        .await?
        .map_err(|error| match &error {
            Failure::Refused(payload) => {
                outcome(payload, call).unwrap_or_else(|| classify(inner, method, error))
            }
            _ => classify(inner, method, error),
        })
}

async fn send<P: RpcSend, R: RpcRecv>(
    inner: &Inner,
    method: &'static str,
    params: P,
) -> Result<Result<R, Failure>> {
    let after = inner.options.timeout;
    let mut pauses = PAUSES.into_iter();
    loop {
        let answer = inner.transport.request(method, params.clone());
        let answer = tokio::time::timeout(after, answer)
            .await
            .map_err(|_| Error::Timeout {
                url: inner.shown_url.clone(),
                method,
                after,
            })?;
        // A busy node has done nothing, or so it says: the same transaction may be sent again, being the same.
        let Err(Failure::Busy { retry_after, .. }) = &answer else {
            return Ok(answer);
        };
        let Some(pause) = pauses.next() else {
            return Ok(answer);
        };
        tokio::time::sleep(retry_after.unwrap_or(pause).min(LONGEST_PAUSE)).await;
    }
}

pub(super) fn invalid(
    inner: &Inner,
    method: &'static str,
    source: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    Error::InvalidResponse {
        url: inner.shown_url.clone(),
        method,
        source: Box::new(source),
    }
}

/// What the execution came to, if the error is about that and not about the request.
fn outcome(payload: &ErrorPayload, call: &Call) -> Option<Error> {
    /// Beginnings of what nodes say about an execution that ended without revert data.
    const HALTS: [&str; 7] = [
        "out of gas",
        "gas required exceeds",
        "gas limit",
        "intrinsic gas",
        "invalid opcode",
        "stack ",
        "program activation failed",
    ];
    let message = payload.message.to_ascii_lowercase();
    let refused = |data: &[u8]| {
        Some(Error::Refused(Box::new(Revert::decode(
            Some(call.to),
            &call.data,
            data,
        ))))
    };
    if let Some(data) = revert_data(payload) {
        return refused(&data);
    }
    if payload.code == 3 || message.contains("execution reverted") {
        return refused(&[]);
    }
    HALTS
        .iter()
        .any(|halt| message.contains(halt))
        .then(|| Error::Halted {
            reason: one_line(&payload.message),
        })
}

/// Revert data wherever nodes put it: a hex string, or an object with a member `data`.
fn revert_data(payload: &ErrorPayload) -> Option<Bytes> {
    let value: serde_json::Value = serde_json::from_str(payload.data.as_ref()?.get()).ok()?;
    let text = value.as_str().or_else(|| value.get("data")?.as_str())?;
    text.parse().ok().filter(|data: &Bytes| !data.is_empty())
}

fn classify(inner: &Inner, method: &'static str, failure: Failure) -> Error {
    let url = inner.shown_url.clone();
    match failure {
        Failure::Refused(payload) => Error::Rpc {
            url,
            method,
            code: payload.code,
            message: one_line(&payload.message),
        },
        Failure::Busy { status, .. } => Error::Busy {
            url,
            status: status.as_u16(),
        },
        Failure::Unreachable(source) => Error::Unreachable { url, source },
        Failure::Unusable(source) => Error::InvalidResponse {
            url,
            method,
            source,
        },
    }
}

/// A node's words, on one line and short: they are shown to people.
fn one_line(text: &str) -> String {
    text.chars()
        .take(300)
        .flat_map(char::escape_debug)
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use alloy::primitives::{Address, U256};
    use serde_json::value::RawValue;

    use super::*;
    use crate::revert::Reason;

    fn payload(code: i64, message: &'static str, data: Option<&str>) -> ErrorPayload {
        let data = data.map(|text| RawValue::from_string(text.to_owned()).unwrap());
        ErrorPayload {
            code,
            message: message.into(),
            data,
        }
    }

    fn call() -> Call {
        Call {
            to: Address::ZERO,
            value: U256::ZERO,
            data: Bytes::new(),
        }
    }

    #[test]
    fn a_refusal_is_told_from_a_halt_and_from_the_nodes_own_error() {
        let reverted = outcome(
            &payload(3, "execution reverted", Some("\"0x01020304\"")),
            &call(),
        );
        let Some(Error::Refused(revert)) = reverted else {
            panic!("{reverted:?}")
        };
        assert!(matches!(revert.reason, Reason::Unknown(data) if data[..] == [1, 2, 3, 4]));
        let nested = payload(-32000, "reverted", Some(r#"{"data":"0x01020304"}"#));
        assert!(matches!(outcome(&nested, &call()), Some(Error::Refused(_))));
        let silent = outcome(&payload(-32000, "execution reverted", None), &call());
        let Some(Error::Refused(revert)) = silent else {
            panic!("{silent:?}")
        };
        assert!(matches!(revert.reason, Reason::Empty));
        let halted = outcome(&payload(-32000, "out of gas", None), &call());
        assert!(matches!(halted, Some(Error::Halted { .. })));
        assert!(outcome(&payload(-32601, "no such method", None), &call()).is_none());
    }
}
