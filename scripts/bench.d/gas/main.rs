//! Measures what every operation of the contracts costs; called by `scripts/bench gas`.
//!
//! `bench-gas --contracts DIR --budgets FILE [--records N] [--write-budgets] [--quick] [--json]`
//!
//! Gas is deterministic, so one run is enough; the figures are compared with hand-optimised Solidity
//! (`baseline.rs`), with the floor that no contract of this interface can go below, and with the budgets
//! in the tree.

#![allow(
    clippy::cast_precision_loss,
    reason = "gas of one transaction is far below 2⁵³"
)]

mod baseline;
mod budget;
#[allow(
    dead_code,
    reason = "only the comparison of two chains asks for the rest"
)]
mod chain;
#[path = "../shared/endpoint.rs"]
mod endpoint;
mod people;
#[path = "../shared/report.rs"]
#[allow(dead_code, reason = "each benchmark uses its part")]
mod report;
mod story;

use alloy::signers::local::PrivateKeySigner;
use chain::Chain;
use endpoint::Failure;
use report::{Bar, Report};
use std::{
    fmt::Write as _,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};
use story::Measured;
use stylus_devnode::{Config, DevNode};

const USAGE: &str = "usage: bench-gas --contracts DIR --budgets FILE [--records N] [--write-budgets] [--quick] [--json]";

/// Gives accounts without a zero byte in their addresses, which is what most have: such a byte is cheaper.
const SALT: &str = "benchmark";

struct Arguments {
    contracts: PathBuf,
    budgets: PathBuf,
    records: u32,
    write_budgets: bool,
    json: bool,
}

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

fn arguments() -> Result<Arguments, Failure> {
    let (mut contracts, mut budgets) = (None, None);
    let (mut records, mut quick, mut write_budgets, mut json) = (None, false, false, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match argument.as_str() {
            "--contracts" => contracts = Some(value()?.into()),
            "--budgets" => budgets = Some(value()?.into()),
            "--records" => records = Some(value()?.parse()?),
            "--write-budgets" => write_budgets = true,
            "--quick" => quick = true,
            "--json" => json = true,
            _ => return Err(USAGE.into()),
        }
    }
    Ok(Arguments {
        contracts: contracts.ok_or(USAGE)?,
        budgets: budgets.ok_or(USAGE)?,
        records: records.unwrap_or(if quick { 1_000 } else { 100_000 }),
        write_budgets,
        json,
    })
}

fn run() -> Result<bool, Failure> {
    let arguments = arguments()?;
    let (node, other) = (
        DevNode::try_spawn(Config::test())?,
        DevNode::try_spawn(Config::test())?,
    );
    let uncached = story::tell(&mut start(&other, &arguments.contracts, false)?)?;
    let mut chain = start(&node, &arguments.contracts, true)?;
    let cached = story::tell(&mut chain)?;
    let growth = story::approve_by_records(&mut chain, arguments.records)?;

    if arguments.write_budgets {
        budget::write(&arguments.budgets, &cached)?;
    }
    let budgets = budget::read(&arguments.budgets)?;
    let mut report = Report::default();
    for measured in &cached {
        let name = &measured.name;
        let gas = measured.gas as f64;
        if let Some(baseline) = baseline::of(name) {
            let solidity = baseline.adjusted(measured) as f64;
            let limit = 1.10 * solidity;
            report.add(
                format!("{name}: gas"),
                gas,
                "gas",
                Some(solidity),
                Bar::AtMost(limit),
            );
        } else {
            report.add(format!("{name}: gas"), gas, "gas", None, Bar::None);
        }
        // What is not in the budgets was added without one.
        let budget = budgets.get(name).copied().unwrap_or(0);
        let limit = budget as f64 * 1.02;
        report.add(
            format!("{name}: budget"),
            gas,
            "gas",
            Some(budget as f64),
            Bar::AtMost(limit),
        );
    }
    let least = growth.iter().map(|it| it.1).min().unwrap_or(0);
    for (records, gas) in &growth {
        report.add(
            format!("approve at {records} records: gas above the least"),
            (gas - least) as f64,
            "gas",
            None,
            Bar::AtMost(200.0),
        );
    }
    let text = if arguments.json {
        serde_json::to_string(&report)?
    } else {
        format!("{}\n{}", table(&uncached, &cached), report.text())
    };
    writeln!(std::io::stdout(), "{}", text.trim_end())?;
    Ok(report.is_met())
}

/// The embedded chain with both contracts; `cached`: they stand in the chain's cache.
fn start(node: &DevNode, contracts: &Path, cached: bool) -> Result<Chain, Failure> {
    // An owner of the chain, who may cache what it likes.
    let payer: PrivateKeySigner = node.accounts()[0].signer();
    let mut chain = Chain::connect(&node.url(), payer, SALT)?.with_traces();
    chain.deploy(contracts)?;
    if cached {
        chain.set_cached(0, true)?;
        chain.set_cached(1, true)?;
    }
    Ok(chain)
}

/// One row per operation, as Markdown.
fn table(uncached: &[Measured], cached: &[Measured]) -> String {
    let mut text = String::from(
        "| operation | gas, cached | uncached | WASM ink | slots new / changed | log bytes | floor | ÷ floor | A⁺ | ÷ A⁺ |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for (cold, it) in uncached.iter().zip(cached) {
        let ratio = |of: u64| format!("{:.2}", it.gas as f64 / of as f64);
        let floor = it.floor().map_or_else(
            || ("–".to_owned(), "–".to_owned()),
            |floor| (floor.to_string(), ratio(floor)),
        );
        let (solidity, ratio_to_solidity) = baseline::of(&it.name).map_or_else(
            || ("–".to_owned(), "–".to_owned()),
            |baseline| {
                let adjusted = baseline.adjusted(it);
                (adjusted.to_string(), ratio(adjusted))
            },
        );
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} / {} | {} | {} | {} | {solidity} | {ratio_to_solidity} |",
            it.name,
            it.gas,
            cold.gas,
            it.ink,
            it.new_slots,
            it.changed_slots,
            it.log_bytes,
            floor.0,
            floor.1,
        );
    }
    text.push('\n');
    for it in cached {
        if let Some(baseline) = baseline::of(&it.name) {
            let _ = writeln!(text, "A⁺ of {}: {}", it.name, baseline.items(it));
        }
    }
    text
}
