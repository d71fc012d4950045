//! Blobs that stand in a port's log in pieces.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};
use std::sync::{Arc, Mutex};

use alloy::primitives::{Address, Bytes};
use patientport_core::abi::IPatientPort::IPatientPortEvents;
use tokio::runtime::Handle;

use super::{BlobId, BlobStore, BlobWriter, StoreError};
use crate::history::{History, history};
use crate::port::Port;
use crate::publish::MAX_PUBLISHED_BYTES;

/// What was published at a port, read from its history.
///
/// Pieces are put together by record, part and *sender*, so that nobody's pieces spoil another's; of two pieces with
/// one number the later counts. What is put together is a blob only if it has the hash, so it does not matter what
/// else stands there.
pub struct PublishedStore {
    port: Port,
    runtime: Handle,
    known: Mutex<HashMap<BlobId, Blob>>,
    /// Events of the history that are sorted into `known`.
    read: Mutex<usize>,
}

impl std::fmt::Debug for PublishedStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublishedStore")
            .field("port", &self.port.address())
            .finish_non_exhaustive()
    }
}

/// Record, part (0 head, 1 body) and sender of published pieces.
pub(crate) type Group = (u32, u8, Address);

/// The pieces of a history, by group and number, the last of each number.
pub(crate) fn pieces(history: &History) -> BTreeMap<Group, BTreeMap<u32, Bytes>> {
    let mut groups: BTreeMap<Group, BTreeMap<u32, Bytes>> = BTreeMap::new();
    for event in history.iter() {
        if let IPatientPortEvents::RecordPublished(event) = event {
            let group = (event.recordId, event.part, event.by);
            let pieces = groups.entry(group).or_default();
            pieces.insert(event.piece, event.data.clone());
        }
    }
    groups
}

/// A blob of a group: its pieces from the first on. Anybody may publish any number of tiny pieces, so each blob that
/// they may make up costs no more than its end.
#[derive(Clone)]
struct Blob {
    /// The pieces of the group, which all its blobs share.
    shared: Arc<[Bytes]>,
    /// How many of them the blob has.
    count: usize,
}

impl Blob {
    /// Its pieces, in order.
    fn pieces(&self) -> &[Bytes] {
        &self.shared[..self.count]
    }
}

/// Every blob that the pieces of a group may make up: those from the first on without a gap, to each end, up to the
/// most that is published. A longer blob published earlier leaves pieces behind that do not belong to a later, shorter
/// one.
fn blobs(pieces: &BTreeMap<u32, Bytes>) -> Vec<(BlobId, Blob)> {
    let mut hasher = blake3::Hasher::new();
    let mut together = Vec::new();
    let mut ids = Vec::new();
    for (expected, (number, data)) in (0..).zip(pieces) {
        if *number != expected {
            break;
        }
        hasher.update(data);
        if hasher.count() > MAX_PUBLISHED_BYTES {
            break;
        }
        together.push(data.clone());
        ids.push(BlobId((*hasher.finalize().as_bytes()).into()));
    }
    let shared: Arc<[Bytes]> = together.into();
    let blob = |(id, count)| {
        let shared = Arc::clone(&shared);
        (id, Blob { shared, count })
    };
    ids.into_iter().zip(1..).map(blob).collect()
}

impl PublishedStore {
    /// What was published at `port`. Nothing is read before it is asked for.
    pub fn new(port: Port, runtime: Handle) -> Self {
        Self {
            port,
            runtime,
            known: Mutex::default(),
            read: Mutex::new(usize::MAX),
        }
    }

    fn blob(&self, id: &BlobId) -> Result<Blob, StoreError> {
        let history = self.runtime.block_on(history(&self.port));
        let history = history.map_err(|source| StoreError::Io {
            store: self.describe(),
            action: "read",
            blob: Some(*id),
            source: io::Error::other(source),
        })?;
        let mut known = self.known.lock().expect("nothing panics under this lock");
        let mut read = self.read.lock().expect("nothing panics under this lock");
        if *read != history.events().len() {
            *known = pieces(&history).values().flat_map(blobs).collect();
            *read = history.events().len();
        }
        known.get(id).cloned().ok_or_else(|| StoreError::Absent {
            what: format!("blob `{id}` is not published at the port"),
        })
    }
}

