//! What can go wrong with a record.

use std::io;

use super::{MetadataError, PlaceMismatch};
use crate::failure::FailureClass;
use crate::seal::OpenError;

/// A record could not be written or was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The bytes are no record of this format.
    #[error("record is malformed: {0}")]
    Malformed(&'static str),
    /// The head is of a version or suite that this implementation does not know.
    #[error("record has version `{version}` and suite `{suite}`, known are version 1 and suite 1")]
    UnsupportedVersion {
        /// The version given.
        version: u8,
        /// The suite given.
        suite: u8,
    },
    /// The head names another place than the chain's entry.
    #[error("record belongs to another place")]
    WrongPlace(#[from] PlaceMismatch),
    /// The key is not the record's, or the record was altered by somebody who knows where it belongs.
    #[error("record does not authenticate")]
    AuthenticationFailed,
    /// The head is not the one committed to, or the body not the one the head names.
    #[error("record is not the one committed to: its `{blob}` differs")]
    CommitmentMismatch {
        /// `head` or `body`.
        blob: &'static str,
    },
    /// The metadata cannot be carried.
    #[error("metadata cannot be carried")]
    Metadata(#[from] MetadataError),
    /// The epoch of the place is 0, which has no key.
    #[error("a record cannot be written at epoch 0")]
    EpochZero,
    /// The input has another length than its metadata states, as if it changed while it was read.
    #[error("payload has `{actual}` bytes where its metadata states `{stated}`")]
    PayloadLength {
        /// Bytes that the metadata states.
        stated: u64,
        /// Bytes that were read.
        actual: u64,
    },
    /// The input could not be read.
    #[error("cannot read the input")]
    Read(#[source] io::Error),
    /// The output could not be written.
    #[error("cannot write the output")]
    Write(#[source] io::Error),
}

impl RecordError {
    /// The class of the format's table that this belongs to; none for errors of the caller and of I/O.
    pub const fn class(&self) -> Option<FailureClass> {
        match self {
            Self::Malformed(_) => Some(FailureClass::Malformed),
            Self::UnsupportedVersion { .. } => Some(FailureClass::UnsupportedVersion),
            Self::WrongPlace(_) => Some(FailureClass::WrongPlace),
            Self::AuthenticationFailed => Some(FailureClass::AuthenticationFailed),
            Self::CommitmentMismatch { .. } => Some(FailureClass::CommitmentMismatch),
            Self::Metadata(_)
            | Self::EpochZero
            | Self::PayloadLength { .. }
            | Self::Read(_)
            | Self::Write(_) => None,
        }
    }
}

impl From<OpenError> for RecordError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Malformed(reason) => Self::Malformed(reason),
            OpenError::AuthenticationFailed => Self::AuthenticationFailed,
        }
    }
}
