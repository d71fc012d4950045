//! Who signs: a wallet of the home, one of Foundry's, a keystore named by path, a key typed for one run, a hardware
//! wallet, or an account that is only looked at.

use std::path::{Path, PathBuf};

use alloy::primitives::Address;
use patientport_client::chain::Signer;
use patientport_client::device::{self, Model};
use patientport_core::keys::DerivationPath;
use zeroize::Zeroizing;

use crate::args::groups::WalletArgs;
use crate::commands::backup;
use crate::commands::wallet::import::parse_key;
use crate::context::{Context, Wallet};
use crate::error::Error;
use crate::home::keystore::Keystore;
use crate::home::{HomeError, check_name, wallets};
use crate::settings::layers::{Found, Source};

/// What signs.
#[derive(Clone, Debug, Default)]
pub enum Choice {
    /// A wallet by name: of the home, else of Foundry's directory.
    #[default]
    Named,
    /// A keystore file.
    Keystore(PathBuf),
    /// A key that is typed, for this run.
    Interactive,
    /// A hardware wallet, at a derivation path.
    Device(Model, String),
}

/// Which account of several.
#[derive(Clone, Debug, Default)]
pub struct Derivation {
    /// Its number.
    pub index: Option<u32>,
    /// Its path, which comes first.
    pub path: Option<String>,
}

impl Derivation {
    /// As the flags say.
    pub fn of(args: &WalletArgs) -> Self {
        Self {
            index: args.mnemonic_index,
            path: args.mnemonic_derivation_path.clone(),
        }
    }

    /// The path of an account of words.
    ///
    /// # Errors
    /// `phrase.invalid` for what is no path.
    pub fn of_words(&self) -> Result<DerivationPath, Error> {
        Ok(match &self.path {
            Some(path) => path.parse()?,
            None => DerivationPath::account(self.index.unwrap_or_default())?,
        })
    }

    /// The path of an account of a hardware wallet, after looking whether it is one.
    fn of_device(&self, model: Model) -> Result<String, Error> {
        let index = self.index.unwrap_or_default();
        let path = self.path.clone().unwrap_or_else(|| model.path(index));
        let _known_to_be_one: DerivationPath = path.parse()?;
        Ok(path)
    }
}

impl Choice {
    /// As flags and variables say. A wallet that a flag names comes before a keystore that only a variable does.
    ///
    /// # Errors
    /// [`Error::FlagInvalid`] for a directory of keystores without the name of one.
    pub fn of(
        args: &WalletArgs,
        keystore: Option<&Found<PathBuf>>,
        account: Option<&Found<String>>,
    ) -> Result<Self, Error> {
        let derivation = Derivation::of(args);
        if args.ledger || args.trezor {
            let model = if args.ledger {
                Model::Ledger
            } else {
                Model::Trezor
            };
            return Ok(Self::Device(model, derivation.of_device(model)?));
        }
        if args.interactive {
            return Ok(Self::Interactive);
        }
        let Some(Found {
            value: path,
            source,
        }) = keystore
        else {
            return Ok(Self::Named);
        };
        let named_by_flag = matches!(
            account,
            Some(Found {
                source: Source::Flag(_),
                ..
            })
        );
        match (path.is_dir(), account) {
            (true, Some(account)) => {
                check_name(&account.value)?;
                Ok(Self::Keystore(path.join(&account.value)))
            }
            (true, None) => only_file(path).map(Self::Keystore),
            (false, _) if named_by_flag && matches!(source, Source::Variable(_)) => Ok(Self::Named),
            (false, _) => Ok(Self::Keystore(path.clone())),
        }
    }
}

