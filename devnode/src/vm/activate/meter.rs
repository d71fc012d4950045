//! Metering of one function: charges per basic block and per byte of bulk memory instructions.

use super::{
    error::ActivationError,
    inject::{self, Globals},
    price,
};
use wasmparser::{FuncType, FunctionBody, Operator};

/// Ink of a basic block besides its instructions.
const BLOCK_HEADER: u64 = 2_450;

/// Reads the body of function number `function` and injects its charges.
pub(super) fn meter<'a>(
    body: &FunctionBody<'a>,
    function: usize,
    globals: Globals,
    types: &[FuncType],
) -> Result<Vec<Operator<'a>>, ActivationError> {
    let mut out = Vec::new();
    let mut block = Vec::new();
    let mut ink = BLOCK_HEADER;
    for op in body.get_operators_reader()? {
        let op = op?;
        let Some(price) = price::price(&op, types) else {
            return Err(ActivationError::ForbiddenInstruction {
                function,
                instruction: format!("{op:?}"),
            });
        };
        ink = ink.saturating_add(price);
        let ends = price::ends_block(&op);
        if matches!(
            op,
            Operator::MemoryFill { .. } | Operator::MemoryCopy { .. }
        ) {
            block.extend(inject::charge_bytes(globals));
        }
        block.push(op);
        if ends {
            out.extend(inject::charge_block(globals, ink));
            out.append(&mut block);
            ink = BLOCK_HEADER;
        }
    }
    debug_assert!(block.is_empty(), "a validated body ends with `end`");
    Ok(out)
}
