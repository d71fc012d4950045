//! Flags, environment and settings files, resolved once: flag > environment > profile named now > project's file >
//! settings file > default.

mod given;
pub mod layers;
pub mod project;
pub mod shown;

use std::path::PathBuf;
use std::time::Duration;

use alloy::primitives::Address;
use clap::ArgMatches;
use patientport_client::chain::shown_url;
use patientport_client::store::Location;
use patientport_client::store::net::NetOptions;

use crate::args::env;
use crate::args::groups::GlobalArgs;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::home::Home;
use crate::home::config::Values;
use crate::signers::{Choice, Derivation};
use crate::terminal::{Terminal, Verbosity};
use crate::text::shown;
use given::{given, profile, registries, stores, with_stores};
use layers::{Found, Layer, Layers, Origins, Source};
use project::Project;
use shown::{ShownSetting, ShownSettings, shown_setting, shown_switch};

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
    /// Whether a flag named it, and not a variable or a setting.
    pub rpc_url_by_flag: bool,
    /// Another node, whose word on contracts has to be the same.
    pub verify_rpc_url: Option<String>,
    /// The chain that the node has to serve, if a network was named.
    pub expected_chain_id: Option<u64>,
    /// What flags and variables say, without any file.
    pub given: Values,
    /// The profile that was named.
    pub profile: Option<String>,
    /// The project's file, if there is one.
    pub project: Option<PathBuf>,
    /// Whether a node or a store on another machine may be reached without TLS.
    pub allow_http: bool,
    /// The registry, if named.
    pub registry: Option<Found<Address>>,
    /// Registries that the settings file names, whether they count or not.
    pub trusted_registries: Vec<Address>,
    /// The port, if a setting names one.
    pub port: Option<Found<String>>,
    /// The record stores, never none.
    pub stores: Vec<Location>,
    /// Whether flags of this run, and not the environment or the settings file, named the stores.
    pub stores_by_flag: bool,
    /// How stores on other machines are asked.
    pub net: NetOptions,
    /// What signs.
    pub signer: Choice,
    /// Which account of words, or of a hardware wallet.
    pub derivation: Derivation,
    /// The account that has to sign, if said.
    pub from: Option<Address>,
    /// The keystore that a flag names.
    pub keystore_by_flag: Option<PathBuf>,
    /// The wallet, if named.
    pub account: Option<String>,
    /// Where the wallet's password is, if said.
    pub password_file: Option<PasswordFile>,
    /// The identity, if named.
    pub identity: Option<String>,
    /// Where the identity's password is, if said.
    pub identity_password_file: Option<PasswordFile>,
    /// What becomes of transactions.
    pub delivery: Delivery,
    /// Whether transactions are sent without asking.
    pub yes: bool,
    /// How long a receipt is waited for.
    pub timeout: Option<Duration>,
    /// How long one answer of a node is waited for.
    pub rpc_timeout: Option<Duration>,
    /// Whether a recipient's changed key is accepted.
    pub accept_new_key: bool,
    /// Whether the result is a JSON document.
    pub json: bool,
    /// Every setting, where it came from, and nothing secret.
    pub shown: ShownSettings,
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
    /// Resolves the shared flags. Reads the settings file and the project's, and nothing else. `matches` tell flags
    /// from variables; `creating`: the profile that is named need not be there yet.
    ///
    /// # Errors
    /// [`Error::NoHome`]; [`Error::Home`] for a settings file that cannot be read, or says what no setting is;
    /// [`Error::UnknownNetwork`]; [`Error::UnknownProfile`].
    pub fn resolve(
        args: &GlobalArgs,
        matches: Option<&ArgMatches>,
        creating: bool,
    ) -> Result<Self, Error> {
        let GlobalArgs {
            network,
            wallet,
            transaction,
            display,
        } = args;
        if wallet.private_key.is_some() {
            return Err(Error::SecretArgument);
        }
        if transaction.deadline.is_some() && transaction.sign_only.is_none() {
            return Err(Error::FlagUnused {
                flag: "--deadline",
                reason: "it is for what --sign-only signs",
            });
        }
        let origins = Origins(matches);
        let (root, root_source) = match &network.home {
            Some(root) => {
                let source = origins.of("home", "--home", Some(env::PATIENTPORT_HOME));
                (root.clone(), source)
            }
            None => std::env::var_os("HOME")
                .filter(|home| !home.is_empty())
                .map(|home| (PathBuf::from(home).join(".patientport"), Source::Default))
                .ok_or(Error::NoHome)?,
        };
        // Absolute, because paths are remembered: a pending record's store must be found from anywhere.
        let home = Home::new(absolute(root));
        let mut config = home.config()?;
        let trusted_registries = registries(&config);
        let project = if network.no_project {
            None
        } else {
            Project::find()?
        };
        let profile = profile(&mut config, network.profile.as_ref(), creating)?;

        let given = given(args)?;
        let sources = vec![
            (
                "network",
                origins.of("network", "--network", Some(env::PATIENTPORT_NETWORK)),
            ),
            (
                "rpc_url",
                origins.of("rpc_url", "--rpc-url", Some(env::ETH_RPC_URL)),
            ),
            (
                "verify_rpc_url",
                origins.of(
                    "verify_rpc_url",
                    "--verify-rpc-url",
                    Some(env::PATIENTPORT_VERIFY_RPC_URL),
                ),
            ),
            ("allow_http", Source::Flag("--allow-http")),
            (
                "registry",
                origins.of("registry", "--registry", Some(env::PATIENTPORT_REGISTRY)),
            ),
            ("port", Source::Variable(env::PATIENTPORT_PORT)),
            (
                "store",
                origins.of("stores", "--store", Some(env::PATIENTPORT_STORE)),
            ),
            (
                "allow_private_endpoints",
                Source::Flag("--allow-private-endpoints"),
            ),
            (
                "account",
                origins.of("account", "--account", Some(env::ETH_KEYSTORE_ACCOUNT)),
            ),
            (
                "identity",
                origins.of("identity", "--identity", Some(env::PATIENTPORT_IDENTITY)),
            ),
        ];
        let own = &config.networks;
        let mut layers = vec![Layer::arguments(given.clone(), sources, own)?];
        let file = home.root().join("config.json");
        if let Some((name, values)) = &profile
            && network.profile.is_some()
        {
            layers.push(Layer::of(
                values.clone(),
                Source::Profile(name.clone()),
                own,
            )?);
        }
        if let Some(project) = &project {
            let values = Values {
                network: project.network.clone(),
                registry: project.registry,
                port: project.port.clone(),
                ..Values::default()
            };
            layers.push(Layer::of(
                values,
                Source::Project(project.path.clone()),
                own,
            )?);
        }
        // A profile that is only the file's default comes after the project, as the file does.
        if let Some((name, values)) = &profile
            && network.profile.is_none()
        {
            layers.push(Layer::of(
                values.clone(),
                Source::Profile(name.clone()),
                own,
            )?);
        }
        layers.push(Layer::of(config.values.clone(), Source::File(file), own)?);
        let layers = Layers(layers);

        let rpc_url = layers
            .find_or_network(
                "rpc_url",
                |it| it.rpc_url.clone(),
                |it| Some(it.rpc_url.clone()),
            )
            .unwrap_or_else(|| Found {
                value: DEFAULT_RPC_URL.to_owned(),
                source: Source::Default,
            });
        // The home has a node of its own: no directory puts one that merely comes with this program in its place.
        let of_home = profile.iter().map(|(_, values)| values);
        let mut of_home = of_home.chain([&config.values]);
        if let (Some(project), Source::Network(by)) = (&project, &rpc_url.source)
            && project.network.as_ref() == Some(by)
            && given.network.is_none()
            && !own.contains_key(by)
            && of_home
                .any(|it| it.rpc_url.is_some() || it.network.as_ref().is_some_and(|it| it != by))
        {
            return Err(Error::UnknownToHome {
                path: project.path.clone(),
                what: "network",
                value: shown(by),
            });
        }
        let verify = layers.find_or_network(
            "verify_rpc_url",
            |it| it.verify_rpc_url.clone(),
            |it| it.verify_rpc_url.clone(),
        );
        let registry = layers.find_or_network("registry", |it| it.registry, |it| it.registry);
        let named = layers.find("network", |it| it.network.clone());
        let chain_id = layers
            .0
            .iter()
            .find_map(|it| it.network.as_ref())
            .and_then(|it| it.chain_id);
        let port = layers.find("port", |it| it.port.clone());
        let store = layers.find("store", |it| it.store.clone());
        let account = layers.find("account", |it| it.account.clone());
        let identity = layers.find("identity", |it| it.identity.clone());
        let allow_http = layers.find("allow_http", |it| it.allow_http);
        let allow_private = layers.find("allow_private_endpoints", |it| it.allow_private_endpoints);

        let stores = stores(store.clone().map(|it| it.value), &network.stores, &home)?;
        let stores_by_flag = matches!(store.as_ref().map(|it| &it.source), Some(Source::Flag(_)));
        let mut net = NetOptions {
            allow_http: allow_http.as_ref().is_some_and(|it| it.value),
            allow_private: allow_private.as_ref().is_some_and(|it| it.value),
            ..NetOptions::default()
        };
        if let Some(patience) = network.store_timeout {
            net.patience = patience;
            net.connect_timeout = net.connect_timeout.min(patience);
        }
        let keystore = wallet.keystore.clone().map(|value| Found {
            value,
            source: origins.of("keystore", "--keystore", Some(env::ETH_KEYSTORE)),
        });
        let password_file = |path: &Option<PathBuf>, id, flag, variable| {
            path.clone().map(|path| PasswordFile {
                path,
                flag: match origins.of(id, flag, Some(variable)) {
                    Source::Variable(variable) => variable,
                    _ => flag,
                },
            })
        };
        let password = password_file(
            &wallet.password_file,
            "password_file",
            "--password-file",
            env::ETH_PASSWORD,
        );
        let identity_password = password_file(
            &wallet.identity_password_file,
            "identity_password_file",
            "--identity-password-file",
            env::PATIENTPORT_IDENTITY_PASSWORD,
        );

        let mut list = vec![
            ShownSetting::new("home", home.root(), &root_source),
            shown_setting(
                "profile",
                profile.as_ref().map(|(name, _)| Found {
                    value: name.clone(),
                    source: match &network.profile {
                        Some(_) => {
                            origins.of("profile", "--profile", Some(env::PATIENTPORT_PROFILE))
                        }
                        None => Source::File(home.root().join("config.json")),
                    },
                }),
            ),
            shown_setting("network", named),
            ShownSetting::new("rpc_url", shown_url(&rpc_url.value), &rpc_url.source),
            shown_setting(
                "verify_rpc_url",
                verify.clone().map(|it| Found {
                    value: shown_url(&it.value),
                    source: it.source,
                }),
            ),
            shown_setting("registry", registry.clone()),
            shown_setting("port", port.clone()),
            ShownSetting::new(
                "store",
                stores.iter().map(ToString::to_string).collect::<Vec<_>>(),
                store.as_ref().map_or(&Source::Default, |it| &it.source),
            ),
        ];
        let timeout = |value: Option<Duration>, default: u64, flag| match value {
            Some(value) => (value.as_secs(), Source::Flag(flag)),
            None => (default, Source::Default),
        };
        let (seconds, source) = timeout(network.store_timeout, 30, "--store-timeout");
        list.push(ShownSetting::new("store_timeout_secs", seconds, &source));
        list.push(shown_setting("account", account.clone()));
        let from = wallet.from.map(|value| Found {
            value,
            source: origins.of("from", "--from", Some(env::ETH_FROM)),
        });
        list.push(shown_setting("from", from));
        list.push(shown_setting("keystore", keystore.clone()));
        list.push(shown_setting("identity", identity.clone()));
        for (name, file) in [
            ("password_file", &password),
            ("identity_password_file", &identity_password),
        ] {
            // The path is not shown: people put the password itself there.
            let found = file.as_ref().map(|file| Found {
                value: "(set)",
                source: Source::Flag(file.flag),
            });
            list.push(shown_setting(name, found));
        }
        list.push(shown_switch("allow_http", allow_http));
        list.push(shown_switch("allow_private_endpoints", allow_private));
        let (seconds, source) = timeout(transaction.timeout, 120, "--timeout");
        list.push(ShownSetting::new("timeout_secs", seconds, &source));
        let (seconds, source) = match network.rpc_timeout {
            Some(value) => {
                let source = origins.of("rpc_timeout", "--rpc-timeout", Some(env::ETH_RPC_TIMEOUT));
                (value.as_secs(), source)
            }
            None => (30, Source::Default),
        };
        list.push(ShownSetting::new("rpc_timeout_secs", seconds, &source));

        Ok(Self {
            rpc_url_by_flag: matches!(rpc_url.source, Source::Flag(_)),
            rpc_url: rpc_url.value,
            verify_rpc_url: verify.map(|it| it.value),
            expected_chain_id: chain_id,
            given: with_stores(given, &stores),
            profile: network.profile.clone(),
            project: project.map(|project| project.path),
            allow_http: net.allow_http,
            registry,
            trusted_registries,
            port,
            stores,
            stores_by_flag,
            net,
            signer: Choice::of(wallet, keystore.as_ref(), account.as_ref())?,
            derivation: Derivation::of(wallet),
            from: wallet.from,
            keystore_by_flag: keystore
                .filter(|it| matches!(it.source, Source::Flag(_)))
                .map(|it| it.value),
            account: account.map(|it| it.value),
            password_file: password,
            identity: identity.map(|it| it.value),
            identity_password_file: identity_password,
            delivery: Delivery::of(transaction),
            yes: transaction.yes,
            timeout: transaction.timeout,
            rpc_timeout: network.rpc_timeout,
            accept_new_key: transaction.accept_new_key,
            json: display.json,
            shown: ShownSettings { settings: list },
            home,
        })
    }

    /// What the project's file decides in this run, in a sentence; none if it decides nothing.
    pub fn project_words(&self) -> Option<String> {
        let path = self.project.as_ref()?;
        let from = Source::Project(path.clone()).to_string();
        let by_project = |it: &&ShownSetting| it.source == from;
        let decided: Vec<_> = self.shown.settings.iter().filter(by_project).collect();
        let told = decided.iter().map(|it| {
            format!(
                "{} {}",
                it.name,
                shown(it.value.as_str().unwrap_or_default())
            )
        });
        let told: Vec<_> = told.collect();
        (!told.is_empty()).then(|| format!("{} (from `{from}`)", told.join(", ")))
    }
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
