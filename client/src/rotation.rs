//! New section keys: who may be given them, and how they are given.
//!
//! A node says who reads a port and which keys they have, and can invent both. So a rotation is planned first:
//! [`Actor::plan`] names everyone who would be given secrets, with their keys; the caller compares these with
//! what it knows and leaves out whom it does not trust; [`Actor::new_keys`] seals to exactly those who are left.

use std::collections::BTreeMap;
use std::fmt;

use alloy::primitives::Address;
use patientport_core::abi::IPatientPort;
use patientport_core::keys::{PublicKey, SecretKey};
use patientport_core::limits::MAX_RECIPIENTS;
use patientport_core::rand_core::CryptoRngCore;
use patientport_core::seal::{Purpose, SealContext};
use patientport_core::section::{
    SecretEntry, SectionId, SectionSet, encode_links, make_link, seal_secrets,
};

use crate::actor::Actor;
use crate::chain::Transaction;
use crate::error::{Error, Result};
use crate::keyring::Keyring;
use crate::port::{AccessState, Holder, Port, SectionKey};
use crate::registry::ProviderStatus;
use crate::units::Timestamp;

/// Seconds for which a reader's access must still hold to be given new secrets: the port refuses the whole
/// transaction if it has ended when it is mined.
const RECIPIENT_MARGIN_SECS: u64 = 5 * 60;

/// Bytes of sealed messages in one transaction, at most: Nitro takes transactions of up to 95,000 bytes.
const MAX_BATCH_BYTES: usize = 64_000;

/// A section and what its patient calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSection {
    /// The section.
    pub section: SectionId,
    /// Its name, which travels in sealed messages only; at most 64 bytes without control characters.
    pub name: Option<String>,
}

/// Keeps the name that it has.
impl From<SectionId> for NamedSection {
    fn from(section: SectionId) -> Self {
        Self {
            section,
            name: None,
        }
    }
}

/// Someone who is given section secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The account.
    pub account: Address,
    /// Its encryption key.
    pub key: PublicKey,
    /// The sections whose secrets it is given.
    pub sections: SectionSet,
}

/// New section keys, ready to be published.
#[derive(Clone, Debug)]
pub struct NewKeys {
    /// What goes into the first transaction.
    pub rotation: IPatientPort::Rotation,
    /// What later transactions carry to further recipients; the first already ends the access of those left out.
    pub later: Vec<Reseal>,
    /// The new secrets.
    pub secrets: Vec<SecretEntry>,
    /// Everyone who is given new secrets, the patient first.
    pub recipients: Vec<Recipient>,
}

/// Why somebody with access is given no new secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LeftOut {
    /// It has published no key, or none that is one.
    NoKey,
    /// It is suspended or has left.
    NotActive,
    /// The registry did not say.
    NoAnswer,
    /// Its access ends within minutes.
    Ending,
    /// Its key is not the one that the caller knows.
    KeyChanged,
    /// The caller has never seen it.
    Unknown,
    /// It was given access after the keys were planned.
    Meanwhile,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoKey => "it has published no key",
            Self::NotActive => "it is suspended or has left",
            Self::NoAnswer => "the registry does not say what its key is",
            Self::Ending => "its access ends within minutes",
            Self::KeyChanged => "its key is not the one seen before",
            Self::Unknown => "neither it nor its key was seen here before",
            Self::Meanwhile => "it was given access while they were being changed",
        })
    }
}

/// A rotation before anything is drawn: which sections, and who is to be given the new secrets.
#[derive(Clone, Debug)]
pub struct Plan {
    named: Vec<NamedSection>,
    current: Vec<SectionKey>,
    recipients: Vec<Recipient>,
    left_out: Vec<(Address, LeftOut)>,
}

impl Plan {
    /// The sections that get new keys.
    pub fn sections(&self) -> SectionSet {
        all(&self.named)
    }

