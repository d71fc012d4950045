//! `cache/CHAIN_ID/PORT/`: the histories of ports as far as they were read, in numbered files. They hold what the chain
//! shows to everybody and may be deleted at any time: what is missing is read again.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use patientport_client::history::{HistoryCache, Place, Unfit};

use super::Home;
use super::files::{self, Existing, FileError};
use crate::output::Warnings;
use crate::terminal::Terminal;

/// The most bytes that one file may hold: a file that is not full may take one more event, and no event is that long.
const MAX_PIECE_BYTES: u64 = 64 << 20;
/// The most files of one port.
const MAX_PIECES: usize = 100_000;

/// Histories in a home.
#[derive(Debug)]
pub struct HistoryFiles {
    home: Home,
    terminal: Terminal,
    warnings: Arc<Warnings>,
}

impl HistoryFiles {
    /// In `home`; what is of no use is told as a warning.
    pub const fn new(home: Home, terminal: Terminal, warnings: Arc<Warnings>) -> Self {
        Self {
            home,
            terminal,
            warnings,
        }
    }

    fn directory(&self, place: &Place) -> PathBuf {
        let Place { chain_id, port, .. } = place;
        self.home
            .path("cache")
            .join(chain_id.to_string())
            .join(port.to_string())
    }

    fn piece(&self, place: &Place, number: usize) -> PathBuf {
        self.directory(place).join(format!("{number:06}.events"))
    }

    fn write(&self, place: &Place, first: usize, pieces: &[&[u8]]) -> Result<(), FileError> {
        files::private_dir(&self.directory(place))?;
        for (number, bytes) in (first..).zip(pieces) {
            let path = self.piece(place, number);
            let mut staged = files::stage(&path, Existing::Replace)?;
            staged
                .write_all(bytes)
                .map_err(FileError::io("write", &path))?;
            // Whole or not there; what a power cut takes away is read again, so nothing waits for the disk.
            staged
                .persist(&path)
                .map_err(|error| FileError::io("write", &path)(error.error))?;
        }
        self.remove(place, first + pieces.len())
    }

    /// Removes the pieces from number `first` on.
    fn remove(&self, place: &Place, first: usize) -> Result<(), FileError> {
        for number in first..MAX_PIECES {
            let path = self.piece(place, number);
            match fs::remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(error) => return Err(FileError::io("remove", &path)(error)),
            }
        }
        Ok(())
    }

    fn warn(&self, code: &'static str, message: String) {
        self.warnings.add(&self.terminal, code, message);
    }
}

impl HistoryCache for HistoryFiles {
    fn load(&self, place: &Place) -> Vec<Vec<u8>> {
        let mut pieces = Vec::new();
        for number in 0..MAX_PIECES {
            let path = self.piece(place, number);
            match files::read_bounded(&path, MAX_PIECE_BYTES) {
                Ok(bytes) => pieces.push(bytes),
                Err(error) if error.is_not_found() => break,
                Err(error) => {
                    self.warn(
                        "history.cache_dropped",
                        format!("a kept history is read anew: {error}"),
                    );
                    break;
                }
            }
        }
        pieces
    }

    fn keep(&self, place: &Place, first: usize, pieces: &[&[u8]]) {
        // A full disk, or a home that cannot be written to, is no reason for a command to fail.
        if let Err(error) = self.write(place, first, pieces) {
            self.terminal
                .detail(&format!("the history of `{}` is not kept: {error}", place.port));
        }
    }

    fn unfit(&self, place: &Place, _first: usize, why: Unfit) {
        let message = format!("the kept history of `{}` is read anew: {why}", place.port);
        match why {
            Unfit::Damaged => self.warn("history.cache_dropped", message),
            // That is how chains are.
            _ => self.terminal.detail(&message),
        }
    }
}
