//! The secrets that an account can open, collected from the chain: those of sections, and those of single records.
//!
//! Senders can seal anything, so nothing is believed before it was compared with the section key that the chain
//! shows: a secret whose public half differs is named and left out, and a link that opens to something else too. A
//! record's key is held against the record's head when it is used.

mod problem;

use std::collections::BTreeMap;
use std::fmt;

use alloy::primitives::{Address, B256};
use alloy::sol_types::SolEvent as _;
use patientport_core::abi::IPatientPort::{
    AccessGranted, Claimed, EmergencyPackageSet, EmergencyReleased, IPatientPortEvents,
    OwnershipTransferred, RecordsShared, ResponderSet, SecretsSealed, SectionsRotated,
};
use patientport_core::emergency::{PackagePlace, open_emergency_secrets};
use patientport_core::keys::{PublicKey, SecretKey};
use patientport_core::record::{
    Head, OpenedHead, Recipient, RecordError, RecordKey, open_record_keys,
};
use patientport_core::seal::{OpenError, Purpose, SealContext};
use patientport_core::section::{
    Link, SecretEntry, SectionId, SectionSet, open_link, open_secrets, parse_links,
};

use crate::emergency::note_sender;
use crate::error::{Error, Result};
use crate::history::{PortEvent, history};
use crate::identity::IdentityKeys;
use crate::port::{Port, SectionKey};

pub use problem::Problem;

/// Section secrets by section and epoch, and keys of single records. Shows which it holds, never the secrets.
#[derive(Clone, Default)]
pub struct Keyring {
    secrets: BTreeMap<(SectionId, u32), SecretKey>,
    names: BTreeMap<SectionId, String>,
    /// What was shared as the keys of single records; several may have been under one number.
    shared: BTreeMap<u32, Vec<RecordKey>>,
    /// The account's own keys, if it is or was the port's patient: records may be sealed to them.
    patient: Option<IdentityKeys>,
    problems: Vec<Problem>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("held", &self.secrets.keys().collect::<Vec<_>>())
            .field("shared", &self.shared.keys().collect::<Vec<_>>())
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

/// What the chain publishes about section keys.
#[derive(Debug, Default)]
struct Published {
    keys: BTreeMap<(SectionId, u32), PublicKey>,
    /// By section and the epoch whose secret opens the link.
    links: BTreeMap<(SectionId, u32), Link>,
}

/// A message of section secrets as the chain carried it.
#[derive(Clone, Copy, Debug)]
struct Delivery<'a> {
    tx: B256,
    sender: Address,
    request_id: u32,
    message: &'a [u8],
}

/// The events that [`Keyring::assemble`] looks at.
const KINDS: [B256; 9] = [
    SectionsRotated::SIGNATURE_HASH,
    SecretsSealed::SIGNATURE_HASH,
    AccessGranted::SIGNATURE_HASH,
    RecordsShared::SIGNATURE_HASH,
    Claimed::SIGNATURE_HASH,
    OwnershipTransferred::SIGNATURE_HASH,
    ResponderSet::SIGNATURE_HASH,
    EmergencyPackageSet::SIGNATURE_HASH,
    EmergencyReleased::SIGNATURE_HASH,
];

impl Keyring {
    /// Collects what was sealed to `account`'s keys at this port.
    ///
    /// # Errors
    /// Those of [`history`]. Bad secrets are no error: see [`Self::problems`].
    pub async fn collect(port: &Port, account: Address, identity: &IdentityKeys) -> Result<Self> {
        let history = history(port).await?;
        let place = (port.chain().chain_id(), port.address());
        let events: Vec<_> = history.events_of(&KINDS).collect();
        Ok(Self::assemble(place, account, identity, &events))
    }

    /// As [`Self::collect`], of everything that was sealed to any of these accounts: for whoever takes a port over from
    /// an account of its own. What does not open is no problem: most of it is somebody else's.
    ///
    /// # Errors
    /// Those of [`history`].
    pub async fn collect_all(
        port: &Port,
        accounts: &[Address],
        identity: &IdentityKeys,
    ) -> Result<Self> {
        let history = history(port).await?;
        let place = (port.chain().chain_id(), port.address());
        let events: Vec<_> = history.events_of(&KINDS).collect();
        let mut all = Self::default();
        for account in accounts {
            let ring = Self::assemble(place, *account, identity, &events);
            all.secrets.extend(ring.secrets);
            all.names.extend(ring.names);
        }
        all.patient = Some(identity.clone());
        Ok(all)
    }

