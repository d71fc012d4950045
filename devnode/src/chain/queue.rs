//! Transactions that wait for the ones before them.

use super::{SignedTransaction, SubmitError};
use alloy_primitives::{Address, B256};
use std::collections::{BTreeMap, HashMap};

/// Most transactions that wait at the same time.
pub const MAX_QUEUED_TRANSACTIONS: usize = 16_384;
/// Most bytes of waiting transactions.
pub const MAX_QUEUED_BYTES: usize = 64 << 20;

/// Transactions whose nonce is ahead of their sender's, bounded in number and bytes.
#[derive(Debug, Default)]
pub(super) struct Queue {
    by_sender: HashMap<Address, BTreeMap<u64, SignedTransaction>>,
    by_hash: HashMap<B256, (Address, u64)>,
    bytes: usize,
}

impl Queue {
    pub(super) fn get(&self, hash: B256) -> Option<&SignedTransaction> {
        let (sender, nonce) = self.by_hash.get(&hash)?;
        self.by_sender.get(sender)?.get(nonce)
    }

    pub(super) fn len(&self) -> usize {
        self.by_hash.len()
    }

    pub(super) fn senders(&self) -> Vec<Address> {
        self.by_sender.keys().copied().collect()
    }

    /// Keeps a transaction until its turn comes. One with the same sender and nonce is replaced if
    /// the new one offers a tenth more, as in other nodes.
    pub(super) fn insert(&mut self, tx: SignedTransaction) -> Result<(), SubmitError> {
        let (sender, nonce) = (tx.sender(), tx.nonce());
        let replaced = self
            .by_sender
            .get(&sender)
            .and_then(|waiting| waiting.get(&nonce));
        if let Some(old) = replaced {
            let raised = |new: u128, old: u128| {
                new.saturating_mul(10) >= old.saturating_mul(11) && new > old
            };
            if !raised(tx.max_fee_per_gas(), old.max_fee_per_gas()) {
                return Err(SubmitError::ReplacementUnderpriced { nonce });
            }
        } else if self.by_hash.len() >= MAX_QUEUED_TRANSACTIONS {
            return Err(SubmitError::QueueFull {
                waiting: self.by_hash.len(),
            });
        }
        if self.bytes.saturating_add(tx.encoded_len()) > MAX_QUEUED_BYTES {
            return Err(SubmitError::QueueFull {
                waiting: self.by_hash.len(),
            });
        }
        self.take(sender, nonce);
        self.bytes += tx.encoded_len();
        self.by_hash.insert(tx.hash(), (sender, nonce));
        self.by_sender.entry(sender).or_default().insert(nonce, tx);
        Ok(())
    }

    /// Removes and returns the transaction of a sender with a nonce.
    pub(super) fn take(&mut self, sender: Address, nonce: u64) -> Option<SignedTransaction> {
        let waiting = self.by_sender.get_mut(&sender)?;
        let tx = waiting.remove(&nonce)?;
        if waiting.is_empty() {
            self.by_sender.remove(&sender);
        }
        self.by_hash.remove(&tx.hash());
        self.bytes -= tx.encoded_len();
        Some(tx)
    }

    /// Drops a sender's transactions with nonces below `nonce`: they can never run.
    pub(super) fn drop_below(&mut self, sender: Address, nonce: u64) {
        while let Some(stale) = self
            .by_sender
            .get(&sender)
            .and_then(|waiting| waiting.keys().next())
            .copied()
            .filter(|first| *first < nonce)
        {
            self.take(sender, stale);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
