//! All records of a port that this home can open, into a directory.

use std::sync::Arc;

use alloy::primitives::Address;
use futures_util::StreamExt as _;
use patientport_client::Keyring;
use patientport_client::port::{PortInfo, RecordEntry};
use patientport_client::records::fetch;
use patientport_core::section::SectionSet;
use serde::Serialize;

use super::batch::Reason;
use super::bulk::Identity;
use super::folder::{self, Folder, Kept};
use super::get::to_file;
use super::stores::Stores;
use crate::commands::party::{Reader, keyring};
use crate::context::{ChosenPort, Context};
use crate::error::Error;
use crate::home::files::{self, Existing};
use crate::output::Outcome;
use crate::progress::Bar;
use crate::text::{Table, count, short, shown, size};

/// What came of fetching many records.
#[derive(Debug, Serialize)]
pub struct Collected {
    /// The directory.
    pub directory: std::path::PathBuf,
    /// The ports.
    pub ports: Vec<Address>,
    /// How many records were fetched now.
    pub fetched: usize,
    /// How many were there already, and intact.
    pub kept: usize,
    /// How many records the ports have that this account has no key to: in sections it was not given.
    pub not_given: usize,
    /// What should have been fetched and was not.
    pub refused: Vec<Refused>,
    /// Every record in the index, of these ports.
    pub records: Vec<Kept>,
}

/// A record, or a whole port, that was not fetched.
#[derive(Debug, Serialize)]
pub struct Refused {
    /// The port.
    pub port: Address,
    /// The record; none if it is all of the port's.
    pub id: Option<u32>,
    /// Why.
    pub error: Reason,
}

impl Collected {
    pub(super) fn new(folder: &Folder) -> Self {
        Self {
            directory: folder.root().to_owned(),
            ports: Vec::new(),
            fetched: 0,
            kept: 0,
            not_given: 0,
            refused: Vec::new(),
            records: Vec::new(),
        }
    }

    pub(super) fn refuse(&mut self, port: Address, id: Option<u32>, error: &Error) {
        self.refused.push(Refused {
            port,
            id,
            error: Reason::of(error),
        });
    }

    fn summary(&self) -> String {
        let bytes = self.records.iter().filter_map(|kept| kept.length).sum();
        format!(
            "{} of {} in `{}`, {}: {} fetched now, {} there before, {} of sections not given to this account\n",
            count(self.fetched + self.kept, "record"),
            count(self.ports.len(), "port"),
            shown(&self.directory.display().to_string()),
            size(bytes),
            self.fetched,
            self.kept,
            self.not_given
        )
    }

    /// The end of the run: the index is written, and what was refused makes it a failure.
    ///
    /// # Errors
    /// [`Error::FetchIncomplete`] with everything in its details.
    pub(super) fn finish(mut self, context: &Context, mut folder: Folder) -> Result<Self, Error> {
        folder.save()?;
        self.records = folder.of(&self.ports);
        if self.refused.is_empty() {
            return Ok(self);
        }
        if !context.settings.json {
            let mut table = Table::new(["PORT", "ID", "", "WHY"]);
            for refused in &self.refused {
                table.row([
                    short(refused.port),
                    refused.id.map(|id| id.to_string()).unwrap_or_default(),
                    refused.error.code.into(),
                    shown(&refused.error.message),
                ]);
            }
            context.terminal.show(&format!("{}{table}", self.summary()));
        }
        let error = Error::FetchIncomplete {
            failed: self.refused.len(),
            total: count(self.fetched + self.kept + self.refused.len(), "record"),
        };
        Err(error.with_hint(
            "each of them says why",
            serde_json::json!({ "fetch": self }),
        ))
    }
}

impl Outcome for Collected {
    fn text(&self) -> String {
        self.summary()
    }
}

/// How one record ended.
enum Ended {
    Fetched(Kept),
    Intact(Kept),
    /// Nobody has it any more, and nobody should.
    Gone(Kept),
    NotGiven,
    Failed(u32, Error),
}

/// A port as it is being read.
struct Source<'a> {
    context: &'a Context,
    chosen: &'a ChosenPort,
    keyring: Keyring,
    /// Sections whose records should open.
    given: SectionSet,
    stores: Stores,
    bar: Bar,
}

