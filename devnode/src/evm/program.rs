//! Frames that run a Stylus program (Nitro, `arbos/programs/programs.go`).

use super::{
    Halt,
    frame_api::FrameApi,
    machine::{Fault, Machine, acting_address, stopped},
};
use crate::{
    arbos::{FRAGMENTS_ARBOS, ProgramRecord},
    vm::{self, FrameGas, ProgramEnv, Status, StylusParams, VmError},
};
use alloy_primitives::{Address, B256, U256};
use revm::{
    context_interface::{Transaction as _, context::ContextError},
    interpreter::{
        CallInputs, Gas, InstructionResult, InterpreterResult, interpreter_action::FrameInit,
    },
};

impl Machine<'_> {
    /// Runs the program a call executes. Checkpoint and value transfer are done.
    pub(super) fn run_program(
        &mut self,
        init: &mut FrameInit,
        inputs: &CallInputs,
    ) -> Result<InterpreterResult, Fault> {
        let (code_hash, code) = &inputs.known_bytecode;
        let now = self.block.timestamp;
        let arbos_version = self.arbos_version;
        let stylus = self.stylus();
        let record = match ProgramRecord::active(self.journal(), *code_hash, now, &stylus) {
            Ok(record) => record,
            Err(inactive) => {
                return Ok(self.stop(inactive.into(), inputs.gas_limit));
            }
        };

        let pages_before = self.pages.clone();
        let pages_gas = self.pages.add(record.footprint, &stylus, arbos_version);
        let cached = record.cached || self.ran_in_this_block(*code_hash, &stylus);
        let start_gas = stylus.start_gas(record.init_cost, record.cached_cost, cached);
        let Some(left) = inputs
            .gas_limit
            .checked_sub(pages_gas.saturating_add(start_gas))
        else {
            self.pages = pages_before;
            return Ok(self.stop(Halt::OutOfGas, inputs.gas_limit));
        };

        let code = code.original_byte_slice();
        let program = self
            .programs
            .get(*code_hash, code, arbos_version, self.chain.debug, |part| {
                self.peek_code(part).original_bytes()
            })
            .map_err(|error| ContextError::Custom(error.to_string()))?;
        let calldata = self.calldata(inputs);
        let acting = acting_address(inputs);
        self.enter(acting, inputs.caller);
        let env = self.program_env(inputs, &stylus);
        let mut api = FrameApi::new(self, init, inputs, stylus);
        let gas = FrameGas {
            given: inputs.gas_limit,
            left,
        };
        let outcome = vm::run(&program, &calldata, gas, &env, &mut api);
        let refund = api.refund();
        self.leave(acting);
        self.pages.restore_open(pages_before.open());
        let outcome = outcome.map_err(|error| ContextError::Custom(describe(&error)))?;

        self.halt = None;
        let result = match outcome.status {
            Status::Success => InstructionResult::Return,
            Status::Revert => InstructionResult::Revert,
            Status::OutOfGas => return Ok(self.stop(Halt::OutOfGas, inputs.gas_limit)),
            Status::OutOfStack => return Ok(self.stop(Halt::CallDepth, inputs.gas_limit)),
        };
        let mut gas = Gas::new(inputs.gas_limit);
        gas.tracker_mut().set_remaining(outcome.gas_left);
        gas.record_refund(refund);
        Ok(InterpreterResult::new(result, outcome.output, gas))
    }

    /// From `ArbOS` 60 on, a program that ran a while ago in the same block starts as a cached one.
    fn ran_in_this_block(&mut self, code_hash: B256, stylus: &StylusParams) -> bool {
        self.arbos_version >= FRAGMENTS_ARBOS
            && self
                .recent
                .insert(code_hash, usize::from(stylus.block_cache_size))
    }

    /// Ends a frame that is no EVM code, with all its gas, for a reason revm has no word for.
    pub(crate) fn stop(&mut self, halt: Halt, gas_limit: u64) -> InterpreterResult {
        let result = match halt {
            Halt::OutOfGas => InstructionResult::OutOfGas,
            _ => InstructionResult::PrecompileError,
        };
        self.halt = Some(halt);
        stopped(result, gas_limit)
    }

    fn program_env(&self, inputs: &CallInputs, stylus: &StylusParams) -> ProgramEnv {
        let block = self.block_env();
        let tx = self.tx();
        ProgramEnv {
            block_number: self.block.l1_block_number,
            block_timestamp: self.block.timestamp,
            block_basefee: U256::from(block.basefee),
            block_coinbase: block.beneficiary,
            block_gas_limit: self.block.gas_limit,
            chain_id: self.chain.chain_id,
            contract_address: inputs.target_address,
            msg_sender: inputs.caller,
            msg_value: inputs.value.get(),
            tx_origin: tx.caller,
            tx_gas_price: U256::from(tx.effective_gas_price(u128::from(block.basefee))),
            ink_price: stylus.ink_price,
            reentrant: self.is_reentrant(inputs.target_address),
            is_static: inputs.is_static,
            max_stack_depth: stylus.max_stack_depth,
            arbos_version: self.arbos_version,
            debug: self.chain.debug,
        }
    }

    fn is_reentrant(&self, address: Address) -> bool {
        self.live_frames(address) > 1
    }
}

/// The error with its causes: it ends up in a message of the node's, not in a chain of sources.
fn describe(error: &VmError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
