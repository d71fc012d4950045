//! What a batch is made of: the files that were named, those below directories, or those of a manifest.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use alloy::primitives::{Address, B256};
use patientport_client::port::SectionKey;
use patientport_core::record::Metadata;

use super::manifest;
use crate::args::record::{AddArgs, Description};
use crate::args::values::SectionRef;
use crate::context::Context;
use crate::error::Error;
use crate::text::shown;

/// More records than this are more than one run should be asked to confirm.
const MOST: usize = 100_000;

/// One file that is to become a record.
#[derive(Debug)]
pub(super) struct Item {
    /// Where it is; absolute.
    pub(super) file: PathBuf,
    /// The port, as it was named.
    pub(super) port: Option<String>,
    /// The section, as it was named.
    pub(super) section: Option<SectionRef>,
    /// What is said of it.
    pub(super) described: Description,
    /// Whether a manifest names it that lies in another directory.
    pub(super) is_outside: bool,
}

impl Item {
    /// The file as it may be shown.
    pub(super) fn name(&self) -> String {
        shown(&self.file.display().to_string())
    }
}

/// The items of a batch, in the order in which their records get their numbers.
///
/// # Errors
/// [`Error::Input`], [`Error::Manifest`], [`Error::FlagNeeded`], [`Error::FlagInvalid`]; files that cannot be read
/// are no error yet.
pub(super) fn collect(context: &Context, args: &AddArgs) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    if let Some(path) = &args.batch.manifest {
        let directory = manifest::directory(path)?;
        for line in manifest::read(path)? {
            let described = Description {
                title: line
                    .described
                    .title
                    .or_else(|| args.described.title.clone()),
                media_type: line
                    .described
                    .media_type
                    .or_else(|| args.described.media_type.clone()),
                note: line.described.note.or_else(|| args.described.note.clone()),
                time: line.described.time.or_else(|| args.described.time.clone()),
            };
            check(&described)
                .map_err(|error| manifest::manifest(path, line.number, error.chain().join(": ")))?;
            let file = absolute(&line.file)?;
            // What is not there is told as such later.
            let real = file.canonicalize();
            items.push(Item {
                is_outside: real.is_ok_and(|real| !real.starts_with(&directory)),
                file,
                port: line.port.or_else(|| args.port.port.clone()),
                section: line.section.or_else(|| args.section.clone()),
                described,
            });
        }
    } else {
        if let Some(title) = &args.described.title {
            return Err(Error::FlagInvalid {
                flag: "--title",
                value: shown(title),
                reason:
                    "several records are named by their content or their file, or in a `--manifest`"
                        .into(),
            });
        }
        check(&args.described)?;
        for path in files(context, args)? {
            items.push(Item {
                file: path,
                port: args.port.port.clone(),
                section: args.section.clone(),
                described: args.described.clone(),
                is_outside: false,
            });
        }
    }
    if items.len() > MOST {
        return Err(Error::FlagInvalid {
            flag: "FILE",
            value: items.len().to_string(),
            reason: format!("one run adds at most {MOST} records"),
        });
    }
    Ok(items)
}

/// What can be said wrongly is told before anything is done.
fn check(described: &Description) -> Result<(), Error> {
    let metadata = Metadata {
        title: described.title.clone().unwrap_or_default(),
        media_type: described
            .media_type
            .clone()
            .unwrap_or_else(|| "text/plain".into()),
        content_time: described.time.clone(),
        note: described.note.clone().unwrap_or_default(),
        length: None,
    };
    metadata
        .check()
        .map_err(|source| Error::Metadata { source })
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|source| Error::Input {
        path: path.to_owned(),
        source,
    })
}

/// The files named and those below directories named, each once.
fn files(context: &Context, args: &AddArgs) -> Result<Vec<PathBuf>, Error> {
    let (mut found, mut known) = (Vec::new(), BTreeSet::new());
    for path in &args.file {
        if path == Path::new("-") {
            return Err(Error::FlagInvalid {
                flag: "FILE",
                value: "-".into(),
                reason: "standard input is one record and no part of a batch".into(),
            });
        }
        let path = absolute(path)?;
        let below = if path.is_dir() {
            if !args.batch.recursive {
                return Err(Error::FlagNeeded {
                    flag: "--recursive",
                    reason: format!("`{}` is a directory", shown(&path.display().to_string())),
                });
            }
            below(context, &path)?
        } else {
            vec![path]
        };
        for path in below {
            if known.insert(path.clone()) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// The files below a directory, by name; without those that are hidden, and without links, which may lead anywhere.
fn below(context: &Context, directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Input {
        path: directory.to_owned(),
        source,
    };
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            entries.push((entry.path(), kind));
        }
    }
    entries.sort_by(|one, other| one.0.cmp(&other.0));
    let mut found = Vec::new();
    for (path, kind) in entries {
        if kind.is_dir() {
            found.extend(below(context, &path)?);
        } else if kind.is_file() {
            found.push(path);
        } else {
            context.warn(
                "input.left_out",
                format!(
                    "`{}` is no plain file and was left out",
                    shown(&path.display().to_string())
                ),
            );
        }
        if found.len() > MOST {
            break;
        }
    }
    Ok(found)
}

/// What a record of a file is called in the notes of this home: by everything that makes it another record.
pub(in crate::commands::record) fn name_of(
    (chain_id, port, author): (u64, Address, Address),
    section: &SectionKey,
    (path, described): (&Path, &Description),
    file: &std::fs::Metadata,
    supersedes: Option<u32>,
) -> B256 {
    let mut hasher = blake3::Hasher::new_derive_key("patientport/v1/filed");
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    let changed = file.modified().ok();
    let changed = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    add(&chain_id.to_le_bytes());
    add(port.as_slice());
    add(author.as_slice());
    add(&[section.section.get()]);
    add(path.as_os_str().as_encoded_bytes());
    add(&file.len().to_le_bytes());
    add(&changed.unwrap_or_default().as_nanos().to_le_bytes());
    let Description {
        title,
        media_type,
        note,
        time,
    } = described;
    for said in [title, media_type, note, time] {
        // What is not said and what is said to be nothing are two things.
        add(said.as_ref().map_or(&[0][..], |_| &[1]));
        add(said.as_deref().unwrap_or_default().as_bytes());
    }
    if let Some(earlier) = supersedes {
        add(&earlier.to_le_bytes());
    }
    B256::from(*hasher.finalize().as_bytes())
}
