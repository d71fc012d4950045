//! JSON-RPC over plain HTTP/1.1 connections that stay open: as little between the clock and the node as
//! can be, and the same bytes for every node.

use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

pub(crate) type Failure = Box<dyn std::error::Error>;

/// Longest a node may take for one answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// One connection, one request at a time.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A request as it goes over the wire.
pub(crate) fn request(method: &str, params: &Value) -> Vec<u8> {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Where the body of a whole answer stands in `buffer`; `None` while some of it is still missing.
pub(crate) fn body(buffer: &[u8]) -> Result<Option<std::ops::Range<usize>>, Failure> {
    let Some(end) = buffer.windows(4).position(|it| it == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&buffer[..end]);
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok())
        .ok_or_else(|| format!("an answer without a length: {head}"))?;
    let start = end + 4;
    Ok((buffer.len() >= start + length).then_some(start..start + length))
}

/// The result in the body of an answer.
pub(crate) fn result(body: &[u8]) -> Result<Value, Failure> {
    let mut answer: Value = serde_json::from_slice(body)?;
    match answer.get_mut("result") {
        Some(result) => Ok(result.take()),
        None => Err(format!("the node refused: {answer}").into()),
    }
}

/// A number of at most 64 bits as JSON-RPC writes it.
pub(crate) fn quantity(value: &Value) -> Result<u64, Failure> {
    let digits = value.as_str().and_then(|it| it.strip_prefix("0x"));
    let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    number.ok_or_else(|| format!("`{value}` is not a number").into())
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(1 << 16),
        })
    }

    /// Sends bytes made by [`request`] and returns the body of the answer.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Result<&[u8], Failure> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        let mut chunk = [0; 1 << 13];
        let body = loop {
            if let Some(body) = body(&self.buffer)? {
                break body;
            }
            let count = self.stream.read(&mut chunk)?;
            if count == 0 {
                return Err("the node closed the connection".into());
            }
            self.buffer.extend_from_slice(&chunk[..count]);
        };
        Ok(&self.buffer[body])
    }

    /// Calls a method.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Result<Value, Failure> {
        let request = request(method, params);
        result(self.exchange(&request)?).map_err(|error| format!("{method}: {error}").into())
    }

    /// Calls a method that answers with a number of at most 64 bits.
    pub(crate) fn number(&mut self, method: &str, params: &Value) -> Result<u64, Failure> {
        quantity(&self.call(method, params)?).map_err(|error| format!("{method}: {error}").into())
    }

    /// Asks for a receipt until it is there, without a pause.
    pub(crate) fn receipt(&mut self, hash: &Value) -> Result<Value, Failure> {
        let request = request("eth_getTransactionReceipt", &json!([hash]));
        let asked = Instant::now();
        while asked.elapsed() < PATIENCE {
            let receipt = result(self.exchange(&request)?)?;
            if !receipt.is_null() {
                return Ok(receipt);
            }
        }
        Err(format!("{hash} was not mined within {} s", PATIENCE.as_secs()).into())
    }
}
