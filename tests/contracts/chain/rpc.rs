//! JSON-RPC over one connection that is kept: a batch of questions costs one round trip.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use alloy_primitives::Bytes;
use serde_json::{Value, json};

/// One question.
pub(crate) struct Question(Value);

/// Why a question was not answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Fault {
    /// 3 = the call reverted.
    pub(crate) code: i64,
    pub(crate) message: String,
    /// What it reverted with.
    pub(crate) data: Option<Bytes>,
}

/// What a question was answered.
pub(crate) type Reply = Result<Value, Fault>;

impl Question {
    #[expect(clippy::needless_pass_by_value, reason = "made where it is asked")]
    pub(crate) fn new(method: &str, params: Value) -> Self {
        Self(json!({"jsonrpc": "2.0", "id": 0, "method": method, "params": params}))
    }
}

/// A connection to a node.
#[derive(Debug)]
pub(crate) struct Rpc {
    stream: BufReader<TcpStream>,
    host: SocketAddr,
}

impl Rpc {
    pub(crate) fn connect(host: SocketAddr) -> Self {
        let stream = TcpStream::connect(host).expect("the node listens");
        stream
            .set_nodelay(true)
            .expect("a connected socket takes the option");
        let stream = BufReader::with_capacity(1 << 16, stream);
        Self { stream, host }
    }

    /// Asks in this order; the answers come in the same.
    pub(crate) fn batch(&mut self, questions: Vec<Question>) -> Vec<Reply> {
        let asked = questions.len();
        let mut body = Vec::new();
        let questions: Vec<Value> = questions.into_iter().map(|question| question.0).collect();
        serde_json::to_writer(&mut body, &questions).expect("memory takes what is written");
        let answer = self.post(&body);
        let answer: Value = serde_json::from_slice(&answer).expect("the node answers in JSON");
        let Value::Array(answers) = answer else {
            panic!("no batch: {answer}");
        };
        assert_eq!(answers.len(), asked);
        answers.into_iter().map(reply).collect()
    }

    fn post(&mut self, body: &[u8]) -> Vec<u8> {
        let head = format!(
            "POST / HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.host,
            body.len()
        );
        let message = [head.as_bytes(), body].concat();
        self.stream
            .get_mut()
            .write_all(&message)
            .expect("the node reads");
        let mut length = None;
        loop {
            let mut line = String::new();
            let read = self.stream.read_line(&mut line).expect("the node answers");
            assert_ne!(read, 0, "the node closed the connection");
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok();
            }
        }
        let mut answer = vec![0; length.expect("the node says how long its answer is")];
        self.stream
            .read_exact(&mut answer)
            .expect("the node answers to the end");
        answer
    }
}

fn reply(mut answer: Value) -> Reply {
    let Some(error) = answer.get("error") else {
        return Ok(answer["result"].take());
    };
    let data = error["data"].as_str().map(|data| {
        data.parse()
            .unwrap_or_else(|_| panic!("no revert data: {error}"))
    });
    Err(Fault {
        code: error["code"].as_i64().expect("an error has a code"),
        message: error["message"].as_str().unwrap_or_default().to_owned(),
        data,
    })
}
