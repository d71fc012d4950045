//! How a precompile of the chain is called: selector, purity, gas, errors (Nitro,
//! `precompiles/precompile.go`).

use super::{
    Contract, address_table, arb_debug, arb_gas_info, arb_owner, arb_sys, arb_wasm, arb_wasm_cache,
    methods::{self, Method},
};
use crate::evm::{Halt, Machine};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, Log, LogData, U256};
use alloy_sol_types::{SolError, SolEvent, SolInterface};
use revm::{
    context_interface::journaled_state::JournalTr,
    interpreter::{
        CallInputs, CallScheme, Gas, InstructionResult, InterpreterResult,
        interpreter_action::FrameInit,
    },
};

/// Gas of a word of arguments or result.
pub(super) const COPY_WORD: u64 = 3;
/// Gas of reading a word of the chain's state.
const STATE_READ: u64 = 800;
const STATE_WRITE: u64 = 20_000;
const STATE_WRITE_ZERO: u64 = 5_000;
/// Gas of reading the Stylus parameters, whose slot is warm.
const PARAMS_READ: u64 = 100;
/// Gas of reading an account's code hash.
const CODE_HASH_READ: u64 = 2_600;
const LOG: u64 = 375;
const LOG_TOPIC: u64 = 375;
const LOG_BYTE: u64 = 8;

/// What a method may do, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purity {
    /// Neither reads nor writes the state.
    Pure,
    View,
    Write,
    Payable,
}

/// Why a method did not return.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A revert that takes all gas: out of gas, unknown selector, bad arguments, no access.
    BurnAll,
    /// A revert that keeps the gas left, with the data of a Solidity error or none.
    Revert(Bytes),
    /// An error that is no revert; it takes all gas.
    Halt(Halt),
}

impl Failure {
    pub(crate) fn error(error: &impl SolError) -> Self {
        Self::Revert(error.abi_encode().into())
    }
}

/// A running call of a precompile.
#[derive(Debug)]
pub(crate) struct PrecompileCall<'m, 'a> {
    pub(crate) machine: &'m mut Machine<'a>,
    pub(crate) address: Address,
    pub(crate) caller: Address,
    pub(crate) value: U256,
    pub(crate) depth: usize,
    gas_left: u64,
    /// Whether the call costs nothing, however it ends: the chain's owners use their interface free.
    free: bool,
}

impl PrecompileCall<'_, '_> {
    pub(crate) fn burn(&mut self, gas: u64) -> Result<(), Failure> {
        self.gas_left = self.gas_left.checked_sub(gas).ok_or(Failure::BurnAll)?;
        Ok(())
    }

    /// Pays for reading `words` words of the chain's state.
    pub(crate) fn burn_reads(&mut self, words: u64) -> Result<(), Failure> {
        self.burn(words.saturating_mul(STATE_READ))
    }

    /// Pays for writing a word of the chain's state.
    pub(crate) fn burn_write(&mut self, zero: bool) -> Result<(), Failure> {
        self.burn(if zero { STATE_WRITE_ZERO } else { STATE_WRITE })
    }

    /// Pays for reading the Stylus parameters.
    pub(crate) fn burn_params(&mut self) -> Result<(), Failure> {
        self.burn(PARAMS_READ)
    }

    pub(crate) const fn gas_left(&self) -> u64 {
        self.gas_left
    }

    /// Code hash of an account, paid for; zero if the account does not exist.
    pub(crate) fn code_hash(&mut self, address: Address) -> Result<B256, Failure> {
        self.burn(CODE_HASH_READ)?;
        Ok(self.peek_code_hash(address))
    }

    /// Code hash of an account without changing what is warm.
    pub(crate) fn peek_code_hash(&self, address: Address) -> B256 {
        let code = self.machine.peek_code(address);
        if code.is_empty() {
            KECCAK256_EMPTY
        } else {
            code.hash_slow()
        }
    }

    /// Emits an event of the precompile and pays for it.
    pub(crate) fn emit<E: SolEvent>(&mut self, event: &E) -> Result<(), Failure> {
        let data = event.encode_log_data();
        let topics = data.topics().len() as u64;
        self.burn(LOG + LOG_TOPIC * topics + LOG_BYTE * data.data.len() as u64)?;
        self.log(data);
        Ok(())
    }

    /// Emits a log of the precompile for free.
    pub(crate) fn log(&mut self, data: LogData) {
        let address = self.address;
        self.machine.log(Log { address, data });
    }

    /// Moves wei from the precompile, which received the call's value.
    pub(crate) fn pay(&mut self, to: Address, amount: U256) -> Result<(), Failure> {
        let from = self.address;
        let Ok(refused) = self.machine.journal().transfer(from, to, amount);
        match refused {
            None => Ok(()),
            Some(_) => Err(Failure::Revert(Bytes::new())),
        }
    }
}

