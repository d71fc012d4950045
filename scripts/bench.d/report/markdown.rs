//! The report as Markdown.

use crate::{
    Benchmark, Document, Failure, Figure,
    report::{Row, shown},
};
use std::{fmt::Write as _, fs, path::Path};

/// Between these lines of a document stands what [`brief`] gives.
const BEGIN: &str = "<!-- figures, written by scripts/bench all --write-docs -->";
const END: &str = "<!-- end of the figures -->";
/// More figures of a kind than this are told by the one that is nearest to its bar.
const MANY: usize = 10;

const HEAD: &str =
    "| figure | value | unit | baseline | ratio | bar | |\n|---|---:|---|---:|---:|---:|---|\n";

/// Every figure.
pub(crate) fn whole(document: &Document) -> String {
    format!("# Benchmarks\n\n{}", told(document, true))
}

/// The same for readers: without the many figures of one kind.
pub(crate) fn brief(document: &Document) -> String {
    told(document, false)
}

fn told(document: &Document, all: bool) -> String {
    let mut text = document.machine.shown();
    if document.quick {
        text.push_str(" With `--quick`: fewer repetitions.");
    }
    text.push('\n');
    for benchmark in &document.benchmarks {
        let (name, outcome) = (&benchmark.name, benchmark.outcome.shown());
        if let Some(reason) = &benchmark.reason {
            let _ = writeln!(text, "\n**{name}**: {outcome}: {reason}");
            continue;
        }
        let _ = write!(text, "\n**{name}**: {outcome}.\n\n{HEAD}");
        text.push_str(&if all {
            benchmark
                .bars
                .iter()
                .map(|it| line(&it.row.name, it))
                .collect()
        } else {
            folded(benchmark)
        });
    }
    text
}

fn line(name: &str, figure: &Figure) -> String {
    let Row {
        value,
        unit,
        baseline,
        bar,
        ok,
        ..
    } = &figure.row;
    let number = |value: &Option<f64>| value.map_or_else(|| "–".to_owned(), shown);
    let ratio = figure
        .ratio
        .map_or_else(|| "–".to_owned(), |it| format!("{it:.2}"));
    let verdict = match ok {
        Some(true) => "met",
        Some(false) => "**missed**",
        None => "",
    };
    format!(
        "| {name} | {} | {unit} | {} | {ratio} | {} | {verdict} |\n",
        shown(*value),
        number(baseline),
        number(bar)
    )
}

/// One line for many figures whose names end alike, after a colon.
fn folded(benchmark: &Benchmark) -> String {
    let kind = |figure: &Figure| figure.row.name.rsplit_once(": ").map(|it| it.1.to_owned());
    let (mut text, mut told) = (String::new(), Vec::new());
    for figure in &benchmark.bars {
        let alike: Vec<_> = benchmark
            .bars
            .iter()
            .filter(|it| kind(it).is_some() && kind(it) == kind(figure))
            .collect();
        if alike.len() <= MANY {
            text.push_str(&line(&figure.row.name, figure));
            continue;
        }
        let kind = kind(figure);
        if told.contains(&kind) {
            continue;
        }
        let barred = alike.iter().filter(|it| it.row.bar.is_some());
        let nearest = barred
            .clone()
            .min_by(|one, other| room(&one.row).total_cmp(&room(&other.row)));
        if let Some(nearest) = nearest {
            let name = format!(
                "nearest to its bar of {}: {}",
                barred.count(),
                nearest.row.name
            );
            text.push_str(&line(&name, nearest));
        }
        told.push(kind);
    }
    text
}

/// How far a figure is from its bar, as a part of the bar; negative if it is missed.
fn room(row: &Row) -> f64 {
    let distance = row
        .bar
        .map_or(f64::INFINITY, |bar| (bar - row.value).abs() / bar);
    if row.ok == Some(false) {
        -distance
    } else {
        distance
    }
}

/// Replaces what stands between the marks of a document.
pub(crate) fn write_between_marks(file: &Path, text: &str) -> Result<(), Failure> {
    let shown = file.display();
    let old = fs::read_to_string(file).map_err(|error| format!("{shown}: {error}"))?;
    let (before, rest) = old
        .split_once(BEGIN)
        .ok_or_else(|| format!("{shown} lacks `{BEGIN}`"))?;
    let (_, after) = rest
        .split_once(END)
        .ok_or_else(|| format!("{shown} lacks `{END}`"))?;
    Ok(fs::write(
        file,
        format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", text.trim_end()),
    )?)
}
