//! The instruction sequences that instrumentation adds.
//!
//! Their lengths count towards the activation gas and their pushes towards the depth of a frame, so
//! their shapes are as much part of the chain's rules as the prices.

use wasmparser::{BlockType, Operator};

/// Ink per byte of `memory.fill` and `memory.copy`.
const INK_PER_BYTE: i64 = 100;

/// Length of [`pay_for_grow`].
pub(super) const PAY_FOR_GROW_OPS: usize = 4;

/// Indices of the globals that instrumentation adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Globals {
    /// Ink left, i64.
    pub(super) ink_left: u32,
    /// 1 once ink ran out, i32. The rules count it; here the host keeps the outcome.
    pub(super) ink_status: u32,
    /// A place to put an operand, i32.
    pub(super) scratch: u32,
    /// Words left of the stack counter, i32.
    pub(super) stack_left: u32,
}

impl Globals {
    /// The four globals after `count` of the module's own.
    pub(super) fn after(count: usize) -> Self {
        let count = u32::try_from(count).expect("a module has at most 32768 globals");
        Self {
            ink_left: count,
            ink_status: count + 1,
            scratch: count + 2,
            stack_left: count + 3,
        }
    }
}

const fn get<'a>(global_index: u32) -> Operator<'a> {
    Operator::GlobalGet { global_index }
}

const fn set<'a>(global_index: u32) -> Operator<'a> {
    Operator::GlobalSet { global_index }
}

const IF: Operator<'static> = Operator::If {
    blockty: BlockType::Empty,
};

/// Length of the branch that [`charge_block`] and [`charge_bytes`] take when ink ran out: `if`, status,
/// `unreachable`, `end`.
pub(super) const OUT_OF_INK_OPS: usize = 5;

/// Whether the branch that is taken when ink ran out begins at `position` of an instrumented body, and
/// how much ink is wanted there: the price of a block, or nothing more than what was overdrawn.
///
/// Only injected code knows the status, so nothing of a module's own looks like it.
pub(super) fn wanted_ink(body: &[Operator<'_>], position: usize, globals: Globals) -> Option<i64> {
    let [
        Operator::If { .. },
        Operator::I32Const { .. },
        Operator::GlobalSet { global_index },
        Operator::Unreachable,
        Operator::End,
    ] = body.get(position..position + OUT_OF_INK_OPS)?
    else {
        return None;
    };
    if *global_index != globals.ink_status {
        return None;
    }
    match body.get(position.checked_sub(2)?)? {
        Operator::I64Const { value } => Some(*value),
        _ => Some(0),
    }
}

/// Charges a basic block, before it runs: out of ink if less than `ink` is left.
pub(super) fn charge_block<'a>(globals: Globals, ink: u64) -> [Operator<'a>; 12] {
    let value = ink.cast_signed();
    [
        get(globals.ink_left),
        Operator::I64Const { value },
        Operator::I64LtU,
        IF,
        Operator::I32Const { value: 1 },
        set(globals.ink_status),
        Operator::Unreachable,
        Operator::End,
        get(globals.ink_left),
        Operator::I64Const { value },
        Operator::I64Sub,
        set(globals.ink_left),
    ]
}

/// Charges a bulk memory instruction by its byte count, the operand on top of the stack, which stays.
///
/// Running out is seen by the subtraction wrapping around.
pub(super) fn charge_bytes<'a>(globals: Globals) -> [Operator<'a>; 17] {
    [
        set(globals.scratch),
        get(globals.ink_left),
        get(globals.ink_left),
        get(globals.scratch),
        Operator::I64ExtendI32U,
        Operator::I64Const {
            value: INK_PER_BYTE,
        },
        Operator::I64Mul,
        Operator::I64Sub,
        set(globals.ink_left),
        get(globals.ink_left),
        Operator::I64LtU,
        IF,
        Operator::I32Const { value: 1 },
        set(globals.ink_status),
        Operator::Unreachable,
        Operator::End,
        get(globals.scratch),
    ]
}

/// Takes `frame` words from the stack counter, or sets it to zero and traps.
pub(super) fn enter_frame<'a>(stack_left: u32, frame: u32) -> [Operator<'a>; 12] {
    let value = frame.cast_signed();
    [
        get(stack_left),
        Operator::I32Const { value },
        Operator::I32LeU,
        IF,
        Operator::I32Const { value: 0 },
        set(stack_left),
        Operator::Unreachable,
        Operator::End,
        get(stack_left),
        Operator::I32Const { value },
        Operator::I32Sub,
        set(stack_left),
    ]
}

/// Gives `frame` words back to the stack counter.
pub(super) fn leave_frame<'a>(stack_left: u32, frame: u32) -> [Operator<'a>; 4] {
    [
        get(stack_left),
        Operator::I32Const {
            value: frame.cast_signed(),
        },
        Operator::I32Add,
        set(stack_left),
    ]
}

/// Pays for the pages of a `memory.grow`, the operand on top of the stack, which stays.
pub(super) fn pay_for_grow<'a>(
    globals: Globals,
    function_index: u32,
) -> [Operator<'a>; PAY_FOR_GROW_OPS] {
    [
        set(globals.scratch),
        get(globals.scratch),
        get(globals.scratch),
        Operator::Call { function_index },
    ]
}

/// Traps a `memory.fill` whose value is no byte. Its operands stay; `local` is a spare i32.
///
/// Nitro's engine traps there before Stylus version 3 while the specification takes the low byte. This
/// stands in for the engine, so it counts towards nothing.
pub(super) fn trap_wide_fill<'a>(globals: Globals, local_index: u32) -> [Operator<'a>; 9] {
    [
        set(globals.scratch),
        Operator::LocalTee { local_index },
        Operator::I32Const { value: 0xff },
        Operator::I32GtU,
        IF,
        Operator::Unreachable,
        Operator::End,
        Operator::LocalGet { local_index },
        get(globals.scratch),
    ]
}
