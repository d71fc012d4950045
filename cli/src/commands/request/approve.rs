//! `patientport request approve`

use alloy::primitives::Address;
use patientport_client::access::{self, Change, Grantee, Standing, Terms};
use patientport_client::port::{DelegateRights, Port, RequestEntry, RequestState, SectionKey};
use patientport_client::{Role, Timestamp};
use patientport_core::section::SectionSet;
use patientport_core::text::{RequestText, Rights};
use rand_core::OsRng;
use serde::Serialize;
use serde_json::json;

use crate::args::request::{ApproveArgs, ChoiceArgs};
use crate::commands::acting::{Acting, role};
use crate::commands::describe::Who;
use crate::commands::onward::SharedWith;
use crate::commands::party::{rights_name, section_list, sections};
use crate::commands::stale::warn_of_stale;
use crate::context::{ChosenPort, Context};
use crate::error::Error;
use crate::home::pins::{Pin, Subject};
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::text::{shown, shown_or_none};
use crate::time;

const APPROVE: DelegateRights = DelegateRights::APPROVE;

/// A grant that was given.
#[derive(Debug, Serialize)]
pub struct Granted {
    /// The request it answers; none if there was none.
    pub id: Option<u32>,
    /// The port.
    pub port: Address,
    /// Who has access.
    pub reader: Address,
    /// Fingerprint of the key the secrets are sealed to.
    pub fingerprint: String,
    /// All sections of the grant.
    pub sections: SectionSet,
    /// Until when, Unix seconds.
    pub until: u64,
    /// To do what.
    pub rights: Rights,
    /// Sections of an earlier grant that ended with this one.
    pub lost: SectionSet,
    /// The transaction.
    pub tx: TxSummary,
    /// Records sealed to the patient that were shared onward.
    pub shared: Vec<SharedWith>,
}

impl Outcome for Granted {
    fn text(&self) -> String {
        let subject = match self.id {
            Some(id) => format!("request {id} is approved: "),
            None => String::new(),
        };
        let mut text = format!(
            "{subject}{} may {} section {} until {}\n{}",
            self.reader,
            rights_name(self.rights),
            section_list(self.sections, None),
            time::human(self.until),
            self.tx.line()
        );
        text.extend(self.shared.iter().map(SharedWith::text));
        text
    }
}

/// Approves a request, as asked or otherwise.
///
/// # Errors
/// The port's refusals: not pending any more, not verified, a changed section key.
pub async fn run(context: &Context, args: ApproveArgs) -> Result<Granted, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let entry = port.request(args.id).await?;
    if let Role::Delegate(_) = role(context, &chosen, &port.claimed_info().await?, APPROVE).await? {
        all_given(&args.choice)?;
    }
    let acting = Acting::open(context, &chosen, APPROVE).await?;
    let asked = asked(context, port, &acting, &entry).await?;
    approve(
        context,
        (&chosen, &acting),
        &entry,
        asked.as_ref(),
        &args.choice,
    )
    .await
}

/// Approves a request of which `asked` is known, with what is chosen and else as asked: shows it, asks, sends.
///
/// # Errors
/// As [`give`]; [`Error::FlagNeeded`] for what is neither chosen nor asked.
pub async fn approve(
    context: &Context,
    (chosen, acting): (&ChosenPort, &Acting),
    entry: &RequestEntry,
    asked: Option<&RequestText>,
    choice: &ChoiceArgs,
) -> Result<Granted, Error> {
    let registry = chosen.port.registry();
    let terms = terms(context, chosen, acting, choice, asked).await?;
    let grantee = grantee(chosen, entry.recipient, Some(entry.id)).await?;
    let mut preview = Preview::new(format!("approve request {}", entry.id));
    if entry.requester != entry.recipient {
        preview = preview.line(
            "asked by",
            Who::find(registry, entry.requester).await?.line(),
        );
    }
    if let Some(asked) = asked {
        preview = preview
            .line("purpose", shown(&asked.purpose))
            .line("text", shown_or_none(&asked.text));
    }
    give(context, chosen, acting, &grantee, &terms, preview).await
}

/// A request is sealed to the patient alone, so a delegate says itself what it grants.
fn all_given(choice: &ChoiceArgs) -> Result<(), Error> {
    let missing = match choice {
        ChoiceArgs { section, .. } if section.is_empty() => "--section",
        ChoiceArgs { until: None, .. } => "--until",
        ChoiceArgs { rights: None, .. } => "--rights",
        _ => return Ok(()),
    };
    Err(Error::FlagNeeded {
        flag: missing,
        reason: "what the request asks for is sealed to the patient, and a delegate cannot read it"
            .into(),
    })
}

/// What a request asks for, as far as who acts can read it.
async fn asked(
    context: &Context,
    port: &Port,
    acting: &Acting,
    entry: &RequestEntry,
) -> Result<Option<RequestText>, Error> {
    let Some(identity) = acting.as_patient().and_then(|it| it.acting.identity()) else {
        return Ok(None);
    };
    let asked = match access::read_request(port, entry, identity).await {
        Ok(text) => Some(text),
        // Somebody sealed badly; the patient may still decide on what is given here.
        Err(error) if error.code().starts_with("message.") => None,
        Err(error) => return Err(error.into()),
    };
    if asked.is_none() && entry.state == RequestState::Pending {
        context.warn(
            "message.unreadable",
            "what the request asks for cannot be read",
        );
    }
    Ok(asked)
}

