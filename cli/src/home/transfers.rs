//! Ciphertext on its way: `outgoing/` holds blobs until all stores have them, `uploads/` what is needed to go on
//! with an interrupted upload, `incoming/` bodies that are being fetched, `erasing/` what an erasure must not forget
//! before it is complete. Nothing in them is secret.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use alloy::primitives::{B256, hex};
use patientport_client::store::{BlobId, DirectoryStore};
use serde::{Deserialize, Serialize};

use super::files::{self, Existing, FileError};
use super::{Home, HomeError, MAX_JSON_BYTES};

/// Blobs in `outgoing/` that no waiting record needs are removed after so long: a run may be about to write down
/// that it needs them.
const ORPHAN_AGE: Duration = Duration::from_hours(24);

/// What an erasure in progress knows of its record: once the heads are gone, no store tells it any more.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Erasing {
    /// The body's name.
    pub body: B256,
}

impl Home {
    /// Where blobs wait until all stores have them.
    pub fn outgoing(&self) -> PathBuf {
        self.path("outgoing")
    }

    /// Where journals of uploads lie.
    pub fn uploads(&self) -> PathBuf {
        self.path("uploads")
    }

    /// Where bodies lie while they are fetched.
    pub fn incoming(&self) -> PathBuf {
        self.path("incoming")
    }

    /// Makes the directory where blobs wait, and removes from it what no record waits for.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn open_outgoing(&self) -> Result<DirectoryStore, HomeError> {
        let path = self.outgoing();
        files::private_dir(&path)?;
        let io = |source: patientport_client::store::StoreError| {
            FileError::io("use", &path)(std::io::Error::other(source))
        };
        let store = DirectoryStore::create_in(&path).map_err(io)?;
        let waiting = self.all_pending()?;
        let needed: Vec<PathBuf> = waiting
            .iter()
            .flat_map(|pending| [pending.record.commitment, pending.record.body])
            .map(|hash| store.path_of(&BlobId(hash)))
            .collect();
        let now = SystemTime::now();
        for file in blobs_below(&path, 2) {
            let modified = fs::metadata(&file).and_then(|data| data.modified());
            let age = modified.ok().and_then(|it| now.duration_since(it).ok());
            if !needed.contains(&file) && age.is_some_and(|age| age > ORPHAN_AGE) {
                // What cannot be removed now is tried again next time.
                let _ = fs::remove_file(&file);
            }
        }
        Ok(store)
    }

    fn erasing_path(&self, commitment: B256) -> PathBuf {
        self.path("erasing")
            .join(format!("{}.json", hex::encode(commitment)))
    }

    /// What an erasure that was interrupted knew.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn erasing(&self, commitment: B256) -> Result<Option<Erasing>, HomeError> {
        Ok(files::read_json(
            &self.erasing_path(commitment),
            MAX_JSON_BYTES,
        )?)
    }

    /// Remembers an erasure until it is complete.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn begin_erasing(&self, commitment: B256, erasing: &Erasing) -> Result<(), HomeError> {
        let path = self.erasing_path(commitment);
        Ok(files::write_json(&path, erasing, Existing::Replace)?)
    }

    /// Forgets a complete erasure; forgetting twice is fine.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn end_erasing(&self, commitment: B256) -> Result<(), HomeError> {
        remove(&self.erasing_path(commitment)).map(|_| ())
    }

    /// Removes what of a body was fetched; whether there was anything.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn remove_incoming(&self, body: B256) -> Result<bool, HomeError> {
        let name = format!("{}.part", BlobId(body));
        remove(&self.incoming().join(name))
    }
}

/// Removes a file; whether it was there.
fn remove(path: &Path) -> Result<bool, HomeError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(FileError::io("remove", path)(error).into()),
    }
}

/// Files so many directories down.
fn blobs_below(directory: &Path, depth: u32) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let paths = entries.flatten().map(|entry| entry.path());
    if depth == 0 {
        return paths.filter(|path| path.is_file()).collect();
    }
    paths
        .flat_map(|path| blobs_below(&path, depth - 1))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use patientport_client::store::BlobStore as _;

    use super::*;

    #[test]
    fn blobs_that_nobody_waits_for_are_removed_once_they_are_old() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().join("home"));
        let store = home.open_outgoing().unwrap();
        let [old, new] = [b"old", b"new"].map(|bytes| store.path_of(&store.put(bytes).unwrap()));
        let begun = home.outgoing().join(".incoming-x");
        fs::write(&begun, b"half").unwrap();
        let past = SystemTime::now() - Duration::from_hours(25);
        for path in [&old, &begun] {
            let file = fs::File::options().write(true).open(path).unwrap();
            file.set_modified(past).unwrap();
        }
        home.open_outgoing().unwrap();
        assert_eq!(
            [old, new, begun].map(|path| path.exists()),
            [false, true, false]
        );
    }

    #[test]
    fn an_erasure_is_remembered_until_it_is_complete() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().join("home"));
        let (commitment, body) = (B256::repeat_byte(1), B256::repeat_byte(2));
        assert_eq!(home.erasing(commitment).unwrap(), None);
        home.begin_erasing(commitment, &Erasing { body }).unwrap();
        assert_eq!(home.erasing(commitment).unwrap(), Some(Erasing { body }));
        home.end_erasing(commitment).unwrap();
        home.end_erasing(commitment).unwrap();
        assert_eq!(home.erasing(commitment).unwrap(), None);
    }
}
