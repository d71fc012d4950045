//! `patientport history`: everything that happened at a port, checked against the port's own account of it.

mod fhir;
pub(crate) mod told;

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::{Address, B256};
use patientport_client::Port;
use patientport_client::history::history;
use serde::Serialize;
use serde_json::Value;

use self::told::{Told, tell};
use crate::args::history::{Format, HistoryArgs};
use crate::args::port::PortArg;
use crate::commands::describe::Who;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::text::{Table, short, shown};
use crate::time;

/// A port's history.
#[derive(Debug, Serialize)]
pub struct History {
    /// The port.
    pub port: Address,
    /// The chain.
    pub chain_id: u64,
    /// How many events there are in all, as the port counts.
    pub length: u64,
    /// The port's history head, which all events together were found to come to.
    pub head: B256,
    /// The events asked for, oldest first.
    pub events: Vec<Entry>,
    /// A FHIR R4 Bundle of them, with `--format fhir`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fhir: Option<Value>,
    #[serde(skip)]
    names: BTreeMap<Address, String>,
    #[serde(skip)]
    format: Format,
}

/// One event.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Its number among the port's events that are known here, from 1.
    pub number: usize,
    /// When, Unix seconds.
    pub at: u64,
    /// The block.
    pub block: u64,
    /// The transaction.
    pub tx: B256,
    /// Index of the event in the block.
    pub log_index: u64,
    /// What it says.
    #[serde(flatten)]
    pub told: Told,
}

impl Outcome for History {
    fn text(&self) -> String {
        let document = match self.format {
            Format::Table => return self.table(),
            Format::Json => serde_json::to_string_pretty(&self.events),
            Format::Fhir => serde_json::to_string_pretty(&self.fhir),
        };
        document.expect("outcomes have string keys") + "\n"
    }
}

impl History {
    fn table(&self) -> String {
        let mut table = Table::new(["NO", "WHEN", "WHO", "WHAT", "WHOM"]);
        for entry in &self.events {
            table.row([
                entry.number.to_string(),
                time::human(entry.at),
                self.name(entry.told.by),
                entry.told.what.clone(),
                self.name(entry.told.whom),
            ]);
        }
        format!(
            "{table}{} of {} events, all {} found in the port's history head {}\n",
            self.events.len(),
            self.length,
            self.length,
            self.head
        )
    }

    fn name(&self, account: Option<Address>) -> String {
        let Some(account) = account else {
            return String::new();
        };
        let short = short(account);
        match self.names.get(&account) {
            Some(name) => format!("{short} {name}"),
            None => short,
        }
    }
}

/// Reads the history, checks it, and shows the part that is asked for.
///
/// # Errors
/// `history.mismatch`; the chain's.
pub async fn run(context: &Context, args: &HistoryArgs) -> Result<History, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    read(&chosen.port, args).await
}

/// All of a port's history.
///
/// # Errors
/// As [`run`].
pub async fn of_port(port: &Port, format: Format) -> Result<History, Error> {
    let args = HistoryArgs {
        port: PortArg::default(),
        about: None,
        since: None,
        format,
    };
    read(port, &args).await
}

async fn read(port: &Port, args: &HistoryArgs) -> Result<History, Error> {
    let history = history(port).await?;
    let mut patient = None;
    let mut events = Vec::new();
    for (number, event) in (1..).zip(history.events()) {
        let told = tell(&event.event, &mut patient);
        let wanted = args.since.is_none_or(|since| event.at.0 >= since)
            && args
                .about
                .is_none_or(|account| [told.by, told.whom].contains(&Some(account)));
        if wanted {
            events.push(Entry {
                number,
                at: event.at.0,
                block: event.emitted.block,
                tx: event.emitted.tx,
                log_index: event.emitted.index,
                told,
            });
        }
    }
    let mut names = BTreeMap::new();
    let accounts: BTreeSet<_> = events
        .iter()
        .flat_map(|entry| [entry.told.by, entry.told.whom])
        .flatten()
        .collect();
    names.extend(patient.map(|patient| (patient, "the patient".to_owned())));
    let others = accounts
        .into_iter()
        .filter(|account| Some(*account) != patient);
    for (account, who) in Who::find_all(port.registry(), others).await? {
        if let Some(name) = who.name {
            let standing = if who.verified { "" } else { " (self-asserted)" };
            names.insert(account, format!("{}{standing}", shown(&name)));
        }
    }
    let chain_id = port.chain().chain_id();
    let fhir = (args.format == Format::Fhir)
        .then(|| fhir::bundle(chain_id, port.address(), patient, &events, &names));
    Ok(History {
        port: port.address(),
        chain_id,
        length: history.head().length(),
        head: history.head().word(),
        events,
        fhir,
        names,
        format: args.format,
    })
}
