//! What every command works with: settings, terminal, the connection, keys as they are needed.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use alloy::primitives::Address;
use alloy::signers::local::PrivateKeySigner;
use patientport_client::chain::{Chain, Options, Signer};
use patientport_client::history::HistoryCache;
use patientport_client::port::Port;
use patientport_client::registry::Registry;
use patientport_core::keys::{IdentitySeed, PublicKey};
use stylus_devnode::DevAccount;
use stylus_devnode::evm::DEV_CHAIN_ID;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use crate::args::values::Until;
use crate::card::Card;
use crate::delivery::{Delivery, Transactions};
use crate::error::Error;
use crate::home::histories::HistoryFiles;
use crate::home::pins::{Pin, Subject};
use crate::home::ports::KnownPort;
use crate::home::{Home, HomeError, KeystoreError, Password, files, wallets};
use crate::output::Warnings;
use crate::passwords;
use crate::settings::Settings;
use crate::settings::layers::Source;
use crate::terminal::Terminal;
use crate::text::shown;
use crate::time;

/// How often a typed password may be wrong.
const PASSWORD_TRIES: usize = 3;
/// How far the chain may be ahead of this machine's clock where spans count from its present: a day.
const MOST_AHEAD_SECS: u64 = 24 * 60 * 60;

/// An unlocked account.
#[derive(Clone, Debug)]
pub struct Wallet {
    /// Its name in this home.
    pub name: String,
    /// It signs.
    pub signer: Signer,
}

impl Wallet {
    /// Its account.
    pub fn address(&self) -> Address {
        self.signer.address()
    }

    /// Account and name for people.
    pub fn line(&self) -> String {
        if self.name.is_empty() {
            format!("{} (no wallet of this home)", self.address())
        } else {
            format!("{} (wallet `{}`)", self.address(), self.name)
        }
    }
}

/// A port that a command was pointed at.
#[derive(Clone, Debug)]
pub struct ChosenPort {
    /// Its name in this home.
    pub name: Option<String>,
    /// What this home knows of it.
    pub known: KnownPort,
    /// The port itself, checked against its registry.
    pub port: Port,
}

/// One run of one command.
#[derive(Debug)]
pub struct Context {
    /// Resolved flags.
    pub settings: Settings,
    /// Where to talk.
    pub terminal: Terminal,
    /// What the user should know.
    pub warnings: Arc<Warnings>,
    histories: Arc<HistoryFiles>,
    /// How the command's transactions come.
    transactions: Transactions,
    chain: OnceCell<Chain>,
    /// What signs, where it is no wallet of the home: asked for once.
    opened: Mutex<Option<Wallet>>,
    /// The password that opened the wallet, tried on the identity before anything is asked.
    wallet_password: Mutex<Option<Password>>,
    /// An identity that is being opened meanwhile, by name.
    ahead: Mutex<Option<(String, Opening)>>,
}

/// An identity that another thread opens.
type Opening = JoinHandle<Result<IdentitySeed, HomeError>>;

/// Refuses to count from a present that no clock agrees with: a node that tells a later one could have access, or a
/// signature, last for years. A development chain's clock is its user's to move.
///
/// # Errors
/// [`Error::ChainAhead`].
pub(crate) fn plausible(chain_id: u64, chain: u64, clock: u64) -> Result<(), Error> {
    if chain_id != DEV_CHAIN_ID && chain > clock.saturating_add(MOST_AHEAD_SECS) {
        return Err(Error::ChainAhead { chain, clock });
    }
    Ok(())
}

impl Context {
    /// A run that has not done anything yet.
    pub fn new(settings: Settings, terminal: Terminal, transactions: Transactions) -> Self {
        let warnings = Arc::new(Warnings::default());
        let histories = HistoryFiles::new(settings.home.clone(), terminal, Arc::clone(&warnings));
        Self {
            settings,
            terminal,
            transactions,
            warnings,
            histories: Arc::new(histories),
            chain: OnceCell::new(),
            opened: Mutex::new(None),
            wallet_password: Mutex::new(None),
            ahead: Mutex::new(None),
        }
    }

    /// The home.
    pub const fn home(&self) -> &Home {
        &self.settings.home
    }

