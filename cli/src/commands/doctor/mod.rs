//! `patientport doctor`: looks at everything that a command could trip over, and changes nothing.

mod chain;
mod home;
mod stores;

use serde::Serialize;
use serde_json::json;

use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::text::{Table, count, harmless};

/// How a check came out.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Works, and wants attention.
    Warning,
    /// Something will not work.
    Failed,
    /// Could not be looked at.
    Skipped,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "FAILED",
            Self::Skipped => "skipped",
        }
    }
}

/// One check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was looked at.
    pub what: String,
    /// How it came out.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Check {
    fn new(what: impl Into<String>, verdict: Verdict, found: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            verdict,
            found: found.into(),
            hint: None,
        }
    }

    fn ok(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(what, Verdict::Ok, found)
    }

    fn warning(what: impl Into<String>, found: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..Self::new(what, Verdict::Warning, found)
        }
    }

    fn failed(what: impl Into<String>, found: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..Self::new(what, Verdict::Failed, found)
        }
    }

    /// A check that an error ended.
    fn of_error(what: impl Into<String>, error: &Error) -> Self {
        let verdict = Verdict::Failed;
        Self {
            hint: error.hints().into_iter().next(),
            ..Self::new(what, verdict, error.chain().join(": "))
        }
    }
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct Diagnosis {
    /// Everything that was looked at.
    pub checks: Vec<Check>,
}

impl Diagnosis {
    fn table(&self) -> String {
        let mut table = Table::new(["CHECK", "", "FOUND"]);
        for check in &self.checks {
            table.row([
                check.what.clone(),
                check.verdict.word().into(),
                check.found.clone(),
            ]);
        }
        let hints = self.checks.iter().filter_map(|check| {
            let hint = check.hint.as_ref()?;
            Some(format!("{}: {hint}\n", check.what))
        });
        let hints: String = hints.collect();
        if hints.is_empty() {
            table.to_string()
        } else {
            format!("{table}\n{hints}")
        }
    }
}

impl Outcome for Diagnosis {
    fn text(&self) -> String {
        self.table()
    }
}

/// Looks at home, stores, node, contracts, ports and accounts.
///
/// # Errors
/// [`Error::Unwell`] if anything failed; its details hold every check.
pub async fn run(context: &Context) -> Result<Diagnosis, Error> {
    let mut checks = home::checks(context);
    checks.extend(stores::checks(context).await);
    checks.extend(chain::checks(context).await);
    let diagnosis = Diagnosis { checks };
    let failed = diagnosis
        .checks
        .iter()
        .filter(|check| check.verdict == Verdict::Failed)
        .count();
    if failed == 0 {
        return Ok(diagnosis);
    }
    if !context.settings.json {
        context.terminal.show(&harmless(&diagnosis.table()));
    }
    Err(Error::Unwell {
        failed: count(failed, "check"),
        checks: json!(diagnosis.checks),
    })
}
