//! `patientport provider suspend`

use alloy::primitives::Address;
use serde::Serialize;

use crate::args::provider::AddressArg;
use crate::commands::describe::Who;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};

/// A provider that was suspended.
#[derive(Debug, Serialize)]
pub struct Suspended {
    /// The provider.
    pub provider: Address,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Suspended {
    fn text(&self) -> String {
        format!("suspended {}\n{}", self.provider, self.tx.line())
    }
}

/// Suspends a provider.
///
/// # Errors
/// The registry's refusals.
pub async fn run(context: &Context, args: &AddressArg) -> Result<Suspended, Error> {
    context.require_consent()?;
    let registry = context.registry().await?;
    // An unknown provider is told from one that may not be suspended.
    registry.provider(args.provider).await?;
    let who = Who::find(&registry, args.provider).await?;
    let wallet = context.wallet(None)?;
    let preview = Preview::new("suspend a provider; ports keep what their patients granted it")
        .line("provider", who.line());
    let report = send(context, &wallet, preview, &registry.suspend(args.provider)).await?;
    Ok(Suspended {
        provider: args.provider,
        tx: (&report).into(),
    })
}
