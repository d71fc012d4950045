//! Stale sections: whose current key is held by somebody who should not have it.
//!
//! The port's view of holders says who may have secrets now, and until when they last might; the history says which
//! secrets were sealed to whom, and who published which key. Both count:
//!
//! - What was sealed to somebody is held by it. So is a key that it published itself.
//! - A delegate with the right to approve or to rotate holds every section, and a responder those of its window,
//!   whatever was sealed to it: what a custodian releases says of no key whose it is. A key published in the first
//!   second without the right, or later, is not theirs.
//! - A key that its owner gave up may be in anybody's hands, so what was sealed to it counts as held by somebody
//!   without access. So does what a former patient of the port was given.

use std::collections::BTreeMap;
use std::fmt;

use alloy::primitives::{Address, B256};
use alloy::sol_types::SolEvent;
use patientport_core::abi::IPatientPort as port_events;
use patientport_core::abi::IPatientPort::IPatientPortEvents as Event;
use patientport_core::abi::IRegistry::EncryptionKeySet;
use patientport_core::section::{SectionId, SectionSet, peek_secrets};

use crate::chain::Emitted;
use crate::error::Result;
use crate::history::{PortEvent, history};
use crate::port::{AccessState, DelegateRights, EmergencyState, Holder, Port, SectionKey};
use crate::units::Timestamp;

/// Why a section needs a new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The holder's grant ended, or gives no access to the section any more.
    AccessEnded,
    /// The holder's delegation ended, or gives no right to secrets any more.
    DelegationEnded,
    /// The window of the holder's emergency access is over.
    EmergencyOver,
    /// The holder was the port's patient and is no more.
    OwnerChanged,
    /// The holder has published another key since; who has the old one, nobody knows.
    KeyChanged,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccessEnded => "has no access any more and still holds its key",
            Self::DelegationEnded => "acts for the patient no more and may still hold its key",
            Self::EmergencyOver => {
                "had access in an emergency that is over and may still hold its key"
            }
            Self::OwnerChanged => "is the port's patient no more and still holds its key",
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

/// A place in the chain's log: block and index within.
type Position = (u64, u64);

/// The sections of a port that need new keys, ascending; each once, with the first holder found.
///
/// `now` decides which grants, delegations and windows are over: see [`Chain::now`](crate::Chain::now).
///
/// # Errors
/// Those of reading the port's views and its [`history`].
pub async fn stale_sections(port: &Port, now: Timestamp) -> Result<Vec<StaleSection>> {
    let keys = port.open_sections().await?;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let patient = port.info().await?.patient;
    let holders = port.holders(now).await?;
    let history = history(port).await?;
    let events: Vec<_> = history.events_of(&KINDS).collect();
    let told = Told::of(&keys, &events);
    let changes = key_changes(port, &holders).await?;
    Ok(decide(&keys, patient, &holders, &told, &changes))
}

