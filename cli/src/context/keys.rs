//! Wallets and identities of a run: which are meant, and opening them.

use alloy::primitives::Address;
use alloy::signers::local::PrivateKeySigner;
use patientport_client::chain::Signer;
use patientport_core::keys::IdentitySeed;
use stylus_devnode::DevAccount;
use stylus_devnode::evm::DEV_CHAIN_ID;
use zeroize::Zeroizing;

use super::{Context, Wallet};
use crate::delivery::Delivery;
use crate::error::Error;
use crate::home::{HomeError, KeystoreError, Password, files, wallets};
use crate::passwords;

/// How often a typed password may be wrong.
const PASSWORD_TRIES: usize = 3;

impl Context {
    /// Name of the wallet that is meant.
    ///
    /// # Errors
    /// As `Home::choose_wallet`.
    pub fn wallet_name(&self, preferred: Option<&str>) -> Result<String, Error> {
        // What a port remembers is only a default: a flag or a setting wins.
        match self.settings.account.as_deref().or(preferred) {
            Some(name) => {
                self.wallet_file(name)?;
                Ok(name.to_owned())
            }
            None => Ok(self.home().choose_wallet(None)?),
        }
    }

    /// The wallet of this home that has an account, as far as the files say.
    ///
    /// # Errors
    /// The home's.
    pub fn wallet_of(&self, account: Address) -> Result<Option<String>, Error> {
        let wallets = self.home().wallets()?;
        Ok(wallets
            .into_iter()
            .find(|entry| entry.address == Some(account))
            .map(|entry| entry.name))
    }

    /// The account that a wallet's file states.
    pub(crate) fn stated(&self, name: &str) -> Result<Option<Address>, Error> {
        let stated = self.wallet_file(name)?.address;
        Ok(stated.and_then(|text| text.parse().ok()))
    }

    /// Opens a wallet by name; where its key is not needed and its file states the account, that is enough.
    ///
    /// # Errors
    /// As [`Self::wallet`].
    ///
    /// # Panics
    /// Never, as [`Self::wallet`].
    pub fn wallet_named(&self, name: &str) -> Result<Wallet, Error> {
        if self.settings.delivery.needs_no_key()
            && let Some(address) = self.stated(name)?
        {
            return Ok(Wallet {
                name: name.to_owned(),
                signer: Signer::watching(address),
            });
        }
        let secret = Zeroizing::new(self.unlock_account(name)?.to_bytes().0);
        Ok(Wallet {
            name: name.to_owned(),
            signer: Signer::from_bytes(&secret)?,
        })
    }

    /// Opens a wallet's key itself, to be written anew.
    ///
    /// # Errors
    /// As [`Self::wallet`].
    ///
    /// # Panics
    /// Never, as [`Self::wallet`].
    pub fn unlock_account(&self, name: &str) -> Result<PrivateKeySigner, Error> {
        let keystore = self.wallet_file(name)?;
        self.unlock_with_password(name, |password| {
            wallets::open_account(name, &keystore, password)
        })
    }

    /// Opens an account with the wallet's password, which is tried on the identity, too.
    pub(crate) fn unlock_with_password(
        &self,
        name: &str,
        open: impl Fn(&Password) -> Result<PrivateKeySigner, HomeError>,
    ) -> Result<PrivateKeySigner, Error> {
        let file = self.settings.password_file.as_ref();
        // Its address may have been asked for before, where its file does not state it.
        let same = self
            .wallet_password
            .lock()
            .expect("nothing panics under this lock")
            .clone();
        let (signer, password) = self.unlock("wallet", name, file, same, open)?;
        *self
            .wallet_password
            .lock()
            .expect("nothing panics under this lock") = Some(password);
        Ok(signer)
    }

    /// Name of the identity that is meant: the one named, or the port's, or the wallet's namesake.
    ///
    /// # Errors
    /// As [`Self::wallet_name`].
    pub fn identity_name(&self, preferred: Option<&str>) -> Result<String, Error> {
        match self.settings.identity.as_deref().or(preferred) {
            Some(name) => Ok(name.to_owned()),
            None => self.namesake(),
        }
    }

    /// Opens the identity that is meant.
    ///
    /// # Errors
    /// As [`Self::wallet`].
    ///
    /// # Panics
    /// Never: nothing panics while the password is locked.
    pub fn identity(&self, preferred: Option<&str>) -> Result<(String, IdentitySeed), Error> {
        self.identity_named(&self.identity_name(preferred)?)
    }

