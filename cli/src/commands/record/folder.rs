//! A directory of decrypted records: what is in it stands in its index, and what is there and intact is not fetched
//! again. Names of files follow from numbers; titles, which others chose, give them harmless words only.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use alloy::primitives::{Address, B256};
use patientport_core::section::SectionId;
use serde::{Deserialize, Serialize};

use super::blocking;
use crate::error::Error;
use crate::home::files::{self, Existing, FileError};
use crate::text::shown;

/// The most bytes that an index may hold.
const MAX_INDEX_BYTES: u64 = 256 * 1024 * 1024;
/// So many records are written down at once: an index is rewritten as a whole.
const SAVE_EVERY: usize = 32;
/// Longest part of a title that goes into a file's name, in bytes.
const MAX_NAME_BYTES: usize = 60;
const INDEX: &str = "index.json";

/// What an index says of a record.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Kept {
    /// The port.
    pub port: Address,
    /// Its number.
    pub id: u32,
    /// Where it is, from the index; none if it could not be opened.
    pub file: Option<String>,
    /// `open`, or the code of the error that stood in the way.
    pub access: String,
    /// Its commitment.
    pub commitment: B256,
    /// Who added it.
    pub author: Address,
    /// Its section.
    pub section: SectionId,
    /// The section's private name, where known.
    pub section_name: Option<String>,
    /// When it was added, Unix seconds.
    pub added_at: u64,
    /// Current, retracted or superseded.
    pub state: String,
    /// The record that takes its place.
    pub superseded_by: Option<u32>,
    /// The author's words.
    pub title: Option<String>,
    /// The author's words.
    pub media_type: Option<String>,
    /// The author's words.
    pub content_time: Option<String>,
    /// The author's words.
    pub note: Option<String>,
    /// Bytes of the payload.
    pub length: Option<u64>,
    /// BLAKE3 of the payload.
    pub blake3: Option<B256>,
}

/// `index.json`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Index {
    /// Version of this form.
    #[serde(rename = "patientport_index")]
    version: u32,
    /// The chain of the ports.
    chain_id: u64,
    /// By port and number.
    records: Vec<Kept>,
}

/// A directory and what is in it. Dropped, it writes down what is not written yet.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    chain_id: u64,
    records: BTreeMap<(Address, u32), Kept>,
    unsaved: usize,
}

impl Folder {
    /// Opens a directory, or makes it. One with other things in it is left alone. An index is believed: its files are
    /// compared with it, not with the chain.
    ///
    /// # Errors
    /// [`Error::Output`], also where the index is of another chain.
    pub(super) fn open(root: &Path, chain_id: u64) -> Result<Self, Error> {
        let root = std::path::absolute(root)
            .map_err(|source| Error::Output(FileError::io("use", root)(source)))?;
        let path = root.join(INDEX);
        let index: Option<Index> =
            files::read_json(&path, MAX_INDEX_BYTES).map_err(Error::Output)?;
        let Some(index) = index else {
            files::private_dir(&root).map_err(Error::Output)?;
            let mut entries = std::fs::read_dir(&root)
                .map_err(|source| Error::Output(FileError::io("read", &root)(source)))?;
            if entries.next().is_some() {
                return Err(Error::DirectoryInUse(root));
            }
            return Ok(Self {
                root,
                chain_id,
                records: BTreeMap::new(),
                unsaved: 1,
            });
        };
        if index.chain_id != chain_id {
            return Err(Error::FlagInvalid {
                flag: "--output",
                value: shown(&root.display().to_string()),
                reason: format!("it holds records of chain `{}`", index.chain_id),
            });
        }
        let records = index.records.into_iter();
        Ok(Self {
            root,
            chain_id,
            records: records.map(|kept| ((kept.port, kept.id), kept)).collect(),
            unsaved: 0,
        })
    }

    /// The directory.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// What the index says of a record.
    pub(super) fn kept(&self, port: Address, id: u32) -> Option<&Kept> {
        self.records.get(&(port, id))
    }

    /// The records of some ports, by port and number.
    pub(super) fn of(&self, ports: &[Address]) -> Vec<Kept> {
        let records = self.records.values();
        let records = records.filter(|kept| ports.contains(&kept.port));
        records.cloned().collect()
    }

    /// Takes a record into the index.
    ///
    /// # Errors
    /// [`Error::Output`].
    pub(super) fn keep(&mut self, kept: Kept) -> Result<(), Error> {
        let key = (kept.port, kept.id);
        if self.records.get(&key) != Some(&kept) {
            self.records.insert(key, kept);
            self.unsaved += 1;
        }
        if self.unsaved >= SAVE_EVERY {
            self.save()?;
        }
        Ok(())
    }

