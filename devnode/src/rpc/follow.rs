//! What a filter or subscription has told its client, and what is new to it.
//!
//! A [`Follower`] keeps places, no copies: what is new is read off the chain when it is asked for, so a
//! client that never asks costs next to nothing, however much happens. Only logs of blocks that are taken
//! back have to be kept, because the chain forgets them.

use super::{RpcError, api, convert, filters::Filters, session::Session};
use crate::chain::{Chain, LogQuery};
use alloy::{
    eips::BlockNumberOrTag,
    rpc::types::{Filter, FilterBlockOption, Log as RpcLog},
};
use alloy_primitives::B256;
use serde::{Deserialize, Deserializer};
use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

/// Most logs that are kept because their blocks were taken back; beyond, the follower is given up.
const MAX_REMOVED_LOGS: usize = 10_000;
/// Most transactions whose arrival is remembered.
const MAX_ARRIVALS: usize = 32_768;

/// What is followed.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    /// New blocks.
    Blocks,
    /// Logs that satisfy the query, in blocks of its range.
    Logs(Box<LogQuery>),
    /// Transactions that are taken.
    Transactions {
        /// Whether the client wants all of a transaction, not its hash.
        full: bool,
    },
}

/// What is new.
#[derive(Debug)]
pub(super) enum News {
    /// Blocks by number, in order.
    Blocks(std::ops::Range<u64>),
    /// Logs in order, those taken back first.
    Logs(Vec<RpcLog>),
    /// Hashes of transactions in the order they came.
    Transactions(Vec<B256>),
}

/// It cannot be told what is new, because too much happened since it was told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LostTrack;

/// Somebody who follows the chain.
#[derive(Debug)]
pub(super) struct Follower {
    subject: Subject,
    /// First block it has not been told of.
    next_block: u64,
    /// First arrival it has not been told of.
    next_arrival: u64,
    /// Logs it was told of whose blocks were taken back since, the last one first.
    removed: Vec<RpcLog>,
    lost_track: bool,
}

impl Follower {
    /// Somebody who follows from now on.
    pub(super) fn new(subject: Subject, chain: &Chain, arrivals: &Arrivals) -> Self {
        Self {
            subject,
            next_block: chain.head().number() + 1,
            next_arrival: arrivals.next(),
            removed: Vec::new(),
            lost_track: false,
        }
    }

    pub(super) const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What is new, of at most `most_blocks` blocks or about as many logs or transactions; it counts as
    /// told.
    pub(super) fn take(
        &mut self,
        chain: &Chain,
        arrivals: &Arrivals,
        most_blocks: u64,
    ) -> Result<News, LostTrack> {
        if self.lost_track {
            return Err(LostTrack);
        }
        let first = self.next_block;
        let end = (chain.head().number() + 1).min(first.saturating_add(most_blocks));
        match &self.subject {
            Subject::Blocks => {
                self.next_block = end.max(first);
                Ok(News::Blocks(first..end))
            }
            Subject::Logs(query) => {
                self.next_block = end.max(first);
                let mut logs = std::mem::take(&mut self.removed);
                logs.extend(logs_within(chain, query, first, end));
                Ok(News::Logs(logs))
            }
            Subject::Transactions { .. } => {
                let most = usize::try_from(most_blocks).unwrap_or(usize::MAX);
                let hashes = arrivals.since(self.next_arrival, most).ok_or(LostTrack)?;
                self.next_arrival += hashes.len() as u64;
                Ok(News::Transactions(hashes))
            }
        }
    }

    /// Takes note that the blocks after `head` are about to be taken back.
    pub(super) fn before_revert(&mut self, chain: &Chain, head: u64) {
        let first = head.saturating_add(1);
        if self.next_block <= first {
            return;
        }
        if let Subject::Logs(query) = &self.subject {
            // The newest first. What was taken back before, and is not told yet, was newer still.
            let told = logs_within(chain, query, first, self.next_block);
            self.removed
                .extend(told.into_iter().rev().map(|log| RpcLog {
                    removed: true,
                    ..log
                }));
            if self.removed.len() > MAX_REMOVED_LOGS {
                self.removed.clear();
                self.lost_track = true;
            }
        }
        self.next_block = first;
    }
}

/// Logs that satisfy a query in the blocks from `first` to before `end`.
fn logs_within(chain: &Chain, query: &LogQuery, first: u64, end: u64) -> Vec<RpcLog> {
    let Some(last) = end.checked_sub(1) else {
        return Vec::new();
    };
    let query = LogQuery {
        from_block: query.from_block.max(first),
        to_block: query.to_block.min(last),
        ..query.clone()
    };
    if query.from_block > query.to_block {
        return Vec::new();
    }
    chain.logs(&query).into_iter().map(convert::log).collect()
}

/// The transactions that were taken lately, each with a number that rises by one.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    first: u64,
    hashes: VecDeque<B256>,
}

impl Arrivals {
    /// A transaction has been taken.
    pub(super) fn push(&mut self, hash: B256) {
        if self.hashes.len() == MAX_ARRIVALS {
            self.hashes.pop_front();
            self.first += 1;
        }
        self.hashes.push_back(hash);
    }

    /// The number of the next one.
    fn next(&self) -> u64 {
        self.first + self.hashes.len() as u64
    }

