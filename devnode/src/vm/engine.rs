//! The one place that knows the WASM engine.
//!
//! It links host functions, carries ink between the program's global and the host, and says how the
//! program stopped. Everything the chain's rules depend on is in the instrumented module or in
//! [`super::host`], so another engine needs another version of this file only.

use super::{
    activate::{
        ENTRY_EXPORT, INK_LEFT_EXPORT, INK_STATUS_EXPORT, MEMORY_EXPORT, STACK_LEFT_EXPORT,
    },
    host::{Fault, Frame, Host},
    link,
};
use alloy_primitives::Bytes;
use std::error::Error;
use wasmi::{
    Caller, Config, Engine, Extern, Global, Instance, Memory, Module, Store, StoreLimits,
    StoreLimitsBuilder, TrapCode, TypedFunc, TypedResumableCall, Val,
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
/// Instructions, about, between two looks at the time. Small in tests, which so stop and go on often.
const SLICE: u64 = if cfg!(test) { 1_000 } else { 20_000_000 };

/// An engine for one program: an engine never forgets the code it compiled, so it must go with it.
fn engine() -> Engine {
    let mut config = Config::default();
    config
        .set_max_recursion_depth(MAX_RECURSION)
        .set_max_stack_height(MAX_VALUE_STACK)
        .set_max_cached_stacks(CACHED_STACKS)
        .compilation_mode(wasmi::CompilationMode::Eager)
        .consume_fuel(true)
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
    fault: Option<Fault>,
    limits: StoreLimits,
}

/// What the host uses of an instance.
#[derive(Clone, Copy)]
struct Exports {
    memory: Memory,
    ink_left: Global,
    ink_status: Global,
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
                fault: None,
                limits: StoreLimitsBuilder::new()
                    .memory_size(MAX_PAGES * PAGE_BYTES)
                    .build(),
            },
        );
        store.limiter(|slot| &mut slot.limits);
        store.set_fuel(SLICE).map_err(|error| error.to_string())?;
        let (exports, entry) = self
            .instantiate(&mut store, ink, stack_words)
            .map_err(|error| error.to_string())?;
        let result = call_in_slices(&mut store, entry, args_len);
        let ink_left = get_i64(&store, exports.ink_left)?.cast_unsigned();
        let ink_status = get_i32(&store, exports.ink_status)?;
        let stack_left = get_i32(&store, exports.stack_left)?;
        let slot = store.into_data();
        let end = match result {
            Ok(status) => End::Returned(status),
            Err(error) => why(&error, slot.fault, ink_status, stack_left),
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
            ink_status: global(INK_STATUS_EXPORT)?,
            stack_left: global(STACK_LEFT_EXPORT)?,
        };
        let entry = instance.get_typed_func(&*store, ENTRY_EXPORT)?;
        exports
            .ink_left
            .set(&mut *store, Val::I64(ink.cast_signed()))?;
        exports
            .stack_left
            .set(&mut *store, Val::I32(stack_words.cast_signed()))?;
        store.data_mut().exports = Some(exports);
        Ok((exports, entry))
    }
}

/// Calls the entry point and lets the chain look at the time after every [`SLICE`].
fn call_in_slices(
    store: &mut Store<Slot<'_>>,
    entry: TypedFunc<i32, i32>,
    args_len: u32,
) -> Result<i32, wasmi::Error> {
    let mut call = entry.call_resumable(&mut *store, args_len.cast_signed())?;
    loop {
        match call {
            TypedResumableCall::Finished(status) => return Ok(status),
            TypedResumableCall::HostTrap(trap) => {
                return Err(wasmi::Error::new(trap.host_error().to_string()));
            }
            TypedResumableCall::OutOfFuel(paused) => {
                if let Err(fault) = store.data_mut().host.check_time() {
                    store.data_mut().fault = Some(fault);
                    return Err(wasmi::Error::new("stopped by the chain"));
                }
                store.set_fuel(SLICE.max(paused.required_fuel()))?;
                call = paused.resume(&mut *store)?;
            }
        }
    }
}

/// Decides why a program was stopped: the chain's own fault first, then the counters in the order
/// that Nitro looks at them.
fn why(error: &wasmi::Error, fault: Option<Fault>, ink_status: i32, stack_left: i32) -> End {
    if let Some(Fault::Chain(source)) = fault {
        return End::Chain(source);
    }
    if stack_left == 0 {
        return End::OutOfStack;
    }
    if ink_status != 0 {
        return End::OutOfInk;
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
    let ink = get_i64(&caller, exports.ink_left).map_err(wasmi::Error::new)?;
    let (memory, slot) = exports.memory.data_and_store_mut(&mut caller);
    let mut frame = Frame::new(&mut slot.host, memory, ink.cast_unsigned());
    let result = frame.host.check_time().and_then(|()| function(&mut frame));
    let ink = frame.ink.cast_signed();
    let result = result.map_err(|fault| {
        slot.fault = Some(fault);
        wasmi::Error::new("stopped by a host function")
    });
    exports.ink_left.set(&mut caller, Val::I64(ink))?;
    result
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