/// Fetches what can be opened at a port. What fails is noted, record by record.
///
/// # Errors
/// What concerns the whole port, or the directory.
pub(super) async fn port(
    context: &Context,
    chosen: &ChosenPort,
    identity: &mut Identity,
    jobs: u8,
    folder: &mut Folder,
    collected: &mut Collected,
) -> Result<(), Error> {
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let reader = reader(context, chosen, &info, identity).await?;
    let held = keyring(context, port, reader.account, &reader.keys).await?;
    let now = port.chain().now(crate::time::clock()).await?;
    let given = if reader.is_patient {
        SectionSet::from_bits(u64::MAX)
    } else {
        // A delegate and a responder hold secrets, too.
        port.holder_of(reader.account, now).await?.entitled()
    };
    let entries = port.records().await?;
    let bar = Bar::items(&context.terminal, "record", entries.len(), None);
    let directory = folder.root().join(format!("{:#x}", port.address()));
    files::private_dir(&directory).map_err(Error::Output)?;
    collected.ports.push(port.address());
    let source = Source {
        context,
        chosen,
        keyring: held,
        given,
        stores: Stores::open_watched(context, bar.watcher())?,
        bar,
    };
    {
        let source = &source;
        let known: Vec<_> = entries
            .into_iter()
            .map(|entry| (entry, folder.kept(port.address(), entry.id).cloned()))
            .collect();
        let root = folder.root().to_owned();
        let mut ended = futures_util::stream::iter(known)
            .map(|(entry, known)| source.one(entry, known, root.clone()))
            .buffered(jobs.into());
        while let Some(ended) = ended.next().await {
            source.bar.done();
            match ended {
                Ended::Fetched(kept) => {
                    collected.fetched += 1;
                    folder.keep(kept)?;
                }
                Ended::Intact(kept) => {
                    collected.kept += 1;
                    folder.keep(kept)?;
                }
                Ended::Gone(kept) => folder.keep(kept)?,
                Ended::NotGiven => collected.not_given += 1,
                // A directory that takes nothing takes none of the others either.
                Ended::Failed(_, error @ Error::Output(_)) => return Err(error),
                Ended::Failed(id, error) => collected.refuse(port.address(), Some(id), &error),
            }
        }
    }
    let Source { stores, bar, .. } = source;
    drop(bar);
    stores.report(context);
    Ok(())
}

/// Who reads: the port's patient, or a provider with an identity that is opened once.
async fn reader(
    context: &Context,
    chosen: &ChosenPort,
    info: &PortInfo,
    identity: &mut Identity,
) -> Result<Reader, Error> {
    let account = context.account(chosen.known.account.as_deref())?;
    if account == info.patient {
        return Reader::open(context, chosen, info).await;
    }
    Ok(Reader {
        account,
        keys: identity.of_provider(context, chosen, account).await?,
        is_patient: false,
    })
}

impl Source<'_> {
    async fn one(
        &self,
        entry: RecordEntry,
        known: Option<Kept>,
        root: std::path::PathBuf,
    ) -> Ended {
        match self.try_one(entry, known, &root).await {
            Ok(ended) => ended,
            Err(error) => match error.code() {
                "section.no_matching_key" if !self.given.contains(entry.section) => Ended::NotGiven,
                code @ "record.missing_blob" if entry.state.as_str() == "retracted" => {
                    Ended::Gone(Kept {
                        access: code.to_owned(),
                        ..self.described(&entry)
                    })
                }
                _ => Ended::Failed(entry.id, error),
            },
        }
    }

    /// What the chain says of a record.
    fn described(&self, entry: &RecordEntry) -> Kept {
        let known = &self.chosen.known.sections;
        let name = self.keyring.name(entry.section).map(str::to_owned);
        Kept {
            port: self.chosen.port.address(),
            id: entry.id,
            file: None,
            access: "open".into(),
            commitment: entry.commitment,
            author: entry.author,
            section: entry.section,
            section_name: name.or_else(|| known.get(&entry.section.get()).cloned()),
            added_at: entry.added_at.0,
            state: entry.state.as_str().to_owned(),
            superseded_by: entry.successor,
            title: None,
            media_type: None,
            content_time: None,
            note: None,
            length: None,
            blake3: None,
        }
    }

    async fn try_one(
        &self,
        entry: RecordEntry,
        known: Option<Kept>,
        root: &std::path::Path,
    ) -> Result<Ended, Error> {
        if let Some(known) = known
            && known.commitment == entry.commitment
            && let Some(file) = &known.file
            && is_ours(&known, file)
        {
            let there = folder::content(root.join(file)).await?;
            if there.is_some() && there == known.length.zip(known.blake3) {
                let now = self.described(&entry);
                return Ok(Ended::Intact(Kept {
                    state: now.state,
                    superseded_by: now.superseded_by,
                    section_name: now.section_name.or(known.section_name.clone()),
                    ..known
                }));
            }
        }
        let port = &self.chosen.port;
        let store = self.stores.of(port, entry.author);
        let record = Arc::new(fetch(port, entry.id, &self.keyring, &store).await?);
        let metadata = record.metadata().clone();
        let name = folder::file_name(entry.id, &metadata.title, &metadata.media_type);
        let file = format!("{:#x}/{name}", port.address());
        let path = root.join(&file);
        to_file(&record, &path, Existing::Replace, &self.bar).await?;
        let written = folder::content(path).await?;
        self.context.terminal.detail(&format!("fetched {file}"));
        Ok(Ended::Fetched(Kept {
            file: Some(file),
            title: Some(metadata.title),
            media_type: Some(metadata.media_type),
            content_time: metadata.content_time,
            note: Some(metadata.note),
            length: written.map(|(length, _)| length),
            blake3: written.map(|(_, hash)| hash),
            ..self.described(&entry)
        }))
    }
}

/// An index says where its files are, and whoever can write it could name any other.
fn is_ours(known: &Kept, file: &str) -> bool {
    let title = known.title.as_deref().unwrap_or_default();
    let media_type = known.media_type.as_deref().unwrap_or_default();
    let name = folder::file_name(known.id, title, media_type);
    file == format!("{:#x}/{name}", known.port)
}
