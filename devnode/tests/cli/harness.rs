//! The program itself as a process: started, asked, ended by signals.

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio},
};

/// A running program. It is killed when dropped.
pub(crate) struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
    /// The first line on standard output.
    pub(crate) first_line: String,
}

/// What is left of a program that has ended.
pub(crate) struct Rest {
    pub(crate) status: ExitStatus,
    /// Standard output after its first line.
    pub(crate) stdout: String,
    /// Standard error as far as it has not been read before.
    pub(crate) stderr: String,
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stylus-devnode"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs the program to its end: exit code, standard output, standard error.
pub(crate) fn refused(arguments: &[&str]) -> (i32, String, String) {
    let output = command(arguments).output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

impl Program {
    /// Starts it on a free port and waits for its first line.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = command(&[&["--port", "0"], arguments].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut first_line = String::new();
        stdout.read_line(&mut first_line).unwrap();
        if first_line.is_empty() {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            panic!("the program did not start: {text}");
        }
        Self {
            child,
            stdout,
            stderr,
            first_line,
        }
    }

    /// Its endpoint, if the first line is that.
    pub(crate) fn url(&self) -> &str {
        self.first_line.trim_end()
    }

    /// The next line on standard error.
    pub(crate) fn said(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        line
    }

    /// Sends a signal, `INT` or `TERM`, and waits for the end.
    pub(crate) fn end(mut self, signal: &str) -> Rest {
        self.signal(signal);
        self.rest()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end.
    pub(crate) fn rest(&mut self) -> Rest {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).unwrap();
        self.stderr.read_to_string(&mut stderr).unwrap();
        Rest {
            status: self.child.wait().unwrap(),
            stdout,
            stderr,
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Calls a method of the node behind an endpoint; its result.
pub(crate) fn ask(url: &str, method: &str, params: &Value) -> Value {
    try_ask(url, method, params).unwrap()
}

/// As [`ask`], of a node that may end meanwhile.
pub(crate) fn try_ask(url: &str, method: &str, params: &Value) -> std::io::Result<Value> {
    let address = url.strip_prefix("http://").unwrap();
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer
        .split_once("\r\n\r\n")
        .ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let mut answer: Value = serde_json::from_str(body)?;
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    Ok(answer["result"].take())
}
