//! The rows. Formulas are written out: 8 400 ink for entering a function, 5 040 for each pointer,
//! 59 673 for a round trip to the chain, 16 381 + 55 × (n - 32) to read n bytes, 5 040 + 30 × (n - 32)
//! to write them, 10 000 for each gas.

use super::{
    super::{CONTRACT, chain::TestChain, env},
    Arg::{self, F32, F64, I32, I64, Pointer},
    Static,
};
use crate::vm::{ProgramCallResult, ProgramCreateResult, Status};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};

/// Calldata of every run.
pub(super) const CALLDATA: [u8; 100] = [9; 100];
/// An account with code and a balance; its address lies at 0.
const ACCOUNT: Address = Address::repeat_byte(0xaa);
/// Some data at 128.
const DATA: [u8; 200] = [0xda; 200];
/// What calls return.
const RETURNED: [u8; 100] = [0x4e; 100];
/// Reading 100 bytes.
const READ_100: u64 = 16_381 + 55 * 68;
const HOSTIO: u64 = 8_400;
const POINTER: u64 = 5_040;
const API: u64 = 59_673;
const GAS: u64 = 10_000;

/// What lies in memory: an address at 0, the numbers 5, 7 and 4 as words at 32, 64 and 96, data at 128.
/// Functions write from 512 on.
pub(super) const MEMORY: [(usize, &[u8]); 5] = [
    (0, &[0xaa; 20]),
    (63, &[5]),
    (95, &[7]),
    (127, &[4]),
    (128, &DATA),
];

/// One host function.
pub(super) struct Row {
    pub(super) module: &'static str,
    pub(super) name: &'static str,
    pub(super) args: Vec<Arg>,
    /// What it charges.
    pub(super) ink: u64,
    /// Gas that must be held after the base price was paid.
    pub(super) require: u64,
    /// The base price, where something must be held.
    pub(super) base: u64,
    /// Statements before the call.
    pub(super) before: &'static str,
    /// The chain it runs on.
    pub(super) chain: fn() -> TestChain,
    /// What it writes to memory.
    pub(super) writes: Vec<(usize, Vec<u8>)>,
    /// What it answers.
    pub(super) answer: u64,
    /// Arguments and answers as tracers are told.
    pub(super) told: (Vec<u8>, Vec<u8>),
    /// The name tracers are told; none if they are not.
    pub(super) reported: &'static str,
    pub(super) ends: Status,
    pub(super) in_static: Static,
    /// Whether the chain is as it should be afterwards.
    pub(super) effect: fn(&TestChain) -> bool,
}

impl Row {
    fn hook(name: &'static str, args: impl Into<Vec<Arg>>, ink: u64) -> Self {
        Self {
            module: "vm_hooks",
            name,
            args: args.into(),
            ink,
            require: 0,
            base: ink,
            before: "",
            chain,
            writes: Vec::new(),
            answer: 0,
            told: (Vec::new(), Vec::new()),
            reported: name,
            ends: Status::Success,
            in_static: Static::Same,
            effect: |_| true,
        }
    }

    fn console(name: &'static str, args: impl Into<Vec<Arg>>, line: &'static str) -> Self {
        let reported = match name {
            "log_txt" => "console_log_text",
            name if name.starts_with("log") => "console_log",
            _ => "",
        };
        Self {
            module: "console",
            reported,
            ..Self::hook(name, args, 0)
        }
        .told(line, [])
    }

    fn debug(name: &'static str) -> Self {
        Self {
            module: "debug",
            reported: "",
            ..Self::hook(name, [], 0)
        }
    }

    /// A function that writes one thing to the pointer it is given.
    fn answers_at(name: &'static str, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).unwrap();
        Self::hook(name, [Pointer(512, length)], HOSTIO + POINTER)
            .told([], bytes)
            .writes(512, bytes)
    }

    fn answers_u64(name: &'static str, answer: u64) -> Self {
        let row = Self::hook(name, [], HOSTIO).told([], answer.to_be_bytes());
        Self { answer, ..row }
    }

    fn answers_u32(name: &'static str, answer: u32) -> Self {
        let row = Self::hook(name, [], HOSTIO).told([], answer.to_be_bytes());
        Self {
            answer: answer.into(),
            ..row
        }
    }

    /// Arithmetic on the words at 32, 64 and so on, which overwrites the first.
    fn math(name: &'static str, operands: usize, ink: u64, result: u64) -> Self {
        let args = [Pointer(32, 32), Pointer(64, 32), Pointer(96, 32)];
        let words = [word(5), word(7), word(4)].concat();
        Self::hook(name, &args[..operands], ink)
            .told(&words[..32 * operands], word(result))
            .writes(32, word(result))
    }

