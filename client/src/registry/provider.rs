//! A provider as the registry stores it.

use std::fmt;
use std::str::FromStr;

use alloy::primitives::{Address, B256};
use patientport_core::abi::IRegistry;
use patientport_core::keys::PublicKey;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::units::Timestamp;

/// What a provider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// A hospital.
    Hospital = 1,
    /// A clinic or practice.
    Clinic,
    /// A single physician.
    Physician,
    /// A laboratory.
    Laboratory,
    /// A pharmacy.
    Pharmacy,
    /// A payer.
    Payer,
    /// Anything else.
    Other,
}

impl ProviderKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Hospital,
        Self::Clinic,
        Self::Physician,
        Self::Laboratory,
        Self::Pharmacy,
        Self::Payer,
        Self::Other,
    ];

    /// The code on chain.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// By the code on chain.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Its name: lower case, as in arguments and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hospital => "hospital",
            Self::Clinic => "clinic",
            Self::Physician => "physician",
            Self::Laboratory => "laboratory",
            Self::Pharmacy => "pharmacy",
            Self::Payer => "payer",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ProviderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ProviderKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| Error::BadInput {
                what: "not a kind of provider",
                value: text.chars().take(32).collect(),
            })
    }
}

/// What the registry holds of a provider's claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderStatus {
    /// Nobody has confirmed it.
    SelfAsserted = 1,
    /// An attester has confirmed it; whether that still holds, [`Provider::verified`] says.
    Attested,
    /// Suspended by an attester or the owner.
    Suspended,
    /// It left.
    Retired,
}

impl ProviderStatus {
    /// Its name: lower case, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SelfAsserted => "self-asserted",
            Self::Attested => "attested",
            Self::Suspended => "suspended",
            Self::Retired => "retired",
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        [
            Self::SelfAsserted,
            Self::Attested,
            Self::Suspended,
            Self::Retired,
        ]
        .into_iter()
        .find(|status| *status as u8 == code)
    }
}

impl fmt::Display for ProviderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A provider as the registry stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its account.
    pub account: Address,
    /// What the registry holds of its claim.
    pub status: ProviderStatus,
    /// What it says it is.
    pub kind: ProviderKind,
    /// The National Provider Identifier it names.
    pub npi: Option<u64>,
    /// Who attested it last.
    pub attester: Option<Address>,
    /// Until when the attestation holds.
    pub attested_until: Option<Timestamp>,
    /// Its encryption key; `None` if what it published is no point of the curve.
    pub key: Option<PublicKey>,
    /// keccak256 of the identity profile it published last.
    pub identity_profile_hash: B256,
    /// Attested, and the attestation is in force.
    pub verified: bool,
}

impl Provider {
    pub(super) fn from_chain(
        account: Address,
        stored: &IRegistry::Provider,
        verified: bool,
    ) -> Option<Self> {
        Some(Self {
            account,
            status: ProviderStatus::from_code(stored.status)?,
            kind: ProviderKind::from_code(stored.kind)?,
            npi: (stored.npi != 0).then_some(stored.npi),
            attester: (!stored.attester.is_zero()).then_some(stored.attester),
            attested_until: (stored.attestedUntil != 0).then_some(Timestamp(stored.attestedUntil)),
            key: PublicKey::from_chain(stored.keyX, stored.keyParity).ok(),
            identity_profile_hash: stored.identityProfileHash,
            verified,
        })
    }

    /// Its encryption key.
    ///
    /// # Errors
    /// [`Error::NoEncryptionKey`] if what it published is no key.
    pub fn encryption_key(&self) -> Result<PublicKey> {
        self.key.ok_or(Error::NoEncryptionKey {
            account: self.account,
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_statuses_keep_their_codes_and_names() {
        for (index, kind) in ProviderKind::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(kind.code()), index + 1);
            assert_eq!(ProviderKind::from_code(kind.code()), Some(kind));
            assert_eq!(kind.to_string().parse::<ProviderKind>().unwrap(), kind);
        }
        assert_eq!(ProviderKind::from_code(0), None);
        assert_eq!(ProviderStatus::from_code(0), None);
        assert_eq!(ProviderStatus::from_code(4), Some(ProviderStatus::Retired));
        assert!("Hospital".parse::<ProviderKind>().is_err());
    }
}
