//! `patientport tx send`

use patientport_client::chain::HandedOver;
use serde::Serialize;

use super::{Content, read};
use crate::args::tx::TransactionFile;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{TxSummary, confirm};

/// A transaction that was sent and mined.
#[derive(Debug, Serialize)]
pub struct Sent {
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Sent {
    fn text(&self) -> String {
        format!("{} is done\n{}", self.content.title(), self.tx.line())
    }
}

/// Checks a signed transaction against the chain as it stands, shows it, asks, sends it, and waits for it.
///
/// # Errors
/// `tx.invalid_file`, also for one that is not signed; `chain.wrong`; `tx.wrong_nonce`; the contract's refusal.
pub async fn run(context: &Context, args: &TransactionFile) -> Result<Sent, Error> {
    context.require_consent()?;
    let HandedOver::Signed(signed) = read(&args.transaction)? else {
        return Err(Error::NotSigned);
    };
    let chain = context.chain().await?;
    signed.check(chain).await?;
    let says = Content::of(&signed);
    context.refuse_public_key(says.from, says.chain_id)?;
    confirm(context, &says.preview())?;
    let hash = signed.send(chain).await?;
    context.terminal.say(&format!("sent {hash}"));
    let report = chain.wait(hash).await?;
    Ok(Sent {
        content: says,
        tx: (&report).into(),
    })
}
