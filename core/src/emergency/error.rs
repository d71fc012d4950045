//! What can go wrong with an emergency package.

use alloy_primitives::Address;

use crate::failure::FailureClass;
use crate::seal::OpenError;
use crate::section::SectionError;

/// A package could not be made or was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmergencyError {
    /// The bytes are no package of this format.
    #[error("emergency package is malformed: {0}")]
    Malformed(&'static str),
    /// The package is of a version that this implementation does not know.
    #[error("emergency package has version `{version}`, known is version 1")]
    UnsupportedVersion {
        /// The version given.
        version: u8,
    },
    /// The package names another chain, port, sender or responder than the chain's entry.
    #[error("emergency package belongs to another place")]
    WrongPlace,
    /// The package holds no layer for this account.
    #[error("emergency package has no layer for custodian `{custodian}`")]
    NoLayer {
        /// The account.
        custodian: Address,
    },
    /// The key is not the custodian's, or the package was altered by its sender.
    #[error("emergency package does not authenticate")]
    AuthenticationFailed,
    /// The package is not the one that the chain commits to.
    #[error("emergency package is not the one committed to")]
    CommitmentMismatch,
    /// A package for no custodian, or for more than the format carries.
    #[error("an emergency package is for 1 to 3 custodians, not for `{count}`")]
    CustodianCount {
        /// How many were given.
        count: usize,
    },
    /// A custodian was named twice.
    #[error("custodian `{custodian}` is named twice")]
    CustodianRepeated {
        /// The account.
        custodian: Address,
    },
    /// Secrets that no message can carry.
    #[error("section secrets cannot be carried")]
    Secrets(#[from] SectionError),
}

impl EmergencyError {
    /// The class of the format's table that this belongs to; none for errors of the caller.
    pub const fn class(&self) -> Option<FailureClass> {
        match self {
            Self::Malformed(_) => Some(FailureClass::Malformed),
            Self::UnsupportedVersion { .. } => Some(FailureClass::UnsupportedVersion),
            Self::WrongPlace => Some(FailureClass::WrongPlace),
            Self::NoLayer { .. } => Some(FailureClass::NoMatchingKey),
            Self::AuthenticationFailed => Some(FailureClass::AuthenticationFailed),
            Self::CommitmentMismatch => Some(FailureClass::CommitmentMismatch),
            Self::CustodianCount { .. } | Self::CustodianRepeated { .. } | Self::Secrets(_) => None,
        }
    }
}

impl From<OpenError> for EmergencyError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Malformed(reason) => Self::Malformed(reason),
            OpenError::AuthenticationFailed => Self::AuthenticationFailed,
        }
    }
}
