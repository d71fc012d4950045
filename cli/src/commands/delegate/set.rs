//! `patientport delegate add` and `patientport delegate change`

use alloy::primitives::Address;
use patientport_client::Timestamp;
use patientport_client::delegation::Mandate;
use patientport_client::port::{DelegateRights, Delegation};
use patientport_client::rotation::NewKeys;
use patientport_core::section::SectionSet;
use rand_core::OsRng;
use serde::Serialize;

use crate::args::access::RotationArgs;
use crate::args::delegate::{AddArgs, ChangeArgs};
use crate::args::person::{PersonRef, delegate_rights};
use crate::args::values::Until;
use crate::commands::acting::Sender;
use crate::commands::describe::Who;
use crate::commands::party::{Patient, section_list};
use crate::commands::person::{self, Person};
use crate::commands::sealing::{self, Rekeyed};
use crate::context::{ChosenPort, Context};
use crate::error::Error;
use crate::home::pins::Subject;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::time;

/// A delegate as the patient named it.
#[derive(Debug, Serialize)]
pub struct Delegated {
    /// The port.
    pub port: Address,
    /// Who.
    pub delegate: Address,
    /// Fingerprint of its key.
    pub fingerprint: String,
    /// What it may do.
    pub rights: Vec<&'static str>,
    /// First second without these rights, Unix seconds.
    pub until: u64,
    /// Sections that got new keys.
    pub rotated: SectionSet,
    /// The transaction.
    pub tx: TxSummary,
    /// What became of the new keys.
    #[serde(flatten)]
    pub given: Rekeyed,
}

impl Outcome for Delegated {
    fn text(&self) -> String {
        let mut text = format!(
            "{} may {} until {}\n",
            self.delegate,
            self.rights.join(", "),
            time::human(self.until)
        );
        if !self.rotated.is_empty() {
            let sections = section_list(self.rotated, None);
            text.push_str(&format!("new keys for section {sections}\n"));
        }
        text.push_str(&self.tx.line());
        text.push_str(&self.given.lines());
        text
    }
}

/// Names a delegate.
///
/// # Errors
/// [`Error::DelegateAlready`]; what is wrong with the key; the port's refusals.
pub async fn add(context: &Context, args: AddArgs) -> Result<Delegated, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let account = args.person.who.account();
    let before = delegation(&chosen, account).await?;
    if before.is_live {
        return Err(Error::DelegateAlready {
            account,
            port: chosen.port.address(),
        });
    }
    let person = person::find(context, &chosen.port, &args.person).await?;
    let until = resolve(context, &args.until).await?;
    let wanted = Wanted {
        rights: delegate_rights(&args.rights),
        until,
        before,
        title: "name a delegate, who acts for you",
    };
    set(context, &chosen, person, wanted, &args.rotation).await
}

/// Changes what a delegate may do, until when, or its key.
///
/// # Errors
/// [`Error::UnknownDelegate`]; what is wrong with the key; the port's refusals.
pub async fn change(context: &Context, args: ChangeArgs) -> Result<Delegated, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let account = args.person.who.account();
    let before = delegation(&chosen, account).await?;
    if before.rights.is_empty() {
        return Err(Error::UnknownDelegate {
            account,
            port: port.address(),
        });
    }
    let is_key_given = matches!(args.person.who, PersonRef::Card(_));
    if !is_key_given && args.rights.is_empty() && args.until.is_none() {
        return Err(Error::FlagNeeded {
            flag: "--rights, --until or a key card",
            reason: "nothing would change".into(),
        });
    }
    // Named by account alone, a delegate keeps the key that it has.
    let person = match before.key {
        Some(key) if !is_key_given && args.person.fingerprint.is_none() => Person {
            account,
            key,
            pin: context.compare_key(port.chain().chain_id(), Subject::Account(account), &key)?,
        },
        _ => person::find(context, port, &args.person).await?,
    };
    let rights = if args.rights.is_empty() {
        before.rights
    } else {
        delegate_rights(&args.rights)
    };
    let until = match &args.until {
        Some(until) => resolve(context, until).await?,
        None => before.until,
    };
    let wanted = Wanted {
        rights,
        until,
        before,
        title: "change what a delegate may do",
    };
    set(context, &chosen, person, wanted, &args.rotation).await
}

async fn delegation(chosen: &ChosenPort, account: Address) -> Result<Delegation, Error> {
    let port = &chosen.port;
    port.claimed_info().await?;
    let now = port.chain().now(time::clock()).await?;
    Ok(port.holder_of(account, now).await?.delegation)
}

async fn resolve(context: &Context, until: &Until) -> Result<Timestamp, Error> {
    Ok(Timestamp(context.time_of("--until", until).await?))
}

/// What a delegation is to be, and what it was.
struct Wanted {
    rights: DelegateRights,
    until: Timestamp,
    before: Delegation,
    title: &'static str,
}

async fn set(
    context: &Context,
    chosen: &ChosenPort,
    person: Person,
    wanted: Wanted,
    rotation: &RotationArgs,
) -> Result<Delegated, Error> {
    let port = &chosen.port;
    let patient = Patient::open(context, chosen).await?;
    let actor = &patient.acting;
    let mandate = Mandate {
        account: person.account,
        key: person.key,
        rights: wanted.rights,
        until: wanted.until,
    };
    let chain_id = port.chain().chain_id();
    let (mut plan, mut pins) = (None, Vec::new());
    if mandate.needs_new_keys(&wanted.before) {
        plan = actor.plan_delegation(person.account, time::clock()).await?;
    }
    if let Some(plan) = &mut plan {
        pins = sealing::judge(context, plan, rotation.include_unseen, chain_id)?;
        if wanted.rights.include_secrets() {
            // The user has named it, and its key: there is nothing to ask.
            plan.put_first(person.account, person.key);
            pins.insert(0, person.pin.clone());
        }
    }
    let abandon = sealing::abandoned(rotation)?;
    let composed = actor.set_delegate(&mandate, plan.as_ref(), abandon, &mut OsRng)?;
    let mut preview = Preview::new(wanted.title)
        .line("port", port.address().to_string())
        .line(
            "delegate",
            Who::find(port.registry(), person.account).await?.line(),
        )
        .pinned("its key", "", person.pin.clone())
        .line("may", explained(wanted.rights))
        .line("until", time::human(wanted.until.0));
    if !wanted.before.rights.is_empty() {
        let end = time::human(wanted.before.until.0);
        preview = preview.line("before", format!("{} until {end}", wanted.before.rights));
    }
    if let Some(keys) = &composed.keys {
        preview = sealing::preview(preview, actor, None, keys, pins);
    }
    let report = send(context, &patient.wallet, preview, &composed.transaction).await?;
    let sender = Sender::of_patient(&patient);
    let keys = composed.keys.as_ref();
    let made = (plan, keys);
    let given = sealing::follow(context, chosen, &sender, Some(&patient), made).await?;
    Ok(Delegated {
        port: port.address(),
        delegate: person.account,
        fingerprint: person.key.fingerprint().to_string(),
        rights: wanted.rights.names().collect(),
        until: wanted.until.0,
        rotated: keys.map(NewKeys::sections).unwrap_or_default(),
        tx: (&report).into(),
        given,
    })
}

/// What a delegate may do, for its patient.
fn explained(rights: DelegateRights) -> String {
    if rights.include_secrets() {
        format!("{rights}; it can read every section, past records included")
    } else {
        format!("{rights}; it is given no secrets")
    }
}