    /// Readers, delegates and responders who are to be given new secrets; the patient comes on top.
    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }

    /// Those with access who are not.
    pub fn left_out(&self) -> &[(Address, LeftOut)] {
        &self.left_out
    }

    /// Drops everyone else without a reason: for plans that concern some of those who may read.
    pub fn keep(&mut self, wanted: impl FnMut(&Recipient) -> bool) {
        self.recipients.retain(wanted);
        self.left_out.clear();
    }

    /// Drops an account, whatever stands there about it: for plans of a transaction that settles itself what it is given.
    pub fn drop_account(&mut self, account: Address) {
        self.recipients.retain(|it| it.account != account);
        self.left_out.retain(|(left_out, _)| *left_out != account);
    }

    /// Puts a recipient before all others, with every section: one whom the same transaction entitles to them.
    pub fn put_first(&mut self, account: Address, key: PublicKey) {
        self.drop_account(account);
        let sections = self.sections();
        self.recipients.insert(
            0,
            Recipient {
                account,
                key,
                sections,
            },
        );
    }

    /// Leaves each recipient only the sections that `wanted` says; who is left none is dropped.
    pub(crate) fn narrow(&mut self, wanted: impl Fn(&Recipient) -> SectionSet) {
        for recipient in &mut self.recipients {
            recipient.sections = wanted(recipient);
        }
        self.recipients
            .retain(|recipient| !recipient.sections.is_empty());
    }

    /// Somebody who lacks new keys, unless it is known why.
    pub(crate) fn add_overlooked(&mut self, account: Address) {
        if self.left_out.iter().all(|(it, _)| *it != account) {
            self.left_out.push((account, LeftOut::Meanwhile));
        }
    }

    /// The present keys of the sections.
    pub(crate) fn current(&self) -> &[SectionKey] {
        &self.current
    }

    /// Secrets sealed to the recipients, in batches.
    pub(crate) fn seal(
        &self,
        actor: &Actor,
        secrets: &[SecretEntry],
        rng: &mut (impl CryptoRngCore + ?Sized),
    ) -> Result<Vec<Reseal>> {
        let place = Place {
            chain_id: actor.port().chain().chain_id(),
            port: actor.port().address(),
        };
        // The port accepts a recipient who may read one of the sections named, so each batch names all.
        let messages = self
            .recipients
            .iter()
            .map(|recipient| place.seal(actor.account(), recipient, secrets, rng))
            .collect::<Result<Vec<_>>>()?;
        let batch = |messages| Reseal {
            sections: secrets.iter().map(|entry| entry.section).collect(),
            epochs: secrets.iter().map(|entry| entry.epoch).collect(),
            messages,
        };
        Ok(batches(messages).into_iter().map(batch).collect())
    }

    /// Leaves out everyone for whom `judge` has a reason to.
    pub fn leave_out(&mut self, mut judge: impl FnMut(&Recipient) -> Option<LeftOut>) {
        let left_out = &mut self.left_out;
        self.recipients.retain(|recipient| {
            let why = judge(recipient);
            left_out.extend(why.map(|why| (recipient.account, why)));
            why.is_none()
        });
    }
}

/// Section secrets for recipients beyond those of a rotation's first transaction.
#[derive(Clone, Debug)]
pub struct Reseal {
    /// The sections concerned.
    pub sections: SectionSet,
    /// Their new epochs, ascending by section.
    pub epochs: Vec<u32>,
    /// The messages.
    pub messages: Vec<IPatientPort::Sealed>,
}

impl Reseal {
    /// The transaction that carries it.
    pub fn transaction(&self, port: &Port) -> Transaction {
        port.reseal(self.sections, self.epochs.clone(), self.messages.clone())
    }
}

impl NewKeys {
    /// The sections that get new keys.
    pub fn sections(&self) -> SectionSet {
        SectionSet::from_bits(self.rotation.sections)
    }

