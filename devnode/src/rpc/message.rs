//! Requests, batches and responses of JSON-RPC 2.0.

use super::{
    Api, RpcError,
    methods::{self, Handler, Weight},
    params::Params,
    raw::RawList,
    session::Call,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// Bytes of results after which the rest of a batch is not executed, as in geth.
const MAX_BATCH_RESPONSE_BYTES: usize = 25_000_000;
/// Most requests in one batch.
pub const MAX_BATCH_REQUESTS: usize = 1_000;

/// A request as it stands in the text.
#[derive(Debug, Deserialize)]
struct Request<'a> {
    #[serde(borrow, default)]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<&'a RawValue>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

/// `null` is an id, unlike none at all.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// A request that is well formed.
#[derive(Debug)]
struct Checked<'a> {
    id: Option<&'a RawValue>,
    method: String,
    params: Option<&'a RawValue>,
}

/// What an answer to a message that cannot be understood carries: the id if there is one.
type Refusal<'a> = (Option<&'a RawValue>, Box<RpcError>);

/// What came of a message that was to be answered at once.
#[derive(Debug)]
pub(super) enum Promptly {
    /// It is answered; `None` if nothing in it wants an answer.
    Done(Option<Vec<u8>>),
    /// Answering may take long or has to wait for the chain: it is to be done elsewhere. Nothing has
    /// been executed.
    Later,
}

/// Answers the body of one message: a request or a batch of them.
///
/// `None` if nothing in it wants an answer (JSON-RPC 2.0 §4.1, notifications).
pub fn handle(api: &Api, body: &[u8]) -> Option<Vec<u8>> {
    answer(api, None, body)
}

/// Answers a message that came over a connection, if there is one that lasts.
pub(super) fn answer(api: &Api, call: Option<&Call<'_>>, body: &[u8]) -> Option<Vec<u8>> {
    match first_byte(body) {
        Some(b'[') => answer_batch(api, call, body),
        _ => match parse(body) {
            Ok(request) => execute(api, call, request),
            Err((id, error)) => Some(refuse(id, &error)),
        },
    }
}

/// Answers a message if that takes next to no time.
pub(super) fn answer_promptly(api: &Api, call: Option<&Call<'_>>, body: &[u8]) -> Promptly {
    if first_byte(body) == Some(b'[') {
        return Promptly::Later;
    }
    match parse(body) {
        Ok(request) => {
            let light = methods::find(&request.method)
                .is_none_or(|method| method.weight == Weight::Light && api.is_free());
            if light {
                Promptly::Done(execute(api, call, request))
            } else {
                Promptly::Later
            }
        }
        Err((id, error)) => Promptly::Done(Some(refuse(id, &error))),
    }
}

/// The answer when executing a message failed in the node itself.
pub(super) fn internal_failure(what: &str) -> Vec<u8> {
    refuse(None, &RpcError::Internal(what.to_owned()))
}

/// A message that tells a subscriber of something (geth's `eth_subscription`).
pub(super) fn notification<T: Serialize>(subscription: &str, result: &T) -> Vec<u8> {
    #[derive(Serialize)]
    struct Outer<'a, T> {
        jsonrpc: &'static str,
        method: &'static str,
        params: Inner<'a, T>,
    }
    #[derive(Serialize)]
    struct Inner<'a, T> {
        subscription: &'a str,
        result: &'a T,
    }
    encode(&Outer {
        jsonrpc: "2.0",
        method: "eth_subscription",
        params: Inner {
            subscription,
            result,
        },
    })
}

fn first_byte(body: &[u8]) -> Option<u8> {
    body.iter()
        .copied()
        .find(|byte| !byte.is_ascii_whitespace())
}

fn parse(body: &[u8]) -> Result<Checked<'_>, Refusal<'_>> {
    let invalid = |id, what| Err((id, Box::new(RpcError::InvalidRequest(what))));
    let request: Request<'_> = match serde_json::from_slice(body) {
        Ok(request) if first_byte(body) == Some(b'{') => request,
        Ok(_) => return invalid(None, "a request is an object"),
        Err(error) if error.is_data() => {
            // Only a whole JSON text is taken for a request that is wrong.
            return match serde_json::from_slice::<&RawValue>(body) {
                Ok(_) if first_byte(body) == Some(b'{') => invalid(None, "a member is named twice"),
                Ok(_) => invalid(None, "a request is an object"),
                Err(error) => Err((None, Box::new(RpcError::Parse(error)))),
            };
        }
        Err(error) => return Err((None, Box::new(RpcError::Parse(error)))),
    };
    let id = request.id;
    if id.is_some_and(|id| !matches!(id.get().as_bytes(), [b'n' | b'"' | b'-' | b'0'..=b'9', ..])) {
        return invalid(None, "an id is a string or a number");
    }
    if request.jsonrpc.map(RawValue::get) != Some("\"2.0\"") {
        return invalid(id, "`jsonrpc` must be \"2.0\"");
    }
    let method = request
        .method
        .and_then(|method| serde_json::from_str(method.get()).ok());
    let Some(method) = method else {
        return invalid(id, "`method` must be a string");
    };
    Ok(Checked {
        id,
        method,
        params: request.params,
    })
}

