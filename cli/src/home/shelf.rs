//! Keystores of one kind, a file each, by name: wallets and identities lie on a shelf of their own.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::files::{self, Existing};
use super::keystore::{Keystore, MAX_FILE_BYTES, Password};
use super::{Home, HomeError, check_name, names_in};

/// A directory of the home, and what its files are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shelf {
    /// One of them, as people call it.
    pub(super) what: &'static str,
    /// Below the home.
    pub(super) directory: &'static str,
    /// Type of the containers; `None` for accounts, which other programs read.
    pub(super) kind: Option<&'static str>,
}

impl Shelf {
    pub(super) fn directory(self, home: &Home) -> PathBuf {
        home.path(self.directory)
    }

    pub(super) fn path(self, home: &Home, name: &str) -> PathBuf {
        self.directory(home).join(format!("{name}.json"))
    }

    /// Names of what lies there.
    pub(super) fn names(self, home: &Home) -> Result<Vec<String>, HomeError> {
        Ok(names_in(&self.directory(home))?)
    }

    /// Refuses a name that is invalid or taken, before anything is asked of the user.
    pub(super) fn check_new(self, home: &Home, name: &str) -> Result<(), HomeError> {
        check_name(name)?;
        if self.path(home, name).symlink_metadata().is_ok() {
            return Err(self.taken(name));
        }
        Ok(())
    }

    /// Writes a container, never over another.
    pub(super) fn add(self, home: &Home, name: &str, keystore: &Keystore) -> Result<(), HomeError> {
        self.check_new(home, name)?;
        files::private_dir(home.root())?;
        match files::write_json(&self.path(home, name), keystore, Existing::Keep) {
            Err(files::FileError::Exists(_)) => Err(self.taken(name)),
            other => Ok(other?),
        }
    }

    /// Reads a container, which must be of the shelf's type.
    pub(super) fn get(self, home: &Home, name: &str) -> Result<Keystore, HomeError> {
        check_name(name)?;
        let bytes = match files::read_bounded(&self.path(home, name), MAX_FILE_BYTES) {
            Err(error) if error.is_not_found() => {
                return Err(HomeError::Unknown {
                    what: self.what,
                    name: name.to_owned(),
                    directory: self.directory(home),
                });
            }
            other => other?,
        };
        let keystore = Keystore::parse(&bytes).and_then(|keystore| {
            keystore.expect_kind(self.kind)?;
            Ok(keystore)
        });
        keystore.map_err(|source| HomeError::Keystore {
            what: self.what,
            name: name.to_owned(),
            source,
        })
    }

    /// Opens a container of the shelf's type, wherever it comes from.
    pub(super) fn open(
        self,
        name: &str,
        keystore: &Keystore,
        password: &Password,
    ) -> Result<Zeroizing<[u8; 32]>, HomeError> {
        keystore
            .expect_kind(self.kind)
            .and_then(|()| keystore.open(password))
            .map_err(|source| HomeError::Keystore {
                what: self.what,
                name: name.to_owned(),
                source,
            })
    }

    fn taken(self, name: &str) -> HomeError {
        HomeError::Taken {
            what: self.what,
            name: name.to_owned(),
        }
    }
}
