//! Modules made up at random, by `wasm-smith` or by breaking one that works: instrumentation changes
//! nothing but the cost, and no bytes break activation.
//!
//! A usual run takes a few seconds; `PROPTEST_CASES` sets another number of modules.

use super::{ARBOS, GAS, chain::TestChain, env};
use crate::vm::{FrameGas, Program, ProgramEnv, Status, activate, run};
use proptest::{
    prelude::*,
    test_runner::{TestCaseResult, TestRunner},
};
use std::cell::Cell;
use wasmi::{TrapCode, Val};

/// Cases of a proptest that nobody asked another number of.
const UNASKED: u32 = 256;
/// Fuel of a plain run; modules that need more are left out.
const FUEL: u64 = 200_000;
/// A module that grows at most by this when it is instrumented: a header of about 45 bytes for a block
/// of one or two.
const GROWTH: usize = 64;

fn config(usual: u32) -> ProptestConfig {
    let config = ProptestConfig::default();
    let cases = if config.cases == UNASKED {
        usual
    } else {
        config.cases
    };
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..config
    }
}

/// A valid module without imports, within the features of programs under this `ArbOS` version.
fn module(seed: &[u8], arbos_version: u64) -> Option<Vec<u8>> {
    let stylus_3 = arbos_version >= crate::vm::STYLUS_V3_ARBOS;
    let shape = r#"(module (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32) unreachable))"#;
    let config = wasm_smith::Config {
        exports: Some(wat::parse_str(shape).unwrap()),
        max_imports: 0,
        max_memories: 0,
        max_data_segments: 0,
        // Bulk memory would bring instructions on tables, which are refused.
        max_tables: usize::from(!stylus_3),
        max_element_segments: if stylus_3 { 0 } else { 4 },
        max_table_elements: 20,
        max_instructions: 300,
        max_funcs: 12,
        allow_floats: false,
        allow_start_export: false,
        // What a wide fill does differs before version 3, and several results are refused after.
        bulk_memory_enabled: stylus_3,
        multi_value_enabled: !stylus_3,
        compact_imports_enabled: false,
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        saturating_float_to_int_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..wasm_smith::Config::default()
    };
    let mut source = arbitrary::Unstructured::new(seed);
    let module = wasm_smith::Module::new(config, &mut source).ok()?;
    Some(module.to_bytes())
}

/// How a module ended by itself: what it answered with its memory, or its trap.
type End = Result<(i32, Vec<u8>), TrapCode>;

/// Runs a module as it stands, with these values in its exported globals. `None` if it took too long or
/// too much stack.
fn run_plain(module: &[u8], globals: &[(&str, Val)], fuel: Option<u64>) -> Option<End> {
    let mut config = wasmi::Config::default();
    config
        .consume_fuel(fuel.is_some())
        .set_max_recursion_depth(30_000);
    let engine = wasmi::Engine::new(&config);
    let module = wasmi::Module::new(&engine, module).unwrap();
    let mut store = wasmi::Store::new(&engine, ());
    if let Some(fuel) = fuel {
        store.set_fuel(fuel).unwrap();
    }
    // An instrumented module imports one function, to ask for ink; it has enough.
    let more_ink = wasmi::Func::wrap(&mut store, |_: i64| -> Result<(), wasmi::Error> {
        Err(wasmi::Error::new("it has all there is"))
    });
    let imports = vec![more_ink.into(); module.imports().count()];
    let instance = wasmi::Instance::new(&mut store, &module, &imports).unwrap();
    for (name, value) in globals {
        let global = instance.get_global(&store, name).unwrap();
        global.set(&mut store, value.clone()).unwrap();
    }
    let entry = instance
        .get_typed_func::<i32, i32>(&store, "user_entrypoint")
        .unwrap();
    let result = entry.call(&mut store, 5);
    let out_of_words = instance
        .get_global(&store, "stylus_stack_left")
        .is_some_and(|global| global.get(&store).i32() == Some(0));
    match result {
        Ok(answer) => {
            let memory = instance.get_memory(&store, "memory").unwrap();
            Some(Ok((answer, memory.data(&store).to_vec())))
        }
        Err(error) => match error.as_trap_code().unwrap() {
            TrapCode::OutOfFuel | TrapCode::StackOverflow => None,
            _ if out_of_words => None,
            trap => Some(Err(trap)),
        },
    }
}

