//! Methods about transactions that wait (geth's namespace `txpool`).

use super::{Api, RpcError, convert, params::Params};
use crate::chain::{At, Chain, SignedTransaction};
use alloy::{consensus::Transaction as _, rpc::types::Transaction as RpcTransaction};
use alloy_primitives::{Address, U64};
use serde::Serialize;
use std::collections::BTreeMap;

/// Transactions by sender and, in decimal, nonce.
type BySender<T> = BTreeMap<Address, BTreeMap<String, T>>;

/// Transactions whose turn has come, and those with a nonce ahead of their sender's.
#[derive(Debug, Default, Serialize)]
pub(super) struct Waiting<T> {
    pending: T,
    queued: T,
}

impl Api {
    pub(super) fn pool_status(&self, params: Params<'_>) -> Result<Waiting<U64>, RpcError> {
        params.finish()?;
        let Waiting { pending, queued } = sort(&*self.read()?, |_| true)?;
        let count = |of: BySender<bool>| U64::from(of.values().map(BTreeMap::len).sum::<usize>());
        Ok(Waiting {
            pending: count(pending),
            queued: count(queued),
        })
    }

    pub(super) fn pool_content(
        &self,
        params: Params<'_>,
    ) -> Result<Waiting<BySender<RpcTransaction>>, RpcError> {
        params.finish()?;
        sort(&*self.read()?, convert::waiting_transaction)
    }

    /// Geth's one line for each.
    pub(super) fn pool_inspect(
        &self,
        params: Params<'_>,
    ) -> Result<Waiting<BySender<String>>, RpcError> {
        params.finish()?;
        sort(&*self.read()?, |waiting| {
            let transaction = waiting.recovered();
            let to = transaction
                .to()
                .map_or_else(|| "contract creation".to_owned(), |to| to.to_string());
            format!(
                "{to}: {} wei + {} gas × {} wei",
                transaction.value(),
                transaction.gas_limit(),
                transaction.max_fee_per_gas()
            )
        })
    }
}

fn sort<T>(
    chain: &Chain,
    show: impl Fn(&SignedTransaction) -> T,
) -> Result<Waiting<BySender<T>>, RpcError> {
    let state = chain.state(At::Pending).ok_or(RpcError::UnknownBlock)?;
    let mut waiting = Waiting::<BySender<T>>::default();
    // Each sender's come by rising nonce.
    let mut next: BTreeMap<Address, u64> = BTreeMap::new();
    for transaction in chain.waiting_transactions() {
        let (sender, nonce) = (transaction.sender(), transaction.nonce());
        let next = next.entry(sender).or_insert_with(|| state.nonce(sender));
        let part = if nonce == *next {
            *next += 1;
            &mut waiting.pending
        } else {
            &mut waiting.queued
        };
        part.entry(sender)
            .or_default()
            .insert(nonce.to_string(), show(transaction));
    }
    Ok(waiting)
}
