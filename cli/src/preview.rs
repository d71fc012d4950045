//! Showing a transaction before it is sent, asking, sending, telling.

use alloy::primitives::B256;
use patientport_client::chain::{Prepared, Transaction, TxReport};
use serde::{Serialize, Serializer};

use crate::context::{Context, Wallet};
use crate::delivery::{self, Delivery};
use crate::error::Error;
use crate::home::pins::Pin;
use crate::terminal::Style;
use crate::text::{ether, grouped};
use crate::words::Word;

/// What a transaction will do, in words: a title and labelled lines, all safe to show.
#[derive(Clone, Debug)]
pub struct Preview {
    title: String,
    lines: Vec<(&'static str, String)>,
    pins: Vec<Pin>,
}

impl Preview {
    /// A preview with a title such as `approve request 1`.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            lines: Vec::new(),
            pins: Vec::new(),
        }
    }

    /// Adds a labelled line. Foreign text in it must be escaped.
    #[must_use]
    pub fn line(mut self, label: &'static str, value: impl Into<String>) -> Self {
        self.lines.push((label, value.into()));
        self
    }

    /// Adds a labelled line with a key, which is remembered once the user has agreed.
    #[must_use]
    pub fn pinned(mut self, label: &'static str, before: impl Into<String>, pin: Pin) -> Self {
        self.lines.push((label, format!("{}{pin}", before.into())));
        self.pins.push(pin);
        self
    }

    /// Remembers a key once the user has agreed, without showing it.
    #[must_use]
    pub fn pins(mut self, pins: impl IntoIterator<Item = Pin>) -> Self {
        self.pins.extend(pins);
        self
    }

    /// Adds a labelled line where there is something to say.
    #[must_use]
    pub fn maybe(self, label: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.line(label, value),
            None => self,
        }
    }

    /// The title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The lines, for outcomes.
    pub fn words(&self) -> Vec<Word> {
        let word = |(label, value): &(&'static str, String)| Word {
            label,
            value: value.clone(),
        };
        self.lines.iter().map(word).collect()
    }

    /// The keys that are remembered once the user has agreed.
    pub(crate) fn kept_pins(&self) -> &[Pin] {
        &self.pins
    }

    /// As it stands in a result, which no colour reaches.
    pub fn plain(&self) -> String {
        self.under(self.title.clone())
    }

    /// As it is shown.
    pub fn render(&self, context: &Context) -> String {
        self.under(context.terminal.paint(Style::Bold, &self.title))
    }

    fn under(&self, title: String) -> String {
        let width = self
            .lines
            .iter()
            .map(|(label, _)| label.len())
            .max()
            .unwrap_or_default();
        let mut text = title;
        for (label, value) in &self.lines {
            text.push_str(&format!("\n  {label:width$}  {value}"));
        }
        text
    }
}

/// A transaction that was mined, for outcomes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TxSummary {
    /// Its hash.
    pub hash: B256,
    /// The block it is in.
    pub block: u64,
    /// Gas it used.
    pub gas_used: u64,
    /// The fee paid, in wei; decimal digits in JSON, because it can exceed what a number holds there.
    #[serde(serialize_with = "digits")]
    pub fee_wei: u128,
}

