//! Figures and bars, in words and as JSON.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// What a bar asks of a figure.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bar {
    /// At most this much, in the figure's unit.
    AtMost(f64),
    /// At least this much.
    AtLeast(f64),
    /// Nothing: the figure is for information.
    None,
}

/// One figure.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    /// The same of the other node, or of the other situation, in the same run.
    pub(crate) baseline: Option<f64>,
    pub(crate) bar: Option<f64>,
    /// Whether the bar is met; null where there is none.
    pub(crate) ok: Option<bool>,
}

/// All figures of a run.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Report {
    pub(crate) bars: Vec<Row>,
}

impl Report {
    pub(crate) fn add(
        &mut self,
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        baseline: Option<f64>,
        bar: Bar,
    ) {
        let (limit, ok) = match bar {
            Bar::AtMost(limit) => (Some(limit), Some(value <= limit)),
            Bar::AtLeast(limit) => (Some(limit), Some(value >= limit)),
            Bar::None => (None, None),
        };
        self.bars.push(Row {
            name: name.into(),
            value,
            unit: unit.to_owned(),
            baseline,
            bar: limit,
            ok,
        });
    }

    /// Whether every bar is met.
    pub(crate) fn is_met(&self) -> bool {
        self.bars.iter().all(|row| row.ok != Some(false))
    }

    pub(crate) fn text(&self) -> String {
        let mut text = format!(
            "{:<46} {:>11} {:<7} {:>11} {:>11}\n",
            "figure", "value", "unit", "baseline", "bar"
        );
        for row in &self.bars {
            let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), shown);
            let verdict = match row.ok {
                Some(true) => "  ok",
                Some(false) => "  MISSED",
                None => "",
            };
            let _ = writeln!(
                text,
                "{:<46} {:>11} {:<7} {:>11} {:>11}{verdict}",
                row.name,
                shown(row.value),
                row.unit,
                number(row.baseline),
                number(row.bar)
            );
        }
        text
    }
}

/// Four significant digits or more.
pub(crate) fn shown(value: f64) -> String {
    let digits = if value >= 1_000.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        3
    };
    format!("{value:.digits$}")
}
