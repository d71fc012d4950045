//! Files of the home and of the user: bounded reads, atomic private writes, advisory locks.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use patientport_client::store;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::NamedTempFile;
use thiserror::Error;

/// How names of staged files begin and end.
const STAGED: (&str, &str) = (".patientport-", ".tmp");
/// How long a run waits for another one that changes the same file. No change takes a second.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);
/// How long it waits before it looks again.
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// A file that could not be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// The operating system refused.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The file is there already.
    #[error("`{}` exists already", .0.display())]
    Exists(PathBuf),
    /// The file is longer than anything it could hold.
    #[error("`{}` is longer than {limit} bytes", path.display())]
    TooLong {
        /// Which file.
        path: PathBuf,
        /// The most it may hold.
        limit: u64,
    },
    /// Not what this program wrote.
    #[error("`{}` is damaged", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
}

impl FileError {
    /// Wraps an I/O error with what was being done to which file.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// Whether the file simply is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// Makes a directory and its parents, readable by the owner only.
///
/// # Errors
/// [`FileError::Io`].
pub fn private_dir(path: &Path) -> Result<(), FileError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(FileError::io("make the directory", path))
}

/// Reads a file of at most `limit` bytes.
///
/// # Errors
/// [`FileError::Io`], [`FileError::TooLong`].
pub fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let file = File::open(path).map_err(FileError::io("read", path))?;
    let mut bytes = Vec::new();
    let read = file.take(limit.saturating_add(1)).read_to_end(&mut bytes);
    let read = read.map_err(FileError::io("read", path))?;
    if read as u64 > limit {
        return Err(FileError::TooLong {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(bytes)
}

/// Reads JSON; `None` if the file is not there.
///
/// # Errors
/// [`FileError`].
pub fn read_json<T: DeserializeOwned>(path: &Path, limit: u64) -> Result<Option<T>, FileError> {
    let bytes = match read_bounded(path, limit) {
        Ok(bytes) => bytes,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|source| FileError::Malformed {
            path: path.to_owned(),
            source,
        })
}

/// What to do when the destination exists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Existing {
    /// Refuse.
    Keep,
    /// Put the new file in its place.
    Replace,
}

/// Starts a private file beside `path`, to be given that name by [`persist`] once it is whole.
///
/// # Errors
/// [`FileError::Io`]; [`FileError::Exists`] early, so that no work is wasted.
pub fn stage(path: &Path, existing: Existing) -> Result<NamedTempFile, FileError> {
    if existing == Existing::Keep && path.symlink_metadata().is_ok() {
        return Err(FileError::Exists(path.to_owned()));
    }
    sweep(parent(path));
    tempfile::Builder::new()
        .prefix(STAGED.0)
        .suffix(STAGED.1)
        .tempfile_in(parent(path))
        .map_err(FileError::io("write beside", path))
}

/// Removes what killed runs left in a directory long ago, once per run. What cannot be removed now is tried again.
fn sweep(directory: &Path) {
    static SWEPT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let is_new = SWEPT
        .lock()
        .expect("nothing panics under this lock")
        .insert(directory.to_owned());
    if is_new {
        remove_left(directory);
    }
}

fn remove_left(directory: &Path) {
    store::remove_left(directory, |name| {
        name.starts_with(STAGED.0.as_bytes()) && name.ends_with(STAGED.1.as_bytes())
    });
}

/// Makes a staged file durable and gives it its name. The file is never seen in part.
///
/// # Errors
/// [`FileError::Io`], such as a full disk; [`FileError::Exists`]. The staged file is removed.
pub fn persist(staged: NamedTempFile, path: &Path, existing: Existing) -> Result<(), FileError> {
    staged
        .as_file()
        .sync_all()
        .map_err(FileError::io("write", path))?;
    let result = match existing {
        Existing::Replace => staged.persist(path),
        Existing::Keep => staged.persist_noclobber(path),
    };
    match result {
        Ok(_) => {}
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(FileError::Exists(path.to_owned()));
        }
        Err(error) => return Err(FileError::io("write", path)(error.error)),
    }
    // The name itself is durable only once the directory is; some file systems cannot sync one.
    if let Ok(directory) = File::open(parent(path)) {
        let _ = directory.sync_all();
    }
    Ok(())
}

/// Writes a whole private file (mode 0600) atomically.
///
/// # Errors
/// [`FileError::Io`], [`FileError::Exists`].
pub fn write_private(path: &Path, bytes: &[u8], existing: Existing) -> Result<(), FileError> {
    private_dir(parent(path))?;
    let mut staged = stage(path, existing)?;
    staged
        .write_all(bytes)
        .map_err(FileError::io("write", path))?;
    persist(staged, path, existing)
}

/// Writes JSON for people and programs, as [`write_private`].
///
/// # Errors
/// [`FileError`].
pub fn write_json<T: Serialize>(
    path: &Path,
    value: &T,
    existing: Existing,
) -> Result<(), FileError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|source| FileError::Malformed {
        path: path.to_owned(),
        source,
    })?;
    bytes.push(b'\n');
    write_private(path, &bytes, existing)
}

/// Held while a file is read, changed and written back; other processes wait.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held for its lock, which ends with it")] File);

/// Takes the lock of a directory, and waits for it for some seconds.
///
/// # Errors
/// [`FileError::Io`], such as when another process keeps it for longer.
pub fn lock(directory: &Path) -> Result<Lock, FileError> {
    lock_within(directory, LOCK_PATIENCE)
}

