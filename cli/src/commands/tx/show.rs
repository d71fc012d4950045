//! `patientport tx show`

use alloy::primitives::B256;
use patientport_client::chain::HandedOver;
use serde::Serialize;

use super::{Content, read};
use crate::args::tx::TransactionFile;
use crate::error::Error;
use crate::output::Outcome;

/// A transaction, as it says of itself.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Whether it is signed.
    pub signed: bool,
    /// Its hash, if it is.
    pub hash: Option<B256>,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
}

impl Outcome for Shown {
    fn text(&self) -> String {
        let state = match self.hash {
            Some(hash) => format!("signed: {hash}\n"),
            None => "not signed yet\n".into(),
        };
        self.content.text() + &state
    }
}

/// Shows a transaction. Nothing is asked of a node, so nothing vouches for the contract that it calls.
///
/// # Errors
/// `tx.invalid_file`.
pub fn run(args: &TransactionFile) -> Result<Shown, Error> {
    let it = read(&args.transaction)?;
    let hash = match &it {
        HandedOver::Unsigned(_) => None,
        HandedOver::Signed(signed) => Some(signed.hash()),
    };
    Ok(Shown {
        signed: hash.is_some(),
        hash,
        content: Content::of(&it),
    })
}
