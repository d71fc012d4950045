//! `patientport provider attester add|remove`

use alloy::primitives::Address;
use serde::Serialize;

use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};

/// An account's right to attest, changed.
#[derive(Debug, Serialize)]
pub struct AttesterChanged {
    /// The account.
    pub attester: Address,
    /// Whether it may attest now.
    pub may_attest: bool,
    /// The transaction; none if nothing had to change.
    pub tx: Option<TxSummary>,
}

impl Outcome for AttesterChanged {
    fn text(&self) -> String {
        let now = if self.may_attest {
            "may attest"
        } else {
            "may not attest"
        };
        match &self.tx {
            Some(tx) => format!("{} {now}\n{}", self.attester, tx.line()),
            None => format!("{} {now} already\n", self.attester),
        }
    }
}

/// Adds or removes an attester.
///
/// # Errors
/// The registry's refusal of anybody but its owner.
pub async fn run(
    context: &Context,
    attester: Address,
    may_attest: bool,
) -> Result<AttesterChanged, Error> {
    context.require_consent()?;
    let registry = context.registry().await?;
    if registry.is_attester(attester).await? == may_attest {
        return Ok(AttesterChanged {
            attester,
            may_attest,
            tx: None,
        });
    }
    let wallet = context.wallet(None)?;
    let (title, transaction) = if may_attest {
        (
            "let this account confirm who providers are",
            registry.add_attester(attester),
        )
    } else {
        (
            "stop this account from confirming providers",
            registry.remove_attester(attester),
        )
    };
    let preview = Preview::new(title)
        .line("attester", attester.to_string())
        .line("registry", registry.address().to_string());
    let report = send(context, &wallet, preview, &transaction).await?;
    Ok(AttesterChanged {
        attester,
        may_attest,
        tx: Some((&report).into()),
    })
}
