//! The command line of the node: flags as a clap group, and a node in the foreground. Shared by every
//! program that offers one; such a program adds its own `--json` and says where lines go.

use crate::{
    ArbosVersion, Config, ConsoleSink, DevNode, SpawnError, chain::ChainEvent,
    node::SHORTEST_BLOCK_TIME, store::StoreError,
};
use alloy_primitives::{
    U256,
    utils::{ParseUnits, parse_units},
};
use serde::Serialize;
use std::{
    fmt::Write as _,
    io,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::broadcast::{Receiver, error::RecvError},
};

/// Nitro's usual HTTP port.
pub const DEFAULT_PORT: u16 = 8547;

/// Longest time between blocks that can be asked for: a day.
const LONGEST_BLOCK_TIME: Duration = Duration::from_hours(24);

/// What help texts end with.
pub const AFTER_HELP: &str = "\
The endpoint is the first line on standard output, printed once the node answers; everything else goes
to standard error. Ctrl-C or SIGTERM ends the node with exit code 0, a second one at once. The funded
accounts are public knowledge: never use them on another chain.

Exit codes: 0 ended, 2 usage, 3 environment (a port that is taken, for instance).";

/// The flags of a node, without `--json`, which is the program's own.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Chain")]
pub struct Args {
    /// TCP port to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = DEFAULT_PORT)]
    pub port: u16,
    /// IP address to listen on; others than loopback let other machines use the chain
    #[arg(long, value_name = "IP", default_value = "127.0.0.1", value_parser = host)]
    pub host: IpAddr,
    /// Version of ArbOS, which decides the Stylus version and its limits: 40, 50, 51, 59 or 60
    #[arg(long, value_name = "VERSION", default_value_t = ArbosVersion::default())]
    pub arbos_version: ArbosVersion,
    /// Keep the chain in this file, and go on from it if it is there [default: in memory]
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Seconds between blocks, such as 2 or 0.25; without it each transaction makes a block at once
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    pub block_time: Option<Duration>,
    /// What each account starts with, in ether; a state file that is there has its own balances
    #[arg(long, value_name = "ETHER", default_value = "1000", value_parser = ether)]
    pub balance: U256,
    /// Say nothing on standard error but errors
    #[arg(long)]
    pub silent: bool,
}

/// Where lines for people go, one at a time and without a line end.
pub type Say = Arc<dyn Fn(&str) + Send + Sync>;

impl Args {
    /// The settings of the node. What programs print goes to `say`, unless the flags want silence.
    #[must_use]
    pub fn config(&self, say: &Say) -> Config {
        let console = (!self.silent).then(|| {
            let say = Arc::clone(say);
            ConsoleSink::new(move |contract, line| {
                say(&format!("{contract} prints: {}", printable(line)));
            })
        });
        Config {
            host: self.host,
            port: self.port,
            arbos_version: self.arbos_version,
            state: self.state.clone(),
            block_time: self.block_time,
            balance: self.balance,
            quiet: self.silent,
            console,
            ..Config::default()
        }
    }
}

/// An address; `localhost` is the loopback address of IPv4.
fn host(text: &str) -> Result<IpAddr, String> {
    if text == "localhost" {
        return Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    text.parse()
        .map_err(|_| "an IP address is expected, such as 127.0.0.1, ::1 or 0.0.0.0".to_owned())
}

/// A time between blocks.
fn seconds(text: &str) -> Result<Duration, String> {
    let expected = || {
        let (least, most) = (
            SHORTEST_BLOCK_TIME.as_secs_f64(),
            LONGEST_BLOCK_TIME.as_secs(),
        );
        format!("seconds from {least} to {most} are expected, such as 2 or 0.25")
    };
    text.parse()
        .ok()
        .and_then(|secs| Duration::try_from_secs_f64(secs).ok())
        .filter(|time| (SHORTEST_BLOCK_TIME..=LONGEST_BLOCK_TIME).contains(time))
        .ok_or_else(expected)
}

/// An amount of ether in wei.
fn ether(text: &str) -> Result<U256, String> {
    match parse_units(text, "ether") {
        // Nothing at all would be taken for zero.
        _ if !text.bytes().any(|it| it.is_ascii_digit()) => {
            Err("an amount of ether is expected, such as 1000 or 0.5".to_owned())
        }
        Ok(ParseUnits::U256(wei)) => Ok(wei),
        Ok(ParseUnits::I256(_)) => Err("an amount cannot be negative".to_owned()),
        Err(_) => Err("an amount of ether is expected, such as 1000 or 0.5".to_owned()),
    }
}

/// Foreign text on one line of a terminal: control characters are shown escaped.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// A running node for programs: what `--json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Endpoint {
    /// JSON-RPC over HTTP.
    pub url: String,
    /// JSON-RPC over WebSocket.
    pub ws_url: String,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Version of `ArbOS` at genesis.
    pub arbos_version: u64,
    /// Accounts funded at genesis.
    pub accounts: Vec<Account>,
}

/// A funded account. Its key is public knowledge.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// Address, with EIP-55 capitals.
    pub address: String,
    /// Private key, 32 bytes.
    pub private_key: String,
}