fn lock_within(directory: &Path, patience: Duration) -> Result<Lock, FileError> {
    private_dir(directory)?;
    let path = directory.join(".lock");
    let file = lock_file(&path)?;
    let begun = Instant::now();
    while !try_lock_of(&file, &path)? {
        if begun.elapsed() >= patience {
            let held = io::Error::new(
                io::ErrorKind::TimedOut,
                format!("another run has held it for {} seconds", patience.as_secs()),
            );
            return Err(FileError::io("lock", &path)(held));
        }
        thread::sleep(LOCK_PAUSE);
    }
    Ok(Lock(file))
}

fn lock_file(path: &Path) -> Result<File, FileError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(FileError::io("open", path))
}

/// As [`lock`], without waiting: `None` if another process has it.
///
/// # Errors
/// [`FileError::Io`].
pub fn try_lock(directory: &Path) -> Result<Option<Lock>, FileError> {
    private_dir(directory)?;
    let path = directory.join(".lock");
    let file = lock_file(&path)?;
    Ok(try_lock_of(&file, &path)?.then_some(Lock(file)))
}

fn try_lock_of(file: &File, path: &Path) -> Result<bool, FileError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(fs::TryLockError::WouldBlock) => Ok(false),
        Err(fs::TryLockError::Error(source)) => Err(FileError::io("lock", path)(source)),
    }
}

/// A lock that has a file of its own, which goes when it ends. That of a run that was killed stays, and is taken over.
#[derive(Debug)]
pub struct OwnLock {
    path: PathBuf,
    _file: File,
}

impl Drop for OwnLock {
    fn drop(&mut self) {
        // Still locked: nobody takes a file for the lock that is about to go.
        let _ = fs::remove_file(&self.path);
    }
}

/// Takes the lock at `path`, without waiting: `None` if another process has it.
///
/// # Errors
/// [`FileError::Io`].
pub fn try_own_lock(path: &Path) -> Result<Option<OwnLock>, FileError> {
    private_dir(parent(path))?;
    loop {
        let file = lock_file(path)?;
        if !try_lock_of(&file, path)? {
            return Ok(None);
        }
        let opened = file.metadata().map_err(FileError::io("read", path))?;
        let place = |data: &fs::Metadata| (data.dev(), data.ino());
        // Whoever held it may have removed the file after this one had opened it.
        if fs::metadata(path).is_ok_and(|there| place(&there) == place(&opened)) {
            let path = path.to_owned();
            return Ok(Some(OwnLock { path, _file: file }));
        }
    }
}

/// Whether others than the owner may read the file.
pub fn is_exposed(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o077 != 0)
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn private_files_are_0600_in_directories_of_0700() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b/key.json");
        write_private(&path, b"x", Existing::Keep).unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(&root.path().join("a/b")), 0o700);
        assert_eq!(mode(&root.path().join("a")), 0o700);
    }

    #[test]
    fn an_existing_file_is_kept_unless_told() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("file");
        write_private(&path, b"one", Existing::Keep).unwrap();
        assert!(matches!(
            write_private(&path, b"two", Existing::Keep),
            Err(FileError::Exists(_))
        ));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        write_private(&path, b"two", Existing::Replace).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(
            fs::read_dir(root.path()).unwrap().count(),
            1,
            "a temporary file was left"
        );
    }

    #[test]
    fn a_staged_file_that_is_dropped_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let mut staged = stage(&root.path().join("out"), Existing::Keep).unwrap();
        staged.write_all(b"half").unwrap();
        drop(staged);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_killed_run_left_long_ago_is_swept_away() {
        let root = tempfile::tempdir().unwrap();
        let [old, new, other] = [".patientport-old.tmp", ".patientport-new.tmp", "old.tmp"]
            .map(|name| root.path().join(name));
        for path in [&old, &new, &other] {
            fs::write(path, b"half").unwrap();
        }
        let past = std::time::SystemTime::now() - Duration::from_hours(25);
        for path in [&old, &other] {
            let file = File::options().write(true).open(path).unwrap();
            file.set_modified(past).unwrap();
        }
        write_private(&root.path().join("file"), b"x", Existing::Keep).unwrap();
        assert_eq!(
            [old, new, other].map(|path| path.exists()),
            [false, true, true]
        );
    }

    #[test]
    fn a_lock_that_another_holds_is_waited_for_and_not_for_ever() {
        let root = tempfile::tempdir().unwrap();
        let held = lock(root.path()).unwrap();
        let error = lock_within(root.path(), Duration::from_millis(50)).unwrap_err();
        assert!(
            matches!(&error, FileError::Io { action: "lock", source, .. } if source.kind() == io::ErrorKind::TimedOut)
        );
        let directory = root.path().to_owned();
        let waiting = thread::spawn(move || lock(&directory).is_ok());
        drop(held);
        assert!(waiting.join().unwrap());
    }

    #[test]
    fn a_lock_of_its_own_is_held_once_and_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/name.lock");
        // As a run leaves it that was killed.
        fs::create_dir(root.path().join("a")).unwrap();
        fs::write(&path, b"").unwrap();
        let held = try_own_lock(&path).unwrap();
        assert!(held.is_some());
        assert!(try_own_lock(&path).unwrap().is_none());
        drop(held);
        assert!(!path.exists());
        assert!(try_own_lock(&path).unwrap().is_some());
    }

    #[test]
    fn reads_are_bounded() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("file");
        fs::write(&path, [0; 10]).unwrap();
        assert_eq!(read_bounded(&path, 10).unwrap().len(), 10);
        assert!(matches!(
            read_bounded(&path, 9),
            Err(FileError::TooLong { limit: 9, .. })
        ));
        assert!(
            read_json::<()>(&root.path().join("none"), 10)
                .unwrap()
                .is_none()
        );
        assert!(matches!(
            read_json::<()>(&path, 10),
            Err(FileError::Malformed { .. })
        ));
    }
}
