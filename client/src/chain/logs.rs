//! Reading the chain's log in ranges that nodes accept.

use alloy::primitives::{Address, B256};
use alloy::rpc::types::Log;
use serde_json::{Value, json};

use super::{Chain, rpc};
use crate::error::{Error, Result};

/// Which events to read.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    /// The contract; `None` = any.
    pub address: Option<Address>,
    /// Values accepted at each of the four topics; an empty list accepts any.
    pub topics: [Vec<B256>; 4],
    /// First block.
    pub from_block: u64,
    /// Last block; `None` = the newest.
    pub to_block: Option<u64>,
}

impl LogQuery {
    /// Everything that `address` emitted from `from_block` on.
    pub fn of(address: Address, from_block: u64) -> Self {
        Self {
            address: Some(address),
            from_block,
            ..Self::default()
        }
    }

    /// Accepts these values only at topic `index` (0 = the event's signature).
    ///
    /// # Panics
    /// If `index` is above 3.
    #[must_use]
    pub fn with_topic(mut self, index: usize, values: impl IntoIterator<Item = B256>) -> Self {
        self.topics[index] = values.into_iter().collect();
        self
    }

    fn to_json(&self, from: u64, to: u64) -> Value {
        let mut object = json!({
            "fromBlock": format!("{from:#x}"),
            "toBlock": format!("{to:#x}"),
        });
        if let Some(address) = self.address {
            object["address"] = json!(address);
        }
        let used = self
            .topics
            .iter()
            .rposition(|topic| !topic.is_empty())
            .map_or(0, |last| last + 1);
        let topics: Vec<_> = self.topics[..used]
            .iter()
            .map(|values| {
                if values.is_empty() {
                    Value::Null
                } else {
                    json!(values)
                }
            })
            .collect();
        object["topics"] = topics.into();
        object
    }

    /// Whether an event answers the query; nodes are not trusted to filter.
    fn accepts(&self, log: &Log) -> bool {
        let topics = log.topics();
        self.address.is_none_or(|address| address == log.address())
            && self.topics.iter().enumerate().all(|(index, values)| {
                values.is_empty()
                    || topics
                        .get(index)
                        .is_some_and(|topic| values.contains(topic))
            })
    }
}

/// Where an event was emitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emitted {
    /// The block's number.
    pub block: u64,
    /// The event's index in the block.
    pub index: u64,
    /// The transaction.
    pub tx: B256,
}

impl Emitted {
    /// Of a mined event; `None` for a pending one.
    pub(crate) fn of(log: &Log) -> Option<Self> {
        Some(Self {
            block: log.block_number?,
            index: log.log_index?,
            tx: log.transaction_hash?,
        })
    }
}

/// Blocks asked for at once, at most.
const WIDEST: u64 = 1_000_000;
/// Events wanted in one answer. More take long to read and are much to read again where a node refuses.
const EVENTS_PER_PAGE: u64 = 8_192;

impl Chain {
    /// Reads events in the order in which they were emitted, in ranges that the node accepts.
    ///
    /// # Errors
    /// [`Error::Rpc`] if the node refuses even a single block.
    pub async fn logs(&self, query: &LogQuery) -> Result<Vec<Log>> {
        let mut pages = self.log_pages(query, 0).await?;
        let mut logs = Vec::new();
        while let Some(page) = pages.next().await? {
            logs.extend(page);
        }
        Ok(logs)
    }

    /// As [`Self::logs`], page by page. `expected` events, or none known of, are spread over the blocks.
    pub(crate) async fn log_pages(&self, query: &LogQuery, expected: u64) -> Result<LogPages> {
        let newest = self.block_number().await?;
        let last = query.to_block.map_or(newest, |to| to.min(newest));
        Ok(LogPages {
            chain: self.clone(),
            query: query.clone(),
            pages: Pages::new(query.from_block, last, expected),
        })
    }
}

/// Events, page by page.
#[derive(Debug)]
pub(crate) struct LogPages {
    chain: Chain,
    query: LogQuery,
    pages: Pages,
}

