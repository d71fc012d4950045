//! Flags, environment and settings file, resolved once: flag > environment > file > default.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::Duration;

use alloy::primitives::Address;
use patientport_client::store::Location;
use patientport_client::store::net::NetOptions;

use crate::args::env;
use crate::args::groups::GlobalArgs;
use crate::error::Error;
use crate::home::Home;
use crate::home::config::{Config, OneOrMore};
use crate::networks::{self, Network, Networks};
use crate::terminal::{Terminal, Verbosity};

/// Where a node is looked for when nothing says otherwise: where `patientport devnode` listens.
pub const DEFAULT_RPC_URL: &str = "http://127.0.0.1:8547";

/// A file with a password, and what named it.
#[derive(Clone, Debug)]
pub struct PasswordFile {
    /// The file.
    pub path: PathBuf,
    /// The flag, or the variable, for messages; the path itself is never shown.
    pub flag: &'static str,
}

/// What a run works with.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[derive(Clone, Debug)]
pub struct Settings {
    /// The home.
    pub home: Home,
    /// The node.
    pub rpc_url: String,
    /// Another node, whose word on contracts has to be the same.
    pub verify_rpc_url: Option<String>,
    /// The chain that the node has to serve, if a network was named.
    pub expected_chain_id: Option<u64>,
    /// What flags and variables say, without the settings file.
    pub given: Config,
    /// Whether a node or a store on another machine may be reached without TLS.
    pub allow_http: bool,
    /// The registry, if named.
    pub registry: Option<Address>,
    /// The record stores, never none.
    pub stores: Vec<Location>,
    /// Whether flags of this run, and not the environment or the settings file, named the stores.
    pub stores_by_flag: bool,
    /// How stores on other machines are asked.
    pub net: NetOptions,
    /// The wallet, if named.
    pub account: Option<String>,
    /// Where the wallet's password is, if said.
    pub password_file: Option<PasswordFile>,
    /// The identity, if named.
    pub identity: Option<String>,
    /// Where the identity's password is, if said.
    pub identity_password_file: Option<PasswordFile>,
    /// Whether transactions are sent without asking.
    pub yes: bool,
    /// How long a receipt is waited for.
    pub timeout: Option<Duration>,
    /// Whether a recipient's changed key is accepted.
    pub accept_new_key: bool,
    /// Whether the result is a JSON document.
    pub json: bool,
}

