//! Ink of single host functions, against the numbers of Nitro's `system_tests/program_ink_test.go`.

use super::{chain::TestChain, env};
use crate::vm::host::{Fault, Frame, Host};
use alloy_primitives::{Address, B256, Bytes, U256};

/// A host function with its arguments.
type Function = for<'f, 'a> fn(&mut Frame<'f, 'a>) -> Result<(), Fault>;

/// A frame's host state and memory without a program.
struct Bench<'a> {
    host: Host<'a>,
    memory: Vec<u8>,
}

const INK: u64 = 1 << 60;
const ADDRESS: Address = Address::repeat_byte(0xaa);

impl Bench<'_> {
    /// Ink that `function` spends.
    fn ink(
        &mut self,
        function: impl for<'f> FnOnce(&mut Frame<'f, '_>) -> Result<(), Fault>,
    ) -> u64 {
        let mut frame = Frame::new(&mut self.host, &mut self.memory, INK);
        function(&mut frame).unwrap();
        INK - frame.ink
    }
}

/// Runs `test` on a bench over `chain`, with one page of zeroed memory.
fn on_bench(chain: &mut TestChain, test: impl FnOnce(&mut Bench<'_>)) {
    let env = env();
    let host = Host::new(chain, &env, &[]);
    test(&mut Bench {
        host,
        memory: vec![0; 65_536],
    });
}

#[test]
fn storage_loads() {
    on_bench(&mut TestChain::default(), |bench| {
        assert_eq!(
            bench.ink(|frame| frame.storage_load_bytes32(0, 32)),
            21_068_480
        );
        assert_eq!(bench.ink(|frame| frame.storage_load_bytes32(0, 32)), 18_480);
        bench.ink(|frame| frame.storage_flush_cache(1));
        assert_eq!(
            bench.ink(|frame| frame.storage_load_bytes32(0, 32)),
            1_068_480
        );
    });
}

#[test]
fn storage_flush_of_a_first_write() {
    on_bench(&mut TestChain::default(), |bench| {
        bench.memory[63] = 1;
        assert_eq!(
            bench.ink(|frame| frame.storage_cache_bytes32(0, 32)),
            18_480
        );
        assert_eq!(bench.ink(|frame| frame.storage_flush_cache(0)), 221_068_073);
        assert_eq!(bench.ink(|frame| frame.storage_flush_cache(0)), 68_073);
    });
}

#[test]
fn storage_flush_of_a_changed_slot() {
    let mut chain = TestChain::default();
    chain.set_slot(U256::ZERO, U256::from(5));
    on_bench(&mut chain, |bench| {
        bench.memory[63] = 1;
        bench.ink(|frame| frame.storage_cache_bytes32(0, 32));
        assert_eq!(bench.ink(|frame| frame.storage_flush_cache(0)), 50_068_073);
        bench.memory[63] = 2;
        bench.ink(|frame| frame.storage_cache_bytes32(0, 32));
        assert_eq!(bench.ink(|frame| frame.storage_flush_cache(0)), 1_068_073);
    });
}

#[test]
fn accounts() {
    let mut chain = TestChain::default();
    chain
        .codes
        .insert(Address::ZERO, Bytes::from_static(&[1; 120]));
    on_bench(&mut chain, |bench| {
        let size = |frame: &mut Frame<'_, '_>| frame.account_code_size(0).map(drop);
        assert_eq!(bench.ink(size), 33_068_073);
        assert_eq!(bench.ink(size), 68_073, "the last code is remembered");
        assert_eq!(bench.ink(|frame| frame.account_balance(0, 64)), 1_078_153);
    });
    on_bench(&mut TestChain::default(), |bench| {
        assert_eq!(bench.ink(|frame| frame.account_codehash(0, 64)), 26_078_153);
        assert_eq!(bench.ink(|frame| frame.account_balance(0, 64)), 1_078_153);
    });
}

#[test]
fn account_code_pays_for_the_whole_code() {
    for (code_bytes, ink) in [
        (120, 33_075_753),
        (206, 33_078_333),
        (179, 33_077_523),
        (135, 33_076_203),
    ] {
        let mut chain = TestChain::default();
        chain
            .codes
            .insert(Address::ZERO, vec![1; code_bytes].into());
        on_bench(&mut chain, |bench| {
            let spent = bench.ink(|frame| frame.account_code(0, 0, 1, 64).map(drop));
            assert_eq!(spent, ink, "{code_bytes} bytes of code");
        });
    }
}

#[test]
fn empty_code_is_not_remembered() {
    on_bench(&mut TestChain::default(), |bench| {
        let size = |frame: &mut Frame<'_, '_>| frame.account_code_size(0).map(drop);
        assert_eq!(bench.ink(size), 33_068_073);
        assert_eq!(bench.ink(size), 8_068_073);
    });
}

#[test]
fn powers() {
    for (bytes, ink) in [(1, 61_520), (2, 79_020), (10, 219_020), (32, 604_020)] {
        on_bench(&mut TestChain::default(), |bench| {
            bench.memory[64 - bytes..64].fill(0xff);
            assert_eq!(
                bench.ink(|frame| frame.math_pow(0, 32)),
                ink,
                "{bytes} bytes"
            );
        });
    }
}

#[test]
fn arithmetic() {
    on_bench(&mut TestChain::default(), |bench| {
        assert_eq!(bench.ink(|frame| frame.math_div(0, 32)), 43_520);
        assert_eq!(bench.ink(|frame| frame.math_mod(0, 32)), 43_520);
        assert_eq!(bench.ink(|frame| frame.math_add_mod(0, 32, 64)), 49_560);
        assert_eq!(bench.ink(|frame| frame.math_mul_mod(0, 32, 64)), 52_660);
    });
}

#[test]
fn logs() {
    for (topics, data_bytes, ink) in [
        (0, 0, 3_834_454),
        (0, 10, 4_634_454),
        (0, 100, 11_838_194),
        (1, 100, 15_589_954),
        (4, 100, 26_845_234),
    ] {
        on_bench(&mut TestChain::default(), |bench| {
            let spent = bench.ink(|frame| frame.emit_log(0, 32 * topics + data_bytes, topics));
            assert_eq!(spent, ink, "{topics} topics, {data_bytes} bytes");
        });
    }
}

#[test]
fn return_data() {
    for (bytes, ink) in [
        (10, 73_113),
        (100, 75_153),
        (1_000, 102_153),
        (10_000, 372_153),
    ] {
        let mut chain = TestChain::default();
        chain.call_results.push_back(crate::vm::ProgramCallResult {
            success: true,
            output: vec![1; bytes].into(),
            gas_cost: 0,
        });
        on_bench(&mut chain, |bench| {
            let arguments = crate::vm::host::CallArguments {
                address: 0,
                calldata: 0,
                calldata_bytes: 0,
                value: None,
                gas: 0,
                return_length: 0,
            };
            let call = |frame: &mut Frame<'_, '_>| {
                frame
                    .call(crate::vm::CallKind::Static, &arguments)
                    .map(drop)
            };
            // 83193 for the call and twice 16381 to read nothing.
            assert_eq!(bench.ink(call), 115_955);
            let spent = bench.ink(|frame| frame.read_return_data(0, 0, u32::MAX).map(drop));
            assert_eq!(spent, ink, "{bytes} bytes");
        });
    }
}

#[test]
fn hashes() {
    for (bytes, ink) in [(10, 121_800), (100, 163_800), (1_000, 751_800)] {
        on_bench(&mut TestChain::default(), |bench| {
            assert_eq!(bench.ink(|frame| frame.native_keccak256(0, bytes, 0)), ink);
        });
    }
}

#[test]
fn growing_by_a_hundred_pages() {
    let mut chain = TestChain::default();
    chain.add_footprint(1);
    on_bench(&mut chain, |bench| {
        assert_eq!(
            bench.ink(|frame| frame.pay_for_memory_grow(100)),
            9_320_660_000
        );
        assert_eq!(bench.ink(|frame| frame.pay_for_memory_grow(0)), 8_400);
        assert_eq!(bench.ink(|frame| frame.pay_for_memory_grow(65_536)), 8_400);
    });
}

impl TestChain {
    fn add_footprint(&mut self, pages: u16) {
        let params = crate::vm::StylusParams::for_arbos(super::ARBOS);
        self.pages.add(pages, &params, super::ARBOS);
    }
}

#[test]
fn environment() {
    on_bench(&mut TestChain::default(), |bench| {
        let by_pointer: [Function; 8] = [
            |frame| frame.block_basefee(0),
            |frame| frame.block_coinbase(0),
            |frame| frame.contract_address(0),
            |frame| frame.msg_sender(0),
            |frame| frame.msg_value(0),
            |frame| frame.tx_gas_price(0),
            |frame| frame.tx_origin(0),
            |frame| frame.block_basefee(65_504),
        ];
        for ask in by_pointer {
            assert_eq!(bench.ink(ask), 13_440);
        }
        let by_value: [Function; 10] = [
            |frame| frame.chainid().map(drop),
            |frame| frame.block_gas_limit().map(drop),
            |frame| frame.block_number().map(drop),
            |frame| frame.block_timestamp().map(drop),
            |frame| frame.evm_gas_left().map(drop),
            |frame| frame.evm_ink_left().map(drop),
            |frame| frame.msg_reentrant().map(drop),
            |frame| frame.tx_ink_price().map(drop),
            |frame| frame.return_data_size().map(drop),
            |frame| frame.pay_for_memory_grow(0),
        ];
        for ask in by_value {
            assert_eq!(bench.ink(ask), 8_400);
        }
    });
}

#[test]
fn calls_and_creations_read_their_data_twice() {
    let mut chain = TestChain::default();
    chain
        .call_results
        .push_back(crate::vm::ProgramCallResult::default());
    for _ in 0..2 {
        chain
            .create_results
            .push_back(crate::vm::ProgramCreateResult::default());
    }
    on_bench(&mut chain, |bench| {
        let arguments = crate::vm::host::CallArguments {
            address: 0,
            calldata: 0,
            calldata_bytes: 100,
            value: Some(0),
            gas: 0,
            return_length: 0,
        };
        // 16381 + 55 × 68 is what reading 100 bytes costs.
        let spent = bench.ink(|frame| frame.call(crate::vm::CallKind::Call, &arguments).map(drop));
        assert_eq!(spent, 83_193 + 2 * 20_121);
        let mut arguments = crate::vm::host::CreateArguments {
            code: 0,
            code_bytes: 100,
            endowment: 0,
            salt: None,
            address: 0,
            revert_length: 0,
        };
        assert_eq!(
            bench.ink(|frame| frame.create(&arguments)),
            83_193 + 2 * 20_121
        );
        arguments.salt = Some(0);
        assert_eq!(
            bench.ink(|frame| frame.create(&arguments)),
            88_233 + 2 * 20_121
        );
    });
}

#[test]
fn transient_storage() {
    on_bench(&mut TestChain::default(), |bench| {
        assert_eq!(
            bench.ink(|frame| frame.transient_store_bytes32(0, 32)),
            1_078_153
        );
        assert_eq!(
            bench.ink(|frame| frame.transient_load_bytes32(0, 32)),
            1_078_153
        );
    });
}

#[test]
fn arguments_and_results() {
    let env = env();
    let mut chain = TestChain::default();
    let calldata = [7; 100];
    let host = Host::new(&mut chain, &env, &calldata);
    let mut bench = Bench {
        host,
        memory: vec![0; 65_536],
    };
    assert_eq!(
        bench.ink(|frame| frame.read_args(0)),
        8_400 + 5_040 + 30 * 68
    );
    assert_eq!(bench.memory[..101], [[7; 100].as_slice(), &[0]].concat());
    assert_eq!(
        bench.ink(|frame| frame.write_result(0, 100)),
        8_400 + 2 * 20_121
    );
    assert_eq!(bench.host.output[..], calldata);
}

#[test]
fn arithmetic_is_the_evms() {
    let word = |value: U256| B256::from(value);
    let cases: [(Function, [U256; 3], U256); 9] = [
        (
            |f| f.math_div(0, 32),
            [U256::from(7), U256::from(2), U256::ZERO],
            U256::from(3),
        ),
        (
            |f| f.math_div(0, 32),
            [U256::from(7), U256::ZERO, U256::ZERO],
            U256::ZERO,
        ),
        (
            |f| f.math_mod(0, 32),
            [U256::from(7), U256::from(4), U256::ZERO],
            U256::from(3),
        ),
        (
            |f| f.math_mod(0, 32),
            [U256::from(7), U256::ZERO, U256::ZERO],
            U256::ZERO,
        ),
        (
            |f| f.math_pow(0, 32),
            [U256::from(3), U256::from(5), U256::ZERO],
            U256::from(243),
        ),
        (
            |f| f.math_pow(0, 32),
            [U256::from(2), U256::from(256), U256::ZERO],
            U256::ZERO,
        ),
        (
            |f| f.math_add_mod(0, 32, 64),
            [U256::MAX, U256::MAX, U256::from(7)],
            U256::from(2),
        ),
        (
            |f| f.math_mul_mod(0, 32, 64),
            [U256::MAX, U256::MAX, U256::from(7)],
            U256::from(1),
        ),
        (
            |f| f.math_mul_mod(0, 32, 64),
            [U256::MAX, U256::MAX, U256::ZERO],
            U256::ZERO,
        ),
    ];
    for (index, (function, operands, expected)) in cases.into_iter().enumerate() {
        on_bench(&mut TestChain::default(), |bench| {
            for (position, operand) in operands.iter().enumerate() {
                bench.memory[position * 32..][..32].copy_from_slice(word(*operand).as_slice());
            }
            bench.ink(function);
            assert_eq!(bench.memory[..32], word(expected)[..], "case {index}");
        });
    }
}

#[test]
fn keccak_is_keccak() {
    on_bench(&mut TestChain::default(), |bench| {
        bench.memory[..20].copy_from_slice(ADDRESS.as_slice());
        bench.ink(|frame| frame.native_keccak256(0, 20, 32));
        let hash = alloy_primitives::keccak256(ADDRESS);
        assert_eq!(bench.memory[32..64], hash[..]);
    });
}
