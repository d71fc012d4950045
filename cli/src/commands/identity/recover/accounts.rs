//! Accounts whose ports are looked for: the home's wallets, and those that the identity's words make.

use std::collections::BTreeSet;

use alloy::primitives::{Address, U64};
use alloy::signers::local::PrivateKeySigner;
use patientport_client::recovery::{ports_issued_to, ports_transferred_to, providers_among};
use patientport_client::registry::{IssuedPort, Registry};
use patientport_core::keys::{BackupPhrase, IdentitySeed};
use serde::Serialize;

use crate::args::identity::RecoverArgs;
use crate::commands::wallet::new::signer_of;
use crate::context::Context;
use crate::error::Error;
use crate::passwords;

/// How many accounts in a row without a trace end the search: the gap limit of BIP-44.
const GAP: u32 = 20;

/// An account and the wallet that has its key.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) wallet: String,
    pub(super) address: Address,
}

/// A wallet that was made again.
#[derive(Clone, Debug, Serialize)]
pub struct RestoredWallet {
    /// Its name.
    pub name: String,
    /// Its account.
    pub address: Address,
    /// The account's number among those of the identity.
    pub index: u32,
}

/// The accounts of the wallets in the home; the one that is named alone, if one is.
pub(super) fn of_home(context: &Context) -> Result<Vec<Account>, Error> {
    let named = context.settings.account.as_deref();
    let wallets = context.home().wallets()?.into_iter();
    wallets
        .filter(|wallet| named.is_none_or(|name| name == wallet.name))
        .map(|wallet| {
            let address = match wallet.address {
                Some(address) => address,
                None => context.unlock_account(&wallet.name)?.address(),
            };
            Ok(Account {
                wallet: wallet.name,
                address,
            })
        })
        .collect()
}

/// Finds accounts of the identity's words that have left a trace on the chain, and makes their wallets again.
pub(super) async fn restore(
    context: &Context,
    registry: &Registry,
    (identity, seed): (&str, &IdentitySeed),
    args: &RecoverArgs,
) -> Result<Vec<RestoredWallet>, Error> {
    let used = used(context, registry, seed).await?;
    if used.is_empty() {
        return Ok(Vec::new());
    }
    context.home().change_derived(seed, |derived| {
        let numbers = used
            .iter()
            .map(|(index, signer)| (*index, signer.address()));
        derived.accounts.extend(numbers);
    })?;
    let held: BTreeSet<Address> = context
        .home()
        .wallets()?
        .iter()
        .filter_map(|wallet| wallet.address)
        .collect();
    let missing = used.iter().filter(|(_, it)| !held.contains(&it.address()));
    let mut restored = Vec::new();
    let mut password = None;
    for (index, signer) in missing {
        let name = free_name(context, identity, *index);
        let password = match &mut password {
            Some(password) => password,
            none => {
                let file = context.settings.password_file.as_ref();
                none.insert(passwords::for_new(context, "wallet", &name, file)?)
            }
        };
        context
            .home()
            .add_wallet(&name, signer, password, args.kdf.scrypt_log_n)?;
        restored.push(RestoredWallet {
            name,
            address: signer.address(),
            index: *index,
        });
    }
    if restored.len() > 1 {
        context.terminal.say(&format!(
            "{} wallets were restored, all with the same password",
            restored.len()
        ));
    }
    Ok(restored)
}

/// The identity's name, or that and the account's number, or whatever of that kind is free.
fn free_name(context: &Context, identity: &str, index: u32) -> String {
    let numbered = (index > 0).then(|| format!("{identity}-{index}"));
    let first = numbered.unwrap_or_else(|| identity.to_owned());
    let others = (2..u32::MAX).map(|number| format!("{first}-account-{number}"));
    std::iter::once(first.clone())
        .chain(others)
        .find(|name| context.home().check_new_wallet(name).is_ok())
        // Only a name that is too long has no free variant; writing it tells so.
        .unwrap_or(first)
}

/// Accounts of the words with a port, an entry as a provider, or a transaction of their own; by number.
async fn used(
    context: &Context,
    registry: &Registry,
    seed: &IdentitySeed,
) -> Result<Vec<(u32, PrivateKeySigner)>, Error> {
    let accounts = BackupPhrase::of(seed).accounts();
    let known = context.home().derived(seed)?.next_account();
    let mut used: Vec<(u32, PrivateKeySigner)> = Vec::new();
    let mut first = 0;
    loop {
        let last_used = used
            .last()
            .map_or(known, |(index, _)| index.saturating_add(1));
        if first >= last_used.max(known).saturating_add(GAP) {
            return Ok(used);
        }
        let batch = (first..first.saturating_add(GAP))
            .map(|index| Ok((index, signer_of(&accounts.key(index)?))))
            .collect::<Result<Vec<_>, Error>>()?;
        let addresses: Vec<_> = batch.iter().map(|(_, it)| it.address()).collect();
        let traces = traces(registry, &addresses).await?;
        let with_traces = batch
            .into_iter()
            .filter(|(_, it)| traces.contains(&it.address()));
        used.extend(with_traces);
        first = first.saturating_add(GAP);
    }
}

async fn traces(registry: &Registry, addresses: &[Address]) -> Result<BTreeSet<Address>, Error> {
    let mut traces: BTreeSet<Address> = providers_among(registry, addresses)
        .await?
        .into_iter()
        .collect();
    traces.extend(
        ports_issued_to(registry, addresses)
            .await?
            .iter()
            .map(|it| it.patient),
    );
    for address in addresses {
        let sent: U64 = registry
            .chain()
            .request("eth_getTransactionCount", (*address, "latest"))
            .await?;
        // Who took over another's port did so by a transaction of its own.
        if !sent.is_zero() {
            traces.insert(*address);
        }
    }
    Ok(traces)
}

/// Ports that any of the accounts may have: issued to it, or transferred.
pub(super) async fn ports(
    context: &Context,
    registry: &Registry,
    addresses: &[Address],
) -> Result<Vec<IssuedPort>, Error> {
    let mut ports = ports_issued_to(registry, addresses).await?;
    match ports_transferred_to(registry, addresses).await {
        Ok(transferred) => ports.extend(transferred),
        Err(error @ patientport_client::Error::Rpc { .. }) => {
            context.warn(
                "recover.no_transfers",
                format!(
                    "ports that were transferred to these accounts were not looked for: {error}"
                ),
            );
        }
        Err(error) => return Err(error.into()),
    }
    ports.sort_by_key(|port| (port.block, port.port));
    ports.dedup();
    Ok(ports)
}
