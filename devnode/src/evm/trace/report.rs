//! What a machine tells its tracer.

use super::{FrameBegin, FrameEnd, FrameKind, Tracer, call::REVERTED};
use crate::{
    evm::{Halt, Machine, machine::acting_address},
    vm::HostCall,
};
use alloy_primitives::{Address, Log};
use revm::{
    context_interface::{CreateScheme, journaled_state::JournalTr, result::HaltReason},
    handler::FrameResult,
    interpreter::{
        CallScheme, FrameInput, InstructionResult, SuccessOrHalt, interpreter_action::FrameInit,
    },
};

impl Machine<'_> {
    /// Emits a log.
    pub(crate) fn log(&mut self, log: Log) {
        if let Some(tracer) = &mut self.tracer {
            tracer.logs(&log);
        }
        self.journal().log(log);
    }

    /// Whether somebody wants to hear of host functions.
    pub(in crate::evm) fn traces_host_calls(&self) -> bool {
        self.tracer
            .as_ref()
            .is_some_and(|tracer| tracer.wants_host_calls())
    }

    /// Hands on a host function that returned.
    pub(in crate::evm) fn host_call(&mut self, call: HostCall) {
        let heard = self
            .tracer
            .as_mut()
            .map_or(Ok(()), |tracer| tracer.host_call(call));
        if let Err(error) = heard {
            // The program is stopped at its next host function.
            self.give_up(error.into());
        }
    }

    /// Tells of a frame that begins; of one that fails before it runs too.
    pub(in crate::evm) fn trace_begin(&mut self, init: &FrameInit) {
        if self.tracer.is_none() {
            return;
        }
        let begin = match &init.frame_input {
            FrameInput::Call(inputs) => FrameBegin {
                kind: match inputs.scheme {
                    CallScheme::Call => FrameKind::Call,
                    CallScheme::CallCode => FrameKind::CallCode,
                    CallScheme::DelegateCall => FrameKind::DelegateCall,
                    CallScheme::StaticCall => FrameKind::StaticCall,
                },
                // Who acts: a delegate call keeps its caller's caller for the code it runs.
                from: match acting_address(inputs) {
                    Some(_) => inputs.caller,
                    None => inputs.target_address,
                },
                to: inputs.bytecode_address,
                value: (inputs.scheme != CallScheme::StaticCall).then(|| inputs.value.get()),
                gas: inputs.gas_limit,
                input: self.calldata(inputs),
            },
            FrameInput::Create(inputs) => FrameBegin {
                kind: match inputs.scheme() {
                    CreateScheme::Create2 { .. } => FrameKind::Create2,
                    _ => FrameKind::Create,
                },
                from: inputs.caller(),
                to: inputs.created_address(self.peek_nonce(inputs.caller())),
                value: Some(inputs.value()),
                gas: inputs.gas_limit(),
                input: inputs.init_code().clone(),
            },
            FrameInput::Empty => return,
        };
        let heard = self
            .tracer
            .as_mut()
            .map_or(Ok(()), |tracer| tracer.frame_begins(begin));
        if let Err(error) = heard {
            // The next frame, or host function, is not begun.
            self.give_up(error.into());
        }
    }

    /// Tells of a frame that ends. `error` is the text for what its kind does not say, `ran_well`
    /// that its code did what it should and what came after failed.
    pub(in crate::evm) fn trace_end(
        &mut self,
        result: &FrameResult,
        error: Option<String>,
        ran_well: bool,
    ) {
        let Some(tracer) = &mut self.tracer else {
            return;
        };
        let outcome = result.interpreter_result();
        let status = outcome.result;
        let error = match result {
            _ if error.is_some() => error,
            // A creation is refused with a success when its creator's nonce cannot grow.
            FrameResult::Create(create) if status.is_ok() && create.address.is_none() => {
                Some("nonce uint64 overflow".to_owned())
            }
            FrameResult::Create(_) if ran_well && status == InstructionResult::OutOfGas => {
                Some("contract creation code storage out of gas".to_owned())
            }
            _ => frame_error(status, self.halt.as_ref()),
        };
        tracer.frame_ends(FrameEnd {
            gas_left: if status.is_ok_or_revert() {
                outcome.gas.remaining()
            } else {
                0
            },
            output: outcome.output.clone(),
            error,
        });
    }

    fn peek_nonce(&self, address: Address) -> u64 {
        let journal = &self.inner.ctx.journaled_state;
        match journal.state.get(&address) {
            Some(account) => account.info.nonce,
            None => journal.database.account(address).unwrap_or_default().nonce,
        }
    }
}

/// Geth's name for what went wrong in a frame. `halt` is the reason of one that is no EVM code.
fn frame_error(status: InstructionResult, halt: Option<&Halt>) -> Option<String> {
    if let Some(halt) = halt {
        return Some(halt.to_string());
    }
    match SuccessOrHalt::<HaltReason>::from(status) {
        SuccessOrHalt::Success(_) => None,
        SuccessOrHalt::Revert => Some(REVERTED.to_owned()),
        SuccessOrHalt::Halt(reason) => Some(Halt::from(reason).to_string()),
        SuccessOrHalt::FatalExternalError | SuccessOrHalt::Internal(_) => {
            Some(format!("execution halted: {status:?}"))
        }
    }
}
