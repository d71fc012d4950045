//! `ArbWasm`: activates Stylus programs and answers what the chain knows of them (Nitro,
//! `precompiles/ArbWasm.go`, `arbos/programs/programs.go`).

use super::{
    abi::ArbWasm::{self, ArbWasmCalls as Calls},
    precompile::{Failure, PrecompileCall, Purity},
    pricer,
    record::{Inactive, ProgramRecord},
    state::{Section, write},
};
use crate::{
    evm::{Halt, NETWORK_FEE_ACCOUNT},
    vm,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolInterface};
use revm::state::Account;

/// Gas of an activation before its module is looked at.
const ACTIVATION: u64 = 1_659_168;
/// Words the data pricer consists of.
const PRICER_READS: u64 = 5;

pub(super) fn purity(selector: [u8; 4]) -> Option<Purity> {
    if !Calls::valid_selector(selector) {
        return None;
    }
    Some(match selector {
        ArbWasm::activateProgramCall::SELECTOR | ArbWasm::codehashKeepaliveCall::SELECTOR => {
            Purity::Payable
        }
        _ => Purity::View,
    })
}

pub(super) fn run(call: &mut PrecompileCall<'_, '_>, calldata: &[u8]) -> Result<Vec<u8>, Failure> {
    let method = Calls::abi_decode(calldata).map_err(|_| Failure::BurnAll)?;
    let stylus = call.machine.stylus();
    Ok(match method {
        Calls::activateProgram(args) => activate(call, args.program)?,
        Calls::codehashKeepalive(args) => keepalive(call, args.codehash)?,
        Calls::stylusVersion(_) => {
            call.burn_params()?;
            ArbWasm::stylusVersionCall::abi_encode_returns(&stylus.version)
        }
        Calls::codehashVersion(args) => {
            let record = active(call, args.codehash)?;
            ArbWasm::codehashVersionCall::abi_encode_returns(&record.version)
        }
        Calls::codehashAsmSize(args) => {
            let record = active(call, args.codehash)?;
            ArbWasm::codehashAsmSizeCall::abi_encode_returns(&record.asm_bytes())
        }
        Calls::programVersion(args) => {
            let record = active_at(call, args.program)?;
            ArbWasm::programVersionCall::abi_encode_returns(&record.version)
        }
        Calls::programInitGas(args) => {
            let record = active_at(call, args.program)?;
            ArbWasm::programInitGasCall::abi_encode_returns(&ArbWasm::programInitGasReturn {
                gas: stylus.start_gas(record.init_cost, record.cached_cost, false),
                gasWhenCached: stylus.cached_gas(record.cached_cost),
            })
        }
        Calls::programMemoryFootprint(args) => {
            let record = active_at(call, args.program)?;
            ArbWasm::programMemoryFootprintCall::abi_encode_returns(&record.footprint)
        }
        Calls::programTimeLeft(args) => {
            let record = active_at(call, args.program)?;
            let age = record.age_secs(call.machine.block.timestamp);
            let left = ProgramRecord::lifetime_secs(&stylus).saturating_sub(age);
            ArbWasm::programTimeLeftCall::abi_encode_returns(&left)
        }
        parameter => {
            call.burn_params()?;
            encode_parameter(&parameter, &stylus)
        }
    })
}

fn encode_parameter(method: &Calls, stylus: &vm::StylusParams) -> Vec<u8> {
    match method {
        Calls::inkPrice(_) => ArbWasm::inkPriceCall::abi_encode_returns(&stylus.ink_price),
        Calls::maxStackDepth(_) => {
            ArbWasm::maxStackDepthCall::abi_encode_returns(&stylus.max_stack_depth)
        }
        Calls::freePages(_) => ArbWasm::freePagesCall::abi_encode_returns(&stylus.free_pages),
        Calls::pageGas(_) => ArbWasm::pageGasCall::abi_encode_returns(&stylus.page_gas),
        Calls::pageRamp(_) => ArbWasm::pageRampCall::abi_encode_returns(&stylus.page_ramp),
        Calls::pageLimit(_) => ArbWasm::pageLimitCall::abi_encode_returns(&stylus.page_limit),
        Calls::minInitGas(_) => {
            ArbWasm::minInitGasCall::abi_encode_returns(&ArbWasm::minInitGasReturn {
                gas: u64::from(stylus.min_init_gas) * 128,
                cached: u64::from(stylus.min_cached_init_gas) * 32,
            })
        }
        Calls::initCostScalar(_) => {
            let percent = u64::from(stylus.init_cost_scalar) * 2;
            ArbWasm::initCostScalarCall::abi_encode_returns(&percent)
        }
        Calls::expiryDays(_) => ArbWasm::expiryDaysCall::abi_encode_returns(&stylus.expiry_days),
        Calls::keepaliveDays(_) => {
            ArbWasm::keepaliveDaysCall::abi_encode_returns(&stylus.keepalive_days)
        }
        Calls::blockCacheSize(_) => {
            ArbWasm::blockCacheSizeCall::abi_encode_returns(&stylus.block_cache_size)
        }
        _ => unreachable!("every method that is no parameter was matched by the caller"),
    }
}

/// The Solidity error for a program that may not run.
pub(super) fn inactive_error(inactive: Inactive) -> Failure {
    match inactive {
        Inactive::NotActivated => Failure::error(&ArbWasm::ProgramNotActivated {}),
        Inactive::NeedsUpgrade {
            version,
            stylus_version,
        } => Failure::error(&ArbWasm::ProgramNeedsUpgrade {
            version,
            stylusVersion: stylus_version,
        }),
        Inactive::Expired { age_secs } => Failure::error(&ArbWasm::ProgramExpired {
            ageInSeconds: age_secs,
        }),
    }
}