fn digits<S: Serializer>(value: &u128, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

impl From<&TxReport> for TxSummary {
    fn from(report: &TxReport) -> Self {
        Self {
            hash: report.hash,
            block: report.block,
            gas_used: report.gas_used.0,
            fee_wei: report.fee_wei.0,
        }
    }
}

impl TxSummary {
    /// One line for people.
    pub fn line(&self) -> String {
        format!(
            "transaction {} in block {}, {} gas, fee {}\n",
            self.hash,
            grouped(self.block),
            grouped(self.gas_used),
            ether(self.fee_wei)
        )
    }
}

/// Shows a preview of several transactions, or of what is no transaction, and asks, unless `--yes` has answered. A dry
/// run ends here with the preview.
///
/// # Errors
/// [`Error::ConfirmationRequired`]; [`Error::Declined`]; [`Error::Ended`]; [`Error::FlagUnused`] where a single
/// transaction was to be handed over.
pub fn confirm(context: &Context, preview: &Preview) -> Result<(), Error> {
    match &context.settings.delivery {
        Delivery::Send => ask(context, preview, "send it?"),
        Delivery::DryRun => Err(delivery::plan(preview)),
        other => Err(Error::FlagUnused {
            flag: other.flag().unwrap_or_default(),
            reason: "what is left to do here is no single transaction",
        }),
    }
}

/// Shows a preview and asks a question, unless `--yes` has answered.
///
/// # Errors
/// [`Error::ConfirmationRequired`]; [`Error::Declined`].
pub(crate) fn ask(context: &Context, preview: &Preview, question: &str) -> Result<(), Error> {
    context.require_consent()?;
    if context.settings.yes {
        context.terminal.say_painted(&preview.render(context));
        return Ok(());
    }
    context.terminal.show(&preview.render(context));
    if context.terminal.confirm(question)? {
        Ok(())
    } else {
        Err(Error::Declined)
    }
}

/// Simulates, shows, asks and sends; or does what the run was told to do instead ([`delivery`]).
///
/// # Errors
/// As [`approved`] and [`submit`].
pub async fn send(
    context: &Context,
    wallet: &Wallet,
    preview: Preview,
    transaction: &Transaction,
) -> Result<TxReport, Error> {
    let prepared = approved(context, wallet, preview, transaction).await?;
    submit(context, wallet, transaction, &prepared).await
}

/// What a transaction will cost, for people.
pub(crate) fn cost(prepared: &Prepared) -> String {
    format!(
        "about {}, fee about {}, at most {}",
        grouped(prepared.gas.0),
        ether(prepared.fee().0),
        ether(prepared.highest_cost().0)
    )
}

/// Simulates, shows and asks. Nothing has left this machine when it fails.
///
/// # Errors
/// The contract's refusal before anything is sent; [`Error::Declined`]; [`Error::Ended`] where the run was told not to
/// send.
pub async fn approved(
    context: &Context,
    wallet: &Wallet,
    preview: Preview,
    transaction: &Transaction,
) -> Result<Prepared, Error> {
    context.require_consent()?;
    let chain_id = context.chain().await?.chain_id();
    context.refuse_public_key(wallet.address(), chain_id)?;
    if let Some(ended) = delivery::instead(context, wallet, &preview, transaction).await {
        return Err(ended);
    }
    let prepared = transaction.prepare(wallet.address()).await?;
    let preview = preview
        .line("from", wallet.line())
        .line("gas", cost(&prepared));
    ask(context, &preview, "send it?")?;
    context.home().keep_pins(&preview.pins)?;
    Ok(prepared)
}

/// Refuses a transaction that could cost four times of what was shown for it and its like: a node tells the price, and
/// tells it again for each.
///
/// # Errors
/// [`Error::CostRisen`].
pub fn still_as_shown(shown: &Prepared, now: &Prepared) -> Result<(), Error> {
    let (shown, now) = (shown.highest_cost().0, now.highest_cost().0);
    if now > shown.saturating_mul(4) {
        return Err(Error::CostRisen { shown, now });
    }
    Ok(())
}

/// Sends what was approved. Whatever the error, the transaction may be on its way.
///
/// # Errors
/// After sending, the time-out with the transaction's hash.
pub async fn submit(
    context: &Context,
    wallet: &Wallet,
    transaction: &Transaction,
    prepared: &Prepared,
) -> Result<TxReport, Error> {
    let hash = transaction.submit(&wallet.signer, prepared).await?;
    context.terminal.say(&format!("sent {hash}"));
    let chain = context.chain().await?;
    Ok(chain.wait(hash).await?)
}
