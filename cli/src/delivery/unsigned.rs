//! `--unsigned`: a transaction written down for another machine to sign.

use std::path::{Path, PathBuf};

use patientport_client::chain::{Transaction, UnsignedTransaction};
use serde::Serialize;
use serde_json::Value;

use super::{Composed, Ended, check_output, named, write_output};
use crate::context::{Context, Wallet};
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::Preview;
use crate::text::shown;

/// An unsigned transaction.
#[derive(Debug, Serialize)]
struct Unsigned {
    /// Where it was written; none for standard output.
    output: Option<PathBuf>,
    /// The file.
    transaction: Value,
    #[serde(flatten)]
    composed: Composed,
    nonce: u64,
    gas_limit: u64,
    #[serde(serialize_with = "super::digits")]
    highest_cost_wei: u128,
    /// Whether the command would have sent more after it.
    more: bool,
}

impl Outcome for Unsigned {
    fn text(&self) -> String {
        match &self.output {
            None => format!("{}\n", self.transaction),
            Some(output) => format!(
                "written to `{0}`, not signed: sign it with `patientport tx sign {0}`, then send it with `patientport tx send`\n",
                shown(&output.display().to_string())
            ),
        }
    }
}

pub(super) async fn end(
    context: &Context,
    wallet: &Wallet,
    preview: &Preview,
    transaction: &Transaction,
    output: &Path,
) -> Result<Error, Error> {
    check_output(output)?;
    let from = wallet.address();
    let prepared = transaction.prepare(from).await?;
    let composed = transaction.unsigned(&prepared).await?;
    let (nonce, gas_limit) = (composed.nonce, composed.gas_limit);
    let file = UnsignedTransaction::new(from, composed).to_json();
    let shown = preview
        .clone()
        .line("from", wallet.line())
        .line("gas", crate::preview::cost(&prepared));
    context.terminal.say_painted(&shown.render(context));
    write_output(output, &file)?;
    let outcome = Unsigned {
        output: named(output),
        transaction: file,
        composed: Composed::new(
            transaction.chain().chain_id(),
            wallet,
            preview,
            transaction.call(),
        ),
        nonce,
        gas_limit,
        highest_cost_wei: prepared.highest_cost().0,
        more: context.several(),
    };
    Ok(Ended::error(&outcome, true))
}
