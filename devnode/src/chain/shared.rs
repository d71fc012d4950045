//! A chain that many use at once, and the order in which changes become durable and visible.

use super::{Chain, Clock, Mining};
use crate::{
    evm::ChainParams,
    store::{Identity, Store, StoreError},
};
use std::{
    path::Path,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard,
        RwLockWriteGuard,
    },
};

/// Why a change was not made, or not kept.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// A panic while the chain was being changed may have left it half changed: it answers no more.
    #[error("an earlier request broke the chain; restart the node")]
    Broken,
    /// The state file did not take it. The chain is as it was before.
    #[error("the change was refused because it could not be stored")]
    Store(#[source] Arc<StoreError>),
}

/// What became of changes that are committed together. Set once.
pub(super) type Outcome = OnceLock<Result<(), Arc<StoreError>>>;

/// A [`Chain`] behind a lock, with the file it is kept in, if any.
///
/// With a file, a change is made in memory under the lock, but nobody sees it yet. Then whoever made it
/// waits until a commit has taken it. One of those who wait writes the commit, for all changes made by
/// then, without holding the chain; the ones that come meanwhile wait for the commit after it.
#[derive(Debug)]
pub struct SharedChain {
    chain: RwLock<Chain>,
    /// Read while a call runs beside the chain, written while the chain goes back. Taken before the
    /// chain.
    history: RwLock<()>,
    durable: Option<Durable>,
}

#[derive(Debug)]
struct Durable {
    /// The file, for the one who commits.
    store: Mutex<Store>,
    /// Whether somebody commits.
    busy: Mutex<bool>,
    /// Somebody has stopped committing.
    settled: Condvar,
}

impl SharedChain {
    /// A chain that is kept in memory only.
    #[must_use]
    pub fn new(chain: Chain) -> Self {
        Self {
            chain: RwLock::new(chain),
            history: RwLock::default(),
            durable: None,
        }
    }

    /// A chain that is kept in a file: the one that is in it, or a new one. `mining` says when blocks are
    /// made, whatever a client chose before; `None` leaves that.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be used, or holds something else.
    pub fn open(
        path: &Path,
        params: ChainParams,
        clock: Clock,
        mining: Option<Mining>,
    ) -> Result<Self, StoreError> {
        let identity = Identity {
            chain_id: params.chain_id,
            arbos_version: params.arbos_version.get(),
        };
        let genesis = || Chain::new(params.clone(), clock).everything();
        let (store, stored) = Store::open(path, identity, genesis)?;
        let mut chain = Chain::restore(params, clock, stored);
        if let Some(mining) = mining {
            chain = chain.with_mining(mining);
        }
        Ok(Self::kept_in(store, chain))
    }

    pub(super) fn kept_in(store: Store, mut chain: Chain) -> Self {
        chain.withhold();
        Self {
            chain: RwLock::new(chain),
            history: RwLock::default(),
            durable: Some(Durable {
                store: Mutex::new(store),
                busy: Mutex::new(false),
                settled: Condvar::new(),
            }),
        }
    }

