//! Reads a module and checks everything about it except the bodies of its functions.

use super::error::ActivationError;
use crate::vm::{host, params::STYLUS_V3_ARBOS};
use wasmparser::{
    ConstExpr, Data, DataKind, Element, ElementItems, ElementKind, Export, ExternalKind, FuncType,
    FunctionBody, Global, Import, KnownCustom, MemoryType, Name, Operator, Parser, Payload,
    RefType, Table, TypeRef, ValType, Validator, WasmFeatures,
};

/// Export name of the memory.
pub(in crate::vm) const MEMORY_EXPORT: &str = "memory";
/// Export name of the entry point.
pub(in crate::vm) const ENTRY_EXPORT: &str = "user_entrypoint";
/// The host function that charges for pages.
const PAY_FOR_GROW: &str = "pay_for_memory_grow";
/// Beginning of the names the instrumentation keeps for itself.
const RESERVED: &str = "stylus";
/// Globals that instrumentation adds.
pub(super) const INJECTED_GLOBALS: usize = 4;

/// Most pages a program may start with.
const MAX_INITIAL_PAGES: u64 = 128;
const MAX_IMPORTS: usize = 513;
const MAX_DATA_SEGMENTS: usize = 128;
const MAX_ELEMENT_SEGMENTS: usize = 128;
const MAX_EXPORTS: usize = 1_024;
const MAX_FUNCTIONS: usize = 4_096;
const MAX_GLOBALS: usize = 32_768;
const MAX_TABLE_ENTRIES: usize = 4_096;
const MAX_ELEMENT_BYTES: usize = 4_096;
const MAX_NAME_BYTES: usize = 512;
const PAGE_BYTES: u64 = 65_536;

/// A module that passed every check of this file.
pub(super) struct Module<'a> {
    /// All function types, by type index.
    pub(super) types: Vec<FuncType>,
    /// Imported functions in order.
    pub(super) imports: Vec<Import<'a>>,
    /// Type index of each function, imported ones first.
    pub(super) function_types: Vec<u32>,
    pub(super) tables: Vec<Table<'a>>,
    pub(super) memory: MemoryType,
    pub(super) globals: Vec<Global<'a>>,
    /// Exports that the instrumented module keeps.
    pub(super) exports: Vec<Export<'a>>,
    pub(super) elements: Vec<Element<'a>>,
    pub(super) data: Vec<Data<'a>>,
    /// Bodies of the module's own functions.
    pub(super) bodies: Vec<FunctionBody<'a>>,
    /// Function index of the import that pays for pages, if there and the memory can grow.
    pub(super) pay_for_grow: Option<u32>,
}

impl<'a> Module<'a> {
    /// The type of the function with this index, imports counted.
    pub(super) fn function_type(&self, function: u32) -> Option<&FuncType> {
        let index = *self.function_types.get(function as usize)?;
        self.types.get(index as usize)
    }

    /// The type of the module's own function number `local`.
    pub(super) fn local_function_type(&self, local: usize) -> &FuncType {
        let index = self.function_types[self.imports.len() + local];
        &self.types[index as usize]
    }

    /// Encoded bytes of all data and element segments.
    pub(super) fn segment_bytes(&self) -> u64 {
        let data = self
            .data
            .iter()
            .map(|data| data.range.end - data.range.start);
        let elements = self
            .elements
            .iter()
            .map(|element| element.range.end - element.range.start);
        data.chain(elements).sum()
    }

    /// Encoded bytes of all element segments.
    pub(super) fn element_bytes(&self) -> u64 {
        self.elements
            .iter()
            .map(|element| element.range.end - element.range.start)
            .sum()
    }

    /// Bytes that the data segments hold.
    pub(super) fn data_bytes(&self) -> u64 {
        self.data.iter().map(|data| data.data.len() as u64).sum()
    }

