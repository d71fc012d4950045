//! People who are named with their keys: delegates and custodians, of whom most are in no registry.

use alloy::primitives::Address;
use patientport_client::port::Port;
use patientport_core::keys::PublicKey;
use serde_json::json;

use crate::args::delegate::PersonArgs;
use crate::args::person::PersonRef;
use crate::context::Context;
use crate::error::Error;
use crate::home::pins::{Pin, Subject};

/// Account and key of somebody, and the key as this home compared it.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account.
    pub account: Address,
    /// Its encryption key.
    pub key: PublicKey,
    /// The key, to be remembered once its use is agreed to.
    pub pin: Pin,
}

/// Finds out who is meant: by the key card, else by the key that the registry shows.
///
/// # Errors
/// [`Error::OtherFingerprint`] if it is not the key whose fingerprint was given; `provider.unknown`, `key.none`;
/// `KeyChanged`.
pub async fn find(context: &Context, port: &Port, args: &PersonArgs) -> Result<Person, Error> {
    let (account, key) = match args.who {
        PersonRef::Card(card) => (card.account, card.key),
        PersonRef::Account(account) => {
            let provider = match port.registry().provider(account).await {
                Ok(provider) => provider,
                Err(error @ patientport_client::Error::UnknownProvider { .. }) => {
                    let hint = "who is no provider prints a line with `patientport identity card`: give that line in place of the account";
                    return Err(Error::from(error).with_hint(hint, json!({})));
                }
                Err(error) => return Err(error.into()),
            };
            (account, provider.encryption_key()?)
        }
    };
    if let Some(told) = &args.fingerprint
        && told.0 != key.fingerprint()
    {
        return Err(Error::OtherFingerprint {
            account,
            told: told.0.to_string(),
            found: key.fingerprint().to_string(),
        });
    }
    let pin = context.compare_key(port.chain().chain_id(), Subject::Account(account), &key)?;
    Ok(Person { account, key, pin })
}
