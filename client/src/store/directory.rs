//! Blobs as files in a directory.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek as _, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use alloy::primitives::B256;
use tempfile::{NamedTempFile, TempPath};

use super::{BlobId, BlobStore, BlobWriter, StoreError, exactly};

/// A directory of blobs, named as [`BlobId::path`] says.
///
/// A blob is written to a temporary file beside its place, flushed to the disk and renamed (S1), so readers and
/// other writers of the same directory never see a part of one.
#[derive(Clone, Debug)]
pub struct DirectoryStore {
    root: PathBuf,
}

/// Names of temporary files begin with this; what a killed process leaves may be deleted at any time.
const TEMPORARY: &str = ".incoming-";
/// A temporary file that was not written to for so long is what a killed process left.
const LEFT_AFTER: Duration = Duration::from_hours(24);

/// Removes the temporary files, told by their names, that killed processes left in a directory: those that were not written
/// to for a day. What cannot be removed now is tried again by whoever comes next.
pub fn remove_left(directory: &Path, is_temporary: impl Fn(&[u8]) -> bool) {
    let now = SystemTime::now();
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries {
        let modified = entry.metadata().and_then(|data| data.modified());
        let age = modified.ok().and_then(|it| now.duration_since(it).ok());
        let is_ours = is_temporary(entry.file_name().as_encoded_bytes());
        if is_ours && age.is_some_and(|age| age > LEFT_AFTER) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

impl DirectoryStore {
    /// The store in `root`, to be read. A directory that does not exist is not created: it has no blobs.
    ///
    /// # Errors
    /// [`StoreError::NotADirectory`].
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let root = root.into();
        match fs::metadata(&root) {
            Ok(metadata) if !metadata.is_dir() => Err(StoreError::NotADirectory { path: root }),
            _ => Ok(Self { root }),
        }
    }

    /// The store in `root`, to be written to; it is created if it is not there. What killed processes left there long
    /// ago is removed.
    ///
    /// # Errors
    /// [`StoreError::NotADirectory`]; [`StoreError::Io`] if it cannot be created.
    pub fn create_in(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let store = Self::open(root)?;
        fs::create_dir_all(&store.root).map_err(|source| store.io("create", None, source))?;
        remove_left(&store.root, |name| name.starts_with(TEMPORARY.as_bytes()));
        Ok(store)
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a blob lies, whether or not it is there.
    pub fn path_of(&self, id: &BlobId) -> PathBuf {
        self.root.join(id.path())
    }

    fn io(&self, action: &'static str, blob: Option<BlobId>, source: io::Error) -> StoreError {
        StoreError::Io {
            store: self.describe(),
            action,
            blob,
            source,
        }
    }
}

impl BlobStore for DirectoryStore {
    fn describe(&self) -> String {
        format!("the store `{}`", self.root.display())
    }

    fn contains(&self, id: &BlobId) -> Result<bool, StoreError> {
        match fs::metadata(self.path_of(id)) {
            Ok(metadata) => Ok(metadata.is_file()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(self.io("look for", Some(*id), source)),
        }
    }

    fn create(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        // In the store's own root: renaming works within one file system only.
        let file = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .tempfile_in(&self.root)
            .map_err(|source| self.io("write to", None, source))?;
        Ok(Box::new(Incoming {
            store: self.clone(),
            file: BufWriter::with_capacity(1 << 16, file),
            hasher: blake3::Hasher::new(),
            length: 0,
        }))
    }

    fn open(&self, id: &BlobId, max: u64) -> Result<Box<dyn Read + Send>, StoreError> {
        let file = self.file(id)?;
        let length = file
            .metadata()
            .map_err(|source| self.io("read", Some(*id), source))?;
        if length.len() > max {
            return Err(StoreError::TooLong {
                store: self.describe(),
                blob: *id,
                max,
            });
        }
        Ok(Box::new(file))
    }

    fn read_range(&self, id: &BlobId, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        let mut file = self.file(id)?;
        file.seek(SeekFrom::Start(range.start))
            .map_err(|source| self.io("read", Some(*id), source))?;
        exactly(self, id, range.end.saturating_sub(range.start), file)
    }

    fn delete(&self, id: &BlobId) -> Result<bool, StoreError> {
        let path = self.path_of(id);
        let failed = |source| self.io("delete", Some(*id), source);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(failed(source)),
        }
        let shard = path.parent().expect("a blob's path has a parent");
        sync_directory(shard).map_err(failed)?;
        Ok(true)
    }
}

impl DirectoryStore {
    fn file(&self, id: &BlobId) -> Result<File, StoreError> {
        match File::open(self.path_of(id)) {
            Ok(file) => Ok(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::Missing {
                store: self.describe(),
                blob: *id,
            }),
            Err(source) => Err(self.io("read", Some(*id), source)),
        }
    }
}

struct Incoming {
    store: DirectoryStore,
    file: BufWriter<NamedTempFile>,
    hasher: blake3::Hasher,
    length: u64,
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl BlobWriter for Incoming {
    fn finish(self: Box<Self>) -> Result<BlobId, StoreError> {
        let Self {
            store,
            file,
            hasher,
            length,
        } = *self;
        let id = BlobId(B256::from(*hasher.finalize().as_bytes()));
        let failed = |source| store.io("write", Some(id), source);
        let file = file
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        let path = store.path_of(&id);
        let directory = path.parent().expect("a blob's path has a parent");
        if fs::metadata(&path).is_ok_and(|there| there.is_file() && there.len() == length)
            && hash_of(&path).is_ok_and(|there| there == id)
        {
            // S2: it is there, and intact. A damaged one is replaced below.
            return Ok(id);
        }
        fs::create_dir_all(directory).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        let (file, temporary) = file.into_parts();
        let stored = file.metadata().map_err(failed)?.len();
        if stored != length {
            let source = io::Error::other(format!(
                "`{length}` bytes were written and `{stored}` are there"
            ));
            return Err(failed(source));
        }
        share(&file).map_err(failed)?;
        persist(temporary, &path).map_err(failed)?;
        // The rename itself must survive a power failure: the transaction that follows does.
        for directory in [
            directory,
            directory.parent().expect("shards are nested"),
            &store.root,
        ] {
            sync_directory(directory).map_err(failed)?;
        }
        Ok(id)
    }
}

fn persist(temporary: TempPath, path: &Path) -> io::Result<()> {
    temporary.persist(path).map_err(|error| error.error)
}

fn hash_of(path: &Path) -> io::Result<BlobId> {
    BlobId::of_reader(File::open(path)?)
}

/// Temporary files are private to their owner; blobs are ciphertext that several people may share a directory for.
#[cfg(unix)]
fn share(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the other platform's can fail")]
fn share(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the other platform's can fail")]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}
