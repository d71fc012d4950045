//! `patientport record get`: nothing reaches its destination before the whole record has verified.

use std::fs::File;
use std::io::{self, IsTerminal as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use alloy::primitives::{Address, B256};
use patientport_client::Keyring;
use patientport_client::port::Port;
use patientport_client::progress::Stage;
use patientport_client::records::{OpenedRecord, fetch};
use patientport_core::section::SectionId;
use serde::Serialize;

use super::cancel::CancelGuard;
use super::stores::Stores;
use super::{blocking, range};
use crate::args::record::GetArgs;
use crate::commands::party::{Reader, keyring};
use crate::context::Context;
use crate::error::Error;
use crate::home::files::{self, Existing};
use crate::output::{Outcome, Report};
use crate::progress::Bar;
use crate::text::{harmless, shown, size};
use crate::time;

/// A record is shown on a terminal only up to this length.
const MAX_TERMINAL_BYTES: u64 = 1 << 20;

/// A record that was fetched.
#[derive(Debug, Serialize)]
pub struct Fetched {
    /// Its number.
    pub id: u32,
    /// The port.
    pub port: Address,
    /// Where it was written.
    pub output: PathBuf,
    /// Bytes written.
    pub length: u64,
    /// First and last byte of the part, if it was a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<[u64; 2]>,
    /// Its commitment.
    pub commitment: B256,
    /// Who added it.
    pub author: Address,
    /// Its section.
    pub section: SectionId,
    /// When it was added, Unix seconds.
    pub added_at: u64,
    /// Whether it was retracted or superseded since.
    pub state: &'static str,
    /// The author's words.
    pub title: String,
    /// The author's words.
    pub media_type: String,
    /// The author's words.
    pub content_time: Option<String>,
    /// The author's words.
    pub note: String,
}

impl Outcome for Fetched {
    fn text(&self) -> String {
        let part = match self.range {
            Some([first, last]) => format!("bytes {first}-{last} of record"),
            None => "record".into(),
        };
        format!(
            "{part} {} verified and written to `{}`: {}, \"{}\", {}, by {} on {}\n",
            self.id,
            shown(&self.output.display().to_string()),
            size(self.length),
            shown(&self.title),
            shown(&self.media_type),
            self.author,
            time::human(self.added_at)
        )
    }
}

/// Fetches a record to a file, or to stdout.
///
/// # Errors
/// The client's for records that are missing, damaged, forged or locked; [`Error::Output`];
/// [`Error::BinaryToTerminal`].
pub async fn run(context: &Context, args: GetArgs) -> Result<Option<Report>, Error> {
    let output = args.output.clone().filter(|path| path != Path::new("-"));
    let existing = if args.force {
        Existing::Replace
    } else {
        Existing::Keep
    };
    match &output {
        // Tried before anything is fetched; the file made here is dropped at once.
        Some(path) => drop(stage(path, existing)?),
        None if context.settings.json => return Err(Error::JsonAndRecord),
        None => {}
    }
    let chosen = context.port(args.port.port.as_deref()).await?;
    let info = chosen.port.claimed_info().await?;
    // An unknown record is told before a password is asked for.
    chosen.port.record(args.id).await?;
    let reader = Reader::open(context, &chosen, &info).await?;
    let keyring = keyring(context, &chosen.port, reader.account, &reader.keys).await?;
    let bar = Bar::bytes(&context.terminal, None);
    let stores = Stores::open_watched(context, bar.watcher())?;
    let to = (output, existing);
    let fetched = deliver(context, &chosen.port, &keyring, (&stores, bar), &args, to).await;
    stores.report(context);
    let Some(Delivered {
        record,
        output,
        length,
        range,
    }) = fetched?
    else {
        return Ok(None);
    };
    let (entry, metadata) = (record.entry, record.metadata());
    Ok(Some(Report::of(&Fetched {
        id: entry.id,
        port: chosen.port.address(),
        output,
        length,
        range,
        commitment: entry.commitment,
        author: entry.author,
        section: entry.section,
        added_at: entry.added_at.0,
        state: entry.state.as_str(),
        title: metadata.title.clone(),
        media_type: metadata.media_type.clone(),
        content_time: metadata.content_time.clone(),
        note: metadata.note.clone(),
    })))
}

/// A record, or a part of it, in a file.
struct Delivered {
    record: Arc<OpenedRecord>,
    output: PathBuf,
    length: u64,
    range: Option<[u64; 2]>,
}

/// Fetches, verifies and writes; nothing is left to tell if it went to stdout.
async fn deliver(
    context: &Context,
    port: &Port,
    keyring: &Keyring,
    (stores, bar): (&Stores, Bar),
    args: &GetArgs,
    (output, existing): (Option<PathBuf>, Existing),
) -> Result<Option<Delivered>, Error> {
    let entry = port.record(args.id).await?;
    let store = stores.of(port, entry.author);
    let record = Arc::new(fetch(port, args.id, keyring, &store).await?);
    bar.total(record.body_len());
    if entry.state.as_str() != "current" {
        context.warn(
            "record.not_current",
            format!("record `{}` is {}", entry.id, entry.state),
        );
    }
    let chosen = match args.range {
        Some(wanted) => Some(range::Part::of(&record, wanted)?),
        None => None,
    };
    let Some(output) = output else {
        match chosen {
            Some(chosen) => range::to_stdout(record, chosen).await?,
            None => to_stdout(record, bar).await?,
        }
        return Ok(None);
    };
    let length = match &chosen {
        Some(chosen) => range::to_file(&record, chosen, &output, existing).await?,
        None => to_file(&record, &output, existing, &bar).await?,
    };
    Ok(Some(Delivered {
        record,
        output,
        length,
        range: chosen.map(|chosen| chosen.inclusive()),
    }))
}

pub(super) fn stage(path: &Path, existing: Existing) -> Result<tempfile::NamedTempFile, Error> {
    if path.is_dir() {
        let source = io::ErrorKind::IsADirectory.into();
        return Err(Error::Output(files::FileError::io("write", path)(source)));
    }
    files::stage(path, existing).map_err(Error::Output)
}

/// Decrypts beside the destination and renames at the end.
pub(super) async fn to_file(
    record: &Arc<OpenedRecord>,
    path: &Path,
    existing: Existing,
    bar: &Bar,
) -> Result<u64, Error> {
    let staged = stage(path, existing)?;
    // The name stays here: if this run is dropped the file goes, whatever the other thread is doing.
    let failed = |source| Error::Output(files::FileError::io("write", path)(source));
    let file = staged.reopen().map_err(failed)?;
    let record = Arc::clone(record);
    let guard = CancelGuard::default();
    let cancel = guard.token();
    let (watcher, anew) = (bar.watcher(), bar.anew());
    let length = blocking(move || {
        // Anew for every store: what one that failed gave is not part of the record.
        let output = || {
            (&file).rewind()?;
            file.set_len(0)?;
            anew();
            let file = watcher.watch(Stage::Decrypting, &file);
            Ok(io::BufWriter::with_capacity(1 << 16, cancel.writer(file)))
        };
        Ok(record.decrypt_anew(output)?)
    });
    let length = length.await.map_err(|error| write_error(error, failed))?;
    files::persist(staged, path, existing).map_err(Error::Output)?;
    Ok(length)
}

/// Verifies in a first pass, which keeps a copy of the ciphertext; releases from that copy in a second. The store
/// is asked once only: asked again it could serve something else.
async fn to_stdout(record: Arc<OpenedRecord>, bar: Bar) -> Result<(), Error> {
    let guard = CancelGuard::default();
    let cancel = guard.token();
    let (watcher, anew) = (bar.watcher(), bar.anew());
    blocking(move || {
        let mut spool = spool().map_err(spool_failed)?;
        let copy = || {
            (&spool).rewind()?;
            spool.set_len(0)?;
            anew();
            let spool = watcher.watch(Stage::Verifying, &spool);
            Ok(cancel.writer(io::BufWriter::with_capacity(1 << 16, spool)))
        };
        let length = record
            .verify_into(copy)
            .map_err(|error| write_error(error.into(), spool_failed))?;
        // Standard output may be the terminal that the bar is on.
        drop(bar);
        spool.rewind().map_err(spool_failed)?;
        let ciphertext = io::BufReader::with_capacity(1 << 16, spool);
        let stdout = io::stdout();
        if !stdout.is_terminal() {
            let mut output = io::BufWriter::with_capacity(1 << 16, cancel.writer(stdout));
            let released = record.decrypt_from(ciphertext, &mut output);
            let released = released.map_err(|error| write_error(error.into(), Error::Stdout));
            return match released.and_then(|_| output.flush().map_err(Error::Stdout)) {
                Err(Error::Stdout(source)) if source.kind() == io::ErrorKind::BrokenPipe => {
                    // A reader that left has seen enough.
                    Ok(())
                }
                other => other,
            };
        }
        if length > MAX_TERMINAL_BYTES {
            return Err(Error::BinaryToTerminal);
        }
        let mut bytes = Vec::new();
        record.decrypt_from(ciphertext, &mut bytes)?;
        let text = terminal_text(&bytes).ok_or(Error::BinaryToTerminal)?;
        stdout
            .lock()
            .write_all(text.as_bytes())
            .map_err(Error::Stdout)
    })
    .await
}

/// A file of the owner's alone that has no name, or loses it at once, so that it ends with the process.
fn spool() -> io::Result<File> {
    tempfile::tempfile()
}

fn spool_failed(source: io::Error) -> Error {
    let directory = tempfile::env::temp_dir();
    Error::Output(files::FileError::io(
        "write a temporary file in",
        &directory,
    )(source))
}

/// A failure to write the payload belongs to where it was written, not to the record.
pub(super) fn write_error(error: Error, owner: impl FnOnce(io::Error) -> Error) -> Error {
    use patientport_client::Error as Client;
    use patientport_core::record::RecordError;
    match error {
        Error::Client(Client::Record {
            source: RecordError::Write(source),
            ..
        }) => owner(source),
        other => other,
    }
}

/// A record as a terminal may show it: text, with everything that could deceive escaped.
fn terminal_text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    if text.contains('\0') {
        return None;
    }
    let text = text.replace("\r\n", "\n").replace('\t', "    ");
    let mut text = harmless(&text);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_shown_text_only_and_escaped() {
        assert_eq!(terminal_text(b"a\tb\r\nc").as_deref(), Some("a    b\nc\n"));
        assert_eq!(
            terminal_text(b"\x1b]0;x\x07\n").as_deref(),
            Some("\\u{1b}]0;x\\u{7}\n")
        );
        assert_eq!(terminal_text(b"%PDF\xff"), None);
        assert_eq!(terminal_text(b"a\0b"), None);
    }
}
