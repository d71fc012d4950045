//! `patientport provider change-key`
//!
//! A provider's keys are numbered in the order of their publication, so the next one follows from what the registry
//! shows: whatever happens to the transaction, another run takes the same key, and reading finds it.

use alloy::primitives::Address;
use serde::Serialize;

use crate::args::provider::ChangeKeyArgs;
use crate::commands::keys::Search;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};

/// A provider with another key.
#[derive(Debug, Serialize)]
pub struct ChangedKey {
    /// The provider.
    pub provider: Address,
    /// Fingerprint of the new key.
    pub fingerprint: String,
    /// Fingerprint of the key before it.
    pub former_fingerprint: String,
    /// The identity that has it.
    pub identity: String,
    /// The new key's number in the identity.
    pub key_index: u32,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for ChangedKey {
    fn text(&self) -> String {
        format!(
            "{} has the new key {}; tell it to your patients by another way than this chain: they change their \
             sections' keys and give you the new ones\n{}",
            self.provider,
            self.fingerprint,
            self.tx.line()
        )
    }
}

/// Publishes the identity's next key.
///
/// # Errors
/// `UnknownProvider`; [`Error::NotThePublishedKey`]; the registry's refusals.
pub async fn run(context: &Context, args: ChangeKeyArgs) -> Result<ChangedKey, Error> {
    context.require_consent()?;
    let registry = context.registry().await?;
    let account = context.account(None)?;
    let provider = registry.provider(account).await?;
    let wallet = context.wallet(None)?;
    let (identity, seed) = context.identity(None)?;
    let newest = context.home().derived(&seed)?.provider_key;
    let mut search = Search::provider(&seed, newest);
    let shown = provider
        .key
        .and_then(|key| Some((key, search.find(&key, Some(newest))?)));
    let Some((former, index)) = shown else {
        return Err(Error::NotThePublishedKey { identity, account });
    };
    let successor = match args.to_identity.filter(|name| *name != identity) {
        Some(name) => Some(context.identity_named(&name)?),
        None => None,
    };
    let former_identity = identity.clone();
    let (identity, next, key) = if let Some((name, successor)) = &successor {
        // Its newest key, should it have one elsewhere already.
        let next = context.home().derived(successor)?.provider_key;
        (name.clone(), next, successor.provider_key(next).public())
    } else {
        let next = index.saturating_add(1);
        (identity.clone(), next, search.key(next).public())
    };
    let (fingerprint, former_fingerprint) = (
        key.fingerprint().to_string(),
        former.fingerprint().to_string(),
    );
    let preview = Preview::new("change this provider's encryption key")
        .line("registry", registry.address().to_string())
        .line("old key", former_fingerprint.as_str())
        .line(
            "new key",
            format!("{fingerprint} (identity `{identity}`, key {next})"),
        );
    if let Some((_, successor)) = &successor
        && !context.is_dry_run()
    {
        // Before the key is published: reading needs both identities from then on.
        context.home().change_derived(&seed, |derived| {
            derived.provider_key = derived.provider_key.max(index);
        })?;
        context.home().note_former(successor, &former_identity)?;
    }
    let transaction = registry.set_encryption_key(&key);
    let sent = send(context, &wallet, preview, &transaction).await;
    // Handed on, it may be published by others at any time.
    if sent.as_ref().map_or_else(Error::is_handed_on, |_| true) {
        let with_key = successor.as_ref().map_or(&seed, |(_, successor)| successor);
        context.home().change_derived(with_key, |derived| {
            derived.provider_key = derived.provider_key.max(next);
        })?;
    }
    let report = sent?;
    if successor.is_some() {
        context.terminal.say(&format!(
            "from now on name the identity: `--identity {identity}`, or `\"identity\": \"{identity}\"` in `{}`",
            context.home().root().join("config.json").display()
        ));
    }
    Ok(ChangedKey {
        provider: account,
        fingerprint,
        former_fingerprint,
        identity,
        key_index: next,
        tx: (&report).into(),
    })
}
