#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::*;

const ENTRY: &str = r#"(func (export "user_entrypoint") (param i32) (result i32) i32.const 0)"#;
const MEMORY: &str = r#"(memory (export "memory") 1 1)"#;
const ARBOS: u64 = 51;

/// A module with a fixed memory, the entry point and these items.
fn with(items: &str) -> String {
    format!("(module {MEMORY} {items} {ENTRY})")
}

fn refusal_under(wat: &str, debug: bool, arbos_version: u64) -> String {
    let wasm = wat::parse_str(wat).unwrap();
    activate(&wasm, 128, debug, arbos_version)
        .map(|_| wat)
        .unwrap_err()
        .to_string()
}

fn accept(wat: &str) -> Activation {
    activate(&wat::parse_str(wat).unwrap(), 128, false, ARBOS).unwrap()
}

#[test]
fn each_refusal_says_why() {
    let many = |count: usize, item: &str| with(&item.repeat(count));
    let exports: Vec<_> = (0..1_023)
        .map(|i| format!(r#"(export "e{i}" (func 0))"#))
        .collect();
    let exports = exports.concat();
    let long = "n".repeat(513);
    let locals = "i64 ".repeat(349);
    let ops = "nop ".repeat(65_536);
    let pushes = format!("{}{}", "i32.const 1 ".repeat(4_097), "drop ".repeat(4_097));
    let imports = r#"(import "vm_hooks" "chainid" (func (result i64)))"#.repeat(514);
    for (wat, reason) in [
        // Memory.
        (format!("(module {ENTRY})"), "`0` memories"),
        (
            format!("(module (memory 1 1) {ENTRY})"),
            "export its memory",
        ),
        (
            format!(r#"(module (memory (export "mem") 1 1) {ENTRY})"#),
            "export its memory",
        ),
        (
            format!(r#"(module (memory (export "memory") 129 129) {ENTRY})"#),
            "`129` pages",
        ),
        (
            format!(r#"(module (memory (export "memory") 1) {ENTRY})"#),
            "pay_for_memory_grow",
        ),
        (
            format!(r#"(module (memory (export "memory") 1 2) {ENTRY})"#),
            "pay_for_memory_grow",
        ),
        // Entry point.
        (format!("(module {MEMORY})"), "user_entrypoint"),
        (
            format!(r#"(module {MEMORY} (func (export "user_entrypoint") (param i32)))"#),
            "user_entrypoint",
        ),
        (
            format!(r#"(module {MEMORY} (global (export "user_entrypoint") i32 (i32.const 0)))"#),
            "user_entrypoint",
        ),
        (with("(func $s) (start $s)"), "start functions not allowed"),
        // Imports.
        (
            format!(r#"(module (import "vm_hooks" "no_such" (func)) {MEMORY} {ENTRY})"#),
            "no such import `vm_hooks.no_such`",
        ),
        (
            format!(r#"(module (import "env" "read_args" (func (param i32))) {MEMORY} {ENTRY})"#),
            "no such import `env.read_args`",
        ),
        (
            format!(
                r#"(module (import "vm_hooks" "read_args" (func (param i64))) {MEMORY} {ENTRY})"#
            ),
            "`(i64) -> ()`, expected `(i32) -> ()`",
        ),
        (
            format!(r#"(module (import "console" "log_i32" (func (param i32))) {MEMORY} {ENTRY})"#),
            "no such import `console.log_i32`",
        ),
        (
            format!(r#"(module (import "vm_hooks" "memory" (memory 1 1)) {MEMORY} {ENTRY})"#),
            "multiple memories",
        ),
        (
            format!(r#"(module (import "vm_hooks" "g" (global i32)) {MEMORY} {ENTRY})"#),
            "`vm_hooks.g` is not a function",
        ),
        (
            format!(r#"(module (import "vm_hooks" "t" (table 1 funcref)) {MEMORY} {ENTRY})"#),
            "`vm_hooks.t` is not a function",
        ),
        (
            format!("(module {imports} {MEMORY} {ENTRY})"),
            "too many imports: `514`",
        ),
        // Names.
        (
            with(r#"(func (export "stylus_thing"))"#),
            "reserved symbol `stylus_thing`",
        ),
        (
            with(r#"(func (export "a__stylus_ink_left"))"#),
            "reserved symbol",
        ),
        (
            with(&format!(r#"(func (export "{long}"))"#)),
            "name of `513` bytes",
        ),
        (
            format!("(module ${long} {MEMORY} {ENTRY})"),
            "name of `513` bytes",
        ),
        (
            format!(
                r#"(module (import "vm_hooks" "read_args" (func (param i32))) {MEMORY} {ENTRY}
                    (func (export "my__read_args")))"#
            ),
            "conflicts with the import",
        ),
        (
            format!(r#"(module {MEMORY} {ENTRY} (@custom "name" "\00\05\04ab"))"#),
            "unexpected end",
        ),
        (
            format!(
                r#"(module (import "vm_hooks" "read_args" (func (param i32))) {MEMORY} {ENTRY}
                    (func (export "read_args")))"#
            ),
            "conflicts with the import",
        ),
        // Features.
        (
            with("(func unreachable i32.const 0 ref.null func drop drop)"),
            "reference types",
        ),
        (with("(table 1 externref)"), "reference types"),
        (with("(func (param v128))"), "SIMD"),
        (
            with("(func (i32.atomic.store (i32.const 0) (i32.const 0)))"),
            "threads",
        ),
        (with("(func $f return_call $f)"), "tail call"),
        (with("(tag)"), "exceptions"),
        (
            format!(r#"(module (memory (export "memory") i64 1 1) {ENTRY})"#),
            "64-bit memories",
        ),
        (with("(memory 1 1)"), "multi"),
        (
            with("(global i32 (i32.add (i32.const 1) (i32.const 1)))"),
            "constant",
        ),
        (with("(type (struct))"), "gc"),
        (
            with("(table 1 funcref) (func (drop (table.get 0 (i32.const 0))))"),
            "reference types",
        ),
        (
            with("(func (drop (select (result i32) (i32.const 0) (i32.const 0) (i32.const 0))))"),
            "reference types",
        ),
        (with(r#"(data "x") (func (data.drop 0))"#), "data count"),
        (
            with(
                r#"(data $d "x") (func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0)))"#,
            ),
            "data count",
        ),
        (
            with("(table 1 funcref) (elem $e func) (func (elem.drop $e))"),
            "element segment `0` is not active",
        ),
        (
            with("(table 1 funcref) (func (table.copy (i32.const 0) (i32.const 0) (i32.const 0)))"),
            "TableCopy",
        ),
        (with(r#"(data "x")"#), "data segment `0` is not active"),
        (
            with("(func (drop (f32.add (f32.const 0) (f32.const 0))))"),
            "F32Add",
        ),
        // Segments.
        (
            with(r#"(data (i32.const 65535) "xy")"#),
            "data segment `0` is out of bounds: ends at `65537`",
        ),
        (with(r#"(data (i32.const -1) "x")"#), "out of bounds"),
        (
            with("(table 1 funcref) (func $f) (elem (i32.const 1) $f)"),
            "element segment `0` is out of bounds",
        ),
        (
            with(r#"(global $g i32 (i32.const 1)) (data (global.get $g) "x")"#),
            "constant",
        ),
        // Limits.
        (
            many(129, r#"(data (i32.const 0) "")"#),
            "too many data segments: `129`",
        ),
        (
            with(&format!(
                "(table 1 funcref) {}",
                "(elem (i32.const 0) func)".repeat(129)
            )),
            "too many element segments: `129`",
        ),
        (with(&exports), "too many exports: `1025`"),
        (many(4_096, "(func)"), "too many functions: `4097`"),
        (
            many(32_765, "(global i32 (i32.const 0))"),
            "too many globals: `32769`",
        ),
        (
            with("(table 4097 funcref)"),
            "too many table entries: `4097`",
        ),
        (
            with(&format!(
                "(table 4096 funcref) (func $f) (elem (i32.const 0) {})",
                "$f ".repeat(4_093)
            )),
            "too many element bytes",
        ),
        (
            with(&format!("(func (local {locals}))")),
            "too many locals: `349`",
        ),
        (
            with(&format!("(func {ops})")),
            "too many instructions in a function",
        ),
        (
            with(&format!("(func {pushes})")),
            "too many operands: `4097`",
        ),
    ] {
        let shown = &wat[..wat.len().min(400)];
        let refusal = refusal_under(&wat, false, ARBOS);
        assert!(
            refusal.contains(reason),
            "{shown}\nrefused with: {refusal}\nexpected: {reason}"
        );
    }
}

#[test]
fn bytes_that_are_no_module_are_refused() {
    for bytes in [
        &b""[..],
        b"\0asm",
        b"not a module at all",
        b"\0asm\x02\0\0\0",
    ] {
        assert!(matches!(
            activate(bytes, 128, false, ARBOS),
            Err(ActivationError::Wasm(_))
        ));
    }
}

#[test]
fn what_is_allowed_is_accepted() {
    for items in [
        "(func (param f32) (local f64))",
        "(func (param i32) (drop (i32.extend8_s (local.get 0))))",
        "(func (result i32 i32) i32.const 1 i32.const 2)",
        "(func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))",
        "(global $g (mut i32) (i32.const 1)) (export \"g\" (global $g))",
        "(func unreachable f32.const 0 i32.reinterpret_f32 drop)",
        r#"(func (export "mark_used"))"#,
        r#"(data (i32.const 65536) "")"#,
    ] {
        accept(&with(items));
    }
}

#[test]
fn pages_open_in_the_transaction_lower_the_limit() {
    let wat = r#"(module (memory (export "memory") 100 100)
        (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#;
    let wasm = wat::parse_str(wat).unwrap();
    assert_eq!(activate(&wasm, 100, false, ARBOS).unwrap().footprint, 100);
    assert!(matches!(
        activate(&wasm, 99, false, ARBOS),
        Err(ActivationError::MemoryTooLarge {
            pages: 100,
            limit: 99
        })
    ));
}

#[test]
fn multi_value_ends_with_stylus_3() {
    let wat = with("(func (result i32 i32) i32.const 1 i32.const 2)");
    assert!(refusal_under(&wat, false, 59).contains("multi-value"));
}

#[test]
fn debug_mode_tolerates_a_start_function_and_debug_imports() {
    let wat = format!(
        r#"(module (import "console" "log_i32" (func (param i32))) {MEMORY} {ENTRY}
            (func $s) (start $s) (func (export "other")))"#
    );
    let wasm = wat::parse_str(&wat).unwrap();
    let activation = activate(&wasm, 128, true, ARBOS).unwrap();
    assert!(exports(&activation).contains(&"other".to_owned()));
}

/// Names that the instrumented module exports.
fn exports(activation: &Activation) -> Vec<String> {
    let payloads = wasmparser::Parser::new(0).parse_all(&activation.module);
    payloads
        .filter_map(|payload| match payload.unwrap() {
            wasmparser::Payload::ExportSection(reader) => Some(reader),
            _ => None,
        })
        .flat_map(|reader| {
            reader
                .into_iter()
                .map(|export| export.unwrap().name.to_owned())
        })
        .collect()
}

#[test]
fn other_exports_are_dropped_outside_debug_mode() {
    let activation = accept(&with(
        r#"(func (export "other")) (global (export "g") i32 (i32.const 0))"#,
    ));
    let expected = [
        "memory",
        "user_entrypoint",
        "stylus_ink_left",
        "stylus_stack_left",
    ];
    assert_eq!(exports(&activation), expected);
}

/// Instructions of the instrumented entry point with this body.
fn ops_of(body: &str) -> usize {
    let wat = format!(
        r#"(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
            (memory (export "memory") 0)
            (func (export "user_entrypoint") (param i32) (result i32) {body}))"#
    );
    let wasm = wat::parse_str(&wat).unwrap();
    let module = Module::try_read(&wasm, 128, false, ARBOS).unwrap();
    let globals = Globals::after(0);
    let function = instrument(&module, 0, globals).unwrap();
    usize::try_from(count_ops(&function.body, &module).unwrap()).unwrap()
}

#[test]
fn injected_instructions_are_counted() {
    // const, end; a block header; prologue; the extra return with its epilogue.
    let empty = 2 + 12 + 12 + 5;
    assert_eq!(ops_of("i32.const 0"), empty);
    assert_eq!(ops_of("nop i32.const 0"), empty + 1);
    assert_eq!(ops_of("block nop end i32.const 0"), empty + 3 + 12);
    assert_eq!(ops_of("i32.const 0 return"), empty + 1 + 4 + 12);
    assert_eq!(
        ops_of("i32.const 0 i32.const 0 i32.const 0 memory.copy i32.const 0"),
        empty + 4 + 17
    );
    assert_eq!(ops_of("i32.const 0 memory.grow"), empty + 1 + 4);
    // Two further blocks: `if` and `else` each end one.
    assert_eq!(
        ops_of("local.get 0 if nop else nop end i32.const 0"),
        empty + 6 + 3 * 12
    );
}

#[test]
fn figures_of_a_small_module() {
    let activation = accept(&with(r#"(data (i32.const 8) "0123456789")"#));
    let wasm = wat::parse_str(with(r#"(data (i32.const 8) "0123456789")"#)).unwrap();
    let bytes = wasm.len() as u64;
    assert_eq!(activation.footprint, 1);
    let asm = 512_000 + 996 + 2 * 11_416 / 1_000 + bytes * 62_628 / 10_000;
    assert_eq!(u64::from(activation.asm_estimate), asm);
    assert_eq!(u64::from(activation.init), 8 + 2 + bytes * 1_286 / 10_000);
    // 4 injected globals; the segment takes 15 bytes: flags, const, offset, end, length, data.
    assert_eq!(
        u64::from(activation.cached_init),
        bytes * 122 / 100_000 + 6 + 11 + 5
    );
    let terms = bytes * 31_733 / 100_000 + 1 + 2_217 + 31 * 535 / 1_000;
    assert_eq!(activation.activation_gas, terms * 28);
}

#[test]
fn the_instrumented_module_is_valid_and_named_by_its_hash() {
    let activation = accept(&with(
        "(func (param i32) (local i64) loop local.get 0 br_if 0 end i32.const 0 memory.grow drop)",
    ));
    wasmparser::Validator::new()
        .validate_all(&activation.module)
        .unwrap();
    assert_eq!(activation.module_hash, keccak256(&activation.module));
}

#[test]
fn names_of_functions_may_be_long() {
    accept(&with(&format!("(func ${})", "n".repeat(513))));
}

#[test]
fn a_memory_that_cannot_grow_is_not_paid_for() {
    let grows = |memory: &str| {
        accept(&format!(
            r#"(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32))) {memory} {ENTRY}
                (func (drop (memory.grow (i32.const 1)))))"#
        ))
    };
    let fixed = grows(r#"(memory (export "memory") 1 1)"#);
    let growing = grows(r#"(memory (export "memory") 1 2)"#);
    // The four instructions of the payment, and its call in the code.
    assert!(fixed.module.len() < growing.module.len());
    assert!(fixed.activation_gas < growing.activation_gas);
}
