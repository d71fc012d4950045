//! `patientport port show`

use std::collections::BTreeMap;

use alloy::primitives::Address;
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
    /// Whether the patient has accepted it.
    pub claimed: bool,
    /// Fingerprint of the patient's key.
    pub fingerprint: Option<String>,
    /// The registry that issued it.
    pub registry: Address,
    /// The code it runs.
    pub implementation: Address,
    /// Its primary care provider.
    pub primary_care: Option<Who>,
    /// How many records were added.
    pub records: u32,
    /// How many requests were made.
    pub requests: u32,
    /// How many readers it lists.
    pub readers: u8,
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
            ("claimed", if self.claimed { "yes" } else { "no" }.into()),
            ("key", self.fingerprint.clone().unwrap_or_else(none)),
            ("registry", self.registry.to_string()),
            ("code", self.implementation.to_string()),
            (
                "primary care",
                self.primary_care.as_ref().map_or_else(none, Who::line),
            ),
            ("records", self.records.to_string()),
            ("requests", self.requests.to_string()),
            ("readers", self.readers.to_string()),
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
    let primary_care = match info.primary_care {
        Some(account) => Some(Who::find(port.registry(), account).await?),
        None => None,
    };
    Ok(PortView {
        port: port.address(),
        chain_id: port.chain().chain_id(),
        patient: info.patient,
        claimed: info.claimed,
        fingerprint: info.key.map(|key| key.fingerprint().to_string()),
        registry: info.registry,
        implementation: port.implementation(),
        primary_care,
        records: info.record_count,
        requests: info.request_count,
        readers: info.reader_count,
        sections,
        stale: stale(port).await?,
        name: chosen.name,
    })
}
