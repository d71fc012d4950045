//! What owners set: parameters that hold from the next call on, upgrades of `ArbOS`.

use super::{
    ARB_OWNER, ARB_OWNER_PUBLIC, ARB_SYS, Chain, ETHER, GAS, NOW, OWNER, USER, Wasm, code,
    intrinsic,
};
use crate::{
    arbos::ARB_WASM,
    evm::{ExecutionStatus, Halt, NETWORK_FEE_ACCOUNT},
};
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError, sol};

sol! {
    function setInkPrice(uint32 price) external;
    function setWasmMaxStackDepth(uint32 depth) external;
    function setWasmFreePages(uint16 pages) external;
    function setWasmPageGas(uint16 gas) external;
    function setWasmPageLimit(uint16 limit) external;
    function setWasmMaxSize(uint32 size) external;
    function setWasmMinInitGas(uint8 gas, uint16 cached) external;
    function setWasmInitCostScalar(uint64 percent) external;
    function setWasmExpiryDays(uint16 numDays) external;
    function setWasmKeepaliveDays(uint16 numDays) external;
    function setWasmBlockCacheSize(uint16 count) external;
    function setWasmActivationGas(uint64 gas) external;
    function setMaxStylusContractFragments(uint8 maxFragments) external;
    function scheduleArbOSUpgrade(uint64 newVersion, uint64 timestamp) external;
    function setL1PricePerUnit(uint256 pricePerUnit) external;
    function setNetworkFeeAccount(address newNetworkFeeAccount) external;
    function setSpeedLimit(uint64 limit) external;
    function addChainOwner(address newOwner) external;
    function removeChainOwner(address ownerToRemove) external;

    function inkPrice() external view returns (uint32);
    function maxStackDepth() external view returns (uint32);
    function freePages() external view returns (uint16);
    function pageGas() external view returns (uint16);
    function pageLimit() external view returns (uint16);
    function minInitGas() external view returns (uint64 gas, uint64 cached);
    function initCostScalar() external view returns (uint64);
    function expiryDays() external view returns (uint16);
    function keepaliveDays() external view returns (uint16);
    function blockCacheSize() external view returns (uint16);
    function arbOSVersion() external view returns (uint256);
    function getMaxStylusContractFragments() external view returns (uint8);
    function getScheduledUpgrade() external view returns (uint64 arbosVersion, uint64 scheduledForTimestamp);
    function getNetworkFeeAccount() external view returns (address);
    function getAllChainOwners() external view returns (address[] owners);
}

const NOTHING: &str = r#"(module
    (memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;
/// Uses up 100 gas in ink, and hardly more.
const HUNDRED_GAS: &str = r#"(module
    (memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param i32) (result i32)
        (memory.fill (i32.const 0) (i32.const 0) (i32.const 9900)) (i32.const 0)))"#;

