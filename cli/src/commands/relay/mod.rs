//! `patientport relay …`: calls that a patient signed and anybody sends.

pub mod show;
pub mod submit;

use std::path::Path;

use patientport_client::signed::{MAX_FILE_BYTES, SignedCall};

use crate::error::Error;
use crate::home::files::FileError;

/// Reads the file of a signed call, or standard input for `-`.
///
/// # Errors
/// [`Error::Input`]; `signed.invalid_file`.
pub fn read(path: &Path) -> Result<SignedCall, Error> {
    let bytes = read_bytes(path, MAX_FILE_BYTES)?;
    Ok(SignedCall::parse(&bytes).map_err(patientport_client::Error::from)?)
}

/// Reads a file, or standard input for `-`, up to one byte beyond `limit`: who parses it says what is too long.
///
/// # Errors
/// [`Error::Input`].
pub fn read_bytes(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    use std::io::Read as _;
    let input = |source| Error::Input {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        let stdin = std::io::stdin().lock();
        stdin
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(input)?;
        return Ok(bytes);
    }
    match crate::home::files::read_bounded(path, limit) {
        // One byte too many is as good as all of them.
        Err(FileError::TooLong { .. }) => {
            let length = usize::try_from(limit).unwrap_or(usize::MAX);
            Ok(vec![b' '; length.saturating_add(1)])
        }
        Err(FileError::Io { source, .. }) => Err(input(source)),
        Err(other) => Err(Error::Home(other.into())),
        Ok(bytes) => Ok(bytes),
    }
}
