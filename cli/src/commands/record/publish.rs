//! `patientport record publish`: ciphertext on the chain, for ever and for everybody.

use alloy::primitives::{Address, B256};
use patientport_client::chain::Prepared;
use patientport_client::progress::Stage;
use patientport_client::publish::{self, Piece};
use serde::Serialize;

use super::blocking;
use super::stores::Stores;
use crate::args::record::PublishArgs;
use crate::context::{ChosenPort, Context};
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, confirm, still_as_shown, submit};
use crate::progress::Bar;
use crate::text::{count, ether, grouped, size};

/// A record that stands on the chain.
#[derive(Debug, Serialize)]
pub struct Published {
    /// Its number.
    pub id: u32,
    /// The port.
    pub port: Address,
    /// Its commitment.
    pub commitment: B256,
    /// Who published it.
    pub by: Address,
    /// Bytes of head and body.
    pub length: u64,
    /// In how many pieces.
    pub pieces: usize,
    /// How many of them were there already.
    pub already: usize,
    /// The transactions, in their order.
    pub txs: Vec<TxSummary>,
}

impl Outcome for Published {
    fn text(&self) -> String {
        let fee: u128 = self.txs.iter().map(|tx| tx.fee_wei).sum();
        format!(
            "record {} is on the chain, for ever and for everybody: {} in {}, {} of them sent now, fee {}\n",
            self.id,
            size(self.length),
            count(self.pieces, "piece"),
            self.txs.len(),
            ether(fee)
        )
    }
}

/// Publishes what of a record's head and body this account has not published yet.
///
/// # Errors
/// `TooLargeToPublish`; the port's refusals; after some pieces, any error comes with the hint to run it again.
pub async fn run(context: &Context, args: &PublishArgs) -> Result<Published, Error> {
    context.require_consent()?;
    let chosen = context.port(args.port.port.as_deref()).await?;
    chosen.port.claimed_info().await?;
    let stores = Stores::open(context)?;
    let published = publish(context, &chosen, args.id, &stores).await;
    stores.report(context);
    published
}

async fn publish(
    context: &Context,
    chosen: &ChosenPort,
    id: u32,
    stores: &Stores,
) -> Result<Published, Error> {
    let port = &chosen.port;
    let entry = port.record(id).await?;
    let (store, at) = (stores.of(port, entry.author), port.clone());
    let all = blocking(move || Ok(publish::cut(&at, &entry, store.as_ref())?)).await?;
    let length = all.iter().map(|piece| piece.data.len() as u64).sum();
    let pieces = all.len();
    let wallet = context.wallet(chosen.known.account.as_deref())?;
    let sender = wallet.address();
    context.refuse_public_key(sender, port.chain().chain_id())?;
    // An earlier attempt may still be on its way: what it does must be seen before the log is asked.
    port.chain().settle(sender).await?;
    let missing = publish::missing(port, id, sender, all).await?;
    let mut outcome = Published {
        id,
        port: port.address(),
        commitment: entry.commitment,
        by: sender,
        length,
        pieces,
        already: pieces - missing.len(),
        txs: Vec::new(),
    };
    let Some(largest) = missing.iter().max_by_key(|piece| piece.data.len()) else {
        return Ok(outcome);
    };
    // The largest is priced, and what all cost follows from their sizes: the port's refusal comes here, too.
    let priced = largest.transaction(port, id).prepare(sender).await?;
    let sizes: u128 = missing.iter().map(|piece| piece.data.len() as u128).sum();
    let whole = largest.data.len().max(1) as u128;
    let in_all = |one: u128| one.saturating_mul(sizes) / whole;
    let preview = Preview::new(
        "publish a record's ciphertext on the chain: for ever and for everybody, nobody can take it back, and whoever gets its key at any later time can read it",
    )
    .line("port", port.address().to_string())
    .line("record", format!("{id} by {}", entry.author))
    .line(
        "pieces",
        format!(
            "{} of {pieces} to send, {} in all",
            missing.len(),
            size(length)
        ),
    )
    .line("from", format!("{sender} (wallet `{}`)", wallet.name))
    .line(
        "fee",
        format!(
            "{} with about {} gas, about {}, at most {}",
            count(missing.len(), "transaction"),
            grouped(u64::try_from(in_all(priced.gas.0.into())).unwrap_or(u64::MAX)),
            ether(in_all(priced.fee().0)),
            ether(priced.highest_cost().0.saturating_mul(missing.len() as u128))
        ),
    );
    confirm(context, &preview)?;
    let all = missing.iter().map(|piece| piece.data.len() as u64).sum();
    let bar = Bar::bytes(&context.terminal, Some(all));
    for (index, piece) in missing.iter().enumerate() {
        let sent = send(context, &wallet, chosen, id, (piece, &priced)).await;
        let tx = sent.map_err(|error| {
            error.with_hint(
                "what was published stays: run it again to go on where it stopped",
                serde_json::json!({ "sent": index, "missing": missing.len() - index }),
            )
        })?;
        outcome.txs.push(tx);
        bar.watcher()
            .moved(Stage::Publishing, piece.data.len() as u64);
    }
    Ok(outcome)
}

async fn send(
    context: &Context,
    wallet: &crate::context::Wallet,
    chosen: &ChosenPort,
    id: u32,
    (piece, priced): (&Piece, &Prepared),
) -> Result<TxSummary, Error> {
    let transaction = piece.transaction(&chosen.port, id);
    let prepared = transaction.prepare(wallet.address()).await?;
    still_as_shown(priced, &prepared)?;
    let report = submit(context, wallet, &transaction, &prepared).await?;
    Ok((&report).into())
}
