//! One port that is followed: what is new in its history, and what a reorganised chain has taken back.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy::primitives::{Address, B256};
use patientport_client::history::{History, PortEvent, history};
use serde::Serialize;
use serde_json::Value;

use crate::commands::describe::Who;
use crate::commands::history::told::{Told, tell};
use crate::context::{ChosenPort, Context};
use crate::error::Error;
use crate::output::SCHEMA_VERSION;
use crate::text::{count, short, shown};
use crate::time;

/// A port and how far it was told.
#[derive(Debug)]
pub(super) struct Followed {
    chosen: ChosenPort,
    known: Arc<History>,
    /// How many of the known events were told, or are not to be.
    pub(super) told: usize,
}

/// What a round brought.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// What else is to be said.
    pub(super) said: Vec<String>,
    /// New events, oldest first.
    pub(super) happened: Vec<Happened>,
}

/// An event, as it is told.
#[derive(Debug, Serialize)]
pub(super) struct Happened {
    schema_version: u32,
    chain_id: u64,
    port: Address,
    port_name: Option<String>,
    /// Its number in the port's history, from 1.
    number: usize,
    at: u64,
    block: u64,
    tx: B256,
    log_index: u64,
    #[serde(flatten)]
    told: Told,
    #[serde(skip)]
    by: String,
    #[serde(skip)]
    whom: String,
}

impl Happened {
    /// The document of the event.
    pub(super) fn document(&self) -> Value {
        serde_json::to_value(self).expect("events have string keys")
    }

    /// One line for people, safe to show.
    pub(super) fn line(&self) -> String {
        let port = self.port_name.clone().unwrap_or_else(|| short(self.port));
        let mut line = format!(
            "{}  {port}  {}  {}",
            time::human(self.at),
            self.by,
            self.told.what
        );
        if !self.whom.is_empty() {
            line.push_str(&format!("  {}", self.whom));
        }
        line
    }

    /// Whether the patient should look up: somebody wants something.
    pub(super) fn is_loud(&self) -> bool {
        matches!(self.told.event, "RequestMade" | "GlassBroken")
    }
}

/// How many events two histories begin with in common.
fn common(one: &[PortEvent], other: &[PortEvent]) -> usize {
    let same = |(one, other): &(&PortEvent, &PortEvent)| {
        (one.emitted, one.at) == (other.emitted, other.at)
    };
    one.iter().zip(other).take_while(same).count()
}

impl Followed {
    /// Begins with events of the time `since`, or with what is not there yet.
    pub(super) async fn begin(chosen: ChosenPort, since: Option<u64>) -> Result<Self, Error> {
        let known = history(&chosen.port).await?;
        let before = |since| known.events().iter().filter(|it| it.at.0 < since).count();
        let told = since.map_or(known.events().len(), before);
        Ok(Self {
            chosen,
            known,
            told,
        })
    }

    /// Reads on.
    pub(super) async fn round(&mut self, context: &Context) -> Result<Round, Error> {
        let port = &self.chosen.port;
        let now = history(port).await?;
        let mut round = Round::default();
        if now.head() != self.known.head() {
            let common = common(self.known.events(), now.events());
            if common < self.known.events().len() {
                round.said.push(format!(
                    "the chain was reorganised: the last {} of {} did not happen",
                    count(self.known.events().len() - common, "event"),
                    port.address()
                ));
            }
            self.told = self.told.min(common);
            self.known = now;
        }
        let new = &self.known.events()[self.told..];
        if new.is_empty() {
            return Ok(round);
        }
        let mut patient = None;
        for event in &self.known.events()[..self.told] {
            tell(&event.event, &mut patient);
        }
        let told: Vec<_> = new
            .iter()
            .map(|event| (event, tell(&event.event, &mut patient)))
            .collect();
        let accounts = told.iter().flat_map(|(_, it)| [it.by, it.whom]).flatten();
        let accounts = accounts.filter(|account| Some(*account) != patient);
        // A name is an ornament here: a registry that does not answer keeps nobody from the event.
        let people = Who::find_all(port.registry(), accounts).await;
        let people = people.unwrap_or_else(|error| {
            context.terminal.detail(&format!("no names: {error}"));
            BTreeMap::new()
        });
        let name = |account: Option<Address>| match account {
            None => String::new(),
            Some(account) if Some(account) == patient => "the patient".to_owned(),
            Some(account) => named(account, people.get(&account)),
        };
        for (number, (event, told)) in (self.told + 1..).zip(told) {
            round.happened.push(Happened {
                schema_version: SCHEMA_VERSION,
                chain_id: port.chain().chain_id(),
                port: port.address(),
                port_name: self.chosen.name.clone(),
                number,
                at: event.at.0,
                block: event.emitted.block,
                tx: event.emitted.tx,
                log_index: event.emitted.index,
                by: name(told.by),
                whom: name(told.whom),
                told,
            });
        }
        Ok(round)
    }
}

/// An account with the name that an attester confirmed, or with its own claim, marked as such.
fn named(account: Address, who: Option<&Who>) -> String {
    let short = short(account);
    match who.and_then(|who| Some((who.verified, who.name.as_ref()?))) {
        Some((true, name)) => format!("{short} \"{}\"", shown(name)),
        Some((false, name)) => format!("{short} \"{}\" (self-asserted)", shown(name)),
        None => short,
    }
}