#[test]
fn every_parameter_is_answered_as_it_was_set() {
    let mut chain = Chain::under(60);
    chain.own(&setInkPriceCall { price: 1_234 });
    chain.own(&setWasmMaxStackDepthCall { depth: 77_777 });
    chain.own(&setWasmFreePagesCall { pages: 3 });
    chain.own(&setWasmPageGasCall { gas: 1_001 });
    chain.own(&setWasmPageLimitCall { limit: 99 });
    chain.own(&setWasmMinInitGasCall {
        gas: 70,
        cached: 12,
    });
    chain.own(&setWasmInitCostScalarCall { percent: 101 });
    chain.own(&setWasmExpiryDaysCall { numDays: 400 });
    chain.own(&setWasmKeepaliveDaysCall { numDays: 30 });
    chain.own(&setWasmBlockCacheSizeCall { count: 5 });
    chain.own(&setWasmActivationGasCall { gas: 6 });
    chain.own(&setMaxStylusContractFragmentsCall { maxFragments: 7 });
    assert_eq!(chain.view(ARB_WASM, &inkPriceCall {}), 1_234);
    assert_eq!(chain.view(ARB_WASM, &maxStackDepthCall {}), 77_777);
    assert_eq!(chain.view(ARB_WASM, &freePagesCall {}), 3);
    assert_eq!(chain.view(ARB_WASM, &pageGasCall {}), 1_001);
    assert_eq!(chain.view(ARB_WASM, &pageLimitCall {}), 99);
    let least = chain.view(ARB_WASM, &minInitGasCall {});
    assert_eq!((least.gas, least.cached), (70 * 128, 12 * 32));
    // The scalar is kept in steps of two percent.
    assert_eq!(chain.view(ARB_WASM, &initCostScalarCall {}), 102);
    assert_eq!(chain.view(ARB_WASM, &expiryDaysCall {}), 400);
    assert_eq!(chain.view(ARB_WASM, &keepaliveDaysCall {}), 30);
    assert_eq!(chain.view(ARB_WASM, &blockCacheSizeCall {}), 5);
    assert_eq!(chain.view(ARB_WASM, &Wasm::activationGasCall {}), 6);
    let fragments = getMaxStylusContractFragmentsCall {};
    assert_eq!(chain.view(ARB_OWNER_PUBLIC, &fragments), 7);
}

#[test]
fn an_ink_price_of_zero_or_above_three_bytes_is_refused() {
    let mut chain = Chain::new();
    for price in [0, 1 << 24] {
        let input = setInkPriceCall { price }.abi_encode();
        let outcome = chain.send_as_owner(ARB_OWNER, input);
        assert_eq!(outcome.status, ExecutionStatus::Revert);
        assert!(outcome.output.is_empty() && outcome.logs.is_empty());
    }
    assert_eq!(chain.view(ARB_WASM, &inkPriceCall {}), 10_000);
    chain.own(&setInkPriceCall {
        price: (1 << 24) - 1,
    });
}

#[test]
fn a_new_ink_price_holds_from_the_next_call_on() {
    let mut chain = Chain::new();
    let program = chain.program(HUNDRED_GAS);
    let dear = chain.send(program, []).gas_used;
    chain.own(&setInkPriceCall { price: 20_000 });
    let cheap = chain.send(program, []).gas_used;
    // 990 000 ink for the bytes filled and a few thousand around them.
    assert_eq!(dear - cheap, 50);
}

#[test]
fn a_reverted_owner_takes_the_parameter_back() {
    let mut chain = Chain::new();
    // The contract calls, and then reverts whatever came of it.
    let setter = chain.deploy(&code::forwarder(code::Forward::Call));
    let undone = chain.deploy(&{
        let mut code = code::forwarder(code::Forward::Call);
        // The last opcode is the RETURN of a call that went well.
        *code.last_mut().unwrap() = revm::bytecode::opcode::REVERT;
        code
    });
    for owner in [setter, undone] {
        chain.own(&addChainOwnerCall { newOwner: owner });
    }
    let order = code::forward(ARB_OWNER, &setWasmPageGasCall { gas: 5 }.abi_encode());
    let outcome = chain.send(undone, order.clone());
    assert_eq!(outcome.status, ExecutionStatus::Revert);
    assert_eq!(chain.view(ARB_WASM, &pageGasCall {}), 1_000);
    assert!(chain.send(setter, order).status.is_success());
    assert_eq!(chain.view(ARB_WASM, &pageGasCall {}), 5);
}

#[test]
fn a_smaller_page_limit_stops_new_programs_and_leaves_old_ones() {
    let mut chain = Chain::new();
    let two_pages = NOTHING.replace("1 1", "2 2");
    let old = chain.program(&two_pages);
    chain.own(&setWasmPageLimitCall { limit: 1 });
    chain.own(&setWasmMaxSizeCall { size: 10 });
    assert!(chain.send(old, []).status.is_success());
    // A node that starts again compiles the program again.
    chain.executor.forget_programs();
    assert!(chain.send(old, []).status.is_success());
    let new = chain.deploy_wat(NOTHING);
    let refused = chain.activate(new, U256::from(ETHER));
    assert_eq!(refused.status, ExecutionStatus::Revert);
    assert!(refused.output.is_empty());
}

