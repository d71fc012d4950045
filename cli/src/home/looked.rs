//! `looked/CHAIN_ID-PORT.json`: which records of a port this home has found to be sealed to the patient, so that no
//! head is read twice to find out.

use std::collections::BTreeSet;
use std::path::PathBuf;

use alloy::primitives::Address;
use serde::{Deserialize, Serialize};

use super::files::{self, Existing};
use super::{Home, HomeError, MAX_JSON_BYTES};

/// What the heads of a port's records were found to say.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Looked {
    /// The last record that was looked at.
    pub through: u32,
    /// Records that are sealed to the patient.
    pub to_patient: BTreeSet<u32>,
    /// Records up to there whose heads no store gave.
    pub unread: BTreeSet<u32>,
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
            to_patient: [3, 7].into(),
            unread: [8].into(),
        };
        home.keep_looked(1, port, &found).unwrap();
        assert_eq!(home.looked(1, port).unwrap(), found);
        assert_eq!(home.looked(2, port).unwrap(), Looked::default());
        assert_eq!(home.looked(1, other).unwrap(), Looked::default());
    }
}
