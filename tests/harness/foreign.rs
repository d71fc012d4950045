//! A node that runs elsewhere: a Nitro development node, a testnet, a chain kept in a file.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _},
    sync::mpsc,
    time::Duration,
};

use reqwest::{Client, Url};
use tokio::runtime::{Builder, Runtime};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A node by its URL. Calls block; they run on a thread of its own, so that they may be made from anywhere.
#[derive(Debug)]
pub(crate) struct Foreign {
    url: Url,
    http: Client,
    runtime: Runtime,
}

impl Foreign {
    /// Prepares to talk to the node; nothing is sent yet.
    ///
    /// # Panics
    /// If this is no URL of a node.
    pub(crate) fn new(url: &str) -> Self {
        let url: Url = url
            .parse()
            .unwrap_or_else(|error| panic!("`{url}` is no URL of a node: {error}"));
        assert!(
            matches!(url.scheme(), "http" | "https"),
            "tests reach a node over http or https, not `{url}`"
        );
        // The library insists on a provider even for plain HTTP.
        let _chosen_before = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder().timeout(PATIENCE);
        if url.scheme() == "http" {
            client = client.tls_certs_only([]);
        }
        let host = url.host_str().unwrap_or_default();
        if host == "localhost" || host.parse().is_ok_and(|it: IpAddr| it.is_loopback()) {
            // A proxy of the environment cannot reach this machine's own node.
            client = client.no_proxy();
        }
        Self {
            http: client
                .build()
                .expect("the library's own settings fit together"),
            runtime: Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .expect("the system has a thread left"),
            url,
        }
    }

    /// The URL as the program takes it.
    pub(crate) fn url(&self) -> String {
        self.url.as_str().trim_end_matches('/').to_owned()
    }

    /// Its socket.
    ///
    /// # Panics
    /// If it is reached over TLS, or with a path.
    pub(crate) fn address(&self) -> SocketAddr {
        assert!(
            self.url.scheme() == "http" && self.url.path() == "/",
            "tests with a faulty network stand between the program and the node, and need one that is reached over \
             plain HTTP without a path, not `{}`",
            self.url
        );
        let host = self.url.host_str().expect("a URL over HTTP has a host");
        let port = self
            .url
            .port_or_known_default()
            .expect("HTTP has a port by default");
        let mut found = (host.trim_matches(['[', ']']), port)
            .to_socket_addrs()
            .unwrap_or_else(|error| panic!("`{host}` has no address: {error}"));
        found.next().expect("a name that resolves has an address")
    }

    /// One request and its answer.
    pub(crate) fn post(&self, body: String) -> Result<String, String> {
        let (result, answer) = mpsc::channel();
        let request = self
            .http
            .post(self.url.clone())
            .header("content-type", "application/json")
            .body(body);
        self.runtime.spawn(async move {
            let answer = async { request.send().await?.text().await };
            let answer = answer
                .await
                .map_err(|error| error.without_url().to_string());
            // Who asked waits for it, or has ended.
            let _ = result.send(answer);
        });
        answer
            .recv()
            .unwrap_or_else(|_| Err("the thread that asks has ended".to_owned()))
    }
}

/// An HTTP/1.0 POST, which ends with the connection: no client library is needed for a test's own calls on this machine.
///
/// # Panics
/// If nobody listens there, or the answer is none.
pub fn post(address: SocketAddr, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the node listens");
    let request = format!(
        "POST / HTTP/1.0\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream
        .write_all(request.as_bytes())
        .expect("the node reads");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("the node answers in UTF-8");
    let (_, body) = answer
        .split_once("\r\n\r\n")
        .expect("an HTTP answer has a body");
    body.to_owned()
}
