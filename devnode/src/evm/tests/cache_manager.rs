//! The cache manager: bids, who makes room for whom, and what it leaves alone.

use super::{
    ARB_OWNER, Chain, ETHER, NOW, USER, Wasm,
    code::{self, Forward},
    slot,
    tool::{Kind, Op, TOOL},
};
use crate::{
    arbos::{ARB_WASM, ARB_WASM_CACHE, STYLUS_CACHE_MANAGER},
    evm::{ARBOS_STATE, ExecutionOutcome, ExecutionStatus},
};
use alloy_primitives::{Address, B256, U256, aliases::U192, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent, sol};
use revm::bytecode::opcode::REVERT;

sol! {
    interface Manager {
        function placeBid(address program) external payable;
        function getMinBid(address program) external view returns (uint192 bid);
        function getMinBid(uint64 size) external view returns (uint192 bid);
        function cacheSize() external view returns (uint64 size);
        function queueSize() external view returns (uint64 size);
        function decay() external view returns (uint64 weiPerSecond);
        function isPaused() external view returns (bool paused);
        #[derive(Debug, PartialEq, Eq)]
        event InsertBid(bytes32 indexed codehash, address program, uint192 bid, uint64 size);
        #[derive(Debug, PartialEq, Eq)]
        event DeleteBid(bytes32 indexed codehash, uint192 bid, uint64 size);
        #[derive(Debug, PartialEq, Eq)]
        error AlreadyCached(bytes32 codehash);
        #[derive(Debug, PartialEq, Eq)]
        error BidTooSmall(uint192 bid, uint192 min);
    }
    function cacheProgram(address program) external;
    function evictCodehash(bytes32 codehash) external;
    function codehashIsCached(bytes32 codehash) external view returns (bool isCached);
    function codehashAsmSize(bytes32 codehash) external view returns (uint32 size);
    function removeWasmCacheManager(address manager) external;
    event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
}

const CAPACITY: u64 = 536_870_912;
const QUARTER: u64 = CAPACITY / 4;
const DECAY: u64 = 10_322_197_911;

