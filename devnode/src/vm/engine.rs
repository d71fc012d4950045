//! The one place that knows the WASM engine.
//!
//! It links host functions, carries ink between the program's global and the host, and says how the
//! program stopped. Everything the chain's rules depend on is in the instrumented module or in
//! [`super::host`], so another engine needs another version of this file only.

use super::{
    activate::{ENTRY_EXPORT, INK_LEFT_EXPORT, MEMORY_EXPORT, STACK_LEFT_EXPORT},
    host::{Fault, Frame, Host},
    link,
};
use alloy_primitives::Bytes;
use std::error::Error;
use wasmi::{
    Caller, Config, Engine, Extern, Global, Instance, Memory, Module, Store, StoreLimits,
    StoreLimitsBuilder, TrapCode, TypedFunc, Val,
};

/// Frames the engine may nest. The chain's stack counter stops a program long before: a frame costs
/// at least six words of the most generous counter, 262 144.
const MAX_RECURSION: usize = 65_536;
/// Bytes the engine's value stack may grow to. Parameters are not counted by the chain's counter, so
/// this leaves room for wide functions.
const MAX_VALUE_STACK: usize = 256 << 20;
/// Value stacks kept for reuse; calls between programs take one each.
const CACHED_STACKS: usize = 4;
/// Pages beyond which memory does not grow, 256 MiB: `memory.grow` answers -1 there.
///
/// Pages are paid for up to 128, so this stops only what a program can have without paying: before
/// Stylus version 3 the chain counts the low 16 bits of a growth, and 65 536 pages are none.
const MAX_PAGES: usize = 4_096;
const PAGE_BYTES: usize = 65_536;
/// Ink a program is handed at a time, so that the chain can look at the time in between: a few
/// milliseconds of work. Small in tests, which so hand out often.
///
/// The engine's own fuel would do as well, but makes a long loop take two fifths longer.
const PORTION: u64 = if cfg!(test) { 100_000 } else { 500_000_000 };

/// An engine for one program: an engine never forgets the code it compiled, so it must go with it.
fn engine() -> Engine {
    let mut config = Config::default();
    config
        .set_max_recursion_depth(MAX_RECURSION)
        .set_max_stack_height(MAX_VALUE_STACK)
        .set_max_cached_stacks(CACHED_STACKS)
        .compilation_mode(wasmi::CompilationMode::Eager)
        .ignore_custom_sections(true);
    Engine::new(&config)
}

/// A module ready to be instantiated.
#[derive(Clone, Debug)]
pub(super) struct Compiled(Module);

/// What the engine keeps for a running program.
pub(super) struct Slot<'a> {
    host: Host<'a>,
    exports: Option<Exports>,
    /// Ink that the program has besides what its global says.
    reserve: u64,
    fault: Option<Fault>,
    limits: StoreLimits,
}

/// What the host uses of an instance.
#[derive(Clone, Copy)]
struct Exports {
    memory: Memory,
    ink_left: Global,
    stack_left: Global,
}

/// How a program stopped.
#[derive(Debug)]
pub(super) enum End {
    /// The entry point returned, or the program exited early, with this status.
    Returned(i32),
    /// It trapped.
    Trapped(String),
    /// Ink ran out.
    OutOfInk,
    /// The stack counter ran out.
    OutOfStack,
    /// The chain failed under it.
    Chain(Box<dyn Error + Send + Sync>),
    /// The engine failed in a way no program can cause.
    Engine(String),
}

/// What a run came to.
#[derive(Debug)]
pub(super) struct Stopped {
    pub(super) end: End,
    pub(super) ink_left: u64,
    pub(super) output: Bytes,
}

