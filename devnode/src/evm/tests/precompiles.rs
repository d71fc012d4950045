//! The chain's precompiles: answers, prices, refusals.

use super::{
    ARB_DEBUG, ARB_OWNER, ARB_OWNER_PUBLIC, ARB_SYS, Chain, ETHER, GAS, OWNER, USER, Wasm, code,
    intrinsic, word,
};
use crate::{
    arbos::{ARB_WASM, ARB_WASM_CACHE, STYLUS_CACHE_MANAGER},
    evm::{ExecutionStatus, Halt, MIN_BASE_FEE},
};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolError, sol};

sol! {
    function arbBlockNumber() external view returns (uint256 number);
    function arbBlockHash(uint256 number) external view returns (bytes32 hash);
    function arbChainID() external view returns (uint256 id);
    function arbOSVersion() external view returns (uint256 version);
    function isTopLevelCall() external view returns (bool isTop);
    function withdrawEth(address to) external payable returns (uint256 id);
    function getLifetime() external view returns (uint256 secs);
    error InvalidBlockNumber(uint256 requested, uint256 current);
    function becomeChainOwner() external;
    function isChainOwner(address account) external view returns (bool isOwner);
    function getAllChainOwners() external view returns (address[] owners);
    function addWasmCacheManager(address manager) external;
    function removeWasmCacheManager(address manager) external;
    function allCacheManagers() external view returns (address[] managers);
    function isCacheManager(address manager) external view returns (bool isManager);
    function evictCodehash(bytes32 codehash) external;
    function getPricesInWei() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
}

const ARB_GAS_INFO: Address = Address::with_last_byte(0x6c);

#[test]
fn arb_sys_knows_the_chain() {
    let mut chain = Chain::new();
    chain.block.parent_hash = B256::repeat_byte(5);
    assert_eq!(chain.view(ARB_SYS, &arbBlockNumberCall {}), U256::from(7));
    assert_eq!(chain.view(ARB_SYS, &arbChainIDCall {}), U256::from(412_346));
    assert_eq!(chain.view(ARB_SYS, &arbOSVersionCall {}), U256::from(106));
    let parent = arbBlockHashCall {
        number: U256::from(6),
    };
    assert_eq!(chain.view(ARB_SYS, &parent), B256::repeat_byte(5));
    assert!(chain.view(ARB_SYS, &isTopLevelCallCall {}));

    let own = arbBlockHashCall {
        number: U256::from(7),
    };
    let outcome = chain.call(ARB_SYS, own.abi_encode());
    assert_eq!(outcome.status, ExecutionStatus::Revert);
    let error = InvalidBlockNumber::abi_decode(&outcome.output).unwrap();
    assert_eq!(
        (error.requested, error.current),
        (U256::from(7), U256::from(7))
    );
}

#[test]
fn what_is_not_modelled_stops_the_call_by_name() {
    let chain = Chain::new();
    let withdraw = withdrawEthCall { to: USER };
    let outcome = chain.call(ARB_SYS, withdraw.abi_encode());
    let ExecutionStatus::Halt(halt) = outcome.status else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        halt.to_string(),
        "method `withdrawEth(address)` (`0x25e16063`) of precompile `ArbSys` is not modelled"
    );
    let retryables = chain.call(
        Address::with_last_byte(0x6e),
        getLifetimeCall {}.abi_encode(),
    );
    assert!(
        matches!(
            retryables.status,
            ExecutionStatus::Halt(Halt::NotModelled {
                contract: "ArbRetryableTx",
                method: "getLifetime()",
                ..
            })
        ),
        "{retryables:?}"
    );
}

#[test]
fn a_getter_costs_state_parameters_and_its_words() {
    let mut chain = Chain::new();
    let input = Wasm::stylusVersionCall {}.abi_encode();
    let outcome = chain.send(ARB_WASM, input.clone());
    assert_eq!(outcome.status, ExecutionStatus::Success);
    assert_eq!(outcome.output, word(2));
    // State 800, parameters 100, one word of result 3.
    assert_eq!(outcome.gas_used, intrinsic(&input) + 903);
    let input = Wasm::codehashVersionCall {
        codehash: B256::ZERO,
    }
    .abi_encode();
    let outcome = chain.send(ARB_WASM, input.clone());
    assert_eq!(outcome.status, ExecutionStatus::Revert);
    assert_eq!(outcome.output, Wasm::ProgramNotActivated {}.abi_encode());
    // One word of arguments, state, parameters, record, one word of error.
    assert_eq!(
        outcome.gas_used,
        intrinsic(&input) + 3 + 800 + 100 + 800 + 3
    );
}

