//! The list of records that a batch is to add: a line each, as CSV or as JSON.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::args::record::Description;
use crate::args::values::SectionRef;
use crate::error::Error;
use crate::home::files::{self, FileError};
use crate::text::shown;

/// The most bytes a manifest may hold.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// One record to add.
#[derive(Debug)]
pub(super) struct Line {
    /// Where it stands in the manifest, from 1.
    pub(super) number: u64,
    /// The file; relative to the manifest's own directory.
    pub(super) file: PathBuf,
    /// The port, if it is said.
    pub(super) port: Option<String>,
    /// The section, if it is said.
    pub(super) section: Option<SectionRef>,
    /// What is said of it.
    pub(super) described: Description,
}

/// As it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    file: String,
    #[serde(default)]
    port: Option<String>,
    #[serde(default)]
    section: Option<NumberOrName>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default, alias = "type")]
    media_type: Option<String>,
    #[serde(default, alias = "time")]
    content_time: Option<String>,
    #[serde(default)]
    note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum NumberOrName {
    Number(u8),
    Name(String),
}

/// Reads a manifest; what it is written in follows from its name.
///
/// # Errors
/// [`Error::Input`]; [`Error::TooLarge`]; [`Error::Manifest`] with the line.
pub(super) fn read(path: &Path) -> Result<Vec<Line>, Error> {
    let bytes = files::read_bounded(path, MAX_BYTES).map_err(|error| match error {
        FileError::Io { path, source, .. } => Error::Input { path, source },
        _ => Error::TooLarge {
            what: "the manifest",
            limit: MAX_BYTES,
        },
    })?;
    let extension = path.extension().and_then(|it| it.to_str());
    let directory = path.parent().unwrap_or_else(|| Path::new(""));
    match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("csv") => from_csv(path, directory, &bytes),
        Some("jsonl" | "ndjson") => from_json(path, directory, &bytes),
        _ => Err(Error::FlagInvalid {
            flag: "--manifest",
            value: shown(&path.display().to_string()),
            reason: "its name ends with neither .csv nor .jsonl".into(),
        }),
    }
}

/// The directory that a manifest lies in, as it is once all links are followed.
///
/// # Errors
/// [`Error::Input`].
pub(super) fn directory(path: &Path) -> Result<PathBuf, Error> {
    let parent = path.parent().filter(|it| !it.as_os_str().is_empty());
    parent
        .unwrap_or(Path::new("."))
        .canonicalize()
        .map_err(|source| Error::Input {
            path: path.to_owned(),
            source,
        })
}

fn from_csv(path: &Path, directory: &Path, bytes: &[u8]) -> Result<Vec<Line>, Error> {
    // Spreadsheets put a byte order mark before the heading.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // Where the comma is for decimals, spreadsheets write semicolons.
    let heading = bytes.split(|byte| *byte == b'\n').next();
    let has = |wanted: u8| heading.is_some_and(|heading| heading.contains(&wanted));
    let delimiter = [b',', b';', b'\t'].into_iter().find(|byte| has(*byte));
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .delimiter(delimiter.unwrap_or(b','))
        .from_reader(bytes);
    let bad = |line: u64, error: &csv::Error| {
        let reason = match error.kind() {
            csv::ErrorKind::Deserialize { err, .. } => err.kind().to_string(),
            csv::ErrorKind::UnequalLengths {
                expected_len, len, ..
            } => format!("it has {len} fields, and the heading {expected_len}"),
            csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".into(),
            _ => error.to_string(),
        };
        manifest(path, line, reason)
    };
    let headers = reader.headers().map_err(|error| bad(1, &error))?.clone();
    let mut lines = Vec::new();
    let mut record = csv::StringRecord::new();
    // Byte and line that were counted up to.
    let (mut byte, mut line) = (0, 1);
    loop {
        let begins = reader.position().byte();
        let begins = usize::try_from(begins).unwrap_or(bytes.len());
        // The reader passes over empty lines without counting them as its own.
        let empty = bytes[begins..].iter().take_while(|it| b"\r\n".contains(it));
        let begins = begins + empty.count();
        let passed = bytes[byte..begins].split(|it| *it == b'\n').skip(1);
        line += passed.count() as u64;
        byte = begins;
        if !reader
            .read_record(&mut record)
            .map_err(|error| bad(line, &error))?
        {
            return Ok(lines);
        }
        let written = record
            .deserialize(Some(&headers))
            .map_err(|error| bad(line, &error))?;
        lines.push(checked(path, directory, line, written)?);
    }
}

