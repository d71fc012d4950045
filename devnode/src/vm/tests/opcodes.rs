//! What instructions cost, measured by running them.

use super::{GAS, chain::TestChain, execute, module, try_activate};
use crate::vm::{ActivationError, Status};

/// Ink of a body that is one basic block and leaves 0.
const EMPTY_BODY: u64 = 2_452;

/// Ink a program with this body spends.
fn ink(body: &str) -> u64 {
    let items = "(table 2 funcref) (elem (i32.const 0) $none $two) \
                 (type $none_type (func)) (type $two_type (func (param i32 i64))) \
                 (global $g (mut i32) (i32.const 0)) \
                 (func $none) (func $two (param i32 i64))";
    let wat = module(&[], items, body);
    let outcome = execute(&wat, &[], GAS, &mut TestChain::default());
    assert_eq!(
        outcome.status,
        Status::Success,
        "{body}: {:?}",
        outcome.trap
    );
    GAS * 10_000 - outcome.ink_left
}

/// Ink of instructions that leave the stack as it was and stay in one basic block.
fn straight(ops: &str) -> u64 {
    ink(&format!("{ops} i32.const 0")) - EMPTY_BODY
}

#[test]
fn a_body_costs_its_block_header_and_instructions() {
    assert_eq!(ink("i32.const 0"), EMPTY_BODY);
}

#[test]
fn plain_instructions() {
    for (ops, price) in [
        ("nop", 1),
        ("i32.const 5 drop", 1 + 9),
        ("i64.const 5 drop", 1 + 9),
        ("local.get 0 drop", 75 + 9),
        ("i32.const 1 local.set 0", 1 + 210),
        ("i32.const 1 local.tee 0 drop", 1 + 75 + 9),
        ("global.get $g drop", 225 + 9),
        ("i32.const 1 global.set $g", 1 + 575),
        (
            "i32.const 1 i32.const 2 i32.const 1 select drop",
            3 + 1_250 + 9,
        ),
        ("memory.size drop", 3_000 + 9),
        ("i32.const 0 memory.grow drop", 1 + 8_050 + 9),
        ("i32.const 1 i64.extend_i32_u drop", 1 + 100 + 9),
        ("i64.const 1 i32.wrap_i64 drop", 1 + 100 + 9),
        ("i32.const 1 i32.extend8_s drop", 1 + 100 + 9),
        ("i64.const 1 i64.extend32_s drop", 1 + 100 + 9),
    ] {
        assert_eq!(straight(ops), price, "{ops}");
    }
}

#[test]
fn arithmetic_instructions() {
    for (kind, groups) in [
        (
            "i32",
            [
                ("add sub and or xor shl shr_s shr_u rotl rotr", 70),
                ("mul", 160),
                ("div_s div_u rem_s rem_u", 1_120),
                ("eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u", 170),
            ],
        ),
        (
            "i64",
            [
                ("add sub and or xor shl shr_s shr_u rotl rotr", 100),
                ("mul", 160),
                ("div_s div_u rem_s rem_u", 1_270),
                ("eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u", 225),
            ],
        ),
    ] {
        for (ops, price) in groups {
            for op in ops.split(' ') {
                let body = format!("{kind}.const 9 {kind}.const 4 {kind}.{op} drop");
                assert_eq!(straight(&body), price + 11, "{kind}.{op}");
            }
        }
    }
    for (op, price) in [
        ("i32.eqz", 170),
        ("i64.eqz", 225),
        ("i32.clz", 210),
        ("i32.ctz", 210),
        ("i64.clz", 210),
        ("i64.ctz", 210),
        ("i32.popcnt", 2_650),
        ("i64.popcnt", 6_000),
    ] {
        let body = format!("{}.const 9 {op} drop", &op[..3]);
        assert_eq!(straight(&body), price + 10, "{op}");
    }
}

#[test]
fn memory_instructions() {
    for (ops, price) in [
        (
            "i32.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u",
            670,
        ),
        (
            "i64.load i64.load8_s i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u",
            680,
        ),
    ] {
        for op in ops.split(' ') {
            assert_eq!(
                straight(&format!("i32.const 8 {op} drop")),
                price + 10,
                "{op}"
            );
        }
    }
    for (ops, price) in [
        ("i32.store i32.store8 i32.store16", 825),
        ("i64.store i64.store8 i64.store16 i64.store32", 950),
    ] {
        for op in ops.split(' ') {
            let body = format!("i32.const 8 {}.const 1 {op}", &op[..3]);
            assert_eq!(straight(&body), price + 2, "{op}");
        }
    }
}