    /// Opens an identity by name.
    ///
    /// # Errors
    /// As [`Self::wallet`].
    ///
    /// # Panics
    /// Never, as [`Self::wallet`].
    pub fn identity_named(&self, name: &str) -> Result<(String, IdentitySeed), Error> {
        let settings = &self.settings;
        let file = settings
            .identity_password_file
            .as_ref()
            .or(settings.password_file.as_ref());
        let same = match settings.identity_password_file {
            Some(_) => None,
            None => self
                .wallet_password
                .lock()
                .expect("nothing panics under this lock")
                .clone(),
        };
        if let Some(seed) = self.opened_ahead(name) {
            return Ok((name.to_owned(), seed));
        }
        // A missing identity must be told before a password is asked for.
        self.home().identity(name)?;
        let unlock = |password: &Password| self.home().unlock_identity(name, password);
        let (seed, _) = self.unlock("identity", name, file, same, unlock)?;
        Ok((name.to_owned(), seed))
    }

    /// Begins to open the identity that is meant on another thread, where its password stands in a file: opening a
    /// keystore takes long on purpose, and a wallet is to be opened, too. What fails here fails again, and is told, when
    /// the identity is asked for.
    ///
    /// # Panics
    /// Never, as [`Self::identity`].
    pub fn open_identity_ahead(&self, preferred: Option<&str>) {
        let settings = &self.settings;
        let file = settings
            .identity_password_file
            .as_ref()
            .or(settings.password_file.as_ref());
        // A pipe can be read once; of a file that others read there is something to say first.
        let Some(file) = file.filter(|it| it.path.is_file() && !files::is_exposed(&it.path)) else {
            return;
        };
        let (Ok(name), Ok(password)) = (
            self.identity_name(preferred),
            passwords::read(&file.path, file.flag),
        ) else {
            return;
        };
        let (home, of) = (self.home().clone(), name.clone());
        let opening = std::thread::spawn(move || home.unlock_identity(&of, &password));
        *self.ahead.lock().expect("nothing panics under this lock") = Some((name, opening));
    }

    fn opened_ahead(&self, name: &str) -> Option<IdentitySeed> {
        let mut ahead = self.ahead.lock().expect("nothing panics under this lock");
        let (_, opening) = ahead.take_if(|(of, _)| of == name)?;
        opening.join().ok()?.ok()
    }

    /// Whether keys can be opened without failing for want of a password.
    pub const fn can_unlock(&self) -> bool {
        self.terminal.interactive
            || self.settings.password_file.is_some()
            || self.settings.identity_password_file.is_some()
    }

    fn unlock<T>(
        &self,
        what: &'static str,
        name: &str,
        file: Option<&crate::settings::PasswordFile>,
        same: Option<Password>,
        open: impl Fn(&Password) -> Result<T, HomeError>,
    ) -> Result<(T, Password), Error> {
        let is_wrong = |error: &HomeError| {
            matches!(
                error,
                HomeError::Keystore {
                    source: KeystoreError::WrongPassword,
                    ..
                }
            )
        };
        if let Some(password) = same {
            match open(&password) {
                Err(error) if is_wrong(&error) => {}
                other => return Ok((other?, password)),
            }
        }
        if let Some(file) = file {
            let password = passwords::from_file(self, file)?;
            return Ok((open(&password)?, password));
        }
        if !self.terminal.interactive {
            return Err(Error::PasswordRequired {
                what,
                name: name.to_owned(),
            });
        }
        let mut tries = PASSWORD_TRIES;
        loop {
            let password = self
                .terminal
                .ask_hidden(&format!("password of {what} `{name}`"))?;
            tries -= 1;
            match open(&password) {
                Err(error) if is_wrong(&error) && tries > 0 => {
                    self.terminal.warn("the password is wrong, try again");
                }
                other => return Ok((other?, password)),
            }
        }
    }

    /// Refuses early what would have to ask at the end: nothing is stored for a transaction that cannot be
    /// confirmed.
    ///
    /// # Errors
    /// [`Error::ConfirmationRequired`].
    pub const fn require_consent(&self) -> Result<(), Error> {
        let asks = matches!(
            self.settings.delivery,
            Delivery::Send | Delivery::Sign { .. }
        );
        if !asks || self.settings.yes || self.terminal.interactive {
            Ok(())
        } else {
            Err(Error::ConfirmationRequired)
        }
    }

    /// Refuses keys that everybody knows on any chain but the development chain.
    ///
    /// # Errors
    /// [`Error::DevelopmentKey`].
    pub fn refuse_public_key(&self, address: Address, chain_id: u64) -> Result<(), Error> {
        let is_public = || {
            DevAccount::well_known()
                .iter()
                .any(|known| known.address() == address)
        };
        if chain_id != DEV_CHAIN_ID && is_public() {
            return Err(Error::DevelopmentKey { address, chain_id });
        }
        Ok(())
    }
}