#[test]
fn an_unknown_selector_short_calldata_or_value_burns_all_gas() {
    let mut chain = Chain::new();
    for input in [&[0xde, 0xad, 0xbe, 0xef][..], &[1, 2], &[]] {
        let outcome = chain.send(ARB_WASM, input.to_vec());
        assert_eq!(outcome.status, ExecutionStatus::Revert);
        assert!(outcome.output.is_empty());
        assert_eq!(outcome.gas_used, GAS);
    }
    let input = Wasm::stylusVersionCall {}.abi_encode();
    let outcome = chain.send_value(ARB_WASM, input, U256::ONE);
    assert_eq!(
        (outcome.status, outcome.gas_used),
        (ExecutionStatus::Revert, GAS)
    );
}

#[test]
fn precompiles_answer_neither_delegate_calls_nor_writes_in_static_calls() {
    let mut chain = Chain::new();
    let delegating = chain.deploy(&code::forwarder(code::Forward::Delegate));
    let reading = chain.deploy(&code::forwarder(code::Forward::Static));
    let version = Wasm::stylusVersionCall {}.abi_encode();
    let delegated = chain.send(delegating, code::forward(ARB_WASM, &version));
    assert_eq!(delegated.status, ExecutionStatus::Revert);
    assert!(delegated.output.is_empty());
    // Only the 64th part that stayed with the caller is left.
    assert!(delegated.gas_used > GAS / 64 * 62, "{}", delegated.gas_used);
    let read = chain.send(reading, code::forward(ARB_WASM, &version));
    assert_eq!(read.status, ExecutionStatus::Success);
    let activate = Wasm::activateProgramCall { program: USER }.abi_encode();
    let written = chain.send(reading, code::forward(ARB_WASM, &activate));
    assert_eq!(written.status, ExecutionStatus::Revert);
    assert!(written.gas_used > GAS / 64 * 62, "{}", written.gas_used);
}

#[test]
fn activation_refuses_what_is_no_program() {
    let mut chain = Chain::new();
    let nobody = chain.activate(Address::repeat_byte(9), U256::ZERO);
    assert_eq!(nobody.status, ExecutionStatus::Revert);
    assert_eq!(nobody.output, Wasm::ProgramNotWasm {}.abi_encode());
    let evm = chain.deploy(&code::counter());
    let solidity = chain.activate(evm, U256::ZERO);
    assert_eq!(solidity.status, ExecutionStatus::Revert);
    assert!(solidity.output.is_empty());
    // A plain revert keeps the rest of the gas.
    let spent = 3 + 800 + 1_659_168 + 100 + 800;
    let input = Wasm::activateProgramCall { program: evm }.abi_encode();
    assert_eq!(solidity.gas_used, intrinsic(&input) + spent);
    let broken = chain.deploy(&[0xEF, 0xF0, 0x00, 0x00, 0xFF, 0xFF, 0xFF]);
    let undecodable = chain.activate(broken, U256::ZERO);
    assert_eq!(undecodable.status, ExecutionStatus::Revert);
    assert!(undecodable.gas_used < 2_000_000);
}

