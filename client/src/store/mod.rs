//! Where the blobs of records lie.
//!
//! A store keeps blobs under the BLAKE3 hash of their bytes: a head under its commitment, a body under the hash
//! that its head names. It is trusted with nothing: what it returns is checked against the name.

mod directory;

use std::fmt;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use alloy::primitives::B256;

pub use directory::DirectoryStore;

use crate::error::Class;

/// The name of a blob: the BLAKE3 hash of its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobId(pub B256);

impl BlobId {
    /// The name of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(B256::from(*blake3::hash(bytes).as_bytes()))
    }
}

impl From<B256> for BlobId {
    fn from(hash: B256) -> Self {
        Self(hash)
    }
}

/// 64 hexadecimal digits without prefix.
impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&alloy::hex::encode(self.0))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A place that keeps blobs. Blocking: call it where blocking is allowed.
///
/// Invariants of every implementation: a blob is there whole or not at all (S1); storing what is there already
/// changes nothing (S2); what [`BlobStore::get`] returns has the hash it was asked for (S3).
pub trait BlobStore: Send + Sync + fmt::Debug {
    /// What to call this store in messages.
    fn describe(&self) -> String;

    /// Whether the store has a blob, without reading it.
    fn contains(&self, id: &BlobId) -> Result<bool, StoreError>;

    /// Begins a blob whose name is known only at its end.
    fn create(&self) -> Result<Box<dyn BlobWriter>, StoreError>;

    /// Opens a blob for reading. The bytes are *not* checked: use this only where the reader checks them
    /// itself, as decrypting does.
    fn open(&self, id: &BlobId) -> Result<Box<dyn Read + Send>, StoreError>;

    /// Stores bytes under their hash.
    fn put(&self, bytes: &[u8]) -> Result<BlobId, StoreError> {
        let mut writer = self.create()?;
        let failed = |source| StoreError::Io {
            store: self.describe(),
            action: "write to",
            blob: None,
            source,
        };
        writer.write_all(bytes).map_err(failed)?;
        writer.finish()
    }

    /// A blob of at most `max` bytes, checked against its name.
    ///
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::TooLong`]; [`StoreError::Corrupt`].
    fn get(&self, id: &BlobId, max: u64) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        self.open(id)?
            .take(max.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|source| StoreError::Io {
                store: self.describe(),
                action: "read",
                blob: Some(*id),
                source,
            })?;
        if bytes.len() as u64 > max {
            return Err(StoreError::TooLong {
                store: self.describe(),
                blob: *id,
                max,
            });
        }
        if BlobId::of(&bytes) != *id {
            return Err(StoreError::Corrupt {
                store: self.describe(),
                blob: *id,
            });
        }
        Ok(bytes)
    }
}

/// A blob being written. Dropped before it is finished, it leaves nothing behind.
pub trait BlobWriter: Write + Send {
    /// Stores what was written under its hash, durably, and returns the hash.
    fn finish(self: Box<Self>) -> Result<BlobId, StoreError>;
}

/// Why a store failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store does not have the blob.
    #[error("{store} has no blob `{blob}`")]
    Missing {
        /// The store.
        store: String,
        /// The blob.
        blob: BlobId,
    },
    /// The stored bytes are not those that the name stands for.
    #[error("blob `{blob}` in {store} is damaged: its bytes do not have its hash")]
    Corrupt {
        /// The store.
        store: String,
        /// The blob.
        blob: BlobId,
    },
    /// The blob is longer than what it should be.
    #[error("blob `{blob}` in {store} is longer than `{max}` bytes")]
    TooLong {
        /// The store.
        store: String,
        /// The blob.
        blob: BlobId,
        /// The most that is accepted.
        max: u64,
    },
    /// There is something else at the store's place.
    #[error("`{}` is not a directory", path.display())]
    NotADirectory {
        /// The place.
        path: PathBuf,
    },
    /// Reading or writing failed.
    #[error("cannot {action} {}{store}", named(blob.as_ref()))]
    Io {
        /// The store.
        store: String,
        /// What was tried, as a verb.
        action: &'static str,
        /// The blob, where its name is known.
        blob: Option<BlobId>,
        /// Why.
        #[source]
        source: io::Error,
    },
}

fn named(blob: Option<&BlobId>) -> String {
    blob.map(|blob| format!("blob `{blob}` in "))
        .unwrap_or_default()
}

impl StoreError {
    /// Which world the error belongs to.
    pub fn class(&self) -> Class {
        match self {
            Self::Missing { .. } | Self::Corrupt { .. } | Self::TooLong { .. } => Class::Refused,
            Self::NotADirectory { .. } => Class::Usage,
            Self::Io { .. } => Class::Environment,
        }
    }

    /// The stable code, as listed in `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "store.missing_blob",
            Self::Corrupt { .. } | Self::TooLong { .. } => "store.corrupt_blob",
            Self::NotADirectory { .. } => "store.not_a_directory",
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => "store.full",
            Self::Io { .. } => "store.io",
        }
    }
}

#[cfg(test)]
mod tests;
