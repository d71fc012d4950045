//! `ArbWasm`: activates Stylus programs and answers what the chain knows of them (Nitro,
//! `precompiles/ArbWasm.go`, `arbos/programs/programs.go`).

use super::{
    abi::ArbWasm::{self, ArbWasmCalls as Calls},
    params::ActivationParams,
    precompile::{COPY_WORD, Failure, PrecompileCall, decode, words},
    pricer,
    record::{Inactive, ProgramRecord},
    state::{Section, network_fee_account, write},
    version::FRAGMENTS_ARBOS,
};
use crate::{
    evm::{Halt, MAX_CODE_SIZE, account_access},
    vm::{self, DecodeError, ProgramCode, STYLUS_V3_ARBOS, StylusParams},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use revm::{bytecode::Bytecode, context_interface::journaled_state::JournalTr, state::Account};

/// Gas of an activation before its module is looked at.
const ACTIVATION: u64 = 1_659_168;
/// Words the data pricer consists of.
const PRICER_READS: u64 = 5;

pub(super) fn run(call: &mut PrecompileCall<'_, '_>, calldata: &[u8]) -> Result<Vec<u8>, Failure> {
    let method = decode(calldata)?;
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
        Calls::activationGas(_) => {
            call.burn_params()?;
            let params = ActivationParams::load(call.machine.journal());
            ArbWasm::activationGasCall::abi_encode_returns(&params.activation_gas)
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
                gas: stylus.least_init_gas(),
                cached: stylus.least_cached_gas(),
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
    let activation_params = ActivationParams::load(call.machine.journal());
    if call.machine.arbos_version >= STYLUS_V3_ARBOS {
        call.burn(activation_params.activation_gas)?;
    }
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

    let wasm = read_module(call, program, &stylus, activation_params.max_fragments)?;
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

/// The module of a program, out of the account's code and, if that is a root, the contracts it lists.
///
/// What cannot be decoded is a plain revert.
fn read_module(
    call: &mut PrecompileCall<'_, '_>,
    program: Address,
    stylus: &StylusParams,
    max_fragments: u8,
) -> Result<Vec<u8>, Failure> {
    let plain = |_| Failure::Revert(Bytes::new());
    let arbos_version = call.machine.arbos_version;
    let code = call.machine.peek_code(program).original_bytes();
    let max_size = stylus.max_wasm_size;
    let parts = match ProgramCode::try_read(&code, arbos_version, max_fragments, max_size) {
        Ok(parts) => parts,
        Err(DecodeError::NotAProgram) if code.is_empty() || arbos_version >= FRAGMENTS_ARBOS => {
            return Err(Failure::error(&ArbWasm::ProgramNotWasm {}));
        }
        Err(error) => return Err(plain(error)),
    };
    let mut codes = Vec::with_capacity(parts.fragments().len());
    for fragment in parts.fragments() {
        codes.push(read_fragment(call, *fragment)?);
    }
    parts.decode(&codes, max_size).map_err(plain)
}

/// Code of a contract that holds a part of a program, paid for as the opcode `EXTCODECOPY` would. The
/// largest code must be affordable before it is known how large this one is.
fn read_fragment(call: &mut PrecompileCall<'_, '_>, fragment: Address) -> Result<Bytes, Failure> {
    let Ok(load) = call.machine.journal().load_account_with_code(fragment);
    let access = account_access(load.is_cold);
    let code = load.data.info.code.as_ref();
    let code = code.map(Bytecode::original_bytes).unwrap_or_default();
    if call.gas_left() < access + COPY_WORD * words(MAX_CODE_SIZE) {
        return Err(Failure::BurnAll);
    }
    call.burn(access + COPY_WORD * words(code.len()))?;
    Ok(code)
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
    let account = network_fee_account(call.machine.journal());
    call.pay(account, fee)?;
    if !excess.is_zero() {
        call.pay(call.caller, excess)?;
    }
    Ok(())
}
