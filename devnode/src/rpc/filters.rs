//! Filters: clients that ask from time to time what is new.

use super::{
    Api, RpcError, convert,
    follow::{Follower, FollowerId, News, Subject, query_ahead, query_past},
    history::MAX_LOGS,
    params::Params,
};
use crate::chain::Chain;
use alloy::rpc::types::{Filter, Log as RpcLog, Transaction as RpcTransaction};
use alloy_primitives::{B256, U64};
use serde::Serialize;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// How long a filter lives that nobody asks, as in geth (`deadline`).
pub(super) const FILTER_LIFETIME: Duration = Duration::from_mins(5);
/// Most filters at the same time.
pub const MAX_FILTERS: usize = 1_024;

/// What `eth_getFilterChanges` answers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Changes {
    Hashes(Vec<B256>),
    Logs(Vec<RpcLog>),
    Transactions(Vec<RpcTransaction>),
}

#[derive(Debug)]
struct Installed {
    follower: Follower,
    /// What was asked for, if it is a filter for logs.
    filter: Option<Box<Filter>>,
    used: Instant,
}

/// The filters of all clients.
#[derive(Debug, Default)]
pub(super) struct Filters(HashMap<u64, Installed>);

impl Filters {
    fn install(&mut self, id: u64, installed: Installed) -> Result<(), RpcError> {
        self.expire(installed.used);
        if self.0.len() >= MAX_FILTERS {
            return Err(RpcError::TooManyFilters { limit: MAX_FILTERS });
        }
        self.0.insert(id, installed);
        Ok(())
    }

    /// A filter somebody asks for now.
    fn use_at(&mut self, id: Option<u64>, now: Instant) -> Result<&mut Installed, RpcError> {
        self.expire(now);
        let installed = id
            .and_then(|id| self.0.get_mut(&id))
            .ok_or(RpcError::FilterNotFound)?;
        installed.used = now;
        Ok(installed)
    }

    fn remove(&mut self, id: Option<u64>) -> bool {
        id.and_then(|id| self.0.remove(&id)).is_some()
    }

    fn expire(&mut self, now: Instant) {
        self.0
            .retain(|_, installed| now.duration_since(installed.used) < FILTER_LIFETIME);
    }

    /// Takes note that the blocks after `head` are about to be taken back.
    pub(super) fn before_revert(&mut self, chain: &Chain, head: u64) {
        for installed in self.0.values_mut() {
            installed.follower.before_revert(chain, head);
        }
    }
}

impl Api {
    pub(super) fn new_filter(&self, mut params: Params<'_>) -> Result<U64, RpcError> {
        let filter: Filter = params.required("filter")?;
        params.finish()?;
        let subject = Subject::Logs(Box::new(query_ahead(&filter)?));
        self.install(subject, Some(Box::new(filter)))
    }

    pub(super) fn new_block_filter(&self, params: Params<'_>) -> Result<U64, RpcError> {
        params.finish()?;
        self.install(Subject::Blocks, None)
    }

    pub(super) fn new_transaction_filter(&self, mut params: Params<'_>) -> Result<U64, RpcError> {
        let full: Option<bool> = params.optional("fullTransactions")?;
        params.finish()?;
        let full = full.unwrap_or_default();
        self.install(Subject::Transactions { full }, None)
    }

    fn install(&self, subject: Subject, filter: Option<Box<Filter>>) -> Result<U64, RpcError> {
        let chain = self.read()?;
        let installed = Installed {
            follower: Follower::new(subject, &chain, &self.followers().arrivals()),
            filter,
            used: Instant::now(),
        };
        let id = self.followers().next_id();
        self.followers().filters().install(id, installed)?;
        Ok(U64::from(id))
    }

    pub(super) fn filter_changes(&self, mut params: Params<'_>) -> Result<Changes, RpcError> {
        let FollowerId(id) = params.required("filter")?;
        params.finish()?;
        let chain = self.read()?;
        let mut filters = self.followers().filters();
        let follower = &mut filters.use_at(id, Instant::now())?.follower;
        let full = matches!(follower.subject(), Subject::Transactions { full: true });
        let Ok(news) = follower.take(&chain, &self.followers().arrivals(), u64::MAX) else {
            filters.remove(id);
            return Err(RpcError::FilterNotFound);
        };
        Ok(match news {
            News::Blocks(numbers) => Changes::Hashes(
                numbers
                    .filter_map(|number| Some(chain.block(number)?.hash()))
                    .collect(),
            ),
            News::Logs(logs) => Changes::Logs(logs),
            News::Transactions(hashes) if full => Changes::Transactions(
                hashes
                    .into_iter()
                    .filter_map(|hash| convert::any_transaction(&chain, hash))
                    .collect(),
            ),
            News::Transactions(hashes) => Changes::Hashes(hashes),
        })
    }

    pub(super) fn filter_logs(&self, mut params: Params<'_>) -> Result<Vec<RpcLog>, RpcError> {
        let FollowerId(id) = params.required("filter")?;
        params.finish()?;
        let chain = self.read()?;
        let filter = self
            .followers()
            .filters()
            .use_at(id, Instant::now())?
            .filter
            .clone()
            .ok_or(RpcError::FilterNotFound)?;
        let found = chain.logs(&query_past(&chain, &filter)?);
        if found.len() > MAX_LOGS {
            return Err(RpcError::TooManyLogs { limit: MAX_LOGS });
        }
        Ok(found.into_iter().map(convert::log).collect())
    }

    pub(super) fn uninstall_filter(&self, mut params: Params<'_>) -> Result<bool, RpcError> {
        let FollowerId(id) = params.required("filter")?;
        params.finish()?;
        Ok(self.followers().filters().remove(id))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::{Clock, evm::ChainParams, rpc::follow::Arrivals};

    fn chain() -> Chain {
        Chain::new(ChainParams::default(), Clock::Fixed(1))
    }

    fn installed(chain: &Chain, used: Instant) -> Installed {
        Installed {
            follower: Follower::new(Subject::Blocks, chain, &Arrivals::default()),
            filter: None,
            used,
        }
    }

    #[test]
    fn a_filter_nobody_asks_expires_and_one_that_is_asked_does_not() {
        let (chain, start) = (chain(), Instant::now());
        let nearly = start + FILTER_LIFETIME / 2;
        let mut filters = Filters::default();
        filters.install(1, installed(&chain, start)).unwrap();
        filters.install(2, installed(&chain, start)).unwrap();
        assert!(filters.use_at(Some(1), nearly).is_ok());
        let later = start + FILTER_LIFETIME;
        assert!(filters.use_at(Some(1), later).is_ok());
        assert!(matches!(
            filters.use_at(Some(2), later),
            Err(RpcError::FilterNotFound)
        ));
        assert_eq!(filters.0.len(), 1);
    }

    #[test]
    fn there_are_only_so_many_filters() {
        let (chain, start) = (chain(), Instant::now());
        let mut filters = Filters::default();
        for id in 0..MAX_FILTERS as u64 {
            filters.install(id, installed(&chain, start)).unwrap();
        }
        let refused = filters.install(9_999, installed(&chain, start));
        assert!(matches!(
            refused,
            Err(RpcError::TooManyFilters { limit: MAX_FILTERS })
        ));
        // Room is made by those that nobody asks.
        let later = installed(&chain, start + FILTER_LIFETIME);
        filters.install(9_999, later).unwrap();
        assert_eq!(filters.0.len(), 1);
    }
}