/// Compares a module with itself instrumented; whether there was anything to compare.
fn compare(wasm: &[u8], arbos_version: u64) -> Result<bool, TestCaseError> {
    let activation = match activate(wasm, 128, false, arbos_version) {
        Ok(activation) => activation,
        Err(error) => {
            // What the generator cannot be kept from: tables and segments that are refused.
            let known = [
                "segment", "table", "ElemDrop", "Table", "constant", "globals",
            ];
            let error = error.to_string();
            prop_assert!(known.iter().any(|part| error.contains(part)), "{}", error);
            return Ok(false);
        }
    };
    let Some(plain) = run_plain(wasm, &[], Some(FUEL)) else {
        return Ok(false);
    };
    let globals = [
        ("stylus_ink_left", Val::I64(i64::MAX)),
        ("stylus_stack_left", Val::I32(22_000)),
    ];
    let Some(metered) = run_plain(&activation.module, &globals, None) else {
        return Ok(false);
    };
    prop_assert!(plain == metered, "{:?} is not {:?}", plain, metered);
    // The same through the VM, which shows less of it.
    let env = ProgramEnv {
        arbos_version,
        ..env()
    };
    let program = Program::compile(&activation.module).unwrap();
    let gas = FrameGas {
        given: GAS,
        left: GAS,
    };
    let outcome = run(&program, &[0; 5], gas, &env, &mut TestChain::default()).unwrap();
    let expected = match plain {
        Ok((0, _)) => Status::Success,
        Ok(_) | Err(_) => Status::Revert,
    };
    prop_assert_eq!(outcome.status, expected);
    Ok(true)
}

/// Compares many modules and insists that most of them could be compared.
fn compare_many(arbos_version: u64) {
    let (made, compared) = (Cell::new(0_u32), Cell::new(0_u32));
    let seeds = prop::collection::vec(any::<u8>(), 1_000..4_000);
    let check = |seed: Vec<u8>| -> TestCaseResult {
        if let Some(wasm) = module(&seed, arbos_version) {
            made.set(made.get() + 1);
            compared.set(compared.get() + u32::from(compare(&wasm, arbos_version)?));
        }
        Ok(())
    };
    let mut runner = TestRunner::new(config(100));
    runner.run(&seeds, check).unwrap();
    let (made, compared) = (made.get(), compared.get());
    assert!(
        compared * 2 > made,
        "only {compared} of {made} ran to an end"
    );
}

#[test]
fn random_modules_do_the_same_instrumented_with_several_results() {
    compare_many(ARBOS);
}

#[test]
fn random_modules_do_the_same_instrumented_with_bulk_memory() {
    compare_many(60);
}

/// A module with something of everything, to be broken.
fn rich() -> Vec<u8> {
    let wat = r#"(module
        (import "vm_hooks" "pay_for_memory_grow" (func $grow (param i32)))
        (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
        (import "vm_hooks" "write_result" (func $result (param i32 i32)))
        (type $pair (func (param i32 i32) (result i32)))
        (table 4 funcref) (elem (i32.const 1) $mix $mix)
        (memory (export "memory") 1 9)
        (global $g (mut i64) (i64.const 7)) (global $h i32 (i32.const -1))
        (data (i32.const 100) "some data of this module")
        (func $mix (type $pair) (local i64 i32)
            (block (loop (br_table 0 1 0 (local.get 0))))
            (memory.fill (i32.const 5) (i32.const 6) (i32.const 7))
            (memory.copy (i32.const 5) (i32.const 6) (i32.const 7))
            (global.set $g (i64.mul (global.get $g) (i64.extend_i32_s (local.get 1))))
            (if (result i32) (local.get 0) (then (i32.const 3)) (else (return (global.get $h)))))
        (func (export "user_entrypoint") (param i32) (result i32)
            (drop (memory.grow (i32.const 1)))
            (call $load (i32.const 0) (i32.const 32))
            (call $result (i32.const 0) (i32.const 32))
            (call_indirect (type $pair) (local.get 0) (i32.const 2) (i32.const 1))))"#;
    wat::parse_str(wat).unwrap()
}

