//! A node under measurement: its process, from start to end.

use crate::{Failure, client::Client};
use serde_json::json;
use std::{
    ffi::OsString,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Chain id of both nodes, so that they take the same signed transactions.
pub(crate) const CHAIN_ID: u64 = 412_346;
/// Longest a node may take to answer its first request.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// A program that runs a development chain.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<OsString>,
}

impl Program {
    /// Ours.
    pub(crate) fn stylus(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            arguments: ["--silent"].map(OsString::from).to_vec(),
        }
    }

    /// Ours, with the chain kept in a file.
    pub(crate) fn with_state(&self, state: &Path) -> Self {
        let mut program = self.clone();
        program.arguments.push("--state".into());
        program.arguments.push(state.into());
        program
    }

    /// Anvil, which mines each transaction as it arrives, as ours does.
    pub(crate) fn anvil(path: &Path) -> Self {
        let chain_id = CHAIN_ID.to_string();
        Self {
            path: path.to_owned(),
            arguments: ["--silent", "--chain-id", &chain_id]
                .map(OsString::from)
                .to_vec(),
        }
    }

    /// Starts it; returns when it answers.
    pub(crate) fn start(&self) -> Result<Node, Failure> {
        // The port is free again before the node asks for it; nothing else takes it that soon.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let started = Instant::now();
        let child = Command::new(&self.path)
            .args(&self.arguments)
            .arg("--port")
            .arg(address.port().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot start `{}`: {error}", self.path.display()))?;
        let mut node = Node {
            child,
            address,
            ready_after: Duration::ZERO,
        };
        loop {
            let answer =
                Client::connect(address).and_then(|mut it| it.number("eth_chainId", &json!([])));
            match answer {
                Ok(CHAIN_ID) => break,
                Ok(other) => return Err(format!("the node has the chain id {other}").into()),
                Err(_) if started.elapsed() < START_PATIENCE => {}
                Err(error) => return Err(error),
            }
            if let Some(status) = node.child.try_wait()? {
                return Err(format!("`{}` ended: {status}", self.path.display()).into());
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        node.ready_after = started.elapsed();
        Ok(node)
    }
}

/// A running node; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Node {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to the first answer.
    pub(crate) ready_after: Duration,
}

impl Node {
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        Client::connect(self.address)
    }

    /// Resident memory in bytes (proc(5), `VmRSS`).
    pub(crate) fn resident_bytes(&self) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        let kib = line.and_then(|it| it.trim().strip_suffix("kB"));
        let kib = kib.and_then(|it| it.trim().parse::<u64>().ok());
        Ok(kib.ok_or("no VmRSS")? * 1024)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
