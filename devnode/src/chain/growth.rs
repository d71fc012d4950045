//! How the chain grows: taking transactions and making blocks.

use super::{
    Block, Chain, ChainEvent, Mining, SignedTransaction, SubmitError,
    block::Executed,
    pool::{Pool, Turns},
};
use crate::evm::{BlockContext, ExecError, Executor, TX_COMPUTE_CAP};
use alloy::eips::eip2718::Typed2718;
use alloy_primitives::{Address, B256};
use std::collections::VecDeque;

/// Gas after which a block takes no further transaction: what a Nitro block may compute. A transaction
/// that uses more than is left still fits, as the first one must.
pub const BLOCK_COMPUTE_TARGET: u64 = TX_COMPUTE_CAP;

impl Chain {
    /// Takes a transaction. On demand it is executed in a new block, or kept until the nonces before it
    /// have been used; transactions that waited for it follow at once, each in its own block. In the
    /// other modes it is kept until the next block is made.
    ///
    /// # Errors
    /// [`SubmitError`]; nothing was changed.
    pub fn submit(&mut self, transaction: SignedTransaction) -> Result<B256, SubmitError> {
        let hash = transaction.hash();
        if self.pool.get(hash).is_some() {
            return Err(SubmitError::AlreadyKnown);
        }
        let (sender, nonce) = (transaction.sender(), transaction.nonce());
        let expected = self.executor.state().nonce(sender);
        if nonce < expected {
            return Err(SubmitError::NonceTooLow { expected, nonce });
        }
        if nonce > expected || self.mining() != Mining::OnDemand {
            let executable = transaction.to_executable();
            self.executor.check(&executable, self.base_fee())?;
            let have = self.executor.state().balance(sender);
            let want = transaction.max_cost();
            if have < want {
                return Err(ExecError::InsufficientFunds { sender, have, want }.into());
            }
            self.pool.insert(transaction)?;
            self.tell(ChainEvent::Accepted(hash));
            self.send_events();
            return Ok(hash);
        }
        let context = self.context_after(self.tip());
        let executed = execute(&mut self.executor, transaction, &context)?;
        // One with the same nonce may wait since before the mode was changed.
        self.tell(ChainEvent::Accepted(hash));
        let touched = touched(&executed, &self.pool);
        self.append(&context, vec![executed], true);
        self.make_ready(touched);
        self.changed();
        Ok(hash)
    }

    /// Makes one block of the transactions whose turn has come, or an empty one.
    pub fn mine(&mut self) {
        let context = self.context_after(self.tip());
        let executed = fill(&mut self.executor, &mut self.pool, &context);
        if executed.is_empty() {
            self.executor.begin_block(&context);
        }
        self.append(&context, executed, false);
        self.changed();
    }

    /// The block that [`Self::mine`] would make now. Nothing is kept.
    pub fn pending_block(&mut self) -> Block {
        let context = self.context_after(self.tip());
        let before = self.executor.snapshot();
        let executed = if self.pool.is_empty() {
            Vec::new()
        } else {
            fill(&mut self.executor, &mut self.pool.clone(), &context)
        };
        let arbos_version = self.executor.state().arbos_version();
        let block = Block::new(&context, executed, before, arbos_version);
        self.executor.restore(before);
        block
    }

    /// Changes when blocks are made. Changing to [`Mining::OnDemand`] executes whatever waits for its
    /// turn, each transaction in a block of its own.
    pub fn set_mining(&mut self, mining: Mining) {
        self.is_mining_chosen = true;
        self.mining.send_replace(mining);
        if mining == Mining::OnDemand {
            self.make_ready(self.pool.senders());
        }
        self.changed();
    }

    /// Says when blocks are made from the start. Unlike [`Self::set_mining`] it is not remembered over a
    /// restart.
    #[must_use]
    pub fn with_mining(mut self, mining: Mining) -> Self {
        self.is_mining_chosen = false;
        self.mining.send_replace(mining);
        self.unpublished.published.mining = mining;
        self
    }

    /// Executes the waiting transactions of these accounts whose turn has come, and those that can
    /// follow because of them, each in a block of its own.
    fn make_ready(&mut self, accounts: Vec<Address>) {
        let mut accounts = VecDeque::from(accounts);
        while let Some(account) = accounts.pop_front() {
            let next = self.executor.state().nonce(account);
            self.pool.drop_below(account, next);
            if let Some(ready) = self.pool.take(account, next) {
                let context = self.context_after(self.tip());
                // One that can no longer be executed, for lack of funds for instance, is dropped as
                // any node drops it; the ones behind it go on waiting.
                if let Ok(executed) = execute(&mut self.executor, ready, &context) {
                    accounts.extend(touched(&executed, &self.pool));
                    self.append(&context, vec![executed], false);
                }
            }
        }
    }

    /// Puts a block around what was executed in it at the end of the chain.
    fn append(&mut self, context: &BlockContext, executed: Vec<Executed>, is_awaited: bool) {
        let arbos_version = self.executor.state().arbos_version();
        let block = Block::new(context, executed, self.executor.snapshot(), arbos_version);
        self.time.block_made(block.timestamp());
        self.push(block, is_awaited);
    }
}

/// Executes a transaction and keeps its changes.
fn execute(
    executor: &mut Executor,
    transaction: SignedTransaction,
    context: &BlockContext,
) -> Result<Executed, ExecError> {
    let state_before = executor.snapshot();
    let outcome = executor.transact(&transaction.to_executable(), context)?;
    Ok(Executed {
        transaction,
        outcome,
        state_before,
    })
}

/// Executes the waiting transactions whose turn has come until the block is full.
fn fill(executor: &mut Executor, pool: &mut Pool, context: &BlockContext) -> Vec<Executed> {
    let mut block: Vec<Executed> = Vec::new();
    let mut gas_used = 0_u64;
    let mut turns = Turns::new(pool, |account| executor.state().nonce(account));
    while gas_used < BLOCK_COMPUTE_TARGET
        && let Some(transaction) = turns.take(pool)
    {
        // One that cannot be executed is dropped as above.
        let Ok(executed) = execute(executor, transaction, context) else {
            continue;
        };
        gas_used = gas_used.saturating_add(executed.outcome.gas_used);
        for account in touched(&executed, pool) {
            turns.add(pool, account, executor.state().nonce(account));
        }
        block.push(executed);
    }
    block
}

/// The accounts whose nonce a transaction may have moved.
fn touched(executed: &Executed, pool: &Pool) -> Vec<Address> {
    let transaction = &executed.transaction;
    let mut touched = vec![transaction.sender()];
    // An EIP-7702 authorisation moves its signer's nonce too, and whose it was is not reported.
    if transaction.recovered().ty() == 4 {
        touched.extend(pool.senders());
    }
    touched
}
