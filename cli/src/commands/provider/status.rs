//! `patientport provider reinstate` and `patientport provider retire`

use alloy::primitives::Address;
use patientport_client::registry::ProviderStatus;
use serde::Serialize;

use crate::args::provider::AddressArg;
use crate::commands::describe::Who;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};

/// A provider with another status.
#[derive(Debug, Serialize)]
pub struct Changed {
    /// The provider.
    pub provider: Address,
    /// What the registry holds of its claim now.
    pub status: ProviderStatus,
    /// The transaction; none if it was so already.
    pub tx: Option<TxSummary>,
}

impl Outcome for Changed {
    fn text(&self) -> String {
        let told = format!("{} is {}\n", self.provider, self.status);
        match &self.tx {
            Some(tx) => told + &tx.line(),
            None => told + "nothing had to change\n",
        }
    }
}

/// Ends a suspension. An attester has to confirm the provider anew.
///
/// # Errors
/// `UnknownProvider`; the registry's refusals.
pub async fn reinstate(context: &Context, args: &AddressArg) -> Result<Changed, Error> {
    context.require_consent()?;
    let registry = context.registry().await?;
    let provider = registry.provider(args.provider).await?;
    if provider.status != ProviderStatus::Suspended {
        return Ok(Changed {
            provider: args.provider,
            status: provider.status,
            tx: None,
        });
    }
    let who = Who::find(&registry, args.provider).await?;
    let wallet = context.wallet(None)?;
    let preview = Preview::new("end a provider's suspension; an attester has to confirm it anew")
        .line("provider", who.line());
    let report = send(
        context,
        &wallet,
        preview,
        &registry.reinstate(args.provider),
    )
    .await?;
    Ok(Changed {
        provider: args.provider,
        status: registry.provider(args.provider).await?.status,
        tx: Some((&report).into()),
    })
}

/// This account stops being a provider.
///
/// # Errors
/// `UnknownProvider`; the registry's refusals.
pub async fn retire(context: &Context) -> Result<Changed, Error> {
    context.require_consent()?;
    let registry = context.registry().await?;
    let account = context.account(None)?;
    let provider = registry.provider(account).await?;
    if provider.status == ProviderStatus::Retired {
        return Ok(Changed {
            provider: account,
            status: provider.status,
            tx: None,
        });
    }
    let who = Who::find(&registry, account).await?;
    let wallet = context.wallet(None)?;
    let preview = Preview::new(
        "stop being a provider, for good: this account cannot be registered again; ports keep what their patients granted it",
    )
    .line("provider", who.line());
    let report = send(context, &wallet, preview, &registry.retire()).await?;
    Ok(Changed {
        provider: account,
        status: registry.provider(account).await?.status,
        tx: Some((&report).into()),
    })
}
