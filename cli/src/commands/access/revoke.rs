//! `patientport access revoke`

use alloy::primitives::Address;
use patientport_client::access;
use patientport_client::port::RevocationReason;
use patientport_core::section::SectionSet;
use rand_core::OsRng;
use serde::Serialize;

use super::rotate::send_later;
use crate::args::access::RevokeArgs;
use crate::commands::describe::Who;
use crate::commands::party::{Patient, pin_recipients, section_list};
use crate::commands::stale::{set_of, stale};
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};

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
    /// The transaction that ended the access.
    pub tx: TxSummary,
    /// Further transactions that carried the new keys to more readers.
    pub later: Vec<TxSummary>,
}

impl Outcome for Revoked {
    fn text(&self) -> String {
        let mut text = format!(
            "{} has no access any more; new keys for section {}\n{}",
            self.reader,
            section_list(self.rotated, None),
            self.tx.line()
        );
        text.extend(self.later.iter().map(TxSummary::line));
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
    let patient = Patient::open(context, &chosen).await?;
    let also = set_of(&stale(port).await?);
    let reason: RevocationReason = args.reason.into();
    let keyring = &patient.keyring;
    let composed = access::revoke(port, keyring, args.reader, reason, also, &mut OsRng).await?;
    let mut preview = Preview::new("end access; what was already read cannot be unread")
        .line("port", port.address().to_string())
        .line(
            "reader",
            Who::find(port.registry(), args.reader).await?.line(),
        )
        .line("reason", format!("{reason} (public)"));
    let mut rotated = SectionSet::EMPTY;
    let mut sealed_to = Vec::new();
    if let Some(keys) = &composed.keys {
        pin_recipients(context, port, keys)?;
        rotated = keys.sections();
        sealed_to = keys
            .recipients
            .iter()
            .skip(1)
            .map(|it| it.account)
            .collect();
        preview = preview
            .line("new keys", section_list(rotated, Some(keyring)))
            .line(
                "sealed to",
                format!("you and {} remaining", sealed_to.len()),
            );
        if !keys.later.is_empty() {
            preview = preview.line("more", format!("{} further transactions", keys.later.len()));
        }
    }
    let report = send(context, &patient.wallet, preview, &composed.transaction).await?;
    let later = match &composed.keys {
        Some(keys) => send_later(context, port, &patient.wallet, keys).await?,
        None => Vec::new(),
    };
    Ok(Revoked {
        port: port.address(),
        reader: args.reader,
        reason,
        rotated,
        sealed_to,
        tx: (&report).into(),
        later,
    })
}
