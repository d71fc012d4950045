//! The stack counter.

use super::{GAS, chain::TestChain, env, execute_in, module};
use crate::vm::{ProgramEnv, Status};

/// Runs `wat` with a counter of this many words; how it ended, and the first word of its memory.
fn run_with(words: u32, wat: &str) -> (Status, u32) {
    let env = ProgramEnv {
        max_stack_depth: words,
        ..env()
    };
    let mut chain = TestChain::default();
    let outcome = execute_in(&env, wat, &[], GAS, &mut chain);
    if outcome.status == Status::OutOfStack {
        assert_eq!((outcome.gas_left, outcome.output.len()), (0, 0));
    }
    let frames = chain.console.last().map_or(0, |line| line.parse().unwrap());
    (outcome.status, frames)
}

/// Recurses for ever and prints how deep it is. Its frame costs 9 words: 2 locals, 3 operands (one
/// live when a block begins, two of the block's header), and 4.
const RECURSES: &str = r#"(module
    (import "console" "log_i32" (func $print (param i32)))
    (memory (export "memory") 0 0)
    (global $depth (mut i32) (i32.const 0))
    (func $recurse (export "user_entrypoint") (param $args_len i32) (result i32)
        (local i32 i64)
        (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
        (call $print (global.get $depth))
        local.get 0
        call $recurse))"#;

#[test]
fn a_frame_needs_more_than_it_costs() {
    for (words, frames) in [(9, 0), (10, 1), (18, 1), (19, 2), (36, 3), (37, 4), (40, 4)] {
        assert_eq!(
            run_with(words, RECURSES),
            (Status::OutOfStack, frames),
            "{words} words"
        );
    }
}

#[test]
fn the_usual_counter_gives_thousands_of_frames() {
    assert_eq!(run_with(22_000, RECURSES), (Status::OutOfStack, 2_444));
}

/// Asserts that the frame of a function with these declarations and body costs exactly `words`.
fn assert_frame(declarations: &str, arguments: &str, body: &str, words: u32) {
    assert_frame_beside("", declarations, arguments, body, words);
}

/// The same in a module that has these items too.
fn assert_frame_beside(items: &str, declarations: &str, arguments: &str, body: &str, words: u32) {
    let wat = module(
        &[],
        &format!("{items} (func $f {declarations} {body})"),
        &format!("{arguments} call $f i32.const 0"),
    );
    // The entry point holds two operands at most, those of a block's header or the arguments.
    let caller = 2 + 4;
    assert_eq!(
        run_with(caller + words, &wat).0,
        Status::OutOfStack,
        "{body}: costs less"
    );
    assert_eq!(
        run_with(caller + words + 1, &wat).0,
        Status::Success,
        "{body}: costs more"
    );
}

#[test]
fn frames_cost_operands_locals_and_four_words() {
    // The header of a block alone takes two operands.
    assert_frame("", "", "", 2 + 4);
    // Declared locals count, parameters do not.
    assert_frame("(local i32 i64 i32)", "", "", 2 + 3 + 4);
    assert_frame("(param i32 i64)", "i32.const 0 i64.const 0", "", 2 + 4);
    // What is live when a block begins is below its header.
    assert_frame("", "", "i32.const 1 i32.const 2 drop drop", 2 + 4);
    assert_frame(
        "",
        "",
        "i32.const 1 i32.const 2 loop end drop drop",
        2 + 2 + 4,
    );
    assert_frame(
        "",
        "",
        "i32.const 1 i32.const 2 i32.const 3 drop drop drop",
        3 + 4,
    );
    // A block's result is counted when it begins.
    assert_frame("", "", "block (result i32) i32.const 1 end drop", 1 + 2 + 4);
    assert_frame(
        "",
        "",
        "block (result i32) i32.const 1 i32.const 2 drop end drop",
        1 + 2 + 4,
    );
    // Charging bulk memory holds three more than its operands.
    assert_frame(
        "",
        "",
        "i32.const 0 i32.const 0 i32.const 0 memory.fill",
        3 + 3 + 4,
    );
}

#[test]
fn an_indirect_call_holds_its_results_before_its_index_is_gone() {
    assert_frame_beside(
        "(type $t (func (param i32 i32) (result i32 i32 i32))) (table 1 funcref)",
        "",
        "",
        "i32.const 0
         if i32.const 0 i32.const 0 i32.const 0 call_indirect (type $t) drop drop drop end",
        3 + 3 + 4,
    );
}

#[test]
fn returning_gives_the_frame_back() {
    let items = "(func $f (result i32) i32.const 1 return)";
    let many = "call $f drop ".repeat(100);
    let wat = module(&[], items, &format!("{many} i32.const 0"));
    assert_eq!(run_with(30, &wat).0, Status::Success);
}