/// An activated program of its own for every name.
fn program(chain: &mut Chain, name: char) -> Address {
    chain.program(&format!(
        r#"(module (memory (export "memory") 1 1) (data (i32.const 0) "{name}")
            (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#
    ))
}

/// A program whose compiled size is, by decree, `bytes`: whole KiB.
fn sized(chain: &mut Chain, name: char, bytes: u64) -> Address {
    let program = program(chain, name);
    let record = keccak256([&[1], code_hash(chain, program).as_slice()].concat());
    let mut word = chain.executor.state().storage(ARBOS_STATE, record);
    let kib = u32::try_from(bytes / 1_024).unwrap();
    word[12..16].copy_from_slice(&kib.to_be_bytes());
    chain.executor.set_storage(ARBOS_STATE, record, word);
    program
}

fn code_hash(chain: &Chain, program: Address) -> B256 {
    keccak256(chain.executor.state().code(program))
}

fn is_cached(chain: &Chain, program: Address) -> bool {
    let codehash = code_hash(chain, program);
    chain.view(ARB_WASM_CACHE, &codehashIsCachedCall { codehash })
}

fn queue_size(chain: &Chain) -> u64 {
    chain.view(STYLUS_CACHE_MANAGER, &Manager::queueSizeCall {})
}

fn least_bid(chain: &Chain, size: u64) -> U192 {
    chain.view(STYLUS_CACHE_MANAGER, &Manager::getMinBid_1Call { size })
}

fn least_bid_for(chain: &Chain, program: Address) -> U192 {
    chain.view(STYLUS_CACHE_MANAGER, &Manager::getMinBid_0Call { program })
}

fn bid(chain: &mut Chain, program: Address, wei: u64) -> ExecutionOutcome {
    let input = Manager::placeBidCall { program }.abi_encode();
    chain.send_value(STYLUS_CACHE_MANAGER, input, U256::from(wei))
}

/// Bids, which must be enough.
fn caches(chain: &mut Chain, program: Address, wei: u64) -> ExecutionOutcome {
    let outcome = bid(chain, program, wei);
    assert_eq!(outcome.status, ExecutionStatus::Success, "{outcome:?}");
    assert!(is_cached(chain, program));
    outcome
}

/// What a bid of `wei` at `time` is worth.
fn worth(wei: u64, time: u64) -> U192 {
    U192::from(wei) + U192::from(DECAY) * U192::from(time)
}

/// Code hashes of the entries that an outcome removed, in this order.
fn removed(outcome: &ExecutionOutcome) -> Vec<B256> {
    let removed = outcome.logs.iter();
    removed
        .filter_map(|log| Manager::DeleteBid::decode_log(log).ok())
        .map(|event| event.codehash)
        .collect()
}

fn refused(outcome: &ExecutionOutcome, data: &[u8]) {
    assert_eq!(outcome.status, ExecutionStatus::Revert, "{outcome:?}");
    assert_eq!(outcome.output[..], *data);
    assert!(outcome.logs.is_empty());
}

#[test]
fn an_empty_cache_takes_any_bid() {
    for version in [40, 51, 60] {
        let mut chain = Chain::under(version);
        let manager = STYLUS_CACHE_MANAGER;
        assert!(!chain.executor.state().code(manager).is_empty());
        assert_eq!(chain.view(manager, &Manager::cacheSizeCall {}), CAPACITY);
        assert_eq!(chain.view(manager, &Manager::decayCall {}), DECAY);
        assert!(!chain.view(manager, &Manager::isPausedCall {}));
        assert_eq!(queue_size(&chain), 0);
        assert_eq!(least_bid(&chain, CAPACITY), U192::ZERO);
        let program = program(&mut chain, 'a');
        assert_eq!(least_bid_for(&chain, program), U192::ZERO);
        caches(&mut chain, program, 0);
    }
}

#[test]
fn a_cached_program_is_entered_and_pays_the_price_of_cached_ones() {
    let mut chain = Chain::new();
    let program = program(&mut chain, 'a');
    let codehash = code_hash(&chain, program);
    let asm: u32 = chain.view(ARB_WASM, &codehashAsmSizeCall { codehash });
    let size = u64::from(asm);
    let price = chain.view(ARB_WASM, &Wasm::programInitGasCall { program });
    let before = chain.send(program, []).gas_used;
    assert_eq!(before, 21_000 + price.gas + 1);

    let outcome = caches(&mut chain, program, 70);
    let [cached, entered] = &outcome.logs[..] else {
        panic!("{outcome:?}");
    };
    assert_eq!(cached.address, ARB_WASM_CACHE);
    let cached = UpdateProgramCache::decode_log(cached).unwrap();
    assert_eq!(
        (cached.manager, cached.codehash, cached.cached),
        (STYLUS_CACHE_MANAGER, codehash, true)
    );
    assert_eq!(entered.address, STYLUS_CACHE_MANAGER);
    let expected = Manager::InsertBid {
        codehash,
        program,
        bid: worth(70, NOW),
        size,
    };
    assert_eq!(
        Manager::InsertBid::decode_log(entered).unwrap().data,
        expected
    );
    assert_eq!(queue_size(&chain), size);
    assert_eq!(chain.balance(STYLUS_CACHE_MANAGER), U256::from(70));
    assert_eq!(
        chain.send(program, []).gas_used,
        21_000 + price.gasWhenCached + 1
    );

    // The same code elsewhere is the same program, and what is refused is not paid.
    let twin = chain.deploy(&chain.executor.state().code(program));
    let again = bid(&mut chain, twin, 80);
    refused(&again, &Manager::AlreadyCached { codehash }.abi_encode());
    assert_eq!(chain.balance(STYLUS_CACHE_MANAGER), U256::from(70));
    assert_eq!(queue_size(&chain), size);
}

#[test]
fn a_program_that_may_not_run_is_refused_as_the_precompile_does() {
    let mut chain = Chain::new();
    let dormant = chain.deploy_wat(TOOL);
    let not_activated = Wasm::ProgramNotActivated {}.abi_encode();
    for program in [dormant, USER, Address::repeat_byte(9)] {
        refused(&bid(&mut chain, program, 1), &not_activated);
        let input = Manager::getMinBid_0Call { program }.abi_encode();
        refused(&chain.call(STYLUS_CACHE_MANAGER, input), &not_activated);
    }
    let program = program(&mut chain, 'a');
    chain.block.timestamp += 366 * 86_400;
    let expired = bid(&mut chain, program, 1);
    assert_eq!(expired.status, ExecutionStatus::Revert);
    Wasm::ProgramExpired::abi_decode(&expired.output).unwrap();
}

#[test]
fn the_lowest_bids_make_room_and_the_older_of_equal_ones_first() {
    let mut chain = Chain::new();
    let [high, old, young, low] = ['h', 'o', 'y', 'l'].map(|name| sized(&mut chain, name, QUARTER));
    for (program, wei) in [(high, 9), (old, 5), (young, 5), (low, 3)] {
        caches(&mut chain, program, wei);
    }
    assert_eq!(queue_size(&chain), CAPACITY);
    for (size, wei) in [
        (0, 3),
        (QUARTER, 3),
        (QUARTER + 1, 5),
        (3 * QUARTER + 1, 9),
        (CAPACITY, 9),
    ] {
        assert_eq!(least_bid(&chain, size), U192::from(wei), "{size}");
    }

    // A bid as high as the highest that makes room is enough; all that make room go, no more.
    let half = sized(&mut chain, '2', 2 * QUARTER);
    assert_eq!(least_bid_for(&chain, half), U192::from(5));
    let outcome = caches(&mut chain, half, 5);
    assert_eq!(
        removed(&outcome),
        [low, old].map(|gone| code_hash(&chain, gone))
    );
    let [_, first, ..] = &outcome.logs[..] else {
        panic!("{outcome:?}");
    };
    let gone = Manager::DeleteBid {
        codehash: code_hash(&chain, low),
        bid: worth(3, NOW),
        size: QUARTER,
    };
    assert_eq!(Manager::DeleteBid::decode_log(first).unwrap().data, gone);
    let cached = [high, old, young, low, half].map(|program| is_cached(&chain, program));
    assert_eq!(cached, [true, false, true, false, true]);
    assert_eq!(queue_size(&chain), CAPACITY);
    assert_eq!(chain.balance(STYLUS_CACHE_MANAGER), U256::from(27));

    // Of the two bids of 5 that are left the other is the older.
    let outcome = caches(&mut chain, low, 6);
    assert_eq!(removed(&outcome), [code_hash(&chain, young)]);
    let outcome = caches(&mut chain, old, 5);
    assert_eq!(removed(&outcome), [code_hash(&chain, half)]);
    assert_eq!(queue_size(&chain), 3 * QUARTER);
    // And one whose bid comes between others stands between them.
    let seven = sized(&mut chain, '7', QUARTER);
    caches(&mut chain, seven, 7);
    let whole = sized(&mut chain, '4', CAPACITY);
    let outcome = caches(&mut chain, whole, 9);
    assert_eq!(
        removed(&outcome),
        [old, low, seven, high].map(|gone| code_hash(&chain, gone))
    );
    assert_eq!(least_bid(&chain, 1), U192::from(9));
}

#[test]
fn a_bid_too_small_names_both_and_leaves_nothing() {
    let mut chain = Chain::new();
    let whole = sized(&mut chain, 'w', CAPACITY);
    let small = program(&mut chain, 's');
    caches(&mut chain, whole, 100);
    assert_eq!(least_bid_for(&chain, small), U192::from(100));
    let poor = bid(&mut chain, small, 99);
    let error = Manager::BidTooSmall {
        bid: worth(99, NOW),
        min: worth(100, NOW),
    };
    refused(&poor, &error.abi_encode());
    assert_eq!(chain.balance(STYLUS_CACHE_MANAGER), U256::from(100));
    assert!(is_cached(&chain, whole) && !is_cached(&chain, small));
    assert_eq!(queue_size(&chain), CAPACITY);

    // Nor does a bid that was enough, in a frame that reverts; not even at a snapshot.
    let before = chain.executor.snapshot();
    let mut undone = code::forwarder(Forward::Call);
    *undone.last_mut().unwrap() = REVERT;
    let undone = chain.deploy(&undone);
    let input = Manager::placeBidCall { program: small }.abi_encode();
    let outcome = chain.send_value(
        undone,
        code::forward(STYLUS_CACHE_MANAGER, &input),
        U256::from(100),
    );
    refused(&outcome, &[]);
    for undo in [false, true] {
        if undo {
            let outcome = caches(&mut chain, small, 100);
            assert_eq!(removed(&outcome), [code_hash(&chain, whole)]);
            assert!(queue_size(&chain) < CAPACITY);
            chain.executor.restore(before);
        }
        assert!(is_cached(&chain, whole) && !is_cached(&chain, small));
        assert_eq!(queue_size(&chain), CAPACITY);
        assert_eq!(least_bid_for(&chain, small), U192::from(100));
        assert_eq!(chain.balance(STYLUS_CACHE_MANAGER), U256::from(100));
    }
}

#[test]
fn a_bid_loses_against_later_ones_with_every_second() {
    let mut chain = Chain::new();
    let wei = 1_000 * DECAY + 7;
    let whole = sized(&mut chain, 'w', CAPACITY);
    let other = sized(&mut chain, 'o', CAPACITY);
    caches(&mut chain, whole, wei);
    for (after, least) in [(0, wei), (400, wei - 400 * DECAY), (1_000, 7), (1_001, 0)] {
        chain.block.timestamp = NOW + after;
        assert_eq!(least_bid_for(&chain, other), U192::from(least));
        if let Some(less) = least.checked_sub(1) {
            let error = Manager::BidTooSmall {
                bid: worth(less, NOW + after),
                min: worth(wei, NOW),
            };
            refused(&bid(&mut chain, other, less), &error.abi_encode());
        }
    }
    let outcome = caches(&mut chain, other, 0);
    assert_eq!(removed(&outcome), [code_hash(&chain, whole)]);
}

#[test]
fn what_an_owner_evicts_or_caches_past_it_is_put_right_by_the_next_bid() {
    let mut chain = Chain::new();
    let half = sized(&mut chain, 'h', 2 * QUARTER);
    let other = sized(&mut chain, 'o', 2 * QUARTER);
    caches(&mut chain, half, 50);
    caches(&mut chain, other, 60);
    let codehash = code_hash(&chain, half);
    let evict = evictCodehashCall { codehash }.abi_encode();
    assert!(
        chain
            .send_as_owner(ARB_WASM_CACHE, evict)
            .status
            .is_success()
    );
    assert!(!is_cached(&chain, half));
    assert_eq!(queue_size(&chain), CAPACITY);

    // Its own entry makes room for it, whatever it was worth.
    assert_eq!(least_bid(&chain, 1), U192::from(50));
    assert_eq!(least_bid_for(&chain, half), U192::ZERO);
    let outcome = caches(&mut chain, half, 70);
    assert_eq!(removed(&outcome), [codehash]);
    assert_eq!(queue_size(&chain), CAPACITY);
    assert_eq!(least_bid(&chain, 1), U192::from(60));

    // One that an owner cached has no entry.
    let gift = program(&mut chain, 'g');
    let cache = cacheProgramCall { program: gift }.abi_encode();
    assert!(
        chain
            .send_as_owner(ARB_WASM_CACHE, cache)
            .status
            .is_success()
    );
    let codehash = code_hash(&chain, gift);
    refused(
        &bid(&mut chain, gift, 100),
        &Manager::AlreadyCached { codehash }.abi_encode(),
    );
    assert_eq!(queue_size(&chain), CAPACITY);
}

#[test]
fn what_is_not_offered_is_a_plain_revert() {
    let mut chain = Chain::new();
    let manager = STYLUS_CACHE_MANAGER;
    let program = program(&mut chain, 'a');
    let unknown = [0x12, 0x34, 0x56, 0x78];
    for input in [&[][..], &unknown[..3], &unknown[..]] {
        refused(&chain.send_value(manager, input.to_vec(), U256::ONE), &[]);
    }
    // Only a bid takes value.
    let paid = Manager::isPausedCall {}.abi_encode();
    refused(&chain.send_value(manager, paid, U256::ONE), &[]);
    assert_eq!(chain.balance(manager), U256::ZERO);
    // No bid makes room for what is larger than the cache.
    let size = CAPACITY + 1;
    let vast = Manager::getMinBid_1Call { size }.abi_encode();
    refused(&chain.call(manager, vast), &[]);
    let vast = sized(&mut chain, 'v', CAPACITY + 1_024);
    refused(&bid(&mut chain, vast, 1), &[]);

    // Another contract may ask and bid, but neither statically nor in its own name.
    let tool = chain.program(TOOL);
    let input = Manager::placeBidCall { program }.abi_encode();
    let asks = Manager::cacheSizeCall {}.abi_encode();
    let through = |kind, data: &[u8]| Op::call(kind, manager, U256::ZERO, data);
    assert!(
        chain
            .call(tool, through(Kind::Static, &asks))
            .status
            .is_success()
    );
    for (kind, data) in [
        (Kind::Static, &input),
        (Kind::Delegate, &input),
        (Kind::Delegate, &asks),
    ] {
        refused(&chain.send(tool, through(kind, data)), &[]);
        assert!(!is_cached(&chain, program));
    }
    let bids = chain.send(tool, through(Kind::Call, &input));
    assert!(bids.status.is_success() && is_cached(&chain, program));

    // A manager that the owners dismissed can cache nothing.
    let order = removeWasmCacheManagerCall { manager }.abi_encode();
    assert!(chain.send_as_owner(ARB_OWNER, order).status.is_success());
    refused(&bid(&mut chain, tool, 1), &[]);
}

#[test]
fn a_bid_that_would_not_fit_its_type_is_an_overflow() {
    let mut chain = Chain::new();
    let program = program(&mut chain, 'a');
    let rich = U256::ONE << 200;
    chain.executor.set_balance(USER, rich);
    let input = Manager::placeBidCall { program }.abi_encode();
    let value = U256::ONE << 192;
    let outcome = chain.send_value(STYLUS_CACHE_MANAGER, input, value);
    // Panic(0x11)
    let data = [&[0x4e, 0x48, 0x7b, 0x71], slot(0x11).as_slice()].concat();
    refused(&outcome, &data);
}

/// The documented layout, and the price of a bid when the list is as long as it can be.
#[test]
fn a_full_cache_of_the_smallest_programs_takes_bids() {
    let mut chain = Chain::new();
    let program = program(&mut chain, 'a');
    let (bytes, count) = (512_000, CAPACITY / 512_000);
    let mut put = |slot: U256, value: U256| {
        let (slot, value) = (slot.into(), value.into());
        chain
            .executor
            .set_storage(STYLUS_CACHE_MANAGER, slot, value);
    };
    let name = |place: u64| U256::from(1_000_000 + place);
    let at = |place: u64| U256::from_be_bytes(keccak256(B256::from(name(place))).0);
    put(U256::ZERO, U256::from(count * bytes));
    put(U256::ONE, name(0));
    for place in 0..count {
        put(at(place), (U256::from(place) << 64) | U256::from(bytes));
        let next = if place + 1 < count {
            name(place + 1)
        } else {
            U256::ZERO
        };
        put(at(place) + U256::ONE, next);
    }
    assert_eq!(count, 1_048);
    assert_eq!(queue_size(&chain), count * bytes);
    assert_eq!(least_bid_for(&chain, program), U192::ZERO);
    let outcome = caches(&mut chain, program, 1);
    assert_eq!(removed(&outcome), [B256::from(name(0))]);
    assert!(
        (4_402_000..4_700_000).contains(&outcome.gas_used),
        "{}",
        outcome.gas_used
    );
    // The new one stands behind all others, and what was removed is gone.
    let storage = |slot: U256| {
        let state = chain.executor.state();
        state.storage(STYLUS_CACHE_MANAGER, slot.into())
    };
    assert_eq!(storage(U256::ONE), B256::from(name(1)));
    assert_eq!(
        storage(at(count - 1) + U256::ONE),
        code_hash(&chain, program)
    );
    assert_eq!(
        (storage(at(0)), storage(at(0) + U256::ONE)),
        (B256::ZERO, B256::ZERO)
    );
    let entry = keccak256(code_hash(&chain, program));
    let entry = chain.executor.state().storage(STYLUS_CACHE_MANAGER, entry);
    assert_eq!(entry[..24], worth(1, NOW).to_be_bytes::<24>());
    // A sum by decree that no entries make up for refuses bids, and breaks nothing.
    let manager = STYLUS_CACHE_MANAGER;
    chain
        .executor
        .set_storage(manager, B256::ZERO, slot(u64::MAX));
    chain.executor.set_storage(manager, slot(1), B256::ZERO);
    let tool = chain.program(TOOL);
    refused(&bid(&mut chain, tool, ETHER.try_into().unwrap()), &[]);
}
