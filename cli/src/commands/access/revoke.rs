//! `patientport access revoke`

use alloy::primitives::Address;
use patientport_client::port::{DelegateRights, RevocationReason};
use patientport_core::section::SectionSet;
use rand_core::OsRng;
use serde::Serialize;

use crate::args::access::RevokeArgs;
use crate::commands::acting::Acting;
use crate::commands::describe::Who;
use crate::commands::emergency::packages::Renewed;
use crate::commands::onward::SharedWith;
use crate::commands::party::section_list;
use crate::commands::sealing::{self, Omitted};
use crate::commands::stale::{set_of, stale, warn_of_stale};
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
    /// Who was given the new keys, beside the patient.
    pub sealed_to: Vec<Address>,
    /// Readers who still have access and were given no new keys.
    pub left_out: Vec<Omitted>,
    /// The transaction that ended the access.
    pub tx: TxSummary,
    /// Further transactions that carried the new keys to more readers.
    pub later: Vec<TxSummary>,
    /// Emergency packages that were made anew.
    pub packages: Vec<Renewed>,
    /// Records sealed to the patient that were shared onward.
    pub shared: Vec<SharedWith>,
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
        text.extend(self.later.iter().map(TxSummary::line));
        text.extend(self.packages.iter().map(Renewed::text));
        text.extend(self.shared.iter().map(SharedWith::text));
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
    let made = sealing::deliver(context, &acting.sender(), composed.keys.as_ref()).await?;
    // A reader whose access ended meanwhile, or was hidden, shows now.
    warn_of_stale(context, port).await?;
    let packages = acting
        .renew_packages(context, &chosen, composed.keys.as_ref())
        .await;
    let shared = acting.share_onward(context, &chosen).await;
    Ok(Revoked {
        packages,
        port: port.address(),
        reader: args.reader,
        reason,
        rotated: made.sections,
        sealed_to: made.sealed_to,
        left_out: plan.as_ref().map(sealing::omitted).unwrap_or_default(),
        tx: (&report).into(),
        later: made.later,
        shared,
    })
}
