//! A JSON-RPC proxy that loses what a bad network loses, or hides what a bad node hides.

use crate::foreign::post;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Transactions never reach the node: the connection is closed instead.
    LosesTransactions,
    /// Transactions reach the node, and its answer is lost: the connection is closed instead.
    LosesAnswersToTransactions,
    /// Transactions reach the node, which answers so many of them as if it had no time for them.
    TakesTransactionsAndSaysBusy {
        /// How often.
        times: u32,
    },
    /// The price of gas is told truly so many times, and is a hundred times as high after that.
    RaisesThePriceAfter {
        /// How often.
        times: u32,
    },
    /// Transactions reach the node twice; the second answer is passed on.
    SendsTransactionsTwice,
    /// Transactions arrive, but no receipt is ever found.
    HidesReceipts,
    /// Every answer takes so long.
    Delays(Duration),
    /// Answers to this method end in the middle.
    CutsAnswersTo(&'static str),
    /// Answers to this method are no JSON.
    GarblesAnswersTo(&'static str),
    /// So many requests with this method are answered with this status line and header lines, and go no further.
    Turns {
        /// A JSON-RPC method, or a part of its name.
        away: &'static str,
        /// How often.
        times: u32,
        /// Such as `429 Too Many Requests`, and lines that follow it.
        with: &'static str,
    },
    /// The last event of the contract at this address is missing from every answer about events.
    HidesTheLastEventOf(String),
    /// After the first event of the contract at this address stands one that never happened.
    InventsAnEventOf(String),
    /// The last two events of the contract at this address have changed places in every answer about events.
    SwapsTheLastEventsOf(String),
    /// A bit of the last event of the contract at this address is flipped in every answer about events.
    AltersTheLastEventOf(String),
}

/// A proxy in front of a node. Its threads end with the test's process.
#[derive(Debug)]
pub struct Proxy(SocketAddr);

/// What a proxy does with a request.
enum Reply {
    /// It gives this answer.
    Answer(String),
    /// It gives the first half of this answer, and closes the connection.
    Half(String),
    /// It answers with this status line and header lines alone.
    Status(&'static str),
    /// It closes the connection.
    Nothing,
}

impl Proxy {
    /// Starts a proxy on a free port in front of the node at `upstream`.
    ///
    /// # Panics
    /// If the system has no port left.
    pub fn start(upstream: SocketAddr, trouble: Trouble) -> Self {
        let turned = AtomicU32::new(0);
        Self::serving(move |body| reply(upstream, &trouble, &turned, body))
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
        Self::serving(move |body| {
            if judge(body) {
                Reply::Answer(post(upstream, body))
            } else {
                Reply::Nothing
            }
        })
    }

    /// Starts a proxy that lies: `lie` sees every request and may change the answer to it, as a whole.
    ///
    /// # Panics
    /// If the system has no port left.
    pub fn lying(
        upstream: SocketAddr,
        lie: impl Fn(&Value, &mut Value) + Send + Sync + 'static,
    ) -> Self {
        Self::serving(move |body| {
            let request = serde_json::from_str(body).expect("a client sends JSON");
            let answer = post(upstream, body);
            let mut answer = serde_json::from_str(&answer).expect("a node answers in JSON");
            lie(&request, &mut answer);
            Reply::Answer(answer.to_string())
        })
    }

    fn serving(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener =
            TcpListener::bind("127.0.0.1:0").expect("the loopback interface has a free port");
        let address = listener
            .local_addr()
            .expect("a listening socket has an address");
        let reply = Arc::new(reply);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let reply = Arc::clone(&reply);
                thread::spawn(move || serve(stream, &*reply));
            }
        });
        Self(address)
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.0)
    }
}

