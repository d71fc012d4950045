//! Every host function, a row each: what it costs, does and is told to tracers, and each way it
//! refuses. The rows say what is particular; what holds for all of them is tested here.

mod rows;

use super::{ARBOS, chain::TestChain, env};
use crate::vm::{
    FrameGas, HostCall, Outcome, Program, ProgramEnv, Status, activate,
    host::{CONSOLE, DEBUG, HOOKS, signature},
    run,
};
use alloy_primitives::{Bytes, hex};
use rows::{Row, rows};
use std::collections::HashSet;
use wasmparser::ValType;

const GAS: u64 = 1_000_000;
const INK_PRICE: u64 = 10_000;
/// Bytes of the one page of memory.
const PAGE: u32 = 65_536;
/// Bytes of memory that are compared.
const SHOWN: usize = 1_024;
/// Where a function's answer is put.
const ANSWER: usize = 1_000;

/// An argument of a host function.
#[derive(Clone, Copy, Debug)]
enum Arg {
    /// A pointer to this many bytes.
    Pointer(u32, u32),
    I32(i32),
    I64(i64),
    /// Zero, as no instruction that makes a float can be paid for.
    F32,
    F64,
}

use Arg::{F32, F64, I32, I64, Pointer};

impl Arg {
    fn wat(self) -> String {
        match self {
            Pointer(at, _) => format!("(i32.const {at})"),
            I32(value) => format!("(i32.const {value})"),
            I64(value) => format!("(i64.const {value})"),
            F32 => "(local.get $f32)".to_owned(),
            F64 => "(local.get $f64)".to_owned(),
        }
    }
}

/// What a static context means to a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Static {
    /// Nothing.
    Same,
    /// It refuses.
    Refused,
    /// It answers otherwise; tested where calls are.
    Otherwise,
}

/// A run of a row's program.
struct Run {
    outcome: Outcome,
    chain: TestChain,
    /// What was reported of the function.
    call: Option<HostCall>,
}

impl Row {
    /// A program that calls the function after what the row does before it, stores its answer and
    /// returns its memory.
    fn program(&self, args: &[Arg]) -> Program {
        let (_, results) = signature(self.module, self.name, true).unwrap();
        let args: String = args.iter().map(|arg| arg.wat()).collect();
        let call = format!("(call $function {args})");
        let call = match results {
            [] => call,
            [ValType::I32] => format!("(i32.store (i32.const {ANSWER}) {call})"),
            [ValType::I64] => format!("(i64.store (i32.const {ANSWER}) {call})"),
            _ => format!("(drop {call})"),
        };
        let memory: Vec<_> = memory()
            .iter()
            .map(|byte| format!("\\{byte:02x}"))
            .collect();
        let memory = memory.concat();
        let import = |module: &str, name: &str, id: &str| {
            let ty = super::text_of(signature(module, name, true).unwrap());
            format!(r#"(import "{module}" "{name}" (func ${id} {ty}))"#)
        };
        let needed = [
            "write_result",
            "storage_cache_bytes32",
            "static_call_contract",
        ]
        .map(|name| import("vm_hooks", name, name))
        .concat();
        let wat = format!(
            r#"(module {needed} {} (memory (export "memory") 1 1) (data (i32.const 0) "{memory}")
                (func (export "user_entrypoint") (param i32) (result i32) (local $f32 f32) (local $f64 f64)
                    {} {call} (call $write_result (i32.const 0) (i32.const {SHOWN})) i32.const 0))"#,
            import(self.module, self.name, "function"),
            self.before
        );
        let activation = activate(&wat::parse_str(wat).unwrap(), 128, true, ARBOS).unwrap();
        Program::compile(&activation.module).unwrap()
    }

    fn run(&self, args: &[Arg], gas: u64, is_static: bool) -> Run {
        let mut chain = (self.chain)();
        chain.trace = Some(Vec::new());
        let env = ProgramEnv { is_static, ..env() };
        let gas = FrameGas {
            given: gas,
            left: gas,
        };
        let outcome = run(&self.program(args), &rows::CALLDATA, gas, &env, &mut chain).unwrap();
        let calls = chain.trace.as_ref().unwrap();
        let call = calls.iter().rfind(|call| {
            call.name == self.reported && (call.name != "write_result" || call.args.len() < SHOWN)
        });
        Run {
            call: call.cloned(),
            outcome,
            chain,
        }
    }
}

/// The memory a row's program begins with, see [`rows`].
fn memory() -> Vec<u8> {
    let mut memory = vec![0; SHOWN];
    for (at, bytes) in rows::MEMORY {
        memory[at..at + bytes.len()].copy_from_slice(bytes);
    }
    memory
}

