//! `patientport identity card`

use alloy::primitives::Address;
use serde::Serialize;

use super::show::Key;
use crate::args::identity::ShowArgs;
use crate::context::Context;
use crate::error::Error;
use crate::keycard::KeyCard;
use crate::output::Outcome;

/// A person's account and key in one line.
#[derive(Debug, Serialize)]
pub struct Card {
    /// The line.
    pub card: String,
    /// The account.
    pub account: Address,
    /// Name of the identity.
    pub identity: String,
    /// The key.
    #[serde(flatten)]
    pub key: Key,
}

impl Outcome for Card {
    fn text(&self) -> String {
        format!("{}\n", self.card)
    }
}

/// Opens the identity, for its file does not say its keys. The wallet stays closed where its file states its address.
///
/// # Errors
/// The home's and the prompt's.
pub fn run(context: &Context, args: &ShowArgs) -> Result<Card, Error> {
    let account = context.account(
        args.name
            .as_deref()
            .filter(|name| has_wallet(context, name)),
    )?;
    let (identity, seed) = match &args.name {
        Some(name) => context.identity_named(name)?,
        None => context.identity(None)?,
    };
    let newest = context.home().derived(&seed)?.provider_key;
    let key = seed.provider_key(newest).public();
    let card = KeyCard { account, key };
    context.terminal.say(&format!(
        "the line below holds nothing secret; whoever gets it compares with you, by another way:\n  account      {account}\n  fingerprint  {}",
        key.fingerprint()
    ));
    Ok(Card {
        card: card.to_string(),
        account,
        identity,
        key: key.into(),
    })
}

/// Whether a wallet has the identity's name.
fn has_wallet(context: &Context, name: &str) -> bool {
    context.home().wallet(name).is_ok()
}
