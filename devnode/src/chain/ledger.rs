//! The chain itself: what it holds, and answers about it.

use super::{
    Block, ChainEvent, Clock, EVENT_BUFFER, Entry, LogQuery, Mining, SignedTransaction, Simulation,
    clock::BlockTime, logs::LogIndex, pool::Pool, publish::Unpublished,
};
use crate::evm::{BlockContext, ChainParams, Executor, MIN_BASE_FEE, Snapshot, StateView};
use crate::store::Stored;
use alloy_primitives::{Address, B256, Log};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::{broadcast, watch};

/// A chain of blocks over an [`Executor`].
///
/// Every way to change it takes `&mut self`; whatever only looks takes `&self` and may run many times
/// at once.
#[derive(Debug)]
pub struct Chain {
    pub(super) executor: Executor,
    /// Never empty: genesis stands at 0, and block `n` at index `n`.
    pub(super) blocks: Vec<Arc<Block>>,
    pub(super) by_hash: HashMap<B256, u64>,
    pub(super) by_transaction: HashMap<B256, (u64, u32)>,
    pub(super) logs: LogIndex,
    pub(super) pool: Pool,
    pub(super) time: BlockTime,
    pub(super) mining: watch::Sender<Mining>,
    /// Whether a client chose how blocks are made.
    pub(super) is_mining_chosen: bool,
    pub(super) snapshots: Vec<ChainSnapshot>,
    pub(super) next_snapshot: u64,
    pub(super) events: broadcast::Sender<ChainEvent>,
    pub(super) unpublished: Unpublished,
}

/// What going back needs to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChainSnapshot {
    pub(super) id: u64,
    pub(super) head: u64,
    pub(super) state: Snapshot,
    pub(super) time: BlockTime,
}

/// The state and block that a question is asked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The newest state, in the block that would be made now.
    Pending,
    /// The state after the block with this number, in that block.
    Block(u64),
}

/// A transaction with the block it stands in.
#[derive(Clone, Copy, Debug)]
pub struct TransactionRef<'a> {
    /// The block.
    pub block: &'a Arc<Block>,
    /// Place in the block, from 0.
    pub index: usize,
    /// The transaction and what came of it.
    pub entry: &'a Entry,
}

impl<'a> TransactionRef<'a> {
    /// The transaction at a place of a block, if there is one.
    pub fn new(block: &'a Arc<Block>, index: usize) -> Option<Self> {
        let entry = block.entries().get(index)?;
        Some(Self {
            block,
            index,
            entry,
        })
    }

    /// All transactions of a block in order.
    pub fn all(block: &'a Arc<Block>) -> impl Iterator<Item = Self> {
        block
            .entries()
            .iter()
            .enumerate()
            .map(move |(index, entry)| Self {
                block,
                index,
                entry,
            })
    }
}

/// A log with the block it stands in.
#[derive(Clone, Copy, Debug)]
pub struct LogRef<'a> {
    /// The block.
    pub block: &'a Arc<Block>,
    /// Place of its transaction in the block, from 0.
    pub transaction_index: usize,
    /// Place among the block's logs, from 0.
    pub index: usize,
    /// The log.
    pub log: &'a Log,
}

impl Chain {
    /// A chain with nothing but its genesis block, that makes blocks on demand.
    #[must_use]
    pub fn new(params: ChainParams, clock: Clock) -> Self {
        let executor = Executor::new(params);
        let time = BlockTime::new(clock);
        let genesis = BlockContext::new(0, time.next_block(0), MIN_BASE_FEE);
        let arbos_version = executor.state().arbos_version();
        let block = Block::new(&genesis, Vec::new(), executor.snapshot(), arbos_version);
        let mut chain = Self::around(executor, time, Mining::default());
        chain.push(block, false);
        chain.changed();
        chain
    }

    /// A chain that goes on from what a file holds.
    pub(super) fn restore(params: ChainParams, clock: Clock, stored: Stored) -> Self {
        let Stored { state, blocks, tip } = stored;
        let time = BlockTime::restore(clock, tip.clock_offset_secs, tip.next_timestamp);
        let executor = Executor::with_state(params, state);
        let mut chain = Self::around(executor, time, tip.mining.unwrap_or_default());
        chain.is_mining_chosen = tip.mining.is_some();
        for block in blocks {
            chain.index(Arc::new(block));
        }
        chain.changed();
        chain
    }

    fn around(executor: Executor, time: BlockTime, mining: Mining) -> Self {
        Self {
            unpublished: Unpublished::new(executor.snapshot(), time, mining),
            executor,
            blocks: Vec::new(),
            by_hash: HashMap::new(),
            by_transaction: HashMap::new(),
            logs: LogIndex::default(),
            pool: Pool::default(),
            time,
            mining: watch::Sender::new(mining),
            is_mining_chosen: false,
            snapshots: Vec::new(),
            next_snapshot: 1,
            events: broadcast::Sender::new(EVENT_BUFFER),
        }
    }

