//! Encryption identities: one 32-byte seed each, in the same container as account keys with a type of
//! its own. A provider has one key; a patient has one per port, by index (docs/record-format.md §7).

use rand_core::OsRng;

use patientport_core::keys::IdentitySeed;
use zeroize::Zeroizing;

use super::keystore::{Keystore, Password};
use super::shelf::Shelf;
use super::{Home, HomeError};
use crate::time::now_rfc3339;

/// The container's type.
pub const KIND: &str = "patientport-identity";
const SHELF: Shelf = Shelf {
    what: "identity",
    directory: "identities",
    kind: Some(KIND),
};

impl Home {
    /// Names of the identities.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn identities(&self) -> Result<Vec<String>, HomeError> {
        SHELF.names(self)
    }

    /// Refuses a name that is invalid or taken, before anything is asked of the user.
    ///
    /// # Errors
    /// [`HomeError::InvalidName`], [`HomeError::Taken`].
    pub fn check_new_identity(&self, name: &str) -> Result<(), HomeError> {
        SHELF.check_new(self, name)
    }

    /// Writes a new identity.
    ///
    /// # Errors
    /// [`HomeError::InvalidName`], [`HomeError::Taken`], [`HomeError::File`].
    pub fn add_identity(
        &self,
        name: &str,
        seed: &IdentitySeed,
        password: &Password,
        log_n: u8,
    ) -> Result<(), HomeError> {
        self.check_new_identity(name)?;
        self.import_identity(name, &seal(seed, password, log_n))
    }

    /// Writes an identity's container as it is.
    ///
    /// # Errors
    /// [`HomeError::InvalidName`], [`HomeError::Taken`], [`HomeError::File`].
    pub fn import_identity(&self, name: &str, keystore: &Keystore) -> Result<(), HomeError> {
        SHELF.add(self, name, keystore)
    }

    /// An identity's container.
    ///
    /// # Errors
    /// [`HomeError::Unknown`], [`HomeError::Keystore`], [`HomeError::File`].
    pub fn identity(&self, name: &str) -> Result<Keystore, HomeError> {
        SHELF.get(self, name)
    }

    /// Opens an identity.
    ///
    /// # Errors
    /// As [`Self::identity`].
    pub fn unlock_identity(
        &self,
        name: &str,
        password: &Password,
    ) -> Result<IdentitySeed, HomeError> {
        open(name, &self.identity(name)?, password)
    }
}

/// An identity in a container of its own.
pub fn seal(seed: &IdentitySeed, password: &Password, log_n: u8) -> Keystore {
    let secret = Zeroizing::new(*seed.as_bytes());
    let mut keystore = Keystore::seal(&secret, password, log_n, Some(KIND), &mut OsRng);
    keystore.created = Some(now_rfc3339());
    keystore
}

/// Opens an identity's container, of this home or from elsewhere.
///
/// # Errors
/// [`HomeError::Keystore`].
pub fn open(
    name: &str,
    keystore: &Keystore,
    password: &Password,
) -> Result<IdentitySeed, HomeError> {
    let secret = SHELF.open(name, keystore, password)?;
    Ok(IdentitySeed::from_bytes(*secret))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;
    use crate::home::KeystoreError;

    fn password(text: &str) -> Password {
        Zeroizing::new(text.to_owned())
    }

    #[test]
    fn an_identity_round_trips_and_is_no_wallet() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().join("home"));
        let seed = IdentitySeed::random(&mut OsRng);
        home.add_identity("alice", &seed, &password("pw"), 13)
            .unwrap();
        assert_eq!(home.identities().unwrap(), ["alice"]);
        let again = home.unlock_identity("alice", &password("pw")).unwrap();
        assert_eq!(again.as_bytes(), seed.as_bytes());
        assert!(matches!(
            home.unlock_identity("alice", &password("")),
            Err(HomeError::Keystore {
                source: KeystoreError::WrongPassword,
                ..
            })
        ));
        // The same file under wallets/ is refused by its type.
        std::fs::create_dir(home.path("wallets")).unwrap();
        std::fs::copy(SHELF.path(&home, "alice"), home.path("wallets/alice.json")).unwrap();
        assert!(matches!(
            home.unlock_wallet("alice", &password("pw")),
            Err(HomeError::Keystore {
                source: KeystoreError::Type { .. },
                ..
            })
        ));
    }
}
