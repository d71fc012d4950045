//! Where a record belongs, and what the chain says about it.

use std::fmt;

use alloy_primitives::{Address, B256};

use super::RecordError;
use crate::section::SectionId;

/// The place that a record's head names and the chain's entry must confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The chain that the port lives on.
    pub chain_id: u64,
    /// The port.
    pub port: Address,
    /// The account that adds the record.
    pub author: Address,
    /// The section.
    pub section: SectionId,
    /// The section's epoch, from 1.
    pub epoch: u32,
}

/// The first part of a place in which a head and the chain's entry differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceMismatch {
    /// Another chain.
    #[error("head names chain `{head}`, the entry is on chain `{entry}`")]
    Chain {
        /// What the head says.
        head: u64,
        /// What the entry says.
        entry: u64,
    },
    /// Another port.
    #[error("head names port `{head}`, the entry is in port `{entry}`")]
    Port {
        /// What the head says.
        head: Address,
        /// What the entry says.
        entry: Address,
    },
    /// Another author.
    #[error("head names author `{head}`, the entry names `{entry}`")]
    Author {
        /// What the head says.
        head: Address,
        /// What the entry says.
        entry: Address,
    },
    /// Another section.
    #[error("head names section `{head}`, the entry names `{entry}`")]
    Section {
        /// What the head says.
        head: SectionId,
        /// What the entry says.
        entry: SectionId,
    },
    /// Another epoch.
    #[error("head names epoch `{head}`, the entry names `{entry}`")]
    Epoch {
        /// What the head says.
        head: u32,
        /// What the entry says.
        entry: u32,
    },
}

/// Compares the place that a head names with that of the chain's entry. A record that differs is forged.
pub fn check_place(head: &Place, entry: &Place) -> Result<(), PlaceMismatch> {
    if head.chain_id != entry.chain_id {
        return Err(PlaceMismatch::Chain {
            head: head.chain_id,
            entry: entry.chain_id,
        });
    }
    if head.port != entry.port {
        return Err(PlaceMismatch::Port {
            head: head.port,
            entry: entry.port,
        });
    }
    if head.author != entry.author {
        return Err(PlaceMismatch::Author {
            head: head.author,
            entry: entry.author,
        });
    }
    if head.section != entry.section {
        return Err(PlaceMismatch::Section {
            head: head.section,
            entry: entry.section,
        });
    }
    if head.epoch != entry.epoch {
        return Err(PlaceMismatch::Epoch {
            head: head.epoch,
            entry: entry.epoch,
        });
    }
    Ok(())
}

/// What the chain keeps of a record: BLAKE3 of its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commitment(pub B256);

impl Commitment {
    /// The commitment to a head.
    pub fn of(head: &[u8]) -> Self {
        Self(B256::from(*blake3::hash(head).as_bytes()))
    }

    /// Checks that `head` is what was committed to, before anything in it is believed.
    pub fn check(&self, head: &[u8]) -> Result<(), RecordError> {
        if Self::of(head) == *self {
            Ok(())
        } else {
            Err(RecordError::CommitmentMismatch { blob: "head" })
        }
    }
}

/// `0x` and 64 hexadecimal digits.
impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<B256> for Commitment {
    fn from(hash: B256) -> Self {
        Self(hash)
    }
}