    /// The later transactions.
    pub fn later_transactions(&self, port: &Port) -> Vec<Transaction> {
        self.later
            .iter()
            .map(|batch| batch.transaction(port))
            .collect()
    }
}

/// A rotation of no section, as a revocation that concerns none carries it.
pub fn no_rotation() -> IPatientPort::Rotation {
    IPatientPort::Rotation {
        sections: 0,
        epochs: Vec::new(),
        keys: Vec::new(),
        parities: 0,
        links: alloy::primitives::Bytes::new(),
        sealed_: Vec::new(),
    }
}

/// First keys for the sections of a port that its patient accepts with `key`.
///
/// # Errors
/// [`Error::Section`] for a name that no message can carry.
pub fn first_keys(
    port: &Port,
    patient: Address,
    key: &PublicKey,
    sections: &[NamedSection],
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<NewKeys> {
    let patient = Recipient {
        account: patient,
        key: *key,
        sections: all(sections),
    };
    let sender = patient.account;
    compose(
        port,
        sender,
        &patient,
        &[],
        &Keyring::default(),
        sections,
        &[],
        rng,
    )
}

impl Actor {
    /// Plans new keys for sections, for the patient and everyone who may go on reading (the delegate who changes
    /// them included): readers with a live grant,
    /// delegates with the right to approve or to rotate, responders in an open window.
    ///
    /// Sections that are not open yet are opened. `without` are readers whose grant the same transaction ends.
    /// `clock` is the caller's idea of the time: see [`Chain::now`](crate::Chain::now).
    ///
    /// # Errors
    /// Those of reading the port's views. The registry's silence is none: readers it says nothing of are left out.
    pub async fn plan(
        &self,
        sections: &[NamedSection],
        without: &[Address],
        clock: Timestamp,
    ) -> Result<Plan> {
        let port = self.port();
        let now = port.chain().now(clock).await?;
        let set = all(sections);
        let current = port.section_keys(set).await?;
        let mut plan = Plan {
            named: sections.to_vec(),
            current,
            recipients: Vec::new(),
            left_out: Vec::new(),
        };
        for mut holder in port.holders(now).await? {
            let account = holder.account();
            if account == self.patient_account() {
                continue;
            }
            if without.contains(&account) {
                holder.access.state = AccessState::Revoked;
            }
            let recipient = match claim(&holder, set, now) {
                Claim::None => continue,
                Claim::Ending => Err(LeftOut::Ending),
                // Its own key is known better than any node can tell.
                Claim::Delegate(_) if account == self.account() => match self.identity() {
                    Some(identity) => Ok((identity.public(), set)),
                    None => Err(LeftOut::NoKey),
                },
                Claim::Delegate(None) => Err(LeftOut::NoKey),
                Claim::Delegate(Some(key)) => Ok((key, set)),
                Claim::Provider(sections) => {
                    let key = provider_key(port, account).await?;
                    key.map(|key| (key, sections))
                }
            };
            match recipient {
                Ok((key, sections)) => plan.recipients.push(Recipient {
                    account,
                    key,
                    sections,
                }),
                Err(why) => plan.left_out.push((account, why)),
            }
        }
        // A delegate who changes keys is among the first to have them.
        plan.recipients
            .sort_by_key(|recipient| recipient.account != self.account());
        Ok(plan)
    }

    /// New keys as planned. Names that are not given anew are carried over from the key ring.
    ///
    /// `abandon` are sections whose records of before may become unreadable for everybody who is given the new
    /// keys only.
    ///
    /// # Errors
    /// [`Error::CurrentSecretMissing`] if the key ring lacks the secret that a new key has to link to, and the
    /// section is not abandoned: the node may hide it.
    pub fn new_keys(
        &self,
        plan: &Plan,
        abandon: SectionSet,
        rng: &mut (impl CryptoRngCore + ?Sized),
    ) -> Result<NewKeys> {
        self.new_keys_for(plan, abandon, &self.patient_key(), rng)
    }

    /// As [`Self::new_keys`], sealed to another key of the patient: the one that is published with them.
    ///
    /// # Errors
    /// As [`Self::new_keys`].
    pub fn new_keys_for(
        &self,
        plan: &Plan,
        abandon: SectionSet,
        own: &PublicKey,
        rng: &mut (impl CryptoRngCore + ?Sized),
    ) -> Result<NewKeys> {
        for key in &plan.current {
            if !abandon.contains(key.section) && self.keyring().check(key).is_err() {
                return Err(Error::CurrentSecretMissing {
                    section: key.section.get(),
                    epoch: key.epoch,
                });
            }
        }
        compose(
            self.port(),
            self.account(),
            &Recipient {
                key: *own,
                ..self.patient_recipient(plan.sections())
            },
            &plan.recipients,
            self.keyring(),
            &plan.named,
            &plan.current,
            rng,
        )
    }
}

/// What a holder is to be given of a rotation of some sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Nothing.
    None,
    /// Nothing, for what it could claim by ends within minutes.
    Ending,
    /// Every section, sealed to the key that the patient set for it as a delegate.
    Delegate(Option<PublicKey>),
    /// These sections, sealed to the key that it has published as a provider.
    Provider(SectionSet),
}