    fn assemble(
        (chain_id, port): (u64, Address),
        account: Address,
        identity: &IdentityKeys,
        events: &[PortEvent],
    ) -> Self {
        let mut ring = Self::default();
        let published = ring.read_rotations(events);
        for delivery in events.iter().filter_map(|it| delivery(account, it)) {
            let context = SealContext {
                purpose: Purpose::Secrets,
                chain_id,
                port,
                sender: delivery.sender,
                recipient: account,
                request_id: delivery.request_id,
            };
            match identity.open(|key| open_secrets(&context, key, delivery.message)) {
                Ok(entries) => ring.accept(&published, &delivery, entries),
                Err(reason) => ring.problems.push(Problem::UnreadableMessage {
                    tx: delivery.tx,
                    sender: delivery.sender,
                    reason,
                }),
            }
        }
        ring.take_released((chain_id, port), account, identity, (&published, events));
        ring.follow_links(chain_id, port, &published);
        for event in events {
            match &event.event {
                IPatientPortEvents::RecordsShared(shared) if shared.reader == account => {
                    ring.take_shared((chain_id, port), event.emitted.tx, shared, identity);
                }
                IPatientPortEvents::Claimed(claimed) if claimed.patient == account => {
                    ring.patient = Some(identity.clone());
                }
                IPatientPortEvents::OwnershipTransferred(transfer)
                    if transfer.newOwner == account =>
                {
                    ring.patient = Some(identity.clone());
                }
                _ => {}
            }
        }
        ring
    }

    /// What custodians released to a responder. A message is bound to who made the package, and a custodian may
    /// release an earlier one: everybody who made one for this responder is tried, the newest first.
    fn take_released(
        &mut self,
        (chain_id, port): (u64, Address),
        responder: Address,
        identity: &IdentityKeys,
        (published, events): (&Published, &[PortEvent]),
    ) {
        let mut owner = Address::ZERO;
        let mut senders = Vec::new();
        for PortEvent { emitted, event, .. } in events {
            match event {
                IPatientPortEvents::Claimed(it) => owner = it.patient,
                IPatientPortEvents::OwnershipTransferred(it) => owner = it.newOwner,
                IPatientPortEvents::ResponderSet(it) if it.responder == responder => {
                    note_sender(&mut senders, owner);
                }
                IPatientPortEvents::EmergencyPackageSet(it) if it.responder == responder => {
                    note_sender(&mut senders, it.by);
                }
                IPatientPortEvents::EmergencyReleased(it) if it.responder == responder => {
                    let delivery = Delivery {
                        tx: emitted.tx,
                        sender: it.custodian,
                        request_id: 0,
                        message: &it.message,
                    };
                    let opened = senders.iter().rev().map(|sender| {
                        let place = PackagePlace {
                            chain_id,
                            port,
                            sender: *sender,
                            responder,
                        };
                        identity.open(|key| open_emergency_secrets(&place, key, &it.message))
                    });
                    let mut reason = OpenError::AuthenticationFailed;
                    let mut entries = None;
                    for opened in opened {
                        match opened {
                            Ok(found) => {
                                entries = Some(found);
                                break;
                            }
                            Err(why) => reason = why,
                        }
                    }
                    match entries {
                        Some(entries) => self.accept(published, &delivery, entries),
                        None => self.problems.push(Problem::UnreadableMessage {
                            tx: delivery.tx,
                            sender: delivery.sender,
                            reason,
                        }),
                    }
                }
                _ => {}
            }
        }
    }

    fn take_shared(
        &mut self,
        (chain_id, port): (u64, Address),
        tx: B256,
        shared: &RecordsShared,
        identity: &IdentityKeys,
    ) {
        let context = SealContext {
            purpose: Purpose::RecordKeys,
            chain_id,
            port,
            sender: shared.by,
            recipient: shared.reader,
            request_id: 0,
        };
        let opened = identity
            .open(|key| open_record_keys(&context, key, &shared.recordIds, &shared.message));
        match opened {
            Ok(keys) => {
                for (id, key) in shared.recordIds.iter().zip(keys) {
                    self.shared.entry(*id).or_default().push(key);
                }
            }
            Err(reason) => self.problems.push(Problem::UnreadableMessage {
                tx,
                sender: shared.by,
                reason,
            }),
        }
    }

