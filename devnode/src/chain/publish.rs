//! What was changed but is not to be seen yet: until a commit has taken it, nobody else may act on it.

use super::{Block, Chain, ChainEvent, Mining, clock::BlockTime, shared::Outcome};
use crate::{
    evm::Snapshot,
    store::{Batch, StoreError, Tip},
};
use std::sync::Arc;

/// A point up to which everybody may see the chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// How many changes were made.
    changes: u64,
    pub(super) state: Snapshot,
    time: BlockTime,
    pub(super) mining: Mining,
    is_mining_chosen: bool,
    codes: usize,
}

/// A block that is made but not to be seen.
#[derive(Debug)]
struct Withheld {
    block: Arc<Block>,
    /// Whether somebody waits for its only transaction, and will be told if it is lost.
    is_awaited: bool,
}

/// Changes since the mark.
#[derive(Debug)]
pub(super) struct Unpublished {
    /// Whether changes wait for a commit, or are seen at once.
    is_withholding: bool,
    changes: u64,
    pub(super) published: Mark,
    blocks: Vec<Withheld>,
    events: Vec<ChainEvent>,
    /// What becomes of the changes that the next batch takes.
    outcome: Arc<Outcome>,
}

/// Changes that a commit was asked to take.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) outcome: Arc<Outcome>,
    mark: Mark,
    blocks: usize,
    events: usize,
}

impl Unpublished {
    pub(super) fn new(state: Snapshot, time: BlockTime, mining: Mining) -> Self {
        Self {
            is_withholding: false,
            changes: 0,
            published: Mark {
                changes: 0,
                state,
                time,
                mining,
                is_mining_chosen: false,
                codes: 0,
            },
            blocks: Vec::new(),
            events: Vec::new(),
            outcome: Arc::default(),
        }
    }
}

impl Chain {
    /// From now on changes are seen only when they are published.
    pub(super) const fn withhold(&mut self) {
        self.unpublished.is_withholding = true;
    }

    /// How many changes were made that have to be kept.
    pub(super) const fn changes(&self) -> u64 {
        self.unpublished.changes
    }

    /// What will become of the newest change.
    pub(super) fn outcome(&self) -> Arc<Outcome> {
        Arc::clone(&self.unpublished.outcome)
    }

    /// Whether everything is published.
    pub(super) const fn is_settled(&self) -> bool {
        self.unpublished.changes == self.unpublished.published.changes
    }

    /// The newest block, seen or not.
    pub(super) fn tip(&self) -> &Arc<Block> {
        self.unpublished
            .blocks
            .last()
            .map_or_else(|| self.head(), |withheld| &withheld.block)
    }

    /// Puts a block at the end of the chain.
    pub(super) fn push(&mut self, block: Block, is_awaited: bool) {
        let block = Arc::new(block);
        self.tell(ChainEvent::Added(Arc::clone(&block)));
        self.unpublished.blocks.push(Withheld { block, is_awaited });
    }

    /// Says that something happened, as soon as it may be known.
    pub(super) fn tell(&mut self, event: ChainEvent) {
        self.unpublished.events.push(event);
    }

    /// Sends what may be known.
    pub(super) fn send_events(&mut self) {
        if self.is_settled() {
            for event in self.unpublished.events.drain(..) {
                // Nobody may be listening.
                let _ = self.events.send(event);
            }
        }
    }

    /// Ends a change.
    pub(super) fn changed(&mut self) {
        self.unpublished.changes += 1;
        if !self.unpublished.is_withholding {
            let all = self.take();
            self.publish(&all);
        }
    }

    fn mark(&self) -> Mark {
        Mark {
            changes: self.unpublished.changes,
            state: self.executor.snapshot(),
            time: self.time,
            mining: self.mining(),
            is_mining_chosen: self.is_mining_chosen,
            codes: self.executor.code_count(),
        }
    }

    fn take(&mut self) -> Taken {
        Taken {
            outcome: std::mem::take(&mut self.unpublished.outcome),
            mark: self.mark(),
            blocks: self.unpublished.blocks.len(),
            events: self.unpublished.events.len(),
        }
    }

