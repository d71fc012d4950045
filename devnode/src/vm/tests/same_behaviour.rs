//! Instrumentation changes nothing but the cost: programs made up at random do the same with and
//! without it.

use super::{GAS, chain::TestChain, env, module, program};
use crate::vm::{FrameGas, Status, run};
use proptest::prelude::*;

/// An expression that leaves an i32. Locals 0 to 3 are i32.
#[derive(Clone, Debug)]
enum Expr {
    Const(i32),
    Local(u8),
    Unary(&'static str, Box<Self>),
    Binary(&'static str, Box<Self>, Box<Self>),
    Wide(&'static str, Box<Self>, Box<Self>),
    Select(Box<Self>, Box<Self>, Box<Self>),
    Load(Box<Self>),
    If(Box<Self>, Box<Self>, Box<Self>),
    Call(Box<Self>, Box<Self>),
    CallIndirect(Box<Self>, Box<Self>, Box<Self>),
}

/// A statement that leaves nothing.
#[derive(Clone, Debug)]
enum Statement {
    Set(u8, Expr),
    Store(Expr, Expr),
    Block(Vec<Self>),
    /// Leaves the block around it.
    Leave(Expr),
    /// Runs its body a few times.
    Repeat(u8, Vec<Self>),
    Switch(Expr, Vec<Self>),
    Fill(Expr, u8, u8),
    Copy(Expr, Expr, u8),
    Return(Expr),
    Unreachable,
}

impl Expr {
    fn wat(&self) -> String {
        match self {
            Self::Const(value) => format!("(i32.const {value})"),
            Self::Local(local) => format!("(local.get {local})"),
            Self::Unary(op, a) => format!("(i32.{op} {})", a.wat()),
            // Traps are kept rare, or most programs would end before they have done much: divisors are
            // odd, loads and indirect calls in bounds. Stores now and then are not.
            Self::Binary(op, a, b) if op.contains('_') && !op.starts_with("sh") => {
                format!("(i32.{op} {} (i32.or {} (i32.const 1)))", a.wat(), b.wat())
            }
            Self::Binary(op, a, b) => format!("(i32.{op} {} {})", a.wat(), b.wat()),
            Self::Wide(op, a, b) => format!(
                "(i32.wrap_i64 (i64.{op} (i64.extend_i32_s {}) (i64.extend_i32_u {})))",
                a.wat(),
                b.wat()
            ),
            Self::Select(a, b, c) => format!("(select {} {} {})", a.wat(), b.wat(), c.wat()),
            Self::Load(at) => format!("(i32.load (i32.and {} (i32.const 0xfff8)))", at.wat()),
            Self::If(a, b, c) => format!(
                "(if (result i32) {} (then {}) (else {}))",
                a.wat(),
                b.wat(),
                c.wat()
            ),
            Self::Call(a, b) => format!("(call $mix {} {})", a.wat(), b.wat()),
            Self::CallIndirect(a, b, index) => format!(
                "(call_indirect (type $pair) {} {} (i32.and {} (i32.const 1)))",
                a.wat(),
                b.wat(),
                index.wat()
            ),
        }
    }
}

impl Statement {
    /// `loops` counts the loops around it, each with a counter local of its own.
    fn wat(&self, loops: usize) -> String {
        let all = |body: &[Self], loops| -> String { body.iter().map(|s| s.wat(loops)).collect() };
        match self {
            Self::Set(local, value) => format!("(local.set {local} {})", value.wat()),
            Self::Store(at, value) => format!("(i32.store {} {})", at.wat(), value.wat()),
            Self::Block(body) => format!("(block {})", all(body, loops)),
            Self::Leave(condition) => format!("(block (br_if 0 {}) (nop))", condition.wat()),
            Self::Repeat(times, body) => {
                let counter = 4 + loops;
                format!(
                    "(local.set {counter} (i32.const {times}))
                     (loop {} (br_if 0 (local.tee {counter}
                        (i32.sub (local.get {counter}) (i32.const 1)))))",
                    all(body, loops + 1)
                )
            }
            Self::Switch(index, body) => format!(
                "(block (block (block (br_table 0 1 2 {})) {}) {})",
                index.wat(),
                all(body, loops),
                all(body, loops)
            ),
            Self::Fill(at, value, bytes) => {
                format!(
                    "(memory.fill {} (i32.const {value}) (i32.const {bytes}))",
                    at.wat()
                )
            }
            Self::Copy(to, from, bytes) => {
                format!(
                    "(memory.copy {} {} (i32.const {bytes}))",
                    to.wat(),
                    from.wat()
                )
            }
            Self::Return(value) => format!("(if {} (then (return {})))", value.wat(), value.wat()),
            Self::Unreachable => {
                "(if (i32.eq (local.get 0) (local.get 1)) (then unreachable))".into()
            }
        }
    }
}

const BINARY: [&str; 15] = [
    "add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "rotl", "lt_s", "ge_u", "eq", "div_u",
    "rem_s", "div_s",
];

fn expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        any::<i32>().prop_map(Expr::Const),
        (-4..200_i32).prop_map(Expr::Const),
        (0..4_u8).prop_map(Expr::Local),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let boxed = inner.prop_map(Box::new).boxed();
        let (a, b, c) = (boxed.clone(), boxed.clone(), boxed);
        prop_oneof![
            (
                prop::sample::select(vec!["clz", "popcnt", "eqz", "extend8_s"]),
                a.clone()
            )
                .prop_map(|(op, a)| Expr::Unary(op, a)),
            (prop::sample::select(BINARY.to_vec()), a.clone(), b.clone())
                .prop_map(|(op, a, b)| Expr::Binary(op, a, b)),
            (
                prop::sample::select(BINARY[..9].to_vec()),
                a.clone(),
                b.clone()
            )
                .prop_map(|(op, a, b)| Expr::Wide(op, a, b)),
            (a.clone(), b.clone(), c.clone()).prop_map(|(a, b, c)| Expr::Select(a, b, c)),
            a.clone().prop_map(Expr::Load),
            (a.clone(), b.clone(), c.clone()).prop_map(|(a, b, c)| Expr::If(a, b, c)),
            (a.clone(), b.clone()).prop_map(|(a, b)| Expr::Call(a, b)),
            (a, b, c).prop_map(|(a, b, c)| Expr::CallIndirect(a, b, c)),
        ]
    })
}

