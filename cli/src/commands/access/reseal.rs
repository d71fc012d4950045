//! `patientport access reseal`

use alloy::primitives::Address;
use patientport_client::port::DelegateRights;
use rand_core::OsRng;
use serde::Serialize;

use crate::args::access::ResealArgs;
use crate::commands::acting::{Acting, Sender};
use crate::commands::sealing::{self, Omitted};
use crate::commands::stale::warn_of_stale;
use crate::context::{ChosenPort, Context};
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::text::count;
use crate::time;

/// Secrets that were given to those who lacked them.
#[derive(Debug, Serialize)]
pub struct Resealed {
    /// The port.
    pub port: Address,
    /// Who was given the current section secrets.
    pub sealed_to: Vec<Address>,
    /// Readers who have access, lack them still, and were given none.
    pub left_out: Vec<Omitted>,
    /// The transactions.
    pub txs: Vec<TxSummary>,
}

impl Outcome for Resealed {
    fn text(&self) -> String {
        if self.txs.is_empty() {
            return "nobody was given anything: see who has access with `patientport access list`\n".into();
        }
        let mut text = format!(
            "{} given the current section secrets\n",
            count(self.sealed_to.len(), "reader")
        );
        text.extend(self.txs.iter().map(TxSummary::line));
        text
    }
}

/// Gives the current section secrets to everyone who may read and was not sent them. Changes no key.
///
/// # Errors
/// The port's refusals; [`Error::NotTheOwner`].
pub async fn run(context: &Context, args: ResealArgs) -> Result<Resealed, Error> {
    let chosen = context.port(args.port.port.as_deref()).await?;
    let acting = Acting::open(context, &chosen, DelegateRights::ROTATE).await?;
    let resealed = send_missing(context, &chosen, &acting.sender(), args.include_unseen).await?;
    warn_of_stale(context, &chosen.port).await?;
    Ok(resealed)
}

/// As [`run`], for commands that have opened who acts.
///
/// # Errors
/// As [`run`].
pub async fn send_missing(
    context: &Context,
    chosen: &ChosenPort,
    sender: &Sender<'_>,
    include_unseen: bool,
) -> Result<Resealed, Error> {
    let port = &chosen.port;
    let mut plan = sender.actor.plan_reseal(time::clock()).await?;
    let mut pins =
        sealing::judge(context, &mut plan, include_unseen, port.chain().chain_id())?.into_iter();
    let batches = sender.actor.reseal(&plan, &mut OsRng)?;
    let number = batches.len();
    let mut txs = Vec::new();
    for (index, batch) in batches.iter().enumerate() {
        let title = format!(
            "give the current section secrets to readers who lack them, {} of {number}",
            index + 1
        );
        let mut preview = Preview::new(title).line("port", port.address().to_string());
        for (sealed, pin) in batch.messages.iter().zip(&mut pins) {
            preview = preview.pinned("sealed to", format!("{}, key ", sealed.recipient), pin);
        }
        let report = send(context, sender.wallet, preview, &batch.transaction(port)).await?;
        txs.push((&report).into());
    }
    Ok(Resealed {
        port: port.address(),
        sealed_to: plan.recipients().iter().map(|it| it.account).collect(),
        left_out: sealing::omitted(&plan),
        txs,
    })
}
