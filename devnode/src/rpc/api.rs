//! The methods by name.

use super::{RpcError, follow::Followers, wallet::Impersonated};
use crate::{
    Config, DevAccount,
    chain::{At, Block, Chain, ChainEvent, SharedChain, SignedTransaction},
    evm::StateView,
};
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::B256;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLockReadGuard};
use tokio::sync::broadcast;

/// The methods of a node, over one chain.
#[derive(Debug)]
pub struct Api {
    chain: Arc<SharedChain>,
    chain_id: u64,
    accounts: Vec<DevAccount>,
    impersonated: Mutex<Impersonated>,
    followers: Followers,
}

impl Api {
    /// Puts the methods over a chain. `config` names the accounts that `eth_accounts` lists.
    #[must_use]
    pub fn new(chain: Arc<SharedChain>, config: &Config) -> Self {
        Self {
            chain_id: config.chain_id,
            chain,
            accounts: config.accounts.clone(),
            impersonated: Mutex::default(),
            followers: Followers::default(),
        }
    }

    /// Who follows the chain.
    pub(super) const fn followers(&self) -> &Followers {
        &self.followers
    }

    /// Rings whenever something happens to the chain.
    pub(super) fn events(&self) -> Result<broadcast::Receiver<ChainEvent>, RpcError> {
        Ok(self.read()?.events())
    }

    /// Whether the chain can be looked at now, without waiting for a change under way.
    pub(super) fn is_free(&self) -> bool {
        self.chain.is_free()
    }

    pub(super) const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// Accounts whose keys the node has.
    pub(super) fn accounts(&self) -> &[DevAccount] {
        &self.accounts
    }

    /// Accounts that send without a key.
    pub(super) fn impersonated(&self) -> MutexGuard<'_, Impersonated> {
        self.impersonated
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The chain, to look at.
    pub(super) fn read(&self) -> Result<RwLockReadGuard<'_, Chain>, RpcError> {
        Ok(self.chain.read()?)
    }

    /// Keeps the chain from going back while a call runs beside it. To be taken before the chain.
    pub(super) fn keep_history(&self) -> RwLockReadGuard<'_, ()> {
        self.chain.keep_history()
    }

    /// Changes the chain, and returns when nothing of the change can be lost.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Chain) -> T) -> Result<T, RpcError> {
        Ok(self.chain.change(change)?)
    }

    /// Goes back to a mark; says whether there was one. Calls that run beside the chain are waited for.
    pub(super) fn go_back(&self, id: u64) -> Result<bool, RpcError> {
        let before = |chain: &Chain, head| self.followers.before_revert(chain, head);
        Ok(self.chain.revert(id, before)?)
    }

    /// Hands a transaction to the chain.
    pub(super) fn submit(&self, transaction: SignedTransaction) -> Result<B256, RpcError> {
        let hash = self.change(|chain| chain.submit(transaction))??;
        self.followers.arrived(hash);
        Ok(hash)
    }
}

/// Where in the chain a block parameter points. Nothing is ever reorganised, so `safe` and
/// `finalized` are the newest block.
pub(super) fn resolve(chain: &Chain, id: BlockId) -> Result<At, RpcError> {
    match id {
        BlockId::Number(BlockNumberOrTag::Pending) => Ok(At::Pending),
        BlockId::Number(number) => {
            let number = block_number(chain, number);
            chain
                .block(number)
                .map(|_| At::Block(number))
                .ok_or(RpcError::UnknownBlock)
        }
        BlockId::Hash(hash) => chain
            .block_by_hash(hash.block_hash)
            .map(|block| At::Block(block.number()))
            .ok_or(RpcError::UnknownBlockHash(hash.block_hash)),
    }
}

/// The number a tag stands for; there is no pending block, so that is the newest.
pub(super) fn block_number(chain: &Chain, tag: BlockNumberOrTag) -> u64 {
    match tag {
        BlockNumberOrTag::Number(number) => number,
        BlockNumberOrTag::Earliest => 0,
        BlockNumberOrTag::Latest
        | BlockNumberOrTag::Finalized
        | BlockNumberOrTag::Safe
        | BlockNumberOrTag::Pending => chain.head().number(),
    }
}

/// The block a parameter points to, if it exists.
pub(super) fn find_block(chain: &Chain, id: BlockId) -> Option<&Arc<Block>> {
    match id {
        BlockId::Number(number) => chain.block(block_number(chain, number)),
        BlockId::Hash(hash) => chain.block_by_hash(hash.block_hash),
    }
}

/// The accounts at a block parameter, the newest block if there is none.
pub(super) fn state_at(chain: &Chain, id: Option<BlockId>) -> Result<StateView<'_>, RpcError> {
    let at = resolve(chain, id.unwrap_or_default())?;
    chain.state(at).ok_or(RpcError::UnknownBlock)
}
