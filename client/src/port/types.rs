//! What a port's views return, checked and in types.

use alloy::primitives::{Address, B256};
use patientport_core::abi::IPatientPort;
use patientport_core::keys::PublicKey;
use patientport_core::limits::REQUEST_LIFETIME_SECS;
use patientport_core::section::SectionId;

use super::codes::codes;
use crate::error::{Error, Result};
use crate::history::Head;
use crate::units::Timestamp;

codes! {
    /// Where a record stands.
    RecordState, "not a state of a record" {
        /// It counts.
        Current = 1 "current",
        /// It was taken back.
        Retracted = 2 "retracted",
        /// A later record takes its place.
        Superseded = 3 "superseded",
    }
}

codes! {
    /// Where a request stands.
    RequestState, "not a state of a request" {
        /// The patient has not answered.
        Pending = 1 "pending",
        /// The patient granted access.
        Approved = 2 "approved",
        /// The patient said no.
        Denied = 3 "denied",
        /// The requester took it back.
        Cancelled = 4 "cancelled",
        /// Nobody answered within 90 days.
        Lapsed = 5 "lapsed",
    }
}

codes! {
    /// Why a record is taken back.
    RetractionReason, "not a reason to retract a record" {
        /// It should not have been entered.
        EnteredInError = 1 "entered-in-error",
        /// Its content is erased.
        Erased = 2 "erased",
    }
}

codes! {
    /// Why a patient says no.
    DenialReason, "not a reason to deny a request" {
        /// There is no need.
        NotNeeded = 1 "not-needed",
        /// The requester is not known.
        UnknownRequester = 2 "unknown-requester",
        /// Too much was asked for.
        ScopeTooWide = 3 "scope-too-wide",
        /// Another provider is preferred.
        OtherProvider = 4 "other-provider",
        /// Something else.
        Other = 5 "other",
    }
}

codes! {
    /// Why access is ended.
    RevocationReason, "not a reason to end access" {
        /// No reason is given.
        Unstated = 0 "unstated",
        /// The care has ended.
        CareEnded = 1 "care-ended",
        /// It was a mistake.
        Mistake = 2 "mistake",
        /// Trust was lost.
        LostTrust = 3 "lost-trust",
        /// Something else.
        Other = 4 "other",
    }
}

/// What a port says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortInfo {
    /// The patient who owns it.
    pub patient: Address,
    /// Who was offered its ownership and has not accepted; `None` = nobody.
    pub pending_owner: Option<Address>,
    /// The registry that issued it.
    pub registry: Address,
    /// The provider that issued it.
    pub issuer: Address,
    /// The primary care provider; `None` = none.
    pub primary_care: Option<Address>,
    /// Whether the patient has accepted it.
    pub claimed: bool,
    /// The patient's encryption key; `None` before the claim, or if it is no point of the curve.
    pub key: Option<PublicKey>,
    /// How many records were added.
    pub record_count: u32,
    /// The highest number of a request. Some numbers stand for none: [`Port::requests`](super::Port::requests)
    /// leaves them out.
    pub last_request: u32,
    /// How many readers, delegates and responders the port lists.
    pub holder_count: u32,
    /// The nonce that the next signed call carries.
    pub nonce: u32,
    /// What the port's events come to.
    pub history_head: Head,
}

impl PortInfo {
    pub(super) fn from_chain(info: &IPatientPort::PortInfo) -> Self {
        let some = |account: Address| (!account.is_zero()).then_some(account);
        Self {
            patient: info.owner,
            pending_owner: some(info.pendingOwner),
            registry: info.registry,
            issuer: info.issuer,
            primary_care: some(info.primaryCare),
            claimed: info.claimed,
            key: PublicKey::from_chain(info.keyX, info.keyParity).ok(),
            record_count: info.recordCount,
            last_request: info.requestCount,
            holder_count: info.holderCount,
            nonce: info.nonce,
            history_head: Head::from_word(info.historyHead),
        }
    }

    /// The patient's encryption key.
    ///
    /// # Errors
    /// [`Error::NoEncryptionKey`] before the claim, or if what was published is no key.
    pub fn patient_key(&self) -> Result<PublicKey> {
        self.key.ok_or(Error::NoEncryptionKey {
            account: self.patient,
        })
    }
}

/// The key of one section now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionKey {
    /// The section.
    pub section: SectionId,
    /// Its epoch, from 1.
    pub epoch: u32,
    /// Its key; `None` if what was published is no point of the curve: never write to it.
    pub key: Option<PublicKey>,
    /// When the key was published.
    pub rotated_at: Timestamp,
}

impl SectionKey {
    pub(super) fn from_chain(section: SectionId, key: &IPatientPort::SectionKey) -> Self {
        Self {
            section,
            epoch: key.epoch,
            key: PublicKey::from_chain(key.keyX, key.keyParity).ok(),
            rotated_at: Timestamp(key.rotatedAt),
        }
    }
}

/// A record's entry on chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordEntry {
    /// Its number at this port.
    pub id: u32,
    /// BLAKE3 of its head.
    pub commitment: B256,
    /// Who added it.
    pub author: Address,
    /// Where it belongs.
    pub section: SectionId,
    /// The section's epoch it was encrypted for.
    pub epoch: u32,
    /// When it was added.
    pub added_at: Timestamp,
    /// Where it stands.
    pub state: RecordState,
    /// The record that takes its place; `None` = none.
    pub successor: Option<u32>,
}

impl RecordEntry {
    pub(super) fn from_chain(id: u32, record: &IPatientPort::Record) -> Option<Self> {
        Some(Self {
            id,
            commitment: record.commitment,
            author: record.author,
            section: SectionId::try_from(record.section).ok()?,
            epoch: record.epoch,
            added_at: Timestamp(record.addedAt),
            state: RecordState::from_code(record.state)?,
            successor: (record.successor != 0).then_some(record.successor),
        })
    }
}

/// A request's entry on chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestEntry {
    /// Its number at this port.
    pub id: u32,
    /// Who asked.
    pub requester: Address,
    /// For whom.
    pub recipient: Address,
    /// When.
    pub requested_at: Timestamp,
    /// Where it stands.
    pub state: RequestState,
}

impl RequestEntry {
    /// [`IPatientPort::Request::state`] of an entry that only lists a holder: nobody asked.
    pub(super) const LISTED: u8 = 6;

    pub(crate) fn read(id: u32, request: &IPatientPort::Request) -> Option<Self> {
        Some(Self {
            id,
            requester: request.requester,
            recipient: request.recipient,
            requested_at: Timestamp(request.requestedAt),
            state: RequestState::from_code(request.state)?,
        })
    }

    /// When it lapses if nobody answers.
    pub fn lapses_at(&self) -> Timestamp {
        Timestamp(self.requested_at.0.saturating_add(REQUEST_LIFETIME_SECS))
    }
}
