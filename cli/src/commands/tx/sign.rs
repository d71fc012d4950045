//! `patientport tx sign`

use std::path::PathBuf;

use alloy::primitives::B256;
use patientport_client::chain::HandedOver;
use serde::Serialize;
use serde_json::Value;

use super::{Content, read};
use crate::args::tx::SignArgs;
use crate::context::Context;
use crate::delivery::{named, write_output};
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::ask;
use crate::text::shown;

/// A transaction that was signed.
#[derive(Debug, Serialize)]
pub struct Signed {
    /// Where it was written; none for standard output.
    pub output: Option<PathBuf>,
    /// The file.
    pub transaction: Value,
    /// Its hash.
    pub hash: B256,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
}

impl Outcome for Signed {
    fn text(&self) -> String {
        match &self.output {
            None => format!("{}\n", self.transaction),
            Some(output) => format!(
                "signed {0} into `{1}`: send it with `patientport tx send {1}`\n",
                self.hash,
                shown(&output.display().to_string())
            ),
        }
    }
}

/// Shows an unsigned transaction, asks, and signs it. No node is asked.
///
/// # Errors
/// `tx.invalid_file`, also for one that is signed; `tx.other_signer`; `output.exists`.
pub async fn run(context: &Context, args: &SignArgs) -> Result<Signed, Error> {
    context.require_consent()?;
    let HandedOver::Unsigned(unsigned) = read(&args.file.transaction)? else {
        return Err(Error::SignedAlready);
    };
    let output = args.output.clone().unwrap_or_else(|| "-".into());
    crate::delivery::check_output(&output)?;
    let says = Content::of(&unsigned);
    let name = context.wallet_of(says.from)?;
    context.refuse_public_key(says.from, says.chain_id)?;
    let wallet = context.wallet(name.as_deref())?;
    ask(context, &says.preview(), "sign it?")?;
    let signed = unsigned.sign(&wallet.signer).await?;
    let transaction = signed.to_json();
    write_output(&output, &transaction)?;
    Ok(Signed {
        output: named(&output),
        transaction,
        hash: signed.hash(),
        content: says,
    })
}
