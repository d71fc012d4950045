//! `pending/`: records that are encrypted and whose transaction has not been seen to succeed.
//!
//! The entry is written once the record is encrypted, before its blobs have their names in their only store or in this
//! home on the way to several, before they are sent anywhere else and before the transaction; it is removed when the
//! record is on chain. So no failure in between loses a record, stores it twice, or leaves blobs that nobody knows of.

use std::path::PathBuf;

use alloy::primitives::{B256, hex};
use patientport_client::records::PreparedRecord;
use serde::{Deserialize, Deserializer, Serialize};

use super::config::OneOrMore;
use super::files::{self, Existing, OwnLock};
use super::{Home, HomeError, MAX_JSON_BYTES};

/// What is needed to send the transaction of a stored record. Nothing in it is secret.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Pending {
    /// The record as stored.
    pub record: PreparedRecord,
    /// The stores that shall hold the blobs.
    #[serde(alias = "store", deserialize_with = "one_or_more")]
    pub stores: Vec<String>,
    /// Whether the blobs lie in this home until all stores have them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outgoing: bool,
    /// The record whose place it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<u32>,
    /// When it was prepared, RFC 3339.
    pub created: String,
    /// Fingerprint of the section's key that it is sealed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What it was made of, if that is a file: its name in this home's notes, see [`super::filed`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<B256>,
}

/// Earlier versions knew one store.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    OneOrMore::deserialize(deserializer).map(OneOrMore::into_list)
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

    /// All records that wait. What cannot be read is left out.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn all_pending(&self) -> Result<Vec<Pending>, HomeError> {
        let names = super::names_in(&self.path("pending"))?;
        let read = |name: &String| {
            let commitment = name.parse().ok()?;
            self.pending(commitment).ok()
        };
        Ok(names.iter().filter_map(read).collect())
    }

    /// A record that waits.
    ///
    /// # Errors
    /// [`HomeError::UnknownPending`], [`HomeError::File`].
    pub fn pending(&self, commitment: B256) -> Result<Pending, HomeError> {
        files::read_json(&self.pending_path(commitment), MAX_JSON_BYTES)?
            .ok_or_else(|| HomeError::UnknownPending(hex::encode(commitment)))
    }

    /// Held by a run while it adds a record made of this; `None` if another run is adding it.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn lock_adding(&self, source: B256) -> Result<Option<OwnLock>, HomeError> {
        let name = format!("{}.lock", hex::encode(source));
        Ok(files::try_own_lock(&self.path("pending").join(name))?)
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
            stores: vec!["/store".into(), "s3://bucket".into()],
            outgoing: true,
            supersedes: Some(4),
            created: "2026-11-22T20:00:00Z".into(),
            key: None,
            source: None,
        };
        home.add_pending(&pending).unwrap();
        assert_eq!(home.pending(commitment).unwrap(), pending);
        assert_eq!(home.all_pending().unwrap(), [pending]);
        home.remove_pending(commitment).unwrap();
        home.remove_pending(commitment).unwrap();
        assert!(matches!(
            home.pending(commitment),
            Err(HomeError::UnknownPending(_))
        ));
    }

    #[test]
    fn entries_of_earlier_versions_are_read() {
        let text = r#"{ "record": { "chain_id": 1, "port": "0x0101010101010101010101010101010101010101",
            "author": "0x0202020202020202020202020202020202020202", "section": 3, "epoch": 2,
            "commitment": "0x0707070707070707070707070707070707070707070707070707070707070707",
            "body": "0x0808080808080808080808080808080808080808080808080808080808080808",
            "payload_len": 10, "body_len": 100 }, "store": "/store", "created": "2026-11-22T20:00:00Z" }"#;
        let pending: Pending = serde_json::from_str(text).unwrap();
        assert_eq!(
            (pending.stores, pending.outgoing, pending.supersedes),
            (vec!["/store".into()], false, None)
        );
    }
}
