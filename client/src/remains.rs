//! What erasing a record cannot reach: pieces on the chain, shared keys, readers' copies.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::Address;
use patientport_core::abi::IPatientPort::IPatientPortEvents as Event;

use crate::error::Result;
use crate::history::history;
use crate::port::{Port, RecordEntry};
use crate::store::pieces;

/// What of a record is out of reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remains {
    /// Who published pieces of its ciphertext on the chain, and how many.
    pub published: BTreeMap<Address, u32>,
    /// Who was given its key alone, for ever.
    pub shared_with: BTreeSet<Address>,
    /// Who was ever granted access to its section, or acted for the patient, and may have a copy.
    pub readers: BTreeSet<Address>,
}

/// What a port's history says of a record.
///
/// # Errors
/// Those of reading the history.
pub async fn remains(port: &Port, entry: &RecordEntry) -> Result<Remains> {
    let history = history(port).await?;
    let mut remains = Remains::default();
    for ((record, _, sender), found) in pieces(&history) {
        if record == entry.id {
            let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
            let total = remains.published.entry(sender).or_default();
            *total = total.saturating_add(count);
        }
    }
    let section = 1_u64 << entry.section.get();
    for event in history.iter() {
        match event {
            Event::RecordsShared(event) if event.recordIds.contains(&entry.id) => {
                remains.shared_with.insert(event.reader);
            }
            Event::AccessGranted(event) if event.sections & section != 0 => {
                remains.readers.insert(event.reader);
            }
            Event::DelegateSet(event) if event.rights != 0 => {
                remains.readers.insert(event.delegate);
            }
            Event::GlassBroken(event) => {
                remains.readers.insert(event.responder);
            }
            _ => {}
        }
    }
    Ok(remains)
}
