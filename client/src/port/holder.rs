//! Who may hold section secrets or rights at a port: readers, delegates and responders.

use std::fmt;

use alloy::primitives::{Address, B256};
use patientport_core::abi::IPatientPort;
use patientport_core::keys::PublicKey;
use patientport_core::section::SectionSet;
use patientport_core::text::Rights;

use super::codes::codes;
use crate::units::Timestamp;

codes! {
    /// Where a grant stands.
    AccessState, "not a state of a grant" {
        /// There never was one.
        None = 0 "none",
        /// In force.
        Live = 1 "live",
        /// Its time is over.
        Expired = 2 "expired",
        /// It was ended.
        Revoked = 3 "revoked",
    }
}

codes! {
    /// Where a responder's emergency access stands.
    EmergencyState, "not a state of emergency access" {
        /// There is none.
        None = 0 "none",
        /// It can be taken.
        Armed = 1 "armed",
        /// The glass is broken and the delay runs.
        Pending = 2 "pending",
        /// The window is open: the responder has access.
        Open = 3 "open",
        /// The window is over.
        Over = 4 "over",
        /// It was refused within the delay.
        Vetoed = 5 "vetoed",
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
    pub(crate) fn read(access: &IPatientPort::Access) -> Option<Self> {
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

/// What a delegate may do: a set of rights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DelegateRights(u8);

impl DelegateRights {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Approve, grant, deny, veto.
    pub const APPROVE: Self = Self(1);
    /// Revoke, veto.
    pub const REVOKE: Self = Self(2);
    /// Add records, supersede and retract its own.
    pub const WRITE: Self = Self(4);
    /// Rotate, reseal, set emergency packages.
    pub const ROTATE: Self = Self(8);
    /// Every right with its name, as in arguments and JSON.
    const NAMED: [(Self, &str); 4] = [
        (Self::APPROVE, "approve"),
        (Self::REVOKE, "revoke"),
        (Self::WRITE, "write"),
        (Self::ROTATE, "rotate"),
    ];

    /// From the bits on chain; `None` if one is unknown.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits < 16 { Some(Self(bits)) } else { None }
    }

    /// The bits on chain.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// These rights and those of `other`.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether one of `other` is among them.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether all of `other` are among them.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether they entitle to the secrets of every section: approving or rotating cannot be done without.
    pub const fn include_secrets(self) -> bool {
        self.0 & (Self::APPROVE.0 | Self::ROTATE.0) != 0
    }

    /// The names of the rights.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMED
            .into_iter()
            .filter(move |(right, _)| self.contains(*right))
            .map(|(_, name)| name)
    }
}

impl fmt::Display for DelegateRights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.names().collect();
        f.write_str(&names.join(", "))
    }
}

/// What an account was entrusted with as a delegate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delegation {
    /// Its rights while the delegation runs; none if there is no delegation or it was ended.
    pub rights: DelegateRights,
    /// First second without them.
    pub until: Timestamp,
    /// Whether the delegation runs now.
    pub is_live: bool,
    /// First second whose keys no *earlier*, since replaced delegation entitled it to; 0 = none ever did.
    pub held_until: Timestamp,
    /// Its key; `None` without a delegation, or if what was set is no point of the curve.
    pub key: Option<PublicKey>,
}

impl Delegation {
    fn from_chain(delegate: &IPatientPort::Delegate, now: Timestamp) -> Option<Self> {
        let rights = DelegateRights::from_bits(delegate.rights)?;
        let until = Timestamp(delegate.until);
        Some(Self {
            rights,
            until,
            is_live: !rights.is_empty() && now < until,
            held_until: Timestamp(delegate.heldUntil),
            key: PublicKey::from_chain(delegate.keyX, delegate.keyParity).ok(),
        })
    }

    /// Whether the account is a delegate, or was one whose end the port still shows.
    pub fn is_named(&self) -> bool {
        !self.rights.is_empty() || self.held_until != Timestamp(0)
    }

    /// Whether it is entitled to the secrets of every section now.
    pub fn includes_secrets(&self) -> bool {
        self.is_live && self.rights.include_secrets()
    }
}

/// What an account may do, or did, as a responder in an emergency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emergency {
    /// The sections it opens.
    pub sections: SectionSet,
    /// Seconds from breaking the glass to access.
    pub delay_secs: u32,
    /// Seconds of access.
    pub window_secs: u32,
    /// When the glass was broken; `None` = it was not.
    pub broken_at: Option<Timestamp>,
    /// Where it stands now.
    pub state: EmergencyState,
    /// BLAKE3 of the emergency package.
    pub package: B256,
    /// Sections that earlier, since replaced windows opened.
    pub held: SectionSet,
    /// First second whose keys none of them entitled it to; 0 = there was none.
    pub held_until: Timestamp,
}

impl Emergency {
    fn from_chain(responder: &IPatientPort::Responder, now: Timestamp) -> Option<Self> {
        let stored = Self {
            sections: SectionSet::from_bits(responder.sections),
            delay_secs: responder.delay,
            window_secs: responder.window,
            broken_at: (responder.brokenAt != 0).then_some(Timestamp(responder.brokenAt)),
            state: EmergencyState::from_code(responder.state)?,
            package: responder.package,
            held: SectionSet::from_bits(responder.held),
            held_until: Timestamp(responder.heldUntil),
        };
        Some(stored.at(now))
    }

    /// As it stands at `now`: a node whose newest block is old still calls windows open that are over.
    fn at(self, now: Timestamp) -> Self {
        let state = match (self.state, self.window()) {
            (
                EmergencyState::Pending | EmergencyState::Open | EmergencyState::Over,
                Some((opens, closes)),
            ) => {
                if now < opens {
                    EmergencyState::Pending
                } else if now < closes {
                    EmergencyState::Open
                } else {
                    EmergencyState::Over
                }
            }
            (state, _) => state,
        };
        Self { state, ..self }
    }

    /// First second of access and first second after it, once the glass was broken.
    pub fn window(&self) -> Option<(Timestamp, Timestamp)> {
        let opens = self.broken_at?.0.saturating_add(self.delay_secs.into());
        let closes = opens.saturating_add(self.window_secs.into());
        Some((Timestamp(opens), Timestamp(closes)))
    }

    /// The sections that may be read now.
    pub fn readable(&self) -> SectionSet {
        match self.state {
            EmergencyState::Open => self.sections,
            _ => SectionSet::EMPTY,
        }
    }
}

/// What one account may do at a port and was given there, as it stands at a given moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// By a grant.
    pub access: Access,
    /// By a delegation.
    pub delegation: Delegation,
    /// In an emergency.
    pub emergency: Emergency,
}

impl Holder {
    pub(super) fn from_chain(holder: &IPatientPort::Holder, now: Timestamp) -> Option<Self> {
        Some(Self {
            access: Access::read(&holder.access)?.at(now),
            delegation: Delegation::from_chain(&holder.delegate, now)?,
            emergency: Emergency::from_chain(&holder.responder, now)?,
        })
    }

    /// The account.
    pub fn account(&self) -> Address {
        self.access.reader
    }

    /// The sections whose current secrets it may be sent now.
    pub fn entitled(&self) -> SectionSet {
        if self.delegation.includes_secrets() {
            return SectionSet::from_bits(u64::MAX);
        }
        self.access.readable().union(self.emergency.readable())
    }
}

#[cfg(test)]
#[path = "holder_tests.rs"]
mod tests;
