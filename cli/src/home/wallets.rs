//! Accounts: one keystore file each, readable by other programs.

use alloy::primitives::{Address, hex};
use alloy::signers::local::PrivateKeySigner;
use rand_core::OsRng;
use zeroize::Zeroizing;

use super::keystore::{Keystore, Password};
use super::shelf::Shelf;
use super::{Home, HomeError};
use crate::time::now_rfc3339_exact;

const SHELF: Shelf = Shelf {
    what: "wallet",
    directory: "wallets",
    kind: None,
};

/// What a wallet file shows without a password.
#[derive(Clone, Debug)]
pub struct WalletEntry {
    /// Its name.
    pub name: String,
    /// Its address, as the file states it; `None` where another program left it out.
    pub address: Option<Address>,
}

impl Home {
    /// The wallets, by name.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn wallets(&self) -> Result<Vec<WalletEntry>, HomeError> {
        SHELF
            .names(self)?
            .into_iter()
            .map(|name| {
                let address = self.wallet(&name)?.address;
                Ok(WalletEntry {
                    name,
                    address: address.and_then(|address| address.parse().ok()),
                })
            })
            .collect()
    }

    /// Refuses a name that is invalid or taken, before anything is asked of the user.
    ///
    /// # Errors
    /// [`HomeError::InvalidName`], [`HomeError::Taken`].
    pub fn check_new_wallet(&self, name: &str) -> Result<(), HomeError> {
        SHELF.check_new(self, name)
    }

    /// Writes a new wallet.
    ///
    /// # Errors
    /// [`HomeError::InvalidName`], [`HomeError::Taken`], [`HomeError::File`].
    pub fn add_wallet(
        &self,
        name: &str,
        signer: &PrivateKeySigner,
        password: &Password,
        log_n: u8,
    ) -> Result<(), HomeError> {
        self.check_new_wallet(name)?;
        SHELF.add(self, name, &seal(signer, password, log_n))
    }

    /// A wallet's container.
    ///
    /// # Errors
    /// [`HomeError::Unknown`], [`HomeError::Keystore`], [`HomeError::File`].
    pub fn wallet(&self, name: &str) -> Result<Keystore, HomeError> {
        SHELF.get(self, name)
    }

    /// Opens a wallet.
    ///
    /// # Errors
    /// As [`Self::wallet`], and [`HomeError::InvalidSecret`].
    pub fn unlock_wallet(
        &self,
        name: &str,
        password: &Password,
    ) -> Result<PrivateKeySigner, HomeError> {
        open_account(name, &self.wallet(name)?, password)
    }

    /// The wallet that signs where none is named: the one that was made first, so that another one does not take its
    /// place. Files without a time come last, times that are alike go by name.
    ///
    /// # Errors
    /// [`HomeError::File`] if the directory cannot be read.
    pub fn default_wallet(&self) -> Result<Option<String>, HomeError> {
        let mut names = SHELF.names(self)?;
        if names.len() > 1 {
            names.sort_by_cached_key(|name| {
                let created = self.wallet(name).ok().and_then(|it| it.created);
                // Seconds and their fractions are in order once nothing follows them.
                let created = created.map(|it| it.trim_end_matches('Z').to_owned());
                (created.is_none(), created)
            });
        }
        Ok(names.into_iter().next())
    }

    /// Which wallet is meant: the one named, else the one that was made first.
    ///
    /// # Errors
    /// [`HomeError::Empty`]; [`HomeError::Unknown`] for a name that is not there.
    pub fn choose_wallet(&self, name: Option<&str>) -> Result<String, HomeError> {
        if let Some(name) = name {
            self.wallet(name)?;
            return Ok(name.to_owned());
        }
        self.default_wallet()?.ok_or_else(|| HomeError::Empty {
            what: SHELF.what,
            directory: SHELF.directory(self),
        })
    }
}

/// An account in a keystore of its own.
pub fn seal(signer: &PrivateKeySigner, password: &Password, log_n: u8) -> Keystore {
    let secret = Zeroizing::new(signer.to_bytes().0);
    let mut keystore = Keystore::seal(&secret, password, log_n, None, &mut OsRng);
    keystore.address = Some(hex::encode(signer.address()));
    keystore.created = Some(now_rfc3339_exact());
    keystore
}

