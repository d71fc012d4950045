//! Writes the instrumented module.

use super::{
    error::ActivationError,
    inject::{self, Globals},
    module::Module,
};
use crate::vm::params::STYLUS_V3_ARBOS;
use std::{convert::Infallible, fmt};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, ElementSection, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
    Instruction, MemorySection, TableSection, TypeSection, ValType,
    reencode::{Error, Reencode},
};
use wasmparser::Operator;

/// Export names of the injected globals that the host reads and writes. The prefix is reserved, so no
/// module can have them already.
pub(in crate::vm) const INK_LEFT_EXPORT: &str = "stylus_ink_left";
pub(in crate::vm) const STACK_LEFT_EXPORT: &str = "stylus_stack_left";
/// Module and name of the function that an instrumented module imports besides its own: it is called
/// with the ink wanted when the global holds less, and adds to the global or stops the program.
///
/// No program can import from this module.
pub(in crate::vm) const MODULE_METER: &str = "stylus_meter";
pub(in crate::vm) const MORE_INK: &str = "more_ink";

/// Most pages the memory may declare as its maximum from Stylus version 3 on.
const MAX_DECLARED_PAGES: u64 = 65_534;

impl From<Error<Infallible>> for ActivationError {
    fn from(error: Error<Infallible>) -> Self {
        match error {
            Error::ParseError(error) => Self::Wasm(error),
            other => Self::Encode(other.to_string()),
        }
    }
}

/// A function ready to be written.
pub(super) struct Instrumented<'a> {
    /// Its instructions.
    pub(super) body: Vec<Operator<'a>>,
    /// Runs of declared locals.
    pub(super) locals: Vec<(u32, wasmparser::ValType)>,
    /// Index of the first local that is not declared.
    pub(super) next_local: u32,
}

impl fmt::Debug for Instrumented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instrumented")
            .field("ops", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Gives the module's own functions their indices behind one more import.
struct BehindImport {
    /// Index of that import: how many there were.
    more_ink: u32,
}

impl Reencode for BehindImport {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        Ok(function + u32::from(function >= self.more_ink))
    }
}

/// Writes `module` with `functions` in place of its own bodies.
///
/// Custom sections and a start section are left out.
pub(super) fn emit(
    module: &Module<'_>,
    functions: Vec<Instrumented<'_>>,
    globals: Globals,
    arbos_version: u64,
) -> Result<Vec<u8>, ActivationError> {
    let index = |count: usize| u32::try_from(count).expect("the validator bounds what is counted");
    let more_ink = index(module.imports.len());
    let mut encode = BehindImport { more_ink };
    let mut types = TypeSection::new();
    for ty in &module.types {
        types.ty().func_type(&encode.func_type(ty.clone())?);
    }
    types.ty().function([ValType::I64], []);
    let mut imports = ImportSection::new();
    for import in &module.imports {
        encode.parse_import(&mut imports, *import)?;
    }
    let wants_ink = EntityType::Function(index(module.types.len()));
    imports.import(MODULE_METER, MORE_INK, wants_ink);
    let mut declarations = FunctionSection::new();
    for ty in &module.function_types[module.imports.len()..] {
        declarations.function(*ty);
    }
    let mut tables = TableSection::new();
    for table in &module.tables {
        encode.parse_table(&mut tables, table.clone())?;
    }
    let mut memories = MemorySection::new();
    let mut memory = module.memory;
    if arbos_version >= STYLUS_V3_ARBOS {
        memory.maximum = memory.maximum.map(|pages| pages.min(MAX_DECLARED_PAGES));
    }
    memories.memory(encode.memory_type(memory)?);
    let mut global_section = GlobalSection::new();
    for global in &module.globals {
        encode.parse_global(&mut global_section, global.clone())?;
    }
    inject_globals(&mut global_section);
    let mut exports = ExportSection::new();
    for export in &module.exports {
        encode.parse_export(&mut exports, *export)?;
    }
    exports.export(INK_LEFT_EXPORT, ExportKind::Global, globals.ink_left);
    exports.export(STACK_LEFT_EXPORT, ExportKind::Global, globals.stack_left);
    let mut elements = ElementSection::new();
    for element in &module.elements {
        encode.parse_element(&mut elements, element.clone())?;
    }
    let mut code = CodeSection::new();
    for function in functions {
        code.function(&emit_function(
            &mut encode,
            module,
            function,
            globals,
            arbos_version,
        )?);
    }
    let mut data = DataSection::new();
    for segment in &module.data {
        encode.parse_data(&mut data, segment.clone())?;
    }
    let mut out = wasm_encoder::Module::new();
    out.section(&types)
        .section(&imports)
        .section(&declarations)
        .section(&tables)
        .section(&memories)
        .section(&global_section)
        .section(&exports)
        .section(&elements)
        .section(&code)
        .section(&data);
    Ok(out.finish())
}

/// Adds the globals in the order of [`Globals`]. The host sets them before a program runs.
fn inject_globals(section: &mut GlobalSection) {
    let mutable = |val_type| GlobalType {
        val_type,
        mutable: true,
        shared: false,
    };
    section.global(mutable(ValType::I64), &ConstExpr::i64_const(0));
    for _ in 0..3 {
        section.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
    }
}

/// Writes one function, with what has to stand right before an instruction and counts for nothing but
/// itself.
///
/// Where the rules have a program without ink stop, it asks for more first: the host hands ink out in
/// portions, to look at the time in between. What the program has in all is the same.
fn emit_function(
    encode: &mut BehindImport,
    module: &Module<'_>,
    function: Instrumented<'_>,
    globals: Globals,
    arbos_version: u64,
) -> Result<Function, ActivationError> {
    let mut locals = Vec::with_capacity(function.locals.len() + 1);
    for (count, ty) in function.locals {
        locals.push((count, encode.val_type(ty)?));
    }
    let checks_fill = arbos_version < STYLUS_V3_ARBOS
        && function
            .body
            .iter()
            .any(|op| matches!(op, Operator::MemoryFill { .. }));
    if checks_fill {
        locals.push((1, ValType::I32));
    }
    let mut out = Function::new(locals);
    let mut position = 0;
    while let Some(op) = function.body.get(position) {
        if let Some(ink) = inject::wanted_ink(&function.body, position, globals) {
            out.instruction(&Instruction::If(BlockType::Empty))
                .instruction(&Instruction::I64Const(ink))
                .instruction(&Instruction::Call(encode.more_ink))
                .instruction(&Instruction::End);
            position += inject::OUT_OF_INK_OPS;
            continue;
        }
        position += 1;
        match (op, module.pay_for_grow) {
            (Operator::MemoryGrow { .. }, Some(import)) => {
                for extra in inject::pay_for_grow(globals, import) {
                    out.instruction(&encode.instruction(extra)?);
                }
            }
            (Operator::MemoryFill { .. }, _) if checks_fill => {
                for extra in inject::trap_wide_fill(globals, function.next_local) {
                    out.instruction(&encode.instruction(extra)?);
                }
            }
            _ => {}
        }
        out.instruction(&encode.instruction(op.clone())?);
    }
    Ok(out)
}
