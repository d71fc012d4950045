//! JSON-RPC over HTTP: where to, with TLS, and how much of an answer is read.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use alloy::rpc::json_rpc::{ErrorPayload, Id, Request, Response, ResponsePayload};
use alloy::rpc::json_rpc::{RpcRecv, RpcSend};
use reqwest::Url;
use serde_json::value::RawValue;

use crate::error::{Error, Result};

/// Longest answer that is read. A page of a thousand large events is a few megabytes.
const MAX_ANSWER_BYTES: usize = 32 << 20;

/// A node's endpoint, reached over TLS or on this machine.
pub(super) struct Transport {
    http: reqwest::Client,
    url: Url,
    next_id: AtomicU64,
}

/// Why an exchange with the node came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// The node answered with an error of its own.
    Refused(ErrorPayload),
    /// The node, or what stands before it, has no time now.
    Busy {
        /// What it said.
        status: reqwest::StatusCode,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// No answer.
    Unreachable(Box<dyn std::error::Error + Send + Sync>),
    /// The answer is no JSON-RPC answer of this request.
    Unusable(Box<dyn std::error::Error + Send + Sync>),
}

impl Failure {
    fn http(error: reqwest::Error) -> Self {
        // The library's message repeats the whole URL, tokens included.
        Self::Unreachable(Box::new(error.without_url()))
    }
}

impl Transport {
    /// Checks the URL of a node and prepares to talk to it. Nothing is sent yet.
    pub(super) fn new(url: &str, allow_http: bool) -> Result<Self> {
        let parsed = check(url, allow_http)?;
        // The library insists on a provider even for plain HTTP. Where the process has chosen one, that serves.
        let _chosen_before = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        if is_loopback(&parsed) {
            // A proxy of the environment cannot reach this machine's own node.
            builder = builder.no_proxy();
        }
        if parsed.scheme() == "http" {
            // Without TLS there is nothing to check, and the system's certificates take a while to read.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|source| Error::Unreachable {
            url: shown_url(&parsed),
            source: Box::new(source.without_url()),
        })?;
        Ok(Self {
            http,
            url: parsed,
            next_id: AtomicU64::new(0),
        })
    }

    /// The URL without anything secret.
    pub(super) fn shown_url(&self) -> String {
        shown_url(&self.url)
    }

    /// One request and its answer.
    pub(super) async fn request<P: RpcSend, R: RpcRecv>(
        &self,
        method: &'static str,
        params: P,
    ) -> Result<R, Failure> {
        let id = Id::Number(self.next_id.fetch_add(1, Ordering::Relaxed));
        let body = serde_json::to_vec(&Request::new(method, id.clone(), params))
            .map_err(|source| Failure::Unusable(Box::new(source)))?;
        let post = self.http.post(self.url.clone()).body(body);
        let post = post.header(reqwest::header::CONTENT_TYPE, "application/json");
        let mut answer = post.send().await.map_err(Failure::http)?;
        let status = answer.status();
        if is_busy(status) {
            let retry_after = answer.headers().get(reqwest::header::RETRY_AFTER);
            return Err(Failure::Busy {
                status,
                retry_after: retry_after.and_then(seconds),
            });
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(Failure::http)? {
            if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
                let message = format!("it is longer than `{MAX_ANSWER_BYTES}` bytes");
                return Err(Failure::Unusable(message.into()));
            }
            bytes.extend_from_slice(&chunk);
        }
        let answer: Response<Box<RawValue>> = match serde_json::from_slice(&bytes) {
            Ok(answer) => answer,
            // Nodes put JSON-RPC errors under other statuses, too; what is none is the server's own trouble.
            Err(_) if !status.is_success() => {
                return Err(Failure::Unreachable(format!("HTTP status {status}").into()));
            }
            Err(source) => return Err(Failure::Unusable(Box::new(source))),
        };
        match answer.payload {
            ResponsePayload::Failure(payload) => Err(Failure::Refused(payload)),
            ResponsePayload::Success(_) if answer.id != id => {
                Err(Failure::Unusable("it answers another request".into()))
            }
            ResponsePayload::Success(payload) => serde_json::from_str(payload.get())
                .map_err(|source| Failure::Unusable(Box::new(source))),
        }
    }
}