    /// EIP-155 chain id.
    pub fn chain_id(&self) -> u64 {
        self.executor.params().chain_id
    }

    /// The newest block.
    #[expect(clippy::missing_panics_doc, reason = "there is always a genesis block")]
    pub fn head(&self) -> &Arc<Block> {
        self.blocks.last().expect("genesis is never removed")
    }

    /// A block by its number.
    pub fn block(&self, number: u64) -> Option<&Arc<Block>> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    /// A block by its hash.
    pub fn block_by_hash(&self, hash: B256) -> Option<&Arc<Block>> {
        self.block(*self.by_hash.get(&hash)?)
    }

    /// A transaction that is in a block.
    pub fn transaction(&self, hash: B256) -> Option<TransactionRef<'_>> {
        let (number, index) = *self.by_transaction.get(&hash)?;
        TransactionRef::new(self.block(number)?, usize::try_from(index).ok()?)
    }

    /// A transaction that waits for its turn.
    pub fn waiting_transaction(&self, hash: B256) -> Option<&SignedTransaction> {
        self.pool.get(hash)
    }

    /// How many transactions wait for their turn.
    pub fn waiting_count(&self) -> usize {
        self.pool.len()
    }

    /// All transactions that wait, each sender's in the order of their nonces.
    pub fn waiting_transactions(&self) -> impl Iterator<Item = &SignedTransaction> {
        self.pool.iter()
    }

    /// The nonce an account's next transaction should have: those that wait without a gap are counted.
    pub fn pending_nonce(&self, address: Address) -> u64 {
        self.pool
            .nonce_after(address, self.executor.state().nonce(address))
    }

    /// When blocks are made.
    pub fn mining(&self) -> Mining {
        *self.mining.borrow()
    }

    /// Follows [`Self::mining`].
    pub fn watch_mining(&self) -> watch::Receiver<Mining> {
        self.mining.subscribe()
    }

    /// What happens from now on, without holding the chain. A listener that is more than
    /// [`EVENT_BUFFER`] events behind is told how many it has lost.
    pub fn events(&self) -> broadcast::Receiver<ChainEvent> {
        self.events.subscribe()
    }

    /// Where listeners subscribe also when the chain is in other hands.
    pub(crate) fn event_source(&self) -> broadcast::Sender<ChainEvent> {
        self.events.clone()
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
    /// does not exist. It must not be used after the chain has gone back.
    pub fn simulation(&self, at: At) -> Option<Simulation> {
        Some(Simulation {
            simulator: self.executor.simulator().clone(),
            snapshot: self.snapshot_at(at)?,
            block: self.context_at(at)?,
        })
    }

    /// The point just before a transaction in a block, to execute it again there. It must not be used
    /// after the chain has gone back.
    pub fn simulation_before(&self, transaction: TransactionRef<'_>) -> Simulation {
        Simulation {
            simulator: self.executor.simulator().clone(),
            snapshot: transaction.entry.state_before,
            block: transaction.block.context(),
        }
    }

    /// Logs that satisfy a query, in order.
    pub fn logs(&self, query: &LogQuery) -> Vec<LogRef<'_>> {
        self.logs
            .candidates(query)
            .into_iter()
            .filter_map(|at| {
                let block = self.block(at.block)?;
                let (transaction_index, log) = block.log(at.index)?;
                query.admits(log).then_some(LogRef {
                    block,
                    transaction_index,
                    index: at.index,
                    log,
                })
            })
            .collect()
    }

    /// Makes a block known.
    pub(super) fn index(&mut self, block: Arc<Block>) {
        self.by_hash.insert(block.hash(), block.number());
        for (index, entry) in (0..).zip(block.entries()) {
            self.by_transaction
                .insert(entry.transaction.hash(), (block.number(), index));
        }
        self.logs.push_block(block.number(), block.logs());
        self.blocks.push(block);
    }

    /// The block that would be made now on another.
    pub(super) fn context_after(&self, parent: &Block) -> BlockContext {
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
            At::Pending => Some(self.context_after(self.head())),
            At::Block(number) => self.block(number).map(|block| block.context()),
        }
    }

    fn snapshot_at(&self, at: At) -> Option<Snapshot> {
        match at {
            // Decrees such as a set balance change the state after the newest block.
            At::Block(number) if number < self.head().number() => {
                self.block(number).map(|block| block.state())
            }
            At::Block(number) if number > self.head().number() => None,
            At::Block(_) | At::Pending => Some(self.unpublished.published.state),
        }
    }
}
