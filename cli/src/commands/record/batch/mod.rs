//! `patientport record add` of many files: planned and confirmed as a whole, carried out record by record.
//!
//! Encrypting and storing go on several at a time; transactions leave one after another, in the order of the batch, and
//! their receipts are waited for together. A record that fails is named and keeps no other back.

mod items;
mod manifest;
mod plan;
mod work;

use std::path::PathBuf;

use alloy::primitives::{Address, B256};
use patientport_core::section::SectionId;
use serde::Serialize;
use serde_json::json;

pub(super) use self::items::name_of;
use self::plan::{Plan, Planned};
use crate::args::record::AddArgs;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::TxSummary;
use crate::text::{Table, count, ether, harmless, harmless_line, short, shown};

/// A batch, carried out.
#[derive(Debug, Serialize)]
pub struct Batch {
    /// Who added the records.
    pub author: Address,
    /// How many were added now.
    pub added: usize,
    /// How many an earlier run had added.
    pub before: usize,
    /// What all transactions cost, in wei.
    pub fee_wei: String,
    /// Every record, in the order of the batch.
    pub records: Vec<Record>,
}

/// Where a record of a batch stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It was added now.
    Added,
    /// An earlier run added it.
    Before,
    /// It was not added.
    Failed,
    /// It was not tried, because another one failed.
    NotTried,
}

/// One record of a batch.
#[derive(Debug, Serialize)]
pub struct Record {
    /// The file it is made of.
    pub file: PathBuf,
    /// The port; none where it could not be told.
    pub port: Option<Address>,
    /// The section; none where it could not be told.
    pub section: Option<SectionId>,
    /// Where it stands.
    pub state: State,
    /// Its number at the port.
    pub id: Option<u32>,
    /// Its title.
    pub title: Option<String>,
    /// Bytes of the payload.
    pub length: Option<u64>,
    /// Its commitment, once it is encrypted.
    pub commitment: Option<B256>,
    /// The transaction, if one was sent now.
    pub tx: Option<TxSummary>,
    /// Why it was not added.
    pub error: Option<Reason>,
}

/// Why a record was not added.
#[derive(Debug, Serialize)]
pub struct Reason {
    /// The error's code.
    pub code: &'static str,
    /// The error, with its causes.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Reason {
    pub(crate) fn of(error: &Error) -> Self {
        Self {
            code: error.code(),
            message: error.chain().join(": "),
            hint: error.hints().into_iter().next(),
        }
    }
}

impl Record {
    /// One that nothing is known of but its file.
    fn of(planned: &Planned, plan: &Plan) -> Self {
        let place = planned.place.map(|place| &plan.places[place]);
        Self {
            file: planned.item.file.clone(),
            port: place.map(|place| place.chosen.port.address()),
            section: place.map(|place| place.key.section),
            state: State::NotTried,
            id: None,
            title: planned.item.described.title.clone(),
            length: planned.length,
            commitment: None,
            tx: None,
            error: None,
        }
    }

    fn failed(&mut self, error: &Error) {
        self.state = State::Failed;
        self.error = Some(Reason::of(error));
    }

    /// One line, to be said when it is done.
    fn line(&self) -> String {
        let file = shown(&self.file.display().to_string());
        let port = self.port.map(short).unwrap_or_default();
        match (self.state, self.id, &self.error) {
            (State::Added, Some(id), _) => format!("record {id} at {port}: {file}"),
            (_, _, Some(error)) => {
                format!("not added: {file}: {}", harmless_line(&error.message))
            }
            _ => format!("not added: {file}"),
        }
    }
}

impl Batch {
    fn of(author: Address, records: Vec<Record>) -> Self {
        let is = |state| records.iter().filter(|it| it.state == state).count();
        let fees = records.iter().filter_map(|it| it.tx).map(|tx| tx.fee_wei);
        Self {
            author,
            added: is(State::Added),
            before: is(State::Before),
            fee_wei: fees.sum::<u128>().to_string(),
            records,
        }
    }

    /// The records that are not on chain.
    fn missing(&self) -> Vec<&Record> {
        let missing = |it: &&Record| matches!(it.state, State::Failed | State::NotTried);
        self.records.iter().filter(missing).collect()
    }

    fn summary(&self) -> String {
        let fee = self.fee_wei.parse().unwrap_or_default();
        let before = match self.before {
            0 => String::new(),
            before => format!(", {before} before"),
        };
        format!(
            "{} added{before}, fee {}\n",
            count(self.added, "record"),
            ether(fee)
        )
    }

    /// What was not added, for a run that failed.
    fn failures(&self) -> String {
        let mut table = Table::new(["FILE", "", "WHY"]);
        for record in self.missing() {
            let why = record.error.as_ref();
            table.row([
                shown(&record.file.display().to_string()),
                why.map(|it| it.code.to_owned()).unwrap_or_default(),
                why.map_or_else(|| "not tried".into(), |it| harmless_line(&it.message)),
            ]);
        }
        format!("{}{table}", self.summary())
    }
}

impl Outcome for Batch {
    fn text(&self) -> String {
        let mut table = Table::new(["ID", "PORT", "SECTION", "", "FILE"]);
        for record in &self.records {
            let state = match record.state {
                State::Before => "before",
                _ => "",
            };
            table.row([
                record.id.map(|id| id.to_string()).unwrap_or_default(),
                record.port.map(short).unwrap_or_default(),
                record
                    .section
                    .map(|section| section.to_string())
                    .unwrap_or_default(),
                state.into(),
                shown(&record.file.display().to_string()),
            ]);
        }
        if self.records.is_empty() {
            return "there is nothing to add\n".into();
        }
        format!("{table}{}", self.summary())
    }
}

/// Adds what is to be added, and tells of each record what became of it.
///
/// # Errors
/// [`Error::BatchRunning`]; [`Error::Manifest`]; before anything is encrypted what concerns all records;
/// [`Error::BatchIncomplete`] if some were not added: its details hold every record.
pub(super) async fn run(context: &Context, args: &AddArgs) -> Result<Batch, Error> {
    let items = items::collect(context, args)?;
    // One at a time: two runs of the same batch would each add what the other has not finished.
    let Some(_lock) = context.home().lock_filed()? else {
        return Err(Error::BatchRunning);
    };
    let plan = Plan::make(context, args, items).await?;
    plan.confirm(context, args).await?;
    let records = work::carry_out(context, args, &plan).await;
    let batch = Batch::of(plan.wallet.address(), records);
    let failed = batch.missing().len();
    if failed == 0 {
        return Ok(batch);
    }
    if !context.settings.json {
        context.terminal.show(&harmless(&batch.failures()));
    }
    let error = Error::BatchIncomplete {
        failed,
        total: count(batch.records.len(), "record"),
    };
    Err(error.with_hint(
        "run it again once the cause is gone: what was added is not added twice",
        json!({ "batch": batch }),
    ))
}