/// Activation answers, and what it accepts compiles and is not much larger.
fn activation_holds(wasm: &[u8], debug: bool, arbos_version: u64) -> TestCaseResult {
    match activate(wasm, 128, debug, arbos_version) {
        Ok(activation) => {
            prop_assert!(activation.module.len() <= 1_024 + GROWTH * wasm.len());
            prop_assert!(Program::compile(&activation.module).is_ok());
        }
        Err(error) => prop_assert!(!error.to_string().is_empty()),
    }
    Ok(())
}

/// Bytes put over others, taken out or put in between.
#[derive(Clone, Debug)]
enum Mutation {
    Put(prop::sample::Index, u8),
    Cut(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Repeat(prop::sample::Index, u8),
}

impl Mutation {
    fn apply(&self, wasm: &mut Vec<u8>) {
        let range = |index: &prop::sample::Index, length: u8| {
            let start = index.index(wasm.len());
            start..wasm.len().min(start + usize::from(length))
        };
        match self {
            Self::Put(index, byte) => {
                let at = index.index(wasm.len());
                wasm[at] = *byte;
            }
            // Something stays, so that there is a place for the next one.
            Self::Cut(index, length) if wasm.len() > 300 => drop(wasm.drain(range(index, *length))),
            Self::Cut(..) => {}
            Self::Insert(index, bytes) => {
                let at = index.index(wasm.len());
                wasm.splice(at..at, bytes.iter().copied());
            }
            Self::Repeat(index, length) => {
                let part = wasm[range(index, *length)].to_vec();
                let at = index.index(wasm.len());
                wasm.splice(at..at, part);
            }
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (index(), any::<u8>()).prop_map(|(at, byte)| Mutation::Put(at, byte)),
        1 => (index(), any::<u8>()).prop_map(|(at, length)| Mutation::Cut(at, length)),
        1 => (index(), prop::collection::vec(any::<u8>(), 1..8))
            .prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        1 => (index(), any::<u8>()).prop_map(|(at, length)| Mutation::Repeat(at, length)),
    ]
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn broken_modules_never_break_activation(
        mutations in prop::collection::vec(mutation(), 1..6),
        debug in any::<bool>(),
        arbos_version in prop::sample::select(vec![40_u64, 51, 59, 60]),
    ) {
        let mut wasm = rich();
        for mutation in &mutations {
            mutation.apply(&mut wasm);
        }
        activation_holds(&wasm, debug, arbos_version)?;
    }

    #[test]
    fn random_bytes_never_break_activation(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        header in any::<bool>(),
    ) {
        let header = if header { &b"\0asm\x01\0\0\0"[..] } else { &[] };
        activation_holds(&[header, &bytes].concat(), true, ARBOS)?;
    }

    #[test]
    fn random_code_never_breaks_decoding(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        form in 0..3_u8,
    ) {
        let code = [&[0xef, 0xf0, form, 0][..], &bytes].concat();
        if let Ok(code) = crate::vm::ProgramCode::try_read(&code, 60, 4, 10_000) {
            let parts = vec![[&[0xef, 0xf0, 1][..], &bytes].concat(); code.fragments().len()];
            if let Ok(wasm) = code.decode(&parts, 10_000) {
                prop_assert!(wasm.len() <= 10_000);
            }
        }
    }
}
