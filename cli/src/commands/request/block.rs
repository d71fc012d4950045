//! `patientport request block` and `unblock`

use alloy::primitives::Address;
use serde::Serialize;

use crate::args::request::RequesterArgs;
use crate::commands::acting::patient_signer;
use crate::commands::describe::Who;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};

/// Whether requests of an account are taken.
#[derive(Debug, Serialize)]
pub struct Blocked {
    /// The port.
    pub port: Address,
    /// The account.
    pub requester: Address,
    /// Whether its requests are refused from now on.
    pub blocked: bool,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Blocked {
    fn text(&self) -> String {
        let what = if self.blocked {
            "no more requests are taken of"
        } else {
            "requests are taken again of"
        };
        format!("{what} {}\n{}", self.requester, self.tx.line())
    }
}

/// Takes no more requests of an account, or takes them again.
///
/// # Errors
/// The port's refusals.
pub async fn run(context: &Context, args: &RequesterArgs, blocked: bool) -> Result<Blocked, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let wallet = patient_signer(context, &chosen, &info)?;
    let title = if blocked {
        "take no more requests of an account; everybody sees that"
    } else {
        "take requests of an account again"
    };
    let preview = Preview::new(title)
        .line("port", port.address().to_string())
        .line(
            "requester",
            Who::find(port.registry(), args.requester).await?.line(),
        );
    let call = port.set_blocked(args.requester, blocked);
    let report = send(context, &wallet, preview, &call).await?;
    Ok(Blocked {
        port: port.address(),
        requester: args.requester,
        blocked,
        tx: (&report).into(),
    })
}