fn answer_batch(api: &Api, call: Option<&Call<'_>>, body: &[u8]) -> Option<Vec<u8>> {
    let requests: RawList<'_, MAX_BATCH_REQUESTS> = match serde_json::from_slice(body) {
        Ok(requests) => requests,
        Err(error) => return Some(refuse(None, &RpcError::Parse(error))),
    };
    if requests.count == 0 {
        return Some(refuse(None, &RpcError::InvalidRequest("empty batch")));
    }
    if requests.count > MAX_BATCH_REQUESTS {
        let error = RpcError::BatchTooLarge {
            requests: requests.count,
            limit: MAX_BATCH_REQUESTS,
        };
        return Some(refuse(None, &error));
    }
    let answers = answer_all(
        &requests.first,
        MAX_BATCH_RESPONSE_BYTES,
        |request| match parse(request.get().as_bytes()) {
            Ok(request) => execute(api, call, request),
            Err((id, error)) => Some(refuse(id, &error)),
        },
    );
    (!answers.is_empty()).then(|| {
        let mut batch = Vec::with_capacity(answers.iter().map(|answer| answer.len() + 1).sum());
        for answer in answers {
            batch.push(if batch.is_empty() { b'[' } else { b',' });
            batch.extend(answer);
        }
        batch.push(b']');
        batch
    })
}

/// Answers the requests of a batch in order. Once the answers are longer than `limit` bytes together
/// the rest is not executed.
fn answer_all(
    requests: &[&RawValue],
    limit: usize,
    mut answer: impl FnMut(&RawValue) -> Option<Vec<u8>>,
) -> Vec<Vec<u8>> {
    let mut bytes = 0_usize;
    let mut answers = Vec::new();
    for request in requests {
        if bytes <= limit {
            let answer = answer(request);
            bytes = bytes.saturating_add(answer.as_ref().map_or(0, Vec::len));
            answers.extend(answer);
        } else {
            match parse(request.get().as_bytes()) {
                Ok(Checked { id: None, .. }) => {}
                Ok(Checked { id, .. }) | Err((id, _)) => {
                    answers.push(refuse(id, &RpcError::ResponseTooLarge));
                }
            }
        }
    }
    answers
}

/// Executes one request; `None` for a notification.
fn execute(api: &Api, call: Option<&Call<'_>>, request: Checked<'_>) -> Option<Vec<u8>> {
    let outcome = Params::try_new(request.params).and_then(|params| {
        let Some(method) = methods::find(&request.method) else {
            return Err(methods::unknown(request.method));
        };
        match (method.handler, call) {
            (Handler::Plain(handler), _) => handler(api, params),
            (Handler::Session(handler), Some(call)) => handler(api, call, params),
            (Handler::Session(_), None) => Err(RpcError::NotificationsUnsupported),
            (Handler::Refused(reason), _) => Err(RpcError::RefusedMethod {
                method: method.name,
                reason,
            }),
        }
    });
    let id = request.id?;
    Some(match outcome {
        Ok(result) => respond(id, &result),
        Err(error) => refuse(Some(id), &error),
    })
}

fn respond(id: &RawValue, result: &RawValue) -> Vec<u8> {
    let (id, result) = (id.get(), result.get());
    let parts = [
        "{\"jsonrpc\":\"2.0\",\"id\":",
        id,
        ",\"result\":",
        result,
        "}",
    ];
    let mut response = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        response.extend_from_slice(part.as_bytes());
    }
    response
}

fn refuse(id: Option<&RawValue>, error: &RpcError) -> Vec<u8> {
    #[derive(Serialize)]
    struct Response<'a, E> {
        jsonrpc: &'static str,
        id: Option<&'a RawValue>,
        error: E,
    }
    encode(&Response {
        jsonrpc: "2.0",
        id,
        error: error.object(),
    })
}

fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    serde_json::to_vec(message).expect("responses have string keys and no failing parts")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_batch_stops_when_its_answers_are_too_long() {
        let text = |id| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m"}}"#);
        let batch = format!(
            r#"[{},{},{},{{"jsonrpc":"2.0","method":"m"}}]"#,
            text(1),
            text(2),
            text(3)
        );
        let requests: Vec<&RawValue> = serde_json::from_str(&batch).unwrap();
        let mut executed = 0;
        let answers = answer_all(&requests, 3, |_| {
            executed += 1;
            Some(b"123".to_vec())
        });
        // Each answer is three bytes: the second goes beyond.
        assert_eq!(executed, 2);
        assert_eq!(answers.len(), 3);
        assert_eq!(
            serde_json::from_slice::<Value>(&answers[2]).unwrap(),
            json!({"jsonrpc": "2.0", "id": 3, "error": {"code": -32003, "message": "response too large"}})
        );
    }
}