/// The terminal as the display flags want it.
pub fn terminal(args: &GlobalArgs) -> Terminal {
    let verbosity = match (args.display.quiet, args.display.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let terminal = Terminal::of_process(
        verbosity,
        args.display.color.unwrap_or_default(),
        args.display.no_input,
    );
    let unwanted = args.display.no_progress || args.display.json;
    Terminal {
        progress: terminal.progress && !unwanted,
        ..terminal
    }
}

impl Settings {
    /// Resolves the shared flags. Reads the settings file and nothing else.
    ///
    /// # Errors
    /// [`Error::NoHome`]; [`Error::Home`] for a settings file that cannot be read.
    pub fn resolve(args: &GlobalArgs) -> Result<Self, Error> {
        let GlobalArgs {
            network,
            wallet,
            transaction,
            display,
        } = args;
        let root = match &network.home {
            Some(root) => root.clone(),
            None => std::env::var_os("HOME")
                .filter(|home| !home.is_empty())
                .map(|home| PathBuf::from(home).join(".patientport"))
                .ok_or(Error::NoHome)?,
        };
        // Absolute, because paths are remembered: a pending record's store must be found from anywhere.
        let home = Home::new(absolute(root));
        let config = home.config()?;
        // A network that is named now comes before a node of the settings file; its node after one that is named.
        let name = network.network.as_ref().or(config.network.as_ref());
        let named = name
            .map(|name| networks::find(name, &config.networks))
            .transpose()?;
        let of_network = |now: bool| named.as_ref().filter(|_| network.network.is_some() == now);
        let url = |url: fn(&Network) -> Option<String>| {
            let named = of_network(true).and_then(url);
            (named, of_network(false).and_then(url))
        };
        let (named_now, named_before) = url(|network| Some(network.rpc_url.clone()));
        let (verify_now, verify_before) = url(|network| network.verify_rpc_url.clone());
        let registry = named.as_ref().and_then(|network| network.registry);
        let allow_http = network.allow_http || config.allow_http.unwrap_or_default();
        let stores = stores(&network.stores, config.store, &home)?;
        let given = given(args, &stores);
        // clap has merged flag and variable.
        let from_env = std::env::var_os(env::PATIENTPORT_STORE).map(|text| lines(&text));
        let stores_by_flag =
            !network.stores.is_empty() && from_env.as_ref() != Some(&network.stores);
        let mut net = NetOptions {
            allow_http,
            allow_private: network.allow_private_endpoints
                || config.allow_private_endpoints.unwrap_or_default(),
            ..NetOptions::default()
        };
        if let Some(patience) = network.store_timeout {
            net.patience = patience;
            net.connect_timeout = net.connect_timeout.min(patience);
        }
        let password_file = |path: &Option<PathBuf>, flag, variable| {
            path.clone().map(|path| {
                // clap has merged flag and variable; telling them apart only serves the message.
                let from_env =
                    std::env::var_os(variable).is_some_and(|value| value == path.as_os_str());
                PasswordFile {
                    path,
                    flag: if from_env { variable } else { flag },
                }
            })
        };
        Ok(Self {
            rpc_url: network
                .rpc_url
                .clone()
                .or(named_now)
                .or(config.rpc_url)
                .or(named_before)
                .unwrap_or_else(|| DEFAULT_RPC_URL.to_owned()),
            verify_rpc_url: network
                .verify_rpc_url
                .clone()
                .or(verify_now)
                .or(config.verify_rpc_url)
                .or(verify_before),
            expected_chain_id: named.as_ref().and_then(|network| network.chain_id),
            given,
            allow_http,
            registry: network.registry.or(registry).or(config.registry),
            stores,
            stores_by_flag,
            net,
            account: wallet.account.clone().or(config.account),
            password_file: password_file(
                &wallet.password_file,
                "--password-file",
                env::ETH_PASSWORD,
            ),
            identity: wallet.identity.clone().or(config.identity),
            identity_password_file: password_file(
                &wallet.identity_password_file,
                "--identity-password-file",
                env::PATIENTPORT_IDENTITY_PASSWORD,
            ),
            yes: transaction.yes,
            timeout: transaction.timeout,
            accept_new_key: transaction.accept_new_key,
            json: display.json,
            home,
        })
    }
}

/// What flags and variables say that a settings file can say; paths as they are from anywhere.
fn given(args: &GlobalArgs, stores: &[Location]) -> Config {
    let GlobalArgs {
        network, wallet, ..
    } = args;
    let are_given = network.stores.iter().any(|store| !store.is_empty());
    let stores = || stores.iter().map(ToString::to_string).collect();
    Config {
        network: network.network.clone(),
        networks: Networks::new(),
        rpc_url: network.rpc_url.clone(),
        verify_rpc_url: network.verify_rpc_url.clone(),
        allow_http: network.allow_http.then_some(true),
        registry: network.registry,
        store: are_given.then(|| OneOrMore::More(stores())),
        allow_private_endpoints: network.allow_private_endpoints.then_some(true),
        account: wallet.account.clone(),
        identity: wallet.identity.clone(),
    }
}

/// The stores: those named, else those of the settings file, else the home's own. Each once.
fn stores(
    named: &[OsString],
    config: Option<OneOrMore>,
    home: &Home,
) -> Result<Vec<Location>, Error> {
    let mut texts: Vec<OsString> = named.iter().filter(|it| !it.is_empty()).cloned().collect();
    if texts.is_empty() {
        let list = config.map(OneOrMore::into_list).unwrap_or_default();
        texts = list.into_iter().map(OsString::from).collect();
    }
    if texts.is_empty() {
        return Ok(vec![Location::Directory(home.default_store())]);
    }
    let mut stores = Vec::new();
    for text in texts {
        let location = Location::parse(&text).map_err(patientport_client::Error::from)?;
        let location = location.absolute();
        if !stores.contains(&location) {
            stores.push(location);
        }
    }
    Ok(stores)
}

/// The lines of a variable's value, as clap splits it.
fn lines(text: &OsStr) -> Vec<OsString> {
    text.as_bytes()
        .split(|byte| *byte == b'\n')
        .map(|line| OsStr::from_bytes(line).to_owned())
        .collect()
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;
    use crate::args::groups::{NetworkArgs, WalletArgs};

    fn args(home: &std::path::Path) -> GlobalArgs {
        GlobalArgs {
            network: NetworkArgs {
                home: Some(home.to_owned()),
                ..NetworkArgs::default()
            },
            ..GlobalArgs::default()
        }
    }

    #[test]
    fn flags_beat_the_settings_file_and_it_beats_defaults() {
        let root = tempfile::tempdir().unwrap();
        let settings = Settings::resolve(&args(root.path())).unwrap();
        assert_eq!(settings.rpc_url, DEFAULT_RPC_URL);
        let directory = |path: PathBuf| [Location::Directory(path)];
        assert_eq!(settings.stores, directory(root.path().join("store")));
        std::fs::write(
            root.path().join("config.json"),
            r#"{ "rpc_url": "http://node:1", "account": "alice", "store": "/records" }"#,
        )
        .unwrap();
        let settings = Settings::resolve(&args(root.path())).unwrap();
        assert_eq!(settings.rpc_url, "http://node:1");
        assert_eq!(settings.account.as_deref(), Some("alice"));
        assert_eq!(settings.stores, directory("/records".into()));
        let mut flags = args(root.path());
        flags.network.rpc_url = Some("http://other:2".into());
        flags.wallet = WalletArgs {
            account: Some("bob".into()),
            ..WalletArgs::default()
        };
        let settings = Settings::resolve(&flags).unwrap();
        assert_eq!(settings.rpc_url, "http://other:2");
        assert_eq!(settings.account.as_deref(), Some("bob"));
    }

    #[test]
    fn stores_are_one_or_a_list_and_each_counts_once() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(
            root.path().join("config.json"),
            r#"{ "store": ["/records", "s3://bucket/a/", "https://host.example/b", "s3://bucket/a"] }"#,
        )
        .unwrap();
        let shown = |settings: &Settings| -> Vec<String> {
            settings.stores.iter().map(ToString::to_string).collect()
        };
        let settings = Settings::resolve(&args(root.path())).unwrap();
        assert_eq!(
            shown(&settings),
            ["/records", "s3://bucket/a", "https://host.example/b"]
        );
        assert!(!settings.stores_by_flag);
        let mut flags = args(root.path());
        flags.network.stores = vec!["/one".into(), "/two".into(), "".into()];
        let settings = Settings::resolve(&flags).unwrap();
        assert_eq!(shown(&settings), ["/one", "/two"]);
        assert!(settings.stores_by_flag);
        flags.network.stores = vec!["ftp://host/".into()];
        let error = Settings::resolve(&flags).unwrap_err();
        assert_eq!(error.code(), "store.invalid_location");
    }

    #[test]
    fn a_misspelt_setting_is_seen() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("config.json"), r#"{ "rcp_url": "x" }"#).unwrap();
        let error = Settings::resolve(&args(root.path())).unwrap_err();
        assert_eq!(error.code(), "home.damaged");
    }
}
