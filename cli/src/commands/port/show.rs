//! `patientport port show`

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256};
use patientport_client::history::history;
use patientport_client::requests::requests;
use patientport_core::section::SectionId;
use serde::Serialize;

use crate::args::port::ShowArgs;
use crate::commands::describe::Who;
use crate::commands::stale::{Stale, stale};
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::text::{Table, shown};
use crate::time;

/// A port.
#[derive(Debug, Serialize)]
pub struct PortView {
    /// Its address.
    pub port: Address,
    /// The chain.
    pub chain_id: u64,
    /// Its name in this home.
    pub name: Option<String>,
    /// Its patient.
    pub patient: Address,
    /// Who was offered it and has not accepted yet.
    pub pending_owner: Option<Address>,
    /// Whether the patient has accepted it.
    pub claimed: bool,
    /// Fingerprint of the patient's key.
    pub fingerprint: Option<String>,
    /// The registry that issued it.
    pub registry: Address,
    /// The provider that issued it.
    pub issuer: Who,
    /// The code it runs.
    pub implementation: Address,
    /// Its primary care provider.
    pub primary_care: Option<Who>,
    /// How many records were added.
    pub records: u32,
    /// How many requests were made.
    pub requests: usize,
    /// How many readers, delegates and responders it lists.
    pub holders: u32,
    /// The nonce that the next call signed by the patient carries.
    pub nonce: u32,
    /// How many events its history has.
    pub events: u64,
    /// What they come to: the history head.
    pub history_head: B256,
    /// Its open sections.
    pub sections: Vec<Section>,
    /// Sections whose key a former reader holds.
    pub stale: Vec<Stale>,
}

/// An open section.
#[derive(Debug, Serialize)]
pub struct Section {
    /// Its number.
    pub section: SectionId,
    /// Its epoch.
    pub epoch: u32,
    /// Its private name, where this home knows it.
    pub name: Option<String>,
    /// Fingerprint of its key; none if what was published is no key.
    pub fingerprint: Option<String>,
    /// When the key was published, Unix seconds.
    pub rotated_at: u64,
}

impl Outcome for PortView {
    fn text(&self) -> String {
        let none = || "none".to_owned();
        let mut text = String::new();
        for (label, value) in [
            ("port", self.port.to_string()),
            ("name", self.name.clone().unwrap_or_else(none)),
            ("chain", self.chain_id.to_string()),
            ("patient", self.patient.to_string()),
            (
                "offered to",
                self.pending_owner.map_or_else(none, |it| it.to_string()),
            ),
            ("claimed", if self.claimed { "yes" } else { "no" }.into()),
            ("key", self.fingerprint.clone().unwrap_or_else(none)),
            ("registry", self.registry.to_string()),
            ("issued by", self.issuer.line()),
            ("code", self.implementation.to_string()),
            (
                "primary care",
                self.primary_care.as_ref().map_or_else(none, Who::line),
            ),
            ("records", self.records.to_string()),
            ("requests", self.requests.to_string()),
            ("holders", self.holders.to_string()),
            ("nonce", self.nonce.to_string()),
            (
                "history",
                format!("{} events, {}", self.events, self.history_head),
            ),
        ] {
            text.push_str(&format!("{label:12}  {value}\n"));
        }
        if self.sections.is_empty() {
            return text;
        }
        let mut table = Table::new(["SECTION", "NAME", "EPOCH", "KEY", "SINCE", ""]);
        for section in &self.sections {
            let is_stale = self
                .stale
                .iter()
                .any(|stale| stale.section == section.section);
            table.row([
                section.section.to_string(),
                section.name.as_deref().map(shown).unwrap_or_default(),
                section.epoch.to_string(),
                section
                    .fingerprint
                    .clone()
                    .unwrap_or_else(|| "not a key".into()),
                time::human(section.rotated_at),
                if is_stale { "stale" } else { "" }.into(),
            ]);
        }
        text.push('\n');
        text.push_str(&table.to_string());
        text
    }
}

/// Shows a port. Needs no key.
///
/// # Errors
/// `NotAPort`, and the chain's.
pub async fn run(context: &Context, args: &ShowArgs) -> Result<PortView, Error> {
    let chosen = context.port(args.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.info().await?;
    let names: &BTreeMap<u8, String> = &chosen.known.sections;
    let sections = port
        .open_sections()
        .await?
        .into_iter()
        .map(|key| Section {
            section: key.section,
            epoch: key.epoch,
            name: names.get(&key.section.get()).cloned(),
            fingerprint: key.key.map(|key| key.fingerprint().to_string()),
            rotated_at: key.rotated_at.0,
        })
        .collect();
    let issuer = Who::find(port.registry(), info.issuer).await?;
    let primary_care = match info.primary_care {
        Some(account) if account == info.issuer => Some(issuer.clone()),
        Some(account) => Some(Who::find(port.registry(), account).await?),
        None => None,
    };
    let head = history(port).await?.head();
    // How many, whatever state they are in.
    let requests = requests(port, time::clock()).await?.all().count();
    Ok(PortView {
        port: port.address(),
        chain_id: port.chain().chain_id(),
        patient: info.patient,
        pending_owner: info.pending_owner,
        claimed: info.claimed,
        fingerprint: info.key.map(|key| key.fingerprint().to_string()),
        registry: info.registry,
        issuer,
        implementation: port.implementation(),
        primary_care,
        records: info.record_count,
        requests,
        holders: info.holder_count,
        nonce: info.nonce,
        events: head.length(),
        history_head: head.word(),
        sections,
        stale: stale(port).await?,
        name: chosen.name,
    })
}
