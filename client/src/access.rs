//! Requests, grants, denials and revocations: composing their sealed messages and transactions.

use alloy::primitives::Address;
use alloy::sol_types::SolEvent;
use patientport_core::abi::IPatientPort::{IPatientPortEvents, RequestDenied, RequestMade};
use patientport_core::keys::{PublicKey, SecretKey};
use patientport_core::rand_core::CryptoRngCore;
use patientport_core::seal::{Purpose, SealContext, open_message, seal_message};
use patientport_core::section::{SecretEntry, SectionSet, seal_secrets};
use patientport_core::text::{DenialText, RequestText, Rights};

use crate::chain::Transaction;
use crate::error::{Error, Result};
use crate::history::events_of;
use crate::keyring::Keyring;
use crate::port::{Access, DenialReason, GrantCall, Port, RequestEntry, RevocationReason};
use crate::rotation::{NamedSection, NewKeys, Recipient, new_keys, no_rotation};
use crate::units::Timestamp;

/// What a patient grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The sections.
    pub sections: SectionSet,
    /// Until when: after now, at most five years away.
    pub until: Timestamp,
    /// To do what.
    pub rights: Rights,
    /// Whether a reader is accepted whom no attester vouches for.
    pub allow_unverified: bool,
    /// Whether sections of the reader's grant in force that are not named here end; otherwise they are kept.
    pub replace: bool,
}

/// A grant ready to be sent.
#[derive(Clone, Debug)]
pub struct ComposedGrant {
    /// The transaction.
    pub transaction: Transaction,
    /// The reader, the key its secrets are sealed to, and all sections it will have.
    pub reader: Recipient,
    /// What it had before.
    pub previous: Access,
    /// Sections that it can read or write now and will not any more. Their keys are stale afterwards.
    pub lost: SectionSet,
}

/// A revocation ready to be sent.
#[derive(Clone, Debug)]
pub struct ComposedRevocation {
    /// The transaction: it ends the access and rotates the sections at once.
    pub transaction: Transaction,
    /// The new keys; `None` if the reader holds no key of an open section.
    pub keys: Option<NewKeys>,
}

