//! Stale sections: whose current key is held by somebody without access.
//!
//! The port's views say which keys a reader was *ever* given and when its grant last changed, so from them
//! alone a reader that was revoked, and later granted something else, seems to hold keys it never saw. Where
//! the views raise the suspicion, the log decides: it carries which epochs were sealed to whom.

use std::collections::BTreeSet;

use alloy::primitives::Address;
use patientport_client::history::{PortEvent, history};
use patientport_client::port::{Access, Port, SectionKey};
use patientport_client::rotation::stale_sections;
use patientport_core::abi::IPatientPort::IPatientPortEvents;
use patientport_core::section::{SectionId, SectionSet, peek_secrets};
use serde::Serialize;

use crate::context::Context;
use crate::error::Error;

/// A section whose current key somebody without access holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Stale {
    /// The section.
    pub section: SectionId,
    /// One who holds its key.
    pub holder: Address,
}

/// The stale sections of a port, ascending, each once.
///
/// # Errors
/// The chain's.
pub async fn stale(port: &Port) -> Result<Vec<Stale>, Error> {
    if stale_sections(port).await?.is_empty() {
        return Ok(Vec::new());
    }
    let keys = port.open_sections().await?;
    let readers = port.readers().await?;
    Ok(decide(&keys, &readers, &given(&history(port).await?)))
}

/// Who was given the secret of which section at which epoch.
type Given = BTreeSet<(Address, SectionId, u32)>;

fn given(events: &[PortEvent]) -> Given {
    let mut given = Given::new();
    for PortEvent { event, .. } in events {
        let (reader, message) = match event {
            IPatientPortEvents::AccessGranted(event) => (event.reader, &event.message),
            IPatientPortEvents::SecretsSealed(event) => (event.recipient, &event.message),
            _ => continue,
        };
        // A message names in the clear what it carries; one that does not parse opens for nobody.
        let entries = peek_secrets(message).unwrap_or_default();
        given.extend(
            entries
                .into_iter()
                .map(|(section, epoch)| (reader, section, epoch)),
        );
    }
    given
}

fn decide(keys: &[SectionKey], readers: &[Access], given: &Given) -> Vec<Stale> {
    let holds = |reader: &Access, key: &SectionKey| {
        // Whoever holds a later epoch can open the earlier ones, and there is none later than the current.
        given.contains(&(reader.reader, key.section, key.epoch))
    };
    keys.iter()
        .filter_map(|key| {
            let holder = readers
                .iter()
                .find(|reader| !reader.readable().contains(key.section) && holds(reader, key))?;
            Some(Stale {
                section: key.section,
                holder: holder.reader,
            })
        })
        .collect()
}

/// The stale sections as a set.
pub fn set_of(stale: &[Stale]) -> SectionSet {
    stale.iter().map(|stale| stale.section).collect()
}

/// Tells a patient which sections want new keys, once the command's own work is done.
///
/// # Errors
/// The chain's.
pub async fn warn_of_stale(context: &Context, port: &Port) -> Result<(), Error> {
    for Stale { section, holder } in stale(port).await? {
        context.warn(
            "section.stale",
            format!(
                "section `{section}`: `{holder}` has no access any more and still holds its key; change it with `patientport access rotate`"
            ),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use patientport_client::Timestamp;
    use patientport_client::port::AccessState;
    use patientport_core::text::Rights;

    use super::*;

    const READER: Address = Address::repeat_byte(1);

    fn section(number: u8) -> SectionId {
        SectionId::try_from(number).unwrap()
    }

    fn key(number: u8, epoch: u32) -> SectionKey {
        SectionKey {
            section: section(number),
            epoch,
            key: None,
            rotated_at: Timestamp(10),
        }
    }

    fn access(state: AccessState, sections: &[u8]) -> Access {
        Access {
            reader: READER,
            sections: sections.iter().copied().map(section).collect(),
            held: SectionSet::from_bits(u64::MAX),
            expiry: Timestamp(100),
            changed_at: Timestamp(20),
            rights: Some(Rights::Read),
            state,
        }
    }

    #[test]
    fn only_the_current_epoch_counts() {
        let given = Given::from([(READER, section(0), 1), (READER, section(1), 1)]);
        let readers = [access(AccessState::Revoked, &[0, 1])];
        let stale = decide(&[key(0, 2), key(1, 1)], &readers, &given);
        assert_eq!(
            stale,
            [Stale {
                section: section(1),
                holder: READER
            }]
        );
    }

    #[test]
    fn whoever_still_reads_makes_nothing_stale() {
        let given = Given::from([(READER, section(0), 1), (READER, section(1), 1)]);
        // Narrowed to section 0: section 1 is stale, section 0 is not.
        let stale = decide(
            &[key(0, 1), key(1, 1)],
            &[access(AccessState::Live, &[0])],
            &given,
        );
        assert_eq!(
            stale,
            [Stale {
                section: section(1),
                holder: READER
            }]
        );
        let expired = decide(&[key(0, 1)], &[access(AccessState::Expired, &[0])], &given);
        assert_eq!(expired.len(), 1);
    }

    #[test]
    fn a_reader_granted_something_else_later_holds_no_newer_keys() {
        let given = Given::from([(READER, section(0), 1), (READER, section(5), 1)]);
        let readers = [access(AccessState::Live, &[5])];
        assert!(decide(&[key(0, 2), key(5, 1)], &readers, &given).is_empty());
    }
}
