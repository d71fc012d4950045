//! `looked/CHAIN_ID-PORT.json`: which records of a port this home has found to be sealed to the patient, so that no
//! head is read twice to find out. Held against the chain by the last of them: a chain that went back may give its
//! number to another record.

use std::collections::BTreeSet;
use std::path::PathBuf;

use alloy::primitives::{Address, B256};
use patientport_client::port::RecordEntry;
use patientport_client::units::Timestamp;
use serde::{Deserialize, Serialize};

use super::files::{self, Existing};
use super::{Home, HomeError, MAX_JSON_BYTES};

/// What the heads of a port's records were found to say.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Looked {
    /// The last record that was looked at.
    pub through: u32,
    /// What that record was; `None` in files that were written before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Seen>,
    /// Records that are sealed to the patient.
    pub to_patient: BTreeSet<u32>,
    /// Records up to there whose heads no store gave.
    pub unread: BTreeSet<u32>,
}

/// What tells one record from another of the same number.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Seen {
    /// Its commitment.
    pub commitment: B256,
    /// When it was added: its author may add it again, with the same commitment, behind others than before.
    pub added_at: Timestamp,
}

impl From<&RecordEntry> for Seen {
    fn from(entry: &RecordEntry) -> Self {
        Self {
            commitment: entry.commitment,
            added_at: entry.added_at,
        }
    }
}

impl Home {
    fn looked_path(&self, chain_id: u64, port: Address) -> PathBuf {
        self.path("looked").join(format!("{chain_id}-{port}.json"))
    }

    /// What was found before; nothing if nobody looked.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn looked(&self, chain_id: u64, port: Address) -> Result<Looked, HomeError> {
        let path = self.looked_path(chain_id, port);
        Ok(files::read_json(&path, MAX_JSON_BYTES)?.unwrap_or_default())
    }

    /// Remembers what was found. Two runs at once may each forget what the other found; it is found again.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn keep_looked(
        &self,
        chain_id: u64,
        port: Address,
        looked: &Looked,
    ) -> Result<(), HomeError> {
        let path = self.looked_path(chain_id, port);
        files::private_dir(self.root())?;
        Ok(files::write_json(&path, looked, Existing::Replace)?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn what_was_found_is_kept_by_port() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().join("home"));
        let (port, other) = (Address::repeat_byte(1), Address::repeat_byte(2));
        assert_eq!(home.looked(1, port).unwrap(), Looked::default());
        let found = Looked {
            through: 9,
            last: Some(Seen {
                commitment: B256::repeat_byte(3),
                added_at: Timestamp(7),
            }),
            to_patient: [3, 7].into(),
            unread: [8].into(),
        };
        home.keep_looked(1, port, &found).unwrap();
        assert_eq!(home.looked(1, port).unwrap(), found);
        assert_eq!(home.looked(2, port).unwrap(), Looked::default());
        assert_eq!(home.looked(1, other).unwrap(), Looked::default());
    }

    #[test]
    fn a_file_from_before_the_last_record_was_kept_is_read() {
        let old = r#"{"through":9,"to_patient":[3,7],"unread":[8]}"#;
        let looked: Looked = serde_json::from_str(old).unwrap();
        assert_eq!((looked.through, looked.last), (9, None));
    }
}
