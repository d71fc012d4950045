//! Programs spread over several contracts, and programs that run twice in a block: `ArbOS` 60.

use super::{
    Chain, ETHER, GAS, Wasm, code, intrinsic, slot,
    tool::{Kind, Op, TOOL},
    word,
};
use crate::{
    arbos::ARB_WASM,
    evm::{CallRequest, ExecutionStatus, StateOverrides, Transaction},
    vm,
};
use alloy_primitives::{Address, TxKind, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent, sol};

sol! {
    function setMaxStylusContractFragments(uint8 maxFragments) external;
    function setWasmBlockCacheSize(uint16 count) external;
}

/// Deploys [`TOOL`] in this many parts and its root, and answers both.
fn deploy_parts(chain: &mut Chain, count: usize) -> (Vec<Address>, Address) {
    let wasm = wat::parse_str(TOOL).unwrap();
    let stream = vm::encode_program(&wasm).len() - 4;
    let part = stream.div_ceil(count);
    let (codes, _) = vm::encode_fragments(&wasm, part, &vec![Address::ZERO; count]);
    let parts: Vec<_> = codes.iter().map(|code| chain.deploy(code)).collect();
    let (_, root) = vm::encode_fragments(&wasm, part, &parts);
    let root = chain.deploy(&root);
    (parts, root)
}

/// Gas of reading parts' code when activating.
fn reading(chain: &Chain, parts: &[Address]) -> u64 {
    let words = |part: &Address| chain.executor.state().code(*part).len().div_ceil(32) as u64;
    parts.iter().map(|part| 2_600 + 3 * words(part)).sum()
}

#[test]
fn a_program_in_two_parts_is_activated_and_runs() {
    let mut chain = Chain::under(60);
    let (parts, root) = deploy_parts(&mut chain, 2);
    let activated = chain.activate(root, U256::from(ETHER));
    assert_eq!(activated.status, ExecutionStatus::Success, "{activated:?}");
    let event = Wasm::ProgramActivated::decode_log(&activated.logs[0]).unwrap();
    assert_eq!((event.program, event.version), (root, 3));
    assert!(chain.send(root, Op::write(1, 42)).status.is_success());
    assert_eq!(chain.executor.state().storage(root, slot(1)), slot(42));
    // A node that starts again reads the parts again.
    chain.executor.forget_programs();
    assert_eq!(chain.call(root, Op::read(1)).output, word(42));

    // The same program whole costs as much but for reading the parts.
    let whole = chain.deploy_wat(TOOL);
    let outcome = chain.activate(whole, U256::from(ETHER));
    let same = |program| intrinsic(&Wasm::activateProgramCall { program }.abi_encode());
    assert_eq!(
        (activated.gas_used - same(root)) - (outcome.gas_used - same(whole)),
        reading(&chain, &parts)
    );
}

#[test]
fn an_account_that_holds_a_root_cannot_destroy_itself() {
    let mut chain = Chain::under(60);
    let (_, root) = deploy_parts(&mut chain, 2);
    assert!(chain.activate(root, U256::from(ETHER)).status.is_success());
    // CALLER, SELFDESTRUCT
    let bomb = chain.deploy(&[0x33, 0xff]);
    let destroy = |kind| Op::call(kind, bomb, U256::ZERO, &[]);
    let outcome = chain.send(root, destroy(Kind::Delegate));
    assert_eq!(outcome.status, ExecutionStatus::Revert);
    assert!(chain.send(root, destroy(Kind::Call)).status.is_success());
}

#[test]
fn parts_are_no_programs_and_cannot_be_run_by_themselves() {
    let mut chain = Chain::under(60);
    let (parts, _) = deploy_parts(&mut chain, 2);
    let outcome = chain.activate(parts[0], U256::from(ETHER));
    assert_eq!(outcome.status, ExecutionStatus::Revert);
    assert!(outcome.output.is_empty());
    assert!(outcome.gas_used < 2_000_000);
    let run = chain.send(parts[0], []);
    let ExecutionStatus::Halt(halt) = run.status else {
        panic!("{run:?}");
    };
    assert_eq!(
        (halt.to_string().as_str(), run.gas_used),
        ("invalid opcode", GAS)
    );
}

