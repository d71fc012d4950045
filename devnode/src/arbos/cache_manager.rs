//! The cache manager: keeps programs in the chain's cache for those who bid most.
//!
//! What a bid is worth never changes once it is made:
//!
//! ```text
//! worth = wei paid + DECAY × block timestamp in Unix seconds
//! ```
//!
//! A later bid of the same wei is worth more, so every bid loses against those to come. While the cache
//! has room any bid will do. Then the entries of the lowest worth, of equal ones the older, make room,
//! and a bid must reach the highest among them. What was paid stays with the contract.
//!
//! It is written from its interface and the rules above, and has no owner: it cannot be paused, and
//! its size and decay are fixed.

use super::{
    ARB_WASM, ARB_WASM_CACHE, STYLUS_CACHE_MANAGER,
    abi::{ArbWasm, ArbWasmCache, CacheManager, CacheManager::CacheManagerCalls as Calls},
    built_in::{self, BuiltIn, Failure},
    cache_queue::{CAPACITY, Entry, Queue},
};
use crate::evm::{Fault, Machine};
use alloy_primitives::{Address, B256, U256, aliases::U192};
use alloy_sol_types::{SolCall, SolInterface};
use revm::interpreter::{CallInputs, InterpreterResult, interpreter_action::FrameInit};

/// What a bid loses against later ones, in wei per second.
const DECAY: u64 = 10_322_197_911;
/// The least that a program counts for, in bytes.
const LEAST_BYTES: u64 = 4_096;

struct Manager<'f, 'm, 'a>(&'f mut BuiltIn<'m, 'a>);

/// Runs a frame of the cache manager.
pub(super) fn run(
    machine: &mut Machine<'_>,
    init: &mut FrameInit,
    inputs: &CallInputs,
) -> Result<InterpreterResult, Fault> {
    built_in::run(
        STYLUS_CACHE_MANAGER,
        machine,
        init,
        inputs,
        |frame, calldata| Manager(frame).dispatch(calldata),
    )
}

impl Manager<'_, '_, '_> {
    fn dispatch(&mut self, calldata: &[u8]) -> Result<Vec<u8>, Failure> {
        let method = Calls::abi_decode(calldata).map_err(|_| Failure::plain())?;
        Ok(match method {
            Calls::placeBid(args) => {
                self.place_bid(args.program)?;
                Vec::new()
            }
            // None of the others is payable.
            _ if !self.0.value.is_zero() => return Err(Failure::plain()),
            Calls::getMinBid_0(args) => {
                let bid = self.least_bid_for_program(args.program)?;
                CacheManager::getMinBid_0Call::abi_encode_returns(&bid)
            }
            Calls::getMinBid_1(args) => {
                let queue = Queue::load(self.0)?;
                let bid = self.least_bid(&queue, args.size.max(LEAST_BYTES), None)?;
                CacheManager::getMinBid_1Call::abi_encode_returns(&bid)
            }
            Calls::cacheSize(_) => CacheManager::cacheSizeCall::abi_encode_returns(&CAPACITY),
            Calls::queueSize(_) => {
                let sum = Queue::sum(self.0)?;
                CacheManager::queueSizeCall::abi_encode_returns(&sum)
            }
            Calls::decay(_) => CacheManager::decayCall::abi_encode_returns(&DECAY),
            Calls::isPaused(_) => CacheManager::isPausedCall::abi_encode_returns(&false),
        })
    }

    fn place_bid(&mut self, program: Address) -> Result<(), Failure> {
        let code_hash = self.0.code_hash(program)?;
        if self.is_cached(code_hash)? {
            return Err(Failure::error(&CacheManager::AlreadyCached {
                codehash: code_hash,
            }));
        }
        let bytes = self.program_bytes(code_hash)?;
        let bid = self
            .decayed()
            .checked_add(self.0.value)
            .filter(|worth| worth.bit_len() <= 192)
            .ok_or_else(Failure::arithmetic)?;
        let mut queue = Queue::load(self.0)?;
        let stale = queue.place(code_hash);
        let least = queue.bid_to_beat(bytes, stale).ok_or_else(Failure::plain)?;
        if bid < least {
            return Err(Failure::error(&CacheManager::BidTooSmall {
                bid: narrow(bid),
                min: narrow(least),
            }));
        }

        if self.0.api.is_static() {
            return Err(Failure::OutOfGas);
        }
        // An owner of the chain evicted the program past this contract.
        if let Some(place) = stale {
            self.evict(&mut queue, place)?;
        }
        while !queue.fits(bytes) {
            self.evict(&mut queue, 0)?;
        }
        let cache = ArbWasmCache::cacheProgramCall { addr: program };
        self.0.order(ARB_WASM_CACHE, &cache, U256::ZERO)?;
        queue.insert(
            self.0,
            Entry {
                code_hash,
                bid,
                bytes,
            },
        )?;
        self.0.emit(&CacheManager::InsertBid {
            codehash: code_hash,
            program,
            bid: narrow(bid),
            size: bytes,
        })
    }

    fn evict(&mut self, queue: &mut Queue, place: usize) -> Result<(), Failure> {
        let entry = queue.remove(self.0, place)?;
        let evict = ArbWasmCache::evictCodehashCall {
            codehash: entry.code_hash,
        };
        self.0.order(ARB_WASM_CACHE, &evict, U256::ZERO)?;
        self.0.emit(&CacheManager::DeleteBid {
            codehash: entry.code_hash,
            bid: narrow(entry.bid),
            size: entry.bytes,
        })
    }

    fn least_bid_for_program(&mut self, program: Address) -> Result<U192, Failure> {
        let code_hash = self.0.code_hash(program)?;
        let bytes = self.program_bytes(code_hash)?;
        let queue = Queue::load(self.0)?;
        let stale = match queue.place(code_hash) {
            Some(place) if !self.is_cached(code_hash)? => Some(place),
            _ => None,
        };
        self.least_bid(&queue, bytes, stale)
    }

    /// The least that must be paid now for a program of this size. No sum makes room for one that is
    /// larger than the cache: a plain revert.
    fn least_bid(
        &mut self,
        queue: &Queue,
        bytes: u64,
        vacant: Option<usize>,
    ) -> Result<U192, Failure> {
        let worth = queue
            .bid_to_beat(bytes, vacant)
            .ok_or_else(Failure::plain)?;
        Ok(narrow(worth.saturating_sub(self.decayed())))
    }

    /// What a bid of no wei is worth now.
    fn decayed(&mut self) -> U256 {
        let now = self.0.api.machine().block.timestamp;
        U256::from(DECAY) * U256::from(now)
    }

    fn is_cached(&mut self, code_hash: B256) -> Result<bool, Failure> {
        let method = ArbWasmCache::codehashIsCachedCall {
            codehash: code_hash,
        };
        self.0.ask(ARB_WASM_CACHE, &method)
    }

    /// Size that a program counts for. One that may not run has none: the error of the precompile.
    fn program_bytes(&mut self, code_hash: B256) -> Result<u64, Failure> {
        let method = ArbWasm::codehashAsmSizeCall {
            codehash: code_hash,
        };
        let bytes = self.0.ask(ARB_WASM, &method)?;
        Ok(u64::from(bytes).max(LEAST_BYTES))
    }
}

/// A bid as the interface has it. Bids are below 2^192.
fn narrow(bid: U256) -> U192 {
    U192::saturating_from(bid)
}
