//! Flags, environment and settings file, resolved once: flag > environment > file > default.

use std::path::PathBuf;
use std::time::Duration;

use alloy::primitives::Address;

use crate::args::env;
use crate::args::groups::GlobalArgs;
use crate::error::Error;
use crate::home::Home;
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
    /// Whether a node on another machine may be reached without TLS.
    pub allow_http: bool,
    /// The registry, if named.
    pub registry: Option<Address>,
    /// The record store.
    pub store: PathBuf,
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
    Terminal::of_process(
        verbosity,
        args.display.color.unwrap_or_default(),
        args.display.no_input,
    )
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
        let store = network.store.clone().or(config.store);
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
                .or(config.rpc_url)
                .unwrap_or_else(|| DEFAULT_RPC_URL.to_owned()),
            allow_http: network.allow_http || config.allow_http.unwrap_or_default(),
            registry: network.registry.or(config.registry),
            store: absolute(store.unwrap_or_else(|| home.default_store())),
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
        assert_eq!(settings.store, root.path().join("store"));
        std::fs::write(
            root.path().join("config.json"),
            r#"{ "rpc_url": "http://node:1", "account": "alice", "store": "/records" }"#,
        )
        .unwrap();
        let settings = Settings::resolve(&args(root.path())).unwrap();
        assert_eq!(settings.rpc_url, "http://node:1");
        assert_eq!(settings.account.as_deref(), Some("alice"));
        assert_eq!(settings.store, PathBuf::from("/records"));
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
    fn a_misspelt_setting_is_seen() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("config.json"), r#"{ "rcp_url": "x" }"#).unwrap();
        let error = Settings::resolve(&args(root.path())).unwrap_err();
        assert_eq!(error.code(), "home.damaged");
    }
}
