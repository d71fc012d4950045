//! The section secrets that an account can open, collected from the chain.
//!
//! Senders can seal anything, so nothing is believed before it was compared with the section key that the chain
//! shows: a secret whose public half differs is named and left out, and a link that opens to something else too.

use std::collections::BTreeMap;
use std::fmt;

use alloy::primitives::{Address, B256};
use patientport_core::abi::IPatientPort::IPatientPortEvents;
use patientport_core::keys::{PublicKey, SecretKey};
use patientport_core::seal::{OpenError, Purpose, SealContext};
use patientport_core::section::{
    Link, SecretEntry, SectionId, SectionSet, open_link, open_secrets, parse_links,
};

use crate::error::{Error, Result};
use crate::history::{PortEvent, history};
use crate::port::{Port, SectionKey};

/// Section secrets by section and epoch. Shows which it holds, never the secrets.
#[derive(Clone, Default)]
pub struct Keyring {
    secrets: BTreeMap<(SectionId, u32), SecretKey>,
    names: BTreeMap<SectionId, String>,
    problems: Vec<Problem>,
}

/// Something on the chain that should have given a secret and did not.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Problem {
    /// A message to this account does not open.
    UnreadableMessage {
        /// The transaction that carried it.
        tx: B256,
        /// Who sent it.
        sender: Address,
        /// Why.
        reason: OpenError,
    },
    /// A message carried a secret that is not the one of the section's key.
    WrongSecret {
        /// The transaction that carried it.
        tx: B256,
        /// Who sent it.
        sender: Address,
        /// The section.
        section: SectionId,
        /// The epoch.
        epoch: u32,
    },
    /// A published key is no point of the curve: nothing can ever be encrypted to it.
    InvalidKey {
        /// The transaction that published it.
        tx: B256,
        /// The section.
        section: SectionId,
        /// The epoch.
        epoch: u32,
    },
    /// A rotation's links are malformed.
    MalformedLinks {
        /// The transaction.
        tx: B256,
        /// Why.
        reason: OpenError,
    },
    /// A link does not open to the earlier epoch's secret.
    BadLink {
        /// The section.
        section: SectionId,
        /// The epoch whose secret should open it.
        new_epoch: u32,
        /// The epoch whose secret should be inside.
        opened_epoch: u32,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnreadableMessage { tx, sender, reason } => {
                write!(
                    f,
                    "a message of `{sender}` in transaction `{tx}` does not open: {reason}"
                )
            }
            Self::WrongSecret {
                tx,
                sender,
                section,
                epoch,
            } => write!(
                f,
                "`{sender}` sent a wrong secret for section `{section}` at epoch `{epoch}` in transaction `{tx}`"
            ),
            Self::InvalidKey { tx, section, epoch } => write!(
                f,
                "the key of section `{section}` at epoch `{epoch}`, published in transaction `{tx}`, is not a key"
            ),
            Self::MalformedLinks { tx, reason } => {
                write!(f, "the links in transaction `{tx}` are malformed: {reason}")
            }
            Self::BadLink {
                section,
                new_epoch,
                opened_epoch,
            } => write!(
                f,
                "the link of section `{section}` from epoch `{new_epoch}` to epoch `{opened_epoch}` does not open"
            ),
        }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("held", &self.secrets.keys().collect::<Vec<_>>())
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

impl Keyring {
    /// Collects what was sealed to `account`'s key at this port.
    ///
    /// # Errors
    /// Those of [`history`]. Bad secrets are no error: see [`Self::problems`].
    pub async fn collect(port: &Port, account: Address, identity: &SecretKey) -> Result<Self> {
        let history = history(port).await?;
        let place = (port.chain().chain_id(), port.address());
        Ok(Self::assemble(place, account, identity, history.events()))
    }

    fn assemble(
        (chain_id, port): (u64, Address),
        account: Address,
        identity: &SecretKey,
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
            match open_secrets(&context, identity, delivery.message) {
                Ok(entries) => ring.accept(&published, &delivery, entries),
                Err(reason) => ring.problems.push(Problem::UnreadableMessage {
                    tx: delivery.tx,
                    sender: delivery.sender,
                    reason,
                }),
            }
        }
        ring.follow_links(chain_id, port, &published);
        ring
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
#[path = "keyring_tests.rs"]
mod tests;
