//! Emergency packages: made, stored, and made anew when the keys or the custodians have changed.

use std::sync::Arc;

use alloy::primitives::{Address, B256};
use patientport_client::Actor;
use patientport_client::core::emergency::Package;
use patientport_client::emergency::packages;
use patientport_client::port::{DelegateRights, EmergencyState, Port};
use patientport_client::progress::Watcher;
use patientport_client::rotation::NewKeys;
use patientport_core::emergency::EmergencyError;
use patientport_core::keys::PublicKey;
use patientport_core::section::SectionSet;
use rand_core::OsRng;
use serde::Serialize;

use crate::args::emergency::RefreshArgs;
use crate::commands::acting::{Acting, Sender};
use crate::commands::describe::Who;
use crate::commands::party::section_list;
use crate::commands::record::blocking;
use crate::commands::record::stores::Writers;
use crate::context::{ChosenPort, Context, Wallet};
use crate::delivery::Delivery;
use crate::error::Error;
use crate::home::pins::{Pin, PinState, Subject};
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, approved, submit};
use crate::time;

/// A package that was made anew.
#[derive(Debug, Serialize)]
pub struct Renewed {
    /// The responder that it is for.
    pub responder: Address,
    /// The sections in it.
    pub sections: SectionSet,
    /// Its BLAKE3: its name in the stores.
    pub package: B256,
    /// The transaction.
    pub tx: TxSummary,
}

impl Renewed {
    /// A line for people, and one for the transaction.
    pub fn text(&self) -> String {
        format!(
            "new emergency package for {}\n{}",
            self.responder,
            self.tx.line()
        )
    }
}

/// What `emergency refresh` did.
#[derive(Debug, Serialize)]
pub struct Refreshed {
    /// The port.
    pub port: Address,
    /// The packages that were made anew.
    pub packages: Vec<Renewed>,
}

impl Outcome for Refreshed {
    fn text(&self) -> String {
        if self.packages.is_empty() {
            return "every emergency package is up to date\n".into();
        }
        self.packages.iter().map(Renewed::text).collect()
    }
}

/// The custodians of a port whose keys can be sealed to, with these keys as this home compared them. The responder itself
/// is left out, if it is one: with a layer of its own it could open its package alone.
///
/// # Errors
/// `emergency.no_custodian`; `KeyChanged`.
pub async fn custodians(
    context: &Context,
    port: &Port,
    responder: Address,
    include_unseen: bool,
) -> Result<Vec<(Address, PublicKey, Pin)>, Error> {
    let mut sealable = Vec::new();
    for custodian in port.custodians().await? {
        let Some(key) = custodian.key else { continue };
        let is_known = sealable
            .iter()
            .any(|(account, _, _)| *account == custodian.account);
        if !is_known && custodian.account != responder {
            let subject = Subject::Account(custodian.account);
            let pin = context.compare_key(port.chain().chain_id(), subject, &key)?;
            require_seen(context, custodian.account, &pin, include_unseen)?;
            sealable.push((custodian.account, key, pin));
        }
    }
    if sealable.is_empty() {
        let none = EmergencyError::CustodianCount { count: 0 };
        return Err(patientport_client::Error::from(none).into());
    }
    Ok(sealable)
}

