//! HTTP/1.1: one POST carries one message.

use super::{
    Api,
    message::{self, Promptly},
};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
    serve::ListenerExt,
};
use std::{net::IpAddr, sync::Arc};
use tokio::{net::TcpListener, sync::watch};

/// Longest body of a request in bytes, as in geth.
pub const MAX_BODY_BYTES: usize = 5 << 20;

/// What a request handler knows.
#[derive(Clone, Debug)]
struct Server {
    api: Arc<Api>,
    loopback: bool,
}

/// Serves requests until `stopped` turns true or its sender is gone.
///
/// `loopback` says that the listener is on a loopback address: then only requests whose `Host` is an
/// address or `localhost` are answered, so that no web page can reach the node through a name of its
/// own (DNS rebinding).
pub async fn serve(
    listener: TcpListener,
    api: Arc<Api>,
    loopback: bool,
    mut stopped: watch::Receiver<bool>,
) {
    // Small answers must not wait for the peer's acknowledgement of the last one.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let router = Router::new()
        .route("/", post(answer))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Server { api, loopback });
    tokio::select! {
        // Accepting never ends by itself.
        _ = axum::serve(listener, router) => {}
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
}

async fn answer(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> Response {
    if server.loopback && !host_is_local(&headers) {
        return (StatusCode::FORBIDDEN, "invalid host specified\n").into_response();
    }
    // A browser lets any page send other types without asking; JSON needs leave, which is not given.
    if !is_json(&headers) {
        return (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "invalid content type, only application/json is supported\n",
        )
            .into_response();
    }
    let answer = match message::answer_promptly(&server.api, &body) {
        Promptly::Done(answer) => answer,
        // Execution may take seconds; other requests must be read meanwhile.
        Promptly::Later => tokio::task::spawn_blocking(move || message::handle(&server.api, &body))
            .await
            .unwrap_or_else(|_| {
                let what = "the request made the node panic";
                Some(message::internal_failure(what))
            }),
    };
    let Some(answer) = answer else {
        return StatusCode::NO_CONTENT.into_response();
    };
    ([(header::CONTENT_TYPE, "application/json")], answer).into_response()
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn host_is_local(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else {
        // HTTP/1.0 programs send none, browsers always do.
        return true;
    };
    host.to_str()
        .ok()
        .and_then(|host| host.parse::<axum::http::uri::Authority>().ok())
        .is_some_and(|authority| {
            let name = authority
                .host()
                .trim_start_matches('[')
                .trim_end_matches(']');
            name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn with(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn only_addresses_and_localhost_are_local() {
        for host in [
            "127.0.0.1:8547",
            "localhost",
            "LocalHost:1",
            "[::1]:8547",
            "10.0.0.1",
        ] {
            assert!(host_is_local(&with(header::HOST, host)), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example:8547",
            "127.0.0.1.evil.example",
            "",
        ] {
            assert!(!host_is_local(&with(header::HOST, host)), "{host}");
        }
    }

    #[test]
    fn json_may_carry_a_charset() {
        assert!(is_json(&with(
            header::CONTENT_TYPE,
            "application/json; charset=utf-8"
        )));
        assert!(!is_json(&with(header::CONTENT_TYPE, "text/plain")));
        assert!(!is_json(&HeaderMap::new()));
    }
}
