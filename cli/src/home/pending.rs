//! `pending/`: records whose blobs are stored and whose transaction has not been seen to succeed.
//!
//! The entry is written after the blobs and before the transaction, and removed when the record is on
//! chain, so that no failure in between loses a record or stores it twice.

use std::path::PathBuf;

use alloy::primitives::{B256, hex};
use patientport_client::records::PreparedRecord;
use serde::{Deserialize, Serialize};

use super::files::{self, Existing};
use super::{Home, HomeError, MAX_JSON_BYTES};

/// What is needed to send the transaction of a stored record. Nothing in it is secret.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Pending {
    /// The record as stored.
    pub record: PreparedRecord,
    /// The store that holds the blobs.
    pub store: PathBuf,
    /// When it was prepared, RFC 3339.
    pub created: String,
    /// Fingerprint of the section's key that it is sealed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Home {
    fn pending_path(&self, commitment: B256) -> PathBuf {
        self.path("pending")
            .join(format!("{}.json", hex::encode(commitment)))
    }

    /// Remembers a stored record.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn add_pending(&self, pending: &Pending) -> Result<(), HomeError> {
        let path = self.pending_path(pending.record.commitment);
        Ok(files::write_json(&path, pending, Existing::Replace)?)
    }

    /// A record that waits.
    ///
    /// # Errors
    /// [`HomeError::UnknownPending`], [`HomeError::File`].
    pub fn pending(&self, commitment: B256) -> Result<Pending, HomeError> {
        files::read_json(&self.pending_path(commitment), MAX_JSON_BYTES)?
            .ok_or_else(|| HomeError::UnknownPending(hex::encode(commitment)))
    }

    /// Forgets a record that is on chain; forgetting twice is fine.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn remove_pending(&self, commitment: B256) -> Result<(), HomeError> {
        let path = self.pending_path(commitment);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(files::FileError::io("remove", &path)(error).into())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use alloy::primitives::Address;
    use patientport_core::section::SectionId;

    use super::*;

    #[test]
    fn a_pending_record_is_kept_until_removed() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().join("home"));
        let record = PreparedRecord {
            chain_id: 1,
            port: Address::repeat_byte(1),
            author: Address::repeat_byte(2),
            section: SectionId::try_from(3).unwrap(),
            epoch: 2,
            commitment: B256::repeat_byte(7),
            body: B256::repeat_byte(8),
            payload_len: 10,
            body_len: 100,
        };
        let commitment = record.commitment;
        let pending = Pending {
            record,
            store: "/store".into(),
            created: "2026-11-22T20:00:00Z".into(),
            key: None,
        };
        home.add_pending(&pending).unwrap();
        assert_eq!(home.pending(commitment).unwrap(), pending);
        home.remove_pending(commitment).unwrap();
        home.remove_pending(commitment).unwrap();
        assert!(matches!(
            home.pending(commitment),
            Err(HomeError::UnknownPending(_))
        ));
    }
}
