//! `patientport request cancel`

use alloy::primitives::Address;
use serde::Serialize;

use crate::args::request::OneArgs;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};

/// A request that was withdrawn.
#[derive(Debug, Serialize)]
pub struct Cancelled {
    /// Its number.
    pub id: u32,
    /// The port.
    pub port: Address,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Cancelled {
    fn text(&self) -> String {
        format!("request {} is withdrawn\n{}", self.id, self.tx.line())
    }
}

/// Withdraws a request.
///
/// # Errors
/// The port's refusals.
pub async fn run(context: &Context, args: &OneArgs) -> Result<Cancelled, Error> {
    context.require_consent()?;
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    port.claimed_info().await?;
    port.request(args.id).await?;
    let wallet = context.wallet(None)?;
    let preview = Preview::new(format!("withdraw request {}", args.id))
        .line("port", port.address().to_string());
    let report = send(context, &wallet, preview, &port.cancel(args.id)).await?;
    Ok(Cancelled {
        id: args.id,
        port: port.address(),
        tx: (&report).into(),
    })
}
