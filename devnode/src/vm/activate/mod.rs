//! Activation: checks a module, works out its figures and instruments it.
//!
//! The passes in their order, which the chain's rules fix: charges per basic block, charges per byte
//! of bulk memory instructions, the stack counter, payment for pages.

mod depth;
mod emit;
mod error;
mod figures;
mod inject;
mod meter;
mod module;
mod price;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod worked;

pub(super) use emit::{INK_LEFT_EXPORT, MODULE_METER, MORE_INK, STACK_LEFT_EXPORT};
pub use error::ActivationError;
pub(super) use module::{ENTRY_EXPORT, MEMORY_EXPORT};

use alloy_primitives::{B256, Bytes, keccak256};
use emit::Instrumented;
use figures::Figures;
use inject::Globals;
use module::Module;
use wasmparser::Operator;

/// Most declared locals of a function.
const MAX_LOCALS: u32 = 348;
/// Most instructions of an instrumented function.
const MAX_FUNCTION_OPS: usize = 65_536;

/// What activating a module came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    /// The instrumented module, for [`super::Program::compile`].
    pub module: Bytes,
    /// Identifies the instrumented module: keccak256 of `module`. (Nitro's module hash is the Merkle
    /// root of its proving machine, which only its own prover can compute.)
    pub module_hash: B256,
    /// Pages of memory the program starts with.
    pub footprint: u16,
    /// Estimated size of the compiled program in bytes; the data fee is charged by it.
    pub asm_estimate: u32,
    /// Figure behind the start gas when not cached ([`super::StylusParams::init_gas`]).
    pub init: u16,
    /// Figure behind the start gas when cached ([`super::StylusParams::cached_gas`]).
    pub cached_init: u16,
    /// Gas of checking and instrumenting this module, on top of the fixed activation gas.
    pub activation_gas: u64,
}

/// Checks and instruments `wasm` under `ArbOS` `arbos_version` (50 or later).
///
/// `page_budget` is the page limit less the pages open in the transaction. With `debug` the modules
/// `console` and `debug` may be imported, all exports are kept and a start section is dropped rather
/// than refused.
pub fn activate(
    wasm: &[u8],
    page_budget: u16,
    debug: bool,
    arbos_version: u64,
) -> Result<Activation, ActivationError> {
    let module = Module::try_read(wasm, page_budget, debug, arbos_version)?;
    let globals = Globals::after(module.globals.len());
    let mut functions = Vec::with_capacity(module.bodies.len());
    let mut ops = 0;
    for index in 0..module.bodies.len() {
        let function = instrument(&module, index, globals)?;
        ops += count_ops(&function.body, &module)?;
        functions.push(function);
    }
    let figures = Figures::of(&module, wasm.len() as u64, ops)?;
    let module: Bytes = emit::emit(&module, functions, globals, arbos_version)?.into();
    Ok(Activation {
        module_hash: keccak256(&module),
        module,
        footprint: figures.footprint,
        asm_estimate: figures.asm_estimate,
        init: figures.init,
        cached_init: figures.cached_init,
        activation_gas: figures.activation_gas,
    })
}

/// Meters function number `index` of the module's own and counts its stack.
fn instrument<'a>(
    module: &Module<'a>,
    index: usize,
    globals: Globals,
) -> Result<Instrumented<'a>, ActivationError> {
    let body = &module.bodies[index];
    let locals = body
        .get_locals_reader()?
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    let declared = locals
        .iter()
        .fold(0_u32, |sum, (count, _)| sum.saturating_add(*count));
    if declared > MAX_LOCALS {
        let (count, limit) = (declared as usize, MAX_LOCALS as usize);
        return Err(ActivationError::TooMany {
            what: "locals",
            count,
            limit,
        });
    }
    let params = u32::try_from(module.local_function_type(index).params().len())
        .expect("the validator allows at most 1000 parameters");
    let metered = meter::meter(body, index, globals, &module.types)?;
    let body = depth::count_depth(metered, declared, globals.stack_left, module)?;
    Ok(Instrumented {
        body,
        locals,
        next_local: params + declared,
    })
}

/// Instructions of an instrumented function, the payment for pages counted in.
fn count_ops(body: &[Operator<'_>], module: &Module<'_>) -> Result<u64, ActivationError> {
    let mut count = body.len();
    if module.pay_for_grow.is_some() {
        let grows = body
            .iter()
            .filter(|op| matches!(op, Operator::MemoryGrow { .. }))
            .count();
        count += grows * inject::PAY_FOR_GROW_OPS;
    }
    if count > MAX_FUNCTION_OPS {
        let (what, limit) = ("instructions in a function", MAX_FUNCTION_OPS);
        return Err(ActivationError::TooMany { what, count, limit });
    }
    Ok(count as u64)
}