#[test]
fn a_root_with_too_many_or_missing_parts_is_a_plain_revert() {
    let mut chain = Chain::under(60);
    let (_, root) = deploy_parts(&mut chain, 3);
    chain.own(&setMaxStylusContractFragmentsCall { maxFragments: 2 });
    let refused = chain.activate(root, U256::from(ETHER));
    assert_eq!(refused.status, ExecutionStatus::Revert);
    assert!(refused.output.is_empty());
    chain.own(&setMaxStylusContractFragmentsCall { maxFragments: 3 });
    assert!(chain.activate(root, U256::from(ETHER)).status.is_success());

    let wasm = wat::parse_str(TOOL).unwrap();
    let nobody = [Address::repeat_byte(0x99)];
    let (_, root) = vm::encode_fragments(&wasm, usize::MAX, &nobody);
    let root = chain.deploy(&root);
    let missing = chain.activate(root, U256::from(ETHER));
    assert_eq!(missing.status, ExecutionStatus::Revert);
    assert!(missing.output.is_empty());
}

#[test]
fn the_largest_part_must_be_affordable() {
    let mut chain = Chain::under(60);
    let (_, root) = deploy_parts(&mut chain, 1);
    let input = Wasm::activateProgramCall { program: root }.abi_encode();
    // One word of arguments, state, the fixed price, parameters, record.
    let before = intrinsic(&input) + 3 + 800 + 1_659_168 + 100 + 800;
    let status = |gas: u64| {
        let request = CallRequest {
            to: TxKind::Call(ARB_WASM),
            input: input.clone().into(),
            gas_limit: Some(gas),
            ..CallRequest::default()
        };
        let outcome = chain
            .executor
            .call(&request, &chain.block, &StateOverrides::new())
            .unwrap();
        outcome.status
    };
    let largest = 2_600 + 3 * (24_576 / 32);
    // A revert that takes everything, against an activation that runs out later on.
    assert_eq!(status(before + largest - 1), ExecutionStatus::Revert);
    assert!(matches!(status(before + largest), ExecutionStatus::Halt(_)));
}

#[test]
fn code_of_parts_may_be_deployed_from_60_on_only() {
    for version in [40, 50, 51, 59, 60] {
        let mut chain = Chain::under(version);
        for (prefix, since) in [(0, 0), (1, 60), (2, 60), (3, u64::MAX)] {
            let code = [0xEF, 0xF0, prefix, 0, 0];
            let tx = chain.tx(TxKind::Create, code::init_code(&code));
            let deployed = chain.transact(&tx).status.is_success();
            assert_eq!(deployed, version >= since, "{version} {prefix}");
        }
    }
}

#[test]
fn what_is_no_program_is_named_from_60_on() {
    for version in [51, 59, 60] {
        let mut chain = Chain::under(version);
        let evm = chain.deploy(&code::counter());
        let outcome = chain.activate(evm, U256::ZERO);
        assert_eq!(outcome.status, ExecutionStatus::Revert);
        let named = outcome.output == Wasm::ProgramNotWasm {}.abi_encode();
        assert_eq!(named, version >= 60, "{version}");
        assert_eq!(outcome.output.is_empty(), version < 60);
    }
}

#[test]
fn a_program_that_ran_in_the_block_starts_as_a_cached_one_from_60_on() {
    for (version, cheaper) in [(59, false), (60, true)] {
        let mut chain = Chain::under(version);
        let tool = chain.program(TOOL);
        let init = chain.view(ARB_WASM, &Wasm::programInitGasCall { program: tool });
        let saved = if cheaper {
            init.gas - init.gasWhenCached
        } else {
            0
        };
        let first = run_in_block(&mut chain, tool);
        let second = run_in_block(&mut chain, tool);
        assert_eq!(first - second, saved, "{version}");
        // Another block starts anew, and so does a simulated call.
        chain.block.number += 1;
        assert_eq!(run_in_block(&mut chain, tool), first);
        assert_eq!(chain.call(tool, Op::read(1)).gas_used, first);
    }
}

#[test]
fn the_block_remembers_as_many_programs_as_the_parameter_says() {
    let mut chain = Chain::under(60);
    let tool = chain.program(TOOL);
    chain.own(&setWasmBlockCacheSizeCall { count: 0 });
    let first = run_in_block(&mut chain, tool);
    assert_eq!(run_in_block(&mut chain, tool), first);
}

/// Runs a read without going to the next block and answers its gas.
fn run_in_block(chain: &mut Chain, tool: Address) -> u64 {
    let tx: Transaction = chain.tx(TxKind::Call(tool), Op::read(1));
    let outcome = chain.executor.transact(&tx, &chain.block).unwrap();
    assert_eq!(outcome.status, ExecutionStatus::Success);
    outcome.gas_used
}
