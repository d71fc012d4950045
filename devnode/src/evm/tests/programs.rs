//! One program at a time: activation, start gas, outcomes, storage, expiry.

use super::{
    Chain, ETHER, GAS, NOW, OWNER, USER, Wasm, code, intrinsic, slot,
    tool::{Kind, Op, TOOL},
    word,
};
use crate::{
    arbos::{ARB_WASM, ARB_WASM_CACHE},
    evm::{
        CallRequest, Deadline, ExecError, ExecutionStatus, Halt, NETWORK_FEE_ACCOUNT,
        StateOverride, StateOverrides, Transaction,
    },
};
use alloy_primitives::{Address, B256, TxKind, U256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent, sol};
use std::time::Duration;

sol! {
    function cacheProgram(address program) external;
    function evictCodehash(bytes32 codehash) external;
    function codehashIsCached(bytes32 codehash) external view returns (bool isCached);
    event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
}

/// Returns zero at once.
const NOTHING: &str = r#"(module
    (memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;
/// One second more than a program lives.
const EXPIRED: u64 = 365 * 86_400 + 3_600;

fn code_hash(chain: &Chain, program: Address) -> B256 {
    keccak256(chain.executor.state().code(program))
}

/// Start gas of [`NOTHING`] by the published formulas: one function of two values, four injected
/// globals, one page.
fn nothing_start() -> (u64, u64) {
    let bytes = wat::parse_str(NOTHING).unwrap().len() as u64;
    let init = 8_252 / 1_000 + 2 * 1_059 / 1_000 + bytes * 1_286 / 10_000;
    // The terms of functions and types are below one; globals give 6, the page 5.
    let cached = bytes * 122 / 100_000 + 4 * 1_628 / 1_000 + 5;
    (8_832 + init, 352 + cached)
}

#[test]
fn activation_records_the_program_pays_the_fee_and_returns_the_rest() {
    let mut chain = Chain::new();
    let program = chain.deploy_wat(NOTHING);
    let before = chain.balance(USER);
    let fees_before = chain.balance(NETWORK_FEE_ACCOUNT);
    let outcome = chain.activate(program, U256::from(ETHER));
    assert_eq!(outcome.status, ExecutionStatus::Success, "{outcome:?}");
    let returned = Wasm::activateProgramCall::abi_decode_returns(&outcome.output).unwrap();
    assert_eq!(returned.version, 2);
    let gas_fee = U256::from(outcome.gas_used) * U256::from(chain.block.base_fee);
    assert_eq!(chain.balance(USER), before - returned.dataFee - gas_fee);
    assert_eq!(
        chain.balance(NETWORK_FEE_ACCOUNT),
        fees_before + returned.dataFee + gas_fee
    );

    let [log] = &outcome.logs[..] else {
        panic!("{:?}", outcome.logs);
    };
    let event = Wasm::ProgramActivated::decode_log(log).unwrap();
    assert_eq!(log.address, ARB_WASM);
    assert_eq!(event.codehash, code_hash(&chain, program));
    assert_eq!(
        (event.program, event.dataFee, event.version),
        (program, returned.dataFee, 2)
    );

    let (init, cached) = nothing_start();
    let gas = chain.view(ARB_WASM, &Wasm::programInitGasCall { program });
    assert_eq!((gas.gas, gas.gasWhenCached), (init + cached, cached));
    assert_eq!(
        chain.view(ARB_WASM, &Wasm::programVersionCall { program }),
        2
    );
    assert_eq!(
        chain.view(ARB_WASM, &Wasm::programMemoryFootprintCall { program }),
        1
    );
    let left = chain.view(ARB_WASM, &Wasm::programTimeLeftCall { program });
    assert_eq!(left, 365 * 86_400 - (NOW - 1_421_388_000) % 3_600);
}

#[test]
fn the_gas_of_an_activation_is_the_sum_of_its_parts() {
    let mut chain = Chain::new();
    let program = chain.deploy_wat(NOTHING);
    let wasm = wat::parse_str(NOTHING).unwrap();
    let module = crate::vm::activate(&wasm, 128, true, 51)
        .unwrap()
        .activation_gas;
    let outcome = chain.activate(program, U256::from(ETHER));
    let input = Wasm::activateProgramCall { program }.abi_encode();
    let parts = [
        intrinsic(&input),
        3,                          // one word of arguments
        800,                        // state
        1_659_168,                  // fixed
        100 + 800,                  // parameters, record
        module,                     // the module itself
        20_000,                     // module hash
        5 * 800 + 2 * 20_000,       // data pricer
        20_000,                     // record
        800,                        // network fee account
        375 + 2 * 375 + 8 * 4 * 32, // event
        2 * 3,                      // two words of result
    ];
    assert_eq!(outcome.gas_used, parts.iter().sum::<u64>());
}

#[test]
fn activating_twice_is_refused_and_the_same_code_elsewhere_needs_no_activation() {
    let mut chain = Chain::new();
    let program = chain.program(NOTHING);
    let again = chain.activate(program, U256::from(ETHER));
    assert_eq!(again.status, ExecutionStatus::Revert);
    assert_eq!(again.output, Wasm::ProgramUpToDate {}.abi_encode());
    let twin = chain.deploy_wat(NOTHING);
    assert_ne!(twin, program);
    assert_eq!(chain.send(twin, []).status, ExecutionStatus::Success);
}

#[test]
fn too_little_value_for_the_data_fee_is_refused_with_both_amounts() {
    let mut chain = Chain::new();
    let program = chain.deploy_wat(NOTHING);
    let outcome = chain.activate(program, U256::from(1_000));
    assert_eq!(outcome.status, ExecutionStatus::Revert);
    let error = Wasm::ProgramInsufficientValue::abi_decode(&outcome.output).unwrap();
    assert_eq!(error.have, U256::from(1_000));
    assert!(error.want > U256::from(10_u64.pow(13)), "{}", error.want);
    // Nothing of the attempt stays: the exact fee is enough.
    let exact = chain.activate(program, error.want);
    assert_eq!(exact.status, ExecutionStatus::Success);
    assert_eq!(
        chain.view(ARB_WASM, &Wasm::programVersionCall { program }),
        2
    );
}

#[test]
fn a_simulated_activation_sees_overridden_code_and_leaves_nothing() {
    let chain = Chain::new();
    let stranger = Address::repeat_byte(0x55);
    let program = Address::repeat_byte(0x66);
    let wasm = wat::parse_str(NOTHING).unwrap();
    let overrides = StateOverrides::from([
        (
            stranger,
            StateOverride {
                balance: Some(U256::MAX),
                ..StateOverride::default()
            },
        ),
        (
            program,
            StateOverride {
                code: Some(crate::vm::encode_program(&wasm).into()),
                ..StateOverride::default()
            },
        ),
    ]);
    let request = CallRequest {
        from: stranger,
        to: TxKind::Call(ARB_WASM),
        value: U256::from(ETHER),
        input: Wasm::activateProgramCall { program }.abi_encode().into(),
        ..CallRequest::default()
    };
    let outcome = chain
        .executor
        .call(&request, &chain.block, &overrides)
        .unwrap();
    assert_eq!(outcome.status, ExecutionStatus::Success, "{outcome:?}");
    let again = chain
        .executor
        .call(&request, &chain.block, &overrides)
        .unwrap();
    assert_eq!(again.output, outcome.output);
}

#[test]
fn the_gas_of_a_call_is_start_gas_and_ink() {
    let mut chain = Chain::new();
    let program = chain.program(NOTHING);
    let (init, cached) = nothing_start();
    // One block header and two instructions are 2 452 ink, which is one gas begun.
    let outcome = chain.send(program, [1, 0]);
    assert_eq!(outcome.gas_used, intrinsic(&[1, 0]) + init + cached + 1);
}

#[test]
fn a_cached_program_does_not_pay_its_init_gas() {
    let mut chain = Chain::new();
    let program = chain.program(NOTHING);
    let hash = code_hash(&chain, program);
    let by_owner = |chain: &mut Chain, input: Vec<u8>| {
        let tx = Transaction {
            sender: OWNER,
            nonce: chain.executor.state().nonce(OWNER),
            ..chain.tx(TxKind::Call(ARB_WASM_CACHE), input)
        };
        chain.transact(&tx)
    };
    let uncached = chain.send(program, []).gas_used;
    let input = cacheProgramCall { program }.abi_encode();
    let caching = by_owner(&mut chain, input.clone());
    assert_eq!(caching.status, ExecutionStatus::Success);
    let event = UpdateProgramCache::decode_log(&caching.logs[0]).unwrap();
    assert_eq!(
        (event.manager, event.codehash, event.cached),
        (OWNER, hash, true)
    );
    let (init, cached) = nothing_start();
    let log = 375 + 3 * 375 + 8 * 32;
    let asked = 800 + 800; // whether it is a manager, whether an owner
    assert_eq!(
        caching.gas_used,
        intrinsic(&input)
            + (3 + 800 + 2_600 + asked + 100 + 800)
            + (log + (init - 8_832) + 800 + 20_000)
    );
    assert!(chain.view(ARB_WASM_CACHE, &codehashIsCachedCall { codehash: hash }));
    assert_eq!(chain.send(program, []).gas_used, 21_000 + cached + 1);

    let again = by_owner(&mut chain, input);
    assert!(again.status.is_success() && again.logs.is_empty());
    let evicting = by_owner(
        &mut chain,
        evictCodehashCall { codehash: hash }.abi_encode(),
    );
    assert_eq!(evicting.logs.len(), 1);
    assert_eq!(chain.send(program, []).gas_used, uncached);
}

#[test]
fn a_program_that_is_not_activated_takes_all_gas_and_is_named() {
    let mut chain = Chain::new();
    let program = chain.deploy_wat(NOTHING);
    let outcome = chain.send(program, []);
    assert_eq!(
        outcome.status,
        ExecutionStatus::Halt(Halt::ProgramNotActivated)
    );
    assert_eq!((outcome.gas_used, outcome.output.len()), (GAS, 0));
    let ExecutionStatus::Halt(halt) = chain.call(program, []).status else {
        panic!("it ran");
    };
    assert_eq!(halt.to_string(), "error ProgramNotActivated()");
    // For a caller it is a call that failed, with its gas gone.
    let forwarder = chain.deploy(&code::forwarder(code::Forward::Call));
    let inner = chain.send(forwarder, code::forward(program, &[]));
    assert_eq!(inner.status, ExecutionStatus::Revert);
    assert!(inner.gas_used > GAS / 64 * 62);
}

#[test]
fn a_program_expires_after_a_year_and_can_be_kept_alive_after_a_month() {
    let mut chain = Chain::new();
    let program = chain.program(NOTHING);
    let hash = code_hash(&chain, program);
    let keepalive = Wasm::codehashKeepaliveCall { codehash: hash }.abi_encode();

    let soon = chain.send_value(ARB_WASM, keepalive.clone(), U256::from(ETHER));
    assert!(
        Wasm::ProgramKeepaliveTooSoon::abi_decode(&soon.output).is_ok(),
        "{soon:?}"
    );
    chain.block.timestamp += 31 * 86_400;
    let kept = chain.send_value(ARB_WASM, keepalive, U256::from(ETHER));
    assert_eq!(kept.status, ExecutionStatus::Success);
    let event = Wasm::ProgramLifetimeExtended::decode_log(&kept.logs[0]).unwrap();
    assert_eq!(event.codehash, hash);
    assert!(event.dataFee > U256::ZERO);

    chain.block.timestamp += EXPIRED - 2 * 3_600;
    assert!(chain.call(program, []).status.is_success());
    chain.block.timestamp += 2 * 3_600;
    let ExecutionStatus::Halt(Halt::ProgramExpired { age_secs }) = chain.call(program, []).status
    else {
        panic!("it ran");
    };
    assert!(age_secs > 365 * 86_400);
    let version = chain.call(ARB_WASM, Wasm::programVersionCall { program }.abi_encode());
    assert_eq!(
        version.output,
        Wasm::ProgramExpired {
            ageInSeconds: age_secs
        }
        .abi_encode()
    );
    let revived = chain.activate(program, U256::from(ETHER));
    assert_eq!(revived.status, ExecutionStatus::Success);
    assert!(chain.call(program, []).status.is_success());
}

#[test]
fn storage_lasts_when_flushed_and_is_lost_when_not() {
    let mut chain = Chain::new();
    let tool = chain.program(TOOL);
    assert!(chain.send(tool, Op::write(1, 42)).status.is_success());
    assert_eq!(chain.call(tool, Op::read(1)).output, word(42));
    assert_eq!(chain.executor.state().storage(tool, slot(1)), slot(42));
    assert!(
        chain
            .send(tool, Op::write_unflushed(1, 7))
            .status
            .is_success()
    );
    assert_eq!(chain.call(tool, Op::read(1)).output, word(42));
}

#[test]
fn clearing_a_slot_is_refunded() {
    let mut chain = Chain::new();
    let tool = chain.program(TOOL);
    let set = chain.send(tool, Op::write(1, 42));
    assert_eq!(set.gas_refunded, 0);
    let clear = chain.send(tool, Op::write(1, 0));
    assert_eq!(clear.gas_refunded, 4_800);
    // 0→x costs 22 100, x→0 costs 5 000 less the refund; zero bytes of calldata are cheaper.
    let calldata = intrinsic(&Op::write(1, 42)) - intrinsic(&Op::write(1, 0));
    assert_eq!(
        set.gas_used - clear.gas_used,
        22_100 - 5_000 + 4_800 + calldata
    );
}

#[test]
fn a_reverting_program_keeps_its_gas_and_loses_storage_and_logs() {
    let mut chain = Chain::new();
    let tool = chain.program(TOOL);
    let outcome = chain.send(tool, Op::write_log_revert(3, 4));
    assert_eq!(outcome.status, ExecutionStatus::Revert);
    assert_eq!(outcome.output, word(3));
    assert!(outcome.logs.is_empty());
    assert!(outcome.gas_used < 200_000);
    assert_eq!(chain.executor.state().storage(tool, slot(3)), B256::ZERO);
    let logged = chain.send(tool, Op::log(b"hello"));
    assert_eq!(logged.logs.len(), 1);
    assert_eq!(logged.logs[0].address, tool);
    assert_eq!(logged.logs[0].data.data[..], b"hello"[..]);
}

#[test]
fn a_trap_reverts_and_running_out_of_ink_or_stack_stops() {
    let mut chain = Chain::new();
    let tool = chain.program(TOOL);
    let trap = chain.send(tool, Op::trap());
    assert_eq!(
        (trap.status, trap.output.len()),
        (ExecutionStatus::Revert, 0)
    );
    assert!(trap.gas_used < GAS / 2);
    let tx = Transaction {
        gas_limit: 300_000,
        ..chain.tx(TxKind::Call(tool), Op::spin())
    };
    let endless = chain.transact(&tx);
    assert_eq!(endless.status, ExecutionStatus::Halt(Halt::OutOfGas));
    assert_eq!(endless.gas_used, 300_000);
    let deep = chain.send(tool, Op::recurse());
    assert_eq!(deep.status, ExecutionStatus::Halt(Halt::CallDepth));
    assert_eq!(deep.gas_used, GAS);
}

#[test]
fn gas_that_does_not_cover_the_start_is_out_of_gas() {
    let mut chain = Chain::new();
    let program = chain.program(NOTHING);
    let (init, cached) = nothing_start();
    let with = |chain: &Chain, gas: u64| {
        let request = CallRequest {
            from: USER,
            to: TxKind::Call(program),
            gas_limit: Some(21_000 + gas),
            ..CallRequest::default()
        };
        chain
            .executor
            .call(&request, &chain.block, &StateOverrides::new())
            .unwrap()
            .status
    };
    assert_eq!(
        with(&chain, init + cached - 1),
        ExecutionStatus::Halt(Halt::OutOfGas)
    );
    assert_eq!(
        with(&chain, init + cached),
        ExecutionStatus::Halt(Halt::OutOfGas)
    );
    assert_eq!(with(&chain, init + cached + 1), ExecutionStatus::Success);
}

#[test]
fn accounts_cost_what_they_cost_the_evm() {
    let mut chain = Chain::new();
    let tool = chain.program(TOOL);
    chain.executor.set_balance(tool, U256::from(100));
    let gas = |chain: &mut Chain, to: Address, value: u64| {
        let input = Op::call(Kind::Call, to, U256::from(value), &[]);
        let outcome = chain.send(tool, input.clone());
        assert_eq!(outcome.status, ExecutionStatus::Success);
        outcome.gas_used - intrinsic(&input)
    };
    let warm = gas(&mut chain, USER, 0);
    let nobody = Address::repeat_byte(0x31);
    assert_eq!(gas(&mut chain, nobody, 0) - warm, 2_500);
    // A new account, then value to one that exists.
    assert_eq!(gas(&mut chain, nobody, 1) - warm, 2_500 + 25_000 + 9_000);
    assert_eq!(gas(&mut chain, nobody, 1) - warm, 2_500 + 9_000);
    assert_eq!(gas(&mut chain, USER, 1) - warm, 9_000);
}

#[test]
fn an_account_that_holds_a_program_cannot_destroy_itself() {
    let mut chain = Chain::new();
    let tool = chain.program(TOOL);
    // CALLER, SELFDESTRUCT
    let bomb = chain.deploy(&[0x33, 0xff]);
    let outcome = chain.send(tool, Op::call(Kind::Delegate, bomb, U256::ZERO, &[]));
    assert_eq!(outcome.status, ExecutionStatus::Revert);
    let outcome = chain.send(tool, Op::call(Kind::Call, bomb, U256::ZERO, &[]));
    assert_eq!(outcome.status, ExecutionStatus::Success);
}

#[test]
fn a_program_sees_block_transaction_and_accounts() {
    let mut chain = Chain::new();
    chain.block.l1_block_number = 3;
    let tool = chain.program(TOOL);
    let tx = Transaction {
        value: U256::from(5),
        ..chain.tx(TxKind::Call(tool), Op::whoami())
    };
    let who = chain.transact(&tx).output;
    assert_eq!(who[..20], tool[..]);
    assert_eq!(who[20..40], USER[..]);
    assert_eq!(who[40..], word(5)[..]);

    let block = chain.send(tool, Op::block()).output;
    assert_eq!(block[..8], 3_u64.to_le_bytes());
    assert_eq!(block[8..16], NOW.to_le_bytes());
    assert_eq!(block[16..48], word(chain.block.base_fee)[..]);
    assert_eq!(block[48..], word(chain.block.base_fee)[..]);

    let account = |chain: &Chain, address: Address| chain.call(tool, Op::account(address)).output;
    let own = account(&chain, tool);
    let code = chain.executor.state().code(tool);
    assert_eq!(own[..32], word(5)[..]);
    assert_eq!(own[32..64], keccak256(&code)[..]);
    assert_eq!(own[64..], u32::try_from(code.len()).unwrap().to_le_bytes());
    let nobody = account(&chain, Address::repeat_byte(0x77));
    assert_eq!(nobody[..], [0; 68]);
    let user = account(&chain, USER);
    assert_eq!(user[32..64], keccak256([])[..]);
}

#[test]
fn a_call_is_given_up_at_its_deadline() {
    let mut chain = Chain::new();
    let endless = chain.program(
        r#"(module (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32)
                (loop $again (br $again)) i32.const 0))"#,
    );
    let forwarder = chain.deploy(&code::forwarder(code::Forward::Call));
    for (to, input) in [
        (endless, Vec::new()),
        (forwarder, code::forward(endless, &[])),
    ] {
        let timeout = Duration::from_millis(20);
        let request = CallRequest {
            to: TxKind::Call(to),
            input: input.into(),
            deadline: Some(Deadline::after(timeout)),
            ..CallRequest::default()
        };
        assert_eq!(
            chain
                .executor
                .call(&request, &chain.block, &StateOverrides::new()),
            Err(ExecError::TimedOut { timeout })
        );
    }
}
