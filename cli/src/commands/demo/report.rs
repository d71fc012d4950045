//! What the demonstration reports: steps, the runs of the program each consists of, and totals.

use crate::{
    output::Outcome,
    text::{ether, grouped},
};
use alloy::primitives::Address;
use serde::{Serialize, Serializer};
use std::fmt::Write as _;

/// The whole demonstration, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// EIP-155 id of the chain it ran on.
    pub(super) chain_id: u64,
    /// The account that paid, where the chain was another than the demonstration's own.
    pub(super) payer: Option<Address>,
    /// What it has less than before, in wei.
    #[serde(serialize_with = "decimal")]
    pub(super) spent_wei: Option<u128>,
    /// Steps in order.
    pub(super) steps: Vec<Step>,
    /// Transactions of all steps.
    pub(super) transactions: usize,
    /// Gas of all transactions.
    pub(super) gas_used: u64,
    /// Wall-clock seconds from the first step to the last.
    pub(super) seconds: f64,
    /// Directory with homes, files and records, if they were kept.
    pub(super) kept: Option<String>,
}

/// Amounts are decimal digits in a string, as everywhere in documents.
#[expect(clippy::ref_option, reason = "the signature is the library's")]
fn decimal<S: Serializer>(wei: &Option<u128>, serializer: S) -> Result<S::Ok, S::Error> {
    wei.map(|it| it.to_string()).serialize(serializer)
}

/// One step of the story.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    /// From 1.
    pub(super) number: usize,
    /// What happens, one sentence.
    pub(super) title: String,
    /// Runs of the program, in order.
    pub(super) runs: Vec<Run>,
    /// What was checked or is worth knowing, one sentence each.
    pub(super) notes: Vec<String>,
    /// Wall-clock seconds.
    pub(super) seconds: f64,
}

/// One run of the program.
#[derive(Debug, Serialize)]
pub(crate) struct Run {
    /// Who ran it.
    pub(super) who: &'static str,
    /// The command line, without the environment that names home, chain and password file.
    pub(super) command: String,
    /// Exit code.
    pub(super) exit_code: i32,
    /// Transactions it sent.
    pub(super) transactions: Vec<Transaction>,
    /// Set where the program was expected to refuse, and did.
    pub(super) refusal: Option<Refusal>,
    /// Wall-clock seconds.
    pub(super) seconds: f64,
}

/// A refusal, as the program's own JSON gave it.
#[derive(Debug, Serialize)]
pub(crate) struct Refusal {
    /// Stable code, listed in `docs/errors.md`.
    pub(super) code: String,
    /// The sentence.
    pub(super) message: String,
}

/// A transaction, as the program's own JSON gave it.
#[derive(Debug, Serialize)]
pub(crate) struct Transaction {
    /// Transaction hash.
    pub(super) hash: String,
    /// Gas used.
    pub(super) gas_used: u64,
}

impl Step {
    /// The step in words.
    pub(super) fn to_text(&self) -> String {
        let mut text = format!("{:>2}. {}\n", self.number, self.title);
        for run in &self.runs {
            let _ = writeln!(text, "      {:<12} $ {}", run.who, run.command);
            for transaction in &run.transactions {
                let _ = writeln!(
                    text,
                    "      {:<12}   transaction {}, gas {}",
                    "",
                    transaction.hash,
                    grouped(transaction.gas_used)
                );
            }
            if let Some(refusal) = &run.refusal {
                let _ = writeln!(
                    text,
                    "      {:<12}   refused, as it should be ({}): {}",
                    "", refusal.code, refusal.message
                );
            }
        }
        for note in &self.notes {
            let _ = writeln!(text, "      {note}");
        }
        text
    }
}

/// The last lines in words; the steps are shown as they end.
impl Outcome for Report {
    fn text(&self) -> String {
        let mut text = format!(
            "\n{} steps, {} transactions, {} gas, {:.1} s\n",
            self.steps.len(),
            self.transactions,
            grouped(self.gas_used),
            self.seconds
        );
        if let (Some(payer), Some(spent)) = (self.payer, self.spent_wei) {
            let _ = writeln!(text, "{payer} spent {}", ether(spent));
        }
        if let Some(kept) = &self.kept {
            let _ = writeln!(text, "kept in {kept}");
        }
        text
    }
}
