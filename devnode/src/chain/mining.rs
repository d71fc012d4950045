//! When blocks are made, and what others are told about it.

use super::Block;
use alloy_primitives::B256;
use std::{sync::Arc, time::Duration};

/// When blocks are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mining {
    /// Each transaction at once, in a block of its own, as a Nitro sequencer without traffic does.
    #[default]
    OnDemand,
    /// One block per interval, with what waits by then or with nothing. Keeping the time is the
    /// node's: the chain has no clock that rings.
    Interval(Duration),
    /// Only by [`Chain::mine`](super::Chain::mine).
    Manual,
}

/// Something that happened to the chain.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ChainEvent {
    /// A transaction was taken. If it was executed at once the block follows.
    Accepted(B256),
    /// A block was added.
    Added(Arc<Block>),
    /// A block was removed by going back to a snapshot; the newest is reported first.
    Removed(Arc<Block>),
}

/// How many events a listener may be behind before it loses the oldest.
pub const EVENT_BUFFER: usize = 4_096;
