//! What on the chain should have given a secret and did not.

use std::fmt;

use alloy::primitives::{Address, B256};
use patientport_core::seal::OpenError;
use patientport_core::section::SectionId;

/// Something on the chain that should have given a secret and did not.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Problem {
    /// A message to this account does not open.
    UnreadableMessage {
        /// The transaction that carried it.
        tx: B256,
        /// Who sent it.
        sender: Address,
        /// Why.
        reason: OpenError,
    },
    /// A message carried a secret that is not the one of the section's key.
    WrongSecret {
        /// The transaction that carried it.
        tx: B256,
        /// Who sent it.
        sender: Address,
        /// The section.
        section: SectionId,
        /// The epoch.
        epoch: u32,
    },
    /// A published key is no point of the curve: nothing can ever be encrypted to it.
    InvalidKey {
        /// The transaction that published it.
        tx: B256,
        /// The section.
        section: SectionId,
        /// The epoch.
        epoch: u32,
    },
    /// A rotation's links are malformed.
    MalformedLinks {
        /// The transaction.
        tx: B256,
        /// Why.
        reason: OpenError,
    },
    /// A link does not open to the earlier epoch's secret.
    BadLink {
        /// The section.
        section: SectionId,
        /// The epoch whose secret should open it.
        new_epoch: u32,
        /// The epoch whose secret should be inside.
        opened_epoch: u32,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnreadableMessage { tx, sender, reason } => {
                write!(
                    f,
                    "a message of `{sender}` in transaction `{tx}` does not open: {reason}"
                )
            }
            Self::WrongSecret {
                tx,
                sender,
                section,
                epoch,
            } => write!(
                f,
                "`{sender}` sent a wrong secret for section `{section}` at epoch `{epoch}` in transaction `{tx}`"
            ),
            Self::InvalidKey { tx, section, epoch } => write!(
                f,
                "the key of section `{section}` at epoch `{epoch}`, published in transaction `{tx}`, is not a key"
            ),
            Self::MalformedLinks { tx, reason } => {
                write!(f, "the links in transaction `{tx}` are malformed: {reason}")
            }
            Self::BadLink {
                section,
                new_epoch,
                opened_epoch,
            } => write!(
                f,
                "the link of section `{section}` from epoch `{new_epoch}` to epoch `{opened_epoch}` does not open"
            ),
        }
    }
}
