//! Requests, grants, denials and revocations: composing their sealed messages and transactions.

use alloy::primitives::Address;
use alloy::sol_types::SolEvent;
use patientport_core::abi::IPatientPort::{IPatientPortEvents, RequestDenied, RequestMade};
use patientport_core::keys::PublicKey;
use patientport_core::rand_core::CryptoRngCore;
use patientport_core::seal::{Purpose, SealContext, open_message, seal_message};
use patientport_core::section::{SectionId, SectionSet, seal_secrets};
use patientport_core::text::{DenialText, RequestText, Rights};

use crate::actor::Actor;
use crate::chain::Transaction;
use crate::error::{Error, Result};
use crate::history::{Place, history};
use crate::identity::IdentityKeys;
use crate::port::{
    Access, DenialReason, GrantCall, Port, RequestEntry, RevocationReason, SectionKey,
};
use crate::requests::requests;
use crate::rotation::{NamedSection, NewKeys, Plan, Recipient, no_rotation};
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

/// Who is granted access: the account, its key as the caller compared it with what it knows, and the request
/// that the grant answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grantee {
    /// The account.
    pub account: Address,
    /// Its encryption key.
    pub key: PublicKey,
    /// The request answered; `None` = none.
    pub request: Option<u32>,
}

/// What a reader may do in a section, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// To do what.
    pub rights: Rights,
    /// Until when.
    pub until: Timestamp,
}

/// What a grant changes in one section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The section.
    pub section: SectionId,
    /// Before; `None` = no access.
    pub before: Option<Standing>,
    /// After; `None` = no access.
    pub after: Option<Standing>,
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
    /// Section by section, ascending: every one that it has or had.
    pub changes: Vec<Change>,
    /// The keys of the sections granted.
    pub keys: Vec<SectionKey>,
}

impl ComposedGrant {
    /// Sections that it can read or write now and will not any more. Their keys are stale afterwards.
    pub fn lost(&self) -> SectionSet {
        let lost = self.changes.iter().filter(|it| it.after.is_none());
        lost.map(|it| it.section).collect()
    }
}

/// A revocation ready to be sent.
#[derive(Clone, Debug)]
pub struct ComposedRevocation {
    /// The transaction: it ends the access and rotates the sections at once.
    pub transaction: Transaction,
    /// The new keys; `None` if the reader holds no key of an open section.
    pub keys: Option<NewKeys>,
}