/// Opens an account's container, of this home or of another program.
///
/// # Errors
/// [`HomeError::Keystore`], [`HomeError::InvalidSecret`].
pub fn open_account(
    name: &str,
    keystore: &Keystore,
    password: &Password,
) -> Result<PrivateKeySigner, HomeError> {
    let secret = SHELF.open(name, keystore, password)?;
    let invalid = || HomeError::InvalidSecret {
        what: SHELF.what,
        name: name.to_owned(),
    };
    let signer = PrivateKeySigner::from_slice(secret.as_slice()).map_err(|_| invalid())?;
    // The address stands outside the MAC; a file that lies about it would have people fund a stranger.
    let stated = keystore
        .address
        .as_deref()
        .and_then(|text| text.parse::<Address>().ok());
    if stated.is_some_and(|stated| stated != signer.address()) {
        return Err(invalid());
    }
    Ok(signer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::home::KeystoreError;
    use crate::home::files::{self, Existing};

    fn home() -> (tempfile::TempDir, Home) {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().join("home"));
        (root, home)
    }

    fn password(text: &str) -> Password {
        Zeroizing::new(text.to_owned())
    }

    #[test]
    fn a_wallet_round_trips_and_only_its_owner_reads_it() {
        let (_root, home) = home();
        let signer = PrivateKeySigner::random();
        home.add_wallet("alice", &signer, &password("pw"), 13)
            .unwrap();
        assert_eq!(
            home.unlock_wallet("alice", &password("pw"))
                .unwrap()
                .address(),
            signer.address()
        );
        let mode = std::fs::metadata(SHELF.path(&home, "alice"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let mode = std::fs::metadata(home.root()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let [entry] = <[WalletEntry; 1]>::try_from(home.wallets().unwrap()).unwrap();
        assert_eq!(
            (entry.name.as_str(), entry.address),
            ("alice", Some(signer.address()))
        );
    }

    #[test]
    fn a_wrong_password_is_told_from_a_missing_wallet() {
        let (_root, home) = home();
        home.add_wallet("alice", &PrivateKeySigner::random(), &password("pw"), 13)
            .unwrap();
        assert!(matches!(
            home.unlock_wallet("alice", &password("pW")),
            Err(HomeError::Keystore {
                source: KeystoreError::WrongPassword,
                ..
            })
        ));
        assert!(matches!(
            home.unlock_wallet("bob", &password("pw")),
            Err(HomeError::Unknown { what: "wallet", .. })
        ));
    }

    #[test]
    fn a_taken_name_is_never_overwritten() {
        let (_root, home) = home();
        let signer = PrivateKeySigner::random();
        home.add_wallet("alice", &signer, &password("pw"), 13)
            .unwrap();
        let again = home.add_wallet("alice", &PrivateKeySigner::random(), &password("pw"), 13);
        assert!(matches!(again, Err(HomeError::Taken { .. })));
        assert_eq!(
            home.unlock_wallet("alice", &password("pw"))
                .unwrap()
                .address(),
            signer.address()
        );
    }

    #[test]
    fn a_file_that_lies_about_its_address_is_refused() {
        let (_root, home) = home();
        home.add_wallet("alice", &PrivateKeySigner::random(), &password("pw"), 13)
            .unwrap();
        let mut keystore = home.wallet("alice").unwrap();
        keystore.address = Some(hex::encode(Address::repeat_byte(1)));
        let opened = open_account("alice", &keystore, &password("pw"));
        assert!(matches!(opened, Err(HomeError::InvalidSecret { .. })));
    }

    #[test]
    fn the_wallet_that_was_made_first_stays_the_default() {
        let (_root, home) = home();
        assert!(matches!(
            home.choose_wallet(None),
            Err(HomeError::Empty { .. })
        ));
        for name in ["bob", "alice"] {
            home.add_wallet(name, &PrivateKeySigner::random(), &password(""), 13)
                .unwrap();
        }
        assert_eq!(home.choose_wallet(None).unwrap(), "bob");
        // A file of another program says nothing of its age, one of an earlier version full seconds.
        let place = |name: &str, created: Option<&str>| {
            let mut keystore = home.wallet("alice").unwrap();
            keystore.created = created.map(Into::into);
            files::write_json(&SHELF.path(&home, name), &keystore, Existing::Keep).unwrap();
        };
        place("aaa", None);
        assert_eq!(home.choose_wallet(None).unwrap(), "bob");
        place("zoe", Some("2026-01-01T00:00:00Z"));
        place("ann", Some("2026-01-01T00:00:00.000001Z"));
        assert_eq!(home.choose_wallet(None).unwrap(), "zoe");
        assert_eq!(home.choose_wallet(Some("bob")).unwrap(), "bob");
        assert!(matches!(
            home.choose_wallet(Some("eve")),
            Err(HomeError::Unknown { .. })
        ));
        assert!(matches!(
            home.choose_wallet(Some("../bob")),
            Err(HomeError::InvalidName(_))
        ));
    }
}
