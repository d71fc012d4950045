//! What a program's frame asks of the chain, answered by revm's journal and nested frames.
//!
//! Costs follow Nitro's `arbos/programs/api.go` and the Wasm cost functions of its go-ethereum fork
//! (`core/vm/operations_acl_arbitrum.go`).

use super::{
    machine::{Fault, Machine, fault_text},
    params::MAX_CODE_SIZE,
};
use crate::vm::{
    ApiError, CallKind, EvmApi, HostCall, Priced, ProgramCall, ProgramCallResult, ProgramCreate,
    ProgramCreateResult, StylusParams,
};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, Log, U256};
use revm::{
    bytecode::Bytecode,
    context_interface::{CreateScheme, journaled_state::JournalTr},
    handler::FrameResult,
    interpreter::{
        CallInput, CallInputs, CallScheme, CallValue, CreateInputs, FrameInput, InstructionResult,
        SharedMemory, interpreter_action::FrameInit,
    },
    state::Account,
};

const WARM_ACCESS: u64 = 100;
const COLD_ACCOUNT: u64 = 2_600;
const COLD_SLOT: u64 = 2_100;
const VALUE_TRANSFER: u64 = 9_000;
const NEW_ACCOUNT: u64 = 25_000;
const CALL_STIPEND: u64 = 2_300;
const CREATE: u64 = 32_000;
const KECCAK_WORD: u64 = 6;
/// `EXTCODECOPY`'s price before EIP-2929, which reading code still pays.
const EXTERNAL_CODE: u64 = 700;

/// Gas of looking at an account (EIP-2929).
pub(crate) const fn account_access(is_cold: bool) -> u64 {
    if is_cold { COLD_ACCOUNT } else { WARM_ACCESS }
}

/// One frame that is no EVM code, seen from the inside.
#[derive(Debug)]
pub(crate) struct FrameApi<'m, 'a> {
    machine: &'m mut Machine<'a>,
    memory: &'m mut SharedMemory,
    depth: usize,
    /// The contract whose storage and balance this frame acts on.
    acting: Address,
    caller: Address,
    value: U256,
    is_static: bool,
    refund: i64,
    /// The Stylus parameters as they stood when the frame began.
    stylus: StylusParams,
}

impl<'m, 'a> FrameApi<'m, 'a> {
    pub(crate) fn new(
        machine: &'m mut Machine<'a>,
        init: &'m mut FrameInit,
        inputs: &CallInputs,
        stylus: StylusParams,
    ) -> Self {
        Self {
            machine,
            memory: &mut init.memory,
            depth: init.depth,
            acting: inputs.target_address,
            caller: inputs.caller,
            value: inputs.value.get(),
            is_static: inputs.is_static,
            refund: 0,
            stylus,
        }
    }

    /// Gas refunds (EIP-3529) of this frame and the successful ones under it.
    pub(crate) const fn refund(&self) -> i64 {
        self.refund
    }