#[test]
fn activation_gas_is_a_parameter_from_59_on() {
    for (version, works) in [(51, false), (59, true), (60, true)] {
        let mut chain = Chain::under(version);
        let input = setWasmActivationGasCall { gas: 1_000 }.abi_encode();
        let cheap = activation_gas(&mut chain, NOTHING);
        let set = chain.send_as_owner(ARB_OWNER, input);
        assert_eq!(set.status.is_success(), works, "{version}");
        let dear = activation_gas(&mut chain, &NOTHING.replace("i32.const 0", "i32.const 1"));
        assert_eq!(dear - cheap, if works { 1_000 } else { 0 });
        let getter = chain.send(ARB_WASM, Wasm::activationGasCall {}.abi_encode());
        // An unknown method takes all gas.
        assert_eq!(getter.gas_used == GAS, !works);
    }
}

/// Gas of activating a program, its calldata aside.
fn activation_gas(chain: &mut Chain, wat: &str) -> u64 {
    let program = chain.deploy_wat(wat);
    let input = Wasm::activateProgramCall { program }.abi_encode();
    chain.activate(program, U256::from(ETHER)).gas_used - intrinsic(&input)
}

#[test]
fn an_upgrade_begins_with_the_first_block_of_its_time() {
    let mut chain = Chain::new();
    let program = chain.program(NOTHING);
    chain.own(&scheduleArbOSUpgradeCall {
        newVersion: 60,
        timestamp: NOW + 100,
    });
    let scheduled = chain.view(ARB_OWNER_PUBLIC, &getScheduledUpgradeCall {});
    assert_eq!(
        (scheduled.arbosVersion, scheduled.scheduledForTimestamp),
        (60, NOW + 100)
    );
    chain.block.timestamp = NOW + 99;
    assert!(chain.send(program, []).status.is_success());
    assert_eq!(chain.view(ARB_SYS, &arbOSVersionCall {}), U256::from(106));

    chain.block.timestamp = NOW + 100;
    // What is simulated in a block that would begin now sees the new version as a transaction would.
    assert_eq!(chain.view(ARB_SYS, &arbOSVersionCall {}), U256::from(115));
    assert_eq!(chain.executor.state().arbos_version(), 51);
    let outcome = chain.send(program, []);
    assert_eq!(
        outcome.status,
        ExecutionStatus::Halt(Halt::ProgramNeedsUpgrade {
            version: 2,
            stylus_version: 3
        })
    );
    assert_eq!(chain.executor.state().arbos_version(), 60);
    let version = chain.call(ARB_WASM, Wasm::programVersionCall { program }.abi_encode());
    let error = Wasm::ProgramNeedsUpgrade::abi_decode(&version.output).unwrap();
    assert_eq!((error.version, error.stylusVersion), (2, 3));
    let none = chain.view(ARB_OWNER_PUBLIC, &getScheduledUpgradeCall {});
    assert_eq!((none.arbosVersion, none.scheduledForTimestamp), (0, 0));
    assert_eq!(
        chain.view(ARB_OWNER_PUBLIC, &getMaxStylusContractFragmentsCall {}),
        4
    );

    let again = chain.activate(program, U256::from(ETHER));
    assert_eq!(again.status, ExecutionStatus::Success);
    let returned = Wasm::activateProgramCall::abi_decode_returns(&again.output).unwrap();
    assert_eq!(returned.version, 3);
    assert!(chain.send(program, []).status.is_success());
}

