//! What a port's views return, checked and in types.

use std::fmt;
use std::str::FromStr;

use alloy::primitives::{Address, B256};
use patientport_core::abi::IPatientPort;
use patientport_core::keys::PublicKey;
use patientport_core::limits::REQUEST_LIFETIME_SECS;
use patientport_core::section::{SectionId, SectionSet};
use patientport_core::text::Rights;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::units::Timestamp;

/// A set of codes on chain with their names: lower case with hyphens, as in arguments and JSON.
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident, $what:literal { $($(#[$variant_meta:meta])* $variant:ident = $code:literal $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_meta])* #[serde(rename = $text)] $variant = $code),+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The code on chain.
            pub const fn code(self) -> u8 {
                self as u8
            }

            /// By the code on chain.
            pub fn from_code(code: u8) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.code() == code)
            }

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == text).ok_or_else(|| {
                    Error::BadInput { what: $what, value: text.chars().take(32).collect() }
                })
            }
        }
    };
}

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
    /// Where a grant stands.
    AccessState, "not a state of a grant" {
        /// There never was one.
        None = 0 "none",
        /// In force.
        Live = 1 "live",
        /// Its time is over.
        Expired = 2 "expired",
        /// The patient ended it.
        Revoked = 3 "revoked",
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
    /// The registry that issued it.
    pub registry: Address,
    /// The primary care provider; `None` = none.
    pub primary_care: Option<Address>,
    /// Whether the patient has accepted it.
    pub claimed: bool,
    /// The patient's encryption key; `None` before the claim, or if it is no point of the curve.
    pub key: Option<PublicKey>,
    /// How many records were added.
    pub record_count: u32,
    /// How many requests were made.
    pub request_count: u32,
    /// How many readers the port lists.
    pub reader_count: u8,
}

impl PortInfo {
    pub(super) fn from_chain(info: &IPatientPort::PortInfo) -> Self {
        Self {
            patient: info.owner,
            registry: info.registry,
            primary_care: (!info.primaryCare.is_zero()).then_some(info.primaryCare),
            claimed: info.claimed,
            key: PublicKey::from_chain(info.keyX, info.keyParity).ok(),
            record_count: info.recordCount,
            request_count: info.requestCount,
            reader_count: info.readerCount,
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
    pub(super) fn from_chain(id: u32, request: &IPatientPort::Request) -> Option<Self> {
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

/// What an account was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The account.
    pub reader: Address,
    /// The sections of the newest grant.
    pub sections: SectionSet,
    /// The sections whose keys it was ever given.
    pub held: SectionSet,
    /// When the grant ends or ended.
    pub expiry: Timestamp,
    /// When the grant was last changed.
    pub changed_at: Timestamp,
    /// To do what; `None` without a grant.
    pub rights: Option<Rights>,
    /// Where it stands.
    pub state: AccessState,
}

impl Access {
    pub(super) fn from_chain(access: &IPatientPort::Access) -> Option<Self> {
        Some(Self {
            reader: access.reader,
            sections: SectionSet::from_bits(access.sections),
            held: SectionSet::from_bits(access.held),
            expiry: Timestamp(access.expiry),
            changed_at: Timestamp(access.changedAt),
            rights: Rights::from_bits(access.rights),
            state: AccessState::from_code(access.state)?,
        })
    }

    /// The same grant as it stands at `now`: a node whose newest block is old still calls expired grants live.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        let state = match self.state {
            AccessState::Live if self.expiry <= now => AccessState::Expired,
            state => state,
        };
        Self { state, ..self }
    }

    /// Whether it is in force.
    pub fn is_live(&self) -> bool {
        self.state == AccessState::Live
    }

    /// The sections that may be read now.
    pub fn readable(&self) -> SectionSet {
        match (self.state, self.rights) {
            (AccessState::Live, Some(Rights::Read | Rights::ReadWrite)) => self.sections,
            _ => SectionSet::EMPTY,
        }
    }

    /// The sections that may be written to now.
    pub fn writable(&self) -> SectionSet {
        match (self.state, self.rights) {
            (AccessState::Live, Some(Rights::Write | Rights::ReadWrite)) => self.sections,
            _ => SectionSet::EMPTY,
        }
    }
}
