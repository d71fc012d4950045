//! `filed/CHAIN_ID-PORT.jsonl`: what batches have added, so that the same batch, run again, adds nothing twice.
//!
//! An item is named by a hash of what it is made of: file, size, time of its last change, place, description. A line is
//! written once the record is on chain and before its `pending/` entry goes, so whatever happens in between, one of
//! the two tells of it.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use alloy::primitives::{Address, B256};
use serde::{Deserialize, Serialize};

use super::files::{self, FileError, Lock};
use super::{Home, HomeError};

/// The most bytes a port's file may hold: some hundred thousand records.
const MAX_BYTES: u64 = 128 * 1024 * 1024;

/// A record that a batch added.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Filed {
    /// The item that it was made of.
    pub item: B256,
    /// Its number at the port.
    pub id: u32,
    /// Its commitment.
    pub commitment: B256,
}

impl Home {
    fn filed_path(&self, chain_id: u64, port: Address) -> PathBuf {
        self.path("filed").join(format!("{chain_id}-{port}.jsonl"))
    }

    /// What batches have added to a port, by item. A line that a crash has torn is none.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn filed(&self, chain_id: u64, port: Address) -> Result<BTreeMap<B256, Filed>, HomeError> {
        let bytes = match files::read_bounded(&self.filed_path(chain_id, port), MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.is_not_found() => return Ok(BTreeMap::new()),
            Err(error) => return Err(error.into()),
        };
        let lines = bytes.split(|byte| *byte == b'\n');
        let filed = lines.filter_map(|line| serde_json::from_slice::<Filed>(line).ok());
        Ok(filed.map(|filed| (filed.item, filed)).collect())
    }

    /// Remembers a record that a batch added; durable when it returns.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn add_filed(&self, chain_id: u64, port: Address, filed: &Filed) -> Result<(), HomeError> {
        let path = self.filed_path(chain_id, port);
        files::private_dir(&self.path("filed"))?;
        let refused = || FileError::io("write", &path);
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(refused())?;
        let mut line = Vec::new();
        // A torn line must not swallow the next one.
        if file.seek(SeekFrom::End(-1)).is_ok() {
            let mut last = [0];
            file.read_exact(&mut last).map_err(refused())?;
            if last != *b"\n" {
                line.push(b'\n');
            }
        }
        serde_json::to_writer(&mut line, filed).map_err(|source| FileError::Malformed {
            path: path.clone(),
            source,
        })?;
        line.push(b'\n');
        file.write_all(&line)
            .and_then(|()| file.sync_data())
            .map_err(refused())?;
        Ok(())
    }

    /// Held by a batch while it runs; `None` if another one holds it.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn lock_filed(&self) -> Result<Option<Lock>, HomeError> {
        Ok(files::try_lock(&self.path("filed"))?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    fn filed(byte: u8) -> Filed {
        Filed {
            item: B256::repeat_byte(byte),
            id: byte.into(),
            commitment: B256::repeat_byte(byte + 1),
        }
    }

    #[test]
    fn what_was_added_is_known_and_a_torn_line_costs_itself_only() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().join("home"));
        let port = Address::repeat_byte(7);
        assert!(home.filed(1, port).unwrap().is_empty());
        home.add_filed(1, port, &filed(1)).unwrap();
        let mut file = OpenOptions::new()
            .append(true)
            .open(home.filed_path(1, port))
            .unwrap();
        file.write_all(b"{\"item\":\"0x02").unwrap();
        home.add_filed(1, port, &filed(3)).unwrap();
        let known = home.filed(1, port).unwrap();
        let known: Vec<_> = known.into_values().collect();
        assert_eq!(known, [filed(1), filed(3)]);
        assert!(home.filed(2, port).unwrap().is_empty());
    }

    #[test]
    fn two_batches_at_once_are_one_too_many() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().join("home"));
        let first = home.lock_filed().unwrap();
        assert!(first.is_some());
        assert!(home.lock_filed().unwrap().is_none());
        drop(first);
        assert!(home.lock_filed().unwrap().is_some());
    }
}