impl BlobStore for PublishedStore {
    fn describe(&self) -> String {
        format!("the log of the port `{}`", self.port.address())
    }

    fn is_writable(&self) -> bool {
        false
    }

    fn contains(&self, id: &BlobId) -> Result<bool, StoreError> {
        match self.blob(id) {
            Ok(_) => Ok(true),
            Err(error) if error.is_about_the_blob() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn create(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        Err(StoreError::ReadOnly {
            store: self.describe(),
        })
    }

    fn open(&self, id: &BlobId, max: u64) -> Result<Box<dyn Read + Send>, StoreError> {
        let blob = self.blob(id)?;
        let length: u64 = blob.pieces().iter().map(|piece| piece.len() as u64).sum();
        if length > max {
            return Err(StoreError::TooLong {
                store: self.describe(),
                blob: *id,
                max,
            });
        }
        Ok(Box::new(Pieces {
            all: blob,
            piece: 0,
            at: 0,
        }))
    }
}

/// Pieces, read as one.
struct Pieces {
    all: Blob,
    piece: usize,
    at: usize,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(piece) = self.all.pieces().get(self.piece) {
            let left = &piece[self.at..];
            if left.is_empty() {
                self.piece += 1;
                self.at = 0;
                continue;
            }
            let count = left.len().min(buffer.len());
            buffer[..count].copy_from_slice(&left[..count]);
            self.at += count;
            return Ok(count);
        }
        Ok(0)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn group(pieces: &[(u32, &'static str)]) -> BTreeMap<u32, Bytes> {
        let piece =
            |(number, text): &(u32, &'static str)| (*number, Bytes::from_static(text.as_bytes()));
        pieces.iter().map(piece).collect()
    }

    #[test]
    fn pieces_make_up_the_blobs_that_have_no_gap() {
        let names = |pieces: &[(u32, &'static str)]| -> Vec<BlobId> {
            blobs(&group(pieces))
                .into_iter()
                .map(|(id, _)| id)
                .collect()
        };
        let (a, ab, abc) = (BlobId::of(b"a"), BlobId::of(b"ab"), BlobId::of(b"abc"));
        assert_eq!(names(&[(0, "a"), (1, "b"), (2, "c")]), [a, ab, abc]);
        assert_eq!(names(&[(0, "a"), (2, "c")]), [a]);
        assert_eq!(names(&[(1, "b"), (2, "c")]), []);
    }

    #[test]
    fn pieces_are_read_as_one() {
        let found = blobs(&group(&[(0, "he"), (1, ""), (2, "llo")]));
        let (_, blob) = found.last().unwrap().clone();
        let mut text = String::new();
        let mut reader = Pieces {
            all: blob,
            piece: 0,
            at: 0,
        };
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
    }

    #[test]
    fn blobs_of_many_pieces_share_them() {
        let piece = |number| (number, Bytes::from_static(b"x"));
        let found = blobs(&(0..20_000).map(piece).collect());
        assert_eq!(found.len(), 20_000);
        let (id, last) = found.last().unwrap();
        assert_eq!(*id, BlobId::of("x".repeat(20_000).as_bytes()));
        assert_eq!(last.shared.len(), 20_000);
        for ((_, blob), count) in found.iter().zip(1..) {
            assert!(Arc::ptr_eq(&blob.shared, &last.shared));
            assert_eq!(blob.pieces().len(), count);
        }
    }

    #[test]
    fn what_goes_beyond_the_most_that_is_published_is_no_blob() {
        let length = usize::try_from(MAX_PUBLISHED_BYTES / 2).unwrap();
        let half = Bytes::from(vec![0_u8; length]);
        let more = Bytes::from_static(b"x");
        let pieces = [half.clone(), half, more.clone(), more];
        assert_eq!(blobs(&(0..).zip(pieces).collect()).len(), 2);
    }
}