impl LogPages {
    /// The next events, in the order in which they were emitted; `None` after the last block.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Log>>> {
        while let Some((from, to)) = self.pages.current() {
            let params = (self.query.to_json(from, to),);
            match rpc::request::<_, Vec<Log>>(&self.chain.0, "eth_getLogs", params).await {
                Ok(mut page) => {
                    page.retain(|log| {
                        !log.removed
                            && log
                                .block_number
                                .is_some_and(|block| (from..=to).contains(&block))
                            && self.query.accepts(log)
                    });
                    page.sort_by_key(|log| (log.block_number, log.log_index));
                    self.pages.advance(page.len() as u64);
                    return Ok(Some(page));
                }
                // An answer too long to be read is unusable, too.
                Err(
                    error @ (Error::Rpc { .. }
                    | Error::Timeout { .. }
                    | Error::InvalidResponse { .. }),
                ) => {
                    if !self.pages.narrow() {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// Walks a range of blocks in spans that halve when refused and double when accepted.
#[derive(Debug)]
struct Pages {
    next: u64,
    last: u64,
    span: u64,
}

impl Pages {
    /// Over the blocks from `first` to `last`, in which about so many events are expected.
    fn new(first: u64, last: u64, expected: u64) -> Self {
        let blocks = last.saturating_sub(first).saturating_add(1);
        let span = blocks
            .checked_div(expected.div_ceil(EVENTS_PER_PAGE))
            .unwrap_or(WIDEST);
        Self {
            next: first,
            last,
            span: span.clamp(1, WIDEST),
        }
    }

    /// First and last block of the page at hand.
    fn current(&self) -> Option<(u64, u64)> {
        (self.next <= self.last).then(|| {
            (
                self.next,
                self.next.saturating_add(self.span - 1).min(self.last),
            )
        })
    }

    /// On to the next page, after one with so many events.
    fn advance(&mut self, events: u64) {
        if let Some((_, to)) = self.current() {
            // `last` can be u64::MAX only if a node says so; then the walk ends here.
            self.next = to.saturating_add(1);
            if to == u64::MAX {
                self.last = 0;
            }
            if events < EVENTS_PER_PAGE / 2 {
                self.span = self.span.saturating_mul(2).min(WIDEST);
            }
        }
    }

    /// Whether a narrower page is left to try.
    fn narrow(&mut self) -> bool {
        let Some((from, to)) = self.current() else {
            return false;
        };
        let width = to - from + 1;
        self.span = width.div_ceil(2);
        width > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(first: u64, last: u64, accepted: u64) -> Option<Vec<(u64, u64)>> {
        let mut pages = Pages::new(first, last, 0);
        let mut seen = Vec::new();
        while let Some((from, to)) = pages.current() {
            if to - from < accepted {
                seen.push((from, to));
                pages.advance(0);
            } else if !pages.narrow() {
                return None;
            }
        }
        Some(seen)
    }

    #[test]
    fn pages_cover_every_block_once_whatever_the_node_accepts() {
        for accepted in [1, 2, 3, 7, 100, 10_000] {
            let pages = walk(5, 2_500, accepted).unwrap_or_default();
            let mut next = 5;
            for (from, to) in pages {
                assert_eq!(from, next);
                assert!(to >= from && to - from < accepted);
                next = to + 1;
            }
            assert_eq!(next, 2_501, "with pages of at most {accepted}");
        }
    }

    #[test]
    fn many_events_are_spread_over_pages_and_crowded_ones_do_not_grow() {
        let mut pages = Pages::new(1, 100_000, 10 * EVENTS_PER_PAGE);
        assert_eq!(pages.current(), Some((1, 10_000)));
        pages.advance(EVENTS_PER_PAGE);
        assert_eq!(pages.current(), Some((10_001, 20_000)));
        pages.advance(3);
        assert_eq!(pages.current(), Some((20_001, 40_000)));
        // A single block may hold more than a page.
        assert_eq!(Pages::new(7, 7, u64::MAX).current(), Some((7, 7)));
    }

    #[test]
    fn a_small_chain_is_one_page_and_an_empty_range_is_none() {
        assert_eq!(walk(0, 99, WIDEST), Some(vec![(0, 99)]));
        assert_eq!(walk(10, 9, WIDEST), Some(vec![]));
    }

    #[test]
    fn a_node_that_refuses_single_blocks_ends_the_walk() {
        assert_eq!(walk(0, 1_000, 0), None);
    }
}