/// What is granted: as chosen, else as asked.
async fn terms(
    context: &Context,
    chosen: &ChosenPort,
    acting: &Acting,
    choice: &ChoiceArgs,
    asked: Option<&RequestText>,
) -> Result<Terms, Error> {
    let needed = |flag, what: &str| Error::FlagNeeded {
        flag,
        reason: format!("the request does not say {what}"),
    };
    let mut set = sections(chosen, Some(acting.keyring()), &choice.section)?;
    if set.is_empty() {
        set = asked.map(|asked| asked.sections).unwrap_or_default();
    }
    if set.is_empty() {
        return Err(needed("--section", "which sections"));
    }
    let until = match &choice.until {
        Some(until) => context.time_of("--until", until).await?,
        None => asked
            .and_then(|asked| asked.until)
            .ok_or_else(|| needed("--until", "until when"))?,
    };
    let rights = match choice.rights {
        Some(rights) => rights.into(),
        None => asked
            .map(|asked| asked.rights)
            .ok_or_else(|| needed("--rights", "what for"))?,
    };
    Ok(Terms {
        sections: set,
        until: Timestamp(until),
        rights,
        allow_unverified: choice.terms.allow_unverified,
        replace: choice.terms.replace,
    })
}

/// Who is granted access, with the key that the registry shows: fetched once, compared and used as one value.
///
/// # Errors
/// `provider.unknown`; `key.none`.
pub async fn grantee(
    chosen: &ChosenPort,
    account: Address,
    request: Option<u32>,
) -> Result<Grantee, Error> {
    let provider = chosen.port.registry().provider(account).await?;
    Ok(Grantee {
        account,
        key: provider.encryption_key()?,
        request,
    })
}

/// Composes a grant, shows what it changes section by section, sends it, and tells which sections want new keys.
///
/// # Errors
/// The port's refusals; `KeyChanged`; `access.rights_differ`; `access.would_shorten`.
pub async fn give(
    context: &Context,
    chosen: &ChosenPort,
    acting: &Acting,
    to: &Grantee,
    terms: &Terms,
    preview: Preview,
) -> Result<Granted, Error> {
    let port = &chosen.port;
    let chain_id = port.chain().chain_id();
    let pin = context.compare_key(chain_id, Subject::Account(to.account), &to.key)?;
    let composed = acting
        .actor()
        .grant(to, terms, time::clock(), &mut OsRng)
        .await?;
    let keys = section_pins(context, port, &composed.keys)?;
    let reader = composed.reader;
    let keyring = Some(acting.keyring());
    let mut preview = preview
        .line("port", port.address().to_string())
        .line(
            "reader",
            Who::find(port.registry(), reader.account).await?.line(),
        )
        .pinned("key", "", pin)
        .pins(keys);
    for change in &composed.changes {
        let section = section_list(change.section.into(), keyring);
        preview = preview.line("section", format!("{section}: {}", told(change)));
    }
    let report = send(context, acting.wallet(), preview, &composed.transaction)
        .await
        .map_err(unverified)?;
    warn_of_stale(context, port).await?;
    let shared = acting.share_onward(context, chosen).await;
    Ok(Granted {
        id: to.request,
        port: port.address(),
        reader: reader.account,
        fingerprint: reader.key.fingerprint().to_string(),
        sections: reader.sections,
        until: terms.until.0,
        rights: terms.rights,
        lost: composed.lost(),
        tx: (&report).into(),
        shared,
    })
}

/// Who gives access may do so to somebody unverified, too; nobody else can do anything about that but wait.
fn unverified(error: Error) -> Error {
    if error.code() == "provider.unverified" {
        error.with_hint("to give access anyway, add `--allow-unverified`", json!({}))
    } else {
        error
    }
}

/// What a grant changes in a section, in words.
fn told(change: &Change) -> String {
    let standing = |it: Standing| {
        format!(
            "{} until {}",
            rights_name(it.rights),
            time::human(it.until.0)
        )
    };
    match (change.before, change.after) {
        (None, Some(after)) => format!("{} (new)", standing(after)),
        (Some(before), Some(after)) if before == after => {
            format!("{} (as before)", standing(after))
        }
        (Some(before), Some(after)) => format!("{} (was {})", standing(after), standing(before)),
        (Some(before), None) => format!("no access any more (was {})", standing(before)),
        (None, None) => "no access".into(),
    }
}

/// Compares section keys with those this home made or saw first.
///
/// # Errors
/// `KeyChanged`.
pub fn section_pins(
    context: &Context,
    port: &Port,
    keys: &[SectionKey],
) -> Result<Vec<Pin>, Error> {
    let mut pins = Vec::new();
    for key in keys {
        let subject = Subject::Section {
            port: port.address(),
            section: key.section.get(),
            epoch: key.epoch,
        };
        // What is no key is refused where it would be used.
        if let Some(public) = &key.key {
            pins.push(context.compare_key(port.chain().chain_id(), subject, public)?);
        }
    }
    Ok(pins)
}
