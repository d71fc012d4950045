//! `patientport wallet address`

use alloy::primitives::Address;
use serde::Serialize;

use crate::args::wallet::AddressArgs;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;

/// A wallet's account.
#[derive(Debug, Serialize)]
pub struct WalletAddress {
    /// The wallet.
    pub name: String,
    /// Its account.
    pub address: Address,
}

impl Outcome for WalletAddress {
    fn text(&self) -> String {
        format!("{}\n", self.address)
    }
}

/// Finds a wallet's account, asking for the password only where the file does not state it.
///
/// # Errors
/// The home's and the prompt's.
pub fn run(context: &Context, args: &AddressArgs) -> Result<WalletAddress, Error> {
    let name = match &args.name {
        Some(name) => name.clone(),
        None => context.wallet_name(None)?,
    };
    let stated = context
        .home()
        .wallet(&name)?
        .address
        .and_then(|text| text.parse().ok());
    let address = match stated {
        Some(address) => address,
        None => context.wallet_named(&name)?.address(),
    };
    Ok(WalletAddress { name, address })
}
