//! The chain itself: takes transactions, makes blocks, answers about both.

use super::{
    BalanceTooHigh, Block, Clock, LogQuery, SignedTransaction, Simulation, SubmitError, TimeError,
    clock::BlockTime, logs::LogIndex, queue::Queue,
};
use crate::evm::{
    BlockContext, ChainParams, ExecError, ExecutionOutcome, Executor, MIN_BASE_FEE, Snapshot,
    StateView,
};
use alloy::eips::eip2718::Typed2718;
use alloy_primitives::{Address, B256, Log, U256};
use std::collections::{HashMap, VecDeque};

/// A chain of blocks, each with at most one transaction, over an [`Executor`].
///
/// Every way to change it takes `&mut self`; whatever only looks takes `&self` and may run many times
/// at once.
#[derive(Debug)]
pub struct Chain {
    executor: Executor,
    /// Never empty: genesis stands at 0, and block `n` at index `n`.
    blocks: Vec<Block>,
    by_hash: HashMap<B256, u64>,
    by_transaction: HashMap<B256, u64>,
    logs: LogIndex,
    queue: Queue,
    time: BlockTime,
    snapshots: Vec<ChainSnapshot>,
    next_snapshot: u64,
}

/// What going back needs to know.
#[derive(Clone, Copy, Debug)]
struct ChainSnapshot {
    id: u64,
    head: u64,
    state: Snapshot,
    time: BlockTime,
}

/// The state and block that a question is asked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The newest state, in the block that would be made now.
    Pending,
    /// The state after the block with this number, in that block.
    Block(u64),
}

/// A log with the block it stands in.
#[derive(Clone, Copy, Debug)]
pub struct LogRef<'a> {
    /// The block.
    pub block: &'a Block,
    /// Place among the block's logs, from 0.
    pub index: usize,
    /// The log.
    pub log: &'a Log,
}

impl Chain {
    /// A chain with nothing but its genesis block.
    #[must_use]
    pub fn new(params: ChainParams, clock: Clock) -> Self {
        let executor = Executor::new(params);
        let time = BlockTime::new(clock);
        let genesis = BlockContext::new(0, time.next_block(0), MIN_BASE_FEE);
        let mut chain = Self {
            executor,
            blocks: Vec::new(),
            by_hash: HashMap::new(),
            by_transaction: HashMap::new(),
            logs: LogIndex::default(),
            queue: Queue::default(),
            time,
            snapshots: Vec::new(),
            next_snapshot: 1,
        };
        chain.append(&genesis, None);
        chain
    }

    /// EIP-155 chain id.
    pub fn chain_id(&self) -> u64 {
        self.executor.params().chain_id
    }

    /// The newest block.
    #[expect(clippy::missing_panics_doc, reason = "there is always a genesis block")]
    pub fn head(&self) -> &Block {
        self.blocks.last().expect("genesis is never removed")
    }

    /// A block by its number.
    pub fn block(&self, number: u64) -> Option<&Block> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    /// A block by its hash.
    pub fn block_by_hash(&self, hash: B256) -> Option<&Block> {
        self.block(*self.by_hash.get(&hash)?)
    }

    /// The block that holds a transaction.
    pub fn block_of_transaction(&self, hash: B256) -> Option<&Block> {
        self.block(*self.by_transaction.get(&hash)?)
    }

    /// A transaction that waits for its turn.
    pub fn waiting_transaction(&self, hash: B256) -> Option<&SignedTransaction> {
        self.queue.get(hash)
    }

    /// How many transactions wait for their turn.
    pub fn waiting_count(&self) -> usize {
        self.queue.len()
    }

    /// Base fee of the next block in wei per gas. It does not move: a development chain has no
    /// congestion to price.
    pub const fn base_fee(&self) -> u64 {
        MIN_BASE_FEE
    }

