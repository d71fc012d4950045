//! Requests, batches and responses of JSON-RPC 2.0.

use super::{Api, RpcError, error::ErrorObject, params::Params};
use serde::Serialize;
use serde_json::{Value, value::RawValue};

/// Bytes of results after which the rest of a batch is not executed, as in geth.
const MAX_BATCH_RESPONSE_BYTES: usize = 25_000_000;
/// Most requests in one batch.
pub const MAX_BATCH_REQUESTS: usize = 1_000;

/// A response object; exactly one of result and error is there.
#[derive(Debug, Serialize)]
struct Response {
    jsonrpc: &'static str,
    id: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject>,
}

impl Response {
    fn new(id: Value, outcome: Result<Box<RawValue>, RpcError>) -> Self {
        let (result, error) = match outcome {
            Ok(result) => (Some(result), None),
            Err(error) => (None, Some(error.object())),
        };
        Self {
            jsonrpc: "2.0",
            id,
            result,
            error,
        }
    }
}

/// Answers the body of one message: a request or a batch of them.
///
/// `None` if nothing in it wants an answer (JSON-RPC 2.0 §4.1, notifications).
pub fn handle(api: &Api, body: &[u8]) -> Option<Vec<u8>> {
    let message = match serde_json::from_slice(body) {
        Ok(message) => message,
        Err(error) => {
            return Some(encode(&Response::new(
                Value::Null,
                Err(RpcError::Parse(error)),
            )));
        }
    };
    match message {
        Value::Array(requests) if requests.is_empty() => Some(encode(&Response::new(
            Value::Null,
            Err(RpcError::InvalidRequest("empty batch")),
        ))),
        Value::Array(requests) if requests.len() > MAX_BATCH_REQUESTS => {
            let error = RpcError::BatchTooLarge {
                requests: requests.len(),
                limit: MAX_BATCH_REQUESTS,
            };
            Some(encode(&Response::new(Value::Null, Err(error))))
        }
        Value::Array(requests) => {
            let responses = respond_all(requests, MAX_BATCH_RESPONSE_BYTES, |request| {
                respond(api, request)
            });
            (!responses.is_empty()).then(|| encode(&responses))
        }
        request => respond(api, request).map(|response| encode(&response)),
    }
}

/// Answers the requests of a batch in order. Once the results are longer than `limit` bytes together
/// the rest is not executed.
fn respond_all(
    requests: Vec<Value>,
    limit: usize,
    mut respond: impl FnMut(Value) -> Option<Response>,
) -> Vec<Response> {
    let mut bytes = 0_usize;
    let mut responses = Vec::new();
    for request in requests {
        if bytes <= limit {
            let response = respond(request);
            let result = response
                .as_ref()
                .and_then(|response| response.result.as_ref());
            bytes = bytes.saturating_add(result.map_or(0, |result| result.get().len()));
            responses.extend(response);
        } else if let Some(id) = request.get("id") {
            responses.push(Response::new(id.clone(), Err(RpcError::ResponseTooLarge)));
        }
    }
    responses
}

/// The answer when executing a message failed in the node itself.
pub(super) fn internal_failure(what: &str) -> Vec<u8> {
    let error = RpcError::Internal(what.to_owned());
    encode(&Response::new(Value::Null, Err(error)))
}

/// Executes one request; `None` for a notification.
fn respond(api: &Api, request: Value) -> Option<Response> {
    let invalid = |id, what| Some(Response::new(id, Err(RpcError::InvalidRequest(what))));
    let Value::Object(mut request) = request else {
        return invalid(Value::Null, "a request is an object");
    };
    let id = request.remove("id");
    if !matches!(
        id,
        None | Some(Value::Null | Value::String(_) | Value::Number(_))
    ) {
        return invalid(Value::Null, "an id is a string or a number");
    }
    if request.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return invalid(id.unwrap_or_default(), "`jsonrpc` must be \"2.0\"");
    }
    let Some(Value::String(method)) = request.remove("method") else {
        return invalid(id.unwrap_or_default(), "`method` must be a string");
    };
    let outcome =
        Params::try_new(request.remove("params")).and_then(|params| api.call(&method, params));
    id.map(|id| Response::new(id, outcome))
}

fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    serde_json::to_vec(message).expect("responses have string keys and no failing parts")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use serde_json::json;

    #[test]
    fn a_batch_stops_when_its_answers_are_too_long() {
        let requests = vec![
            json!({"id": 1}),
            json!({"id": 2}),
            json!({"id": 3}),
            json!({}),
        ];
        let mut executed = 0;
        let responses = respond_all(requests, 3, |request| {
            executed += 1;
            let result = serde_json::value::to_raw_value("x").unwrap();
            Some(Response::new(request["id"].clone(), Ok(result)))
        });
        // Each result is three bytes: the second goes beyond.
        assert_eq!(executed, 2);
        let shown = serde_json::to_value(&responses).unwrap();
        assert_eq!(shown.as_array().unwrap().len(), 3);
        assert_eq!(
            shown[2],
            json!({"jsonrpc": "2.0", "id": 3, "error": {"code": -32003, "message": "response too large"}})
        );
    }
}