    /// Writes the index.
    ///
    /// # Errors
    /// [`Error::Output`].
    pub(super) fn save(&mut self) -> Result<(), Error> {
        if self.unsaved == 0 {
            return Ok(());
        }
        let index = Index {
            version: 1,
            chain_id: self.chain_id,
            records: self.records.values().cloned().collect(),
        };
        let path = self.root.join(INDEX);
        files::write_json(&path, &index, Existing::Replace).map_err(Error::Output)?;
        self.unsaved = 0;
        Ok(())
    }

    /// Writes a document beside the index, unless it says that already.
    ///
    /// # Errors
    /// [`Error::Output`].
    pub(super) fn document(&self, name: &str, value: &serde_json::Value) -> Result<(), Error> {
        let path = self.root.join(name);
        files::write_json(&path, value, Existing::Replace).map_err(Error::Output)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A run that is told to end must not forget what it fetched; it can do no more than try.
        let _ = self.save();
    }
}

/// Length and BLAKE3 of a file's content; `None` if there is no plain file.
pub(super) async fn content(path: PathBuf) -> Result<Option<(u64, B256)>, Error> {
    struct Hash(blake3::Hasher);
    impl io::Write for Hash {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    blocking(move || {
        if !path.symlink_metadata().is_ok_and(|data| data.is_file()) {
            return Ok(None);
        }
        let mut hash = Hash(blake3::Hasher::new());
        let read = File::open(&path).and_then(|file| {
            let mut reader = io::BufReader::with_capacity(1 << 16, file);
            let length = io::copy(&mut reader, &mut hash)?;
            hash.flush()?;
            Ok(length)
        });
        let length = read.map_err(|source| Error::Output(FileError::io("read", &path)(source)))?;
        Ok(Some((length, B256::from(*hash.0.finalize().as_bytes()))))
    })
    .await
}

/// A file's name for a record: its number, harmless words of its title, and what its media type is usually called.
pub(super) fn file_name(id: u32, title: &str, media_type: &str) -> String {
    let mut words = String::new();
    for character in title.chars() {
        let next = if character.is_ascii_alphanumeric() {
            character.to_ascii_lowercase()
        } else {
            '-'
        };
        if next != '-' || !(words.is_empty() || words.ends_with('-')) {
            words.push(next);
        }
        if words.len() == MAX_NAME_BYTES {
            break;
        }
    }
    let extension = extension(media_type);
    let mut words = words.trim_end_matches('-');
    // A title is often a file's name.
    if let Some(stem) = words.strip_suffix(extension) {
        words = stem.strip_suffix('-').unwrap_or(words);
    }
    if words.is_empty() {
        return format!("{id:06}.{extension}");
    }
    format!("{id:06}-{words}.{extension}")
}

/// What files of a media type are called. Nothing that a system would run: what a browser executes is text.
fn extension(media_type: &str) -> &'static str {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "application/pdf" => "pdf",
        "application/dicom" => "dcm",
        "application/json" | "application/fhir+json" => "json",
        "application/fhir+ndjson" => "ndjson",
        "application/xml" | "text/xml" | "application/fhir+xml" => "xml",
        "application/zip" => "zip",
        "application/gzip" => "gz",
        "application/rtf" | "text/rtf" => "rtf",
        "application/msword" => "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "x-application/hl7-v2+er7" => "hl7",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/tiff" => "tif",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "audio/mpeg" => "mp3",
        "audio/x-wav" | "audio/wav" => "wav",
        "video/mp4" => "mp4",
        "text/csv" => "csv",
        "image/svg+xml" => "txt",
        text if text.starts_with("text/") => "txt",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn names_are_harmless_whatever_the_author_wrote() {
        for (title, media_type, expected) in [
            ("Blood count", "application/pdf", "000007-blood-count.pdf"),
            ("lab-report.pdf", "application/pdf", "000007-lab-report.pdf"),
            ("../../etc/passwd", "text/plain", "000007-etc-passwd.txt"),
            ("/", "text/html; charset=utf-8", "000007.txt"),
            (
                "a\u{202e}fdp.exe\0",
                "application/x-msdownload",
                "000007-a-fdp-exe.bin",
            ),
            ("..", "../../x", "000007.bin"),
            ("Ω", "image/svg+xml", "000007.txt"),
            ("pdf", "application/pdf", "000007-pdf.pdf"),
        ] {
            assert_eq!(file_name(7, title, media_type), expected, "{title}");
        }
        let long = file_name(7, &"x ".repeat(200), "text/plain");
        assert!(long.len() < 80, "{long}");
    }

    #[test]
    fn a_directory_with_other_things_in_it_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("mine.txt"), "x").unwrap();
        let refused = Folder::open(root.path(), 1).unwrap_err();
        assert_eq!(refused.code(), "output.directory_in_use");
        let new = root.path().join("new");
        drop(Folder::open(&new, 1).unwrap());
        drop(Folder::open(&new, 1).unwrap());
        let refused = Folder::open(&new, 2).unwrap_err();
        assert_eq!(refused.code(), "usage.invalid_value");
    }
}