    /// The accounts at a point of the chain; `None` for a block that does not exist.
    pub fn state(&self, at: At) -> Option<StateView<'_>> {
        Some(self.executor.state_at(self.snapshot_at(at)?))
    }

    /// A point of the chain to run calls at, also after the chain has gone on; `None` for a block that
    /// does not exist. It must not be used after [`Self::revert`].
    pub fn simulation(&self, at: At) -> Option<Simulation> {
        Some(Simulation {
            simulator: self.executor.simulator().clone(),
            snapshot: self.snapshot_at(at)?,
            block: self.context_at(at)?,
        })
    }

    /// Takes a transaction: executes it in a new block, or keeps it until the nonces before it have
    /// been used. Transactions that waited for this one follow at once, each in its own block.
    ///
    /// # Errors
    /// [`SubmitError`]; nothing was changed.
    pub fn submit(&mut self, tx: SignedTransaction) -> Result<B256, SubmitError> {
        let hash = tx.hash();
        if self.queue.get(hash).is_some() {
            return Err(SubmitError::AlreadyKnown);
        }
        let (sender, nonce) = (tx.sender(), tx.nonce());
        let expected = self.executor.state().nonce(sender);
        if nonce < expected {
            return Err(SubmitError::NonceTooLow { expected, nonce });
        }
        if nonce > expected {
            self.executor.check(&tx.to_executable(), self.base_fee())?;
            let have = self.executor.state().balance(sender);
            let want = tx.max_cost();
            if have < want {
                return Err(ExecError::InsufficientFunds { sender, have, want }.into());
            }
            self.queue.insert(tx)?;
            return Ok(hash);
        }
        let mut touched = VecDeque::from(self.execute(tx)?);
        while let Some(account) = touched.pop_front() {
            let next = self.executor.state().nonce(account);
            self.queue.drop_below(account, next);
            if let Some(ready) = self.queue.take(account, next) {
                // One that can no longer be executed, for lack of funds for instance, is dropped as
                // any node drops it; the ones behind it go on waiting.
                if let Ok(more) = self.execute(ready) {
                    touched.extend(more);
                }
            }
        }
        Ok(hash)
    }

    /// Makes a block without a transaction.
    pub fn mine_empty(&mut self) {
        let context = self.next_context();
        self.executor.begin_block(&context);
        self.append(&context, None);
    }

    /// Logs that satisfy a query, in order.
    pub fn logs(&self, query: &LogQuery) -> Vec<LogRef<'_>> {
        self.logs
            .candidates(query)
            .into_iter()
            .filter_map(|at| {
                let block = self.block(at.block)?;
                let log = block.logs().get(at.index)?;
                query.admits(log).then_some(LogRef {
                    block,
                    index: at.index,
                    log,
                })
            })
            .collect()
    }

    /// Marks the present and returns the mark's number.
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        self.snapshots.push(ChainSnapshot {
            id,
            head: self.head().number(),
            state: self.executor.snapshot(),
            time: self.time,
        });
        id
    }

    /// Goes back to a mark: blocks, state and clock. The mark and all later ones are used up, and
    /// waiting transactions are dropped. Says whether there was such a mark.
    pub fn revert(&mut self, id: u64) -> bool {
        let Some(place) = self.snapshots.iter().position(|snapshot| snapshot.id == id) else {
            return false;
        };
        let to = self.snapshots[place];
        self.snapshots.truncate(place);
        while let Some(block) = self.blocks.pop_if(|block| block.number() > to.head) {
            self.logs.pop_block(block.logs());
            self.by_hash.remove(&block.hash());
            if let Some((tx, _)) = block.entry() {
                self.by_transaction.remove(&tx.hash());
            }
        }
        self.executor.restore(to.state);
        self.time = to.time;
        self.queue.clear();
        true
    }

    /// Sets a balance by decree.
    ///
    /// # Errors
    /// [`BalanceTooHigh`] above [`MAX_BALANCE`](super::MAX_BALANCE).
    pub fn set_balance(&mut self, address: Address, balance: U256) -> Result<(), BalanceTooHigh> {
        BalanceTooHigh::check(balance)?;
        self.executor.set_balance(address, balance);
        Ok(())
    }

    /// Moves the clock ahead; returns how many seconds it has been moved in all.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn increase_time(&mut self, secs: u64) -> Result<i64, TimeError> {
        self.time.increase(secs)
    }

    /// Fixes the timestamp of the next block; the clock goes on from there.
    ///
    /// # Errors
    /// [`TimeError`] if it is before the newest block or out of range.
    pub fn set_next_timestamp(&mut self, secs: u64) -> Result<(), TimeError> {
        self.time.fix_next(secs, self.head().timestamp())
    }

    /// Executes a transaction in a block of its own and returns the accounts whose nonce it may have
    /// moved.
    fn execute(&mut self, tx: SignedTransaction) -> Result<Vec<Address>, ExecError> {
        let context = self.next_context();
        let outcome = self.executor.transact(&tx.to_executable(), &context)?;
        let mut touched = vec![tx.sender()];
        // An EIP-7702 authorisation moves its signer's nonce too, and whose it was is not reported.
        if tx.recovered().ty() == 4 {
            touched.extend(self.queue.senders());
        }
        self.append(&context, Some((tx, outcome)));
        Ok(touched)
    }

    fn append(
        &mut self,
        context: &BlockContext,
        executed: Option<(SignedTransaction, ExecutionOutcome)>,
    ) {
        let arbos_version = self.executor.state().arbos_version();
        let block = Block::new(context, executed, self.executor.snapshot(), arbos_version);
        self.by_hash.insert(block.hash(), block.number());
        if let Some((tx, _)) = block.entry() {
            self.by_transaction.insert(tx.hash(), block.number());
        }
        self.logs.push_block(block.number(), block.logs());
        self.time.block_made(block.timestamp());
        self.blocks.push(block);
    }

    /// The block that would be made now.
    fn next_context(&self) -> BlockContext {
        let parent = self.head();
        BlockContext {
            parent_hash: parent.hash(),
            ..BlockContext::new(
                parent.number() + 1,
                self.time.next_block(parent.timestamp()),
                self.base_fee(),
            )
        }
    }

    fn context_at(&self, at: At) -> Option<BlockContext> {
        match at {
            At::Pending => Some(self.next_context()),
            At::Block(number) => self.block(number).map(Block::context),
        }
    }

    fn snapshot_at(&self, at: At) -> Option<Snapshot> {
        match at {
            // Decrees such as a set balance change the state after the newest block.
            At::Block(number) if number < self.head().number() => {
                self.block(number).map(Block::state)
            }
            At::Block(number) if number > self.head().number() => None,
            At::Block(_) | At::Pending => Some(self.executor.snapshot()),
        }
    }
}
