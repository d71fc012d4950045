//! One report of all benchmarks; called by `scripts/bench`.
//!
//! `bench-report --dir DIR --load TEXT [--quick] [--json] [--docs FILE] NAME=STATUS...`
//!
//! Reads what each benchmark printed (`DIR/NAME.json`) and said (`DIR/NAME.err`), writes `DIR/report.json` and
//! `DIR/report.md`, prints one of them, and ends with 0 if every bar is met, 1 if one is missed or a benchmark failed,
//! else 3 if one could not run.

mod machine;
mod markdown;
#[path = "../shared/report.rs"]
#[allow(dead_code, reason = "each benchmark uses its part")]
mod report;

use machine::Machine;
use report::{Report, Row};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

pub(crate) type Failure = Box<dyn std::error::Error>;

const USAGE: &str =
    "usage: bench-report --dir DIR --load TEXT [--quick] [--json] [--docs FILE] NAME=STATUS...";

/// How a benchmark ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Every bar is met.
    Met,
    /// A bar is missed.
    Missed,
    /// It gave no figures although it could have.
    Failed,
    /// This machine lacks what it needs.
    NotRun,
}

/// One benchmark.
#[derive(Debug, Serialize)]
pub(crate) struct Benchmark {
    name: String,
    outcome: Outcome,
    /// Why there are no figures.
    reason: Option<String>,
    /// In the document they stand together, as in that of a single benchmark.
    #[serde(skip)]
    bars: Vec<Figure>,
}

/// A figure, and how many times its baseline it is.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    benchmark: String,
    #[serde(flatten)]
    row: Row,
    ratio: Option<f64>,
}

/// All that is known of a run.
#[derive(Debug)]
pub(crate) struct Document {
    machine: Machine,
    /// With fewer repetitions.
    quick: bool,
    ok: bool,
    benchmarks: Vec<Benchmark>,
}

fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::from(3)
        }
    }
}

fn run() -> Result<u8, Failure> {
    let (mut dir, mut load, mut docs) = (None, None, None);
    let (mut quick, mut json, mut names) = (false, false, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match argument.as_str() {
            "--dir" => dir = Some(PathBuf::from(value()?)),
            "--load" => load = Some(value()?),
            "--docs" => docs = Some(PathBuf::from(value()?)),
            "--quick" => quick = true,
            "--json" => json = true,
            other => {
                let (name, status) = other.split_once('=').ok_or(USAGE)?;
                names.push((name.to_owned(), status.parse::<u8>()?));
            }
        }
    }
    let dir = dir.ok_or(USAGE)?;
    let benchmarks: Vec<_> = names
        .iter()
        .map(|(name, status)| Benchmark::read(&dir, name, *status))
        .collect();
    let document = Document {
        machine: Machine::this(load.ok_or(USAGE)?)?,
        quick,
        ok: benchmarks.iter().all(|it| it.outcome == Outcome::Met),
        benchmarks,
    };
    let text = document.json().to_string();
    fs::write(dir.join("report.json"), format!("{text}\n"))?;
    fs::write(dir.join("report.md"), markdown::whole(&document))?;
    if let Some(file) = docs {
        markdown::write_between_marks(&file, &markdown::brief(&document))?;
    }
    let shown = if json { text } else { document.text() };
    writeln!(std::io::stdout(), "{}", shown.trim_end())?;
    Ok(document.code())
}

impl Benchmark {
    /// What a benchmark left behind, which ended with this exit code.
    fn read(dir: &Path, name: &str, status: u8) -> Self {
        let printed = fs::read_to_string(dir.join(format!("{name}.json"))).unwrap_or_default();
        let (outcome, reason, bars) = match (status, serde_json::from_str::<Report>(&printed)) {
            (0 | 1, Ok(report)) => {
                let met = status == 0 && report.is_met();
                let outcome = if met { Outcome::Met } else { Outcome::Missed };
                (outcome, None, report.bars)
            }
            (3, _) => (Outcome::NotRun, Some(reason(dir, name)), Vec::new()),
            _ => {
                let reason = format!("exit code {status}: {}", reason(dir, name));
                (Outcome::Failed, Some(reason), Vec::new())
            }
        };
        let figures = bars.into_iter().map(|row| Figure {
            benchmark: name.to_owned(),
            ratio: row.baseline.filter(|it| *it > 0.0).map(|it| row.value / it),
            row,
        });
        Self {
            name: name.to_owned(),
            outcome,
            reason,
            bars: figures.collect(),
        }
    }
}

/// The sentence with which a benchmark gave up.
fn reason(dir: &Path, name: &str) -> String {
    let said = fs::read_to_string(dir.join(format!("{name}.err"))).unwrap_or_default();
    let sentence = said.lines().rev().find_map(|it| it.strip_prefix("error: "));
    let sentence = sentence.or_else(|| said.lines().rev().find(|it| !it.trim().is_empty()));
    sentence.unwrap_or("it said nothing").to_owned()
}

impl Document {
    /// Exit code of the whole.
    fn code(&self) -> u8 {
        let any = |outcome| self.benchmarks.iter().any(|it| it.outcome == outcome);
        if any(Outcome::Missed) || any(Outcome::Failed) {
            1
        } else if any(Outcome::NotRun) {
            3
        } else {
            0
        }
    }

    fn json(&self) -> Value {
        let bars: Vec<_> = self.benchmarks.iter().flat_map(|it| &it.bars).collect();
        json!({
            "machine": self.machine,
            "quick": self.quick,
            "ok": self.ok,
            "benchmarks": self.benchmarks,
            "bars": bars,
        })
    }

    fn text(&self) -> String {
        let parts = self.benchmarks.iter().map(|it| {
            if let Some(reason) = &it.reason {
                return format!("{}\n{}: {reason}\n", it.name, it.outcome.shown());
            }
            let bars = it.bars.iter().map(|figure| figure.row.clone()).collect();
            format!("{}\n{}", it.name, Report { bars }.text())
        });
        parts.collect::<Vec<_>>().join("\n")
    }
}

impl Outcome {
    pub(crate) fn shown(self) -> &'static str {
        match self {
            Self::Met => "every bar is met",
            Self::Missed => "a bar is missed",
            Self::Failed => "failed",
            Self::NotRun => "not run",
        }
    }
}
