//! `patientport delegate remove`

use alloy::primitives::Address;
use patientport_client::rotation::{NamedSection, NewKeys};
use patientport_core::section::SectionSet;
use rand_core::OsRng;
use serde::Serialize;

use crate::args::delegate::RemoveArgs;
use crate::commands::acting::Sender;
use crate::commands::describe::Who;
use crate::commands::party::{Patient, section_list};
use crate::commands::sealing::{self, Rekeyed};
use crate::commands::stale::{set_of, stale};
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::time;

/// A delegation that was ended.
#[derive(Debug, Serialize)]
pub struct Removed {
    /// The port.
    pub port: Address,
    /// Who acts for the patient no more.
    pub delegate: Address,
    /// Sections that got new keys.
    pub rotated: SectionSet,
    /// The transaction.
    pub tx: TxSummary,
    /// What became of the new keys.
    #[serde(flatten)]
    pub given: Rekeyed,
}

impl Outcome for Removed {
    fn text(&self) -> String {
        let keys = if self.rotated.is_empty() {
            "no section needed new keys".to_owned()
        } else {
            format!("new keys for section {}", section_list(self.rotated, None))
        };
        let mut text = format!(
            "{} acts for you no more; {keys}\n{}",
            self.delegate,
            self.tx.line()
        );
        text.push_str(&self.given.lines());
        text
    }
}

/// Ends a delegation, and changes the keys of every section that the delegate could open, in one transaction.
///
/// # Errors
/// [`Error::UnknownDelegate`]; the port's refusals.
pub async fn run(context: &Context, args: RemoveArgs) -> Result<Removed, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let now = port.chain().now(time::clock()).await?;
    let was = port.holder_of(args.delegate, now).await?.delegation;
    if was.rights.is_empty() {
        return Err(Error::UnknownDelegate {
            account: args.delegate,
            port: port.address(),
        });
    }
    let patient = Patient::open(context, &chosen).await?;
    let actor = &patient.acting;
    // The patient itself keeps what it may open: a delegate who became the port's owner.
    let sections = if was.includes_secrets() && args.delegate != info.patient {
        let open = port.open_sections().await?;
        open.iter().map(|key| key.section).collect()
    } else {
        set_of(&stale(port).await?)
    };
    let named: Vec<_> = sections.iter().map(NamedSection::from).collect();
    let chain_id = port.chain().chain_id();
    let mut plan = actor
        .plan_without(args.delegate, &named, time::clock())
        .await?;
    let pins = match &mut plan {
        Some(plan) => sealing::judge(context, plan, args.rotation.include_unseen, chain_id)?,
        None => Vec::new(),
    };
    let abandon = sealing::abandoned(&args.rotation)?;
    let composed = actor.end_delegation(args.delegate, plan.as_ref(), abandon, &mut OsRng)?;
    let mut preview = Preview::new("end a delegation; what the delegate has read cannot be unread")
        .line("port", port.address().to_string())
        .line(
            "delegate",
            Who::find(port.registry(), args.delegate).await?.line(),
        )
        .line(
            "it may",
            format!("{} until {}", was.rights, time::human(was.until.0)),
        );
    if let Some(keys) = &composed.keys {
        preview = sealing::preview(preview, actor, None, keys, pins);
    }
    let report = send(context, &patient.wallet, preview, &composed.transaction).await?;
    let sender = Sender::of_patient(&patient);
    let keys = composed.keys.as_ref();
    let made = (plan, keys);
    let given = sealing::follow(context, &chosen, &sender, Some(&patient), made).await?;
    Ok(Removed {
        port: port.address(),
        delegate: args.delegate,
        rotated: keys.map(NewKeys::sections).unwrap_or_default(),
        tx: (&report).into(),
        given,
    })
}
