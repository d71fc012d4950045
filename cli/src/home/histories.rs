//! `cache/CHAIN_ID/PORT/`: the histories of ports as far as they were read, in numbered files. They hold what the chain
//! shows to everybody and may be deleted at any time: what is missing is read again.
//!
//! A file is a piece and its tag: BLAKE3 of the file's number and the piece, keyed with the random 32 bytes in
//! `cache/key`. It says that the piece is what this home held against the port's head when it was read, and so spares the
//! folding of a long history at every run; the head that the last piece ends with is held against the port's again.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use patientport_client::history::{HistoryCache, Place, Unfit};
use rand_core::{OsRng, RngCore as _};

use super::Home;
use super::files::{self, Existing, FileError};
use crate::output::Warnings;
use crate::terminal::Terminal;

/// The most bytes that one file may hold: a file that is not full may take one more event, and no event is that long.
const MAX_PIECE_BYTES: u64 = 64 << 20;
/// Length of the key of the tags.
const KEY_BYTES: usize = blake3::KEY_LEN;
/// Length of a tag.
const TAG_BYTES: usize = blake3::OUT_LEN;
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

    /// The key of the tags; `None` if there is none yet.
    fn key(&self) -> Option<[u8; KEY_BYTES]> {
        let bytes = files::read_bounded(&self.home.path("cache").join("key"), KEY_BYTES as u64);
        bytes.ok()?.try_into().ok()
    }

    /// The key of the tags, made at first use, or anew where it is damaged.
    fn key_or_new(&self) -> Result<[u8; KEY_BYTES], FileError> {
        if let Some(key) = self.key() {
            return Ok(key);
        }
        let mut key = [0; KEY_BYTES];
        OsRng.fill_bytes(&mut key);
        files::write_private(
            &self.home.path("cache").join("key"),
            &key,
            Existing::Replace,
        )?;
        // Whoever wrote last has written the key.
        Ok(self.key().unwrap_or(key))
    }

    fn write(&self, place: &Place, first: usize, pieces: &[&[u8]]) -> Result<(), FileError> {
        let key = self.key_or_new()?;
        files::private_dir(&self.directory(place))?;
        for (number, bytes) in (first..).zip(pieces) {
            let path = self.piece(place, number);
            let mut staged = files::stage(&path, Existing::Replace)?;
            staged
                .write_all(bytes)
                .and_then(|()| staged.write_all(&tag(&key, number, bytes)))
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

fn tag(key: &[u8; KEY_BYTES], number: usize, piece: &[u8]) -> [u8; TAG_BYTES] {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(&(number as u64).to_be_bytes());
    hasher.update(piece);
    *hasher.finalize().as_bytes()
}

/// The piece of a file; `None` if the tag is not its.
fn untagged(key: &[u8; KEY_BYTES], number: usize, mut file: Vec<u8>) -> Option<Vec<u8>> {
    let length = file.len().checked_sub(TAG_BYTES)?;
    let expected = blake3::Hash::from_bytes(tag(key, number, &file[..length]));
    // Compared in constant time.
    let is_its = expected == blake3::Hash::from_bytes(file[length..].try_into().ok()?);
    file.truncate(length);
    is_its.then_some(file)
}

impl HistoryCache for HistoryFiles {
    fn load(&self, place: &Place) -> Vec<Vec<u8>> {
        let mut pieces = Vec::new();
        let key = self.key();
        for number in 0..MAX_PIECES {
            let path = self.piece(place, number);
            let why = match files::read_bounded(&path, MAX_PIECE_BYTES) {
                Ok(bytes) => match key.and_then(|key| untagged(&key, number, bytes)) {
                    Some(piece) => {
                        pieces.push(piece);
                        continue;
                    }
                    None => format!("`{}` is not as this home wrote it", path.display()),
                },
                Err(error) if error.is_not_found() => break,
                Err(error) => error.to_string(),
            };
            let message = format!("the kept history of `{}` is read anew: {why}", place.port);
            self.warn("history.cache_dropped", message);
            break;
        }
        pieces
    }

    fn vouches(&self) -> bool {
        true
    }

    fn keep(&self, place: &Place, first: usize, pieces: &[&[u8]]) {
        // A full disk, or a home that cannot be written to, is no reason for a command to fail.
        if let Err(error) = self.write(place, first, pieces) {
            self.terminal.detail(&format!(
                "the history of `{}` is not kept: {error}",
                place.port
            ));
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
