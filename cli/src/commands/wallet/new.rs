//! `patientport wallet new`

use alloy::primitives::Address;
use alloy::signers::k256::ecdsa::SigningKey;
use alloy::signers::local::PrivateKeySigner;
use rand_core::OsRng;
use serde::Serialize;

use crate::args::wallet::NewArgs;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::passwords;

/// A new wallet.
#[derive(Debug, Serialize)]
pub struct NewWallet {
    /// Its name.
    pub name: String,
    /// Its account.
    pub address: Address,
}

impl Outcome for NewWallet {
    fn text(&self) -> String {
        format!("wallet `{}`: {}\n", self.name, self.address)
    }
}

/// Draws a key and writes its keystore.
///
/// # Errors
/// The home's and the prompt's.
pub fn run(context: &Context, args: NewArgs) -> Result<NewWallet, Error> {
    context.home().check_new_wallet(&args.name)?;
    let file = context.settings.password_file.as_ref();
    let password = passwords::for_new(context, "wallet", &args.name, file)?;
    let signer = PrivateKeySigner::from_signing_key(SigningKey::random(&mut OsRng));
    context
        .home()
        .add_wallet(&args.name, &signer, &password, args.kdf.scrypt_log_n)?;
    context.terminal.say(&format!(
        "back up `{}`: whoever loses file or password loses the account",
        context
            .home()
            .root()
            .join("wallets")
            .join(format!("{}.json", args.name))
            .display()
    ));
    Ok(NewWallet {
        name: args.name,
        address: signer.address(),
    })
}
