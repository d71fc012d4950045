//! Bodies on their way in: partial files of ciphertext that survive the run.

use std::fs::{self, File, OpenOptions};
#[cfg(any(test, not(unix)))]
use std::io::SeekFrom;
use std::io::{self, Read, Seek as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::BlobId;

/// Partial files are kept for so long after they last grew.
const MAX_AGE: Duration = Duration::from_hours(7 * 24);
/// Together they hold at most so much, before a new one begins; the oldest go first.
const MAX_BYTES: u64 = 8 << 30;

/// A file that a blob is fetched into.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) file: File,
    /// Where it lies, unless it has no name: then it ends with the process.
    path: Option<PathBuf>,
}

impl Part {
    /// The partial file of a blob in `directory`, with what an earlier run fetched. Without a directory, or where
    /// another run is fetching the same blob, a file without a name.
    pub(super) fn open(directory: Option<&Path>, id: &BlobId) -> io::Result<Self> {
        let Some(directory) = directory else {
            return Self::unnamed();
        };
        private_directory(directory)?;
        tidy(directory, SystemTime::now(), MAX_BYTES);
        let path = directory.join(format!("{id}.part"));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self {
                file,
                path: Some(path),
            }),
            Err(fs::TryLockError::WouldBlock) => Self::unnamed(),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    fn unnamed() -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile()?,
            path: None,
        })
    }

    /// Bytes there already.
    pub(super) fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Throws away what is there.
    pub(super) fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()
    }

    /// Whether the file holds the blob.
    pub(super) fn is(&mut self, id: &BlobId) -> io::Result<bool> {
        self.file.rewind()?;
        Ok(BlobId::of_reader(io::BufReader::with_capacity(1 << 16, &self.file))? == *id)
    }

    /// Removes the file: it was used, or is good for nothing.
    pub(super) fn remove(self) {
        if let Some(path) = &self.path {
            // What cannot be removed grows old and goes then.
            let _ = fs::remove_file(path);
        }
    }
}

/// A blob that was fetched whole and has its hash. Its file goes when nobody needs it any more; a run that is
/// killed leaves it for the next one.
#[derive(Debug)]
pub(super) struct Fetched {
    part: Option<Part>,
}

impl Fetched {
    pub(super) const fn new(part: Part) -> Self {
        Self { part: Some(part) }
    }

    fn file(&self) -> &File {
        &self
            .part
            .as_ref()
            .expect("it is taken when dropped only")
            .file
    }
}

impl Drop for Fetched {
    fn drop(&mut self) {
        if let Some(part) = self.part.take() {
            part.remove();
        }
    }
}

/// Reads a fetched blob from its beginning; several may at once.
#[derive(Debug)]
pub(super) struct FetchedReader {
    pub(super) blob: Arc<Fetched>,
    pub(super) position: u64,
}

impl Read for FetchedReader {
    #[cfg(unix)]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use std::os::unix::fs::FileExt as _;
        let count = self.blob.file().read_at(buffer, self.position)?;
        self.position += count as u64;
        Ok(count)
    }

    #[cfg(not(unix))]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.blob.file();
        file.seek(SeekFrom::Start(self.position))?;
        let count = file.read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

/// Makes a directory that only its owner reads.
pub(super) fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Removes partial files that are old, and the oldest of too many bytes. Files in use are left alone. Failures are
/// no reason not to fetch.
fn tidy(directory: &Path, now: SystemTime, most: u64) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    let mut files: Vec<_> = entries
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|it| it == "part"))
        .filter_map(|entry| {
            let data = entry.metadata().ok()?;
            Some((data.modified().ok()?, data.len(), entry.path()))
        })
        .collect();
    files.sort();
    let mut total: u64 = files.iter().map(|(_, length, _)| length).sum();
    for (modified, length, path) in files {
        let age = now.duration_since(modified).unwrap_or_default();
        if age <= MAX_AGE && total <= most {
            break;
        }
        let in_use = File::open(&path).is_ok_and(|file| file.try_lock().is_err());
        if !in_use && fs::remove_file(&path).is_ok() {
            total -= length;
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn id() -> BlobId {
        BlobId::of(b"payload")
    }

    #[test]
    fn what_was_fetched_is_there_for_the_next_run() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("incoming");
        let mut part = Part::open(Some(&directory), &id()).unwrap();
        part.file.write_all(b"pay").unwrap();
        // Another run at the same time keeps away from it.
        let other = Part::open(Some(&directory), &id()).unwrap();
        assert_eq!(other.length().unwrap(), 0);
        drop((part, other));
        let mut part = Part::open(Some(&directory), &id()).unwrap();
        assert_eq!(part.length().unwrap(), 3);
        part.file.seek(SeekFrom::End(0)).unwrap();
        part.file.write_all(b"load").unwrap();
        assert!(part.is(&id()).unwrap());
        let blob = Arc::new(Fetched::new(part));
        for _ in 0..2 {
            let mut text = String::new();
            let blob = Arc::clone(&blob);
            let mut reader = FetchedReader { blob, position: 0 };
            reader.read_to_string(&mut text).unwrap();
            assert_eq!(text, "payload");
        }
        drop(blob);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
    }

    #[test]
    fn old_and_too_many_partial_files_go_the_oldest_first() {
        let root = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        let file = |name: &str, days: u32, length: usize| {
            let path = root.path().join(name);
            fs::write(&path, vec![0; length]).unwrap();
            let modified = now - days * Duration::from_hours(24);
            File::options()
                .write(true)
                .open(&path)
                .unwrap()
                .set_modified(modified)
                .unwrap();
            path
        };
        let ancient = file("a.part", 8, 1);
        let older = file("b.part", 3, 60);
        let newer = file("c.part", 2, 60);
        let other = file("d.json", 100, 1);
        tidy(root.path(), now, 100);
        let left = [ancient, older, newer, other].map(|path| path.exists());
        assert_eq!(left, [false, false, true, true]);
    }
}
