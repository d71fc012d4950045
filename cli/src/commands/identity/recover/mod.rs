//! `patientport identity recover`: everything that a home remembers, found again from keys, chain and nothing else.

mod accounts;
mod found;

use alloy::primitives::Address;
use patientport_client::recovery::providers_among;
use patientport_client::registry::{ProviderStatus, Registry};
use patientport_core::keys::IdentitySeed;
use serde::Serialize;

use accounts::Account;
pub use accounts::RestoredWallet;
pub use found::{FoundPort, PortState};

use crate::args::identity::RecoverArgs;
use crate::commands::keys::Search;
use crate::context::Context;
use crate::error::Error;
use crate::home::HomeError;
use crate::output::Outcome;
use crate::text::{Table, count};

/// What was found.
#[derive(Debug, Serialize)]
pub struct Recovered {
    /// The chain.
    pub chain_id: u64,
    /// The registry that was searched.
    pub registry: Address,
    /// The identity.
    pub identity: String,
    /// Wallets that were made again.
    pub wallets: Vec<RestoredWallet>,
    /// Ports of the accounts, oldest first.
    pub ports: Vec<FoundPort>,
    /// Accounts that are providers.
    pub providers: Vec<FoundProvider>,
    /// The number of the identity's next patient key: none above it was found on the chain.
    pub next_patient_key: u32,
}

/// An account that is a provider.
#[derive(Debug, Serialize)]
pub struct FoundProvider {
    /// The account.
    pub account: Address,
    /// Its wallet in this home.
    pub wallet: String,
    /// Its standing.
    pub status: ProviderStatus,
    /// Fingerprint of the key that it published.
    pub fingerprint: Option<String>,
    /// The key's number in this identity; none if it is of another.
    pub key_index: Option<u32>,
}

impl Outcome for Recovered {
    fn text(&self) -> String {
        let mut text = String::new();
        for wallet in &self.wallets {
            text.push_str(&format!(
                "wallet `{}` restored: {} (account {} of identity `{}`)\n",
                wallet.name, wallet.address, wallet.index, self.identity
            ));
        }
        for provider in &self.providers {
            let key = match provider.key_index {
                Some(index) => format!("key {index} of identity `{}`", self.identity),
                None => format!("its key is not of identity `{}`", self.identity),
            };
            text.push_str(&format!(
                "wallet `{}` is a provider ({}): {key}\n",
                provider.wallet,
                provider.status.as_str()
            ));
        }
        if self.ports.is_empty() {
            text.push_str("no ports\n");
            return text;
        }
        let mut table = Table::new(["NAME", "PORT", "WALLET", "STATE", "KEY", "SECTIONS"]);
        for port in &self.ports {
            table.row([
                port.name.clone().unwrap_or_else(|| "-".into()),
                port.port.to_string(),
                port.wallet.clone(),
                port.state.as_str().to_owned(),
                port.key_index
                    .map_or_else(|| "-".into(), |it| it.to_string()),
                port.sections_line(),
            ]);
        }
        text.push_str(&table.to_string());
        text
    }
}

/// Finds accounts, ports and provider entries, and remembers them as if they had been made here.
///
/// # Errors
/// [`Error::NoRegistry`]; the home's, the prompts' and the chain's. What is wrong with a single port is a warning.
pub async fn run(context: &Context, args: RecoverArgs) -> Result<Recovered, Error> {
    let registry = context.registry().await?;
    let name = identity_name(context, args.name.as_deref())?;
    let (identity, seed) = context.identity_named(&name)?;
    for former in &args.former {
        if *former == identity {
            return Err(Error::FlagInvalid {
                flag: "--former",
                value: former.clone(),
                reason: "it is the identity itself".into(),
            });
        }
        context.home().identity(former)?;
        context.home().note_former(&seed, former)?;
    }
    let wallets = if args.no_accounts {
        Vec::new()
    } else {
        accounts::restore(context, &registry, (&identity, &seed), &args).await?
    };
    let accounts = accounts::of_home(context)?;
    if accounts.is_empty() {
        return Err(Error::NothingRecovered {
            identity,
            registry: registry.address(),
        });
    }
    let addresses: Vec<_> = accounts.iter().map(|it| it.address).collect();
    let issued = accounts::ports(context, &registry, &addresses).await?;
    let mut search = Search::patient(&seed, context.home().derived(&seed)?.next_patient_key);
    let ports = found::recover(
        context,
        &registry,
        &accounts,
        (&identity, &seed),
        &mut search,
        &issued,
        args.accept_code,
    );
    let ports = ports.await?;
    if let Some(last) = search.next().checked_sub(1) {
        context.home().note_patient_key(&seed, last)?;
    }
    warn_of_ports(context, &ports);
    Ok(Recovered {
        chain_id: registry.chain().chain_id(),
        registry: registry.address(),
        wallets,
        ports,
        providers: providers(context, &registry, &accounts, &identity, &seed).await?,
        next_patient_key: search.next(),
        identity,
    })
}