/// Composes a request for access, sealed to the patient. Sent by `requester`; `recipient` is who shall get the
/// access: the requester itself, or a provider it refers.
///
/// # Errors
/// [`Error::NotClaimed`]; [`Error::NoEncryptionKey`] of the patient; [`Error::Text`].
pub async fn request(
    port: &Port,
    requester: Address,
    recipient: Address,
    text: &RequestText,
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<Transaction> {
    let info = port.claimed_info().await?;
    let context = context(port, Purpose::Request, requester, info.patient, 0);
    let message = seal_message(&context, &info.patient_key()?, &text.to_bytes()?, rng);
    Ok(port.request_access(recipient, message))
}

/// The number of the request that a transaction made.
///
/// # Errors
/// [`Error::InvalidResponse`] if the receipt tells of none.
pub fn made_request(port: &Port, report: &crate::chain::TxReport) -> Result<u32> {
    report
        .logs
        .iter()
        .filter(|log| log.address() == port.address())
        .find_map(|log| RequestMade::decode_log(&log.inner).ok())
        .map(|event| event.requestId)
        .ok_or_else(|| port.chain().invalid_receipt("it tells of no request"))
}

/// Opens what a request says, with the patient's key of this port. The requester's own words: escape before showing.
///
/// # Errors
/// [`Error::MissingMessage`]; [`Error::Open`] if it was not sealed to this key; [`Error::Text`].
pub async fn read_request(
    port: &Port,
    request: &RequestEntry,
    identity: &SecretKey,
) -> Result<RequestText> {
    let patient = port.info().await?.patient;
    let id = topic(request.id);
    let events = events_of(port, &[RequestMade::SIGNATURE_HASH], Some(id)).await?;
    let message = events
        .into_iter()
        .find_map(|(_, event)| match event {
            IPatientPortEvents::RequestMade(event) => Some(event.message),
            _ => None,
        })
        .ok_or(Error::MissingMessage { id: request.id })?;
    let context = context(port, Purpose::Request, request.requester, patient, 0);
    Ok(RequestText::from_bytes(&open_message(
        &context, identity, &message,
    )?)?)
}

/// Composes a denial, its words sealed to the requester.
///
/// # Errors
/// [`Error::UnknownRequest`]; [`Error::NoEncryptionKey`] of the requester; [`Error::Text`].
pub async fn deny(
    port: &Port,
    request: u32,
    reason: DenialReason,
    text: &DenialText,
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<Transaction> {
    let patient = port.claimed_info().await?.patient;
    let requester = port.request(request).await?.requester;
    let key = recipient_key(port, requester).await?;
    let context = context(port, Purpose::Denial, patient, requester, request);
    let message = seal_message(&context, &key, &text.to_bytes()?, rng);
    Ok(port.deny(request, reason, message))
}

/// Opens what a denial says, with the requester's key. The patient's own words: escape before showing.
///
/// # Errors
/// [`Error::MissingMessage`] if the request was not denied; [`Error::Open`]; [`Error::Text`].
pub async fn read_denial(
    port: &Port,
    request: &RequestEntry,
    identity: &SecretKey,
) -> Result<(Option<DenialReason>, DenialText)> {
    let patient = port.info().await?.patient;
    let id = topic(request.id);
    let events = events_of(port, &[RequestDenied::SIGNATURE_HASH], Some(id)).await?;
    let denied = events
        .into_iter()
        .find_map(|(_, event)| match event {
            IPatientPortEvents::RequestDenied(event) => Some(event),
            _ => None,
        })
        .ok_or(Error::MissingMessage { id: request.id })?;
    let context = context(
        port,
        Purpose::Denial,
        patient,
        request.requester,
        request.id,
    );
    let text = DenialText::from_bytes(&open_message(&context, identity, &denied.message)?)?;
    Ok((DenialReason::from_code(denied.reason), text))
}

/// Composes the approval of a request: a grant to the recipient whom the request names.
///
/// # Errors
/// [`Error::UnknownRequest`], and as [`grant`].
pub async fn approve(
    port: &Port,
    keyring: &Keyring,
    request: u32,
    terms: &Terms,
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<ComposedGrant> {
    let reader = port.request(request).await?.recipient;
    compose(port, keyring, Some(request), reader, terms, rng).await
}

/// Composes a grant without a request.
///
/// # Errors
/// [`Error::NoEncryptionKey`] or [`Error::UnknownProvider`] if the registry knows no key of the reader;
/// [`Error::SectionNotOpen`]; [`Error::NoMatchingKey`] if the key ring lacks a section's current secret;
/// [`Error::Past`].
pub async fn grant(
    port: &Port,
    keyring: &Keyring,
    reader: Address,
    terms: &Terms,
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<ComposedGrant> {
    compose(port, keyring, None, reader, terms, rng).await
}

async fn compose(
    port: &Port,
    keyring: &Keyring,
    request: Option<u32>,
    reader: Address,
    terms: &Terms,
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<ComposedGrant> {
    let patient = port.claimed_info().await?.patient;
    let now = port.chain().block_timestamp().await?;
    if terms.until <= now {
        return Err(Error::Past { given: terms.until });
    }
    let key = recipient_key(port, reader).await?;
    let previous = port.access_of(reader).await?;
    let had = previous.readable().union(previous.writable());
    let sections = if terms.replace {
        terms.sections
    } else {
        terms.sections.union(had)
    };
    let current = port.section_keys(sections).await?;
    let open: SectionSet = current.iter().map(|key| key.section).collect();
    if let Some(section) = sections.difference(open).iter().next() {
        return Err(Error::SectionNotOpen {
            port: port.address(),
            section: section.get(),
        });
    }
    let message = if terms.rights == Rights::Write {
        // Writing needs the public key only: who may not read is sent nothing.
        Vec::new()
    } else {
        let entries = current
            .iter()
            .map(|key| {
                Ok(SecretEntry {
                    section: key.section,
                    epoch: key.epoch,
                    secret: keyring.secret(key.section, key.epoch)?.clone(),
                    name: keyring.name(key.section).map(str::to_owned),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let id = request.unwrap_or(0);
        let context = context(port, Purpose::Secrets, patient, reader, id);
        seal_secrets(&context, &key, &entries, rng)?
    };
    let call = GrantCall {
        sections,
        epochs: current.iter().map(|key| key.epoch).collect(),
        expiry: terms.until,
        rights: terms.rights,
        allow_unverified: terms.allow_unverified,
        message,
    };
    let transaction = match request {
        Some(request) => port.approve(request, call),
        None => port.grant(reader, call),
    };
    Ok(ComposedGrant {
        transaction,
        reader: Recipient {
            account: reader,
            key,
            sections,
        },
        previous,
        lost: had.difference(sections),
    })
}

/// Composes a revocation: the reader's access ends, and every open section whose key it holds gets a new one,
/// sealed to the patient and the remaining readers.
///
/// `also` are further sections to rotate, such as stale ones.
///
/// # Errors
/// As [`new_keys`].
pub async fn revoke(
    port: &Port,
    keyring: &Keyring,
    reader: Address,
    reason: RevocationReason,
    also: SectionSet,
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<ComposedRevocation> {
    let held = port.access_of(reader).await?.held.union(also);
    let open = port.section_keys(held).await?;
    let sections: Vec<_> = open
        .iter()
        .map(|key| NamedSection {
            section: key.section,
            name: None,
        })
        .collect();
    if sections.is_empty() {
        let transaction = port.revoke(reader, reason, no_rotation());
        return Ok(ComposedRevocation {
            transaction,
            keys: None,
        });
    }
    let keys = new_keys(port, keyring, &sections, &[reader], rng).await?;
    let transaction = port.revoke(reader, reason, keys.rotation.clone());
    Ok(ComposedRevocation {
        transaction,
        keys: Some(keys),
    })
}

/// The key that messages to a provider are sealed to, from the registry.
async fn recipient_key(port: &Port, account: Address) -> Result<PublicKey> {
    port.registry().provider(account).await?.encryption_key()
}

fn context(
    port: &Port,
    purpose: Purpose,
    sender: Address,
    recipient: Address,
    request_id: u32,
) -> SealContext {
    SealContext {
        purpose,
        chain_id: port.chain().chain_id(),
        port: port.address(),
        sender,
        recipient,
        request_id,
    }
}

/// A number as an indexed argument.
fn topic(number: u32) -> alloy::primitives::B256 {
    alloy::primitives::B256::from(alloy::primitives::U256::from(number))
}