    /// What `open` gives, which is asked only once.
    pub(crate) fn opened_once(
        &self,
        open: impl FnOnce() -> Result<Wallet, Error>,
    ) -> Result<Wallet, Error> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        match &*opened {
            Some(wallet) => Ok(wallet.clone()),
            None => Ok(opened.insert(open()?).clone()),
        }
    }

    /// Whether the command may send more than one transaction.
    pub fn several(&self) -> bool {
        self.transactions == Transactions::Several
    }

    /// Whether nothing may be changed anywhere.
    pub const fn is_dry_run(&self) -> bool {
        self.settings.delivery.is_dry_run()
    }

    /// Warns, now and in the document.
    pub fn warn(&self, code: &'static str, message: impl Into<String>) {
        self.warnings.add(&self.terminal, code, message.into());
    }

    /// The chain; connected to at first use.
    ///
    /// # Errors
    /// As `Chain::connect`.
    pub async fn chain(&self) -> Result<&Chain, Error> {
        let mut options = Options {
            allow_http: self.settings.allow_http,
            expected_chain_id: self.settings.expected_chain_id,
            witness_url: self.settings.verify_rpc_url.clone(),
            ..Options::default()
        };
        if let Some(timeout) = self.settings.rpc_timeout {
            options.timeout = timeout;
        }
        if let Some(timeout) = self.settings.timeout {
            options.receipt_timeout = timeout;
        }
        let connect = Chain::connect(&self.settings.rpc_url, options);
        Ok(self.chain.get_or_try_init(|| connect).await?)
    }

    /// The time that was typed for a flag; a span begins with the chain's present.
    ///
    /// # Errors
    /// [`Error::Value`]; [`Error::ChainAhead`]; the chain's.
    pub async fn time_of(&self, flag: &'static str, until: &Until) -> Result<u64, Error> {
        let chain = self.chain().await?;
        let now = chain.block_timestamp().await?;
        if matches!(until, Until::In(_)) {
            plausible(chain.chain_id(), now.0, time::now_unix())?;
        }
        until
            .resolve(now.0)
            .map_err(|source| Error::Value { flag, source })
    }

    /// The registry: named, or the one deployed from this home, or the one of a port known here.
    ///
    /// # Errors
    /// [`Error::NoRegistry`]; `NotARegistry`.
    pub async fn registry(&self) -> Result<Registry, Error> {
        let chain = self.chain().await?;
        let deployment = self.home().deployment(chain.chain_id())?;
        let named = self.named_registry(chain.chain_id())?;
        let deployed =
            deployment.and_then(|it| it.registry.map(|registry| (registry, it.from_block)));
        let (address, from_block) = match (named, deployed) {
            (Some(named), Some((address, block))) if named == address => (address, block),
            (Some(named), _) => (named, 0),
            (None, Some(deployed)) => deployed,
            (None, None) => {
                let ports = self.home().ports()?;
                let mut known = ports
                    .values()
                    .filter(|port| port.chain_id == chain.chain_id())
                    .filter_map(|port| port.registry);
                let first = known
                    .next()
                    .ok_or_else(|| Error::NoRegistry(chain.chain_id()))?;
                if known.any(|other| other != first) {
                    return Err(Error::NoRegistry(chain.chain_id()));
                }
                (first, 0)
            }
        };
        Ok(Registry::open(chain.clone(), address, from_block).await?)
    }

    /// The registry that settings name. One that only a project's file names has to be known here already: the file
    /// came along with whatever was downloaded.
    ///
    /// # Errors
    /// [`Error::UnknownToHome`]; the home's.
    pub fn named_registry(&self, chain_id: u64) -> Result<Option<Address>, Error> {
        let Some(found) = &self.settings.registry else {
            return Ok(None);
        };
        let Source::Project(path) = &found.source else {
            return Ok(Some(found.value));
        };
        let deployed = self.home().deployment(chain_id)?.and_then(|it| it.registry);
        let ports = self.home().ports()?;
        let of_ports = ports
            .values()
            .filter(|port| port.chain_id == chain_id)
            .filter_map(|port| port.registry);
        let trusted = self.settings.trusted_registries.iter().copied();
        if !of_ports
            .chain(deployed)
            .chain(trusted)
            .any(|known| known == found.value)
        {
            return Err(Error::UnknownToHome {
                path: path.clone(),
                what: "registry",
                value: found.value.to_string(),
            });
        }
        Ok(Some(found.value))
    }

    /// The port that is meant: the one given, else the one that settings name. One that only a project's file names
    /// has to be known here already.
    fn named_port(
        &self,
        chain_id: u64,
        given: Option<&str>,
    ) -> Result<(Option<String>, KnownPort), Error> {
        let (None, Some(found)) = (given, &self.settings.port) else {
            return Ok(self.home().choose_port(chain_id, given)?);
        };
        let chosen = self.home().choose_port(chain_id, Some(&found.value));
        match (&found.source, chosen) {
            (Source::Project(path), Ok((None, _)) | Err(HomeError::UnknownPort(_))) => {
                Err(Error::UnknownToHome {
                    path: path.clone(),
                    what: "port",
                    value: shown(&found.value),
                })
            }
            (_, chosen) => Ok(chosen?),
        }
    }

    /// The port that is meant: by its card, by address, by name, or the only one.
    ///
    /// # Errors
    /// [`HomeError::UnknownPort`] and its kin; `NotAPort`; [`Error::Card`], [`Error::CardChain`], [`Error::CardKey`].
    pub async fn port(&self, given: Option<&str>) -> Result<ChosenPort, Error> {
        match given {
            Some(given) if Card::is_meant(given) => self.port_of_card(given.parse()?).await,
            given => self.port_named(given).await,
        }
    }

    /// The port of a card: on its chain, with its key. The key is remembered, for the card came by another way.
    async fn port_of_card(&self, card: Card) -> Result<ChosenPort, Error> {
        let node = self.chain().await?.chain_id();
        if card.chain_id != node {
            return Err(Error::CardChain {
                card: card.chain_id,
                node,
            });
        }
        let chosen = self.port_named(Some(&card.account.to_string())).await?;
        let key = chosen.port.claimed_info().await?.patient_key()?;
        let found = key.fingerprint();
        if found != card.fingerprint {
            return Err(Error::CardKey {
                port: card.account,
                card: card.fingerprint.to_string(),
                found: found.to_string(),
            });
        }
        let pin = self.compare_key(node, Subject::Account(card.account), &key)?;
        if !self.is_dry_run() {
            self.home().keep_pins(&[pin])?;
        }
        Ok(chosen)
    }

    async fn port_named(&self, given: Option<&str>) -> Result<ChosenPort, Error> {
        let chain = self.chain().await?;
        let (name, known) = self.named_port(chain.chain_id(), given)?;
        self.open_port(name, known).await
    }

    /// Opens a port that this home knows, or one that was named by its address.
    ///
    /// # Errors
    /// `NotAPort`.
    pub async fn open_port(
        &self,
        name: Option<String>,
        known: KnownPort,
    ) -> Result<ChosenPort, Error> {
        self.chain().await?;
        if let Some(registry) = self.registry_of(&known)? {
            // A port that this home accepted is its own whatever the registry says by now, or does not say.
            match Port::known(&registry, known.address).await {
                Ok(port) => {
                    let port = port.with_history_cache(self.histories());
                    return Ok(ChosenPort { name, known, port });
                }
                // A chain that was started anew: the long way tells best what is missing.
                Err(patientport_client::Error::NotAPort { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let registry = self.registry().await?;
        let port = Port::open(&registry, known.address).await?;
        let port = port.with_history_cache(self.histories());
        Ok(ChosenPort { name, known, port })
    }

    /// Where this home keeps histories of ports.
    pub fn histories(&self) -> Arc<dyn HistoryCache> {
        Arc::clone(&self.histories) as _
    }

    /// The registry of a port that this home has accepted, not asked anything; `None` for other ports, and where
    /// another registry was named.
    fn registry_of(&self, known: &KnownPort) -> Result<Option<Registry>, Error> {
        let (Some(address), Some(_owned), Some(chain)) =
            (known.registry, &known.account, self.chain.get())
        else {
            return Ok(None);
        };
        if self
            .named_registry(chain.chain_id())?
            .is_some_and(|named| named != address)
        {
            return Ok(None);
        }
        let deployment = self.home().deployment(chain.chain_id())?;
        let from_block = deployment
            .filter(|it| it.registry == Some(address))
            .map_or(0, |it| it.from_block);
        Ok(Some(Registry::known(chain.clone(), address, from_block)))
    }

    /// Compares a key with the one this home first saw. It is remembered when a preview that carries the pin is
    /// agreed to.
    ///
    /// # Errors
    /// `KeyChanged` unless `--accept-new-key`.
    pub fn compare_key(
        &self,
        chain_id: u64,
        subject: Subject,
        key: &PublicKey,
    ) -> Result<Pin, Error> {
        let fingerprint = key.fingerprint().to_string();
        let accept = self.settings.accept_new_key;
        Ok(self
            .home()
            .compare_pin(chain_id, subject, fingerprint, accept)?)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_do_not_count_from_a_present_that_is_years_away() {
        let clock = 1_800_000_000;
        for (chain_id, chain, is_plausible) in [
            (42_161, clock + MOST_AHEAD_SECS, true),
            (42_161, clock + MOST_AHEAD_SECS + 1, false),
            (42_161, u64::MAX, false),
            // Behind, nothing lasts longer than was meant.
            (42_161, 0, true),
            (DEV_CHAIN_ID, clock * 2, true),
        ] {
            let found = plausible(chain_id, chain, clock);
            assert_eq!(found.is_ok(), is_plausible, "{chain_id} {chain}");
            if let Err(error) = found {
                assert_eq!(error.code(), "chain.ahead");
            }
        }
        assert!(plausible(1, u64::MAX, u64::MAX).is_ok());
    }
}
