//! The log index: which logs have an address or a topic.

use alloy_primitives::{Address, B256, Log};
use std::collections::HashMap;

/// Most topics of a log.
const MAX_TOPICS: usize = 4;

/// Position of a log: its block, and its place among the block's logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LogPosition {
    pub(super) block: u64,
    pub(super) index: usize,
}

/// What logs are looked for. An empty list admits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// First block.
    pub from_block: u64,
    /// Last block, inclusive.
    pub to_block: u64,
    /// Emitters, any of them.
    pub addresses: Vec<Address>,
    /// Per position any of the topics; a log with fewer topics than constrained positions is out.
    pub topics: [Vec<B256>; MAX_TOPICS],
}

impl LogQuery {
    /// Whether a log satisfies the addresses and topics.
    pub(super) fn admits(&self, log: &Log) -> bool {
        (self.addresses.is_empty() || self.addresses.contains(&log.address))
            && self.topics.iter().enumerate().all(|(position, wanted)| {
                wanted.is_empty()
                    || log
                        .topics()
                        .get(position)
                        .is_some_and(|topic| wanted.contains(topic))
            })
    }
}

/// Positions of all logs in order, and for each address and topic the places in that list.
#[derive(Debug, Default)]
pub(super) struct LogIndex {
    positions: Vec<LogPosition>,
    by_address: HashMap<Address, Vec<usize>>,
    by_topic: [HashMap<B256, Vec<usize>>; MAX_TOPICS],
}

impl LogIndex {
    /// Adds the logs of the newest block.
    pub(super) fn push_block<'a>(&mut self, block: u64, logs: impl Iterator<Item = &'a Log>) {
        for (index, log) in logs.enumerate() {
            let id = self.positions.len();
            self.positions.push(LogPosition { block, index });
            self.by_address.entry(log.address).or_default().push(id);
            for (map, topic) in self.by_topic.iter_mut().zip(log.topics()) {
                map.entry(*topic).or_default().push(id);
            }
        }
    }

    /// Removes the logs of the newest block, which must be the ones it was added with.
    pub(super) fn pop_block<'a>(&mut self, logs: impl DoubleEndedIterator<Item = &'a Log>) {
        for log in logs.rev() {
            self.positions.pop();
            pop(&mut self.by_address, &log.address);
            for (map, topic) in self.by_topic.iter_mut().zip(log.topics()) {
                pop(map, topic);
            }
        }
    }

    /// Positions that may satisfy a query, in order: the shortest list that covers it. The caller
    /// checks each against the log itself.
    pub(super) fn candidates(&self, query: &LogQuery) -> Vec<LogPosition> {
        let first = self
            .positions
            .partition_point(|at| at.block < query.from_block);
        let end = self
            .positions
            .partition_point(|at| at.block <= query.to_block);
        // Each constrained part of the query gives lists that together cover its answers.
        let mut covers: Vec<Vec<&[usize]>> = Vec::new();
        if !query.addresses.is_empty() {
            let lists = query
                .addresses
                .iter()
                .filter_map(|address| self.by_address.get(address));
            covers.push(lists.map(|ids| within(ids, first, end)).collect());
        }
        for (map, wanted) in self.by_topic.iter().zip(&query.topics) {
            if !wanted.is_empty() {
                let lists = wanted.iter().filter_map(|topic| map.get(topic));
                covers.push(lists.map(|ids| within(ids, first, end)).collect());
            }
        }
        let shortest = covers
            .into_iter()
            .min_by_key(|lists| lists.iter().map(|ids| ids.len()).sum::<usize>());
        match shortest {
            Some(lists) => {
                let mut ids: Vec<usize> = lists.concat();
                // Several lists are each in order but not together, and a value may be named twice.
                ids.sort_unstable();
                ids.dedup();
                ids.into_iter().map(|id| self.positions[id]).collect()
            }
            None => self.positions[first..end.max(first)].to_vec(),
        }
    }
}

/// The part of a rising list that lies in `first..end`.
fn within(ids: &[usize], first: usize, end: usize) -> &[usize] {
    let from = ids.partition_point(|id| *id < first);
    let to = ids.partition_point(|id| *id < end);
    ids.get(from..to).unwrap_or_default()
}

fn pop<K: Eq + std::hash::Hash>(map: &mut HashMap<K, Vec<usize>>, key: &K) {
    if let Some(ids) = map.get_mut(key) {
        ids.pop();
        if ids.is_empty() {
            map.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Bytes;

    fn log(address: u8, topics: &[u8]) -> Log {
        Log::new_unchecked(
            Address::repeat_byte(address),
            topics
                .iter()
                .map(|topic| B256::repeat_byte(*topic))
                .collect(),
            Bytes::new(),
        )
    }

    fn chain() -> Vec<Vec<Log>> {
        vec![
            vec![],
            vec![log(1, &[1, 2]), log(2, &[1])],
            vec![log(1, &[3])],
            vec![],
            vec![log(2, &[1, 2, 3, 4]), log(1, &[1, 2]), log(3, &[])],
        ]
    }

    fn index(chain: &[Vec<Log>]) -> LogIndex {
        let mut index = LogIndex::default();
        for (number, logs) in (0..).zip(chain) {
            index.push_block(number, logs.iter());
        }
        index
    }

    /// Every query must find what looking at every log finds.
    fn assert_exact(chain: &[Vec<Log>], index: &LogIndex, query: &LogQuery) -> usize {
        let scan: Vec<_> = (0..)
            .zip(chain)
            .filter(|(block, _)| (query.from_block..=query.to_block).contains(block))
            .flat_map(|(block, logs)| {
                logs.iter()
                    .enumerate()
                    .filter(|(_, log)| query.admits(log))
                    .map(move |(index, _)| LogPosition { block, index })
            })
            .collect();
        let block_of = |at: &LogPosition| &chain[usize::try_from(at.block).unwrap_or(0)][at.index];
        let found: Vec<_> = index
            .candidates(query)
            .into_iter()
            .filter(|at| query.admits(block_of(at)))
            .collect();
        assert_eq!(found, scan, "{query:?}");
        found.len()
    }

    #[test]
    fn the_index_finds_what_a_scan_finds() {
        let chain = chain();
        let index = index(&chain);
        let values = [vec![], vec![1], vec![2], vec![1, 3], vec![2, 2, 9]];
        let mut found = 0;
        for addresses in &values {
            for first in &values {
                for second in &values {
                    for (from_block, to_block) in [(0, 9), (1, 1), (2, 4), (4, 2), (5, 9)] {
                        let topics = |bytes: &Vec<u8>| {
                            bytes.iter().map(|byte| B256::repeat_byte(*byte)).collect()
                        };
                        let query = LogQuery {
                            from_block,
                            to_block,
                            addresses: addresses.iter().map(|b| Address::repeat_byte(*b)).collect(),
                            topics: [topics(first), topics(second), vec![], vec![]],
                        };
                        found += assert_exact(&chain, &index, &query);
                    }
                }
            }
        }
        assert!(found > 100, "the queries must find something");
    }

    #[test]
    fn popped_blocks_leave_nothing_behind() {
        let mut chain = chain();
        let mut index = index(&chain);
        while let Some(logs) = chain.pop() {
            index.pop_block(logs.iter());
            let everything = LogQuery {
                to_block: 9,
                ..LogQuery::default()
            };
            assert_exact(&chain, &index, &everything);
        }
        assert!(index.positions.is_empty());
        assert!(index.by_address.is_empty());
        assert!(index.by_topic.iter().all(HashMap::is_empty));
    }
}