/// Stores a package in every store named. One that has it is enough; of others that fail, the user is told.
///
/// # Errors
/// The first store's, if none took it.
pub async fn store(context: &Context, package: &Package) -> Result<(), Error> {
    let writers = Writers::open(context, &context.settings.stores, Watcher::nobody())?;
    let bytes = Arc::new(package.to_bytes());
    let (mut failure, mut stored) = (None, false);
    for store in &writers.stores {
        let (at, bytes) = (Arc::clone(store), Arc::clone(&bytes));
        let put = blocking(move || {
            at.put(&bytes).map_err(patientport_client::Error::from)?;
            Ok(())
        });
        match put.await {
            Ok(()) => stored = true,
            Err(error) if failure.is_none() => failure = Some(error),
            Err(error) => context.warn("store.failed", error.chain().join(": ")),
        }
    }
    match failure {
        Some(error) if stored => {
            context.warn("store.failed", error.chain().join(": "));
            Ok(())
        }
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Stores a package before its transaction is handed over: whoever sends that has no package to store.
///
/// # Errors
/// As [`store`].
pub async fn store_ahead(context: &Context, package: &Package) -> Result<(), Error> {
    match context.settings.delivery {
        Delivery::Sign { .. } | Delivery::Unsigned { .. } => store(context, package).await,
        Delivery::Send | Delivery::DryRun => Ok(()),
    }
}

/// Makes packages anew that are older than the keys or the custodians, or all of them.
///
/// # Errors
/// What a delegate may not do; `emergency.no_custodian`; the stores'; the port's refusals.
pub async fn run(context: &Context, args: RefreshArgs) -> Result<Refreshed, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let acting = Acting::open(context, &chosen, DelegateRights::ROTATE).await?;
    let renewed = renew(context, &chosen, &acting.sender(), None, &args).await?;
    Ok(Refreshed {
        port: chosen.port.address(),
        packages: renewed,
    })
}

/// As `emergency refresh`, at the end of a command whose own work is done: what fails is told and does not fail it.
/// `made` are keys that the command has just made.
pub async fn afterwards(
    context: &Context,
    chosen: &ChosenPort,
    sender: &Sender<'_>,
    made: Option<&NewKeys>,
) -> Vec<Renewed> {
    // A run that sends nothing has nothing to go on with.
    if context.settings.delivery.flag().is_some() {
        return Vec::new();
    }
    let args = RefreshArgs::default();
    match renew(context, chosen, sender, made, &args).await {
        Ok(renewed) => renewed,
        Err(error) => {
            context.warn(
                "emergency.not_renewed",
                format!(
                    "emergency packages are older than the keys or the custodians and were not made anew ({error}): run `patientport emergency refresh`"
                ),
            );
            Vec::new()
        }
    }
}

async fn renew(
    context: &Context,
    chosen: &ChosenPort,
    sender: &Sender<'_>,
    made: Option<&NewKeys>,
    args: &RefreshArgs,
) -> Result<Vec<Renewed>, Error> {
    let port = &chosen.port;
    let told = packages(port).await?;
    let mut renewed = Vec::new();
    let wanted: Vec<_> = told
        .iter()
        .filter(|(_, package)| args.all || package.is_outdated())
        .collect();
    if wanted.is_empty() {
        return Ok(renewed);
    }
    let now = port.chain().now(time::clock()).await?;
    let actor = match made {
        Some(made) => sender.actor.with_secrets(&made.secrets),
        None => sender.actor.clone(),
    };
    let mut failure = None;
    for (responder, _) in wanted {
        let emergency = port.holder_of(*responder, now).await?.emergency;
        // After its end a responder has to be armed anew, with a package of its own.
        if !matches!(
            emergency.state,
            EmergencyState::Armed | EmergencyState::Pending | EmergencyState::Open
        ) {
            continue;
        }
        let target = (*responder, emergency.sections);
        match renew_one(context, port, &actor, sender.wallet, target, args).await {
            Ok(one) => renewed.push(one),
            // What is wrong with one responder's key is not the others' business; a no is a no.
            Err(error) if error.code() == "pin.changed" || error.code() == "pin.unseen" => {
                failure = failure.or(Some((*responder, error)));
            }
            Err(error) => return Err(error),
        }
    }
    match failure {
        Some((responder, error)) if !renewed.is_empty() => {
            context.warn(
                "emergency.not_renewed",
                format!("the emergency package of `{responder}` was not made anew: {error}"),
            );
            Ok(renewed)
        }
        Some((_, error)) => Err(error),
        None => Ok(renewed),
    }
}

async fn renew_one(
    context: &Context,
    port: &Port,
    actor: &Actor,
    wallet: &Wallet,
    (responder, sections): (Address, SectionSet),
    args: &RefreshArgs,
) -> Result<Renewed, Error> {
    let custodians = custodians(context, port, responder, args.include_unseen).await?;
    let (key, pin) = responder_key(context, port, responder).await?;
    require_seen(context, responder, &pin, args.include_unseen)?;
    let keys = port.section_keys(sections).await?;
    let sealed_to: Vec<_> = custodians.iter().map(|it| (it.0, it.1)).collect();
    let package = actor.package((responder, &key), &keys, &sealed_to, &mut OsRng)?;
    let mut preview = Preview::new("make an emergency package anew")
        .line("port", port.address().to_string())
        .line(
            "responder",
            Who::find(port.registry(), responder).await?.line(),
        )
        .pinned("its key", "", pin)
        .line("sections", section_list(sections, Some(actor.keyring())));
    for (account, _, pin) in &custodians {
        preview = preview.pinned("custodian", format!("{account}, key "), pin.clone());
    }
    let call = port.set_package(responder, package.commitment());
    store_ahead(context, &package).await?;
    let prepared = approved(context, wallet, preview, &call).await?;
    store(context, &package).await?;
    let report = submit(context, wallet, &call, &prepared).await?;
    Ok(Renewed {
        responder,
        sections: keys.iter().map(|key| key.section).collect(),
        package: package.commitment(),
        tx: (&report).into(),
    })
}

/// A node that invents keys could have a package sealed to itself: a key never seen before takes the word of a person,
/// who sees it in the preview.
///
/// # Errors
/// [`Error::UnseenKey`].
fn require_seen(
    context: &Context,
    account: Address,
    pin: &Pin,
    include_unseen: bool,
) -> Result<(), Error> {
    let is_asked = context.terminal.interactive && !context.settings.yes;
    if pin.state == PinState::First && !include_unseen && !is_asked {
        return Err(Error::UnseenKey {
            account,
            fingerprint: pin.fingerprint.clone(),
        });
    }
    Ok(())
}

/// A responder's key as the registry shows it, compared with the one first seen.
///
/// # Errors
/// `provider.unknown`, `key.none`, `KeyChanged`.
pub async fn responder_key(
    context: &Context,
    port: &Port,
    responder: Address,
) -> Result<(PublicKey, Pin), Error> {
    let key = port
        .registry()
        .provider(responder)
        .await?
        .encryption_key()?;
    let pin = context.compare_key(port.chain().chain_id(), Subject::Account(responder), &key)?;
    Ok((key, pin))
}
