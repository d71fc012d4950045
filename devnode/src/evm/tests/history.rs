//! Hashes of past blocks, and what Osaka brings at version 50.

use super::{ARB_SYS, Chain, USER, code, intrinsic, word};
use crate::{
    arbos::HISTORY,
    evm::{BlockContext, ExecutionStatus, MIN_BASE_FEE},
};
use alloy_primitives::{Address, B256, U256, hex};
use alloy_sol_types::{SolCall, SolError, sol};
use revm::bytecode::opcode::{MSTORE, PUSH0, PUSH1, RETURN};

sol! {
    function arbBlockHash(uint256 number) external view returns (bytes32 hash);
    error InvalidBlockNumber(uint256 requested, uint256 current);
}

const CLZ: u8 = 0x1e;

fn hash_of(number: u64) -> B256 {
    B256::from(U256::from(number + 1_000))
}

/// Begins the blocks up to a number, each with a hash of its own.
fn begin_to(chain: &mut Chain, number: u64) {
    for number in 1..=number {
        chain.block = BlockContext {
            parent_hash: hash_of(number - 1),
            ..BlockContext::new(number, chain.block.timestamp, MIN_BASE_FEE)
        };
        let block = chain.block.clone();
        chain.executor.begin_block(&block);
    }
}

#[test]
fn the_history_contract_answers_hashes_of_past_blocks() {
    let mut chain = Chain::new();
    begin_to(&mut chain, 300);
    for number in [0, 1, 42, 299] {
        let outcome = chain.call(HISTORY, word(number));
        assert_eq!(outcome.status, ExecutionStatus::Success, "{number}");
        assert_eq!(outcome.output[..], hash_of(number)[..]);
    }
    for input in [
        word(300),
        word(u64::MAX),
        U256::MAX.to_be_bytes_vec().into(),
    ] {
        assert_eq!(chain.call(HISTORY, input).status, ExecutionStatus::Revert);
    }
    let outcome = chain.call(HISTORY, word(3)[1..].to_vec());
    assert_eq!(outcome.status, ExecutionStatus::Revert);
    // Beyond the buffer: the slot holds another block's hash.
    chain.block.number = 393_168 + 7;
    assert_eq!(chain.call(HISTORY, word(6)).status, ExecutionStatus::Revert);
    assert!(chain.call(HISTORY, word(7)).status.is_success());
}

#[test]
fn only_the_system_sets_a_hash() {
    let mut chain = Chain::new();
    begin_to(&mut chain, 5);
    let system = Address::from(hex!("fffffffffffffffffffffffffffffffffffffffe"));
    let outcome = chain.call_as(system, HISTORY, word(9));
    assert_eq!(outcome.status, ExecutionStatus::Success);
    assert!(outcome.output.is_empty());
    let outcome = chain.call_as(USER, HISTORY, word(4));
    assert_eq!(outcome.output[..], hash_of(4)[..]);
}

#[test]
fn arb_sys_answers_256_hashes() {
    let mut chain = Chain::new();
    begin_to(&mut chain, 300);
    let ask = |number: u64| {
        let call = arbBlockHashCall {
            number: U256::from(number),
        };
        chain.call(ARB_SYS, call.abi_encode())
    };
    for number in [299, 200, 44] {
        assert_eq!(ask(number).output[..], hash_of(number)[..]);
    }
    for number in [300, 301, 43] {
        let error = InvalidBlockNumber::abi_decode(&ask(number).output).unwrap();
        assert_eq!(
            (error.requested, error.current),
            (U256::from(number), U256::from(300))
        );
    }
}

#[test]
fn leading_zeros_are_counted_from_50_on() {
    for (version, counts) in [(40, false), (50, true), (60, true)] {
        let mut chain = Chain::under(version);
        let code = [PUSH1, 1, CLZ, PUSH0, MSTORE, PUSH1, 32, PUSH0, RETURN];
        let counter = chain.deploy(&code);
        let outcome = chain.call(counter, []);
        assert_eq!(outcome.status.is_success(), counts, "{version}");
        if counts {
            assert_eq!(outcome.output, word(255));
        }
    }
}

/// Gas of a call of an Ethereum precompile beyond the intrinsic gas.
fn precompile_gas(chain: &mut Chain, address: u64, input: &[u8]) -> (u64, Vec<u8>) {
    let to = Address::left_padding_from(&address.to_be_bytes());
    let outcome = chain.send(to, input.to_vec());
    (outcome.gas_used - intrinsic(input), outcome.output.to_vec())
}

#[test]
fn p256_signatures_are_verified_at_the_price_of_the_version() {
    // A valid signature of RFC 6979 A.2.5 (P-256, SHA-256, message `sample`).
    let input = hex!(
        "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf"
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
        "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
    );
    for (version, price) in [(40, 3_450), (50, 6_900)] {
        let mut chain = Chain::under(version);
        let (gas, output) = precompile_gas(&mut chain, 0x100, &input);
        assert_eq!((gas, output), (price, word(1).to_vec()), "{version}");
    }
}

#[test]
fn modexp_costs_what_osaka_says_from_50_on() {
    // 3^2 mod 5, one byte each.
    let input = [
        word(1).to_vec(),
        word(1).to_vec(),
        word(1).to_vec(),
        vec![3, 2, 5],
    ]
    .concat();
    for (version, price) in [(40, 200), (50, 500)] {
        let mut chain = Chain::under(version);
        let (gas, output) = precompile_gas(&mut chain, 5, &input);
        assert_eq!((gas, output), (price, vec![4]), "{version}");
    }
}

#[test]
fn bls12_381_is_there_from_50_on() {
    // The point at infinity twice.
    let input = [0; 256];
    for (version, price, length) in [(40, 0, 0), (50, 375, 128)] {
        let mut chain = Chain::under(version);
        let (gas, output) = precompile_gas(&mut chain, 0x0b, &input);
        assert_eq!((gas, output.len()), (price, length), "{version}");
    }
}

#[test]
fn the_compute_cap_is_the_transactions_from_50_on_and_the_blocks_before() {
    // Before 50 the intrinsic gas came on top of what may be computed.
    for (version, used) in [(40, 32_000_000 + 21_000), (50, 32_000_000)] {
        let mut chain = Chain::under(version);
        let spinner = chain.deploy(&code::spinner());
        let tx = crate::evm::Transaction {
            gas_limit: 100_000_000,
            ..chain.tx(alloy_primitives::TxKind::Call(spinner), [])
        };
        assert_eq!(chain.transact(&tx).gas_used, used, "{version}");
    }
}
