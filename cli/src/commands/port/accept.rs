//! `patientport port accept`
//!
//! Taking a port over is two transactions: the first makes the account its owner, the second publishes the new owner's
//! key with new keys of every section. What the second needs is found out before the first is sent. The number of the
//! new key is written to the home before, as `port change-key` does, so that running the command again finishes what
//! was interrupted.

use std::collections::BTreeSet;

use alloy::primitives::Address;
use patientport_client::core::abi::IPatientPort::IPatientPortEvents as Event;
use patientport_client::history::history;
use patientport_client::port::{EmergencyState, Port, PortInfo};
use patientport_client::rotation::{NamedSection, NewKeys, no_rotation};
use patientport_client::{Actor, IdentityKeys, Keyring};
use patientport_core::section::SectionSet;
use rand_core::OsRng;
use serde::Serialize;
use serde_json::json;

use super::claim::known_code;
use super::reserved::Reserved;
use super::taking::{Taker, entry, reserve, settle};
use crate::args::port::AcceptArgs;
use crate::commands::acting::Sender;
use crate::commands::describe::Who;
use crate::commands::keys;
use crate::commands::sealing::{self, Rekeyed};
use crate::context::{ChosenPort, Context};
use crate::error::Error;
use crate::home::ports::{Ports, free_name};
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, approved, send, submit};
use crate::text::count;
use crate::time;

/// A port that has a new owner.
#[derive(Debug, Serialize)]
pub struct Accepted {
    /// The port.
    pub port: Address,
    /// Its name in this home.
    pub name: String,
    /// Whose it was, if this run took it over.
    pub former_owner: Option<Address>,
    /// Fingerprint of the key that it shows now.
    pub fingerprint: String,
    /// The identity that has it.
    pub identity: String,
    /// The key's number in the identity.
    pub key_index: u32,
    /// The sections that got new keys.
    pub sections: SectionSet,
    /// The transaction that took the port over; none if an earlier run had sent it.
    pub accept_tx: Option<TxSummary>,
    /// The transaction that changed the keys; none if an earlier run had sent it.
    pub key_tx: Option<TxSummary>,
    /// What became of the new keys.
    #[serde(flatten)]
    pub given: Rekeyed,
}

impl Outcome for Accepted {
    fn text(&self) -> String {
        let keys =
            if self.accept_tx.is_none() && self.key_tx.is_none() && self.given.later.is_empty() {
                "nothing was left to do".to_owned()
            } else {
                format!("{} got new keys", count(self.sections.len(), "section"))
            };
        let mut text = format!(
            "port {} is yours as `{}`, key {}; {keys}\n",
            self.port, self.name, self.fingerprint
        );
        text.extend(self.accept_tx.iter().map(TxSummary::line));
        text.extend(self.key_tx.iter().map(TxSummary::line));
        text.push_str(&self.given.lines());
        text
    }
}

/// Takes over a port that was offered, and changes all its keys.
///
/// # Errors
/// [`Error::NotOffered`]; [`Error::UnknownCode`]; `CurrentSecretMissing` before anything is sent, for who was given no
/// secrets; the port's refusals.
pub async fn run(context: &Context, args: AcceptArgs) -> Result<Accepted, Error> {
    context.require_consent()?;
    let chosen = context.port(Some(&args.port)).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let account = context.account(None)?;
    let is_owner = info.patient == account;
    if !is_owner && info.pending_owner != Some(account) {
        return Err(Error::NotOffered {
            port: port.address(),
            account,
        });
    }
    let (code_hash, vouched) = known_code(context, port, args.accept_code).await?;
    let wallet = context.wallet(None)?;
    let (identity, seed) = context.identity(None)?;
    let taker = Taker {
        wallet,
        identity,
        seed,
    };
    if is_owner && let Some(index) = taker.finished(context, &chosen, &info).await? {
        return finished(context, &chosen, &args, &taker, index);
    }
    let keyring = taker.secrets(context, &chosen).await?;
    let abandon = sealing::abandoned(&args.rotation)?;
    require_secrets(port, &keyring, abandon).await?;
    let reserved = reserve(context, &chosen, &args, &taker)?;
    let mut accept_tx = None;
    if !is_owner {
        let mut preview = Preview::new("take the port over, then change all its keys")
            .line("port", port.address().to_string())
            .line("whose it is", info.patient.to_string())
            .line(
                "issued by",
                Who::find(port.registry(), port.code().issuer).await?.line(),
            )
            .line("code hash", format!("{code_hash} ({vouched})"))
            .line(
                "stays",
                "delegates, responders, custodians, grants, primary care: see `patientport access list`",
            );
        for line in left_behind(port, account).await? {
            preview = preview.line("still acts", line);
        }
        match send(context, &taker.wallet, preview, &port.accept_ownership()).await {
            Ok(report) => accept_tx = Some((&report).into()),
            Err(error) if is_unsent(&error) => {
                reserved.give_back(context)?;
                return Err(error);
            }
            Err(error) => return Err(error),
        }
    }
    let changed = change_keys(context, &chosen, &args, &taker, keyring, &reserved).await;
    if context.is_dry_run() {
        reserved.give_back(context)?;
    }
    let mut accepted = changed.map_err(|error| {
        error.with_hint(
            "the port is yours, and still shows the former owner's key: go on with the same command",
            json!({ "port": port.address() }),
        )
    })?;
    accepted.accept_tx = accept_tx;
    accepted.former_owner = (!is_owner).then_some(info.patient);
    Ok(accepted)
}