#[test]
fn every_function_has_a_row() {
    let listed: HashSet<_> = rows().iter().map(|row| (row.module, row.name)).collect();
    let tables = [
        ("vm_hooks", &HOOKS[..]),
        ("console", &CONSOLE),
        ("debug", &DEBUG),
    ];
    let all: HashSet<_> = tables
        .into_iter()
        .flat_map(|(module, table)| table.iter().map(move |(name, _)| (module, *name)))
        .collect();
    assert_eq!(listed, all);
}

#[test]
fn each_function_costs_and_does_what_its_row_says() {
    for row in rows() {
        let name = row.name;
        let Run {
            outcome,
            chain,
            call,
        } = row.run(&row.args, GAS, false);
        assert_eq!(outcome.status, row.ends, "{name}: {:?}", outcome.trap);
        if let Some(call) = call {
            assert_eq!(call.start_ink - call.end_ink, row.ink, "{name}");
            let told = (hex::encode(&call.args), hex::encode(&call.outs));
            let expected = (hex::encode(&row.told.0), hex::encode(&row.told.1));
            assert_eq!(told, expected, "{name}");
        } else {
            assert_eq!((row.reported, row.ink), ("", 0), "{name} is not reported");
        }
        if row.ends == Status::Success {
            let mut expected = memory();
            for (at, bytes) in &row.writes {
                expected[*at..*at + bytes.len()].copy_from_slice(bytes);
            }
            expected[ANSWER..ANSWER + 8].copy_from_slice(&row.answer.to_le_bytes());
            assert_eq!(
                hex::encode(&outcome.output),
                hex::encode(expected),
                "{name}"
            );
        }
        assert!((row.effect)(&chain), "{name}: {chain:?}");
    }
}

#[test]
fn each_pointer_may_reach_to_the_end_of_memory_and_no_further() {
    for row in rows() {
        for (position, arg) in row.args.iter().enumerate() {
            let Pointer(_, bytes) = *arg else { continue };
            let with = |at: u32| {
                let mut args = row.args.clone();
                args[position] = Pointer(at, bytes);
                row.run(&args, GAS, false)
            };
            let what = format!("argument {position} of {}", row.name);
            assert_eq!(with(PAGE - bytes).outcome.status, row.ends, "{what}");
            for beyond in [PAGE - bytes + 1, PAGE + 1, u32::MAX] {
                let Run { outcome, call, .. } = with(beyond);
                let (status, output) = (outcome.status, outcome.output);
                assert_eq!((status, output), (Status::Revert, Bytes::new()), "{what}");
                assert!(outcome.gas_left > GAS / 2, "{what} keeps the gas");
                assert_eq!(call, None, "{what} is not reported");
            }
        }
    }
}

#[test]
fn each_function_runs_out_of_ink_one_short_of_what_it_wants() {
    for row in rows().iter().filter(|row| row.ink > 0) {
        let name = row.name;
        let ample = row.run(&row.args, GAS, false).call.unwrap();
        let before = GAS * INK_PRICE - ample.start_ink;
        // The least gas at which what is charged, and what must be held after the base price, is there.
        let wanted = row.ink.max(row.base + row.require * INK_PRICE);
        let enough = (before + wanted).div_ceil(INK_PRICE);
        let Run { call, .. } = row.run(&row.args, enough, false);
        assert!(call.is_some(), "{name} with {enough} gas");
        let Run { outcome, call, .. } = row.run(&row.args, enough - 1, false);
        assert_eq!((outcome.status, call), (Status::OutOfGas, None), "{name}");
        assert_eq!(
            (outcome.gas_left, outcome.output),
            (0, Bytes::new()),
            "{name}"
        );
    }
}

#[test]
fn only_functions_that_change_the_state_mind_a_static_context() {
    for row in rows() {
        let name = row.name;
        let usual = row.run(&row.args, GAS, false);
        let Run {
            outcome,
            chain,
            call,
        } = row.run(&row.args, GAS, true);
        match row.in_static {
            Static::Same => assert_eq!((outcome, call), (usual.outcome, usual.call), "{name}"),
            Static::Refused => {
                let (status, output) = (outcome.status, outcome.output);
                assert_eq!((status, output), (Status::Revert, Bytes::new()), "{name}");
                assert!(outcome.gas_left > GAS / 2, "{name} keeps the gas");
                assert_eq!(call, None, "{name}");
                assert!(!(row.effect)(&chain), "{name} changed the state");
            }
            Static::Otherwise => {}
        }
    }
}
