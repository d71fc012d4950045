//! `patientport wallet …`: accounts in keystore files.

pub mod address;
pub mod export;
pub mod import;
pub mod list;
pub mod new;

use crate::context::Context;
use crate::error::Error;

/// Tells who signs by default where a new wallet is not the only one: it does not take that place.
///
/// # Errors
/// The home's.
pub(crate) fn tell_default(context: &Context, made: &str) -> Result<(), Error> {
    let default = context.wallet_name(None)?;
    if default != made {
        context.terminal.say(&format!(
            "`{default}` still signs by default; `--account {made}` names this one"
        ));
    }
    Ok(())
}
