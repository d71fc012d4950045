//! What one lasting connection subscribes to.

use super::{
    Api, RpcError, convert,
    follow::{Follower, FollowerId, LostTrack, News, Subject, query_ahead},
    message::notification,
    params::Params,
};
use crate::chain::Chain;
use alloy::rpc::types::Filter;
use alloy_primitives::U64;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Most subscriptions of one connection.
pub const MAX_SUBSCRIPTIONS: usize = 128;
/// Blocks that a subscription is told of in one go.
const BLOCKS_AT_ONCE: u64 = 32;

/// The subscriptions of a connection.
#[derive(Debug, Default)]
pub(super) struct Session {
    subscriptions: Mutex<BTreeMap<u64, Subscription>>,
    /// Rings when there may be news that the chain does not tell of.
    bell: Notify,
}

#[derive(Debug)]
struct Subscription {
    follower: Follower,
    /// Whether its client knows its number.
    begun: bool,
}

/// One message of a connection, and the subscriptions it makes.
#[derive(Debug)]
pub(super) struct Call<'a> {
    session: &'a Session,
    created: Mutex<Vec<u64>>,
}

impl<'a> Call<'a> {
    pub(super) const fn new(session: &'a Session) -> Self {
        Self {
            session,
            created: Mutex::new(Vec::new()),
        }
    }

    /// The subscriptions it made: no news of them is told before [`Session::begin`].
    pub(super) fn into_created(self) -> Vec<u64> {
        self.created
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Its subscriptions. They stay sound if somebody panics: each change is one step.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Subscription>> {
        self.subscriptions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there are subscriptions to be told of news.
    pub(super) fn follows(&self) -> bool {
        self.lock().values().any(|subscription| subscription.begun)
    }

    /// Returns when there may be news.
    pub(super) async fn woken(&self) {
        self.bell.notified().await;
    }

    /// There may be news.
    pub(super) fn wake(&self) {
        self.bell.notify_one();
    }

    /// News of these may be told from now on.
    pub(super) fn begin(&self, created: &[u64]) {
        let mut subscriptions = self.lock();
        for id in created {
            if let Some(subscription) = subscriptions.get_mut(id) {
                subscription.begun = true;
            }
        }
        self.wake();
    }

    /// Takes note that the blocks after `head` are about to be taken back.
    pub(super) fn before_revert(&self, chain: &Chain, head: u64) {
        for subscription in self.lock().values_mut() {
            subscription.follower.before_revert(chain, head);
        }
    }

    /// Messages about some of what is new; none if nothing is.
    pub(super) fn news(&self, api: &Api) -> Result<Vec<Vec<u8>>, LostTrack> {
        let chain = api.read().map_err(|_| LostTrack)?;
        let arrivals = api.followers().arrivals();
        let mut messages = Vec::new();
        for (id, subscription) in &mut *self.lock() {
            if !subscription.begun {
                continue;
            }
            let id = format!("{:#x}", U64::from(*id));
            let follower = &mut subscription.follower;
            match follower.take(&chain, &arrivals, BLOCKS_AT_ONCE)? {
                News::Blocks(numbers) => {
                    let blocks = numbers.filter_map(|number| chain.block(number));
                    messages.extend(blocks.map(|block| notification(&id, &convert::head(block))));
                }
                News::Logs(logs) => {
                    messages.extend(logs.iter().map(|log| notification(&id, log)));
                }
                News::Transactions(hashes) => {
                    let full = matches!(follower.subject(), Subject::Transactions { full: true });
                    for hash in hashes {
                        if !full {
                            messages.push(notification(&id, &hash));
                        } else if let Some(transaction) = convert::any_transaction(&chain, hash) {
                            messages.push(notification(&id, &transaction));
                        }
                    }
                }
            }
        }
        Ok(messages)
    }
}

impl Api {
    /// Follows something and answers with the subscription's number.
    pub(super) fn subscribe(
        &self,
        call: &Call<'_>,
        mut params: Params<'_>,
    ) -> Result<U64, RpcError> {
        let name: String = params.required("subscription")?;
        let subject = match name.as_str() {
            "newHeads" => Subject::Blocks,
            "logs" => {
                let filter: Filter = params.optional("filter")?.unwrap_or_default();
                Subject::Logs(Box::new(query_ahead(&filter)?))
            }
            "newPendingTransactions" => {
                let full: Option<bool> = params.optional("fullTransactions")?;
                Subject::Transactions {
                    full: full.unwrap_or_default(),
                }
            }
            // `syncing` among them: nothing is ever synchronised.
            _ => return Err(RpcError::UnknownSubscription(name)),
        };
        params.finish()?;
        let chain = self.read()?;
        let follower = Follower::new(subject, &chain, &self.followers().arrivals());
        let mut subscriptions = call.session.lock();
        if subscriptions.len() >= MAX_SUBSCRIPTIONS {
            return Err(RpcError::TooManySubscriptions {
                limit: MAX_SUBSCRIPTIONS,
            });
        }
        let id = self.followers().next_id();
        let subscription = Subscription {
            follower,
            begun: false,
        };
        subscriptions.insert(id, subscription);
        call.created
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(id);
        Ok(U64::from(id))
    }

    /// Follows no longer.
    #[expect(clippy::unused_self, reason = "a method like its neighbours")]
    pub(super) fn unsubscribe(
        &self,
        call: &Call<'_>,
        mut params: Params<'_>,
    ) -> Result<bool, RpcError> {
        let FollowerId(id) = params.required("subscription")?;
        params.finish()?;
        id.and_then(|id| call.session.lock().remove(&id))
            .map(|_| true)
            .ok_or(RpcError::SubscriptionNotFound)
    }

    /// The subscriptions of a new connection, known until the last of its owners is gone.
    pub(super) fn open_session(&self) -> Arc<Session> {
        let session = Arc::<Session>::default();
        let mut sessions = self.followers().sessions();
        sessions.retain(|session| session.strong_count() > 0);
        sessions.push(Arc::downgrade(&session));
        session
    }
}
