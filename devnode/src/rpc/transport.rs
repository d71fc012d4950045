//! HTTP/1.1: one POST carries one message; a GET can turn the connection into a WebSocket.

use super::{
    Api,
    listener::Bounded,
    message::{self, Promptly},
    websocket,
};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Request, State, ws::WebSocketUpgrade},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use std::{net::IpAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    time::timeout,
};

/// Longest body of a request in bytes, as in geth.
pub const MAX_BODY_BYTES: usize = 5 << 20;

/// How long the body of a request may take to arrive, as in geth (`ReadTimeout`).
const BODY_PATIENCE: Duration = Duration::from_secs(30);
/// Most connections over WebSocket at the same time.
const MAX_SOCKETS: usize = 1_024;
/// How long a stopping node says farewell to them.
const FAREWELL: Duration = Duration::from_millis(500);

/// What a request handler knows.
#[derive(Clone, Debug)]
struct Server {
    api: Arc<Api>,
    loopback: bool,
    stopped: watch::Receiver<bool>,
    /// Places for connections over WebSocket.
    sockets: Arc<Semaphore>,
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
    let sockets = Arc::new(Semaphore::new(MAX_SOCKETS));
    let router = Router::new()
        .route("/", post(answer).get(upgrade))
        .with_state(Server {
            api,
            loopback,
            stopped: stopped.clone(),
            sockets: Arc::clone(&sockets),
        });
    tokio::select! {
        // Accepting never ends by itself.
        _ = axum::serve(Bounded::new(listener), router) => {}
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
    // All places are free when the last has gone; who takes too long is left.
    let all = u32::try_from(MAX_SOCKETS).unwrap_or(u32::MAX);
    let _ = timeout(FAREWELL, sockets.acquire_many(all)).await;
}

async fn answer(State(server): State<Server>, request: Request) -> Response {
    let headers = request.headers();
    if server.loopback && !host_is_local(headers) {
        return foreign_host();
    }
    // A browser lets any page send other types without asking; JSON needs leave, which is not given.
    if !is_json(headers) {
        return (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "invalid content type, only application/json is supported\n",
        )
            .into_response();
    }
    let body = match timeout(BODY_PATIENCE, body(request)).await {
        Ok(Ok(body)) => body,
        Ok(Err(refusal)) => return refusal,
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    let answer = match message::answer_promptly(&server.api, None, &body) {
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

/// The whole body, or the refusal of one that is too long or breaks off.
async fn body(mut request: Request) -> Result<Bytes, Response> {
    DefaultBodyLimit::max(MAX_BODY_BYTES).apply(&mut request);
    Bytes::from_request(request, &())
        .await
        .map_err(IntoResponse::into_response)
}

/// Turns a connection into one that lasts. Only programs may have one: a browser names the page that
/// wants it, and no page may use the node.
async fn upgrade(State(server): State<Server>, request: Request) -> Response {
    if server.loopback && !host_is_local(request.headers()) {
        return foreign_host();
    }
    if request.headers().contains_key(header::ORIGIN) {
        return (StatusCode::FORBIDDEN, "origin not allowed\n").into_response();
    }
    let upgrade = match WebSocketUpgrade::from_request(request, &()).await {
        Ok(upgrade) => upgrade,
        Err(refusal) => return refusal.into_response(),
    };
    let Ok(place) = Arc::clone(&server.sockets).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many connections\n").into_response();
    };
    upgrade
        .max_message_size(MAX_BODY_BYTES)
        .max_frame_size(MAX_BODY_BYTES)
        // Each message is flushed; this is the unit in which a long one is cut.
        .write_buffer_size(0)
        .on_upgrade(async move |socket| {
            websocket::run(socket, server.api, server.stopped).await;
            drop(place);
        })
}

fn foreign_host() -> Response {
    (StatusCode::FORBIDDEN, "invalid host specified\n").into_response()
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
