//! The stack counter: what a function's frame costs and the checks that count it.
//!
//! A frame costs the worst operand depth of the metered body, plus its declared locals, plus four
//! words. The counter falls by that on entry and rises again on return; a function that finds too
//! little sets it to zero and traps, by which the outcome is told from other traps.

use super::{error::ActivationError, inject, module::Module};
use wasmparser::{BlockType, Operator};

/// Words of a frame besides operands and locals.
const FRAME_WORDS: u32 = 4;
/// Most operands a function may hold.
const MAX_OPERANDS: u32 = 4_096;
/// Most words a frame may cost.
const MAX_FRAME: u32 = 10_240;

/// Injects the stack counter into a metered body of a function with `locals` declared locals.
pub(super) fn count_depth<'a>(
    body: Vec<Operator<'a>>,
    locals: u32,
    stack_left: u32,
    module: &Module<'_>,
) -> Result<Vec<Operator<'a>>, ActivationError> {
    let operands = worst_depth(&body, module);
    let frame = operands.saturating_add(locals).saturating_add(FRAME_WORDS);
    for (what, count, limit) in [
        ("operands", operands, MAX_OPERANDS),
        ("frame words", frame, MAX_FRAME),
    ] {
        if count > limit {
            let (count, limit) = (count as usize, limit as usize);
            return Err(ActivationError::TooMany { what, count, limit });
        }
    }
    let mut out = Vec::with_capacity(body.len() + 24);
    out.extend(inject::enter_frame(stack_left, frame));
    let last = body.len().saturating_sub(1);
    for (position, op) in body.into_iter().enumerate() {
        if position == last {
            // The way out at the end gets a `return` of its own.
            out.extend(inject::leave_frame(stack_left, frame));
            out.push(Operator::Return);
        } else if matches!(op, Operator::Return) {
            out.extend(inject::leave_frame(stack_left, frame));
        }
        out.push(op);
    }
    Ok(out)
}

/// The most operands the body can hold at once, by a scan that never underestimates.
///
/// It counts in straight lines, without regard to unreachable code: a block's results are counted
/// when it begins, a call's results before its arguments are gone, and the end of a block (or its
/// `else`) returns to the height it began with.
fn worst_depth(body: &[Operator<'_>], module: &Module<'_>) -> u32 {
    let mut height = Height::default();
    let mut scopes = vec![0];
    for op in body {
        match op {
            Operator::Block { blockty } | Operator::Loop { blockty } => {
                height.enter(*blockty, module);
                scopes.push(height.now);
            }
            Operator::If { blockty } => {
                height.pop(1);
                height.enter(*blockty, module);
                scopes.push(height.now);
            }
            Operator::Else => height.now = *scopes.last().unwrap_or(&0),
            Operator::End => height.now = scopes.pop().unwrap_or(0),
            Operator::Call { function_index } => {
                if let Some(ty) = module.function_type(*function_index) {
                    height.replace(ty.params().len(), ty.results().len());
                }
            }
            Operator::CallIndirect { type_index, .. } => {
                if let Some(ty) = module.types.get(*type_index as usize) {
                    height.replace(ty.params().len(), ty.results().len());
                }
                // The table's index goes last, after the results came.
                height.pop(1);
            }
            other => match effect(other) {
                change @ 1.. => height.push(change.unsigned_abs()),
                change => height.pop(change.unsigned_abs()),
            },
        }
    }
    height.worst
}

/// Operands now, and at worst so far.
#[derive(Default)]
struct Height {
    now: u32,
    worst: u32,
}

impl Height {
    fn push(&mut self, count: u32) {
        self.now = self.now.saturating_add(count);
        self.worst = self.worst.max(self.now);
    }

    const fn pop(&mut self, count: u32) {
        self.now = self.now.saturating_sub(count);
    }

    fn replace(&mut self, inputs: usize, outputs: usize) {
        let as_words = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        self.push(as_words(outputs));
        self.pop(as_words(inputs));
    }

    fn enter(&mut self, ty: BlockType, module: &Module<'_>) {
        match ty {
            BlockType::Empty => {}
            BlockType::Type(_) => self.push(1),
            BlockType::FuncType(index) => {
                if let Some(ty) = module.types.get(index as usize) {
                    self.replace(ty.params().len(), ty.results().len());
                }
            }
        }
    }
}

/// How an instruction without control flow changes the height. Conditional branches count here too.
const fn effect(op: &Operator<'_>) -> i32 {
    use Operator as O;
    match op {
        O::I32Const { .. }
        | O::I64Const { .. }
        | O::F32Const { .. }
        | O::F64Const { .. }
        | O::LocalGet { .. }
        | O::GlobalGet { .. }
        | O::MemorySize { .. } => 1,
        O::Select
        | O::I32Store { .. }
        | O::I32Store8 { .. }
        | O::I32Store16 { .. }
        | O::I64Store { .. }
        | O::I64Store8 { .. }
        | O::I64Store16 { .. }
        | O::I64Store32 { .. }
        | O::F32Store { .. }
        | O::F64Store { .. } => -2,
        O::MemoryCopy { .. } | O::MemoryFill { .. } => -3,
        O::Unreachable
        | O::Nop
        | O::Br { .. }
        | O::Return
        | O::LocalTee { .. }
        | O::MemoryGrow { .. }
        | O::I32Load { .. }
        | O::I32Load8S { .. }
        | O::I32Load8U { .. }
        | O::I32Load16S { .. }
        | O::I32Load16U { .. }
        | O::I64Load { .. }
        | O::I64Load8S { .. }
        | O::I64Load8U { .. }
        | O::I64Load16S { .. }
        | O::I64Load16U { .. }
        | O::I64Load32S { .. }
        | O::I64Load32U { .. }
        | O::F32Load { .. }
        | O::F64Load { .. }
        | O::I32Eqz
        | O::I64Eqz
        | O::I32Clz
        | O::I32Ctz
        | O::I32Popcnt
        | O::I64Clz
        | O::I64Ctz
        | O::I64Popcnt
        | O::I32WrapI64
        | O::I64ExtendI32S
        | O::I64ExtendI32U
        | O::I32Extend8S
        | O::I32Extend16S
        | O::I64Extend8S
        | O::I64Extend16S
        | O::I64Extend32S
        | O::I32ReinterpretF32
        | O::I64ReinterpretF64
        | O::F32ReinterpretI32
        | O::F64ReinterpretI64 => 0,
        // What is left takes one operand more than it gives: arithmetic and comparisons of two, `drop`,
        // the writes of variables, the conditional branches.
        _ => -1,
    }
}