#[test]
fn an_upgrade_keeps_what_the_owner_set_and_caps_the_stack() {
    let mut chain = Chain::under(40);
    assert_eq!(chain.view(ARB_WASM, &maxStackDepthCall {}), 262_144);
    chain.own(&setInkPriceCall { price: 9 });
    chain.own(&scheduleArbOSUpgradeCall {
        newVersion: 50,
        timestamp: 0,
    });
    // The block that schedules it has begun already.
    assert_eq!(chain.executor.state().arbos_version(), 40);
    chain.send(USER, []);
    assert_eq!(chain.executor.state().arbos_version(), 50);
    assert_eq!(chain.view(ARB_WASM, &maxStackDepthCall {}), 22_000);
    assert_eq!(chain.view(ARB_WASM, &inkPriceCall {}), 9);
}

#[test]
fn an_upgrade_back_never_comes_and_one_to_an_unknown_version_is_refused() {
    let mut chain = Chain::new();
    chain.own(&scheduleArbOSUpgradeCall {
        newVersion: 40,
        timestamp: 0,
    });
    chain.send(USER, []);
    assert_eq!(chain.executor.state().arbos_version(), 51);
    let order = scheduleArbOSUpgradeCall {
        newVersion: 52,
        timestamp: 0,
    };
    let outcome = chain.send_as_owner(ARB_OWNER, order.abi_encode());
    let ExecutionStatus::Halt(halt) = outcome.status else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        halt.to_string(),
        "ArbOS version `52` is not supported, only 40, 50, 51, 59 and 60 are"
    );
}

#[test]
fn fees_go_to_the_account_an_owner_names() {
    let mut chain = Chain::new();
    let account = Address::repeat_byte(0xFE);
    chain.own(&setNetworkFeeAccountCall {
        newNetworkFeeAccount: account,
    });
    assert_eq!(
        chain.view(ARB_OWNER_PUBLIC, &getNetworkFeeAccountCall {}),
        account
    );
    let before = (chain.balance(account), chain.balance(NETWORK_FEE_ACCOUNT));
    let program = chain.deploy_wat(NOTHING);
    let outcome = chain.activate(program, U256::from(ETHER));
    let fee = Wasm::activateProgramCall::abi_decode_returns(&outcome.output).unwrap();
    assert!(chain.balance(account) > before.0 + fee.dataFee);
    assert_eq!(chain.balance(NETWORK_FEE_ACCOUNT), before.1);
}

#[test]
fn a_price_of_data_is_accepted_if_it_is_zero() {
    let mut chain = Chain::new();
    chain.own(&setL1PricePerUnitCall {
        pricePerUnit: U256::ZERO,
    });
    let order = setL1PricePerUnitCall {
        pricePerUnit: U256::ONE,
    };
    for order in [
        order.abi_encode(),
        setSpeedLimitCall { limit: 1 }.abi_encode(),
    ] {
        let outcome = chain.send_as_owner(ARB_OWNER, order);
        assert!(
            matches!(
                outcome.status,
                ExecutionStatus::Halt(Halt::NotModelled {
                    contract: "ArbOwner",
                    ..
                })
            ),
            "{outcome:?}"
        );
    }
}

#[test]
fn owners_are_removed_and_said_to_be_from_60_on() {
    for (version, logs) in [(51, 1), (60, 2)] {
        let mut chain = Chain::under(version);
        let order = removeChainOwnerCall {
            ownerToRemove: Address::ZERO,
        };
        let outcome = chain.send_as_owner(ARB_OWNER, order.abi_encode());
        assert_eq!(outcome.status, ExecutionStatus::Success);
        assert_eq!(outcome.logs.len(), logs);
        assert_eq!(
            chain.view(ARB_OWNER_PUBLIC, &getAllChainOwnersCall {}),
            [OWNER]
        );
        let again = chain.send_as_owner(ARB_OWNER, order.abi_encode());
        assert_eq!(again.status, ExecutionStatus::Revert);
    }
}
