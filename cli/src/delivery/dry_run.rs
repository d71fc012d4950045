//! `--dry-run`: simulated, priced, shown; nothing sent, nothing kept.

use patientport_client::chain::Transaction;
use serde::Serialize;

use super::{Composed, Ended};
use crate::context::{Context, Wallet};
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::Preview;
use crate::text::{ether, grouped};
use crate::words::Word;

/// A transaction that was looked at.
#[derive(Debug, Serialize)]
struct Looked {
    dry_run: bool,
    #[serde(flatten)]
    composed: Composed,
    gas: u64,
    gas_limit: u64,
    #[serde(serialize_with = "super::digits")]
    fee_wei: u128,
    #[serde(serialize_with = "super::digits")]
    highest_cost_wei: u128,
    /// Whether the command may send more after it.
    more: bool,
    #[serde(skip)]
    text: String,
}

impl Outcome for Looked {
    fn text(&self) -> String {
        let more = if self.more {
            "; this command may send more after it"
        } else {
            ""
        };
        format!("{}\nnothing was sent{more}\n", self.text)
    }
}

pub(super) async fn end(
    context: &Context,
    wallet: &Wallet,
    preview: &Preview,
    transaction: &Transaction,
) -> Result<Error, Error> {
    let prepared = transaction.prepare(wallet.address()).await?;
    let (fee, highest) = (prepared.fee().0, prepared.highest_cost().0);
    let text = preview
        .clone()
        .line("from", wallet.line())
        .line(
            "gas",
            format!(
                "about {}, fee about {}, at most {}",
                grouped(prepared.gas.0),
                ether(fee),
                ether(highest)
            ),
        )
        .plain();
    let looked = Looked {
        dry_run: true,
        composed: Composed::new(
            transaction.chain().chain_id(),
            wallet,
            preview,
            transaction.call(),
        ),
        gas: prepared.gas.0,
        gas_limit: prepared.gas_limit.0,
        fee_wei: fee,
        highest_cost_wei: highest,
        more: context.several(),
        text,
    };
    Ok(Ended::error(&looked, false))
}

/// A plan of several transactions that was looked at.
#[derive(Debug, Serialize)]
struct Plan {
    dry_run: bool,
    title: String,
    words: Vec<Word>,
    #[serde(skip)]
    text: String,
}

impl Outcome for Plan {
    fn text(&self) -> String {
        format!("{}\nnothing was sent\n", self.text)
    }
}

/// The end of a dry run of a command that would ask about several transactions at once.
pub fn plan(preview: &Preview) -> Error {
    let plan = Plan {
        dry_run: true,
        title: preview.title().to_owned(),
        words: preview.words(),
        text: preview.plain(),
    };
    Ended::error(&plan, false)
}