    fn told(mut self, args: impl AsRef<[u8]>, outs: impl AsRef<[u8]>) -> Self {
        self.told = (args.as_ref().to_vec(), outs.as_ref().to_vec());
        self
    }

    fn writes(mut self, at: usize, bytes: impl AsRef<[u8]>) -> Self {
        self.writes.push((at, bytes.as_ref().to_vec()));
        self
    }

    fn answer(self, answer: u64) -> Self {
        Self { answer, ..self }
    }

    fn requires(self, gas: u64, base: u64) -> Self {
        Self {
            require: gas,
            base,
            ..self
        }
    }

    fn after(self, before: &'static str) -> Self {
        Self { before, ..self }
    }

    fn changes(self, effect: fn(&TestChain) -> bool) -> Self {
        Self {
            in_static: Static::Refused,
            effect,
            ..self
        }
    }
}

/// The chain that rows run on: one account, one slot, and what a call and a creation come to.
fn chain() -> TestChain {
    let called = || ProgramCallResult {
        success: true,
        output: Bytes::from_static(&RETURNED),
        gas_cost: 4_000,
    };
    let mut chain = TestChain {
        call_results: [called(), called()].into(),
        create_results: [ProgramCreateResult {
            address: Some(ACCOUNT),
            output: Bytes::new(),
            gas_cost: 32_123,
        }]
        .into(),
        codes: [(ACCOUNT, Bytes::from_static(&[0xc0; 100]))].into(),
        balances: [(ACCOUNT, U256::from(1_234))].into(),
        transient: [(U256::from(5), U256::from(6))].into(),
        ..TestChain::default()
    };
    chain.set_slot(U256::from(5), U256::from(77));
    chain
}

/// The same with the account touched before, where the code's own 700 gas would hide what must be held.
fn warm() -> TestChain {
    TestChain {
        warm_accounts: [ACCOUNT].into(),
        ..chain()
    }
}

fn word(value: u64) -> Vec<u8> {
    B256::from(U256::from(value)).to_vec()
}

/// Fills the return data with [`RETURNED`].
const CALLED: &str = "(drop (call $static_call_contract (i32.const 0) (i32.const 0) (i32.const 0) \
                      (i64.const 0) (i32.const 900))) (i32.store (i32.const 900) (i32.const 0))";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![];
    rows.extend(transfer());
    rows.extend(storage());
    rows.extend(calls());
    rows.extend(accounts());
    rows.extend(environment());
    rows.extend(math());
    rows.extend(debug());
    rows
}

fn transfer() -> [Row; 5] {
    let exit = Row::hook("exit_early", [I32(3)], 0).told([0, 0, 0, 3], []);
    [
        Row::hook("read_args", [Pointer(512, 100)], HOSTIO + POINTER + 30 * 68)
            .told([], CALLDATA)
            .writes(512, CALLDATA),
        Row::hook(
            "write_result",
            [Pointer(128, 100), I32(100)],
            HOSTIO + 2 * READ_100,
        )
        .told(&DATA[..100], []),
        Row {
            ends: Status::Revert,
            ..exit
        },
        // One topic and 100 bytes: 375 gas each for the log and the topic, 8 for a byte.
        Row::hook(
            "emit_log",
            [Pointer(128, 132), I32(132), I32(1)],
            HOSTIO + API + (16_381 + 55 * 100) + (375 + 375 + 8 * 100) * GAS,
        )
        .told([&[0, 0, 0, 1][..], &DATA[..132]].concat(), [])
        .changes(|chain| {
            let topics = vec![B256::repeat_byte(0xda)];
            chain.logs == [(topics, Bytes::from_static(&[0xda; 100]))]
        }),
        // Three pages, one of them beyond the free ones; nothing for entering the function.
        Row::hook("pay_for_memory_grow", [I32(3)], 1_000 * GAS).told([0, 3], []),
    ]
}