/// Composes a request for access, sealed to the patient with `key`: the port's, as the caller compared it with what
/// it knows. Sent by `requester`; `recipient` is who shall get the access: the requester itself, or a provider it
/// refers.
///
/// # Errors
/// [`Error::Text`].
pub fn request(
    port: &Port,
    (patient, key): (Address, &PublicKey),
    requester: Address,
    recipient: Address,
    text: &RequestText,
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<Transaction> {
    let context = context(port, Purpose::Request, requester, patient, 0);
    let message = seal_message(&context, key, &text.to_bytes()?, rng);
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

/// Opens what a request says, with the patient's keys of this port. The requester's own words: escape before showing.
///
/// # Errors
/// [`Error::MissingMessage`]; [`Error::Open`] if it was not sealed to this key; [`Error::Text`].
pub async fn read_request(
    port: &Port,
    request: &RequestEntry,
    identity: &IdentityKeys,
) -> Result<RequestText> {
    let patient = port.info().await?.patient;
    let requests = requests(port, Timestamp(0)).await?;
    requests.open(request.id, patient, identity)
}

/// Opens the message of a request to `patient`.
pub(crate) fn open_request(
    place: &Place,
    patient: Address,
    requester: Address,
    message: &[u8],
    identity: &IdentityKeys,
) -> Result<RequestText> {
    let context = SealContext {
        purpose: Purpose::Request,
        chain_id: place.chain_id,
        port: place.port,
        sender: requester,
        recipient: patient,
        request_id: 0,
    };
    let text = identity.open(|key| open_message(&context, key, message))?;
    Ok(RequestText::from_bytes(&text)?)
}

/// Composes a denial by `by`, the patient or a delegate, its words sealed to the requester's `key`, as the caller compared it with what it
/// knows. Without a key the denial carries no words: nobody's missing or malformed key keeps a patient from
/// saying no.
///
/// # Errors
/// [`Error::Text`].
pub fn deny(
    port: &Port,
    by: Address,
    request: &RequestEntry,
    key: Option<&PublicKey>,
    (reason, text): (DenialReason, &DenialText),
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<Transaction> {
    let message = match key {
        Some(key) => {
            let requester = request.requester;
            let context = context(port, Purpose::Denial, by, requester, request.id);
            seal_message(&context, key, &text.to_bytes()?, rng)
        }
        None => Vec::new(),
    };
    Ok(port.deny(request.id, reason, message))
}

/// A denial: who said no, why, and in which words.
#[derive(Clone, Debug)]
pub struct Denial {
    /// The patient, or a delegate.
    pub by: Address,
    /// Why; `None` for a reason not known here.
    pub reason: Option<DenialReason>,
    /// Its own words: escape before showing.
    pub text: DenialText,
}

/// Opens what a denial says, with the requester's keys.
///
/// # Errors
/// [`Error::MissingMessage`] if the request was not denied; [`Error::Open`]; [`Error::Text`].
pub async fn read_denial(
    port: &Port,
    request: &RequestEntry,
    identity: &IdentityKeys,
) -> Result<Denial> {
    let history = history(port).await?;
    let denied = history
        .events_of(&[RequestDenied::SIGNATURE_HASH])
        .find_map(|event| match event.event {
            IPatientPortEvents::RequestDenied(event) if event.requestId == request.id => {
                Some(event)
            }
            _ => None,
        })
        .ok_or(Error::MissingMessage { id: request.id })?;
    let context = context(
        port,
        Purpose::Denial,
        denied.by,
        denied.requester,
        request.id,
    );
    let text = identity.open(|key| open_message(&context, key, &denied.message))?;
    let text = DenialText::from_bytes(&text)?;
    Ok(Denial {
        by: denied.by,
        reason: DenialReason::from_code(denied.reason),
        text,
    })
}

impl Actor {
    /// Composes a grant, or the approval of a request.
    ///
    /// A grant replaces the one in force. Unless [`Terms::replace`] is set, sections of the one in force that are not
    /// named are kept; that is possible only with the same rights and no earlier end, because a grant has one of each.
    ///
    /// # Errors
    /// [`Error::RightsDiffer`]; [`Error::WouldShorten`]; [`Error::SectionNotOpen`]; [`Error::NoMatchingKey`] if the key ring lacks a section's
    /// current secret, [`Error::WrongSectionKey`] if the node shows another key; [`Error::Past`]; for a delegate
    /// [`Error::OutlastsDelegation`] and [`Error::DelegateAsReader`].
    pub async fn grant(
        &self,
        to: &Grantee,
        terms: &Terms,
        clock: Timestamp,
        rng: &mut (impl CryptoRngCore + ?Sized),
    ) -> Result<ComposedGrant> {
        let port = self.port();
        let now = port.chain().now(clock).await?;
        if terms.until <= now {
            return Err(Error::Past { given: terms.until });
        }
        self.check_delegates_grant(to.account, terms.until, now)
            .await?;
        let previous = port.access_of(to.account, now).await?;
        let sections = sections_of(&previous, terms)?;
        let keys = port.section_keys(sections).await?;
        let open: SectionSet = keys.iter().map(|key| key.section).collect();
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
            self.seal_current(to, &keys, rng)?
        };
        let call = GrantCall {
            sections,
            epochs: keys.iter().map(|key| key.epoch).collect(),
            expiry: terms.until,
            rights: terms.rights,
            allow_unverified: terms.allow_unverified,
            message,
        };
        let transaction = match to.request {
            Some(request) => port.approve(request, to.account, call),
            None => port.grant(to.account, call),
        };
        Ok(ComposedGrant {
            transaction,
            reader: Recipient {
                account: to.account,
                key: to.key,
                sections,
            },
            previous,
            changes: changes(&previous, sections, terms),
            keys,
        })
    }

    /// What a delegate may not grant, refused before anything is composed.
    async fn check_delegates_grant(
        &self,
        reader: Address,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let Some(acts_until) = self.acts_until() else {
            return Ok(());
        };
        if until > acts_until {
            return Err(Error::OutlastsDelegation {
                given: until,
                until: acts_until,
            });
        }
        let is_delegate = reader == self.account()
            || self.port().holder_of(reader, now).await?.delegation.is_live;
        if is_delegate || reader == self.patient_account() {
            return Err(Error::DelegateAsReader { reader });
        }
        Ok(())
    }

    /// Seals the secrets of sections' current keys to a reader.
    fn seal_current(
        &self,
        to: &Grantee,
        keys: &[SectionKey],
        rng: &mut (impl CryptoRngCore + ?Sized),
    ) -> Result<Vec<u8>> {
        let entries = self.keyring().checked_entries(keys)?;
        let id = to.request.unwrap_or(0);
        let context = context(
            self.port(),
            Purpose::Secrets,
            self.account(),
            to.account,
            id,
        );
        Ok(seal_secrets(&context, &to.key, &entries, rng)?)
    }

    /// Plans the rotation that a revocation carries: new keys for every open section whose key the reader holds, and
    /// for those of `also`, such as stale ones; `None` if that is none.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub async fn plan_revocation(
        &self,
        reader: Address,
        also: SectionSet,
        clock: Timestamp,
    ) -> Result<Option<Plan>> {
        let port = self.port();
        let held = port.access_of(reader, clock).await?.held.union(also);
        let open = port.section_keys(held).await?;
        let sections: Vec<_> = open
            .iter()
            .map(|key| NamedSection::from(key.section))
            .collect();
        if sections.is_empty() {
            return Ok(None);
        }
        self.plan(&sections, &[reader], clock).await.map(Some)
    }

    /// Composes a revocation: the reader's access ends, and the planned sections get new keys, in one transaction.
    ///
    /// # Errors
    /// As [`Self::new_keys`].
    pub fn revoke(
        &self,
        reader: Address,
        reason: RevocationReason,
        plan: Option<&Plan>,
        abandon: SectionSet,
        rng: &mut (impl CryptoRngCore + ?Sized),
    ) -> Result<ComposedRevocation> {
        let keys = plan.map(|plan| self.new_keys(plan, abandon, rng));
        let keys = keys.transpose()?;
        let rotation = match &keys {
            Some(keys) => keys.rotation.clone(),
            None => no_rotation(),
        };
        Ok(ComposedRevocation {
            transaction: self.port().revoke(reader, reason, rotation),
            keys,
        })
    }
}

/// All sections of a new grant: those named, and those kept of the one in force.
fn sections_of(previous: &Access, terms: &Terms) -> Result<SectionSet> {
    let had = previous.readable().union(previous.writable());
    let kept = had.difference(terms.sections);
    if terms.replace || kept.is_empty() {
        return Ok(terms.sections);
    }
    match previous.rights {
        Some(rights) if rights != terms.rights => Err(Error::RightsDiffer {
            reader: previous.reader,
            had: rights,
            given: terms.rights,
            sections: kept,
        }),
        Some(_) if terms.until < previous.expiry => Err(Error::WouldShorten {
            reader: previous.reader,
            had: previous.expiry,
            given: terms.until,
            sections: kept,
        }),
        _ => Ok(terms.sections.union(kept)),
    }
}

fn changes(previous: &Access, sections: SectionSet, terms: &Terms) -> Vec<Change> {
    let had = previous.readable().union(previous.writable());
    let before = previous.rights.map(|rights| Standing {
        rights,
        until: previous.expiry,
    });
    let after = Standing {
        rights: terms.rights,
        until: terms.until,
    };
    had.union(sections)
        .iter()
        .map(|section| Change {
            section,
            before: before.filter(|_| had.contains(section)),
            after: sections.contains(section).then_some(after),
        })
        .collect()
}

pub(crate) fn context(
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

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
