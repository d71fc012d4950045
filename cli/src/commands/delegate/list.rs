//! `patientport delegate list`

use alloy::primitives::Address;
use serde::Serialize;

use crate::args::delegate::ListArgs;
use crate::commands::access::list::DelegateEntry;
use crate::commands::describe::Who;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::time;

/// Who acts for a port's patient.
#[derive(Debug, Serialize)]
pub struct Delegates {
    /// The port.
    pub port: Address,
    /// The patient.
    pub patient: Address,
    /// In no particular order.
    pub delegates: Vec<DelegateEntry>,
}

impl Outcome for Delegates {
    fn text(&self) -> String {
        if self.delegates.is_empty() {
            return "nobody acts for the patient\n".into();
        }
        self.delegates.iter().map(DelegateEntry::line).collect()
    }
}

/// Lists delegates, former ones too. Needs no key.
///
/// # Errors
/// The chain's.
pub async fn run(context: &Context, args: &ListArgs) -> Result<Delegates, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let port = &chosen.port;
    let info = port.claimed_info().await?;
    let now = port.chain().now(time::clock()).await?;
    let mut delegates = Vec::new();
    for holder in port.holders(now).await? {
        if holder.delegation.is_named() {
            let who = Who::find(port.registry(), holder.account()).await?;
            delegates.push(DelegateEntry::of(who, &holder.delegation));
        }
    }
    Ok(Delegates {
        port: port.address(),
        patient: info.patient,
        delegates,
    })
}