#[test]
fn bulk_memory_instructions_cost_by_the_byte() {
    for bytes in [0_u64, 1, 1_000] {
        let fill = format!("i32.const 0 i32.const 7 i32.const {bytes} memory.fill");
        assert_eq!(straight(&fill), 3 + 950 + 100 * bytes);
        let copy = format!("i32.const 0 i32.const 2000 i32.const {bytes} memory.copy");
        assert_eq!(straight(&copy), 3 + 950 + 100 * bytes);
    }
}

#[test]
fn control_instructions() {
    let header = 2_450;
    for (body, price) in [
        // block, end | end of the body after the constant
        ("block end i32.const 0", header + 2 + EMPTY_BODY),
        ("loop end i32.const 0", header + 1 + header + 1 + EMPTY_BODY),
        // block, br | nothing of the rest | after the end
        ("block br 0 end i32.const 0", header + 1 + 765 + EMPTY_BODY),
        // taken: block, const, br_if
        (
            "block i32.const 1 br_if 0 end i32.const 0",
            header + 2 + 765 + EMPTY_BODY,
        ),
        // not taken: and the end
        (
            "block i32.const 0 br_if 0 end i32.const 0",
            header + 2 + 765 + header + 1 + EMPTY_BODY,
        ),
        (
            "block i32.const 0 br_table 0 0 0 end i32.const 0",
            header + 2 + 2_400 + 650 + EMPTY_BODY,
        ),
        (
            "i32.const 1 if end i32.const 0",
            header + 1 + 765 + header + 1 + EMPTY_BODY,
        ),
        // not taken: straight behind the end
        (
            "i32.const 0 if end i32.const 0",
            header + 1 + 765 + EMPTY_BODY,
        ),
        // taken: the block up to and with `else`
        (
            "i32.const 1 if nop else nop nop end i32.const 0",
            header + 1 + 765 + header + 2 + EMPTY_BODY,
        ),
        // not taken: the block from behind `else` to `end`
        (
            "i32.const 0 if nop else nop nop end i32.const 0",
            header + 1 + 765 + header + 3 + EMPTY_BODY,
        ),
        ("i32.const 0 return", header + 2),
        // the callee's block is its `end`
        (
            "call $none i32.const 0",
            header + 3_800 + header + 1 + EMPTY_BODY,
        ),
        (
            "i32.const 0 call_indirect (type $none_type) i32.const 0",
            header + 1 + 13_610 + header + 1 + EMPTY_BODY,
        ),
        (
            "i32.const 0 i64.const 0 i32.const 1 call_indirect (type $two_type) i32.const 0",
            header + 3 + 13_610 + 2 * 650 + header + 1 + EMPTY_BODY,
        ),
    ] {
        assert_eq!(ink(body), price, "{body}");
    }
}

#[test]
fn float_moves_validate_but_cannot_be_paid_for() {
    for ops in [
        "f32.const 1 drop",
        "f64.const 1 drop",
        "i32.const 0 f32.load drop",
    ] {
        let wat = module(&[], "", &format!("{ops} i32.const 0"));
        let outcome = execute(&wat, &[], GAS, &mut TestChain::default());
        assert_eq!(outcome.status, Status::OutOfGas, "{ops}");
        let unreached = module(&[], "", &format!("i32.const 0 if {ops} end i32.const 0"));
        let outcome = execute(&unreached, &[], GAS, &mut TestChain::default());
        assert_eq!(outcome.status, Status::Success, "{ops}");
    }
}

#[test]
fn float_arithmetic_is_refused() {
    for ops in [
        "f32.const 1 f32.const 1 f32.add drop",
        "f64.const 1 f64.const 1 f64.lt drop",
        "f32.const 1 i32.trunc_f32_s drop",
        "f32.const 1 i32.trunc_sat_f32_s drop",
        "i32.const 1 f64.convert_i32_s drop",
        "f32.const 1 f64.promote_f32 drop",
    ] {
        let error = try_activate(&module(&[], "", &format!("{ops} i32.const 0"))).unwrap_err();
        assert!(
            matches!(
                error,
                ActivationError::ForbiddenInstruction { function: 0, .. }
            ),
            "{ops}: {error}"
        );
    }
}

#[test]
fn a_block_is_refused_before_it_runs() {
    // The store must not happen when the rest of its block cannot be paid.
    let body = "i32.const 0 i32.const 1 i32.store
                i32.const 0 i32.const 0 i32.const 1000 memory.fill
                i32.const 0";
    let wat = module(&[], "", body);
    let exact = ink(body);
    let gas = exact.div_ceil(10_000);
    assert_eq!(
        execute(&wat, &[], gas, &mut TestChain::default()).status,
        Status::Success
    );
    let short = execute(&wat, &[], gas - 1, &mut TestChain::default());
    assert_eq!((short.status, short.gas_left), (Status::OutOfGas, 0));
}
