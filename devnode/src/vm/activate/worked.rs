//! Figures of five modules, worked out by hand from the published formulas (Nitro:
//! `crates/prover/src/programs/mod.rs`, `machine.rs`). Every division rounds down by itself.
//!
//! `L` is the module's bytes, `f` its functions, `t` their parameters and results, `g` its globals and
//! the four injected ones, `s` the encoded bytes of its segments, `p` its pages, `n` its instructions
//! once instrumented: 12 more for each block, 17 for each `memory.fill` and `memory.copy`, 4 for each
//! `memory.grow`, 4 for each `return`, and for each function 12 at its beginning and 5 at its end.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::activate;
use crate::vm::StylusParams;

/// What is expected of a module.
struct Worked {
    bytes: usize,
    activation_gas: u64,
    asm_estimate: u32,
    init: u16,
    cached_init: u16,
    footprint: u16,
    /// Gas to start it, uncached and cached.
    start_gas: (u64, u64),
}

fn assert_worked(wat: &str, expected: &Worked) {
    let wasm = wat::parse_str(wat).unwrap();
    let activation = activate(&wasm, 128, false, 51).unwrap();
    assert_eq!(wasm.len(), expected.bytes);
    assert_eq!(activation.activation_gas, expected.activation_gas);
    assert_eq!(activation.asm_estimate, expected.asm_estimate);
    let (init, cached_init) = (activation.init, activation.cached_init);
    assert_eq!((init, cached_init), (expected.init, expected.cached_init));
    assert_eq!(activation.footprint, expected.footprint);
    let params = StylusParams::for_arbos(51);
    let start = |cached| params.start_gas(init, cached_init, cached);
    assert_eq!((start(false), start(true)), expected.start_gas);
}

/// Bytes: header 8, types 8, functions 4, memory 6, exports 30, code 8.
///
/// L = 64, f = 1, t = 2, g = 4, s = 0, p = 1; n = 2 + 12 + 12 + 5 = 31.
#[test]
fn the_smallest_module() {
    let wat = r#"(module (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#;
    let expected = Worked {
        bytes: 64,
        // ⌊64 × 0.31733⌋ + ⌊0.17263⌋ + 2217 + ⌊31 × 0.535⌋ = 20 + 0 + 2217 + 16
        activation_gas: 2_253 * 28,
        // 512000 + ⌊996.829⌋ + ⌊2 × 11.416⌋ + ⌊64 × 6.2628⌋ = 512000 + 996 + 22 + 400
        asm_estimate: 513_418,
        // ⌊8.252⌋ + ⌊2 × 1.059⌋ + ⌊64 × 0.1286⌋ = 8 + 2 + 8
        init: 18,
        // 0 + 0 + 0 + ⌊4 × 1.628⌋ + 0 + 5 × 1 = 6 + 5
        cached_init: 11,
        footprint: 1,
        // 69 × 128 + 18 and 11 × 32 + 11
        start_gas: (8_850 + 363, 363),
    };
    assert_worked(wat, &expected);
}

/// Bytes: header 8, types 8, functions 5, table 6, memory 6, exports 30, elements 10 (the segment 7),
/// code 18, data 44 (the segment 41, which holds 36).
///
/// L = 135, f = 2, t = 4, g = 4, s = 7 + 41, p = 2. The first function has two blocks, for a call ends
/// one: 4 + 24 + 12 + 5 = 45; the second 2 + 12 + 12 + 5 = 31; n = 76.
#[test]
fn a_module_with_a_table_and_data() {
    let wat = r#"(module (type (func (param i32) (result i32)))
        (memory (export "memory") 2 2) (table 2 funcref) (elem (i32.const 0) 0 1)
        (data (i32.const 16) "0123456789abcdefghijklmnopqrstuvwxyz")
        (func (export "user_entrypoint") (type 0)
            local.get 0 i32.const 1 call_indirect (type 0))
        (func (type 0) local.get 0))"#;
    let expected = Worked {
        bytes: 135,
        // ⌊135 × 0.31733⌋ + ⌊2 × 0.17263⌋ + ⌊36 × 0.17376⌋ + ⌊7 × 0.17376⌋ + 2 × 2217 + ⌊76 × 0.535⌋
        // = 42 + 0 + 6 + 1 + 4434 + 40
        activation_gas: 4_523 * 28,
        // 512000 + ⌊1993.658⌋ + ⌊4 × 11.416⌋ + ⌊135 × 6.2628⌋ = 512000 + 1993 + 45 + 845
        asm_estimate: 514_883,
        // ⌊16.504⌋ + ⌊4 × 1.059⌋ + ⌊135 × 0.1286⌋ = 16 + 4 + 17
        init: 37,
        // 0 + 0 + 0 + 6 + ⌊48 × 0.75244⌋ + 5 × 2 = 6 + 36 + 10
        cached_init: 52,
        footprint: 2,
        start_gas: (8_832 + 37 + 352 + 52, 352 + 52),
    };
    assert_worked(wat, &expected);
}

