//! What all stores on other machines have in common: retries, resuming, verification, and the bridge from blocking
//! calls to asynchronous ones.

use std::fmt;
use std::future::Future;
use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::Instant;

use super::incoming::{Fetched, FetchedReader, Part};
use super::{BlobId, BlobStore, BlobWriter, StoreError, checked};
use crate::progress::{Stage, Watcher};

/// How often in a row an attempt may fail without having brought anything to speak of.
const ATTEMPTS: u32 = 4;
/// Wait after the first failed attempt; it doubles with each.
const PAUSE: Duration = Duration::from_millis(200);
/// What must have moved within the time of patience, or the transfer stands still.
const LEAST_PROGRESS: u64 = 1 << 10;

/// A store on another machine.
#[async_trait]
pub(super) trait Remote: Send + Sync + fmt::Debug + 'static {
    /// What to call it in messages.
    fn describe(&self) -> String;

    /// Whether it is the user's to write to.
    fn is_writable(&self) -> bool;

    /// A blob's length; `None` if it is not there.
    async fn length(&self, id: &BlobId) -> Result<Option<u64>, StoreError>;

    /// Begins to read a blob at an offset, up to an end if given. With a tag of an earlier answer, from the
    /// beginning if the blob is not the same any more.
    async fn read(
        &self,
        id: &BlobId,
        from: u64,
        to: Option<u64>,
        tag: Option<&str>,
    ) -> Result<Answer, StoreError>;

    /// Stores a blob from a file; in `journal` it keeps what it needs to go on after an interruption.
    async fn write(
        &self,
        id: &BlobId,
        source: &Path,
        length: u64,
        journal: Option<&Path>,
        progress: &Watcher,
    ) -> Result<(), StoreError>;

    /// Deletes a blob.
    async fn remove(&self, id: &BlobId) -> Result<(), StoreError>;
}

/// A blob being read.
pub(super) struct Answer {
    /// Where it begins: the offset asked for, or zero where the server gives all or nothing.
    pub(super) start: u64,
    /// Bytes of the whole blob, where told.
    pub(super) total: Option<u64>,
    /// What tells this version of the blob from others.
    pub(super) tag: Option<String>,
    pub(super) bytes: BoxStream<'static, Result<Bytes, StoreError>>,
}

/// What a remote store works with.
#[derive(Clone, Debug)]
pub(super) struct Bridge {
    /// Where the asynchronous part runs.
    pub(super) runtime: Handle,
    /// Changes or closes when the run is given up.
    pub(super) stop: watch::Receiver<()>,
    /// Where partial files lie.
    pub(super) incoming: Option<PathBuf>,
    /// Where journals of uploads lie.
    pub(super) uploads: Option<PathBuf>,
    /// Longest time in which next to nothing moves.
    pub(super) patience: Duration,
    /// Who hears how far transfers have come.
    pub(super) progress: Watcher,
}

/// A store on another machine, for blocking callers.
#[derive(Debug)]
pub(super) struct RemoteStore<R> {
    remote: Arc<R>,
    bridge: Bridge,
    /// The blob fetched last: it is often read twice.
    fetched: Mutex<Option<(BlobId, Arc<Fetched>)>>,
}

impl<R: Remote> RemoteStore<R> {
    pub(super) fn new(remote: R, bridge: Bridge) -> Self {
        Self {
            remote: Arc::new(remote),
            bridge,
            fetched: Mutex::new(None),
        }
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let mut stop = self.bridge.stop.clone();
        self.bridge.runtime.block_on(async {
            tokio::select! {
                result = work => result,
                _ = stop.changed() => Err(StoreError::Io {
                    store: self.remote.describe(),
                    action: "finish with",
                    blob: None,
                    source: io::Error::other("interrupted"),
                }),
            }
        })
    }

    fn io(&self, id: &BlobId) -> impl Fn(io::Error) -> StoreError + use<R> {
        let (store, id) = (self.remote.describe(), *id);
        move |source| StoreError::io(store.clone(), "fetch", id, source)
    }

