//! `patientport wallet export`

use alloy::primitives::hex;

use crate::args::identity::ExportArgs;
use crate::commands::backup;
use crate::commands::identity::export::Exported;
use crate::context::Context;
use crate::error::Error;
use crate::home::{files, wallets};

/// Copies an account's keystore out of the home, as it is or under a new password: Web3 Secret Storage, as other
/// programs read it.
///
/// # Errors
/// [`Error::Output`]; the home's and the prompt's.
pub fn run(context: &Context, args: ExportArgs) -> Result<Exported, Error> {
    if args.output.symlink_metadata().is_ok() {
        return Err(Error::Output(files::FileError::Exists(args.output)));
    }
    let mut container = context.home().wallet(&args.name)?;
    let renewed = args.new_password || args.new_password_file.is_some();
    if renewed {
        let wallet = context.unlock_account(&args.name)?;
        if let Some(password) = backup::new_password(context, "wallet", &args.name, &args)? {
            container = wallets::seal(&wallet, &password, args.kdf.scrypt_log_n);
        }
    } else if container.address.is_none() {
        // Some programs want it, and only the key tells it.
        let wallet = context.unlock_account(&args.name)?;
        container.address = Some(hex::encode(wallet.address()));
    }
    backup::write_container(&args.output, &container)?;
    Ok(Exported {
        name: args.name,
        output: args.output,
        new_password: renewed,
    })
}
