//! `patientport port cancel-signatures`

use alloy::primitives::Address;
use serde::Serialize;

use crate::args::port::ShowArgs;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};

/// Signatures that are void.
#[derive(Debug, Serialize)]
pub struct Cancelled {
    /// The port.
    pub port: Address,
    /// The nonce that was voided.
    pub voided: u32,
    /// The nonce that signed calls carry from now on.
    pub nonce: u32,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Cancelled {
    fn text(&self) -> String {
        format!(
            "what was signed for the port {} and not sent is void: signed calls carry the nonce {} now\n{}",
            self.port,
            self.nonce,
            self.tx.line()
        )
    }
}

/// Voids the port's present nonce. Needs the patient's wallet but not its identity.
///
/// # Errors
/// [`Error::NotTheOwner`]; the port's refusals.
pub async fn run(context: &Context, args: &ShowArgs) -> Result<Cancelled, Error> {
    context.require_consent()?;
    let chosen = context.port(args.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.info().await?;
    let wallet = context.wallet(chosen.known.account.as_deref())?;
    if wallet.address() != info.patient {
        return Err(Error::NotTheOwner {
            port: port.address(),
            owner: info.patient,
            account: wallet.address(),
            wallet: wallet.name,
        });
    }
    let preview = Preview::new("void what was signed for others to send and is not sent yet")
        .line("port", port.address().to_string())
        .line("nonce", format!("{} is void", info.nonce));
    let report = send(context, &wallet, preview, &port.cancel_signatures()).await?;
    Ok(Cancelled {
        port: port.address(),
        voided: info.nonce,
        nonce: port.info().await?.nonce,
        tx: (&report).into(),
    })
}
