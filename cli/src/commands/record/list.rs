//! `patientport record list`

use std::collections::BTreeSet;
use std::sync::Arc;

use alloy::primitives::{Address, B256};
use futures_util::{StreamExt as _, TryStreamExt as _};
use patientport_client::Keyring;
use patientport_client::port::{Port, RecordEntry};
use patientport_client::records::{fetch_head, unlock};
use patientport_client::store::BlobStore;
use patientport_core::section::{SectionId, SectionSet};
use serde::Serialize;

use super::blocking;
use super::stores::{HEADS_AT_ONCE, Stores};
use crate::args::record::ListArgs;
use crate::commands::party::{Reader, keyring, sections};
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::text::{Table, short, shown, size};
use crate::time;

/// A port's records.
#[derive(Debug, Serialize)]
pub struct Records {
    /// The port.
    pub port: Address,
    /// In order of their numbers.
    pub records: Vec<Entry>,
}

/// One record: the chain's entry, and what its head says where it can be opened.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Its number.
    pub id: u32,
    /// Its section.
    pub section: SectionId,
    /// The section's private name, where known.
    pub section_name: Option<String>,
    /// The epoch it is sealed to.
    pub epoch: u32,
    /// Its commitment.
    pub commitment: B256,
    /// Who added it.
    pub author: Address,
    /// When, Unix seconds.
    pub added_at: u64,
    /// Current, retracted or superseded.
    pub state: &'static str,
    /// The record that takes its place.
    pub superseded_by: Option<u32>,
    /// Whether it could be opened: `open`, or the code of the error that stood in the way.
    pub access: &'static str,
    /// The author's words.
    pub title: Option<String>,
    /// The author's words.
    pub media_type: Option<String>,
    /// The author's words.
    pub content_time: Option<String>,
    /// Bytes of the payload, where the author stated them.
    pub length: Option<u64>,
}

impl Outcome for Records {
    fn text(&self) -> String {
        if self.records.is_empty() {
            return "no records\n".into();
        }
        let mut table = Table::new([
            "ID", "SECTION", "ADDED", "AUTHOR", "TITLE", "TYPE", "SIZE", "",
        ]);
        for record in &self.records {
            let section = match &record.section_name {
                Some(name) => format!("{} {}", record.section, shown(name)),
                None => record.section.to_string(),
            };
            let title = match (&record.title, record.access) {
                (Some(title), _) => shown(title),
                (None, "section.no_matching_key") => "(no key)".into(),
                (None, "identity.unopened") => "(identity not opened)".into(),
                (None, code) => format!("({code})"),
            };
            table.row([
                record.id.to_string(),
                section,
                time::human(record.added_at),
                short(record.author),
                title,
                record.media_type.as_deref().map(shown).unwrap_or_default(),
                record.length.map(size).unwrap_or_default(),
                match (record.state, record.superseded_by) {
                    ("current", _) => String::new(),
                    (state, None) => state.into(),
                    (state, Some(by)) => format!("{state} by {by}"),
                },
            ]);
        }
        table.to_string()
    }
}

/// Lists a port's records; titles of those that this home can open.
///
/// # Errors
/// The chain's. A record that does not open is an entry, not an error.
pub async fn run(context: &Context, args: &ListArgs) -> Result<Records, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let info = chosen.port.info().await?;
    let reader = if info.claimed {
        Reader::open_if_possible(context, &chosen, &info).await?
    } else {
        None
    };
    let held = match &reader {
        Some(reader) => Some(keyring(context, &chosen.port, reader.account, &reader.keys).await?),
        None => None,
    };
    let wanted = match &args.section {
        Some(section) => sections(&chosen, held.as_ref(), std::slice::from_ref(section))?,
        None => SectionSet::from_bits(u64::MAX),
    };
    let mut entries = chosen.port.records().await?;
    let repeated = repeated(&entries);
    entries.retain(|entry| wanted.contains(entry.section));
    let stores = Stores::open(context)?;
    let held = held.map(Arc::new);
    let port = &chosen.port;
    // One small read per record, away from the runtime, several at once: a store may be far away.
    let described = futures_util::stream::iter(entries)
        .map(|entry| {
            let told = held
                .as_ref()
                .and_then(|ring| ring.name(entry.section).map(str::to_owned));
            let known = &chosen.known.sections;
            let name = told.or_else(|| known.get(&entry.section.get()).cloned());
            let store = stores.of(port, entry.author);
            let (port, held) = (port.clone(), held.clone());
            let is_repeated = repeated.contains(&entry.id);
            blocking(move || {
                let ring = held.as_deref();
                Ok(describe(&port, entry, is_repeated, name, ring, &store))
            })
        })
        .buffered(HEADS_AT_ONCE);
    let records = described.try_collect().await;
    stores.report(context);
    Ok(Records {
        port: port.address(),
        records: records?,
    })
}

/// The records that repeat an earlier one of their author and section.
fn repeated(entries: &[RecordEntry]) -> BTreeSet<u32> {
    let mut seen = BTreeSet::new();
    let again = entries
        .iter()
        .filter(|it| !seen.insert((it.author, it.section.get(), it.commitment)));
    again.map(|it| it.id).collect()
}

fn describe(
    port: &Port,
    entry: RecordEntry,
    is_repeated: bool,
    section_name: Option<String>,
    keyring: Option<&Keyring>,
    store: &Arc<dyn BlobStore>,
) -> Entry {
    let opened = fetch_head(port, &entry, store.as_ref())
        .map_err(|error| error.code())
        .and_then(|head| {
            if is_repeated {
                return Err("record.duplicate");
            }
            let keyring = keyring.ok_or("identity.unopened")?;
            unlock(&entry, &head, keyring, store).map_err(|error| error.code())
        });
    let metadata = opened.as_ref().ok().map(|record| record.metadata().clone());
    Entry {
        id: entry.id,
        section: entry.section,
        section_name,
        epoch: entry.epoch,
        commitment: entry.commitment,
        author: entry.author,
        added_at: entry.added_at.0,
        state: entry.state.as_str(),
        superseded_by: entry.successor,
        access: opened.as_ref().err().copied().unwrap_or("open"),
        title: metadata.as_ref().map(|it| it.title.clone()),
        media_type: metadata.as_ref().map(|it| it.media_type.clone()),
        content_time: metadata.as_ref().and_then(|it| it.content_time.clone()),
        length: metadata.and_then(|it| it.length),
    }
}