pub(crate) fn claim(holder: &Holder, set: SectionSet, now: Timestamp) -> Claim {
    let lasts = |end: Timestamp| end.0 > now.0.saturating_add(RECIPIENT_MARGIN_SECS);
    let delegation = &holder.delegation;
    if delegation.includes_secrets() && lasts(delegation.until) {
        return Claim::Delegate(delegation.key);
    }
    let closes = holder.emergency.window().map(|(_, closes)| closes);
    let [granted, opened] = [
        (holder.access.readable(), Some(holder.access.expiry)),
        (holder.emergency.readable(), closes),
    ]
    .map(|(sections, end)| match end {
        Some(end) if lasts(end) => sections.intersection(set),
        _ => SectionSet::EMPTY,
    });
    let sections = granted.union(opened);
    if !sections.is_empty() {
        Claim::Provider(sections)
    } else if holder.entitled().intersection(set).is_empty() {
        Claim::None
    } else {
        Claim::Ending
    }
}

/// The key that a provider has published, or why it is given nothing.
async fn provider_key(port: &Port, account: Address) -> Result<Result<PublicKey, LeftOut>> {
    let provider = match port.registry().find_provider(account).await {
        Ok(provider) => provider,
        Err(
            Error::Refused(_)
            | Error::Halted { .. }
            | Error::InvalidResponse { .. }
            | Error::Rpc { .. },
        ) => return Ok(Err(LeftOut::NoAnswer)),
        Err(error) => return Err(error),
    };
    Ok(match provider {
        Some(provider)
            if matches!(
                provider.status,
                ProviderStatus::Suspended | ProviderStatus::Retired
            ) =>
        {
            Err(LeftOut::NotActive)
        }
        Some(provider) => provider.key.ok_or(LeftOut::NoKey),
        None => Err(LeftOut::NoKey),
    })
}

fn all(sections: &[NamedSection]) -> SectionSet {
    sections.iter().map(|named| named.section).collect()
}

