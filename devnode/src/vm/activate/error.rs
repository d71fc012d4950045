//! Why a module is refused.

use wasmparser::BinaryReaderError;

/// Why a module cannot be activated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActivationError {
    /// The module is malformed, ill-typed, or uses a feature that programs may not use.
    #[error("invalid wasm module: {0}")]
    Wasm(#[from] BinaryReaderError),
    /// A function uses an instruction that programs may not use.
    #[error("function `{function}` uses the forbidden instruction `{instruction}`")]
    ForbiddenInstruction {
        /// Index among the module's own functions.
        function: usize,
        /// The instruction.
        instruction: String,
    },
    /// A section that programs may not have.
    #[error("module has a forbidden section `{section}`")]
    ForbiddenSection {
        /// Its name.
        section: &'static str,
    },
    /// A start function outside debug mode.
    #[error("wasm start functions not allowed")]
    StartFunction,
    /// Something other than a function is imported.
    #[error("import `{module}.{name}` is not a function")]
    ImportKind {
        /// Module name.
        module: String,
        /// Item name.
        name: String,
    },
    /// The host has no function of that name.
    #[error("no such import `{module}.{name}`")]
    UnknownImport {
        /// Module name.
        module: String,
        /// Function name.
        name: String,
    },
    /// A host function is imported with another type than it has.
    #[error("import `{module}.{name}` has type `{actual}`, expected `{expected}`")]
    ImportType {
        /// Module name.
        module: String,
        /// Function name.
        name: String,
        /// The type the host function has, as `(i32) -> (i64)`.
        expected: String,
        /// The type it is imported with.
        actual: String,
    },
    /// The module has no memory, or several.
    #[error("module has `{count}` memories, expected exactly one")]
    MemoryCount {
        /// How many it has.
        count: usize,
    },
    /// The memory is not exported as `memory`.
    #[error("module does not export its memory as `memory`")]
    MemoryNotExported,
    /// The module starts with more pages than it may.
    #[error("memory of `{pages}` pages exceeds the limit of `{limit}`")]
    MemoryTooLarge {
        /// Pages asked for.
        pages: u64,
        /// Pages allowed, given what is open in the transaction.
        limit: u64,
    },
    /// The memory can grow but the module cannot pay for it.
    ///
    /// Every module built with the SDK's entry point has this import, so its absence mostly means
    /// that the entry point is missing.
    #[error("memory may grow, but the module does not import `vm_hooks.pay_for_memory_grow`")]
    MissingPayForMemoryGrow,
    /// There is no entry point, or it has the wrong type.
    #[error("module does not export a function `user_entrypoint` of type `i32 -> i32`")]
    EntryPoint,
    /// A name that the instrumentation keeps for itself.
    #[error("reserved symbol `{name}`")]
    ReservedSymbol {
        /// The name.
        name: String,
    },
    /// The last `__` segment of an export's name is the name of an imported function.
    #[error("export `{name}` conflicts with the import of the same name")]
    ExportNamedLikeImport {
        /// The name.
        name: String,
    },
    /// A name is too long.
    #[error("name of `{length}` bytes exceeds the limit of `{limit}`")]
    NameTooLong {
        /// Bytes.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// There are too many of something.
    #[error("too many {what}: `{count}` exceeds the limit of `{limit}`")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// A global is not initialised by a single constant.
    #[error("global `{index}` is not initialised by a constant")]
    GlobalInitializer {
        /// Index of the global.
        index: usize,
    },
    /// A table holds something other than functions.
    #[error("table `{index}` does not hold functions")]
    TableType {
        /// Index of the table.
        index: usize,
    },
    /// A data or element segment is not active.
    #[error("{kind} segment `{index}` is not active")]
    PassiveSegment {
        /// `data` or `element`.
        kind: &'static str,
        /// Index of the segment.
        index: usize,
    },
    /// The offset of a data or element segment is not a single `i32.const`.
    #[error("offset of {kind} segment `{index}` is not an `i32.const`")]
    SegmentOffset {
        /// `data` or `element`.
        kind: &'static str,
        /// Index of the segment.
        index: usize,
    },
    /// A data or element segment does not fit where it goes.
    #[error("{kind} segment `{index}` is out of bounds: ends at `{end}`, limit `{limit}`")]
    SegmentOutOfBounds {
        /// `data` or `element`.
        kind: &'static str,
        /// Index of the segment.
        index: usize,
        /// Where it ends.
        end: u64,
        /// Size of the memory in bytes or of the table in entries.
        limit: u64,
    },
    /// A figure of the program does not fit where the chain stores it.
    #[error("{figure} of `{value}` is too large")]
    FigureTooLarge {
        /// Which figure.
        figure: &'static str,
        /// Its value.
        value: u64,
    },
    /// Instrumentation could not write the module. Not caused by the module.
    #[error("cannot encode the instrumented module: {0}")]
    Encode(String),
}