    /// At most `most` from a number on; `None` if they are forgotten.
    fn since(&self, number: u64, most: usize) -> Option<Vec<B256>> {
        let skip = usize::try_from(number.checked_sub(self.first)?).ok()?;
        Some(self.hashes.iter().skip(skip).take(most).copied().collect())
    }
}

/// The addresses, topics and blocks of a filter that looks ahead. Blocks before the present are left out
/// anyway, and tags stand for the present.
pub(super) fn query_ahead(filter: &Filter) -> Result<LogQuery, RpcError> {
    // Geth's words and rule (`eth/filters`).
    let invalid = || RpcError::BadParam("invalid block range params".to_owned());
    let FilterBlockOption::Range {
        from_block,
        to_block,
    } = filter.block_option
    else {
        return Err(invalid());
    };
    let from_block = match from_block {
        None => 0,
        Some(tag) => tag.as_number().unwrap_or_default(),
    };
    let to_block = match to_block {
        None => u64::MAX,
        Some(BlockNumberOrTag::Earliest) => return Err(invalid()),
        Some(tag) => tag.as_number().unwrap_or(u64::MAX),
    };
    if from_block > to_block {
        return Err(invalid());
    }
    Ok(query(filter, from_block, to_block))
}

/// A filter over blocks of the past.
pub(super) fn query_past(chain: &Chain, filter: &Filter) -> Result<LogQuery, RpcError> {
    let head = chain.head().number();
    let (from_block, to_block) = match filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => {
            let block = chain
                .block_by_hash(hash)
                .ok_or(RpcError::UnknownBlockHash(hash))?;
            (block.number(), block.number())
        }
        FilterBlockOption::Range {
            from_block,
            to_block,
        } => {
            let number = |tag: Option<BlockNumberOrTag>| {
                tag.map_or(head, |tag| api::block_number(chain, tag))
            };
            (number(from_block), number(to_block))
        }
    };
    // A range that begins beyond the newest block is empty; clients that follow the chain ask so.
    if from_block > to_block
        && let FilterBlockOption::Range {
            from_block: Some(BlockNumberOrTag::Number(_)),
            to_block: Some(BlockNumberOrTag::Number(_)),
        } = filter.block_option
    {
        return Err(RpcError::BadParam(format!(
            "invalid block range: from `{from_block}` to `{to_block}`"
        )));
    }
    Ok(query(filter, from_block, to_block))
}

fn query(filter: &Filter, from_block: u64, to_block: u64) -> LogQuery {
    LogQuery {
        from_block,
        to_block,
        addresses: filter.address.iter().copied().collect(),
        topics: filter
            .topics
            .clone()
            .map(|topics| topics.iter().copied().collect()),
    }
}

/// The number of a filter or subscription. Any text can be asked for; most name none.
#[derive(Clone, Copy, Debug)]
pub(super) struct FollowerId(pub(super) Option<u64>);

impl<'de> Deserialize<'de> for FollowerId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x");
        Ok(Self(
            digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()),
        ))
    }
}

/// Everybody who follows the chain. To be locked after the chain: filters, then arrivals, then the
/// subscriptions of a session.
#[derive(Debug, Default)]
pub(super) struct Followers {
    filters: Mutex<Filters>,
    arrivals: Mutex<Arrivals>,
    sessions: Mutex<Vec<Weak<Session>>>,
    ids: AtomicU64,
}

/// What is guarded stays sound if somebody panics: each change is one step.
fn lock<T>(guarded: &Mutex<T>) -> MutexGuard<'_, T> {
    guarded.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Followers {
    pub(super) fn filters(&self) -> MutexGuard<'_, Filters> {
        lock(&self.filters)
    }

    pub(super) fn arrivals(&self) -> MutexGuard<'_, Arrivals> {
        lock(&self.arrivals)
    }

    pub(super) fn sessions(&self) -> MutexGuard<'_, Vec<Weak<Session>>> {
        lock(&self.sessions)
    }

    /// A transaction has been taken. Whoever wants to know of it is woken, because the chain told of it
    /// before.
    pub(super) fn arrived(&self, hash: B256) {
        self.arrivals().push(hash);
        for session in self.sessions().iter().filter_map(Weak::upgrade) {
            session.wake();
        }
    }

    /// A number that no filter or subscription has had.
    pub(super) fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Takes note that the blocks after `head` are about to be taken back.
    pub(super) fn before_revert(&self, chain: &Chain, head: u64) {
        self.filters().before_revert(chain, head);
        for session in self.sessions().iter().filter_map(Weak::upgrade) {
            session.before_revert(chain, head);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_that_are_forgotten_are_missed() {
        let mut arrivals = Arrivals::default();
        for number in 0..=MAX_ARRIVALS {
            arrivals.push(B256::left_padding_from(&number.to_be_bytes()));
        }
        assert_eq!(arrivals.since(0, 1), None);
        let last = B256::left_padding_from(&MAX_ARRIVALS.to_be_bytes());
        assert_eq!(arrivals.since(arrivals.next() - 1, 9), Some(vec![last]));
        assert_eq!(arrivals.since(arrivals.next(), 9), Some(Vec::new()));
    }
}