fn storage() -> [Row; 5] {
    let slot = HOSTIO + 2 * POINTER;
    [
        // 59673 ink for the round trip, rounded down to 5 gas.
        Row::hook(
            "storage_load_bytes32",
            [Pointer(32, 32), Pointer(512, 32)],
            slot + (2_100 + 5) * GAS,
        )
        .requires(2_100 + 10 + 5, slot)
        .told(word(5), word(77))
        .writes(512, word(77)),
        Row::hook(
            "storage_cache_bytes32",
            [Pointer(32, 32), Pointer(64, 32)],
            slot,
        )
        .requires(2_300 + 10, slot)
        .told([word(5), word(7)].concat(), []),
        // 77 to 7 in a cold slot: 2100 and 2900 gas.
        Row::hook(
            "storage_flush_cache",
            [I32(-1)],
            HOSTIO + API + (2_100 + 2_900) * GAS,
        )
        .requires(2_300, HOSTIO + API)
        .after("(call $storage_cache_bytes32 (i32.const 32) (i32.const 64))")
        .told([1], [])
        .changes(|chain| chain.slot(U256::from(5)) == U256::from(7)),
        Row::hook(
            "transient_load_bytes32",
            [Pointer(32, 32), Pointer(512, 32)],
            slot + API + 100 * GAS,
        )
        .told(word(5), word(6))
        .writes(512, word(6)),
        Row::hook(
            "transient_store_bytes32",
            [Pointer(32, 32), Pointer(64, 32)],
            slot + API + 100 * GAS,
        )
        .told([word(5), word(7)].concat(), [])
        .changes(|chain| chain.transient[&U256::from(5)] == U256::from(7)),
    ]
}

fn calls() -> [Row; 7] {
    // A call's value and gas are no pointers that are paid for; of a creation's pointers three are.
    let base = HOSTIO + 3 * POINTER + API + 2 * READ_100;
    let (address, data) = (Pointer(0, 20), [Pointer(128, 100), I32(100)]);
    let (value, gas, length) = (Pointer(32, 32), I64(1_000), Pointer(512, 4));
    let plain = [address, data[0], data[1], gas, length];
    let told = [&[0xaa; 20][..], &1_000_u64.to_be_bytes(), &DATA[..100]].concat();
    let call = |name, args: &[Arg], told: &[u8]| {
        Row::hook(name, args, base + 4_000 * GAS)
            .told(told, [0, 0, 0, 100, 0])
            .writes(512, [100, 0, 0, 0])
    };
    let with_value = [&told[..28], &word(5), &told[28..]].concat();
    let created = [&[0xaa; 20][..], &[0; 4]].concat();
    let (made, revert_length) = (Pointer(512, 20), Pointer(532, 4));
    [
        Row {
            in_static: Static::Otherwise,
            effect: |chain| chain.calls.len() == 1 && chain.calls[0].value == U256::from(5),
            ..call(
                "call_contract",
                &[address, data[0], data[1], value, gas, length],
                &with_value,
            )
        },
        call("delegate_call_contract", &plain, &told),
        call("static_call_contract", &plain, &told),
        Row::hook(
            "create1",
            [data[0], data[1], value, made, revert_length],
            base + 32_123 * GAS,
        )
        .told([&word(5)[..], &DATA[..100]].concat(), &created)
        .writes(512, &created)
        .changes(|chain| chain.creates.len() == 1),
        Row::hook(
            "create2",
            [
                data[0],
                data[1],
                value,
                Pointer(64, 32),
                made,
                revert_length,
            ],
            base + POINTER + 32_123 * GAS,
        )
        .told([&word(5)[..], &word(7), &DATA[..100]].concat(), &created)
        .writes(512, &created)
        .changes(|chain| chain.creates[..].iter().any(|create| create.salt.is_some())),
        // 90 of the 200 bytes asked for exist from 10 on.
        Row::hook(
            "read_return_data",
            [Pointer(512, 90), I32(10), I32(200)],
            HOSTIO + API + POINTER + 30 * 58,
        )
        .after(CALLED)
        .told([0, 0, 0, 10, 0, 0, 0, 200], [0x4e; 90])
        .writes(512, [0x4e; 90])
        .answer(90),
        Row::answers_u32("return_data_size", 100).after(CALLED),
    ]
}

fn accounts() -> [Row; 4] {
    let code = HOSTIO + API;
    [
        Row::hook(
            "account_balance",
            [Pointer(0, 20), Pointer(512, 32)],
            HOSTIO + 2 * POINTER + API + 2_600 * GAS,
        )
        .requires(2_600, HOSTIO + 2 * POINTER + API)
        .told(ACCOUNT, word(1_234))
        .writes(512, word(1_234)),
        Row::hook(
            "account_codehash",
            [Pointer(0, 20), Pointer(512, 32)],
            HOSTIO + 2 * POINTER + API + 2_600 * GAS,
        )
        .requires(2_600, HOSTIO + 2 * POINTER + API)
        .told(ACCOUNT, keccak256([0xc0; 100]))
        .writes(512, keccak256([0xc0; 100])),
        // All 100 bytes of the code are paid for, though 50 are asked for.
        Row {
            chain: warm,
            ..Row::hook(
                "account_code",
                [Pointer(0, 20), I32(1), I32(50), Pointer(512, 50)],
                code + (700 + 100) * GAS + POINTER + 30 * 68,
            )
            .requires(2_600, code)
            .told(
                [&[0xaa; 20][..], &[0, 0, 0, 1, 0, 0, 0, 50]].concat(),
                [0xc0; 50],
            )
            .writes(512, [0xc0; 50])
            .answer(50)
        },
        Row::hook(
            "account_code_size",
            [Pointer(0, 20)],
            code + (700 + 2_600) * GAS,
        )
        .requires(2_600, code)
        .told(ACCOUNT, [0, 0, 0, 100])
        .answer(100),
    ]
}

