//! `patientport relay submit`

use alloy::primitives::Address;
use serde::Serialize;

use super::read;
use crate::args::relay::SignedFile;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::time;
use crate::words::{self, Told};

/// A signed call that was carried out.
#[derive(Debug, Serialize)]
pub struct Submitted {
    /// The port.
    pub port: Address,
    /// Whose call it was.
    pub owner: Address,
    /// The nonce that it used up.
    pub nonce: u64,
    /// What it did.
    pub call: Told,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Submitted {
    fn text(&self) -> String {
        format!(
            "sent for {}: {}\n{}",
            self.owner,
            self.call.title,
            self.tx.line()
        )
    }
}

/// Checks a signed call against the port as it stands, shows it, and sends it.
///
/// # Errors
/// `signed.invalid_file`; `chain.wrong`; `port.not_a_port`; `signed.other_owner`; `signature.expired`,
/// `signature.wrong_nonce`, `signature.invalid`; the port's refusal of the call.
pub async fn run(context: &Context, args: &SignedFile) -> Result<Submitted, Error> {
    context.require_consent()?;
    let signed = read(&args.signed_call)?;
    // What cannot be told in words is refused whatever the chain says.
    signed.words().map_err(patientport_client::Error::from)?;
    let chain = context.chain().await?;
    if chain.chain_id() != signed.chain_id {
        let (expected, actual) = (signed.chain_id, chain.chain_id());
        return Err(patientport_client::Error::WrongChain { expected, actual }.into());
    }
    let chosen = context.port(Some(&signed.port.to_string())).await?;
    let port = &chosen.port;
    let told = signed.check(port, time::clock()).await?;
    let wallet = context.wallet(None)?;
    let call = Told::from(&told);
    let mut preview = Preview::new(format!("send what the patient signed: {}", call.title));
    for line in &told.lines {
        preview = preview.line(line.label, words::value(&line.value));
    }
    let preview = preview
        .line("port", port.address().to_string())
        .line("signed by", signed.owner.to_string())
        .line("nonce", signed.nonce.to_string())
        .line("good until", time::human(signed.deadline.0));
    let report = send(context, &wallet, preview, &signed.transaction(port)).await?;
    Ok(Submitted {
        port: port.address(),
        owner: signed.owner,
        nonce: signed.nonce,
        call,
        tx: (&report).into(),
    })
}