/// The identity that is named, or the only one.
fn identity_name(context: &Context, named: Option<&str>) -> Result<String, Error> {
    if let Some(name) = named.or(context.settings.identity.as_deref()) {
        return Ok(name.to_owned());
    }
    match <[String; 1]>::try_from(context.home().identities()?) {
        Ok([only]) => Ok(only),
        Err(several) if several.is_empty() => Err(HomeError::Empty {
            what: "identity",
            directory: context.home().root().join("identities"),
        }
        .into()),
        Err(_) => context.identity_name(None),
    }
}

async fn providers(
    context: &Context,
    registry: &Registry,
    accounts: &[Account],
    identity: &str,
    seed: &IdentitySeed,
) -> Result<Vec<FoundProvider>, Error> {
    let addresses: Vec<_> = accounts.iter().map(|it| it.address).collect();
    let registered = providers_among(registry, &addresses).await?;
    let mut found = Vec::new();
    let mut search = Search::provider(seed, context.home().derived(seed)?.provider_key);
    for account in accounts
        .iter()
        .filter(|it| registered.contains(&it.address))
    {
        let provider = registry.provider(account.address).await?;
        let key_index = provider.key.and_then(|key| search.find(&key, None));
        if key_index.is_none() {
            context.warn(
                "recover.other_identity",
                format!(
                    "provider `{}`: identity `{identity}` does not have the key that it published",
                    account.address
                ),
            );
        }
        if let Some(index) = key_index {
            context.home().change_derived(seed, |derived| {
                derived.provider_key = derived.provider_key.max(index);
            })?;
        }
        found.push(FoundProvider {
            account: account.address,
            wallet: account.wallet.clone(),
            status: provider.status,
            fingerprint: provider.key.map(|key| key.fingerprint().to_string()),
            key_index,
        });
    }
    Ok(found)
}

fn warn_of_ports(context: &Context, ports: &[FoundPort]) {
    for FoundPort { port, state, .. } in ports {
        match state {
            PortState::Unclaimed => context.warn(
                "recover.unclaimed",
                format!("port `{port}` was issued and is not accepted yet: `patientport port claim {port}`"),
            ),
            PortState::Offered => context.warn(
                "recover.unclaimed",
                format!("port `{port}` is offered by its owner and was not taken over: `patientport port accept {port}`"),
            ),
            PortState::OtherIdentity => context.warn(
                "recover.other_identity",
                format!("port `{port}`: this identity does not have its key; recover it with the one that has"),
            ),
            PortState::UnknownCode => context.warn(
                "recover.unknown_code",
                format!("port `{port}` runs code that this program does not know: `--accept-code HASH` takes it back"),
            ),
            PortState::NotGenuine => context.warn(
                "recover.not_genuine",
                format!("`{port}` is no genuine port of the registry"),
            ),
            PortState::Recovered | PortState::Transferred => {}
        }
    }
    let readers: usize = ports.iter().map(|port| port.readers).sum();
    if readers > 0 {
        context.warn(
            "recover.readers_unseen",
            format!(
                "the keys of {} are not remembered any more: the next change of section keys asks about each",
                count(readers, "reader")
            ),
        );
    }
}
