//! The file that becomes a record: opened once, described by name and first bytes, and given up at once when
//! the run is interrupted.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use patientport_client::content::{self, Description};

use super::cancel::CancelGuard;
use crate::error::Error;

/// An opened input with what is known of it.
pub struct Input {
    reader: Box<dyn Read + Send>,
    /// What the system says of it as it was opened, if it is a plain file.
    pub file: Option<Metadata>,
    /// Its length, if it is a file of known length.
    pub length: Option<u64>,
    /// What its content says of itself.
    pub described: Description,
    /// The file's name, for a title.
    pub name: Option<String>,
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl Input {
    /// Opens a file, or standard input for `-`.
    ///
    /// # Errors
    /// [`Error::Input`], such as for a directory.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Input {
            path: path.to_owned(),
            source,
        };
        let (mut reader, file, name): (Box<dyn Read + Send>, _, _) = if path == Path::new("-") {
            (Box::new(io::stdin()) as _, None, None)
        } else {
            let file = File::open(path).map_err(failed)?;
            let data = file.metadata().map_err(failed)?;
            if data.is_dir() {
                return Err(failed(io::ErrorKind::IsADirectory.into()));
            }
            let data = data.is_file().then_some(data);
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            (Box::new(file), data, name)
        };
        let mut prefix = Vec::new();
        reader
            .by_ref()
            .take(content::PREFIX_BYTES as u64)
            .read_to_end(&mut prefix)
            .map_err(failed)?;
        let described = content::describe(&prefix);
        let reader = Box::new(io::Cursor::new(prefix).chain(reader));
        Ok(Self {
            reader,
            length: file.as_ref().map(Metadata::len),
            file,
            described,
            name,
        })
    }

    /// The content, which fails as soon as `guard` is dropped.
    pub fn into_reader(self, guard: &CancelGuard) -> impl Read + Send + use<> {
        guard.token().reader(self.reader)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn the_bytes_looked_at_are_still_read() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("scan.dcm");
        let content: Vec<u8> = (0..=u8::MAX)
            .cycle()
            .take(content::PREFIX_BYTES + 10_000)
            .collect();
        std::fs::write(&path, &content).unwrap();
        let input = Input::open(&path).unwrap();
        assert_eq!(
            (input.length, input.name.as_deref()),
            (Some(content.len() as u64), Some("scan.dcm"))
        );
        let guard = CancelGuard::default();
        let mut read = Vec::new();
        input.into_reader(&guard).read_to_end(&mut read).unwrap();
        assert!(read == content, "the content differs");
    }

    #[test]
    fn directories_and_missing_files_are_refused() {
        let root = tempfile::tempdir().unwrap();
        for path in [root.path().to_owned(), root.path().join("none")] {
            assert_eq!(Input::open(&path).unwrap_err().code(), "input.unreadable");
        }
    }
}