impl Compiled {
    /// Translates an instrumented module.
    pub(super) fn try_new(module: &[u8]) -> Result<Self, String> {
        Module::new(&engine(), module)
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// Runs the entry point in a fresh instance.
    pub(super) fn execute(
        &self,
        host: Host<'_>,
        ink: u64,
        stack_words: u32,
        args_len: u32,
    ) -> Result<Stopped, String> {
        let mut store = Store::new(
            self.0.engine(),
            Slot {
                host,
                exports: None,
                reserve: 0,
                fault: None,
                limits: StoreLimitsBuilder::new()
                    .memory_size(MAX_PAGES * PAGE_BYTES)
                    .build(),
            },
        );
        store.limiter(|slot| &mut slot.limits);
        let (exports, entry) = self
            .instantiate(&mut store, ink, stack_words)
            .map_err(|error| error.to_string())?;
        let result = entry.call(&mut store, args_len.cast_signed());
        let in_hand = get_i64(&store, exports.ink_left)?.cast_unsigned();
        let ink_left = in_hand.wrapping_add(store.data().reserve);
        let stack_left = get_i32(&store, exports.stack_left)?;
        let slot = store.into_data();
        let end = match result {
            Ok(status) => End::Returned(status),
            Err(error) => why(&error, slot.fault, stack_left),
        };
        Ok(Stopped {
            end,
            ink_left,
            output: slot.host.output,
        })
    }

    fn instantiate(
        &self,
        store: &mut Store<Slot<'_>>,
        ink: u64,
        stack_words: u32,
    ) -> Result<(Exports, TypedFunc<i32, i32>), wasmi::Error> {
        let mut imports = Vec::new();
        for import in self.0.imports() {
            let function = link::host_function(store, import.module(), import.name());
            let function = function.ok_or_else(|| {
                let (module, name) = (import.module(), import.name());
                wasmi::Error::new(format!("no host function `{module}.{name}`"))
            })?;
            imports.push(Extern::Func(function));
        }
        let instance = Instance::new(&mut *store, &self.0, &imports)?;
        let missing = |name: &str| wasmi::Error::new(format!("instrumented module lacks `{name}`"));
        let global = |name: &str| {
            instance
                .get_global(&*store, name)
                .ok_or_else(|| missing(name))
        };
        let exports = Exports {
            memory: instance
                .get_memory(&*store, MEMORY_EXPORT)
                .ok_or_else(|| missing(MEMORY_EXPORT))?,
            ink_left: global(INK_LEFT_EXPORT)?,
            stack_left: global(STACK_LEFT_EXPORT)?,
        };
        let entry = instance.get_typed_func(&*store, ENTRY_EXPORT)?;
        let in_hand = ink.min(PORTION);
        exports
            .ink_left
            .set(&mut *store, Val::I64(in_hand.cast_signed()))?;
        store.data_mut().reserve = ink - in_hand;
        exports
            .stack_left
            .set(&mut *store, Val::I32(stack_words.cast_signed()))?;
        store.data_mut().exports = Some(exports);
        Ok((exports, entry))
    }
}

/// Decides why a program was stopped: the chain's own fault first, then stack and ink in the order that
/// Nitro looks at them.
fn why(error: &wasmi::Error, fault: Option<Fault>, stack_left: i32) -> End {
    if let Some(Fault::Chain(source)) = fault {
        return End::Chain(source);
    }
    if stack_left == 0 {
        return End::OutOfStack;
    }
    match fault {
        Some(Fault::OutOfInk) => return End::OutOfInk,
        Some(Fault::Exit(status)) => return End::Returned(status),
        Some(Fault::Failure(reason)) => return End::Trapped(reason),
        Some(Fault::Chain(_)) | None => {}
    }
    match error.as_trap_code() {
        Some(TrapCode::StackOverflow | TrapCode::OutOfFuel | TrapCode::GrowthOperationLimited)
        | None => End::Engine(error.to_string()),
        Some(_) => End::Trapped(error.to_string()),
    }
}

/// Runs a host function on the program's memory and ink.
pub(super) fn enter<'a, R>(
    mut caller: Caller<'_, Slot<'a>>,
    function: impl FnOnce(&mut Frame<'_, 'a>) -> Result<R, Fault>,
) -> Result<R, wasmi::Error> {
    let exports = caller
        .data()
        .exports
        .ok_or_else(|| wasmi::Error::new("host function called during instantiation"))?;
    let in_hand = get_i64(&caller, exports.ink_left).map_err(wasmi::Error::new)?;
    let (memory, slot) = exports.memory.data_and_store_mut(&mut caller);
    let ink = in_hand.cast_unsigned().wrapping_add(slot.reserve);
    let mut frame = Frame::new(&mut slot.host, memory, ink);
    let result = frame.host.check_time().and_then(|()| function(&mut frame));
    let ink = frame.ink;
    let in_hand = ink.min(PORTION);
    slot.reserve = ink - in_hand;
    let result = result.map_err(|fault| {
        slot.fault = Some(fault);
        wasmi::Error::new("stopped by a host function")
    });
    exports
        .ink_left
        .set(&mut caller, Val::I64(in_hand.cast_signed()))?;
    result
}

/// Hands out more ink to a program whose global holds less than the `wanted` for its next block, or
/// which overdrew it by a bulk memory instruction (it is negative then). Stops the program if it has
/// no more.
pub(super) fn more_ink(mut caller: Caller<'_, Slot<'_>>, wanted: u64) -> Result<(), wasmi::Error> {
    let exports = caller
        .data()
        .exports
        .ok_or_else(|| wasmi::Error::new("ink asked for during instantiation"))?;
    let in_hand = get_i64(&caller, exports.ink_left).map_err(wasmi::Error::new)?;
    let missing = if in_hand < 0 {
        in_hand.unsigned_abs()
    } else {
        wanted.saturating_sub(in_hand.cast_unsigned())
    };
    let slot = caller.data_mut();
    let time = slot.host.check_time();
    let checked = time.and_then(|()| match slot.reserve.checked_sub(missing) {
        Some(rest) => Ok(missing + rest.min(PORTION)),
        None => Err(Fault::OutOfInk),
    });
    match checked {
        Ok(portion) => {
            slot.reserve -= portion;
            let in_hand = in_hand.wrapping_add_unsigned(portion);
            exports.ink_left.set(&mut caller, Val::I64(in_hand))?;
            Ok(())
        }
        Err(fault) => {
            slot.fault = Some(fault);
            Err(wasmi::Error::new("stopped by the meter"))
        }
    }
}

fn get_i64(store: impl wasmi::AsContext, global: Global) -> Result<i64, String> {
    global
        .get(store)
        .i64()
        .ok_or_else(|| "an injected global is no i64".to_owned())
}

fn get_i32(store: impl wasmi::AsContext, global: Global) -> Result<i32, String> {
    global
        .get(store)
        .i32()
        .ok_or_else(|| "an injected global is no i32".to_owned())
}