/// Bytes: header 8, types 12, import 34, functions 4, memory 5, global 8, exports 30, code 33.
///
/// L = 134, f = 1, t = 2 (an imported function counts for nothing), g = 5, s = 0, p = 0; n = 14 of its
/// own, 2 × 12 for two blocks, 2 × 17 for fill and copy, 4 for growing, 4 for its `return`, 12 + 5.
#[test]
fn a_module_that_moves_and_grows_its_memory() {
    let wat = r#"(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
        (memory (export "memory") 0) (global (mut i32) (i32.const 5))
        (func (export "user_entrypoint") (param i32) (result i32)
            i32.const 0 i32.const 1 i32.const 2 memory.fill
            i32.const 0 i32.const 1 i32.const 2 memory.copy
            i32.const 3 memory.grow drop
            global.get 0 return))"#;
    let expected = Worked {
        bytes: 134,
        // ⌊134 × 0.31733⌋ + 0 + ⌊97 × 0.535⌋ = 42 + 51
        activation_gas: 93 * 28,
        // 512000 + 996 + 22 + ⌊134 × 6.2628⌋ = 512000 + 996 + 22 + 839
        asm_estimate: 513_857,
        // 8 + 2 + ⌊134 × 0.1286⌋ = 8 + 2 + 17
        init: 27,
        // ⌊5 × 1.628⌋
        cached_init: 8,
        footprint: 0,
        start_gas: (8_832 + 27 + 352 + 8, 352 + 8),
    };
    assert_worked(wat, &expected);
}

/// Bytes: header 8, types 15, functions 24, memory 6, exports 30, code 123.
///
/// L = 206, f = 21, t = 2 + 20 × 4, g = 4, s = 0, p = 1. The entry point has seven blocks, which end at
/// `if`, `else`, `end`, `loop`, `br_if`, `end` and `end`: 12 + 84 + 12 + 5 = 113; the others have
/// 31 each; n = 733.
#[test]
fn a_module_of_many_functions() {
    let wat = format!(
        r#"(module (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32)
            local.get 0 if nop else nop end
            loop local.get 0 br_if 0 end
            i32.const 0) {})"#,
        "(func (param i64 i64 i32) (result i64) local.get 0)".repeat(20)
    );
    let expected = Worked {
        bytes: 206,
        // ⌊206 × 0.31733⌋ + ⌊21 × 0.17263⌋ + 2217 + ⌊733 × 0.535⌋ = 65 + 3 + 2217 + 392
        activation_gas: 2_677 * 28,
        // 512000 + ⌊21 × 996.829⌋ + ⌊82 × 11.416⌋ + ⌊206 × 6.2628⌋ = 512000 + 20933 + 936 + 1290
        asm_estimate: 535_159,
        // ⌊21 × 8.252⌋ + ⌊82 × 1.059⌋ + ⌊206 × 0.1286⌋ = 173 + 86 + 26
        init: 285,
        // ⌊21 × 0.1342⌋ + 0 + 0 + 6 + 0 + 5 = 2 + 6 + 5
        cached_init: 13,
        footprint: 1,
        start_gas: (8_832 + 285 + 352 + 13, 352 + 13),
    };
    assert_worked(&wat, &expected);
}

/// Bytes: header 8, types 8, functions 4, memory 6, exports 30, code 8, data 3011 (the segment 3007,
/// which holds 3000).
///
/// L = 3075, f = 1, t = 2, g = 4, s = 3007, p = 17; n = 31.
#[test]
fn a_module_of_much_data_and_the_pages_of_an_untuned_linker() {
    let wat = format!(
        r#"(module (memory (export "memory") 17 17)
        (func (export "user_entrypoint") (param i32) (result i32) i32.const 0)
        (data (i32.const 1024) "{}"))"#,
        "x".repeat(3_000)
    );
    let expected = Worked {
        bytes: 3_075,
        // ⌊3075 × 0.31733⌋ + 0 + ⌊3000 × 0.17376⌋ + 17 × 2217 + 16 = 975 + 521 + 37689 + 16
        activation_gas: 39_201 * 28,
        // 512000 + 996 + 22 + ⌊3075 × 6.2628⌋ = 512000 + 996 + 22 + 19258
        asm_estimate: 532_276,
        // 8 + 2 + ⌊3075 × 0.1286⌋ = 8 + 2 + 395
        init: 405,
        // 0 + 0 + ⌊3075 × 0.00122⌋ + 6 + ⌊3007 × 0.75244⌋ + 5 × 17 = 3 + 6 + 2262 + 85
        cached_init: 2_356,
        footprint: 17,
        start_gas: (8_832 + 405 + 352 + 2_356, 352 + 2_356),
    };
    assert_worked(&wat, &expected);
}