    fn read_rotations(&mut self, events: &[PortEvent]) -> Published {
        let mut published = Published::default();
        for PortEvent { emitted, event, .. } in events {
            let IPatientPortEvents::SectionsRotated(rotation) = event else {
                continue;
            };
            let tx = emitted.tx;
            let sections = SectionSet::from_bits(rotation.sections);
            for ((section, replaced), x) in
                sections.iter().zip(&rotation.epochs).zip(&rotation.keys)
            {
                let Some(epoch) = replaced.checked_add(1) else {
                    continue;
                };
                let parity = u8::from(SectionSet::from_bits(rotation.parities).contains(section));
                match PublicKey::from_chain(*x, parity) {
                    Ok(key) => {
                        published.keys.insert((section, epoch), key);
                    }
                    Err(_) => self
                        .problems
                        .push(Problem::InvalidKey { tx, section, epoch }),
                }
            }
            match parse_links(&rotation.links) {
                Ok(links) => published.links.extend(
                    links
                        .into_iter()
                        .map(|link| ((link.section, link.new_epoch), link)),
                ),
                Err(reason) => self.problems.push(Problem::MalformedLinks { tx, reason }),
            }
        }
        published
    }

    fn accept(
        &mut self,
        published: &Published,
        delivery: &Delivery<'_>,
        entries: Vec<SecretEntry>,
    ) {
        for entry in entries {
            let SecretEntry {
                section,
                epoch,
                secret,
                name,
            } = entry;
            if published.keys.get(&(section, epoch)) != Some(&secret.public()) {
                let Delivery { tx, sender, .. } = *delivery;
                self.problems.push(Problem::WrongSecret {
                    tx,
                    sender,
                    section,
                    epoch,
                });
                continue;
            }
            self.secrets.insert((section, epoch), secret);
            if let Some(name) = name.filter(|name| !name.is_empty()) {
                self.names.insert(section, name);
            }
        }
    }

    /// From every secret held, back through the links, until nothing new opens.
    fn follow_links(&mut self, chain_id: u64, port: Address, published: &Published) {
        let mut waiting: Vec<_> = self.secrets.keys().copied().collect();
        while let Some((section, new_epoch)) = waiting.pop() {
            let (Some(link), Some(secret)) = (
                published.links.get(&(section, new_epoch)),
                self.secrets.get(&(section, new_epoch)),
            ) else {
                continue;
            };
            let opened_epoch = link.opened_epoch;
            if self.secrets.contains_key(&(section, opened_epoch)) {
                continue;
            }
            match open_link(chain_id, port, link, secret) {
                Ok(opened)
                    if published.keys.get(&(section, opened_epoch)) == Some(&opened.public()) =>
                {
                    self.secrets.insert((section, opened_epoch), opened);
                    waiting.push((section, opened_epoch));
                }
                _ => self.problems.push(Problem::BadLink {
                    section,
                    new_epoch,
                    opened_epoch,
                }),
            }
        }
    }

    /// The secret of a section at an epoch.
    ///
    /// # Errors
    /// [`Error::NoMatchingKey`].
    pub fn secret(&self, section: SectionId, epoch: u32) -> Result<&SecretKey> {
        self.secrets
            .get(&(section, epoch))
            .ok_or(Error::NoMatchingKey {
                section: section.get(),
                epoch,
            })
    }

    /// The secret of a section at an epoch with the section's name, as it is sealed to others.
    ///
    /// # Errors
    /// [`Error::NoMatchingKey`].
    pub(crate) fn entry(&self, section: SectionId, epoch: u32) -> Result<SecretEntry> {
        Ok(SecretEntry {
            section,
            epoch,
            secret: self.secret(section, epoch)?.clone(),
            name: self.name(section).map(str::to_owned),
        })
    }