/// The only file of a directory of keystores.
fn only_file(directory: &Path) -> Result<PathBuf, Error> {
    let input = |source| Error::Input {
        path: directory.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(input)? {
        let path = entry.map_err(input)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    match <[PathBuf; 1]>::try_from(files) {
        Ok([file]) => Ok(file),
        Err(files) => Err(Error::FlagInvalid {
            flag: "--keystore",
            value: crate::text::shown(&directory.display().to_string()),
            reason: format!("it holds {} files", files.len()),
        }
        .with_hint("name one with `--account NAME`", serde_json::json!({}))),
    }
}

/// Foundry's keystore of a name, if there is one.
pub(crate) fn of_foundry(name: &str) -> Option<PathBuf> {
    check_name(name).ok()?;
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
    let path = Path::new(&home).join(".foundry/keystores").join(name);
    path.is_file().then_some(path)
}

impl Context {
    /// Opens what signs: the wallet that is meant, or what flags name instead of one.
    ///
    /// # Errors
    /// [`HomeError::Keystore`] for a wrong password; [`Error::PasswordRequired`]; [`Error::OtherSender`] where `--from`
    /// names another account.
    pub fn wallet(&self, preferred: Option<&str>) -> Result<Wallet, Error> {
        let wallet = match &self.settings.signer {
            Choice::Named => self.named_or_watched(preferred)?,
            other => self.opened_once(|| self.open(other))?,
        };
        match self.settings.from {
            Some(from) if from != wallet.address() => Err(Error::OtherSender {
                from,
                account: wallet.address(),
            }),
            _ => Ok(wallet),
        }
    }

    /// The account of what signs, without a password where its file states the address.
    ///
    /// # Errors
    /// As [`Self::wallet`].
    pub fn account(&self, preferred: Option<&str>) -> Result<Address, Error> {
        if !matches!(self.settings.signer, Choice::Named) || self.settings.from.is_some() {
            return Ok(self.wallet(preferred)?.address());
        }
        match self.stated(&self.wallet_name(preferred)?)? {
            Some(address) => Ok(address),
            None => Ok(self.wallet(preferred)?.address()),
        }
    }

    /// The keystore of a name: the home's, else Foundry's.
    pub(crate) fn wallet_file(&self, name: &str) -> Result<Keystore, Error> {
        match self.home().wallet(name) {
            Err(unknown @ HomeError::Unknown { .. }) => match of_foundry(name) {
                Some(path) => backup::read_container("wallet", &path, None),
                None => Err(unknown.into()),
            },
            other => Ok(other?),
        }
    }

    /// The identity that goes with what signs, where none is named: the wallet's namesake, or the only one.
    pub(crate) fn namesake(&self) -> Result<String, Error> {
        if matches!(self.settings.signer, Choice::Named) {
            return self.wallet_name(None);
        }
        let identities = self.home().identities()?;
        match <[String; 1]>::try_from(identities) {
            Ok([only]) => Ok(only),
            Err(several) => Err(Error::FlagNeeded {
                flag: "--identity",
                reason: format!("this home has {} identities", several.len()),
            }),
        }
    }

    fn named_or_watched(&self, preferred: Option<&str>) -> Result<Wallet, Error> {
        if let Some(from) = self.settings.from
            && self.settings.account.is_none()
        {
            match self.wallet_of(from)? {
                Some(name) => return self.wallet_named(&name),
                // Its key is elsewhere, and not needed here.
                None if self.settings.delivery.needs_no_key() => {
                    return Ok(Wallet {
                        name: String::new(),
                        signer: Signer::watching(from),
                    });
                }
                None => {}
            }
        }
        self.wallet_named(&self.wallet_name(preferred)?)
    }

    fn open(&self, choice: &Choice) -> Result<Wallet, Error> {
        match choice {
            Choice::Named => self.named_or_watched(None),
            Choice::Keystore(path) => self.open_keystore(path),
            Choice::Interactive => {
                if !self.terminal.interactive {
                    return Err(Error::FlagNeeded {
                        flag: "--account, or --keystore with --password-file",
                        reason: "there is no terminal to ask for the private key on".into(),
                    });
                }
                let key = parse_key(&self.terminal.ask_hidden("private key (hexadecimal)")?)?;
                Ok(Wallet {
                    name: "typed".into(),
                    signer: Signer::from_bytes(&Zeroizing::new(key.to_bytes().0))?,
                })
            }
            Choice::Device(model, path) => {
                self.terminal
                    .say(&format!("asking the {model} for the account at {path}"));
                // Every command asks for its wallet as it goes, and other tasks must not wait for a device.
                let opened = tokio::task::block_in_place(|| {
                    tokio::runtime::Handle::current().block_on(device::open(*model, path))
                });
                Ok(Wallet {
                    name: model.feature().into(),
                    signer: opened?,
                })
            }
        }
    }

    fn open_keystore(&self, path: &Path) -> Result<Wallet, Error> {
        let keystore = backup::read_container("wallet", path, None)?;
        let name = crate::text::shown(&path.display().to_string());
        let stated = keystore
            .address
            .as_deref()
            .and_then(|text| text.parse().ok());
        if let Some(address) = stated
            && self.settings.delivery.needs_no_key()
        {
            return Ok(Wallet {
                name,
                signer: Signer::watching(address),
            });
        }
        let key = self.unlock_with_password(&name, |password| {
            wallets::open_account(&name, &keystore, password)
        })?;
        Ok(Wallet {
            signer: Signer::from_bytes(&Zeroizing::new(key.to_bytes().0))?,
            name,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    fn found(text: &str, source: Source) -> Found<String> {
        Found {
            value: text.into(),
            source,
        }
    }

    #[test]
    fn a_wallet_that_a_flag_names_comes_before_a_keystore_of_the_environment() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("alice");
        std::fs::write(&file, "{}").unwrap();
        let keystore = |path: &Path, source| Found {
            value: path.to_owned(),
            source,
        };
        let (flag, variable) = (Source::Flag("--x"), Source::Variable("X"));
        let args = WalletArgs::default();
        let named = found("bob", flag.clone());
        let kept = found("bob", Source::Variable("Y"));
        let of = |keystore: &Found<PathBuf>, account| {
            Choice::of(&args, Some(keystore), account).map(|choice| match choice {
                Choice::Keystore(path) => Some(path),
                _ => None,
            })
        };
        let by_variable = keystore(&file, variable.clone());
        assert_eq!(of(&by_variable, Some(&named)).unwrap(), None);
        assert_eq!(of(&by_variable, Some(&kept)).unwrap().as_ref(), Some(&file));
        assert_eq!(
            of(&keystore(&file, flag), Some(&named)).unwrap().as_ref(),
            Some(&file)
        );
        // A directory: the one named, or the only one.
        let directory = keystore(root.path(), variable);
        assert_eq!(
            of(&directory, Some(&named)).unwrap(),
            Some(root.path().join("bob"))
        );
        assert_eq!(of(&directory, None).unwrap().as_ref(), Some(&file));
        std::fs::write(root.path().join("carol"), "{}").unwrap();
        assert_eq!(
            of(&directory, None).unwrap_err().code(),
            "usage.invalid_value"
        );
        let outside = found("../alice", Source::Flag("--account"));
        assert_eq!(
            of(&directory, Some(&outside)).unwrap_err().code(),
            "home.invalid_name"
        );
    }

    #[test]
    fn accounts_are_told_by_number_or_by_path() {
        let by = |index, path: Option<&str>| Derivation {
            index,
            path: path.map(str::to_owned),
        };
        let path = "m/44'/60'/0'/0/3".parse::<DerivationPath>().unwrap();
        assert_eq!(by(Some(3), None).of_words().unwrap(), path);
        assert_eq!(by(None, Some("m/44'/60'/0'/0/3")).of_words().unwrap(), path);
        assert_eq!(
            by(None, Some("0/3")).of_words().unwrap_err().code(),
            "phrase.invalid"
        );
        assert_eq!(
            by(Some(3), None).of_device(Model::Ledger).unwrap(),
            "m/44'/60'/3'/0/0"
        );
        assert!(by(None, Some("x")).of_device(Model::Trezor).is_err());
    }
}