    /// Fetches a blob into its partial file, from where an earlier attempt ended. A file that turns out wrong is
    /// thrown away and fetched once more if not all of it came just now.
    async fn fetch(&self, id: &BlobId, max: u64) -> Result<Fetched, StoreError> {
        let failed = self.io(id);
        let mut part = Part::open(self.bridge.incoming.as_deref(), id).map_err(&failed)?;
        let mut is_fresh = false;
        loop {
            let had = part.length().map_err(&failed)?;
            if had > max {
                part.restart().map_err(&failed)?;
                continue;
            }
            is_fresh |= had == 0;
            self.fill(id, max, &mut part).await?;
            if part.is(id).map_err(&failed)? {
                return Ok(Fetched::new(part));
            }
            if is_fresh {
                part.remove();
                return Err(StoreError::Corrupt {
                    store: self.remote.describe(),
                    blob: *id,
                });
            }
            part.restart().map_err(&failed)?;
        }
    }

    /// Reads on until the blob ends, again and again after failures that may pass.
    async fn fill(&self, id: &BlobId, max: u64, part: &mut Part) -> Result<(), StoreError> {
        let mut at = part.file.seek(SeekFrom::End(0)).map_err(self.io(id))?;
        self.bridge.progress.moved(Stage::Fetching, at);
        let (mut tag, mut failures, mut whole) = (None, 0, None);
        loop {
            // There is nothing behind that: asking for it would be an error.
            if at > 0 && (whole == Some(at) || at == max) {
                return Ok(());
            }
            let before = at;
            let poured = self
                .pour(id, max, part, &mut at, &mut tag, &mut whole)
                .await;
            let error = match poured {
                Ok(()) => return Ok(()),
                // There is nothing behind what is there: it is whole, or wrong.
                Err(StoreError::Refused { status: 416, .. }) if at > 0 => return Ok(()),
                Err(error) if error.is_passing() => error,
                Err(error) => return Err(error),
            };
            // A server that breaks off after every few bytes would keep this going for years.
            let moved = at.saturating_sub(before) >= LEAST_PROGRESS;
            failures = if moved { 1 } else { failures + 1 };
            if failures >= ATTEMPTS {
                return Err(error);
            }
            tokio::time::sleep(PAUSE * 2_u32.pow(failures - 1)).await;
        }
    }

    async fn pour(
        &self,
        id: &BlobId,
        max: u64,
        part: &mut Part,
        at: &mut u64,
        tag: &mut Option<String>,
        whole: &mut Option<u64>,
    ) -> Result<(), StoreError> {
        let failed = self.io(id);
        let store = || self.remote.describe();
        let reading = self.remote.read(id, *at, None, tag.as_deref());
        let answer = self.in_time(reading).await?;
        if answer.start != *at {
            part.restart().map_err(&failed)?;
            *at = 0;
        }
        if answer.total.is_some_and(|total| total > max) {
            return Err(StoreError::TooLong {
                store: store(),
                blob: *id,
                max,
            });
        }
        *tag = answer.tag;
        *whole = answer.total;
        let mut bytes = Steady::new(answer.bytes, self.bridge.patience, store());
        while let Some(piece) = bytes.next().await? {
            *at += piece.len() as u64;
            if *at > max {
                part.restart().map_err(&failed)?;
                return Err(StoreError::TooLong {
                    store: store(),
                    blob: *id,
                    max,
                });
            }
            part.file.write_all(&piece).map_err(&failed)?;
            self.bridge
                .progress
                .moved(Stage::Fetching, piece.len() as u64);
        }
        match answer.total {
            Some(total) if total != *at => Err(StoreError::Unreachable {
                store: store(),
                action: "fetch",
                blob: *id,
                again: true,
                source: format!("the answer ended after `{at}` of `{total}` bytes").into(),
            }),
            _ => Ok(()),
        }
    }