    /// Reads and checks `wasm`.
    pub(super) fn try_read(
        wasm: &'a [u8],
        page_budget: u16,
        debug: bool,
        arbos_version: u64,
    ) -> Result<Self, ActivationError> {
        Validator::new_with_features(features(arbos_version)).validate_all(wasm)?;
        let mut module = RawModule::read(wasm, debug)?;
        let (function_types, pay_for_grow) = check_imports(&module, debug)?;
        let memory = check_memory(&module, page_budget, pay_for_grow.is_some())?;
        // A memory that cannot grow is not instrumented, even if it could be paid for.
        let pay_for_grow = pay_for_grow.filter(|_| memory.maximum != Some(memory.initial));
        check_exports(&module, &function_types)?;
        check_limits(&module)?;
        check_globals_and_tables(&module)?;
        check_data(&module.data, memory.initial * PAGE_BYTES)?;
        check_elements(&module.elements, &module.tables)?;
        if !debug {
            module
                .exports
                .retain(|export| matches!(export.name, MEMORY_EXPORT | ENTRY_EXPORT));
        }
        Ok(Self {
            types: module.types,
            imports: module.imports,
            function_types,
            tables: module.tables,
            memory,
            globals: module.globals,
            exports: module.exports,
            elements: module.elements,
            data: module.data,
            bodies: module.bodies,
            pay_for_grow,
        })
    }
}

/// What the validator lets through. Bulk memory is on for `memory.copy` and `memory.fill`; the rest
/// of that proposal has no price and is refused with it.
fn features(arbos_version: u64) -> WasmFeatures {
    let mut features = WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::FLOATS
        // Without it the validator knows no reference types at all, not even a table's `funcref`.
        | WasmFeatures::GC_TYPES;
    features.set(WasmFeatures::MULTI_VALUE, arbos_version < STYLUS_V3_ARBOS);
    features
}

/// The sections as they stand.
#[derive(Default)]
struct RawModule<'a> {
    types: Vec<FuncType>,
    imports: Vec<Import<'a>>,
    functions: Vec<u32>,
    tables: Vec<Table<'a>>,
    memories: Vec<MemoryType>,
    globals: Vec<Global<'a>>,
    exports: Vec<Export<'a>>,
    elements: Vec<Element<'a>>,
    data: Vec<Data<'a>>,
    bodies: Vec<FunctionBody<'a>>,
    /// The module's own name in its name section, in bytes.
    name_bytes: usize,
}

