//! EVM code under a tracer: the interpreter's loop, opcode by opcode.

use super::{Step, StepEnd, TraceTooLarge, Tracer, steps::opcode_name};
use crate::evm::{Deadline, machine::Ctx};
use alloy_primitives::U256;
use revm::{
    bytecode::opcode::{OpCode, SELFDESTRUCT},
    context_interface::{ContextTr, JournalTr},
    handler::instructions::EthInstructions,
    interpreter::{
        FrameInput, InstructionResult, Interpreter, InterpreterAction,
        interpreter::EthInterpreter,
        interpreter_types::{Jumps, LoopControl},
    },
};

/// How often the clock is looked at, in opcodes.
const STEPS_PER_LOOK: u32 = 1_024;
/// Most words on the stack.
const STACK_LIMIT: usize = 1_024;

/// Why the whole execution ends before its code does.
#[derive(Debug)]
pub(in crate::evm) enum Stopped {
    /// The deadline passed.
    Late,
    /// The trace grew too large.
    TooLarge,
}

impl From<TraceTooLarge> for Stopped {
    fn from(_: TraceTooLarge) -> Self {
        Self::TooLarge
    }
}

/// What running a frame's code came to.
#[derive(Debug)]
pub(in crate::evm) struct Observed {
    pub(in crate::evm) action: InterpreterAction,
    /// Geth's text for an error that needs more than its kind.
    pub(in crate::evm) error: Option<String>,
}

/// Runs a frame until it ends or opens another, as the interpreter's own loop does.
pub(in crate::evm) fn run_observed<'a>(
    tracer: &mut dyn Tracer,
    interpreter: &mut Interpreter<EthInterpreter>,
    instructions: &EthInstructions<EthInterpreter, Ctx<'a>>,
    ctx: &mut Ctx<'a>,
    depth: usize,
    deadline: Option<Deadline>,
) -> Result<Observed, Stopped> {
    let steps = tracer.wants_steps();
    let mut error = None;
    let mut until_look = STEPS_PER_LOOK;
    loop {
        until_look -= 1;
        if until_look == 0 {
            until_look = STEPS_PER_LOOK;
            if deadline.is_some_and(|deadline| deadline.is_over()) {
                return Err(Stopped::Late);
            }
        }
        let opcode = interpreter.bytecode.opcode();
        let gas = interpreter.gas.remaining();
        let stack_len = interpreter.stack.len();
        if steps {
            let memory = interpreter.memory.context_memory();
            tracer.step_begins(&Step {
                pc: interpreter.bytecode.pc(),
                opcode,
                gas,
                depth: depth + 1,
                contract: interpreter.input.target_address,
                stack: interpreter.stack.data(),
                memory: &memory,
                return_data: &interpreter.return_data.0,
                refund: interpreter.gas.refunded(),
            })?;
        }
        let logs = ctx.journal().logs().len();
        let destruction = (opcode == SELFDESTRUCT).then(|| {
            let contract = interpreter.input.target_address;
            let heir = interpreter.stack.data().last().copied();
            let account = ctx.journaled_state.state.get(&contract);
            let balance = account.map_or(U256::ZERO, |account| account.info.balance);
            (contract, heir, balance)
        });

        let result = interpreter.step(
            instructions.instruction_table(),
            instructions.gas_table(),
            ctx,
        );

        for log in &ctx.journal().logs()[logs..] {
            tracer.logs(log);
        }
        if let Err(stop) = result {
            if interpreter.bytecode.action().is_none() {
                interpreter.halt(stop);
            }
            error = error_text(stop, opcode, stack_len);
            if stop == InstructionResult::SelfDestruct
                && let Some((contract, Some(heir), balance)) = destruction
            {
                let heir = alloy_primitives::Address::from_word(heir.into());
                tracer.self_destructs(contract, heir, balance);
            }
        }
        if steps {
            let static_gas = u64::from(instructions.gas_table()[usize::from(opcode)]);
            let spent = gas.saturating_sub(interpreter.gas.remaining());
            let (cost, error) = match result.err() {
                Some(stop) if is_out_of_gas(stop) => {
                    let text = error.clone().unwrap_or_else(|| "out of gas".to_owned());
                    (static_gas.max(gas), Some(text))
                }
                Some(InstructionResult::StackUnderflow | InstructionResult::StackOverflow) => {
                    (static_gas, error.clone())
                }
                _ => (spent - given_to_creation(interpreter).min(spent), None),
            };
            tracer.step_ends(StepEnd {
                cost,
                error,
                top: interpreter.stack.data().last().copied(),
            });
        }
        if result.is_err() {
            break;
        }
    }
    Ok(Observed {
        action: interpreter.take_next_action(),
        error,
    })
}

/// What a creation's frame is given is no cost of the opcode.
fn given_to_creation(interpreter: &mut Interpreter<EthInterpreter>) -> u64 {
    match interpreter.bytecode.action() {
        Some(InterpreterAction::NewFrame(FrameInput::Create(inputs))) => inputs.gas_limit(),
        _ => 0,
    }
}

const fn is_out_of_gas(result: InstructionResult) -> bool {
    matches!(
        result,
        InstructionResult::OutOfGas
            | InstructionResult::MemoryOOG
            | InstructionResult::MemoryLimitOOG
            | InstructionResult::InvalidOperandOOG
            | InstructionResult::ReentrancySentryOOG
    )
}

/// Geth's texts with values in them (`core/vm/errors.go`).
fn error_text(stop: InstructionResult, opcode: u8, stack_len: usize) -> Option<String> {
    let info = OpCode::info_by_op(opcode);
    let (inputs, outputs) = info.map_or((0, 0), |info| {
        (usize::from(info.inputs()), usize::from(info.outputs()))
    });
    match stop {
        InstructionResult::StackUnderflow => {
            Some(format!("stack underflow ({stack_len} <=> {inputs})"))
        }
        InstructionResult::StackOverflow => Some(format!(
            "stack limit reached {stack_len} ({})",
            STACK_LIMIT + inputs - outputs
        )),
        InstructionResult::OpcodeNotFound
        | InstructionResult::InvalidFEOpcode
        | InstructionResult::NotActivated => {
            Some(format!("invalid opcode: {}", opcode_name(opcode)))
        }
        InstructionResult::InvalidOperandOOG => Some("gas uint64 overflow".to_owned()),
        InstructionResult::ReentrancySentryOOG => {
            Some("out of gas: not enough gas for reentrancy sentry".to_owned())
        }
        _ => None,
    }
}