    /// A part, or the whole, in memory: at most `most` bytes, tried again after failures that may pass.
    async fn gather(
        &self,
        id: &BlobId,
        range: Range<u64>,
        to: Option<u64>,
    ) -> Result<Vec<u8>, StoreError> {
        let mut failures = 0;
        loop {
            let error = match self.gather_once(id, &range, to).await {
                Err(error) if error.is_passing() => error,
                other => return other,
            };
            failures += 1;
            if failures >= ATTEMPTS {
                return Err(error);
            }
            tokio::time::sleep(PAUSE * 2_u32.pow(failures - 1)).await;
        }
    }

    async fn gather_once(
        &self,
        id: &BlobId,
        range: &Range<u64>,
        to: Option<u64>,
    ) -> Result<Vec<u8>, StoreError> {
        let store = self.remote.describe();
        let answer = self
            .in_time(self.remote.read(id, range.start, to, None))
            .await?;
        let mut bytes = Steady::new(answer.bytes, self.bridge.patience, store);
        let mut skip = range.start - answer.start.min(range.start);
        let most = range.end - range.start;
        let mut gathered = Vec::new();
        while let Some(mut piece) = bytes.next().await? {
            let skipped = usize::try_from(skip).unwrap_or(usize::MAX).min(piece.len());
            skip -= skipped as u64;
            let piece = piece.split_off(skipped);
            gathered.extend_from_slice(&piece);
            if gathered.len() as u64 >= most {
                break;
            }
        }
        gathered.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(gathered)
    }

    async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let patience = self.bridge.patience;
        match tokio::time::timeout(patience, work).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::Stalled {
                store: self.remote.describe(),
                after: patience,
            }),
        }
    }

    /// Where the journal of an upload lies: by blob and store.
    fn journal(&self, id: &BlobId) -> Option<PathBuf> {
        let store = BlobId::of(self.remote.describe().as_bytes()).to_string();
        let directory = self.bridge.uploads.as_ref()?;
        Some(directory.join(format!("{id}.{}.json", &store[..16])))
    }
}

/// A stream that must keep moving.
struct Steady {
    bytes: BoxStream<'static, Result<Bytes, StoreError>>,
    patience: Duration,
    deadline: Instant,
    moved: u64,
    store: String,
}

impl Steady {
    fn new(
        bytes: BoxStream<'static, Result<Bytes, StoreError>>,
        patience: Duration,
        store: String,
    ) -> Self {
        Self {
            bytes,
            patience,
            deadline: Instant::now() + patience,
            moved: 0,
            store,
        }
    }

    /// The next bytes; none at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        let Ok(next) = tokio::time::timeout_at(self.deadline, self.bytes.next()).await else {
            return Err(StoreError::Stalled {
                store: self.store.clone(),
                after: self.patience,
            });
        };
        let Some(piece) = next.transpose()? else {
            return Ok(None);
        };
        self.moved += piece.len() as u64;
        if self.moved >= LEAST_PROGRESS {
            self.moved = 0;
            self.deadline = Instant::now() + self.patience;
        }
        Ok(Some(piece))
    }
}

impl<R: Remote> BlobStore for RemoteStore<R> {
    fn describe(&self) -> String {
        self.remote.describe()
    }

    fn is_writable(&self) -> bool {
        self.remote.is_writable()
    }

    fn contains(&self, id: &BlobId) -> Result<bool, StoreError> {
        let length = self.wait(self.in_time(self.remote.length(id)))?;
        Ok(length.is_some())
    }

    fn create(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        if !self.is_writable() {
            return Err(StoreError::ReadOnly {
                store: self.describe(),
            });
        }
        let spool = tempfile::NamedTempFile::new().map_err(|source| StoreError::Io {
            store: self.describe(),
            action: "write to",
            blob: None,
            source,
        })?;
        Ok(Box::new(Outgoing {
            store: Self {
                remote: Arc::clone(&self.remote),
                bridge: self.bridge.clone(),
                fetched: Mutex::new(None),
            },
            spool: io::BufWriter::with_capacity(1 << 16, spool),
            hasher: blake3::Hasher::new(),
            length: 0,
        }))
    }

