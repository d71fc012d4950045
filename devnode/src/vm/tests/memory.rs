//! What memory pages cost.

use super::{ARBOS, GAS, chain::TestChain, env, execute, execute_in};
use crate::vm::{PageCounter, ProgramEnv, Status, StylusParams};

fn add(pages: &mut PageCounter, more: u16) -> u64 {
    pages.add(more, &StylusParams::for_arbos(ARBOS), ARBOS)
}

#[test]
fn two_pages_are_free() {
    let mut pages = PageCounter::default();
    assert_eq!(add(&mut pages, 2), 0);
    assert_eq!(add(&mut pages, 0), 0);
    // 1000 + exp(3) - exp(2), both 1.
    assert_eq!(add(&mut pages, 1), 1_000);
}

#[test]
fn all_pages_at_once_cost_31_999_998() {
    assert_eq!(add(&mut PageCounter::default(), 128), 31_999_998);
}

#[test]
fn page_by_page_costs_the_same_as_at_once() {
    let mut pages = PageCounter::default();
    let total: u64 = (0..128).map(|_| add(&mut pages, 1)).sum();
    assert_eq!(total, 31_999_998);
}

#[test]
fn a_hundred_pages_after_one() {
    let mut pages = PageCounter::default();
    add(&mut pages, 1);
    assert_eq!(add(&mut pages, 100), 99_000 + 833_067 - 1);
}

#[test]
fn the_curve_starts_flat() {
    // exp is 1 up to 5 pages, 2 up to 8, 128 at 36.
    let cost = |pages| add(&mut PageCounter::default(), pages);
    assert_eq!(cost(5), 3_000);
    assert_eq!(cost(6), 4_000 + 2 - 1);
    assert_eq!(cost(8), 6_000 + 2 - 1);
    assert_eq!(cost(36), 34_000 + 128 - 1);
}

#[test]
fn pages_given_back_pay_only_the_linear_part_again() {
    let mut pages = PageCounter::default();
    add(&mut pages, 2);
    let before = pages.open();
    let first = add(&mut pages, 50);
    pages.restore_open(before);
    assert_eq!((pages.open(), pages.ever()), (2, 52));
    let second = add(&mut pages, 50);
    assert_eq!(second, 50_000);
    assert!(first > second);
}

#[test]
fn more_than_128_pages_cannot_be_paid_once() {
    let mut pages = PageCounter::default();
    assert_eq!(add(&mut pages, 129), u64::MAX);
    // The quirk that Stylus version 3 closes: from then on only the linear part is left.
    pages.restore_open(0);
    assert_eq!(add(&mut pages, 10), 8_000);
    let mut pages = PageCounter::default();
    let params = StylusParams::for_arbos(59);
    assert_eq!(pages.add(129, &params, 59), u64::MAX);
    assert_eq!(pages.add(1, &params, 59), u64::MAX);
}

#[test]
fn from_stylus_3_on_the_page_limit_holds_for_open_pages_and_zero_lifts_it() {
    let with_limit = |page_limit| StylusParams {
        page_limit,
        ..StylusParams::for_arbos(59)
    };
    for (arbos_version, limit, gas) in [
        (59, 9, u64::MAX),
        (59, 10, 8_002),
        (59, 0, 8_002),
        (51, 9, 8_002),
    ] {
        // 8 pages beyond the free ones; exp(10) is 3 and exp(0) is 1.
        let cost = PageCounter::default().add(10, &with_limit(limit), arbos_version);
        assert_eq!(cost, gas, "limit {limit} under {arbos_version}");
    }
    // Frames that ended do not count.
    let (mut pages, params) = (PageCounter::default(), with_limit(9));
    pages.add(9, &params, 59);
    pages.restore_open(0);
    assert_eq!(pages.add(9, &params, 59), 7_000);
}

/// Grows by this many pages and returns the answer of `memory.grow` as four bytes.
fn grower(pages: i32) -> String {
    format!(
        r#"(module
            (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
            (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
            (memory (export "memory") 1)
            (func (export "user_entrypoint") (param i32) (result i32)
                (i32.store (i32.const 0) (memory.grow (i32.const {pages})))
                (call $write_result (i32.const 0) (i32.const 4))
                i32.const 0))"#
    )
}

#[test]
fn growing_pays_and_grows() {
    let mut chain = TestChain::default();
    add(&mut chain.pages, 1);
    let outcome = execute(&grower(100), &[], GAS, &mut chain);
    assert_eq!(
        (outcome.status, &outcome.output[..]),
        (Status::Success, &[1, 0, 0, 0][..])
    );
    assert_eq!(chain.pages.open(), 101);
    let mut bare = TestChain::default();
    add(&mut bare.pages, 1);
    let nothing = execute(&grower(0), &[], GAS, &mut bare);
    assert_eq!(nothing.ink_left - outcome.ink_left, 9_320_660_000 - 8_400);
}

#[test]
fn growing_without_the_gas_for_it_is_out_of_gas() {
    let mut chain = TestChain::default();
    add(&mut chain.pages, 1);
    assert_eq!(
        execute(&grower(100), &[], 900_000, &mut chain).status,
        Status::OutOfGas
    );
    assert_eq!(
        chain.pages.open(),
        101,
        "the pages count although they were not paid"
    );
}

#[test]
fn growing_beyond_the_curve_is_out_of_gas() {
    for pages in [128, 65_535, -1] {
        let mut chain = TestChain::default();
        add(&mut chain.pages, 1);
        assert_eq!(
            execute(&grower(pages), &[], GAS, &mut chain).status,
            Status::OutOfGas
        );
    }
}

#[test]
fn growing_by_65536_pages_fails_for_free_before_stylus_3() {
    let outcome = execute(&grower(65_536), &[], GAS, &mut TestChain::default());
    assert_eq!(
        (outcome.status, &outcome.output[..]),
        (Status::Success, &[0xff; 4][..])
    );
    let env = ProgramEnv {
        arbos_version: 59,
        ..env()
    };
    let outcome = execute_in(&env, &grower(65_536), &[], GAS, &mut TestChain::default());
    assert_eq!(outcome.status, Status::OutOfGas);
}

/// Grows a memory of no pages and no maximum by `pages`; ends with 0 if that failed.
fn grows_from_nothing(pages: u32) -> String {
    format!(
        r#"(module
            (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
            (memory (export "memory") 0)
            (func (export "user_entrypoint") (param i32) (result i32)
                (i32.ne (memory.grow (i32.const {pages})) (i32.const -1))))"#
    )
}

#[test]
fn no_frame_gets_four_gibibytes_for_free() {
    // The chain counts 65 536 pages as none, and the memory has room for as many.
    let outcome = execute(
        &grows_from_nothing(65_536),
        &[],
        GAS,
        &mut TestChain::default(),
    );
    assert_eq!(outcome.status, Status::Success);
    let paid = execute(&grows_from_nothing(1), &[], GAS, &mut TestChain::default());
    assert_eq!(paid.status, Status::Revert, "one page was got");
}
