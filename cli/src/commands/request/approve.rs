//! `patientport request approve`

use alloy::primitives::Address;
use patientport_client::Timestamp;
use patientport_client::access::{self, ComposedGrant, Terms};
use patientport_client::port::RequestState;
use patientport_core::section::SectionSet;
use patientport_core::text::{RequestText, Rights};
use rand_core::OsRng;
use serde::Serialize;

use crate::args::request::ApproveArgs;
use crate::commands::describe::Who;
use crate::commands::party::{Patient, pin, rights_name, section_list, sections};
use crate::commands::stale::warn_of_stale;
use crate::context::{ChosenPort, Context};
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::text::shown;
use crate::time;

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
}

impl Outcome for Granted {
    fn text(&self) -> String {
        let subject = match self.id {
            Some(id) => format!("request {id} is approved: "),
            None => String::new(),
        };
        format!(
            "{subject}{} may {} section {} until {}\n{}",
            self.reader,
            rights_name(self.rights),
            section_list(self.sections, None),
            time::human(self.until),
            self.tx.line()
        )
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
    let patient = Patient::open(context, &chosen).await?;
    let asked = match access::read_request(port, &entry, &patient.key).await {
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
    let terms = terms(context, &chosen, &patient, &args, asked.as_ref()).await?;
    let composed = access::approve(port, &patient.keyring, args.id, &terms, &mut OsRng).await?;
    let mut preview = Preview::new(format!("approve request {}", args.id));
    if entry.requester != entry.recipient {
        preview = preview.line(
            "asked by",
            Who::find(port.registry(), entry.requester).await?.line(),
        );
    }
    if let Some(asked) = &asked {
        preview = preview
            .line("purpose", shown(&asked.purpose))
            .line("text", shown(&asked.text));
    }
    give(
        context,
        &chosen,
        &patient,
        Some(args.id),
        composed,
        &terms,
        preview,
    )
    .await
}

/// What is granted: as typed, else as asked.
async fn terms(
    context: &Context,
    chosen: &ChosenPort,
    patient: &Patient,
    args: &ApproveArgs,
    asked: Option<&RequestText>,
) -> Result<Terms, Error> {
    let needed = |flag, what: &str| Error::FlagNeeded {
        flag,
        reason: format!("the request does not say {what}"),
    };
    let mut set = sections(chosen, Some(&patient.keyring), &args.section)?;
    if set.is_empty() {
        set = asked.map(|asked| asked.sections).unwrap_or_default();
    }
    if set.is_empty() {
        return Err(needed("--section", "which sections"));
    }
    let now = context.chain().await?.block_timestamp().await?;
    let until = match &args.until {
        Some(until) => until.resolve(now.0),
        None => Ok(asked
            .and_then(|asked| asked.until)
            .ok_or_else(|| needed("--until", "until when"))?),
    };
    let until = until.map_err(|source| Error::Value {
        flag: "--until",
        source,
    })?;
    let rights = match args.rights {
        Some(rights) => rights.into(),
        None => asked
            .map(|asked| asked.rights)
            .ok_or_else(|| needed("--rights", "what for"))?,
    };
    Ok(Terms {
        sections: set,
        until: Timestamp(until),
        rights,
        allow_unverified: args.terms.allow_unverified,
        replace: args.terms.replace,
    })
}

/// Shows a composed grant, sends it, and tells which sections want new keys.
///
/// # Errors
/// The port's refusals; `KeyChanged`.
pub async fn give(
    context: &Context,
    chosen: &ChosenPort,
    patient: &Patient,
    id: Option<u32>,
    composed: ComposedGrant,
    terms: &Terms,
    preview: Preview,
) -> Result<Granted, Error> {
    let port = &chosen.port;
    let reader = composed.reader;
    let key = pin(
        context,
        port.chain().chain_id(),
        reader.account,
        &reader.key,
    )?;
    let lost = composed.lost;
    let keyring = Some(&patient.keyring);
    let preview = preview
        .line("port", port.address().to_string())
        .line(
            "reader",
            Who::find(port.registry(), reader.account).await?.line(),
        )
        .line("key", key)
        .line("sections", section_list(reader.sections, keyring))
        .maybe(
            "loses",
            (!lost.is_empty()).then(|| section_list(lost, keyring)),
        )
        .line("until", time::human(terms.until.0))
        .line("rights", rights_name(terms.rights));
    let report = send(context, &patient.wallet, preview, &composed.transaction).await?;
    warn_of_stale(context, port).await?;
    Ok(Granted {
        id,
        port: port.address(),
        reader: reader.account,
        fingerprint: reader.key.fingerprint().to_string(),
        sections: reader.sections,
        until: terms.until.0,
        rights: terms.rights,
        lost,
        tx: (&report).into(),
    })
}