/// Runs a precompile's frame.
pub(super) fn run(
    contract: Contract,
    machine: &mut Machine<'_>,
    init: &FrameInit,
    inputs: &CallInputs,
) -> InterpreterResult {
    let calldata = machine.calldata(inputs);
    let mut call = PrecompileCall {
        machine,
        address: inputs.bytecode_address,
        caller: inputs.caller,
        value: inputs.value.get(),
        depth: init.depth,
        gas_left: inputs.gas_limit,
        free: false,
    };
    let delegated = matches!(
        inputs.scheme,
        CallScheme::CallCode | CallScheme::DelegateCall
    );
    let result = dispatch(contract, &mut call, &calldata, delegated, inputs.is_static);
    let (gas_left, free) = (call.gas_left, call.free);
    let (status, output, gas_left) = match result {
        Ok(output) => (InstructionResult::Return, output, gas_left),
        Err(Failure::BurnAll) => (InstructionResult::Revert, Bytes::new(), 0),
        Err(Failure::Revert(data)) => {
            let cost = COPY_WORD * words(data.len());
            match gas_left.checked_sub(cost) {
                Some(left) => (InstructionResult::Revert, data, left),
                None => (InstructionResult::Revert, Bytes::new(), 0),
            }
        }
        Err(Failure::Halt(halt)) => return machine.stop(halt, inputs.gas_limit),
    };
    let mut gas = Gas::new(inputs.gas_limit);
    let gas_left = if free { inputs.gas_limit } else { gas_left };
    gas.tracker_mut().set_remaining(gas_left);
    InterpreterResult::new(status, output, gas)
}

fn dispatch(
    contract: Contract,
    call: &mut PrecompileCall<'_, '_>,
    calldata: &[u8],
    delegated: bool,
    is_static: bool,
) -> Result<Bytes, Failure> {
    let Some((selector, arguments)) = calldata.split_first_chunk::<4>() else {
        return Err(Failure::BurnAll);
    };
    if contract == Contract::ArbDebug && !call.machine.chain.debug {
        return Err(Failure::BurnAll);
    }
    if contract == Contract::ArbOwner {
        if !arb_owner::is_owner(call) {
            return Err(Failure::Halt(Halt::UnauthorizedCaller));
        }
        call.free = true;
    }
    let purity = match methods::find(contract, *selector, call.machine.arbos_version) {
        Method::Known(purity) => purity,
        Method::Unknown => return Err(Failure::BurnAll),
        Method::NotModelled(method) => {
            return Err(Failure::Halt(Halt::NotModelled {
                contract: contract.name(),
                method,
                selector: (*selector).into(),
            }));
        }
    };
    if (purity >= Purity::View && delegated)
        || (purity >= Purity::Write && is_static)
        || (purity < Purity::Payable && !call.value.is_zero())
    {
        return Err(Failure::BurnAll);
    }
    call.burn(COPY_WORD * words(arguments.len()))?;
    if purity > Purity::Pure {
        call.burn_reads(1)?;
    }
    let output = match contract {
        Contract::ArbSys => arb_sys::arb_sys(call, calldata)?,
        Contract::ArbInfo => arb_sys::arb_info(call, calldata)?,
        Contract::ArbAddressTable => address_table::run(call, calldata)?,
        Contract::ArbosTest => arb_sys::arbos_test(call, calldata)?,
        Contract::ArbOwnerPublic => arb_owner::arb_owner_public(call, calldata)?,
        Contract::ArbGasInfo => arb_gas_info::arb_gas_info(call, calldata)?,
        Contract::ArbAggregator => arb_gas_info::arb_aggregator(call, calldata)?,
        Contract::ArbStatistics => arb_sys::arb_statistics(call),
        Contract::ArbOwner => arb_owner::arb_owner(call, calldata)?,
        Contract::ArbWasm => arb_wasm::run(call, calldata)?,
        Contract::ArbWasmCache => arb_wasm_cache::run(call, calldata)?,
        Contract::ArbDebug => arb_debug::run(call, calldata)?,
        Contract::ArbBls
        | Contract::ArbFunctionTable
        | Contract::ArbRetryableTx
        | Contract::ArbNativeTokenManager
        | Contract::ArbFilteredTransactionsManager
        | Contract::NodeInterface
        | Contract::NodeInterfaceDebug => {
            unreachable!("the method table has no method of this contract")
        }
    };
    call.burn(COPY_WORD * words(output.len()))?;
    if contract == Contract::ArbOwner && !is_static {
        arb_owner::log_owner_act(call, *selector, calldata);
    }
    Ok(output.into())
}

/// The method and arguments of a call. What is no valid calldata burns all gas.
pub(super) fn decode<C: SolInterface>(calldata: &[u8]) -> Result<C, Failure> {
    C::abi_decode(calldata).map_err(|_| Failure::BurnAll)
}

pub(super) const fn words(bytes: usize) -> u64 {
    bytes.div_ceil(32) as u64
}