impl Taker {
    /// Everything with which this home may open what was sealed at the port: to this account as a delegate or a reader,
    /// and, if it has the port's identity, to the former owner.
    fn keys(
        &self,
        context: &Context,
        chosen: &ChosenPort,
        shown: &[patientport_core::keys::PublicKey],
    ) -> Result<IdentityKeys, Error> {
        let mut search = keys::patient_search(context, &self.seed, &chosen.known)?;
        let as_patient: Vec<_> = shown
            .iter()
            .filter_map(|key| search.find(key, None))
            .collect();
        let mut all: Vec<_> = as_patient
            .into_iter()
            .map(|index| search.key(index))
            .collect();
        all.extend(keys::provider_keys(context, &self.seed)?);
        // There is at least the identity's first key.
        let first = all.remove(0);
        Ok(IdentityKeys::new(first, all))
    }

    async fn secrets(&self, context: &Context, chosen: &ChosenPort) -> Result<Keyring, Error> {
        let port = &chosen.port;
        let shown = patientport_client::recovery::patient_keys(port).await?;
        let keys = self.keys(context, chosen, &shown)?;
        let history = history(port).await?;
        let mut accounts = BTreeSet::from([self.wallet.address()]);
        for it in history.events() {
            match &it.event {
                Event::Claimed(it) => _ = accounts.insert(it.patient),
                Event::OwnershipTransferred(it) => _ = accounts.insert(it.newOwner),
                _ => {}
            }
        }
        let accounts: Vec<_> = accounts.into_iter().collect();
        Ok(Keyring::collect_all(port, &accounts, &keys).await?)
    }

    /// The number of the port's key in the identity, if the key was changed after the port was taken over.
    async fn finished(
        &self,
        context: &Context,
        chosen: &ChosenPort,
        info: &PortInfo,
    ) -> Result<Option<u32>, Error> {
        let mut changed = false;
        for it in history(&chosen.port).await?.events() {
            match &it.event {
                Event::OwnershipTransferred(_) => changed = false,
                Event::EncryptionKeySet(_) | Event::Claimed(_) => changed = true,
                _ => {}
            }
        }
        if !changed {
            return Ok(None);
        }
        let shown = info.patient_key()?;
        let mut search = keys::patient_search(context, &self.seed, &chosen.known)?;
        Ok(search.find(&shown, chosen.known.next_key))
    }
}

/// Refuses to take over what could not be read: the former owner can give nothing any more afterwards.
async fn require_secrets(port: &Port, keyring: &Keyring, abandon: SectionSet) -> Result<(), Error> {
    for key in port.open_sections().await? {
        if !abandon.contains(key.section) && keyring.check(&key).is_err() {
            let error = patientport_client::Error::CurrentSecretMissing {
                section: key.section.get(),
                epoch: key.epoch,
            };
            return Err(Error::from(error).with_hint(
                "you were given no secrets: have the owner name you as a delegate with the approve right first (`patientport delegate add`), then accept",
                json!({ "section": key.section }),
            ));
        }
    }
    Ok(())
}

/// Whom the former owner has given powers that outlast it.
async fn left_behind(port: &Port, account: Address) -> Result<Vec<String>, Error> {
    let now = port.chain().now(time::clock()).await?;
    let mut lines = Vec::new();
    for holder in port.holders(now).await? {
        let (delegation, emergency) = (&holder.delegation, &holder.emergency);
        let who = holder.account();
        if delegation.is_live && who != account {
            lines.push(format!("{who} as a delegate who may {}", delegation.rights));
        }
        if emergency.state != EmergencyState::None {
            lines.push(format!("{who} as a responder, {}", emergency.state));
        }
    }
    Ok(lines)
}

