//! What only development chains can do: going back, decrees, moving the clock.

use super::{BalanceTooHigh, Chain, ChainEvent, TimeError, ledger::ChainSnapshot};
use alloy_primitives::{Address, B256, Bytes, U256};

impl Chain {
    /// Marks the present and returns the mark's number.
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        self.snapshots.push(ChainSnapshot {
            id,
            head: self.tip().number(),
            state: self.executor.snapshot(),
            time: self.time,
        });
        id
    }

    /// Number of the newest block when a mark was made, if there is such a mark.
    pub fn snapshot_head(&self, id: u64) -> Option<u64> {
        let snapshot = self.snapshots.iter().find(|snapshot| snapshot.id == id)?;
        Some(snapshot.head)
    }

    /// Goes back to a mark: blocks, state and clock. The mark and all later ones are used up, and
    /// waiting transactions are dropped. Says whether there was such a mark.
    ///
    /// A chain that is kept in a file goes back by [`SharedChain::revert`](super::SharedChain::revert).
    pub(crate) fn revert(&mut self, id: u64) -> bool {
        let Some(place) = self.snapshots.iter().position(|snapshot| snapshot.id == id) else {
            return false;
        };
        let to = self.snapshots[place];
        self.snapshots.truncate(place);
        while let Some(block) = self.blocks.pop_if(|block| block.number() > to.head) {
            self.logs.pop_block(block.logs());
            self.by_hash.remove(&block.hash());
            for entry in block.entries() {
                self.by_transaction.remove(&entry.transaction.hash());
            }
            self.tell(ChainEvent::Removed(block));
        }
        self.executor.restore(to.state);
        self.time = to.time;
        self.pool.clear();
        self.publish_reverted();
        true
    }

    /// Sets a balance by decree.
    ///
    /// # Errors
    /// [`BalanceTooHigh`] above [`MAX_BALANCE`](super::MAX_BALANCE).
    pub fn set_balance(&mut self, address: Address, balance: U256) -> Result<(), BalanceTooHigh> {
        BalanceTooHigh::check(balance)?;
        self.executor.set_balance(address, balance);
        self.changed();
        Ok(())
    }

    /// Sets a nonce by decree.
    pub fn set_nonce(&mut self, address: Address, nonce: u64) {
        self.executor.set_nonce(address, nonce);
        self.changed();
    }

    /// Sets code by decree.
    pub fn set_code(&mut self, address: Address, code: &Bytes) {
        self.executor.set_code(address, code);
        self.changed();
    }

    /// Sets a storage slot by decree.
    pub fn set_storage(&mut self, address: Address, slot: B256, value: B256) {
        self.executor.set_storage(address, slot, value);
        self.changed();
    }

    /// Moves the clock ahead; returns how many seconds it has been moved in all.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn increase_time(&mut self, secs: u64) -> Result<i64, TimeError> {
        let moved = self.time.increase(secs)?;
        self.changed();
        Ok(moved)
    }

    /// Fixes the timestamp of the next block; the clock goes on from there.
    ///
    /// # Errors
    /// [`TimeError`] if it is before the newest block or out of range.
    pub fn set_next_timestamp(&mut self, secs: u64) -> Result<(), TimeError> {
        let parent = self.tip().timestamp();
        self.time.fix_next(secs, parent)?;
        self.changed();
        Ok(())
    }

    /// Sets the clock, which goes on from there; returns how many seconds it has been moved in all.
    ///
    /// # Errors
    /// [`TimeError`] if that is before the newest block or out of range.
    pub fn set_time(&mut self, secs: u64) -> Result<i64, TimeError> {
        let parent = self.tip().timestamp();
        let moved = self.time.set(secs, parent)?;
        self.changed();
        Ok(moved)
    }

    /// Forgets a transaction that waits; says whether there was one.
    pub fn drop_waiting(&mut self, hash: B256) -> bool {
        let Some(waiting) = self.pool.get(hash) else {
            return false;
        };
        let (sender, nonce) = (waiting.sender(), waiting.nonce());
        self.pool.take(sender, nonce).is_some()
    }

    /// Forgets all transactions that wait.
    pub fn drop_all_waiting(&mut self) {
        self.pool.clear();
    }
}
