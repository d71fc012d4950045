//! Measures records against `rage` and `age` in one run; called by `scripts/bench records`.
//!
//! `bench-records --rage PATH --age PATH --dir DIR [--quick] [--json]`, and for its own children
//! `bench-records encrypt|decrypt THREADS INPUT OUTPUT` and `bench-records memory THREADS BYTES`.

#![allow(
    clippy::cast_precision_loss,
    reason = "bytes and microseconds of a benchmark are far below 2⁵³"
)]

mod others;
mod ours;
#[path = "../shared/report.rs"]
mod report;

use report::{Bar, Report};
use std::{io::Write as _, path::PathBuf, process::ExitCode};

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "usage: bench-records --rage PATH --age PATH --dir DIR [--quick] [--json]";

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

fn run() -> Result<bool, Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [verb, rest @ ..] = arguments.as_slice()
        && !verb.starts_with("--")
    {
        ours::child(verb, rest)?;
        return Ok(true);
    }
    let (mut rage, mut age, mut dir) = (None, None, None);
    let (mut quick, mut json) = (false, false);
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().map(PathBuf::from).ok_or(USAGE);
        match argument.as_str() {
            "--rage" => rage = Some(value()?),
            "--age" => age = Some(value()?),
            "--dir" => dir = Some(value()?),
            "--quick" => quick = true,
            "--json" => json = true,
            _ => return Err(USAGE.into()),
        }
    }
    let (rage, age, dir) = (rage.ok_or(USAGE)?, age.ok_or(USAGE)?, dir.ok_or(USAGE)?);
    let mut report = Report::default();
    let bytes: u64 = if quick { 256 << 20 } else { 1 << 30 };
    let rounds = if quick { 3 } else { 5 };
    files(&mut report, &dir, &rage, &age, bytes, rounds)?;
    ours::small(&mut report, if quick { 1_000 } else { 10_000 })?;
    let text = if json {
        serde_json::to_string(&report)?
    } else {
        report.text()
    };
    writeln!(std::io::stdout(), "{}", text.trim_end())?;
    Ok(report.is_met())
}

/// Everything that is done to the large file, in turns, so that a noisy minute hits all alike.
fn files(
    report: &mut Report,
    dir: &std::path::Path,
    rage: &std::path::Path,
    age: &std::path::Path,
    bytes: u64,
    rounds: usize,
) -> Result<(), Failure> {
    let plain = dir.join("plain");
    ours::random_file(&plain, bytes)?;
    let rage = others::Other::new(rage, dir, "rage")?;
    let age = others::Other::new(age, dir, "age")?;
    let mut seconds: [Vec<f64>; 10] = Default::default();
    let mut processor = seconds.clone();
    let mut peak = 0;
    for _ in 0..rounds {
        let (ours, back) = (dir.join("ours"), dir.join("back"));
        let mut at = 0;
        let mut before = ours::cpu_of_children()?;
        let mut note = |figure: f64| -> Result<(), Failure> {
            seconds[at].push(figure);
            let now = ours::cpu_of_children()?;
            processor[at].push(now - before);
            before = now;
            at += 1;
            Ok(())
        };
        for threads in [1, 2] {
            let run = ours::spawn("encrypt", threads, &plain, &ours)?;
            note(run.seconds)?;
            peak = peak.max(run.peak_kib);
            let run = ours::spawn("decrypt", threads, &ours, &back)?;
            note(run.seconds)?;
            peak = peak.max(run.peak_kib);
        }
        for other in [&rage, &age] {
            note(other.encrypt(&plain)?)?;
            note(other.decrypt(&back)?)?;
        }
        for threads in [1, 2] {
            note(ours::in_memory(threads, bytes)?)?;
        }
        std::fs::remove_file(&back)?;
    }
    let median = |figures: &[f64]| {
        let mut all = figures.to_vec();
        all.sort_by(f64::total_cmp);
        bytes as f64 / f64::from(1 << 20) / all[all.len() / 2]
    };
    let speed = |index: usize| median(&seconds[index]);
    let unit = "MiB/s";
    for (direction, name) in ["encrypt and commit", "verify and decrypt"]
        .into_iter()
        .enumerate()
    {
        let (one, two) = (speed(direction), speed(2 + direction));
        let (rage, age) = (speed(4 + direction), speed(6 + direction));
        report.add(
            format!("{name}, one core"),
            one,
            unit,
            Some(rage),
            Bar::AtLeast(1.3 * rage),
        );
        // Says the same on a machine that has other things to do.
        report.add(
            format!("{name}, per second of processor"),
            median(&processor[direction]),
            unit,
            Some(median(&processor[4 + direction])),
            Bar::None,
        );
        report.add(
            format!("{name}, two cores"),
            two,
            unit,
            Some(age),
            Bar::AtLeast(1.3 * age),
        );
        report.add(
            format!("{name}, two cores to one"),
            two / one,
            "times",
            None,
            Bar::AtLeast(1.7),
        );
    }
    report.add(
        "encrypt in memory, without files, one core",
        speed(8),
        unit,
        None,
        Bar::None,
    );
    report.add(
        "encrypt in memory, without files, two cores",
        speed(9),
        unit,
        None,
        Bar::None,
    );
    report.add(
        "peak memory",
        peak as f64 / 1024.0,
        "MiB",
        None,
        Bar::AtMost(32.0),
    );
    Ok(())
}
