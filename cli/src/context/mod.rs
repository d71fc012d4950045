//! What every command works with: settings, terminal, the connection, keys as they are needed.

mod keys;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use alloy::primitives::Address;
use patientport_client::chain::{Chain, Options, Signer};
use patientport_client::history::HistoryCache;
use patientport_client::port::Port;
use patientport_client::registry::Registry;
use patientport_core::keys::{IdentitySeed, PublicKey};
use stylus_devnode::evm::DEV_CHAIN_ID;
use tokio::sync::OnceCell;

use crate::args::values::Until;
use crate::card::Card;
use crate::delivery::Transactions;
use crate::error::Error;
use crate::home::histories::HistoryFiles;
use crate::home::pins::{Pin, Subject};
use crate::home::ports::KnownPort;
use crate::home::{Home, HomeError, Password};
use crate::output::Warnings;
use crate::settings::Settings;
use crate::settings::layers::Source;
use crate::terminal::Terminal;
use crate::text::shown;
use crate::time;

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

    /// Warns that this home could not be written to, after what a command does was done: `what` is not noted.
    pub fn warn_not_kept(&self, what: &str, error: impl Into<Error>) {
        let cause = error.into().chain().join(": ");
        self.warn(
            "home.not_kept",
            format!("{what} is not noted in this home: {cause}"),
        );
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
