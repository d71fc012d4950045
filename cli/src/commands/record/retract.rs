//! `patientport record retract`

use alloy::primitives::Address;
use patientport_client::port::RetractionReason;
use serde::Serialize;

use crate::args::record::RetractArgs;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};

/// A record that was taken back.
#[derive(Debug, Serialize)]
pub struct Retracted {
    /// Its number.
    pub id: u32,
    /// The port.
    pub port: Address,
    /// Why.
    pub reason: RetractionReason,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Retracted {
    fn text(&self) -> String {
        format!(
            "record {} is retracted ({})\n{}",
            self.id,
            self.reason,
            self.tx.line()
        )
    }
}

/// Marks a record as entered in error or erased.
///
/// # Errors
/// The port's refusals.
pub async fn run(context: &Context, args: &RetractArgs) -> Result<Retracted, Error> {
    context.require_consent()?;
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    port.claimed_info().await?;
    let entry = port.record(args.id).await?;
    let wallet = context.wallet(chosen.known.account.as_deref())?;
    let reason: RetractionReason = args.reason.into();
    let preview =
        Preview::new("retract a record; its commitment stays on chain, its blobs where they are")
            .line("port", port.address().to_string())
            .line("record", format!("{} by {}", entry.id, entry.author))
            .line("reason", format!("{reason} (public)"));
    let report = send(context, &wallet, preview, &port.retract(args.id, reason)).await?;
    Ok(Retracted {
        id: args.id,
        port: port.address(),
        reason,
        tx: (&report).into(),
    })
}