fn environment() -> Vec<Row> {
    let env = env();
    let number = |value: U256| B256::from(value).to_vec();
    // What is left is asked for after paying for it; a row's one block costs 3800 for the call, 2450
    // for its header and 1 for the constant of the store.
    let left = 1_000_000 * GAS - (2_450 + 1 + 3_800) - HOSTIO;
    vec![
        Row::answers_at("block_basefee", &number(env.block_basefee)),
        Row::answers_at("block_coinbase", env.block_coinbase.as_slice()),
        Row::answers_at("contract_address", CONTRACT.as_slice()),
        Row::answers_at("msg_sender", env.msg_sender.as_slice()),
        Row::answers_at("msg_value", &number(env.msg_value)),
        Row::answers_at("tx_gas_price", &number(env.tx_gas_price)),
        Row::answers_at("tx_origin", env.tx_origin.as_slice()),
        Row::answers_u64("chainid", env.chain_id),
        Row::answers_u64("block_gas_limit", env.block_gas_limit),
        Row::answers_u64("block_number", env.block_number),
        Row::answers_u64("block_timestamp", env.block_timestamp),
        Row::answers_u64("evm_gas_left", left / GAS),
        Row::answers_u64("evm_ink_left", left),
        Row::answers_u32("msg_reentrant", 0),
        Row::answers_u32("tx_ink_price", env.ink_price),
    ]
}

fn math() -> [Row; 6] {
    let hash = keccak256(&DATA[..100]);
    [
        Row::math("math_div", 2, HOSTIO + 3 * POINTER + 20_000, 0),
        Row::math("math_mod", 2, HOSTIO + 3 * POINTER + 20_000, 5),
        // An exponent of one byte: 31 leading zero bytes.
        Row::math(
            "math_pow",
            2,
            HOSTIO + 3 * POINTER + 3_000 + 17_500 * (33 - 31),
            78_125,
        ),
        // (5 + 7) mod 4 and 5 × 7 mod 4
        Row::math("math_add_mod", 3, HOSTIO + 4 * POINTER + 21_000, 0),
        Row::math("math_mul_mod", 3, HOSTIO + 4 * POINTER + 24_100, 3),
        // Four words, two of them beyond the price of any hash.
        Row::hook(
            "native_keccak256",
            [Pointer(128, 100), I32(100), Pointer(512, 32)],
            121_800 + 21_000 * 2,
        )
        .told(&DATA[..100], hash)
        .writes(512, hash),
    ]
}

fn debug() -> Vec<Row> {
    vec![
        Row {
            effect: |chain| chain.console == ["\u{fffd}".repeat(3)],
            ..Row::console("log_txt", [Pointer(128, 3), I32(3)], "").told([0xda; 3], [])
        },
        Row {
            effect: |chain| chain.console == ["-7"],
            ..Row::console("log_i32", [I32(-7)], "-7")
        },
        Row {
            effect: |chain| chain.console == ["-8"],
            ..Row::console("log_i64", [I64(-8)], "-8")
        },
        Row {
            effect: |chain| chain.console == ["0"],
            ..Row::console("log_f32", [F32], "0")
        },
        Row {
            effect: |chain| chain.console == ["0"],
            ..Row::console("log_f64", [F64], "0")
        },
        Row {
            effect: |chain| chain.console == ["9"],
            ..Row::console("tee_i32", [I32(9)], "").answer(9)
        },
        Row {
            effect: |chain| chain.console == ["10"],
            ..Row::console("tee_i64", [I64(10)], "").answer(10)
        },
        Row {
            effect: |chain| chain.console == ["0"],
            ..Row::console("tee_f32", [F32], "")
        },
        Row {
            effect: |chain| chain.console == ["0"],
            ..Row::console("tee_f64", [F64], "")
        },
        Row::debug("null_host"),
        Row::debug("start_benchmark"),
        Row::debug("end_benchmark"),
    ]
}
