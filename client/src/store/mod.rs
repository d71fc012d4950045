//! Where the blobs of records lie.
//!
//! A store keeps blobs under the BLAKE3 hash of their bytes: a head under its commitment, a body under the hash
//! that its head names. It is trusted with nothing: what it returns is checked against the name.
//!
//! | store | named | writes | reads |
//! |---|---|---|---|
//! | [`DirectoryStore`] | a path | beside its place, then renamed | in place |
//! | S3, [`Location::S3`] | `s3://bucket/prefix` | in parts, resumed after an interruption | by ranges, resumed |
//! | HTTP, [`Location::Http`] | `https://host/prefix` | `PUT`, beside its place and moved where the server speaks WebDAV | by ranges, resumed |
//! | [`AuthorStore`] | by the author's contact profile | never | as HTTP, under the rules of [`net`] |
//! | [`PublishedStore`] | by the port | by transactions, see [`crate::publish`] | from the log |
//!
//! All use the names of [`BlobId::path`], so a directory store behind any web server is an HTTP store. [`Fallback`]
//! asks several, one after another.

mod author;
mod directory;
mod error;
mod fallback;
mod http;
mod incoming;
mod location;
pub mod net;
mod published;
mod remote;
mod s3;

use std::fmt;
use std::io::{Read, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use alloy::primitives::B256;

pub use author::AuthorStore;
pub use directory::{DirectoryStore, remove_left};
pub use error::StoreError;
pub use fallback::{Fallback, Trouble};
pub use location::{Environment, Location};
pub use published::PublishedStore;
pub(crate) use published::pieces;

/// The name of a blob: the BLAKE3 hash of its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobId(pub B256);

impl BlobId {
    /// The name of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(B256::from(*blake3::hash(bytes).as_bytes()))
    }

    /// The name of what a reader gives, to its end.
    pub(crate) fn of_reader(mut reader: impl Read) -> std::io::Result<Self> {
        let mut hasher = blake3::Hasher::new();
        std::io::copy(&mut reader, &mut hasher)?;
        Ok(Self(B256::from(*hasher.finalize().as_bytes())))
    }

    /// Where a blob lies in a store: `ab/cd/abcd….blob`, sharded by the first two bytes of the hash so that no
    /// directory grows beyond what file systems like.
    pub fn path(&self) -> String {
        let name = self.to_string();
        format!("{}/{}/{name}.blob", &name[..2], &name[2..4])
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

/// A place that keeps blobs. Blocking: call it where blocking is allowed, never from asynchronous code.
///
/// Invariants of every implementation: a blob is there whole or not at all (S1); storing what is there already
/// changes nothing (S2); what [`BlobStore::get`] returns has the hash it was asked for (S3).
pub trait BlobStore: Send + Sync + fmt::Debug {
    /// What to call this store in messages.
    fn describe(&self) -> String;

    /// Whether blobs can be stored and deleted, as far as can be said without trying.
    fn is_writable(&self) -> bool {
        true
    }

    /// Whether the store has a blob, without reading it.
    fn contains(&self, id: &BlobId) -> Result<bool, StoreError>;

    /// Begins a blob whose name is known only at its end.
    fn create(&self) -> Result<Box<dyn BlobWriter>, StoreError>;

    /// Opens a blob for reading. Its bytes may *not* be checked: use this only where the reader checks them
    /// itself, as decrypting does. A blob that is known to be longer than `max` bytes is refused.
    fn open(&self, id: &BlobId, max: u64) -> Result<Box<dyn Read + Send>, StoreError>;

    /// Reads a part of a blob into memory: exactly that many bytes, *not* checked.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if the blob ends before the part does.
    fn read_range(&self, id: &BlobId, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        let mut reader = self.open(id, u64::MAX)?;
        let failed = |source| StoreError::io(self.describe(), "read", *id, source);
        let skipped = std::io::copy(&mut reader.by_ref().take(range.start), &mut std::io::sink());
        skipped.map_err(failed)?;
        exactly(self, id, range.end.saturating_sub(range.start), reader)
    }

    /// Deletes a blob; whether it was there. Copies that the store's keeper made are out of reach.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] by default.
    fn delete(&self, id: &BlobId) -> Result<bool, StoreError> {
        let _ = id;
        Err(StoreError::ReadOnly {
            store: self.describe(),
        })
    }

    /// Stores a blob of known name from a file, unless it is there intact. What an interrupted call sent is
    /// used by the next one where the store can do that.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if the file does not hold the blob.
    fn upload(&self, id: &BlobId, source: &Path, length: u64) -> Result<(), StoreError> {
        if self.is_intact(id, length)? {
            return Ok(());
        }
        let failed = |source| StoreError::io(self.describe(), "write", *id, source);
        let mut writer = self.create()?;
        let mut file = std::fs::File::open(source).map_err(failed)?;
        std::io::copy(&mut file, &mut writer).map_err(failed)?;
        let stored = writer.finish()?;
        if stored == *id {
            return Ok(());
        }
        Err(StoreError::Corrupt {
            store: self.describe(),
            blob: *id,
        })
    }

    /// Whether the store has a blob of this length whose bytes have its hash; reads it for that.
    fn is_intact(&self, id: &BlobId, length: u64) -> Result<bool, StoreError> {
        let reader = match self.open(id, length) {
            Ok(reader) => reader,
            Err(error) if error.is_about_the_blob() => return Ok(false),
            Err(error) => return Err(error),
        };
        let mut hasher = blake3::Hasher::new();
        let read = std::io::copy(&mut reader.take(length.saturating_add(1)), &mut hasher);
        let read = read.map_err(|source| StoreError::io(self.describe(), "read", *id, source))?;
        Ok(read == length && hasher.finalize().as_bytes() == &id.0.0)
    }

    /// The stores that this one stands for, in the order in which they are asked; none if it is one itself.
    fn members(&self) -> Option<&[Arc<dyn BlobStore>]> {
        None
    }

    /// Hears that a member failed and the next one was asked.
    fn failed(&self, error: &StoreError) {
        let _ = error;
    }

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
        self.open(id, max)?
            .take(max.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|source| StoreError::io(self.describe(), "read", *id, source))?;
        checked(self, id, max, bytes)
    }
}

/// Bytes that a store gave for a blob, if they are the blob.
fn checked(
    store: &(impl BlobStore + ?Sized),
    id: &BlobId,
    max: u64,
    bytes: Vec<u8>,
) -> Result<Vec<u8>, StoreError> {
    let (store, blob) = (store.describe(), *id);
    if bytes.len() as u64 > max {
        return Err(StoreError::TooLong { store, blob, max });
    }
    if BlobId::of(&bytes) != *id {
        return Err(StoreError::Corrupt { store, blob });
    }
    Ok(bytes)
}

/// Reads so many bytes; a blob that has fewer is not the one meant.
fn exactly(
    store: &(impl BlobStore + ?Sized),
    id: &BlobId,
    length: u64,
    reader: impl Read,
) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    reader
        .take(length)
        .read_to_end(&mut bytes)
        .map_err(|source| StoreError::io(store.describe(), "read", *id, source))?;
    if bytes.len() as u64 == length {
        return Ok(bytes);
    }
    Err(StoreError::Corrupt {
        store: store.describe(),
        blob: *id,
    })
}

/// Asks a store, or each store that it stands for until one has what is wanted. `attempt` fails for what is the
/// store's fault, and only for that.
///
/// # Errors
/// The store's; of several, [`StoreError::Nowhere`] with what each said.
pub fn ask<T>(
    store: &dyn BlobStore,
    id: &BlobId,
    mut attempt: impl FnMut(&dyn BlobStore) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let Some(members) = store.members() else {
        return attempt(store);
    };
    let mut failures = Vec::new();
    for member in members {
        match attempt(member.as_ref()) {
            Ok(answer) => {
                for error in &failures {
                    store.failed(error);
                }
                return Ok(answer);
            }
            Err(error) => failures.push(error),
        }
    }
    Err(StoreError::nowhere(*id, failures))
}

/// A blob being written. Dropped before it is finished, it leaves nothing behind.
pub trait BlobWriter: Write + Send {
    /// Stores what was written under its hash, durably, and returns the hash.
    fn finish(self: Box<Self>) -> Result<BlobId, StoreError>;
}

#[cfg(test)]
mod tests;
