//! The home: a private directory with keys and everything the terminal remembers.
//!
//! | path | holds |
//! |---|---|
//! | `config.json` | settings, see [`config`] |
//! | `wallets/NAME.json` | account keys, see [`wallets`] |
//! | `identities/NAME.json` | identity seeds, see [`identities`] |
//! | `ports.json` | names of ports, see [`ports`] |
//! | `derived.json` | numbers of keys and accounts handed out, see [`derived`] |
//! | `pins.json` | keys seen first, see [`pins`] |
//! | `deployments/CHAIN_ID.json`, `.begun` | registry and code of a chain, see [`deployments`] |
//! | `cache/CHAIN_ID/PORT/` | histories as far as they were read, see [`histories`] |
//! | `looked/CHAIN_ID-PORT.json` | records found to be sealed to the patient, see [`looked`] |
//! | `mentions/…` | ports whose events name an account, see [`mentions`] |
//! | `filed/CHAIN_ID-PORT.jsonl` | what batches have added, see [`filed`] |
//! | `pending/COMMITMENT.json` | records encrypted but not yet on chain, see [`pending`] |
//! | `templates/NAME.json` | words for requests and denials, see [`templates`] |
//! | `erasing/COMMITMENT.json` | records being erased, see [`transfers`] |
//! | `outgoing/`, `uploads/`, `incoming/` | ciphertext on its way to and from stores, see [`transfers`] |
//! | `store/` | the default record store |
//!
//! Directories are 0700, files 0600; every write is atomic, and read-change-write holds a lock.

pub mod config;
pub mod deployments;
pub mod derived;
pub mod filed;
pub mod files;
pub mod histories;
pub mod identities;
pub mod looked;
pub mod mentions;
pub mod pending;
pub mod pins;
pub mod ports;
mod shelf;
pub mod templates;
pub mod transfers;
pub mod wallets;

use std::path::{Path, PathBuf};

use thiserror::Error;

pub use files::FileError;
pub use patientport_core::keystore::{self, KeystoreError, Password};

/// The most bytes any of the home's JSON files may hold.
pub(crate) const MAX_JSON_BYTES: u64 = 16 * 1024 * 1024;

/// What can go wrong in the home.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HomeError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A wallet or identity of that name is not there.
    #[error("there is no {what} `{name}` in `{}`", directory.display())]
    Unknown {
        /// `wallet` or `identity`.
        what: &'static str,
        /// Its name.
        name: String,
        /// Where it was looked for.
        directory: PathBuf,
    },
    /// No wallet or identity at all.
    #[error("there is no {what} in `{}`", directory.display())]
    Empty {
        /// `wallet` or `identity`.
        what: &'static str,
        /// Where it was looked for.
        directory: PathBuf,
    },
    /// The name is taken.
    #[error("the {what} `{name}` exists already")]
    Taken {
        /// `wallet`, `identity` or `port`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The name could not be a file's.
    #[error(
        "`{0}` is no name: use 1 to 64 letters, digits, `.`, `-` and `_`, beginning with a letter or digit"
    )]
    InvalidName(String),
    /// A keystore does not open.
    #[error("{what} `{name}` cannot be opened")]
    Keystore {
        /// `wallet` or `identity`.
        what: &'static str,
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: KeystoreError,
    },
    /// The bytes inside are no key.
    #[error("the secret in {what} `{name}` is not a valid key")]
    InvalidSecret {
        /// `wallet` or `identity`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// No such port name.
    #[error("this home knows no port `{0}`")]
    UnknownPort(String),
    /// No port at all.
    #[error("no port was named and this home knows none on chain `{0}`")]
    NoPort(u64),
    /// More than one port to choose from.
    #[error("no port was named and this home knows {count} on chain `{chain_id}`")]
    AmbiguousPort {
        /// How many.
        count: usize,
        /// On which chain.
        chain_id: u64,
    },
    /// A remembered key has changed.
    #[error(
        "the key of `{account}` on chain `{chain_id}` is now `{found}`, not `{pinned}` as first seen"
    )]
    KeyChanged {
        /// Whose key.
        account: String,
        /// On which chain.
        chain_id: u64,
        /// Fingerprint remembered.
        pinned: String,
        /// Fingerprint met now.
        found: String,
    },
    /// A settings file says what is no setting.
    #[error("`{name}` in `{}` is no setting: {}", path.display(), match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known are {known}"),
    })]
    UnknownSetting {
        /// The file.
        path: PathBuf,
        /// The member, safe to show.
        name: String,
        /// What was probably meant.
        meant: Option<&'static str>,
        /// What it could be.
        known: String,
    },
    /// No such template.
    #[error("this home has no template `{0}`")]
    UnknownTemplate(String),
    /// Nothing to resume.
    #[error("no record with commitment `{0}` waits to be sent")]
    UnknownPending(String),
}

/// A home directory. Nothing is created before it is needed.
#[derive(Clone, Debug)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// The home at `root`, which need not exist.
    pub const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Its directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where records go by default.
    pub fn default_store(&self) -> PathBuf {
        self.root.join("store")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

/// Checks a name that becomes a file's, so that it cannot leave its directory or hide.
///
/// # Errors
/// [`HomeError::InvalidName`].
pub fn check_name(name: &str) -> Result<(), HomeError> {
    let valid = (1..=64).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || ".-_".contains(character));
    if valid {
        Ok(())
    } else {
        Err(HomeError::InvalidName(name.to_owned()))
    }
}

/// Names of the `.json` files in a directory, sorted; none if there is no such directory.
pub(crate) fn names_in(directory: &Path) -> Result<Vec<String>, FileError> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FileError::io("read", directory)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(FileError::io("read", directory))?;
        if let Some(name) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.strip_suffix(".json"))
            && check_name(name).is_ok()
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_directory() {
        for name in ["alice", "a", "Alice-2", "x.y_z", "0"] {
            assert!(check_name(name).is_ok(), "`{name}` was refused");
        }
        for name in [
            "", ".", "..", ".hidden", "a/b", "../a", "a b", "ä", "-x", "a\0b",
        ] {
            assert!(check_name(name).is_err(), "`{name}` was taken");
        }
        assert!(check_name(&"x".repeat(65)).is_err());
    }
}
