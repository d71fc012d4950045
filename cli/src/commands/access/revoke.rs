//! `patientport access revoke`

use alloy::primitives::Address;
use patientport_client::port::{DelegateRights, RevocationReason};
use patientport_client::rotation::NewKeys;
use patientport_core::section::SectionSet;
use rand_core::OsRng;
use serde::Serialize;

use crate::args::access::RevokeArgs;
use crate::commands::acting::Acting;
use crate::commands::describe::Who;
use crate::commands::party::section_list;
use crate::commands::sealing::{self, Rekeyed};
use crate::commands::stale::{set_of, stale};
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::time;

/// Access that was ended.
#[derive(Debug, Serialize)]
pub struct Revoked {
    /// The port.
    pub port: Address,
    /// Who has no access any more.
    pub reader: Address,
    /// The public reason.
    pub reason: RevocationReason,
    /// Sections that got new keys.
    pub rotated: SectionSet,
    /// The transaction that ended the access.
    pub tx: TxSummary,
    /// What became of the new keys.
    #[serde(flatten)]
    pub given: Rekeyed,
}

impl Outcome for Revoked {
    fn text(&self) -> String {
        let keys = if self.rotated.is_empty() {
            "no section got new keys".to_owned()
        } else {
            format!("new keys for section {}", section_list(self.rotated, None))
        };
        let mut text = format!(
            "{} has no access any more; {keys}\n{}",
            self.reader,
            self.tx.line()
        );
        text.push_str(&self.given.lines());
        text
    }
}

/// Ends a reader's access and changes the keys of its sections, and of stale ones, in one transaction.
///
/// # Errors
/// The port's refusals, such as that there is no live grant.
pub async fn run(context: &Context, args: RevokeArgs) -> Result<Revoked, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let acting = Acting::open(context, &chosen, DelegateRights::REVOKE).await?;
    let (actor, wallet) = (acting.actor(), acting.wallet());
    let also = set_of(&stale(port).await?);
    let reason: RevocationReason = args.reason.into();
    let chain_id = port.chain().chain_id();
    let mut plan = if acting.may_rotate() {
        actor
            .plan_revocation(args.reader, also, time::clock())
            .await?
    } else {
        None
    };
    let pins = match &mut plan {
        Some(plan) => sealing::judge(context, plan, args.rotation.include_unseen, chain_id)?,
        None => Vec::new(),
    };
    let abandon = sealing::abandoned(&args.rotation)?;
    let composed = actor.revoke(args.reader, reason, plan.as_ref(), abandon, &mut OsRng)?;
    let mut preview = Preview::new("end access; what was already read cannot be unread")
        .line("port", port.address().to_string())
        .line(
            "reader",
            Who::find(port.registry(), args.reader).await?.line(),
        )
        .line("reason", format!("{reason} (public)"));
    if !acting.may_rotate() {
        preview = preview.line(
            "keys",
            "stay as they are, for you may not change them: what is added stays closed to the reader once somebody does",
        );
    }
    if let Some(keys) = &composed.keys {
        preview = sealing::preview(preview, actor, acting.patient_key(), keys, pins);
    }
    let report = send(context, wallet, preview, &composed.transaction).await?;
    let (patient, keys) = (acting.as_patient(), composed.keys.as_ref());
    let made = (plan, keys);
    let given = sealing::follow(context, &chosen, &acting.sender(), patient, made).await?;
    Ok(Revoked {
        port: port.address(),
        reader: args.reader,
        reason,
        rotated: keys.map(NewKeys::sections).unwrap_or_default(),
        tx: (&report).into(),
        given,
    })
}