fn statement() -> impl Strategy<Value = Statement> {
    // Small addresses mostly, so that not every program traps.
    let address = prop_oneof![30 => (0..60_000_i32).prop_map(Expr::Const), 1 => expr()].boxed();
    let leaf = prop_oneof![
        6 => (0..4_u8, expr()).prop_map(|(local, value)| Statement::Set(local, value)),
        4 => (address.clone(), expr()).prop_map(|(at, value)| Statement::Store(at, value)),
        2 => expr().prop_map(Statement::Leave),
        2 => (address.clone(), any::<u8>(), any::<u8>())
            .prop_map(|(at, value, bytes)| Statement::Fill(at, value, bytes)),
        2 => (address.clone(), address, any::<u8>())
            .prop_map(|(to, from, bytes)| Statement::Copy(to, from, bytes)),
        1 => expr().prop_map(Statement::Return),
        1 => Just(Statement::Unreachable),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        let body = prop::collection::vec(inner, 0..4).boxed();
        prop_oneof![
            body.clone().prop_map(Statement::Block),
            (1..4_u8, body.clone()).prop_map(|(times, body)| Statement::Repeat(times, body)),
            (expr(), body).prop_map(|(index, body)| Statement::Switch(index, body)),
        ]
    })
}

/// A program that runs the statements, mixes its memory into one number and returns it as its result.
fn wat_of(statements: &[Statement], result: &Expr) -> String {
    let body: String = statements
        .iter()
        .map(|statement| statement.wat(0))
        .collect();
    let items = format!(
        r"(type $pair (func (param i32 i32) (result i32)))
        (table 2 funcref) (elem (i32.const 0) $mix $work)
        (func $mix (type $pair) (i32.xor (i32.rotl (local.get 0) (i32.const 7)) (local.get 1)))
        (global $fuel (mut i32) (i32.const 40))
        (func $work (type $pair) (local i32 i32 i32 i32 i32 i32)
            (if (i32.eqz (global.get $fuel)) (then (return (i32.const 99))))
            (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
            {body} {})",
        result.wat()
    );
    // The result goes to the end of memory; all of memory is what the two runs are compared by.
    let entry = "(i32.store (i32.const 65532) (call $work (local.get $args_len) (i32.const 3)))
                 (call $write_result (i32.const 0) (i32.const 65536)) i32.const 0";
    module(&["write_result"], &items, entry)
}

/// Runs the module as it stands: its memory at the end, or `None` if it trapped.
fn run_plain(wat: &str, args_len: i32) -> Option<Vec<u8>> {
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, wat::parse_str(wat).unwrap()).unwrap();
    let mut store = wasmi::Store::new(&engine, ());
    let write_result = wasmi::Func::wrap(&mut store, |_: i32, _: i32| {});
    let instance = wasmi::Instance::new(&mut store, &module, &[write_result.into()]).unwrap();
    let entry = instance
        .get_typed_func::<i32, i32>(&store, "user_entrypoint")
        .unwrap();
    entry.call(&mut store, args_len).ok()?;
    let memory = instance.get_memory(&store, "memory").unwrap();
    Some(memory.data(&store).to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn instrumented_programs_do_what_plain_ones_do(
        statements in prop::collection::vec(statement(), 1..8),
        result in expr(),
        calldata in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let wat = wat_of(&statements, &result);
        let plain = run_plain(&wat, i32::try_from(calldata.len()).unwrap());
        let program = program(&wat);
        let gas = FrameGas { given: GAS, left: GAS };
        let run = || run(&program, &calldata, gas, &env(), &mut TestChain::default()).unwrap();
        let outcome = run();
        if let Some(memory) = plain {
            prop_assert_eq!(outcome.status, Status::Success, "{:?}", outcome.trap);
            prop_assert!(outcome.output[..] == memory[..]);
        } else {
            prop_assert_eq!(outcome.status, Status::Revert);
            prop_assert!(outcome.output.is_empty());
        }
        prop_assert_eq!(run(), outcome);
    }
}
