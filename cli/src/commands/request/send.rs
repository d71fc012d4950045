//! `patientport request send`

use alloy::primitives::Address;
use patientport_client::access;
use patientport_core::section::{SectionId, SectionSet};
use patientport_core::text::{RequestText, Rights};
use rand_core::OsRng;
use serde::Serialize;

use crate::args::port::PortArg;
use crate::args::request::{AskedArgs, ReferArgs, SendArgs};
use crate::commands::describe::Who;
use crate::commands::party::{rights_name, section_list};
use crate::commands::request::template;
use crate::context::Context;
use crate::error::Error;
use crate::home::pins::Subject;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::text::{shown, shown_or_none};
use crate::time;

/// A request that was made.
#[derive(Debug, Serialize)]
pub struct Sent {
    /// Its number at the port.
    pub id: u32,
    /// The port.
    pub port: Address,
    /// Who asked.
    pub requester: Address,
    /// For whom.
    pub recipient: Address,
    /// The sections asked for; empty leaves the choice to the patient.
    pub sections: SectionSet,
    /// Until when, Unix seconds.
    pub until: Option<u64>,
    /// To do what.
    pub rights: Rights,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Sent {
    fn text(&self) -> String {
        format!(
            "request {} at port {}; the patient decides with `patientport request approve {}` or `deny`\n{}",
            self.id,
            self.port,
            self.id,
            self.tx.line()
        )
    }
}

/// Asks a patient for access.
///
/// # Errors
/// The port's refusals, such as of an unverified provider; `NotClaimed`.
pub async fn run(context: &Context, args: SendArgs) -> Result<Sent, Error> {
    send_for(context, &args.port, args.recipient, args.asked).await
}

/// Asks a patient to give another provider access.
///
/// # Errors
/// As [`run`]; [`Error::FlagInvalid`] for this account itself.
pub async fn refer(context: &Context, args: ReferArgs) -> Result<Sent, Error> {
    if context.account(None)? == args.recipient {
        return Err(Error::FlagInvalid {
            flag: "RECIPIENT",
            value: args.recipient.to_string(),
            reason: "that is this account, which asks for itself with `request send`".into(),
        });
    }
    send_for(context, &args.port, Some(args.recipient), args.asked).await
}

async fn send_for(
    context: &Context,
    port: &PortArg,
    recipient: Option<Address>,
    asked: AskedArgs,
) -> Result<Sent, Error> {
    context.require_consent()?;
    let asked = template::asked(context, asked)?;
    let mut sections = SectionSet::EMPTY;
    for number in asked.sections.iter().flat_map(|set| &set.0) {
        sections.insert(SectionId::try_from(*number).map_err(patientport_client::Error::from)?);
    }
    let chosen = context.port(port.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let now = context.chain().await?.block_timestamp().await?;
    let until = match &asked.until {
        Some(until) => Some(context.time_of("--until", until).await?),
        None => None,
    };
    if let Some(given) = until
        && given <= now.0
    {
        return Err(patientport_client::Error::Past {
            given: given.into(),
        }
        .into());
    }
    let rights: Rights = asked.rights.into();
    let request = RequestText {
        purpose: asked.purpose,
        sections,
        until,
        rights,
        text: asked.text,
    };
    // Words that cannot be sent are told before a password is asked for.
    request
        .to_bytes()
        .map_err(patientport_client::Error::from)?;
    let wallet = context.wallet(None)?;
    let recipient = recipient.unwrap_or_else(|| wallet.address());
    // The key compared here is the key sealed to.
    let patient_key = info.patient_key()?;
    let subject = Subject::Account(port.address());
    let pin = context.compare_key(port.chain().chain_id(), subject, &patient_key)?;
    let preview =
        Preview::new("ask a patient for access; that you ask is public, the rest is sealed")
            .line("port", port.address().to_string())
            .line("patient", info.patient.to_string())
            .pinned("key", "", pin)
            .line("for", Who::find(port.registry(), recipient).await?.line())
            .line(
                "sections",
                if sections.is_empty() {
                    "as the patient chooses".into()
                } else {
                    section_list(sections, None)
                },
            )
            .line(
                "until",
                until.map_or_else(|| "as the patient chooses".into(), time::human),
            )
            .line("rights", rights_name(rights))
            .line("purpose", shown(&request.purpose))
            .line("text", shown_or_none(&request.text));
    let transaction = access::request(
        port,
        (info.patient, &patient_key),
        wallet.address(),
        recipient,
        &request,
        &mut OsRng,
    )?;
    let report = send(context, &wallet, preview, &transaction).await?;
    Ok(Sent {
        id: access::made_request(port, &report)?,
        port: port.address(),
        requester: wallet.address(),
        recipient,
        sections,
        until,
        rights,
        tx: (&report).into(),
    })
}