/// Draws the keys, links them to the last good ones, and seals them.
#[expect(
    clippy::too_many_arguments,
    reason = "one place where all of them meet"
)]
fn compose(
    port: &Port,
    sender: Address,
    patient: &Recipient,
    readers: &[Recipient],
    keyring: &Keyring,
    named: &[NamedSection],
    current: &[SectionKey],
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<NewKeys> {
    let place = Place {
        chain_id: port.chain().chain_id(),
        port: port.address(),
    };
    let set = patient.sections;
    let epochs: BTreeMap<SectionId, u32> =
        current.iter().map(|key| (key.section, key.epoch)).collect();
    let given: BTreeMap<SectionId, &String> = named
        .iter()
        .filter_map(|named| Some((named.section, named.name.as_ref()?)))
        .collect();
    let mut secrets = Vec::with_capacity(set.len());
    let mut links = Vec::new();
    for section in set.iter() {
        let epoch = epochs
            .get(&section)
            .map_or(1, |epoch| epoch.saturating_add(1));
        let secret = SecretKey::random(rng);
        if let Some((opened, previous)) = keyring.newest_below(section, epoch) {
            links.push(make_link(
                place.chain_id,
                place.port,
                section,
                epoch,
                opened,
                &secret,
                previous,
            )?);
        }
        let name = given.get(&section).map(|name| (*name).clone());
        let name = name.or_else(|| keyring.name(section).map(str::to_owned));
        secrets.push(SecretEntry {
            section,
            epoch,
            secret,
            name,
        });
    }
    let recipients: Vec<_> = std::iter::once(*patient)
        .chain(readers.iter().copied())
        .collect();
    let messages = recipients
        .iter()
        .map(|recipient| place.seal(sender, recipient, &secrets, rng))
        .collect::<Result<Vec<_>>>()?;
    let mut batches = batches(messages).into_iter();
    let rotation = IPatientPort::Rotation {
        sections: set.bits(),
        epochs: set
            .iter()
            .map(|section| epochs.get(&section).copied().unwrap_or(0))
            .collect(),
        keys: secrets
            .iter()
            .map(|entry| entry.secret.public().x())
            .collect(),
        parities: parities(&secrets),
        links: encode_links(&links)?.into(),
        sealed_: batches.next().unwrap_or_default(),
    };
    let new_epochs: Vec<u32> = secrets.iter().map(|entry| entry.epoch).collect();
    let later = batches
        .map(|messages| Reseal {
            sections: set,
            epochs: new_epochs.clone(),
            messages,
        })
        .collect();
    Ok(NewKeys {
        rotation,
        later,
        secrets,
        recipients,
    })
}

fn parities(secrets: &[SecretEntry]) -> u64 {
    let odd = secrets
        .iter()
        .filter(|entry| entry.secret.public().parity() == 1);
    odd.map(|entry| entry.section)
        .collect::<SectionSet>()
        .bits()
}

#[derive(Clone, Copy, Debug)]
struct Place {
    chain_id: u64,
    port: Address,
}

impl Place {
    fn seal(
        self,
        sender: Address,
        recipient: &Recipient,
        secrets: &[SecretEntry],
        rng: &mut (impl CryptoRngCore + ?Sized),
    ) -> Result<IPatientPort::Sealed> {
        let context = SealContext {
            purpose: Purpose::Secrets,
            chain_id: self.chain_id,
            port: self.port,
            sender,
            recipient: recipient.account,
            request_id: 0,
        };
        let entries: Vec<_> = secrets
            .iter()
            .filter(|entry| recipient.sections.contains(entry.section))
            .cloned()
            .collect();
        let message = seal_secrets(&context, &recipient.key, &entries, rng)?;
        Ok(IPatientPort::Sealed {
            recipient: recipient.account,
            message: message.into(),
        })
    }
}

/// Cuts messages into batches that one transaction carries, in order.
fn batches(messages: Vec<IPatientPort::Sealed>) -> Vec<Vec<IPatientPort::Sealed>> {
    let mut batches: Vec<Vec<IPatientPort::Sealed>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let length = message.message.len();
        match batches.last_mut() {
            Some(batch)
                if batch.len() < MAX_RECIPIENTS as usize && bytes + length <= MAX_BATCH_BYTES =>
            {
                bytes += length;
                batch.push(message);
            }
            _ => {
                bytes = length;
                batches.push(vec![message]);
            }
        }
    }
    batches
}

#[cfg(test)]
#[path = "rotation_tests.rs"]
mod tests;