    /// The chain, to look at.
    ///
    /// # Errors
    /// [`ChangeError::Broken`].
    pub fn read(&self) -> Result<RwLockReadGuard<'_, Chain>, ChangeError> {
        self.chain.read().map_err(|_| ChangeError::Broken)
    }

    /// Whether the chain can be looked at now, without waiting for a change under way.
    pub fn is_free(&self) -> bool {
        self.chain.try_read().is_ok()
    }

    /// Keeps the chain from going back while a call runs beside it. To be taken before the chain.
    pub fn keep_history(&self) -> RwLockReadGuard<'_, ()> {
        // It guards nothing that a panic could break.
        self.history.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the chain; returns when the change is durable and everybody sees it. Use
    /// [`Self::revert`] for going back.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing was changed.
    pub fn change<T>(&self, change: impl FnOnce(&mut Chain) -> T) -> Result<T, ChangeError> {
        let mut chain = self.write()?;
        let before = chain.changes();
        let answer = change(&mut chain);
        if let Some(durable) = &self.durable
            && chain.changes() != before
        {
            let outcome = chain.outcome();
            drop(chain);
            self.settle(durable, &outcome)?;
        }
        Ok(answer)
    }

    /// Goes back to a mark: blocks, state and clock. The mark and all later ones are used up, and waiting
    /// transactions are dropped. Says whether there was such a mark. Calls that run beside the chain are
    /// waited for.
    ///
    /// `before` is shown the chain as it is just before, and the number of the block that will be the
    /// newest one.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing was changed.
    pub fn revert(&self, id: u64, before: impl FnOnce(&Chain, u64)) -> Result<bool, ChangeError> {
        let _no_calls = self.history.write().unwrap_or_else(PoisonError::into_inner);
        let Some(durable) = &self.durable else {
            return Ok(go_back(&mut *self.write()?, id, before));
        };
        let _turn = durable.turn();
        self.commit(durable)?;
        // Nobody else can commit, so the chain is held until the file has gone back.
        loop {
            let mut chain = self.write()?;
            if chain.is_settled() {
                let Some(batch) = chain.batch_to_revert(id) else {
                    return Ok(false);
                };
                lock(&durable.store)
                    .commit(&batch)
                    .map_err(|error| ChangeError::Store(Arc::new(error)))?;
                return Ok(go_back(&mut chain, id, before));
            }
            drop(chain);
            self.commit(durable)?;
        }
    }

    fn write(&self) -> Result<RwLockWriteGuard<'_, Chain>, ChangeError> {
        self.chain.write().map_err(|_| ChangeError::Broken)
    }

    /// Waits until changes are durable, or makes them so.
    fn settle(&self, durable: &Durable, outcome: &Outcome) -> Result<(), ChangeError> {
        let mut busy = lock(&durable.busy);
        loop {
            if let Some(outcome) = outcome.get() {
                return outcome.clone().map_err(ChangeError::Store);
            }
            if *busy {
                busy = durable
                    .settled
                    .wait(busy)
                    .unwrap_or_else(PoisonError::into_inner);
            } else {
                drop(busy);
                {
                    let _turn = durable.turn();
                    // Whether it succeeded for this change is in its outcome.
                    let _ = self.commit(durable);
                }
                busy = lock(&durable.busy);
                if outcome.get().is_none() && self.chain.is_poisoned() {
                    return Err(ChangeError::Broken);
                }
            }
        }
    }

    /// Writes everything that is not in the file yet. Only who has the turn may.
    fn commit(&self, durable: &Durable) -> Result<(), ChangeError> {
        let (taken, batch) = {
            let mut chain = self.write()?;
            if chain.is_settled() {
                return Ok(());
            }
            chain.take_batch()
        };
        let written = lock(&durable.store).commit(&batch).map_err(Arc::new);
        let mut chain = self.write()?;
        match &written {
            Ok(()) => chain.publish(&taken),
            // What was changed meanwhile was built on what is lost.
            Err(error) => chain.forget_unpublished(error),
        }
        drop(chain);
        // Set once: a batch is taken once.
        let _ = taken.outcome.set(written.clone());
        written.map_err(ChangeError::Store)
    }
}

impl Durable {
    /// Waits until nobody commits. Nobody else will while the answer lives.
    fn turn(&self) -> Turn<'_> {
        let mut busy = lock(&self.busy);
        while *busy {
            busy = self
                .settled
                .wait(busy)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *busy = true;
        Turn(self)
    }
}

/// The right to commit.
#[derive(Debug)]
struct Turn<'a>(&'a Durable);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *lock(&self.0.busy) = false;
        self.0.settled.notify_all();
    }
}

fn go_back(chain: &mut Chain, id: u64, before: impl FnOnce(&Chain, u64)) -> bool {
    if let Some(head) = chain.snapshot_head(id) {
        before(chain, head);
    }
    chain.revert(id)
}

/// None of these locks guards what a panic could leave half done: the store opens its file anew, the flag
/// is reset when its owner is dropped.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