/// The record of a program that may run, paid for.
fn active(call: &mut PrecompileCall<'_, '_>, code_hash: B256) -> Result<ProgramRecord, Failure> {
    call.burn_params()?;
    call.burn_reads(1)?;
    let (now, stylus) = (call.machine.block.timestamp, call.machine.stylus());
    ProgramRecord::active(call.machine.journal(), code_hash, now, &stylus).map_err(inactive_error)
}

fn active_at(
    call: &mut PrecompileCall<'_, '_>,
    program: Address,
) -> Result<ProgramRecord, Failure> {
    let code_hash = call.code_hash(program)?;
    active(call, code_hash)
}

fn activate(call: &mut PrecompileCall<'_, '_>, program: Address) -> Result<Vec<u8>, Failure> {
    call.burn(ACTIVATION)?;
    if is_destroyed(call, program) {
        return Err(Failure::Revert(Bytes::new()));
    }
    let code_hash = call.peek_code_hash(program);
    let (now, stylus) = (call.machine.block.timestamp, call.machine.stylus());
    call.burn_params()?;
    call.burn_reads(1)?;
    let previous = ProgramRecord::load(call.machine.journal(), code_hash);
    if previous.version == stylus.version && !previous.is_expired(now, &stylus) {
        return Err(Failure::error(&ArbWasm::ProgramUpToDate {}));
    }

    let code = call.machine.peek_code(program);
    let code = code.original_byte_slice();
    if code.is_empty() {
        return Err(Failure::error(&ArbWasm::ProgramNotWasm {}));
    }
    // Code that is no program, or one that cannot be decoded, is a plain revert.
    let wasm = vm::decode_program(code, stylus.max_wasm_size)
        .map_err(|_| Failure::Revert(Bytes::new()))?;
    let budget = stylus.page_limit.saturating_sub(call.machine.pages.open());
    let arbos_version = call.machine.arbos_version;
    let activation = vm::activate(&wasm, budget, call.machine.chain.debug, arbos_version)
        .map_err(|error| failed(error.to_string()))?;
    if activation.activation_gas > call.gas_left() {
        return Err(failed("out of gas".to_owned()));
    }
    call.burn(activation.activation_gas)?;
    call.machine
        .programs
        .compile(code_hash, &activation.module, arbos_version)
        .map_err(|error| failed(error.to_string()))?;

    call.burn_write(false)?;
    let module_hash = activation.module_hash;
    write(
        call.machine.journal(),
        Section::ModuleHashes,
        code_hash,
        module_hash.into(),
    );
    let data_fee = charge_pricer(call, activation.asm_estimate)?;
    let record = ProgramRecord {
        version: stylus.version,
        init_cost: activation.init,
        cached_cost: activation.cached_init,
        footprint: activation.footprint,
        activated_at_hours: ProgramRecord::hours(now),
        asm_kib: activation.asm_estimate.div_ceil(1_024),
        cached: previous.cached,
    };
    call.burn_write(false)?;
    record.store(call.machine.journal(), code_hash);

    pay_data_fee(call, data_fee)?;
    call.emit(&ArbWasm::ProgramActivated {
        codehash: code_hash,
        moduleHash: module_hash,
        program,
        dataFee: data_fee,
        version: stylus.version,
    })?;
    Ok(ArbWasm::activateProgramCall::abi_encode_returns(
        &ArbWasm::activateProgramReturn {
            version: stylus.version,
            dataFee: data_fee,
        },
    ))
}

fn failed(reason: String) -> Failure {
    Failure::Halt(Halt::ActivationFailed { reason })
}

fn is_destroyed(call: &mut PrecompileCall<'_, '_>, address: Address) -> bool {
    call.machine
        .journal()
        .state
        .get(&address)
        .is_some_and(Account::is_selfdestructed)
}

fn keepalive(call: &mut PrecompileCall<'_, '_>, code_hash: B256) -> Result<Vec<u8>, Failure> {
    let mut record = active(call, code_hash)?;
    let (now, stylus) = (call.machine.block.timestamp, call.machine.stylus());
    let age = record.age_secs(now);
    if age < ProgramRecord::keepalive_secs(&stylus) {
        return Err(Failure::error(&ArbWasm::ProgramKeepaliveTooSoon {
            ageInSeconds: age,
        }));
    }
    let data_fee = charge_pricer(call, record.asm_bytes())?;
    record.activated_at_hours = ProgramRecord::hours(now);
    call.burn_write(false)?;
    record.store(call.machine.journal(), code_hash);
    pay_data_fee(call, data_fee)?;
    call.emit(&ArbWasm::ProgramLifetimeExtended {
        codehash: code_hash,
        dataFee: data_fee,
    })?;
    Ok(Vec::new())
}

fn charge_pricer(call: &mut PrecompileCall<'_, '_>, bytes: u32) -> Result<U256, Failure> {
    call.burn_reads(PRICER_READS)?;
    call.burn_write(false)?;
    call.burn_write(false)?;
    let now = call.machine.block.timestamp;
    Ok(pricer::charge(call.machine.journal(), bytes, now))
}

/// The fee goes to the network fee account, what exceeds it back to the caller.
fn pay_data_fee(call: &mut PrecompileCall<'_, '_>, fee: U256) -> Result<(), Failure> {
    let value = call.value;
    let Some(excess) = value.checked_sub(fee) else {
        return Err(Failure::error(&ArbWasm::ProgramInsufficientValue {
            have: value,
            want: fee,
        }));
    };
    call.burn_reads(1)?;
    call.pay(NETWORK_FEE_ACCOUNT, fee)?;
    if !excess.is_zero() {
        call.pay(call.caller, excess)?;
    }
    Ok(())
}
