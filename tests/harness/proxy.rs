//! A JSON-RPC proxy that loses what a bad network loses, or hides what a bad node hides.

use crate::node::post;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Transactions never reach the node: the connection is closed instead.
    LosesTransactions,
    /// Transactions arrive, but no receipt is ever found.
    HidesReceipts,
    /// The last event of the contract at this address is missing from every answer about events.
    HidesTheLastEventOf(String),
}

/// A proxy in front of a node. Its threads end with the test's process.
#[derive(Debug)]
pub struct Proxy(SocketAddr);

impl Proxy {
    /// Starts a proxy on a free port in front of the node at `upstream`.
    ///
    /// # Panics
    /// If the system has no port left.
    pub fn start(upstream: SocketAddr, trouble: Trouble) -> Self {
        Self::serving(move |body| answered(upstream, &trouble, body))
    }

    /// Starts a proxy that shows every request to `judge` before it is passed on, and closes the connection instead where
    /// that is not liked.
    ///
    /// # Panics
    /// If the system has no port left.
    pub fn judged(
        upstream: SocketAddr,
        judge: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::serving(move |body| judge(body).then(|| post(upstream, body)))
    }

    fn serving(answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener =
            TcpListener::bind("127.0.0.1:0").expect("the loopback interface has a free port");
        let address = listener
            .local_addr()
            .expect("a listening socket has an address");
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answer = Arc::clone(&answer);
                thread::spawn(move || serve(stream, &*answer));
            }
        });
        Self(address)
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.0)
    }
}

/// The answer to a request; `None` where the connection is closed instead.
fn answered(upstream: SocketAddr, trouble: &Trouble, body: &str) -> Option<String> {
    match trouble {
        Trouble::LosesTransactions if body.contains("eth_sendRawTransaction") => None,
        Trouble::HidesReceipts if body.contains("eth_getTransactionReceipt") => {
            let request: Value = serde_json::from_str(body).expect("a client sends JSON");
            Some(json!({"jsonrpc": "2.0", "id": request["id"], "result": null}).to_string())
        }
        Trouble::HidesTheLastEventOf(contract) if body.contains("eth_getLogs") => {
            Some(without_last(&post(upstream, body), contract))
        }
        _ => Some(post(upstream, body)),
    }
}

/// Answers the requests of one connection until it ends or one is not answered.
fn serve(stream: TcpStream, answer: &dyn Fn(&str) -> Option<String>) {
    let Ok(mut writer) = stream.try_clone() else {
        return;
    };
    let mut reader = BufReader::new(stream);
    while let Some(body) = read_request(&mut reader) {
        let Some(answer) = answer(&body) else {
            return;
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        if writer.write_all((head + &answer).as_bytes()).is_err() {
            return;
        }
    }
}

/// An answer about events without the last one of a contract.
fn without_last(answer: &str, contract: &str) -> String {
    let mut answer: Value = serde_json::from_str(answer).expect("a node answers in JSON");
    if let Some(events) = answer["result"].as_array_mut() {
        let of_contract = |event: &Value| {
            let address = event["address"].as_str().unwrap_or_default();
            address.eq_ignore_ascii_case(contract)
        };
        if let Some(last) = events.iter().rposition(of_contract) {
            events.remove(last);
        }
    }
    answer.to_string()
}

/// The body of the next request; `None` when the connection ends.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}
