//! `patientport identity new`

use patientport_core::keys::IdentitySeed;
use rand_core::OsRng;
use serde::Serialize;
use serde_json::json;

use crate::args::identity::NewArgs;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::passwords;

/// A new identity.
#[derive(Debug, Serialize)]
pub struct NewIdentity {
    /// Its name.
    pub name: String,
    /// Fingerprint of the key it has as a provider.
    pub provider_fingerprint: String,
}

impl NewIdentity {
    /// Of a seed under a name.
    pub fn of(name: String, seed: &IdentitySeed) -> Self {
        Self {
            name,
            provider_fingerprint: seed.provider_key(0).public().fingerprint().to_string(),
        }
    }
}

impl Outcome for NewIdentity {
    fn text(&self) -> String {
        format!(
            "identity `{}`: provider key {}\n",
            self.name, self.provider_fingerprint
        )
    }
}

/// Draws a seed and writes its container.
///
/// # Errors
/// The home's and the prompt's.
pub fn run(context: &Context, args: NewArgs) -> Result<NewIdentity, Error> {
    let name = match args.name.or_else(|| context.settings.identity.clone()) {
        Some(name) => name,
        None => context.wallet_name(None).map_err(|error| {
            error.with_hint(
                "give the identity a name: `patientport identity new NAME`",
                json!({}),
            )
        })?,
    };
    context.home().check_new_identity(&name)?;
    let settings = &context.settings;
    let file = settings
        .identity_password_file
        .as_ref()
        .or(settings.password_file.as_ref());
    let password = passwords::for_new(context, "identity", &name, file)?;
    let seed = IdentitySeed::random(&mut OsRng);
    context
        .home()
        .add_identity(&name, &seed, &password, args.kdf.scrypt_log_n)?;
    context.terminal.say(&format!(
        "back it up now with `patientport identity backup {name}`: records sealed to a lost identity cannot be read by \
         anyone; a patient's account can come from the same words: `patientport wallet new NAME --from-identity {name}`"
    ));
    Ok(NewIdentity::of(name, &seed))
}
