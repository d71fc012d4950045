//! New section keys: who has to get them, and which sections need them.

use std::collections::BTreeMap;

use alloy::primitives::Address;
use patientport_core::abi::IPatientPort;
use patientport_core::keys::{PublicKey, SecretKey};
use patientport_core::limits::MAX_RECIPIENTS;
use patientport_core::rand_core::CryptoRngCore;
use patientport_core::seal::{Purpose, SealContext};
use patientport_core::section::{
    SecretEntry, SectionId, SectionSet, encode_links, make_link, seal_secrets,
};

use crate::chain::Transaction;
use crate::error::Result;
use crate::keyring::Keyring;
use crate::port::{Access, AccessState, Port, PortInfo, SectionKey};
use crate::registry::ProviderStatus;

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
    /// Live readers who are given nothing, because the registry knows no key of them or does not trust them any more.
    pub left_out: Vec<Address>,
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

impl NewKeys {
    /// The sections that get new keys.
    pub fn sections(&self) -> SectionSet {
        SectionSet::from_bits(self.rotation.sections)
    }

    /// The later transactions.
    pub fn later_transactions(&self, port: &Port) -> Vec<Transaction> {
        let send = |batch: &Reseal| {
            port.reseal(batch.sections, batch.epochs.clone(), batch.messages.clone())
        };
        self.later.iter().map(send).collect()
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
/// [`Error::Section`](crate::Error::Section) for a name that no message can carry.
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
    compose(port, &patient, &[], &Keyring::default(), sections, &[], rng)
}

/// New keys for sections of a claimed port, for its patient and every reader who may go on reading.
///
/// Sections that are not open yet are opened. `without` are readers whose access the same transaction ends.
/// Names that are not given anew are carried over from the key ring.
///
/// # Errors
/// [`Error::NotClaimed`](crate::Error::NotClaimed); [`Error::NoEncryptionKey`](crate::Error::NoEncryptionKey) of the patient.
pub async fn new_keys(
    port: &Port,
    keyring: &Keyring,
    sections: &[NamedSection],
    without: &[Address],
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<NewKeys> {
    let info = port.claimed_info().await?;
    let set = all(sections);
    let current = port.section_keys(set).await?;
    let readers = port.readers().await?;
    let (readers, left_out) = remaining(port, &info, &readers, set, without).await?;
    let patient = Recipient {
        account: info.patient,
        key: info.patient_key()?,
        sections: set,
    };
    let mut keys = compose(port, &patient, &readers, keyring, sections, &current, rng)?;
    keys.left_out = left_out;
    Ok(keys)
}

fn all(sections: &[NamedSection]) -> SectionSet {
    sections.iter().map(|named| named.section).collect()
}

/// Live readers with their keys, and those who cannot or must not be given new secrets.
async fn remaining(
    port: &Port,
    info: &PortInfo,
    readers: &[Access],
    sections: SectionSet,
    without: &[Address],
) -> Result<(Vec<Recipient>, Vec<Address>)> {
    let mut recipients = Vec::new();
    let mut left_out = Vec::new();
    for access in readers {
        let sections = access.readable().intersection(sections);
        let account = access.reader;
        if sections.is_empty() || without.contains(&account) || account == info.patient {
            continue;
        }
        let provider = port.registry().find_provider(account).await?;
        let trusted = provider.filter(|provider| {
            !matches!(
                provider.status,
                ProviderStatus::Suspended | ProviderStatus::Retired
            )
        });
        match trusted.and_then(|provider| provider.key) {
            Some(key) => recipients.push(Recipient {
                account,
                key,
                sections,
            }),
            None => left_out.push(account),
        }
    }
    Ok((recipients, left_out))
}

/// Draws the keys, links them to the last good ones, and seals them.
fn compose(
    port: &Port,
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
        .map(|recipient| place.seal(patient.account, recipient, &secrets, rng))
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
        left_out: Vec::new(),
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

/// A section whose current key is held by someone without access to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaleSection {
    /// The section.
    pub section: SectionId,
    /// One who holds the key.
    pub holder: Address,
    /// Why it has no access any more.
    pub state: AccessState,
}

/// The sections of a port that need new keys, ascending; each once, with the first holder found.
///
/// # Errors
/// Those of reading the port's views.
pub async fn stale_sections(port: &Port) -> Result<Vec<StaleSection>> {
    let keys = port.open_sections().await?;
    let readers = port.readers().await?;
    Ok(stale(&keys, &readers))
}

/// [`stale_sections`] from views that were read already.
///
/// A holder's access to a section ended when its grant expired, or, where it was revoked or narrowed, when it
/// was changed. A key published at that time or later was never given to the holder.
pub fn stale(keys: &[SectionKey], readers: &[Access]) -> Vec<StaleSection> {
    keys.iter()
        .filter_map(|key| {
            let holder = readers.iter().find(|access| {
                access.held.contains(key.section)
                    && !access.readable().contains(key.section)
                    && ended(access, key.section) > key.rotated_at
            })?;
            Some(StaleSection {
                section: key.section,
                holder: holder.reader,
                state: holder.state,
            })
        })
        .collect()
}

/// When an account that has no access to a section lost it.
fn ended(access: &Access, section: SectionId) -> crate::units::Timestamp {
    match access.state {
        AccessState::Expired if access.sections.contains(section) => access.expiry,
        // Revoked, or left out of the newest grant: both are changes of the grant.
        _ => access.changed_at,
    }
}

#[cfg(test)]
#[path = "rotation_tests.rs"]
mod tests;