/// Whether nothing has left this machine.
fn is_unsent(error: &Error) -> bool {
    !matches!(
        error.code(),
        "tx.receipt_timeout" | "rpc.timeout" | "rpc.unreachable" | "interrupted"
    )
}

async fn change_keys(
    context: &Context,
    chosen: &ChosenPort,
    args: &AcceptArgs,
    taker: &Taker,
    keyring: Keyring,
    reserved: &Reserved,
) -> Result<Accepted, Error> {
    let port = &chosen.port;
    let account = taker.wallet.address();
    let secret = taker.seed.patient_key(reserved.index);
    let key = secret.public();
    let actor = Actor::new_owner(port, account, secret.into(), keyring);
    let open = port.open_sections().await?;
    let sections: Vec<_> = open
        .iter()
        .map(|it| NamedSection::from(it.section))
        .collect();
    let mut plan = actor.plan(&sections, &[], time::clock()).await?;
    let chain_id = port.chain().chain_id();
    let pins = sealing::judge(context, &mut plan, args.rotation.include_unseen, chain_id)?;
    let abandon = sealing::abandoned(&args.rotation)?;
    let keys = (!sections.is_empty())
        .then(|| actor.new_keys_for(&plan, abandon, &key, &mut OsRng))
        .transpose()?;
    let preview = Preview::new("publish your key, and new keys of all sections")
        .line("port", port.address().to_string())
        .line(
            "key",
            format!(
                "{} (identity `{}`, key {})",
                key.fingerprint(),
                taker.identity,
                reserved.index
            ),
        );
    let (preview, rotation) = match &keys {
        Some(keys) => (
            sealing::preview(preview, &actor, None, keys, pins),
            keys.rotation.clone(),
        ),
        None => (preview, no_rotation()),
    };
    let call = port.set_encryption_key(&key, rotation);
    let prepared = approved(context, &taker.wallet, preview, &call).await;
    // From here on the key may be public, whatever the node says, or because somebody else sends the call.
    if prepared.as_ref().map_or_else(Error::is_handed_on, |_| true) {
        context
            .home()
            .note_patient_key(&taker.seed, reserved.index)?;
    }
    let prepared = prepared?;
    let report = submit(context, &taker.wallet, &call, &prepared).await?;
    settle(
        context,
        chosen,
        &reserved.name,
        taker,
        reserved.index,
        &actor,
    )?;
    let sender = Sender {
        actor: &actor,
        wallet: &taker.wallet,
    };
    let made = (Some(plan), keys.as_ref());
    let given = sealing::follow(context, chosen, &sender, None, made).await?;
    warn_of_own_delegation(context, port, account).await?;
    Ok(Accepted {
        port: port.address(),
        name: reserved.name.clone(),
        former_owner: None,
        fingerprint: key.fingerprint().to_string(),
        identity: taker.identity.clone(),
        key_index: reserved.index,
        sections: keys.as_ref().map(NewKeys::sections).unwrap_or_default(),
        accept_tx: None,
        key_tx: Some((&report).into()),
        given,
    })
}

/// An earlier run did everything but remember it.
fn finished(
    context: &Context,
    chosen: &ChosenPort,
    args: &AcceptArgs,
    taker: &Taker,
    index: u32,
) -> Result<Accepted, Error> {
    let port = &chosen.port;
    let (chain_id, address) = (port.chain().chain_id(), port.address());
    let secret = taker.seed.patient_key(index);
    let fingerprint = secret.public().fingerprint().to_string();
    let choose = |ports: &Ports| match (entry(ports, chain_id, address), &args.name) {
        (Some((name, _)), None) => Ok(name),
        _ => free_name(ports, args.name.as_deref(), address),
    };
    let name = choose(&context.home().ports()?)?;
    if !context.is_dry_run() {
        let account = taker.wallet.address();
        let actor = Actor::new_owner(port, account, secret.into(), Keyring::default());
        settle(context, chosen, &name, taker, index, &actor)?;
    }
    Ok(Accepted {
        port: address,
        name,
        former_owner: None,
        fingerprint,
        identity: taker.identity.clone(),
        key_index: index,
        sections: SectionSet::EMPTY,
        accept_tx: None,
        key_tx: None,
        given: Rekeyed::default(),
    })
}

/// Whoever was a delegate before is listed as one still.
async fn warn_of_own_delegation(
    context: &Context,
    port: &Port,
    account: Address,
) -> Result<(), Error> {
    let now = port.chain().now(time::clock()).await?;
    let delegation = port.holder_of(account, now).await?.delegation;
    if !delegation.rights.is_empty() {
        context.warn(
            "port.own_delegation",
            format!("you are listed as the port's delegate still: end that with `patientport delegate remove {account}`"),
        );
    }
    Ok(())
}