impl Endpoint {
    /// That of a node.
    pub fn of(node: &DevNode) -> Self {
        let accounts = node.accounts().iter().map(|account| Account {
            address: account.address().to_string(),
            private_key: account.private_key().to_string(),
        });
        Self {
            url: node.url(),
            ws_url: node.ws_url(),
            chain_id: node.chain_id(),
            arbos_version: node.config().arbos_version.get(),
            accounts: accounts.collect(),
        }
    }
}

/// What is said once a node runs: accounts, keys, chain, how to end it. Whole lines.
pub fn banner(node: &DevNode) -> String {
    let mut text = String::new();
    for (number, account) in node.accounts().iter().enumerate() {
        let _ = writeln!(
            text,
            "account {number:2}  {}  key {}",
            account.address(),
            account.private_key()
        );
    }
    let _ = writeln!(
        text,
        "chain id {}, ArbOS {}; these keys are public knowledge; end with Ctrl-C",
        node.chain_id(),
        node.config().arbos_version
    );
    text
}

/// What to be warned of: a node that others reach.
pub fn exposure(node: &DevNode) -> Option<String> {
    let host = node.config().host;
    (!host.is_loopback()).then(|| {
        format!("every machine that reaches {host} can use this chain: it asks for no password")
    })
}

/// What to do about a node that does not start.
pub fn hint(error: &SpawnError) -> Option<&'static str> {
    match error {
        SpawnError::Bind { source, .. } => Some(match source.kind() {
            io::ErrorKind::AddrInUse => {
                "another program has the port: choose one with `--port`, or `--port 0` for a free one"
            }
            io::ErrorKind::AddrNotAvailable => {
                "this machine does not have that address: choose one of its own with `--host`"
            }
            io::ErrorKind::PermissionDenied => {
                "ports below 1024 need privileges: choose another with `--port`"
            }
            _ => "choose another address with `--host` and `--port`",
        }),
        SpawnError::State(StoreError::Locked { .. }) => {
            Some("end the other node, or choose another file with `--state`")
        }
        SpawnError::State(_) => {
            Some("choose another file with `--state`; this one was left as it is")
        }
        SpawnError::Balance(_) => Some("choose a smaller amount with `--balance`"),
        SpawnError::Threads(_) => None,
    }
}

/// Whether the command line is to blame for a node that does not start, not the machine.
pub const fn is_usage(error: &SpawnError) -> bool {
    matches!(error, SpawnError::Balance(_))
}

/// How a node in the foreground ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By a signal, whole.
    Stopped,
    /// By a second SIGINT while it was stopping.
    Interrupted,
    /// By a second SIGTERM while it was stopping.
    Terminated,
}

/// The signals that end a node.
#[derive(Debug)]
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Takes SIGINT and SIGTERM over from the system. Needs a Tokio runtime.
    ///
    /// # Errors
    /// What the system says when it gives no handler.
    pub fn watch() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Ended {
        tokio::select! {
            _ = self.interrupt.recv() => Ended::Interrupted,
            _ = self.terminate.recv() => Ended::Terminated,
        }
    }
}

/// Keeps a node running until a signal comes, then stops it. Says what is mined, unless the node is to be
/// quiet.
pub async fn run(node: DevNode, mut signals: Signals, say: &Say) -> Ended {
    if node.config().quiet {
        signals.next().await;
    } else {
        let mut events = node.events();
        tokio::select! {
            // Blocks mined before the signal are still told.
            biased;
            () = tell(&mut events, say) => {}
            _ = signals.next() => {}
        }
    }
    let (stopped, wait) = tokio::sync::oneshot::channel();
    // Not a task of the runtime, which would wait for it: a second signal is not kept waiting.
    std::thread::spawn(move || {
        node.shutdown();
        let _ = stopped.send(());
    });
    tokio::select! {
        biased;
        _ = wait => Ended::Stopped,
        ended = signals.next() => ended,
    }
}

/// Says one line for each transaction that is mined, for as long as the chain lives.
async fn tell(events: &mut Receiver<ChainEvent>, say: &Say) {
    loop {
        match events.recv().await {
            Ok(ChainEvent::Added(block)) => {
                for entry in block.entries() {
                    let status = if entry.receipt.success {
                        "success"
                    } else {
                        "failed"
                    };
                    say(&format!(
                        "block {}  {}  {status}  gas {}",
                        block.number(),
                        entry.transaction.hash(),
                        entry.receipt.gas_used
                    ));
                }
            }
            Ok(ChainEvent::Removed(block)) => say(&format!("block {}  removed", block.number())),
            Ok(ChainEvent::Accepted(_)) => {}
            Err(RecvError::Lagged(lost)) => {
                say(&format!("{lost} events came too fast to be shown"));
            }
            Err(RecvError::Closed) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_ether() {
        assert_eq!(ether("0.5"), Ok(U256::from(500_000_000_000_000_000_u64)));
        assert_eq!(ether("0"), Ok(U256::ZERO));
        for wrong in ["-1", "one", "1e3", ""] {
            assert!(ether(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_between_blocks_are_seconds_with_fractions() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        assert_eq!(seconds("2"), Ok(Duration::from_secs(2)));
        for wrong in ["0", "-1", "86401", "inf", "NaN", "soon", ""] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_programs_print_cannot_steer_a_terminal() {
        assert_eq!(printable("a\u{1b}[2J\nb"), "a\\u{1b}[2J\\nb");
    }
}