#[test]
fn an_invalid_module_burns_all_gas_and_says_why() {
    let mut chain = Chain::new();
    let program = chain.deploy_wat(r#"(module (memory (export "memory") 1 1))"#);
    let outcome = chain.activate(program, U256::from(ETHER));
    assert_eq!(outcome.gas_used, GAS);
    let ExecutionStatus::Halt(halt) = outcome.status else {
        panic!("{outcome:?}");
    };
    assert!(
        halt.to_string().starts_with("program activation failed: "),
        "{halt}"
    );
}

#[test]
fn owners_and_cache_managers_are_those_of_a_development_chain() {
    let mut chain = Chain::new();
    assert_eq!(
        chain.view(ARB_OWNER_PUBLIC, &getAllChainOwnersCall {}),
        [Address::ZERO, OWNER]
    );
    assert_eq!(
        chain.view(ARB_WASM_CACHE, &allCacheManagersCall {}),
        [STYLUS_CACHE_MANAGER]
    );

    let add = addWasmCacheManagerCall { manager: USER }.abi_encode();
    let stranger = chain.send(ARB_OWNER, add.clone());
    assert_eq!(
        stranger.status,
        ExecutionStatus::Halt(Halt::UnauthorizedCaller)
    );
    assert_eq!(stranger.gas_used, GAS);

    let become_owner = chain.send(ARB_DEBUG, becomeChainOwnerCall {}.abi_encode());
    assert_eq!(become_owner.status, ExecutionStatus::Success);
    assert_eq!(
        chain.view(ARB_OWNER_PUBLIC, &getAllChainOwnersCall {}),
        [Address::ZERO, OWNER, USER]
    );
    assert!(chain.view(ARB_OWNER_PUBLIC, &isChainOwnerCall { account: USER }));

    let added = chain.send(ARB_OWNER, add.clone());
    assert_eq!(added.status, ExecutionStatus::Success);
    assert_eq!(added.gas_used, intrinsic(&add), "owners pay nothing");
    assert_eq!(added.logs.len(), 1);
    assert_eq!(
        chain.view(ARB_WASM_CACHE, &allCacheManagersCall {}),
        [STYLUS_CACHE_MANAGER, USER]
    );
    // A view is logged and free too; so is a failure free.
    let view = isChainOwnerCall { account: USER }.abi_encode();
    let viewed = chain.send(ARB_OWNER, view.clone());
    assert_eq!((viewed.gas_used, viewed.logs.len()), (intrinsic(&view), 1));
    let absent = removeWasmCacheManagerCall {
        manager: Address::repeat_byte(9),
    }
    .abi_encode();
    let failed = chain.send(ARB_OWNER, absent.clone());
    assert_eq!(
        (failed.status, failed.gas_used),
        (ExecutionStatus::Revert, intrinsic(&absent))
    );
    let removed = chain.send(
        ARB_OWNER,
        removeWasmCacheManagerCall {
            manager: STYLUS_CACHE_MANAGER,
        }
        .abi_encode(),
    );
    assert_eq!(removed.status, ExecutionStatus::Success);
    assert_eq!(chain.view(ARB_WASM_CACHE, &allCacheManagersCall {}), [USER]);
    for (manager, is_one) in [(USER, true), (STYLUS_CACHE_MANAGER, false), (OWNER, false)] {
        assert_eq!(
            chain.view(ARB_WASM_CACHE, &isCacheManagerCall { manager }),
            is_one
        );
    }
}

#[test]
fn only_managers_and_owners_change_the_cache() {
    let mut chain = Chain::new();
    let input = evictCodehashCall {
        codehash: B256::ZERO,
    }
    .abi_encode();
    let stranger = chain.send(ARB_WASM_CACHE, input.clone());
    assert_eq!(
        (stranger.status, stranger.gas_used),
        (ExecutionStatus::Revert, GAS)
    );
    // Evicting what is not cached is silent: state, manager, parameters, record; an owner who is no
    // manager costs a read more.
    for (manager, more) in [(false, 800), (true, 0)] {
        if manager {
            chain.own(&addWasmCacheManagerCall { manager: OWNER });
        }
        let outcome = chain.send_as_owner(ARB_WASM_CACHE, input.clone());
        assert_eq!(outcome.status, ExecutionStatus::Success);
        assert!(outcome.logs.is_empty());
        assert_eq!(
            outcome.gas_used,
            intrinsic(&input) + 3 + 800 + 800 + more + 100 + 800
        );
    }
}

#[test]
fn prices_have_no_parent_chain_in_them() {
    let chain = Chain::new();
    let prices = chain.view(ARB_GAS_INFO, &getPricesInWeiCall {});
    let base_fee = U256::from(MIN_BASE_FEE);
    assert_eq!((prices._0, prices._1), (U256::ZERO, U256::ZERO));
    assert_eq!(
        (prices._3, prices._4, prices._5),
        (base_fee, U256::ZERO, base_fee)
    );
}
