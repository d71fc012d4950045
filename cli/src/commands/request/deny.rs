//! `patientport request deny`

use alloy::primitives::Address;
use patientport_client::access;
use patientport_client::port::{DelegateRights, DenialReason, Port, RequestEntry};
use patientport_core::keys::PublicKey;
use patientport_core::text::DenialText;
use rand_core::OsRng;
use serde::Serialize;

use crate::args::request::DenyArgs;
use crate::commands::acting::signer;
use crate::commands::describe::{Who, is_silence};
use crate::commands::request::template::denied;
use crate::context::{Context, Wallet};
use crate::error::Error;
use crate::home::HomeError;
use crate::home::pins::{Pin, Subject};
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::text::sealed_words;

/// A request that was denied.
#[derive(Debug, Serialize)]
pub struct Denied {
    /// Its number.
    pub id: u32,
    /// The port.
    pub port: Address,
    /// The public reason.
    pub reason: DenialReason,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Denied {
    fn text(&self) -> String {
        format!(
            "request {} is denied ({})\n{}",
            self.id,
            self.reason,
            self.tx.line()
        )
    }
}

/// Denies a request. Needs the wallet of the patient or a delegate, and no identity.
///
/// # Errors
/// The port's refusals.
pub async fn run(context: &Context, args: DenyArgs) -> Result<Denied, Error> {
    context.require_consent()?;
    let file = args.text_file.as_deref();
    let (reason, text) = denied(context, &args.template, args.reason, args.text, file)?;
    let text = DenialText { text };
    text.to_bytes().map_err(patientport_client::Error::from)?;
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let entry = port.request(args.id).await?;
    let (wallet, _) = signer(context, &chosen, &info, DelegateRights::APPROVE).await?;
    let reason: DenialReason = reason.into();
    deny(context, (port, &wallet), &entry, (reason, &text)).await
}

/// Denies a request with this wallet, the patient's or a delegate's: shows it, asks, sends.
///
/// # Errors
/// The port's refusals; [`Error::Declined`].
pub async fn deny(
    context: &Context,
    (port, wallet): (&Port, &Wallet),
    entry: &RequestEntry,
    (reason, text): (DenialReason, &DenialText),
) -> Result<Denied, Error> {
    let sealed = requester_key(context, port, entry.requester).await?;
    let mut preview = Preview::new(format!("deny request {}", entry.id))
        .line("port", port.address().to_string())
        .line(
            "asked by",
            Who::find(port.registry(), entry.requester).await?.line(),
        )
        .line("reason", format!("{reason} (public)"));
    preview = match &sealed {
        Some((_, pin)) => preview
            .pinned("key", "", pin.clone())
            .line("text", sealed_words(&text.text)),
        None => preview.line("text", "none"),
    };
    let key = sealed.as_ref().map(|(key, _)| key);
    let words = (reason, text);
    let transaction = access::deny(port, wallet.address(), entry, key, words, &mut OsRng)?;
    let report = send(context, wallet, preview, &transaction).await?;
    Ok(Denied {
        id: entry.id,
        port: port.address(),
        reason,
        tx: (&report).into(),
    })
}

/// The requester's key, compared with the one first seen; `None` with a warning where there is none to trust: that
/// keeps the words from the requester, and nobody from saying no.
async fn requester_key(
    context: &Context,
    port: &Port,
    requester: Address,
) -> Result<Option<(PublicKey, Pin)>, Error> {
    let without_words = |why: &str| {
        context.warn(
            "message.not_sealed",
            format!("the denial carries no words: {why}"),
        );
        Ok(None)
    };
    let key = match port.registry().find_provider(requester).await {
        Ok(provider) => provider.and_then(|provider| provider.key),
        Err(error) if is_silence(&error) => {
            return without_words("the registry does not say what the requester's key is");
        }
        Err(error) => return Err(error.into()),
    };
    let Some(key) = key else {
        return without_words("the requester has published no key");
    };
    let subject = Subject::Account(requester);
    match context.compare_key(port.chain().chain_id(), subject, &key) {
        Ok(pin) => Ok(Some((key, pin))),
        Err(Error::Home(HomeError::KeyChanged { .. })) => without_words(
            "the requester's key is not the one seen before (`--accept-new-key` accepts it)",
        ),
        Err(error) => Err(error),
    }
}