/// Where each holder who is entitled to secrets published its key at the registry last. Read from the log: the
/// registry's program is not run.
async fn key_changes(port: &Port, holders: &[Holder]) -> Result<BTreeMap<Address, Position>> {
    let entitled: Vec<_> = holders
        .iter()
        .filter(|holder| !holder.entitled().is_empty())
        .map(|holder| holder.account().into_word())
        .collect();
    if entitled.is_empty() {
        return Ok(BTreeMap::new());
    }
    let registry = port.registry();
    let query = registry
        .events()
        .with_topic(0, [EncryptionKeySet::SIGNATURE_HASH])
        .with_topic(1, entitled);
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

/// When an account was last made, changed or ended as a delegate with secrets, and when its key last changed while it was one.
#[derive(Clone, Copy, Debug)]
struct DelegateTold {
    /// Where its secrets last came or went: what changes neither ends nothing.
    set: Position,
    /// Whether it is given secrets since.
    secrets: bool,
    key: (B256, u8),
    key_changed: Option<Position>,
}

/// What a port's history tells of the sections' current keys.
#[derive(Debug, Default)]
struct Told {
    /// Where each section's current key was published.
    published: BTreeMap<SectionId, Position>,
    /// By account and section: where the current key's secret first was the account's.
    given: BTreeMap<(Address, SectionId), Position>,
    delegates: BTreeMap<Address, DelegateTold>,
    /// Where each responder was last armed or removed.
    responders: BTreeMap<Address, Position>,
    /// Patients of before, with where each ceased to be.
    former: Vec<(Address, Position)>,
    /// Where the patient last changed its key.
    patient_key: Option<Position>,
}

/// The events that [`Told::take`] looks at.
const KINDS: [B256; 7] = [
    port_events::SectionsRotated::SIGNATURE_HASH,
    port_events::AccessGranted::SIGNATURE_HASH,
    port_events::SecretsSealed::SIGNATURE_HASH,
    port_events::DelegateSet::SIGNATURE_HASH,
    port_events::ResponderSet::SIGNATURE_HASH,
    port_events::OwnershipTransferred::SIGNATURE_HASH,
    port_events::EncryptionKeySet::SIGNATURE_HASH,
];

impl Told {
    fn of(keys: &[SectionKey], events: &[PortEvent]) -> Self {
        let current: BTreeMap<_, _> = keys.iter().map(|key| (key.section, key.epoch)).collect();
        let mut told = Self::default();
        for PortEvent { emitted, event, .. } in events {
            told.take(&current, (emitted.block, emitted.index), event);
        }
        told
    }

    fn take(&mut self, current: &BTreeMap<SectionId, u32>, at: Position, event: &Event) {
        match event {
            Event::SectionsRotated(event) => {
                let sections = SectionSet::from_bits(event.sections);
                for (section, replaced) in sections.iter().zip(&event.epochs) {
                    if current.get(&section).copied() == replaced.checked_add(1) {
                        self.published.insert(section, at);
                        self.given.entry((event.by, section)).or_insert(at);
                    }
                }
            }
            Event::AccessGranted(event) => self.seal(current, at, event.reader, &event.message),
            Event::SecretsSealed(event) => self.seal(current, at, event.recipient, &event.message),
            Event::DelegateSet(event) => {
                let key = (event.keyX, event.keyParity);
                let before = self.delegates.get(&event.delegate);
                // Ending a delegation changes no key.
                let changed = before.is_some_and(|it| event.rights != 0 && it.key != key);
                // Rights that are not known may include secrets.
                let secrets = DelegateRights::from_bits(event.rights)
                    .is_none_or(DelegateRights::include_secrets);
                let told = DelegateTold {
                    set: before
                        .filter(|it| !it.secrets && !secrets)
                        .map_or(at, |it| it.set),
                    secrets,
                    key: before
                        .filter(|_| event.rights == 0)
                        .map_or(key, |it| it.key),
                    key_changed: if changed {
                        Some(at)
                    } else {
                        before.and_then(|it| it.key_changed)
                    },
                };
                self.delegates.insert(event.delegate, told);
            }
            Event::ResponderSet(event) => {
                self.responders.insert(event.responder, at);
            }
            Event::OwnershipTransferred(event) => self.former.push((event.previousOwner, at)),
            Event::EncryptionKeySet(_) => self.patient_key = Some(at),
            _ => {}
        }
    }

    fn seal(
        &mut self,
        current: &BTreeMap<SectionId, u32>,
        at: Position,
        recipient: Address,
        message: &[u8],
    ) {
        // A message names in the clear what it carries; one that does not parse opens for nobody.
        for (section, epoch) in peek_secrets(message).unwrap_or_default() {
            // Whoever holds a later epoch can open the earlier ones, and there is none later than the current.
            if current.get(&section) == Some(&epoch) {
                self.given.entry((recipient, section)).or_insert(at);
            }
        }
    }

    /// Whether a section's current key may be known from an entitlement that was replaced or ended by a call:
    /// `end` is the first second without it. Within the call's own second the order of events decides, and `replaced`
    /// is where the last such call stands.
    fn known_earlier(&self, key: &SectionKey, end: Timestamp, replaced: Option<Position>) -> bool {
        let published = self.published.get(&key.section);
        let came_after = replaced
            .zip(published)
            .is_some_and(|(replaced, published)| replaced < *published);
        key.rotated_at < end && !came_after
    }
}

/// Why a holder's secret of a section is one too many, if it is.
fn cause(
    key: &SectionKey,
    holder: &Holder,
    told: &Told,
    changes: &BTreeMap<Address, Position>,
) -> Option<Cause> {
    let account = holder.account();
    let given = told.given.get(&(account, key.section));
    let delegate = told.delegates.get(&account);
    if holder.entitled().contains(key.section) {
        let as_provider = changes.get(&account).copied();
        let as_delegate = delegate.and_then(|it| it.key_changed);
        let last = as_provider.max(as_delegate)?;
        return (last > *given?).then_some(Cause::KeyChanged);
    }
    let Holder {
        access,
        delegation,
        emergency,
    } = holder;
    let lapsed = delegation.rights.include_secrets() && key.rotated_at < delegation.until;
    if lapsed || told.known_earlier(key, delegation.held_until, delegate.map(|it| it.set)) {
        return Some(Cause::DelegationEnded);
    }
    let over = emergency.state == EmergencyState::Over
        && emergency.sections.contains(key.section)
        && emergency
            .window()
            .is_some_and(|(_, closes)| key.rotated_at < closes);
    let armed = told.responders.get(&account).copied();
    let earlier = emergency.held.contains(key.section)
        && told.known_earlier(key, emergency.held_until, armed);
    if over || earlier {
        return Some(Cause::EmergencyOver);
    }
    given.map(|_| {
        if access.state == AccessState::None && delegate.is_some() {
            Cause::DelegationEnded
        } else {
            Cause::AccessEnded
        }
    })
}

fn decide(
    keys: &[SectionKey],
    patient: Address,
    holders: &[Holder],
    told: &Told,
    changes: &BTreeMap<Address, Position>,
) -> Vec<StaleSection> {
    let find = |key: &SectionKey| {
        let section = key.section;
        let entitled = |account: Address| {
            account == patient
                || holders
                    .iter()
                    .any(|it| it.account() == account && it.entitled().contains(section))
        };
        let published = told.published.get(&section);
        let before = |at: &Position| published.is_some_and(|published| published < at);
        if told.patient_key.as_ref().is_some_and(before) {
            return Some((patient, Cause::KeyChanged));
        }
        let mut former = told.former.iter();
        if let Some((owner, _)) = former.find(|(owner, at)| before(at) && !entitled(*owner)) {
            return Some((*owner, Cause::OwnerChanged));
        }
        let mut others = holders.iter().filter(|it| it.account() != patient);
        if let Some(found) =
            others.find_map(|it| Some((it.account(), cause(key, it, told, changes)?)))
        {
            return Some(found);
        }
        // Whoever is on no list has no access, whatever it was given.
        let listed = |account| holders.iter().any(|it| it.account() == account);
        told.given
            .keys()
            .find(|(account, of)| *of == section && *account != patient && !listed(*account))
            .map(|(account, _)| (*account, Cause::AccessEnded))
    };
    keys.iter()
        .filter_map(|key| {
            find(key).map(|(holder, cause)| StaleSection {
                section: key.section,
                holder,
                cause,
            })
        })
        .collect()
}

#[cfg(test)]
#[path = "stale_tests.rs"]
mod tests;
