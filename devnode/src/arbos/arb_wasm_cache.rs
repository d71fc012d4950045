//! `ArbWasmCache`: which programs nodes keep compiled (Nitro, `precompiles/ArbWasmCache.go`).

use super::{
    CACHE_MANAGERS,
    abi::ArbWasmCache::{self, ArbWasmCacheCalls as Calls},
    arb_owner,
    arb_wasm::inactive_error,
    precompile::{Failure, PrecompileCall, decode},
    record::{Inactive, ProgramRecord},
};
use alloy_primitives::B256;
use alloy_sol_types::SolCall;

pub(super) fn run(call: &mut PrecompileCall<'_, '_>, calldata: &[u8]) -> Result<Vec<u8>, Failure> {
    let method = decode(calldata)?;
    Ok(match method {
        Calls::isCacheManager(args) => {
            call.burn_reads(1)?;
            let is_manager = CACHE_MANAGERS.contains(call.machine.journal(), args.manager);
            ArbWasmCache::isCacheManagerCall::abi_encode_returns(&is_manager)
        }
        Calls::allCacheManagers(_) => {
            let managers = CACHE_MANAGERS.members(call.machine.journal());
            call.burn_reads(1 + managers.len() as u64)?;
            ArbWasmCache::allCacheManagersCall::abi_encode_returns(&managers)
        }
        Calls::codehashIsCached(args) => {
            call.burn_reads(1)?;
            let cached = ProgramRecord::load(call.machine.journal(), args.codehash).cached;
            ArbWasmCache::codehashIsCachedCall::abi_encode_returns(&cached)
        }
        Calls::cacheProgram(args) => {
            let code_hash = call.code_hash(args.addr)?;
            set_cached(call, code_hash, true)?;
            Vec::new()
        }
        Calls::evictCodehash(args) => {
            set_cached(call, args.codehash, false)?;
            Vec::new()
        }
    })
}

fn set_cached(
    call: &mut PrecompileCall<'_, '_>,
    code_hash: B256,
    cached: bool,
) -> Result<(), Failure> {
    call.burn_reads(1)?;
    let caller = call.caller;
    if !CACHE_MANAGERS.contains(call.machine.journal(), caller) {
        call.burn_reads(1)?;
        if !arb_owner::is_owner(call) {
            return Err(Failure::BurnAll);
        }
    }
    call.burn_params()?;
    call.burn_reads(1)?;
    let (now, stylus) = (call.machine.block.timestamp, call.machine.stylus());
    let mut record = ProgramRecord::load(call.machine.journal(), code_hash);
    if cached && record.version != stylus.version {
        return Err(inactive_error(Inactive::NeedsUpgrade {
            version: record.version,
            stylus_version: stylus.version,
        }));
    }
    if cached && record.is_expired(now, &stylus) {
        return Err(inactive_error(Inactive::Expired {
            age_secs: record.age_secs(now),
        }));
    }
    if record.cached == cached {
        return Ok(());
    }
    call.emit(&ArbWasmCache::UpdateProgramCache {
        manager: caller,
        codehash: code_hash,
        cached,
    })?;
    call.burn(u64::from(record.init_cost))?;
    // The module hash is read, then the record written.
    call.burn_reads(1)?;
    call.burn_write(false)?;
    record.cached = cached;
    record.store(call.machine.journal(), code_hash);
    Ok(())
}