    pub(crate) const fn machine(&mut self) -> &mut Machine<'a> {
        self.machine
    }

    /// Whether state changes are forbidden in this frame.
    pub(crate) const fn is_static(&self) -> bool {
        self.is_static
    }

    fn account(&mut self, address: Address) -> Priced<&Account> {
        let Ok(load) = self.machine.journal().load_account_with_code(address);
        Priced {
            gas: account_access(load.is_cold),
            value: load.data,
        }
    }

    fn nested(&mut self, frame_input: FrameInput) -> Result<FrameResult, Fault> {
        let init = FrameInit {
            depth: self.depth + 1,
            memory: self.memory.new_child_context(),
            frame_input,
        };
        let result = self.machine.run_nested(init);
        self.memory.free_child_context();
        result
    }

    /// The code a call to `address` executes, delegation (EIP-7702) followed.
    fn executed_code(&mut self, address: Address) -> (B256, Bytecode) {
        let info = &self.account(address).value.info;
        let code = info.code.clone().unwrap_or_default();
        let Some(delegate) = code.eip7702_address() else {
            return (info.code_hash, code);
        };
        let code = self.machine.peek_code(delegate);
        let hash = if code.is_empty() {
            KECCAK256_EMPTY
        } else {
            code.hash_slow()
        };
        (hash, code)
    }

    fn call_inputs(&mut self, call: ProgramCall, gas_limit: u64) -> CallInputs {
        let known_bytecode = self.executed_code(call.address);
        let (target_address, caller, value, scheme) = match call.kind {
            CallKind::Call => (
                call.address,
                self.acting,
                CallValue::Transfer(call.value),
                CallScheme::Call,
            ),
            CallKind::Delegate => (
                self.acting,
                self.caller,
                CallValue::Apparent(self.value),
                CallScheme::DelegateCall,
            ),
            CallKind::Static => (
                call.address,
                self.acting,
                CallValue::Transfer(U256::ZERO),
                CallScheme::StaticCall,
            ),
        };
        CallInputs {
            input: CallInput::Bytes(call.calldata),
            return_memory_offset: 0..0,
            gas_limit,
            reservoir: 0,
            bytecode_address: call.address,
            known_bytecode,
            target_address,
            caller,
            value,
            scheme,
            is_static: self.is_static || call.kind == CallKind::Static,
            charged_new_account_state_gas: false,
        }
    }

    /// Settles a nested frame: what gas came back, and its output if it has one.
    fn settle(&mut self, result: &FrameResult) -> (InstructionResult, u64, Bytes) {
        let outcome = result.interpreter_result();
        let status = outcome.result;
        let returned = if status.is_ok_or_revert() {
            outcome.gas.remaining()
        } else {
            0
        };
        if status.is_ok() {
            self.refund = self.refund.saturating_add(outcome.gas.refunded());
        }
        (status, returned, outcome.output.clone())
    }

    /// Calls a contract as an opcode of this frame would.
    pub(crate) fn call_contract(&mut self, call: ProgramCall) -> Result<ProgramCallResult, Fault> {
        let transfers = !call.value.is_zero();
        let account = self.account(call.address);
        let mut base = account.gas;
        if transfers {
            base += VALUE_TRANSFER;
            if account.value.is_empty() {
                base += NEW_ACCOUNT;
            }
        }
        let gas_left = call.gas_left;
        let Some(after_base) = gas_left.checked_sub(base) else {
            return Ok(ProgramCallResult {
                success: false,
                output: Bytes::new(),
                gas_cost: gas_left,
            });
        };
        let mut given = (after_base.saturating_mul(63) / 64).min(call.gas_requested);
        if transfers {
            given = given.saturating_add(CALL_STIPEND);
        }
        let inputs = self.call_inputs(call, given);
        let result = self.nested(FrameInput::Call(Box::new(inputs)))?;
        let (status, returned, output) = self.settle(&result);
        Ok(ProgramCallResult {
            success: status.is_ok(),
            output,
            gas_cost: base.saturating_add(given.saturating_sub(returned)),
        })
    }

    /// Creates a contract as an opcode of this frame would; `None` if the base cost is not there.
    pub(crate) fn create_contract(
        &mut self,
        create: ProgramCreate,
    ) -> Result<Option<ProgramCreateResult>, Fault> {
        let mut base = CREATE;
        let scheme = match create.salt {
            None => CreateScheme::Create,
            Some(salt) => {
                let words = create.init_code.len().div_ceil(32) as u64;
                base = base.saturating_add(words.saturating_mul(KECCAK_WORD));
                CreateScheme::Create2 { salt: salt.into() }
            }
        };
        let Some(after_base) = create.gas_left.checked_sub(base) else {
            return Ok(None);
        };
        let retained = after_base / 64;
        let inputs = CreateInputs::new(
            self.acting,
            scheme,
            create.endowment,
            create.init_code,
            after_base - retained,
            0,
        );
        let result = self.nested(FrameInput::Create(Box::new(inputs)))?;
        let (status, returned, output) = self.settle(&result);
        let address = match result {
            FrameResult::Create(outcome) if status.is_ok() => outcome.address,
            _ => None,
        };
        Ok(Some(ProgramCreateResult {
            address,
            output: if status == InstructionResult::Revert {
                output
            } else {
                Bytes::new()
            },
            gas_cost: create.gas_left.saturating_sub(returned + retained),
        }))
    }

    /// Emits a log of the acting contract. The caller charges for it.
    pub(crate) fn log(&mut self, topics: Vec<B256>, data: Bytes) {
        let log = Log::new_unchecked(self.acting, topics, data);
        self.machine.log(log);
    }
}