impl<'a> RawModule<'a> {
    fn read(wasm: &'a [u8], debug: bool) -> Result<Self, ActivationError> {
        let mut module = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(reader) => {
                    module.types = reader
                        .into_iter_err_on_gc_types()
                        .collect::<Result<_, _>>()?;
                }
                Payload::ImportSection(reader) => {
                    module.imports = reader.into_imports().collect::<Result<_, _>>()?;
                }
                Payload::FunctionSection(reader) => {
                    module.functions = reader.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::TableSection(reader) => {
                    module.tables = reader.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::MemorySection(reader) => {
                    module.memories = reader.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::GlobalSection(reader) => {
                    module.globals = reader.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::ExportSection(reader) => {
                    module.exports = reader.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::ElementSection(reader) => {
                    module.elements = reader.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::DataSection(reader) => {
                    module.data = reader.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::CodeSectionEntry(body) => module.bodies.push(body),
                Payload::StartSection { .. } if !debug => {
                    return Err(ActivationError::StartFunction);
                }
                Payload::DataCountSection { .. } => {
                    return Err(ActivationError::ForbiddenSection {
                        section: "data count",
                    });
                }
                Payload::TagSection(_) => {
                    return Err(ActivationError::ForbiddenSection { section: "tag" });
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        // The validator skips it, the chain does not.
                        for subsection in names {
                            match subsection? {
                                Name::Module { name, .. } => module.name_bytes = name.len(),
                                Name::Function(functions) => {
                                    for naming in functions {
                                        naming?;
                                    }
                                }
                                _ => {}
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(module)
    }
}

/// Imports must be host functions with their exact types. Answers the type index of every function
/// and which import pays for pages.
fn check_imports(
    module: &RawModule<'_>,
    debug: bool,
) -> Result<(Vec<u32>, Option<u32>), ActivationError> {
    let mut function_types = Vec::with_capacity(module.imports.len() + module.functions.len());
    let mut pay_for_grow = None;
    for (index, import) in module.imports.iter().enumerate() {
        let (from, name) = (import.module.to_owned(), import.name.to_owned());
        let TypeRef::Func(type_index) = import.ty else {
            return Err(ActivationError::ImportKind { module: from, name });
        };
        let Some((params, results)) = host::signature(import.module, import.name, debug) else {
            return Err(ActivationError::UnknownImport { module: from, name });
        };
        let actual = &module.types[type_index as usize];
        if actual.params() != params || actual.results() != results {
            return Err(ActivationError::ImportType {
                module: from,
                name,
                expected: describe(params, results),
                actual: describe(actual.params(), actual.results()),
            });
        }
        if import.module == host::MODULE_HOOKS && import.name == PAY_FOR_GROW {
            let index = u32::try_from(index).expect("the validator bounds imports below 2^32");
            pay_for_grow = Some(index);
        }
        function_types.push(type_index);
    }
    function_types.extend_from_slice(&module.functions);
    Ok((function_types, pay_for_grow))
}

/// A function type as `(i32, i32) -> (i64)`.
fn describe(params: &[ValType], results: &[ValType]) -> String {
    let list = |types: &[ValType]| {
        let types: Vec<_> = types.iter().map(ToString::to_string).collect();
        types.join(", ")
    };
    format!("({}) -> ({})", list(params), list(results))
}

fn check_memory(
    module: &RawModule<'_>,
    page_budget: u16,
    pays_for_grow: bool,
) -> Result<MemoryType, ActivationError> {
    let [memory] = module.memories[..] else {
        return Err(ActivationError::MemoryCount {
            count: module.memories.len(),
        });
    };
    let exported = module
        .exports
        .iter()
        .any(|export| export.name == MEMORY_EXPORT && export.kind == ExternalKind::Memory);
    if !exported {
        return Err(ActivationError::MemoryNotExported);
    }
    let limit = MAX_INITIAL_PAGES.min(u64::from(page_budget));
    if memory.initial > limit {
        return Err(ActivationError::MemoryTooLarge {
            pages: memory.initial,
            limit,
        });
    }
    if memory.maximum != Some(memory.initial) && !pays_for_grow {
        return Err(ActivationError::MissingPayForMemoryGrow);
    }
    Ok(memory)
}

/// What follows the last `__` of a name. Names are told apart by that part alone.
fn last_segment(name: &str) -> &str {
    name.rsplit("__").next().unwrap_or(name)
}

fn check_exports(module: &RawModule<'_>, function_types: &[u32]) -> Result<(), ActivationError> {
    let names = module.exports.iter().map(|export| export.name);
    for name in names.chain(module.imports.iter().map(|import| import.name)) {
        if last_segment(name).starts_with(RESERVED) {
            return Err(ActivationError::ReservedSymbol {
                name: name.to_owned(),
            });
        }
    }
    for export in &module.exports {
        if module
            .imports
            .iter()
            .any(|import| import.name == last_segment(export.name))
        {
            return Err(ActivationError::ExportNamedLikeImport {
                name: export.name.to_owned(),
            });
        }
    }
    let entry = module
        .exports
        .iter()
        .find(|export| export.name == ENTRY_EXPORT);
    let is_entry = entry.is_some_and(|export| {
        export.kind == ExternalKind::Func && {
            let ty = &module.types[function_types[export.index as usize] as usize];
            ty.params() == [ValType::I32] && ty.results() == [ValType::I32]
        }
    });
    if is_entry {
        Ok(())
    } else {
        Err(ActivationError::EntryPoint)
    }
}

fn check_limits(module: &RawModule<'_>) -> Result<(), ActivationError> {
    let table_entries: u64 = module
        .tables
        .iter()
        .fold(0, |sum: u64, table| sum.saturating_add(table.ty.initial));
    let element_bytes: u64 = module
        .elements
        .iter()
        .map(|element| element.range.end - element.range.start)
        .sum();
    let as_count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    for (what, count, limit) in [
        ("imports", module.imports.len(), MAX_IMPORTS),
        ("data segments", module.data.len(), MAX_DATA_SEGMENTS),
        (
            "element segments",
            module.elements.len(),
            MAX_ELEMENT_SEGMENTS,
        ),
        ("exports", module.exports.len(), MAX_EXPORTS),
        ("functions", module.bodies.len(), MAX_FUNCTIONS),
        (
            "globals",
            module.globals.len() + INJECTED_GLOBALS,
            MAX_GLOBALS,
        ),
        ("table entries", as_count(table_entries), MAX_TABLE_ENTRIES),
        ("element bytes", as_count(element_bytes), MAX_ELEMENT_BYTES),
    ] {
        if count > limit {
            return Err(ActivationError::TooMany { what, count, limit });
        }
    }
    let names = module.exports.iter().map(|export| export.name.len());
    let longest = names.max().unwrap_or(0).max(module.name_bytes);
    if longest > MAX_NAME_BYTES {
        return Err(ActivationError::NameTooLong {
            length: longest,
            limit: MAX_NAME_BYTES,
        });
    }
    Ok(())
}

fn check_globals_and_tables(module: &RawModule<'_>) -> Result<(), ActivationError> {
    for (index, global) in module.globals.iter().enumerate() {
        let constant = match single_operator(&global.init_expr)? {
            Some(op) => matches!(
                op,
                Operator::I32Const { .. }
                    | Operator::I64Const { .. }
                    | Operator::F32Const { .. }
                    | Operator::F64Const { .. }
            ),
            None => false,
        };
        if !constant {
            return Err(ActivationError::GlobalInitializer { index });
        }
    }
    for (index, table) in module.tables.iter().enumerate() {
        if table.ty.element_type != RefType::FUNCREF {
            return Err(ActivationError::TableType { index });
        }
    }
    Ok(())
}

fn check_data(segments: &[Data<'_>], memory_bytes: u64) -> Result<(), ActivationError> {
    for (index, segment) in segments.iter().enumerate() {
        let DataKind::Active { offset_expr, .. } = &segment.kind else {
            return Err(ActivationError::PassiveSegment {
                kind: "data",
                index,
            });
        };
        let offset = constant_offset(offset_expr, "data", index)?;
        let end = offset + segment.data.len() as u64;
        if end > memory_bytes {
            let limit = memory_bytes;
            return Err(ActivationError::SegmentOutOfBounds {
                kind: "data",
                index,
                end,
                limit,
            });
        }
    }
    Ok(())
}

fn check_elements(segments: &[Element<'_>], tables: &[Table<'_>]) -> Result<(), ActivationError> {
    for (index, segment) in segments.iter().enumerate() {
        let (
            ElementKind::Active {
                table_index,
                offset_expr,
            },
            ElementItems::Functions(items),
        ) = (&segment.kind, &segment.items)
        else {
            return Err(ActivationError::PassiveSegment {
                kind: "element",
                index,
            });
        };
        let offset = constant_offset(offset_expr, "element", index)?;
        let end = offset + u64::from(items.count());
        let table = tables.get(table_index.unwrap_or(0) as usize);
        let limit = table.map_or(0, |table| table.ty.initial);
        if end > limit {
            return Err(ActivationError::SegmentOutOfBounds {
                kind: "element",
                index,
                end,
                limit,
            });
        }
    }
    Ok(())
}

/// The offset of a segment as the unsigned number it is.
fn constant_offset(
    expr: &ConstExpr<'_>,
    kind: &'static str,
    index: usize,
) -> Result<u64, ActivationError> {
    match single_operator(expr)? {
        Some(Operator::I32Const { value }) => Ok(u64::from(value.cast_unsigned())),
        _ => Err(ActivationError::SegmentOffset { kind, index }),
    }
}

/// The instruction of an expression that consists of one, or `None`.
fn single_operator<'a>(expr: &ConstExpr<'a>) -> Result<Option<Operator<'a>>, ActivationError> {
    let ops = expr
        .get_operators_reader()
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    Ok(match ops.as_slice() {
        [op, Operator::End] => Some(op.clone()),
        _ => None,
    })
}