    /// The entries of sections' current secrets, each checked against the key that the chain shows.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub(crate) fn checked_entries(&self, keys: &[SectionKey]) -> Result<Vec<SecretEntry>> {
        let entry = |key: &SectionKey| {
            self.check(key)?;
            self.entry(key.section, key.epoch)
        };
        keys.iter().map(entry).collect()
    }

    /// Checks that the key which the chain shows for a section is the one whose secret is held.
    ///
    /// # Errors
    /// [`Error::NoMatchingKey`]; [`Error::WrongSectionKey`].
    pub fn check(&self, key: &SectionKey) -> Result<()> {
        let secret = self.secret(key.section, key.epoch)?;
        if key.key == Some(secret.public()) {
            Ok(())
        } else {
            Err(Error::WrongSectionKey {
                section: key.section.get(),
                epoch: key.epoch,
            })
        }
    }

    /// Opens a record's head with whatever opens it: the section's secret, the patient's own key, or the record's key
    /// as it was shared. Gives that key too.
    ///
    /// # Errors
    /// [`Error::NoMatchingKey`]; [`Error::NotShared`] for a record that is sealed to the patient;
    /// [`Error::Record`] if a key that should open it does not.
    pub fn open(&self, id: u32, head: &Head) -> Result<(OpenedHead, RecordKey)> {
        let place = head.place();
        let own: Vec<&SecretKey> = match head.recipient() {
            Recipient::Section => self
                .secrets
                .get(&(place.section, place.epoch))
                .into_iter()
                .collect(),
            Recipient::Patient => self.patient.iter().flat_map(IdentityKeys::all).collect(),
        };
        let own = own.into_iter().map(|secret| head.record_key(secret));
        let shared = self.shared.get(&id).into_iter().flatten().cloned().map(Ok);
        let mut failed: Option<RecordError> = None;
        for key in own.chain(shared) {
            let opened = key.and_then(|key| Ok((head.unlock_with(&key)?, key)));
            match opened {
                Ok(opened) => return Ok(opened),
                // What opened and breaks the format says more than a key that does not fit.
                Err(error @ RecordError::Malformed(_)) => failed = Some(error),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        Err(match (failed, head.recipient()) {
            (Some(source), _) => Error::Record { id, source },
            (None, Recipient::Patient) => Error::NotShared { id },
            (None, Recipient::Section) => Error::NoMatchingKey {
                section: place.section.get(),
                epoch: place.epoch,
            },
        })
    }

    /// Whether the secret of a section at an epoch is held.
    pub fn holds(&self, section: SectionId, epoch: u32) -> bool {
        self.secrets.contains_key(&(section, epoch))
    }

    /// The newest secret of a section below an epoch.
    pub fn newest_below(&self, section: SectionId, epoch: u32) -> Option<(u32, &SecretKey)> {
        let mut range = self.secrets.range((section, 0)..(section, epoch));
        range
            .next_back()
            .map(|((_, epoch), secret)| (*epoch, secret))
    }

    /// The sections and epochs whose secrets are held, ascending.
    pub fn held(&self) -> impl Iterator<Item = (SectionId, u32)> + '_ {
        self.secrets.keys().copied()
    }

    /// What the patient calls a section, as last told; the patient's own text: escape before showing.
    pub fn name(&self, section: SectionId) -> Option<&str> {
        self.names.get(&section).map(String::as_str)
    }

    /// Adds secrets that were just made, before the chain shows them.
    pub fn insert(&mut self, entries: &[SecretEntry]) {
        for entry in entries {
            self.secrets
                .insert((entry.section, entry.epoch), entry.secret.clone());
            if let Some(name) = &entry.name {
                self.names.insert(entry.section, name.clone());
            }
        }
    }

    /// What should have given a secret and did not.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

/// What an event delivers to an account.
fn delivery(account: Address, event: &PortEvent) -> Option<Delivery<'_>> {
    let (recipient, sender, request_id, message) = match &event.event {
        IPatientPortEvents::SecretsSealed(event) => {
            (event.recipient, event.sender, 0, &event.message)
        }
        IPatientPortEvents::AccessGranted(event) => {
            (event.reader, event.by, event.requestId, &event.message)
        }
        _ => return None,
    };
    // Granting the right to write alone sends no secrets.
    (recipient == account && !message.is_empty()).then_some(Delivery {
        tx: event.emitted.tx,
        sender,
        request_id,
        message,
    })
}

#[cfg(test)]
mod tests;
