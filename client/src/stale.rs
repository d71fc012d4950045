//! Stale sections: whose current key is held by somebody who should not have it.
//!
//! The port's view of readers says who has access now; the log says which epochs were sealed to whom, and when a
//! reader published another key. A key that a reader gave up may be in anybody's hands, so what was sealed to it
//! counts as held by somebody without access.

use std::collections::BTreeMap;
use std::fmt;

use alloy::primitives::Address;
use alloy::sol_types::SolEvent;
use patientport_core::abi::IPatientPort::{AccessGranted, IPatientPortEvents, SecretsSealed};
use patientport_core::abi::IRegistry::EncryptionKeySet;
use patientport_core::section::{SectionId, peek_secrets};

use crate::chain::Emitted;
use crate::error::Result;
use crate::history::events_of;
use crate::port::{Access, AccessState, Port, SectionKey};
use crate::units::Timestamp;

/// Why a section needs a new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The holder has no access to the section any more.
    AccessEnded(AccessState),
    /// The holder has published another key since; who has the old one, nobody knows.
    KeyChanged,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccessEnded(_) => "has no access any more and still holds its key",
            Self::KeyChanged => "has changed its own key, and the old one still opens it",
        })
    }
}

/// A section whose current key is held by someone without access to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaleSection {
    /// The section.
    pub section: SectionId,
    /// One who holds the key.
    pub holder: Address,
    /// Why it should not.
    pub cause: Cause,
}

/// A place in the log: block and index within.
type Position = (u64, u64);

/// By reader, section and epoch: where its secret was first sealed to the reader.
type Given = BTreeMap<(Address, SectionId, u32), Position>;

/// The sections of a port that need new keys, ascending; each once, with the first holder found.
///
/// `now` decides which grants have expired: see [`Chain::now`](crate::Chain::now).
///
/// # Errors
/// Those of reading the port's views and the log.
pub async fn stale_sections(port: &Port, now: Timestamp) -> Result<Vec<StaleSection>> {
    let readers = port.readers(now).await?;
    if readers.is_empty() {
        return Ok(Vec::new());
    }
    let keys = port.open_sections().await?;
    let signatures = [AccessGranted::SIGNATURE_HASH, SecretsSealed::SIGNATURE_HASH];
    let given = given(&events_of(port, &signatures, None).await?);
    let changes = key_changes(port, &readers).await?;
    Ok(decide(&keys, &readers, &given, &changes))
}

fn given(events: &[(Emitted, IPatientPortEvents)]) -> Given {
    let mut given = Given::new();
    for (emitted, event) in events {
        let (reader, message) = match event {
            IPatientPortEvents::AccessGranted(event) => (event.reader, &event.message),
            IPatientPortEvents::SecretsSealed(event) => (event.recipient, &event.message),
            _ => continue,
        };
        // A message names in the clear what it carries; one that does not parse opens for nobody.
        for (section, epoch) in peek_secrets(message).unwrap_or_default() {
            given
                .entry((reader, section, epoch))
                .or_insert((emitted.block, emitted.index));
        }
    }
    given
}

/// Where each live reader published its key last. Read from the log: the registry's program is not run.
async fn key_changes(port: &Port, readers: &[Access]) -> Result<BTreeMap<Address, Position>> {
    let live: Vec<_> = readers
        .iter()
        .filter(|access| !access.readable().is_empty())
        .map(|access| access.reader.into_word())
        .collect();
    if live.is_empty() {
        return Ok(BTreeMap::new());
    }
    let registry = port.registry();
    let query = registry
        .events()
        .with_topic(0, [EncryptionKeySet::SIGNATURE_HASH])
        .with_topic(1, live);
    let logs = registry.chain().logs(&query).await?;
    Ok(logs
        .iter()
        .filter_map(|log| {
            let event = EncryptionKeySet::decode_log(&log.inner).ok()?;
            let emitted = Emitted::of(log)?;
            Some((event.provider, (emitted.block, emitted.index)))
        })
        .collect())
}

fn decide(
    keys: &[SectionKey],
    readers: &[Access],
    given: &Given,
    changes: &BTreeMap<Address, Position>,
) -> Vec<StaleSection> {
    let cause = |access: &Access, key: &SectionKey| {
        // Whoever holds a later epoch can open the earlier ones, and there is none later than the current.
        let first = given.get(&(access.reader, key.section, key.epoch))?;
        if !access.readable().contains(key.section) {
            return Some(Cause::AccessEnded(access.state));
        }
        (changes.get(&access.reader)? > first).then_some(Cause::KeyChanged)
    };
    keys.iter()
        .filter_map(|key| {
            readers.iter().find_map(|access| {
                Some(StaleSection {
                    section: key.section,
                    holder: access.reader,
                    cause: cause(access, key)?,
                })
            })
        })
        .collect()
}

#[cfg(test)]
#[path = "stale_tests.rs"]
mod tests;
