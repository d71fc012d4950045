//! A part of a record: only the bytes of the body that it needs are fetched.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use patientport_client::records::OpenedRecord;
use zeroize::Zeroizing;

use super::blocking;
use super::cancel::CancelGuard;
use super::get::stage;
use crate::args::values::ByteRange;
use crate::error::Error;
use crate::home::files::{self, Existing};

/// Bytes of the payload that are fetched at a time.
const STEP: u64 = 4 << 20;
/// The most that goes to standard output: it is kept in memory until all of it has verified.
const MAX_STDOUT_BYTES: u64 = 16 << 20;

/// A part that lies within a record's payload.
#[derive(Clone, Debug)]
pub(super) struct Part {
    first: u64,
    /// The byte after the last.
    end: u64,
}

impl Part {
    /// What of a wanted part a record has.
    ///
    /// # Errors
    /// [`Error::NoSuchRange`].
    pub(super) fn of(record: &OpenedRecord, wanted: ByteRange) -> Result<Self, Error> {
        let end = wanted.last.map_or(u64::MAX, |last| last + 1);
        let range = record.range(wanted.first..end);
        let range = range.ok_or_else(|| Error::NoSuchRange {
            id: record.entry.id,
            length: record.metadata().length,
        })?;
        let payload = range.payload();
        Ok(Self {
            first: payload.start,
            end: payload.end,
        })
    }

    /// First and last byte.
    pub(super) const fn inclusive(&self) -> [u64; 2] {
        [self.first, self.end - 1]
    }

    const fn length(&self) -> u64 {
        self.end - self.first
    }

    /// Fetches and opens the part, a step at a time, in order.
    fn each(
        &self,
        record: &OpenedRecord,
        mut take: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut at = self.first;
        while at < self.end {
            // Steps begin at multiples of their length, so that no chunk is fetched twice.
            let next = ((at / STEP + 1) * STEP).min(self.end);
            let range = record.range(at..next).ok_or_else(|| Error::NoSuchRange {
                id: record.entry.id,
                length: record.metadata().length,
            })?;
            take(&record.decrypt_range(&range)?)?;
            at = next;
        }
        Ok(())
    }
}

/// Writes a part beside its destination and renames it when all of it has verified.
pub(super) async fn to_file(
    record: &Arc<OpenedRecord>,
    part: &Part,
    path: &Path,
    existing: Existing,
) -> Result<u64, Error> {
    let staged = stage(path, existing)?;
    let destination = path.to_owned();
    let failed = move |source| Error::Output(files::FileError::io("write", &destination)(source));
    let file = staged.reopen().map_err(&failed)?;
    let (record, part) = (Arc::clone(record), part.clone());
    let length = part.length();
    let guard = CancelGuard::default();
    let cancel = guard.token();
    let written = blocking(move || {
        let mut output = io::BufWriter::with_capacity(1 << 16, cancel.writer(file));
        part.each(&record, |bytes| output.write_all(bytes).map_err(&failed))?;
        output.flush().map_err(&failed)
    });
    written.await?;
    files::persist(staged, path, existing).map_err(Error::Output)?;
    Ok(length)
}

/// Writes a part to standard output when all of it has verified.
pub(super) async fn to_stdout(record: Arc<OpenedRecord>, part: Part) -> Result<(), Error> {
    if io::stdout().is_terminal() {
        return Err(Error::BinaryToTerminal);
    }
    if part.length() > MAX_STDOUT_BYTES {
        return Err(Error::FlagNeeded {
            flag: "--output",
            reason: format!("a part of more than {MAX_STDOUT_BYTES} bytes goes to a file"),
        });
    }
    blocking(move || {
        let mut whole = Zeroizing::new(Vec::new());
        part.each(&record, |bytes| {
            whole.extend_from_slice(bytes);
            Ok(())
        })?;
        let mut stdout = io::stdout().lock();
        match stdout.write_all(&whole).and_then(|()| stdout.flush()) {
            // A reader that left has seen enough.
            Err(source) if source.kind() != io::ErrorKind::BrokenPipe => Err(Error::Stdout(source)),
            _ => Ok(()),
        }
    })
    .await
}
