//! The opcodes that differ from Ethereum's.

use super::machine::Ctx;
use crate::vm;
use revm::{
    bytecode::opcode::{BLOBBASEFEE, SELFDESTRUCT},
    context_interface::Host,
    handler::instructions::EthInstructions,
    interpreter::{
        Instruction, InstructionContext, InstructionExecResult, InstructionResult,
        instructions::host::selfdestruct,
        interpreter::EthInterpreter,
        interpreter_types::{InputsTr, RuntimeFlag},
    },
    primitives::hardfork::SpecId,
};

/// The opcodes of `spec`, with two changes (go-ethereum fork of Nitro, `core/vm`): there are no blobs, so
/// `BLOBBASEFEE` is invalid; and `SELFDESTRUCT` reverts for an account that holds a program.
pub(super) fn table<'a>(spec: SpecId) -> EthInstructions<EthInterpreter, Ctx<'a>> {
    let mut instructions = EthInstructions::new_mainnet_with_spec(spec);
    instructions.insert_instruction(BLOBBASEFEE, Instruction::unknown(), 0);
    let gas = instructions.gas_table()[usize::from(SELFDESTRUCT)];
    instructions.insert_instruction(
        SELFDESTRUCT,
        Instruction::new(selfdestruct_unless_program),
        gas,
    );
    instructions
}

fn selfdestruct_unless_program(
    context: InstructionContext<'_, Ctx<'_>, EthInterpreter>,
) -> InstructionExecResult {
    let acting = context.interpreter.input.target_address();
    // In a static frame the opcode itself is refused first.
    if context.interpreter.runtime_flag.is_static() {
        return selfdestruct(context);
    }
    let code = context.host.load_account_code(acting);
    // Roots are not deployed before the version they exist from.
    if code.is_some_and(|code| vm::is_program(&code, u64::MAX)) {
        return Err(InstructionResult::Revert);
    }
    selfdestruct(context)
}
