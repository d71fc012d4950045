//! Contracts of the usual development chain that are built in: Rust in the place of Solidity, with the
//! same interface, events, errors and order of calls.
//!
//! Their gas is that of their calls, creations, storage and logs; what the Solidity code around those
//! would cost is not charged.

use crate::{
    evm::{Fault, FrameApi, Machine},
    vm::{ApiError, CallKind, EvmApi, Priced, ProgramCall, ProgramCallResult},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{Panic, PanicKind, SolCall, SolError, SolEvent};
use revm::interpreter::{
    CallInputs, CallScheme, Gas, InstructionResult, InterpreterResult,
    interpreter_action::FrameInit,
};

/// Code of the built-in contracts, which runs only if an account delegates to one (EIP-7702): `PUSH0
/// PUSH0 REVERT`. The code of the contracts on public chains is longer.
pub(super) const CODE: [u8; 3] = [0x5f, 0x5f, 0xfd];

const LOG: u64 = 375;
const LOG_BYTE: u64 = 8;

/// Why a built-in contract did not return.
pub(super) enum Failure {
    /// It reverted, or a call it depends on did, with this data.
    Revert(Bytes),
    OutOfGas,
    Fault(Fault),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::OutOfGas => Self::OutOfGas,
            other => Self::Fault(Fault::Custom(other.to_string())),
        }
    }
}

impl Failure {
    pub(super) fn error(error: &impl SolError) -> Self {
        Self::Revert(error.abi_encode().into())
    }

    /// A revert without data.
    pub(super) const fn plain() -> Self {
        Self::Revert(Bytes::new())
    }

    /// Solidity's `Panic(0x11)`, which checked arithmetic reverts with.
    pub(super) fn arithmetic() -> Self {
        Self::error(&Panic::from(PanicKind::UnderOverflow))
    }
}

/// A running frame of a built-in contract.
pub(super) struct BuiltIn<'m, 'a> {
    pub(super) api: FrameApi<'m, 'a>,
    pub(super) caller: Address,
    pub(super) value: U256,
    pub(super) gas_left: u64,
}

/// Runs a frame of a built-in contract at `address`. A delegate call is refused: it would act for the
/// caller, which has none of the contract's state.
pub(super) fn run(
    address: Address,
    machine: &mut Machine<'_>,
    init: &mut FrameInit,
    inputs: &CallInputs,
    body: impl FnOnce(&mut BuiltIn<'_, '_>, &[u8]) -> Result<Vec<u8>, Failure>,
) -> Result<InterpreterResult, Fault> {
    let calldata = machine.calldata(inputs);
    let delegated = matches!(
        inputs.scheme,
        CallScheme::CallCode | CallScheme::DelegateCall
    );
    let stylus = machine.stylus();
    let mut contract = BuiltIn {
        api: FrameApi::new(machine, init, inputs, stylus),
        caller: inputs.caller,
        value: inputs.value.get(),
        gas_left: inputs.gas_limit,
    };
    let acting = Some(address);
    contract.api.machine().enter(acting, inputs.caller);
    let result = if delegated {
        Err(Failure::plain())
    } else {
        body(&mut contract, &calldata)
    };
    contract.api.machine().leave(acting);
    let (gas_left, refund) = (contract.gas_left, contract.api.refund());
    machine.halt = None;
    let (status, output, gas_left) = match result {
        Ok(output) => (InstructionResult::Return, output.into(), gas_left),
        Err(Failure::Revert(data)) => (InstructionResult::Revert, data, gas_left),
        Err(Failure::OutOfGas) => (InstructionResult::OutOfGas, Bytes::new(), 0),
        Err(Failure::Fault(fault)) => return Err(fault),
    };
    let mut gas = Gas::new(inputs.gas_limit);
    gas.tracker_mut().set_remaining(gas_left);
    gas.record_refund(refund);
    Ok(InterpreterResult::new(status, output, gas))
}

impl BuiltIn<'_, '_> {
    pub(super) fn burn(&mut self, gas: u64) -> Result<(), Failure> {
        self.gas_left = self.gas_left.checked_sub(gas).ok_or(Failure::OutOfGas)?;
        Ok(())
    }

    /// Pays for an answer.
    pub(super) fn paid<T>(&mut self, priced: Priced<T>) -> Result<T, Failure> {
        self.burn(priced.gas)?;
        Ok(priced.value)
    }

    pub(super) fn call(
        &mut self,
        address: Address,
        calldata: Vec<u8>,
        value: U256,
    ) -> Result<ProgramCallResult, Failure> {
        self.dispatch_call(CallKind::Call, address, calldata, value)
    }

    pub(super) fn view(
        &mut self,
        address: Address,
        calldata: Vec<u8>,
    ) -> Result<ProgramCallResult, Failure> {
        self.dispatch_call(CallKind::Static, address, calldata, U256::ZERO)
    }

    /// Calls a method that changes the chain: what it returned. What it reverted with is passed on.
    pub(super) fn order<C: SolCall>(
        &mut self,
        address: Address,
        method: &C,
        value: U256,
    ) -> Result<C::Return, Failure> {
        let result = self.call(address, method.abi_encode(), value)?;
        returned::<C>(result)
    }

    /// Calls a method that changes nothing: what it returned. What it reverted with is passed on.
    pub(super) fn ask<C: SolCall>(
        &mut self,
        address: Address,
        method: &C,
    ) -> Result<C::Return, Failure> {
        let result = self.view(address, method.abi_encode())?;
        returned::<C>(result)
    }

    /// Code hash of an account, as the opcode answers it.
    pub(super) fn code_hash(&mut self, address: Address) -> Result<B256, Failure> {
        let priced = self.api.account_codehash(address)?;
        self.paid(priced)
    }

    /// Reads a slot of the contract.
    pub(super) fn load(&mut self, slot: U256) -> Result<U256, Failure> {
        let priced = self.api.storage_load(slot)?;
        self.paid(priced)
    }

    /// Writes a slot of the contract.
    pub(super) fn store(&mut self, slot: U256, value: U256) -> Result<(), Failure> {
        if self.api.is_static() {
            return Err(Failure::OutOfGas);
        }
        let gas = self.api.storage_flush(&[(slot, value)], self.gas_left)?;
        self.burn(gas)
    }

    fn dispatch_call(
        &mut self,
        kind: CallKind,
        address: Address,
        calldata: Vec<u8>,
        value: U256,
    ) -> Result<ProgramCallResult, Failure> {
        let result = self.api.call_contract(ProgramCall {
            kind,
            address,
            calldata: calldata.into(),
            value,
            gas_left: self.gas_left,
            gas_requested: self.gas_left,
        })?;
        self.burn(result.gas_cost)?;
        Ok(result)
    }

    /// Emits an event at the price of the opcode.
    pub(super) fn emit(&mut self, event: &impl SolEvent) -> Result<(), Failure> {
        let log = event.encode_log_data();
        let topics = log.topics().len() as u64;
        self.burn(LOG * (1 + topics) + LOG_BYTE * log.data.len() as u64)?;
        self.api.log(log.topics().to_vec(), log.data);
        Ok(())
    }
}

fn returned<C: SolCall>(result: ProgramCallResult) -> Result<C::Return, Failure> {
    if !result.success {
        return Err(Failure::Revert(result.output));
    }
    C::abi_decode_returns(&result.output).map_err(|_| Failure::plain())
}