    /// Everything that was changed since the last batch that was published.
    pub(super) fn take_batch(&mut self) -> (Taken, Batch) {
        let published = self.unpublished.published;
        let versions = published.state.version() + 1..=self.executor.snapshot().version();
        let withheld = self.unpublished.blocks.iter();
        let batch = Batch {
            blocks: withheld
                .map(|withheld| Arc::clone(&withheld.block))
                .collect(),
            writes: self.executor.writes_in(versions),
            codes: self.executor.codes_after(published.codes),
            tip: self.describe_tip(),
            keep: (self.blocks.len() as u64, published.state),
            cut: false,
        };
        (self.take(), batch)
    }

    /// The chain as a whole.
    pub(super) fn everything(&self) -> Batch {
        Batch {
            blocks: self.blocks.clone(),
            writes: self
                .executor
                .writes_in(0..=self.executor.snapshot().version()),
            codes: self.executor.codes_after(0),
            tip: self.describe_tip(),
            keep: (0, Snapshot::at_version(0)),
            cut: false,
        }
    }

    /// What the file has to do when the chain goes back to a mark; `None` if there is no such mark.
    pub(super) fn batch_to_revert(&self, id: u64) -> Option<Batch> {
        let to = self.snapshots.iter().find(|snapshot| snapshot.id == id)?;
        let keep = (to.head + 1, to.state);
        Some(Batch {
            blocks: Vec::new(),
            writes: Vec::new(),
            codes: Vec::new(),
            tip: Tip {
                blocks: keep.0,
                state: keep.1,
                ..self.describe_time(&to.time)
            },
            keep,
            cut: true,
        })
    }

    /// Lets everybody see what was taken.
    pub(super) fn publish(&mut self, taken: &Taken) {
        let blocks: Vec<_> = self.unpublished.blocks.drain(..taken.blocks).collect();
        for withheld in blocks {
            self.index(withheld.block);
        }
        self.unpublished.published = taken.mark;
        for event in self.unpublished.events.drain(..taken.events) {
            let _ = self.events.send(event);
        }
        self.send_events();
    }

    /// Lets everybody see the present, after going back.
    pub(super) fn publish_reverted(&mut self) {
        self.unpublished.changes += 1;
        self.unpublished.published = self.mark();
        self.send_events();
    }

    /// Goes back to the last published point: a commit has failed. Transactions nobody waits for are put
    /// back among the waiting ones.
    pub(super) fn forget_unpublished(&mut self, error: &Arc<StoreError>) {
        let outcome = std::mem::take(&mut self.unpublished.outcome);
        // Nobody else sets the outcome of changes that were not taken.
        let _ = outcome.set(Err(Arc::clone(error)));
        let mark = self.unpublished.published;
        self.executor.restore(mark.state);
        self.time = mark.time;
        self.is_mining_chosen = mark.is_mining_chosen;
        self.mining.send_if_modified(|mining| {
            let is_other = *mining != mark.mining;
            *mining = mark.mining;
            is_other
        });
        self.unpublished.changes = mark.changes;
        self.unpublished.events.clear();
        let head = self.head().number();
        self.snapshots
            .retain(|snapshot| snapshot.head <= head && snapshot.state <= mark.state);
        for withheld in std::mem::take(&mut self.unpublished.blocks) {
            if !withheld.is_awaited {
                for entry in withheld.block.entries() {
                    // If there is no room any more, they are lost like any that wait.
                    let _ = self.pool.insert(entry.transaction.clone());
                }
            }
        }
    }

    fn describe_tip(&self) -> Tip {
        Tip {
            blocks: self.tip().number() + 1,
            state: self.executor.snapshot(),
            ..self.describe_time(&self.time)
        }
    }

    fn describe_time(&self, time: &BlockTime) -> Tip {
        Tip {
            blocks: 0,
            state: Snapshot::at_version(0),
            clock_offset_secs: time.offset_secs(),
            next_timestamp: time.next(),
            mining: self.is_mining_chosen.then(|| self.mining()),
        }
    }
}
