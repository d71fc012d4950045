//! `patientport relay show`

use alloy::primitives::{Address, B256};
use serde::Serialize;

use super::read;
use crate::args::relay::SignedFile;
use crate::error::Error;
use crate::output::Outcome;
use crate::time;
use crate::words::Told;

/// A signed call, as it says of itself.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// The chain.
    pub chain_id: u64,
    /// The port.
    pub port: Address,
    /// Who owned the port when it was signed, as the file says.
    pub owner: Address,
    /// Whose signature it is; none if it is no account's: a contract's, or nobody's.
    pub signer: Option<Address>,
    /// The port's nonce that it uses up.
    pub nonce: u64,
    /// Until when it is good, Unix seconds.
    pub deadline: u64,
    /// What was signed (EIP-712).
    pub digest: B256,
    /// What it does.
    pub call: Told,
}

impl Outcome for Shown {
    fn text(&self) -> String {
        let signer = match self.signer {
            Some(signer) if signer == self.owner => format!("{signer}, the owner it names"),
            Some(signer) => format!("{signer}, who is not the owner it names"),
            None => "no account; a contract's, or nobody's".into(),
        };
        format!(
            "`{}`: {}\n{}  port        {}\n  chain       {}\n  owner       {}\n  signed by   {}\n  nonce       {}\n  good until  {}\nwhether the port accepts it is told by `patientport relay submit --dry-run`\n",
            self.call.function,
            self.call.title,
            self.call.text(),
            self.port,
            self.chain_id,
            self.owner,
            signer,
            self.nonce,
            time::human(self.deadline)
        )
    }
}

/// Shows a signed call. Nothing is asked of a node.
///
/// # Errors
/// `signed.invalid_file`; `signed.unreadable_call`; `signed.not_patients`.
pub fn run(args: &SignedFile) -> Result<Shown, Error> {
    let signed = read(&args.signed_call)?;
    let words = signed.words().map_err(patientport_client::Error::from)?;
    Ok(Shown {
        chain_id: signed.chain_id,
        port: signed.port,
        owner: signed.owner,
        signer: signed.signer(),
        nonce: signed.nonce,
        deadline: signed.deadline.0,
        digest: signed.digest(),
        call: Told::from(&words),
    })
}
