//! The file that becomes a record: opened once, described by name and first bytes, and given up at once when
//! the run is interrupted.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::cancel::CancelGuard;
use crate::error::Error;

/// How much of the content a guess of its type may look at.
const PREFIX_BYTES: usize = 4096;

/// An opened input with what is known of it.
pub struct Input {
    reader: Box<dyn Read + Send>,
    /// Its length, if it is a file of known length.
    pub length: Option<u64>,
    /// Its media type, guessed.
    pub media_type: &'static str,
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
        let (mut reader, length, name): (Box<dyn Read + Send>, _, _) = if path == Path::new("-") {
            (Box::new(io::stdin()), None, None)
        } else {
            let file = File::open(path).map_err(failed)?;
            let data = file.metadata().map_err(failed)?;
            if data.is_dir() {
                return Err(failed(io::ErrorKind::IsADirectory.into()));
            }
            let length = data.is_file().then_some(data.len());
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            (Box::new(file), length, name)
        };
        let mut prefix = Vec::new();
        reader
            .by_ref()
            .take(PREFIX_BYTES as u64)
            .read_to_end(&mut prefix)
            .map_err(failed)?;
        let extension = name
            .as_deref()
            .and_then(|name| name.rsplit_once('.'))
            .map(|(_, it)| it);
        let media_type = media_type(extension, &prefix);
        let reader = Box::new(io::Cursor::new(prefix).chain(reader));
        Ok(Self {
            reader,
            length,
            media_type,
            name,
        })
    }

    /// The content, which fails as soon as `guard` is dropped.
    pub fn into_reader(self, guard: &CancelGuard) -> impl Read + Send + use<> {
        guard.token().reader(self.reader)
    }
}

/// Guesses a media type: by content where content is unmistakable, else by the file's ending.
fn media_type(extension: Option<&str>, prefix: &[u8]) -> &'static str {
    const OCTETS: &str = "application/octet-stream";
    if prefix.get(128..132) == Some(b"DICM") {
        return "application/dicom";
    }
    for (magic, media_type) in [
        (&b"%PDF-"[..], "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"PK\x03\x04", "application/zip"),
    ] {
        if prefix.starts_with(magic) {
            return media_type;
        }
    }
    let extension = extension.map(str::to_ascii_lowercase);
    match extension.as_deref() {
        Some("json") if is_fhir(prefix) => "application/fhir+json",
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        Some("txt") => "text/plain",
        Some("md") => "text/markdown",
        Some("csv") => "text/csv",
        Some("html" | "htm") => "text/html",
        Some("hl7") => "x-application/hl7-v2+er7",
        Some("dcm") => "application/dicom",
        _ if is_fhir(prefix) => "application/fhir+json",
        _ => OCTETS,
    }
}

/// Whether the content begins like a FHIR resource in JSON.
fn is_fhir(prefix: &[u8]) -> bool {
    let text = String::from_utf8_lossy(prefix);
    text.trim_start().starts_with('{') && text.contains("\"resourceType\"")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn types_are_guessed_from_content_first() {
        assert_eq!(media_type(Some("txt"), b"%PDF-1.7"), "application/pdf");
        assert_eq!(
            media_type(Some("json"), b"{ \"resourceType\": \"Bundle\""),
            "application/fhir+json"
        );
        assert_eq!(media_type(Some("JSON"), b"{}"), "application/json");
        assert_eq!(
            media_type(None, b"{\n\"resourceType\":"),
            "application/fhir+json"
        );
        assert_eq!(media_type(None, b"\0\x01"), "application/octet-stream");
        let mut dicom = vec![0; 128];
        dicom.extend(b"DICM");
        assert_eq!(media_type(None, &dicom), "application/dicom");
    }

    #[test]
    fn the_bytes_looked_at_are_still_read() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("scan.dcm");
        let content: Vec<u8> = (0..=u8::MAX).cycle().take(10_000).collect();
        std::fs::write(&path, &content).unwrap();
        let input = Input::open(&path).unwrap();
        assert_eq!(
            (input.length, input.name.as_deref()),
            (Some(10_000), Some("scan.dcm"))
        );
        let guard = CancelGuard::default();
        let mut read = Vec::new();
        input.into_reader(&guard).read_to_end(&mut read).unwrap();
        assert_eq!(read, content);
    }

    #[test]
    fn directories_and_missing_files_are_refused() {
        let root = tempfile::tempdir().unwrap();
        for path in [root.path().to_owned(), root.path().join("none")] {
            assert_eq!(Input::open(&path).unwrap_err().code(), "input.unreadable");
        }
    }
}