    fn open(&self, id: &BlobId, max: u64) -> Result<Box<dyn Read + Send>, StoreError> {
        let mut last = self.fetched.lock().expect("nothing panics under this lock");
        let blob = match &*last {
            Some((kept, blob)) if kept == id => Arc::clone(blob),
            _ => {
                *last = None;
                let blob = Arc::new(self.wait(self.fetch(id, max))?);
                *last = Some((*id, Arc::clone(&blob)));
                blob
            }
        };
        Ok(Box::new(FetchedReader { blob, position: 0 }))
    }

    fn read_range(&self, id: &BlobId, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        let length = range.end.saturating_sub(range.start);
        let bytes = self.wait(self.gather(id, range.clone(), Some(range.end)))?;
        super::exactly(self, id, length, bytes.as_slice())
    }

    fn get(&self, id: &BlobId, max: u64) -> Result<Vec<u8>, StoreError> {
        let bytes = self.wait(self.gather(id, 0..max.saturating_add(1), None))?;
        checked(self, id, max, bytes)
    }

    fn delete(&self, id: &BlobId) -> Result<bool, StoreError> {
        if !self.is_writable() {
            return Err(StoreError::ReadOnly {
                store: self.describe(),
            });
        }
        self.wait(async {
            if self.in_time(self.remote.length(id)).await?.is_none() {
                return Ok(false);
            }
            self.in_time(self.remote.remove(id)).await?;
            Ok(true)
        })
    }

    fn upload(&self, id: &BlobId, source: &Path, length: u64) -> Result<(), StoreError> {
        if !self.is_writable() {
            return Err(StoreError::ReadOnly {
                store: self.describe(),
            });
        }
        if self.is_intact(id, length)? {
            return Ok(());
        }
        let journal = self.journal(id);
        if let Some(directory) = journal.as_deref().and_then(Path::parent) {
            super::incoming::private_directory(directory).map_err(self.io(id))?;
        }
        self.wait(async {
            self.remote
                .write(
                    id,
                    source,
                    length,
                    journal.as_deref(),
                    &self.bridge.progress,
                )
                .await?;
            // What a server says it took is asked for again: some cut what they take.
            match self.in_time(self.remote.length(id)).await? {
                Some(stored) if stored == length => Ok(()),
                None => Err(StoreError::Missing {
                    store: self.describe(),
                    blob: *id,
                }),
                Some(_) => Err(StoreError::Corrupt {
                    store: self.describe(),
                    blob: *id,
                }),
            }
        })?;
        if let Some(journal) = journal {
            // One that stays is found useless by the next upload of the blob.
            let _ = std::fs::remove_file(journal);
        }
        Ok(())
    }

    fn is_intact(&self, id: &BlobId, length: u64) -> Result<bool, StoreError> {
        self.wait(async {
            if self.in_time(self.remote.length(id)).await? != Some(length) {
                return Ok(false);
            }
            let answer = self.in_time(self.remote.read(id, 0, None, None)).await?;
            let mut bytes = Steady::new(answer.bytes, self.bridge.patience, self.describe());
            let (mut hasher, mut read) = (blake3::Hasher::new(), 0);
            while let Some(piece) = bytes.next().await? {
                hasher.update(&piece);
                read += piece.len() as u64;
                if read > length {
                    return Ok(false);
                }
            }
            Ok(read == length && hasher.finalize().as_bytes() == &id.0.0)
        })
    }
}

/// A blob that is sent when it is whole.
struct Outgoing<R> {
    store: RemoteStore<R>,
    spool: io::BufWriter<tempfile::NamedTempFile>,
    hasher: blake3::Hasher,
    length: u64,
}

impl<R: Remote> Write for Outgoing<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.spool.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.spool.flush()
    }
}

impl<R: Remote> BlobWriter for Outgoing<R> {
    fn finish(mut self: Box<Self>) -> Result<BlobId, StoreError> {
        let id = BlobId((*self.hasher.finalize().as_bytes()).into());
        let failed = |source| StoreError::io(self.store.describe(), "write", id, source);
        self.spool.flush().map_err(failed)?;
        let path = self.spool.get_ref().path().to_owned();
        self.store.upload(&id, &path, self.length)?;
        Ok(id)
    }
}