/// Whether a status says that nothing was done and that the same request may be answered later (RFC 6585 section 4,
/// RFC 9110 section 15.6.4). Gateways that gave up on the node (502, 504) do not say whether it has the request.
fn is_busy(status: reqwest::StatusCode) -> bool {
    use reqwest::StatusCode;
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    )
}

/// `Retry-After` in seconds (RFC 9110 section 10.2.3); a date is not worth a clock.
fn seconds(value: &reqwest::header::HeaderValue) -> Option<Duration> {
    let seconds = value.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Accepts `https://` to anywhere and `http://` to this machine, or to anywhere if `allow_http`.
fn check(url: &str, allow_http: bool) -> Result<Url> {
    // What cannot be parsed is not repeated: it may hold an access token in any place.
    let bad = |what, value: String| Err(Error::BadInput { what, value });
    let Ok(parsed) = url.parse::<Url>() else {
        return bad("not a URL of a node", scheme_of(url));
    };
    if !matches!(parsed.scheme(), "http" | "https") || parsed.host_str().is_none() {
        let what = "the URL of a node begins with http:// or https://";
        return bad(what, scheme_of(url));
    }
    if parsed.scheme() == "http" && !allow_http && !is_loopback(&parsed) {
        return Err(Error::InsecureUrl {
            url: shown_url(&parsed),
        });
    }
    Ok(parsed)
}

/// The scheme of a URL and nothing more.
fn scheme_of(url: &str) -> String {
    let is_scheme = |text: &&str| {
        text.len() <= 16
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    match url.split_once("://").map(|(scheme, _)| scheme) {
        Some(scheme) if is_scheme(&scheme) => format!("{scheme}://…"),
        _ => "…".to_owned(),
    }
}

/// A URL as it may be shown: path and query often hold access tokens.
/// What of a text that should be a node's URL can be shown; nothing of one that is none.
pub(super) fn shown(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "(no URL)".into(), |url| shown_url(&url))
}

fn shown_url(url: &Url) -> String {
    let more = if url.path().len() > 1 || url.query().is_some() {
        "/…"
    } else {
        ""
    };
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    format!(
        "{}://{}{port}{more}",
        url.scheme(),
        url.host_str().unwrap_or_default()
    )
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost"
        || host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn urls_are_shown_without_secrets() {
        for (url, shown) in [
            ("http://127.0.0.1:8547", "http://127.0.0.1:8547"),
            (
                "https://user:pass@node.example/v2/token?key=1",
                "https://node.example/…",
            ),
            ("https://node.example?key=1", "https://node.example/…"),
        ] {
            assert_eq!(shown_url(&url.parse().unwrap()), shown);
        }
    }

    #[test]
    fn loopback_hosts_are_recognised() {
        for (url, loopback) in [
            ("http://localhost:1", true),
            ("http://127.3.2.1", true),
            ("http://[::1]:5", true),
            ("http://localhost.example", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(&url.parse().unwrap()), loopback, "{url}");
        }
    }

    #[test]
    fn plain_http_leaves_this_machine_only_if_allowed() {
        for (url, allow, ok) in [
            ("http://127.0.0.1:8547", false, true),
            ("http://localhost:8547", false, true),
            ("https://node.example/v2", false, true),
            ("http://10.0.0.7:8547", false, false),
            ("http://node.example", false, false),
            ("http://node.example", true, true),
        ] {
            assert_eq!(check(url, allow).is_ok(), ok, "{url}");
        }
        let refused = check("http://me:secret@node.example/secret?k=secret", false).unwrap_err();
        assert_eq!(refused.code(), "rpc.insecure_url");
        assert!(!refused.to_string().contains("secret"), "{refused}");
        assert!(refused.to_string().contains("node.example"), "{refused}");
    }

    #[test]
    fn refused_urls_are_not_repeated() {
        for url in [
            "ftp://token@host/token",
            "token",
            "token://x",
            "http://token:token",
            "wss://host/token",
            "http://[token",
            "",
        ] {
            let error = check(url, true).unwrap_err();
            let shown = error.to_string();
            assert!(!shown.contains("token") || url == "token://x", "{shown}");
        }
    }
}