fn from_json(path: &Path, directory: &Path, bytes: &[u8]) -> Result<Vec<Line>, Error> {
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let written = serde_json::from_slice(line)
            .map_err(|error| manifest(path, number, error.to_string()))?;
        lines.push(checked(path, directory, number, written)?);
    }
    Ok(lines)
}

fn checked(path: &Path, directory: &Path, number: u64, written: Written) -> Result<Line, Error> {
    let said = |text: Option<String>| text.filter(|text| !text.is_empty());
    if written.file.is_empty() || written.file == "-" {
        return Err(manifest(path, number, "it names no file".into()));
    }
    let section = match written.section {
        None => None,
        Some(NumberOrName::Name(name)) if name.is_empty() => None,
        Some(NumberOrName::Number(number)) => Some(number.to_string()),
        Some(NumberOrName::Name(name)) => Some(name),
    };
    let section = section.map(|text| text.parse()).transpose().map_err(
        |error: crate::args::values::ValueError| manifest(path, number, error.to_string()),
    )?;
    Ok(Line {
        number,
        file: directory.join(written.file),
        port: said(written.port),
        section,
        described: Description {
            title: said(written.title),
            media_type: said(written.media_type),
            note: said(written.note),
            time: said(written.content_time),
        },
    })
}

/// A line that cannot be used.
pub(super) fn manifest(path: &Path, line: u64, reason: String) -> Error {
    Error::Manifest {
        path: path.to_owned(),
        line,
        reason,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    fn reading(name: &str, content: &str) -> Result<Vec<Line>, Error> {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(name);
        std::fs::write(&path, content).unwrap();
        read(&path).map(|mut lines| {
            for line in &mut lines {
                line.file = line.file.strip_prefix(root.path()).unwrap().to_owned();
            }
            lines
        })
    }

    #[test]
    fn both_forms_say_the_same() {
        let csv = "\u{feff}file, port,section,title,type,time,note\r\n\
                   a.pdf,0xab,0,\"Blood, count\",application/pdf,2026-01-02,\r\n\
                   sub/b.txt,,labs,,,,see \"\"a\"\"\r\n";
        let json = r#"{"file":"a.pdf","port":"0xab","section":0,"title":"Blood, count","media_type":"application/pdf","content_time":"2026-01-02"}

            {"file":"sub/b.txt","section":"labs","note":"see \"\"a\"\""}"#;
        let told = |lines: Vec<Line>| -> Vec<String> {
            let told = lines.into_iter().map(|line| {
                let Line {
                    file,
                    port,
                    section,
                    described,
                    ..
                } = line;
                format!("{file:?} {port:?} {section:?} {described:?}")
            });
            told.collect()
        };
        let by_semicolon = csv
            .replace("\"Blood, count\"", "Blood# count")
            .replace(',', ";");
        let by_semicolon = by_semicolon.replace('#', ",");
        let json = told(reading("m.jsonl", json).unwrap());
        assert_eq!(told(reading("m.csv", csv).unwrap()), json);
        assert_eq!(told(reading("m.csv", &by_semicolon).unwrap()), json);
    }

    #[test]
    fn the_line_that_is_wrong_is_named() {
        for (name, content, line) in [
            ("m.csv", "file,sektion\na,0\n", 2),
            ("m.csv", "file,section\na,0\n\nb,64\n", 4),
            ("m.csv", "file,section\na,0,1\n", 2),
            ("m.csv", "file,section\n,0\n", 2),
            ("m.csv", "section\n0\n", 2),
            (
                "m.jsonl",
                "{\"file\":\"a\"}\n{\"file\":\"b\",\"sektion\":1}\n",
                2,
            ),
            ("m.jsonl", "{\"file\":\"a\",\"section\":64}", 1),
            ("m.jsonl", "[]", 1),
        ] {
            let error = reading(name, content).unwrap_err();
            assert!(
                matches!(&error, Error::Manifest { line: told, .. } if *told == line),
                "{content}: {error}"
            );
        }
        assert_eq!(
            reading("m.txt", "").unwrap_err().code(),
            "usage.invalid_value"
        );
        assert!(reading("m.csv", "").unwrap().is_empty());
    }
}
