//! Which tracer a client wants, and how.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A tracer with its options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TracerKind {
    /// The tree of frames.
    Call(CallTracerOptions),
    /// Accounts and slots as they were before, or what changed of them.
    Prestate(PrestateOptions),
    /// Host functions of programs.
    Stylus,
    /// Selectors called.
    FourByte,
    /// Nothing.
    Noop,
    /// Several at once, by name.
    Mux(BTreeMap<String, Self>),
    /// Opcode by opcode.
    Steps(StepOptions),
}

/// Options of `callTracer`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CallTracerOptions {
    /// Only the outermost frame.
    pub only_top_call: bool,
    /// Logs, each in its frame.
    pub with_log: bool,
}

/// Options of `prestateTracer`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "geth's options")]
pub struct PrestateOptions {
    /// What changed, before and after, instead of everything touched.
    pub diff_mode: bool,
    /// Leave code out.
    pub disable_code: bool,
    /// Leave storage out.
    pub disable_storage: bool,
    /// Name accounts that did not exist too.
    pub include_empty: bool,
}

/// Options of the opcode tracer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "geth's options")]
pub struct StepOptions {
    /// Memory at every step.
    pub enable_memory: bool,
    /// No stack.
    pub disable_stack: bool,
    /// No storage at `SLOAD` and `SSTORE`.
    pub disable_storage: bool,
    /// What the last call returned, at every step.
    pub enable_return_data: bool,
    /// Most steps to list; 0 lists all.
    pub limit: u64,
}
