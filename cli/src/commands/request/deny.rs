//! `patientport request deny`

use alloy::primitives::Address;
use patientport_client::access;
use patientport_client::port::DenialReason;
use patientport_core::text::DenialText;
use rand_core::OsRng;
use serde::Serialize;

use crate::args::request::DenyArgs;
use crate::commands::describe::Who;
use crate::commands::party::{pin, words};
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::text::shown;

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

/// Denies a request. Needs the patient's wallet but not its identity.
///
/// # Errors
/// The port's refusals.
pub async fn run(context: &Context, args: DenyArgs) -> Result<Denied, Error> {
    context.require_consent()?;
    let text = DenialText {
        text: words(args.text, args.text_file.as_deref())?,
    };
    text.to_bytes().map_err(patientport_client::Error::from)?;
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let entry = port.request(args.id).await?;
    let wallet = context.wallet(chosen.known.account.as_deref())?;
    if wallet.address() != info.patient {
        return Err(Error::NotTheOwner {
            port: port.address(),
            owner: info.patient,
            account: wallet.address(),
            wallet: wallet.name,
        });
    }
    let reason: DenialReason = args.reason.into();
    let provider = port.registry().provider(entry.requester).await?;
    let key = pin(
        context,
        port.chain().chain_id(),
        entry.requester,
        &provider.encryption_key()?,
    )?;
    let preview = Preview::new(format!("deny request {}", args.id))
        .line("port", port.address().to_string())
        .line(
            "asked by",
            Who::find(port.registry(), entry.requester).await?.line(),
        )
        .line("key", key)
        .line("reason", format!("{reason} (public)"))
        .line("text", format!("{} (sealed)", shown(&text.text)));
    let transaction = access::deny(port, args.id, reason, &text, &mut OsRng).await?;
    let report = send(context, &wallet, preview, &transaction).await?;
    Ok(Denied {
        id: args.id,
        port: port.address(),
        reason,
        tx: (&report).into(),
    })
}