fn chain(fault: &Fault) -> ApiError {
    ApiError::Chain(fault_text(fault).into())
}

impl EvmApi for FrameApi<'_, '_> {
    fn listens(&self) -> bool {
        self.machine.console.is_some()
    }

    fn console(&mut self, line: &str) {
        if let Some(sink) = self.machine.console {
            sink.print(self.acting, line);
        }
    }

    fn traces(&self) -> bool {
        self.machine.traces_host_calls()
    }

    fn host_call(&mut self, call: HostCall) {
        self.machine.host_call(call);
    }

    fn check_time(&mut self) -> Result<(), ApiError> {
        self.machine.check_time().map_err(|fault| chain(&fault))
    }

    fn storage_load(&mut self, key: U256) -> Result<Priced<U256>, ApiError> {
        let Ok(load) = self.machine.journal().sload(self.acting, key);
        Ok(Priced {
            value: load.data,
            gas: if load.is_cold { COLD_SLOT } else { WARM_ACCESS },
        })
    }

    fn storage_flush(&mut self, slots: &[(U256, U256)], gas_budget: u64) -> Result<u64, ApiError> {
        let mut spent = 0_u64;
        for (key, value) in slots {
            let Ok(store) = self.machine.journal().sstore(self.acting, *key, *value);
            let prices = self.machine.gas_params();
            spent = spent
                .saturating_add(prices.sstore_static_gas())
                .saturating_add(prices.sstore_dynamic_gas(true, &store.data, store.is_cold));
            if spent > gas_budget {
                return Err(ApiError::OutOfGas);
            }
            self.refund = self
                .refund
                .saturating_add(prices.sstore_refund(true, &store.data));
        }
        Ok(spent)
    }

    fn transient_load(&mut self, key: U256) -> Result<U256, ApiError> {
        Ok(self.machine.journal().tload(self.acting, key))
    }

    fn transient_store(&mut self, key: U256, value: U256) -> Result<(), ApiError> {
        self.machine.journal().tstore(self.acting, key, value);
        Ok(())
    }

    fn call(&mut self, call: ProgramCall) -> Result<ProgramCallResult, ApiError> {
        self.call_contract(call).map_err(|fault| chain(&fault))
    }

    fn create(&mut self, create: ProgramCreate) -> Result<ProgramCreateResult, ApiError> {
        self.create_contract(create)
            .map_err(|fault| chain(&fault))?
            .ok_or(ApiError::Refused("a creation costs more gas than is left"))
    }

    fn emit_log(&mut self, topics: Vec<B256>, data: Bytes) -> Result<(), ApiError> {
        self.log(topics, data);
        Ok(())
    }

    fn account_balance(&mut self, address: Address) -> Result<Priced<U256>, ApiError> {
        let account = self.account(address);
        Ok(Priced {
            value: account.value.info.balance,
            gas: account.gas,
        })
    }

    fn account_code(&mut self, address: Address) -> Result<Priced<Bytes>, ApiError> {
        let account = self.account(address);
        let code = account
            .value
            .info
            .code
            .as_ref()
            .map(Bytecode::original_bytes);
        Ok(Priced {
            value: code.unwrap_or_default(),
            gas: account.gas + EXTERNAL_CODE * (MAX_CODE_SIZE as u64 / 24_576),
        })
    }

    fn account_codehash(&mut self, address: Address) -> Result<Priced<B256>, ApiError> {
        let account = self.account(address);
        let exists = !account.value.is_empty() || !account.value.is_loaded_as_not_existing();
        Ok(Priced {
            value: if exists {
                account.value.info.code_hash
            } else {
                B256::ZERO
            },
            gas: account.gas,
        })
    }

    fn add_pages(&mut self, pages: u16) -> Result<u64, ApiError> {
        let arbos_version = self.machine.arbos_version;
        Ok(self.machine.pages.add(pages, &self.stylus, arbos_version))
    }
}
