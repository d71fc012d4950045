//! Measures the development chain against anvil in one run; called by `scripts/bench devnode`.
//!
//! `bench-devnode --stylus-devnode PATH --anvil PATH [--only NAME] [--connections N] [--quick] [--json]`

#[path = "../shared/client.rs"]
mod client;
mod measure;
mod node;
#[path = "../shared/report.rs"]
mod report;
mod work;

use node::Program;
use report::Report;
use std::{io::Write, path::PathBuf, process::ExitCode};

pub(crate) use client::Failure;

const USAGE: &str = "usage: bench-devnode --stylus-devnode PATH --anvil PATH [--only NAME] [--connections N] [--quick] [--json]";

/// Measures one thing of both nodes.
type Measurement = fn(&Program, &Program, &Sizes, &mut Report) -> Result<(), Failure>;

/// How much is done.
#[derive(Debug)]
pub(crate) struct Sizes {
    /// Starts of each node.
    pub(crate) starts: usize,
    /// Blocks of the long chain.
    pub(crate) blocks: usize,
    /// Transfers whose latency is compared.
    pub(crate) latency_samples: usize,
    /// Transfers before the other node has its turn.
    pub(crate) round: usize,
    /// Calls in a round.
    pub(crate) calls: usize,
    pub(crate) call_rounds: usize,
    /// Transfers sent at once, and how often that is done.
    pub(crate) burst: usize,
    pub(crate) bursts: usize,
    /// Connections a burst is sent over.
    pub(crate) connections: usize,
    pub(crate) logs: u64,
    pub(crate) log_queries: u64,
}

const FULL: Sizes = Sizes {
    starts: 25,
    blocks: 10_000,
    latency_samples: 2_000,
    round: 400,
    calls: 4_000,
    call_rounds: 7,
    burst: 5_000,
    bursts: 3,
    connections: 5_000,
    logs: 100_000,
    log_queries: 101,
};

const QUICK: Sizes = Sizes {
    starts: 5,
    blocks: 1_000,
    latency_samples: 400,
    round: 200,
    calls: 1_000,
    call_rounds: 3,
    burst: 1_000,
    bursts: 1,
    connections: 1_000,
    logs: 10_000,
    log_queries: 21,
};

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::from(3)
        }
    }
}

/// Whether every bar is met.
fn run() -> Result<bool, Failure> {
    let (mut ours, mut anvil, mut only, mut connections) = (None, None, None, None);
    let (mut sizes, mut json) = (FULL, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match argument.as_str() {
            "--stylus-devnode" => ours = Some(PathBuf::from(value()?)),
            "--anvil" => anvil = Some(PathBuf::from(value()?)),
            "--only" => only = Some(value()?),
            "--connections" => connections = Some(value()?.parse()?),
            "--quick" => sizes = QUICK,
            "--json" => json = true,
            _ => return Err(USAGE.into()),
        }
    }
    let ours = Program::stylus(&ours.ok_or(USAGE)?);
    let anvil = Program::anvil(&anvil.ok_or(USAGE)?);
    if let Some(most) = connections {
        sizes.connections = sizes.connections.min(most);
    }

    let measurements: [(&str, Measurement); 6] = [
        ("ready", measure::ready),
        ("blocks", measure::blocks),
        ("throughput", measure::throughput),
        ("calls", measure::calls),
        ("logs", measure::logs),
        ("state", measure::state),
    ];
    let mut report = Report::default();
    for (name, measurement) in measurements {
        if only.as_deref().is_none_or(|it| it == name) {
            let _ = writeln!(std::io::stderr(), "measuring {name}");
            measurement(&ours, &anvil, &sizes, &mut report)?;
        }
    }
    let shown = if json {
        serde_json::to_string(&report)? + "\n"
    } else {
        report.text()
    };
    std::io::stdout().write_all(shown.as_bytes())?;
    Ok(report.is_met())
}
