//! Transactions that wait for a block: for the ones before them, or for the next block to be made.

use super::{SignedTransaction, SubmitError};
use alloy_primitives::{Address, B256};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap},
};

/// Most transactions that wait at the same time.
pub const MAX_QUEUED_TRANSACTIONS: usize = 16_384;
/// Most bytes of waiting transactions.
pub const MAX_QUEUED_BYTES: usize = 64 << 20;

/// A transaction and the number of its arrival.
#[derive(Clone, Debug)]
struct Waiting {
    transaction: SignedTransaction,
    arrival: u64,
}

/// Waiting transactions, bounded in number and bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    by_sender: HashMap<Address, BTreeMap<u64, Waiting>>,
    by_hash: HashMap<B256, (Address, u64)>,
    bytes: usize,
    arrivals: u64,
}

impl Pool {
    pub(super) fn get(&self, hash: B256) -> Option<&SignedTransaction> {
        let (sender, nonce) = self.by_hash.get(&hash)?;
        let waiting = self.by_sender.get(sender)?.get(nonce)?;
        Some(&waiting.transaction)
    }

    pub(super) fn len(&self) -> usize {
        self.by_hash.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    pub(super) fn senders(&self) -> Vec<Address> {
        self.by_sender.keys().copied().collect()
    }

    /// All transactions, each sender's by nonce.
    pub(super) fn iter(&self) -> impl Iterator<Item = &SignedTransaction> {
        self.by_sender
            .values()
            .flat_map(|waiting| waiting.values().map(|waiting| &waiting.transaction))
    }

    /// The first nonce from `nonce` on that no transaction of the sender has.
    pub(super) fn nonce_after(&self, sender: Address, mut nonce: u64) -> u64 {
        if let Some(waiting) = self.by_sender.get(&sender) {
            while waiting.contains_key(&nonce) {
                nonce += 1;
            }
        }
        nonce
    }

    /// Keeps a transaction until its turn comes. One with the same sender and nonce is replaced if
    /// the new one offers a tenth more, as in other nodes.
    pub(super) fn insert(&mut self, transaction: SignedTransaction) -> Result<(), SubmitError> {
        let (sender, nonce) = (transaction.sender(), transaction.nonce());
        let replaced = self
            .by_sender
            .get(&sender)
            .and_then(|waiting| waiting.get(&nonce))
            .map(|waiting| &waiting.transaction);
        if let Some(old) = replaced {
            let raised = |new: u128, old: u128| {
                new.saturating_mul(10) >= old.saturating_mul(11) && new > old
            };
            if !raised(transaction.max_fee_per_gas(), old.max_fee_per_gas()) {
                return Err(SubmitError::ReplacementUnderpriced { nonce });
            }
        } else if self.by_hash.len() >= MAX_QUEUED_TRANSACTIONS {
            return Err(SubmitError::QueueFull {
                waiting: self.by_hash.len(),
            });
        }
        let freed = replaced.map_or(0, SignedTransaction::encoded_len);
        if (self.bytes - freed).saturating_add(transaction.encoded_len()) > MAX_QUEUED_BYTES {
            return Err(SubmitError::QueueFull {
                waiting: self.by_hash.len(),
            });
        }
        self.take(sender, nonce);
        self.bytes += transaction.encoded_len();
        self.by_hash.insert(transaction.hash(), (sender, nonce));
        self.arrivals += 1;
        let waiting = Waiting {
            transaction,
            arrival: self.arrivals,
        };
        self.by_sender
            .entry(sender)
            .or_default()
            .insert(nonce, waiting);
        Ok(())
    }

    /// Removes and returns the transaction of a sender with a nonce.
    pub(super) fn take(&mut self, sender: Address, nonce: u64) -> Option<SignedTransaction> {
        let waiting = self.by_sender.get_mut(&sender)?;
        let Waiting { transaction, .. } = waiting.remove(&nonce)?;
        if waiting.is_empty() {
            self.by_sender.remove(&sender);
        }
        self.by_hash.remove(&transaction.hash());
        self.bytes -= transaction.encoded_len();
        Some(transaction)
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

    /// When the transaction of a sender with a nonce arrived.
    fn arrival(&self, sender: Address, nonce: u64) -> Option<u64> {
        let waiting = self.by_sender.get(&sender)?.get(&nonce)?;
        Some(waiting.arrival)
    }
}

/// Whose turn it is: each sender's transactions by nonce, between senders the one that came first.
#[derive(Debug, Default)]
pub(super) struct Turns(BinaryHeap<Reverse<(u64, Address, u64)>>);

impl Turns {
    /// The turns of everybody whose next transaction waits.
    pub(super) fn new(pool: &mut Pool, nonce: impl Fn(Address) -> u64) -> Self {
        let mut turns = Self::default();
        for sender in pool.senders() {
            turns.add(pool, sender, nonce(sender));
        }
        turns
    }

    /// Gives a sender, whose next nonce is `nonce`, a turn if that transaction waits. Those with lower
    /// nonces are dropped.
    pub(super) fn add(&mut self, pool: &mut Pool, sender: Address, nonce: u64) {
        pool.drop_below(sender, nonce);
        if let Some(arrival) = pool.arrival(sender, nonce) {
            self.0.push(Reverse((arrival, sender, nonce)));
        }
    }

    /// Takes the next transaction out of the pool.
    pub(super) fn take(&mut self, pool: &mut Pool) -> Option<SignedTransaction> {
        loop {
            let Reverse((_, sender, nonce)) = self.0.pop()?;
            if let Some(transaction) = pool.take(sender, nonce) {
                return Some(transaction);
            }
        }
    }
}
