//! The chain's cache of Stylus programs: calls of a program in it are cheaper for everybody.
//!
//! A cache manager puts programs into it for those who bid most (Arbitrum, `ArbWasmCache` and `CacheManager`). What
//! was bid is spent; the program stays until others bid more for its place.

use alloy::primitives::{Address, B256, U256, address};
use alloy::sol;

use crate::chain::{Chain, Transaction};
use crate::error::{Error, Result};

sol! {
    interface IArbWasmCache {
        function allCacheManagers() external view returns (address[] memory managers);
        function codehashIsCached(bytes32 codehash) external view returns (bool);
    }

    interface ICacheManager {
        function placeBid(address program) external payable;
        function getMinBid(address program) external view returns (uint192 min);
        function isPaused() external view returns (bool);
    }
}

const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");

/// How a chain's cache can be bid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    /// By bidding at this contract.
    Open(Address),
    /// Not now: the contract takes no bids.
    Paused(Address),
    /// Not at all: no contract manages the cache, or the chain has none.
    None,
}

impl Manager {
    /// The contract, whether it takes bids or not.
    pub fn address(self) -> Option<Address> {
        match self {
            Self::Open(address) | Self::Paused(address) => Some(address),
            Self::None => None,
        }
    }
}

/// The first contract among a chain's cache managers that takes bids, else the first that may some day.
///
/// # Errors
/// Those of reaching the node.
pub async fn manager(chain: &Chain) -> Result<Manager> {
    let call = IArbWasmCache::allCacheManagersCall {};
    let managers = answered(chain.call(ARB_WASM_CACHE, &call).await)?;
    let mut found = Manager::None;
    for manager in managers.unwrap_or_default() {
        // An account of a person may manage a cache, too, and takes no bids.
        if chain.code(manager).await?.is_empty() {
            continue;
        }
        let paused = chain.call(manager, &ICacheManager::isPausedCall {}).await;
        match answered(paused)? {
            Some(false) => return Ok(Manager::Open(manager)),
            Some(true) if found == Manager::None => found = Manager::Paused(manager),
            _ => {}
        }
    }
    Ok(found)
}

/// Whether a program, by the hash of its code, is in the chain's cache; never, on a chain without one.
///
/// # Errors
/// Those of reaching the node.
pub async fn is_cached(chain: &Chain, code_hash: B256) -> Result<bool> {
    let call = IArbWasmCache::codehashIsCachedCall {
        codehash: code_hash,
    };
    Ok(answered(chain.call(ARB_WASM_CACHE, &call).await)?.unwrap_or_default())
}

/// What a program's place in the cache costs now, in wei; 0 while there is room.
///
/// # Errors
/// [`Error::Refused`] if the program is not activated or does not fit.
pub async fn least_bid(chain: &Chain, manager: Address, program: Address) -> Result<U256> {
    let call = ICacheManager::getMinBidCall { program };
    Ok(U256::from(chain.call_alone(manager, &call).await?))
}

/// Bids for a program. A bid that is too low by the time it is mined is refused and costs gas only.
pub fn bid(chain: &Chain, manager: Address, program: Address, wei: U256) -> Transaction {
    let call = ICacheManager::placeBidCall { program };
    chain.transaction(manager, &call).with_value(wei)
}

/// An answer, or `None` from what is no such contract.
fn answered<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Error::Refused(_) | Error::Halted { .. } | Error::InvalidResponse { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use alloy::hex;
    use alloy::sol_types::SolCall;

    use super::*;

    #[test]
    fn selectors_are_those_of_the_public_contracts() {
        assert_eq!(
            IArbWasmCache::allCacheManagersCall::SELECTOR,
            hex!("0ec1d773")
        );
        assert_eq!(
            IArbWasmCache::codehashIsCachedCall::SELECTOR,
            hex!("a72f179b")
        );
        assert_eq!(ICacheManager::placeBidCall::SELECTOR, hex!("e4940157"));
        assert_eq!(ICacheManager::getMinBidCall::SELECTOR, hex!("32052a9b"));
        assert_eq!(ICacheManager::isPausedCall::SELECTOR, hex!("b187bd26"));
    }
}
