//! `patientport port set-primary`

use alloy::primitives::Address;
use serde::Serialize;

use crate::args::port::SetPrimaryArgs;
use crate::commands::acting::patient_signer;
use crate::commands::describe::Who;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};

/// A port's primary care provider, as named.
#[derive(Debug, Serialize)]
pub struct PrimarySet {
    /// The port.
    pub port: Address,
    /// Who it is now; none.
    pub primary_care: Option<Address>,
    /// Who it was.
    pub former: Option<Address>,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for PrimarySet {
    fn text(&self) -> String {
        let line = match self.primary_care {
            Some(provider) => format!("primary care is {provider}\n"),
            None => "the port has no primary care provider\n".into(),
        };
        line + &self.tx.line()
    }
}

/// Names the primary care provider, or none. It may add records to every section; reading takes a grant of its own, and
/// the former one keeps those that it has.
///
/// # Errors
/// `provider.unverified`; the port's refusals.
pub async fn run(context: &Context, args: SetPrimaryArgs) -> Result<PrimarySet, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let wallet = patient_signer(context, &chosen, &info)?;
    let provider = args.provider.0;
    let mut named = Vec::new();
    for account in [info.primary_care, provider] {
        named.push(match account {
            Some(account) => Who::find(port.registry(), account).await?.line(),
            None => "none".into(),
        });
    }
    let mut preview =
        Preview::new("name the primary care provider, who may add records to every section")
            .line("port", port.address().to_string());
    for (label, who) in ["before", "now"].into_iter().zip(named) {
        preview = preview.line(label, who);
    }
    let report = send(context, &wallet, preview, &port.set_primary_care(provider)).await?;
    Ok(PrimarySet {
        port: port.address(),
        primary_care: provider,
        former: info.primary_care,
        tx: (&report).into(),
    })
}