/// What becomes of a request in this trouble.
fn reply(upstream: SocketAddr, trouble: &Trouble, turned: &AtomicU32, body: &str) -> Reply {
    let is_about = |method: &str| body.contains(method);
    let is_sent = is_about("eth_sendRawTransaction");
    let answer = || post(upstream, body);
    let with_log = |alter: fn(&mut Vec<Value>, &str), contract: &str| {
        if is_about("eth_getLogs") {
            altered(&answer(), |events| alter(events, contract))
        } else {
            answer()
        }
    };
    Reply::Answer(match trouble {
        Trouble::LosesTransactions if is_sent => return Reply::Nothing,
        Trouble::LosesAnswersToTransactions if is_sent => {
            answer();
            return Reply::Nothing;
        }
        Trouble::TakesTransactionsAndSaysBusy { times } if is_sent => {
            let answer = answer();
            if turned.fetch_add(1, Ordering::SeqCst) < *times {
                return Reply::Status("503 Service Unavailable");
            }
            answer
        }
        Trouble::RaisesThePriceAfter { times } if is_about("eth_gasPrice") => {
            let answer = answer();
            if turned.fetch_add(1, Ordering::SeqCst) < *times {
                return Reply::Answer(answer);
            }
            let mut answer: Value = serde_json::from_str(&answer).expect("a node answers in JSON");
            let price = answer["result"].as_str().unwrap_or_default();
            let price = u64::from_str_radix(price.trim_start_matches("0x"), 16);
            let price = price.expect("a price is a number") * 100;
            answer["result"] = json!(format!("{price:#x}"));
            answer.to_string()
        }
        Trouble::SendsTransactionsTwice if is_sent => {
            answer();
            answer()
        }
        Trouble::HidesReceipts if is_about("eth_getTransactionReceipt") => {
            let request: Value = serde_json::from_str(body).expect("a client sends JSON");
            json!({"jsonrpc": "2.0", "id": request["id"], "result": null}).to_string()
        }
        Trouble::Delays(time) => {
            thread::sleep(*time);
            answer()
        }
        Trouble::CutsAnswersTo(method) if is_about(method) => return Reply::Half(answer()),
        Trouble::GarblesAnswersTo(method) if is_about(method) => answer().replace('{', "["),
        Trouble::Turns { away, times, with }
            if is_about(away) && turned.fetch_add(1, Ordering::SeqCst) < *times =>
        {
            return Reply::Status(with);
        }
        Trouble::HidesTheLastEventOf(contract) => with_log(hide, contract),
        Trouble::InventsAnEventOf(contract) => with_log(invent, contract),
        Trouble::SwapsTheLastEventsOf(contract) => {
            with_log(|events, of| swap(events, of), contract)
        }
        Trouble::AltersTheLastEventOf(contract) => {
            with_log(|events, of| alter(events, of), contract)
        }
        _ => answer(),
    })
}

/// Answers the requests of one connection until it ends or trouble strikes.
fn serve(stream: TcpStream, reply: &dyn Fn(&str) -> Reply) {
    let Ok(mut writer) = stream.try_clone() else {
        return;
    };
    let mut reader = BufReader::new(stream);
    while let Some(body) = read_request(&mut reader) {
        let (answer, is_last) = match reply(&body) {
            Reply::Answer(answer) => (head("200 OK", answer.len()) + &answer, false),
            Reply::Half(answer) => {
                let half = &answer[..answer.len() / 2];
                (head("200 OK", answer.len()) + half, true)
            }
            Reply::Status(line) => (head(line, 0), false),
            Reply::Nothing => return,
        };
        if writer.write_all(answer.as_bytes()).is_err() || is_last {
            return;
        }
    }
}

/// The head of an answer: status line with header lines, and the length of what follows.
fn head(status: &str, length: usize) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

/// An answer about events with other events.
fn altered(answer: &str, alter: impl FnOnce(&mut Vec<Value>)) -> String {
    let mut answer: Value = serde_json::from_str(answer).expect("a node answers in JSON");
    if let Some(events) = answer["result"].as_array_mut() {
        alter(events);
    }
    answer.to_string()
}

/// Where the events of a contract stand, the newest first.
fn places(events: &[Value], contract: &str) -> Vec<usize> {
    let of_contract = |event: &Value| {
        let address = event["address"].as_str().unwrap_or_default();
        address.eq_ignore_ascii_case(contract)
    };
    let places = 0..events.len();
    places
        .rev()
        .filter(|it| of_contract(&events[*it]))
        .collect()
}

fn hide(events: &mut Vec<Value>, contract: &str) {
    if let Some(last) = places(events, contract).first() {
        events.remove(*last);
    }
}

fn invent(events: &mut Vec<Value>, contract: &str) {
    if let Some(first) = places(events, contract).last() {
        let mut event = events[*first].clone();
        event["logIndex"] = json!("0xff");
        events.insert(first + 1, event);
    }
}

fn swap(events: &mut [Value], contract: &str) {
    if let [last, before, ..] = places(events, contract)[..] {
        for member in ["topics", "data"] {
            let content = events[last][member].take();
            events[last][member] = std::mem::replace(&mut events[before][member], content);
        }
    }
}

fn alter(events: &mut [Value], contract: &str) {
    let last = places(events, contract).first().copied();
    let data = last.map(|last| &mut events[last]["data"]);
    if let Some(Value::String(data)) = data
        && let Some(digit) = data.pop()
    {
        data.push(if digit == '0' { '1' } else { '0' });
    }
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
