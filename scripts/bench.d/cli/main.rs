//! Measures the program itself: how fast it starts, reads and sends; called by `scripts/bench cli`.
//!
//! `bench-cli --patientport PATH --cast PATH [--quick] [--json] [--requests N]`

#[expect(
    dead_code,
    reason = "shared by the benchmarks, each of which needs a part of it"
)]
#[path = "../shared/client.rs"]
mod client;
mod measure;
mod people;
#[expect(
    dead_code,
    reason = "shared by the benchmarks, each of which needs a part of it"
)]
#[path = "../shared/report.rs"]
mod report;
mod requests;

use people::Town;
use report::Report;
use std::{io::Write, path::PathBuf, process::ExitCode};

pub(crate) use client::Failure;

const USAGE: &str =
    "usage: bench-cli --patientport PATH --cast PATH [--quick] [--json] [--requests N]";

/// Requests that are made, and the bars in milliseconds for reading them the first time and again.
const SIZES: [(u32, f64, Option<f64>); 2] =
    [(10_000, 1_000.0, None), (100_000, 5_000.0, Some(200.0))];

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::from(3)
        }
    }
}

pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Whether every bar is met.
fn run() -> Result<bool, Failure> {
    let (mut program, mut cast, mut requests) = (None, None, None);
    let (mut quick, mut json) = (false, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match argument.as_str() {
            "--patientport" => program = Some(PathBuf::from(value()?)),
            "--cast" => cast = Some(PathBuf::from(value()?)),
            "--requests" => requests = Some(value()?.parse::<u32>()?),
            "--quick" => quick = true,
            "--json" => json = true,
            _ => return Err(USAGE.into()),
        }
    }
    let (program, cast) = (program.ok_or(USAGE)?, cast.ok_or(USAGE)?);
    let mut report = Report::default();
    say("measuring --help");
    measure::help(&program, &mut report, if quick { 20 } else { 100 })?;
    say("preparing a port");
    let town = Town::new(&program)?;
    say("measuring approvals");
    measure::approve(&town, &cast, &mut report, if quick { 5 } else { 11 })?;
    let sizes = match requests {
        Some(number) => vec![(number, f64::INFINITY, None)],
        None if quick => SIZES[..1].to_vec(),
        None => SIZES.to_vec(),
    };
    // A keystore takes as long as it was made to take: what is measured now is the rest.
    town.patient.use_quick_keystores()?;
    let mut maker = requests::Maker::new(&town)?;
    for (number, first, again) in sizes {
        say(&format!("making {number} requests"));
        maker.make(number)?;
        say("measuring the inbox");
        measure::inbox(&town, number, (first, again), &mut report)?;
    }
    let text = if json {
        format!("{}\n", serde_json::to_string(&report)?)
    } else {
        report.text()
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(report.is_met())
}
