//! The small precompiles, and delegation to any of them.

use super::{
    ARB_DEBUG, ARB_SYS, Chain, GAS, USER, code, intrinsic,
    tool::{Kind, Op, TOOL},
    word,
};
use crate::{
    arbos::STYLUS_DEPLOYER,
    evm::{
        BATCH_POSTER, CallRequest, ChainParams, ExecutionStatus, Executor, Halt, StateOverride,
        StateOverrides,
    },
};
use alloy_primitives::{Address, B256, Bytes, I256, TxKind, U256, address};
use alloy_sol_types::{SolCall, SolError, SolEvent, sol};

sol! {
    function isTopLevelCall() external view returns (bool isTop);
    function wasMyCallersAddressAliased() external view returns (bool);
    function myCallersAddressWithoutAliasing() external view returns (address);
    function mapL1SenderContractAddressToL2Alias(address sender, address unused) external pure returns (address);
    function getStorageGasAvailable() external view returns (uint256);

    function getBalance(address account) external view returns (uint256);
    function getCode(address account) external view returns (bytes);
    function burnArbGas(uint256 gasAmount) external pure;
    function getStats() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);

    function events(bool flag, bytes32 value) external payable returns (address, uint256);
    function eventsView() external view;
    function customRevert(uint64 number) external pure;
    function panic() external;
    function legacyError() external pure;
    function overwriteContractCode(address target, bytes newCode) external returns (bytes oldCode);
    event Basic(bool flag, bytes32 indexed value);
    event Mixed(bool indexed flag, bool not, bytes32 indexed value, address conn, address indexed caller);
    error Custom(uint64 number, string message, bool flag);

    function addressExists(address addr) external view returns (bool);
    function compress(address addr) external returns (bytes);
    function decompress(bytes buf, uint256 offset) external view returns (address, uint256);
    function lookup(address addr) external view returns (uint256);
    function lookupIndex(uint256 index) external view returns (address);
    function register(address addr) external returns (uint256);
    function size() external view returns (uint256);

    function getGasAccountingParams() external view returns (uint256, uint256, uint256);
    function getPricesInArbGas() external view returns (uint256, uint256, uint256);
    function getPricingInertia() external view returns (uint64);
    function getGasBacklogTolerance() external view returns (uint64);
    function getL1PricingSurplus() external view returns (int256);
    function getMaxTxGasLimit() external view returns (uint256);
    function getBatchPosters() external view returns (address[]);
    function getFeeCollector(address batchPoster) external view returns (address);
}

const ARB_INFO: Address = Address::with_last_byte(0x65);
const ARB_ADDRESS_TABLE: Address = Address::with_last_byte(0x66);
const ARBOS_TEST: Address = Address::with_last_byte(0x69);
const ARB_GAS_INFO: Address = Address::with_last_byte(0x6c);
const ARB_AGGREGATOR: Address = Address::with_last_byte(0x6d);
const ARB_STATISTICS: Address = Address::with_last_byte(0x6f);
const NODE_INTERFACE: Address = Address::with_last_byte(0xc8);

#[test]
fn a_call_is_top_level_in_the_transactions_own_contract_only() {
    let mut chain = Chain::new();
    let inner = chain.deploy(&code::forwarder(code::Forward::Call));
    let outer = chain.deploy(&code::forwarder(code::Forward::Call));
    let tool = chain.program(TOOL);
    let is_top = isTopLevelCallCall {}.abi_encode();
    let who = myCallersAddressWithoutAliasingCall {}.abi_encode();
    let padded = |address: Address| Bytes::copy_from_slice(address.into_word().as_slice());

    assert_eq!(chain.call(ARB_SYS, is_top.clone()).output, word(1));
    assert_eq!(chain.call(ARB_SYS, who.clone()).output, word(0));
    let once = |input: &[u8]| code::forward(ARB_SYS, input);
    assert_eq!(chain.call(inner, once(&is_top)).output, word(1));
    assert_eq!(chain.call(inner, once(&who)).output, padded(USER));
    let twice = |input: &[u8]| code::forward(inner, &once(input));
    assert_eq!(chain.call(outer, twice(&is_top)).output, word(0));
    assert_eq!(chain.call(outer, twice(&who)).output, padded(outer));
    // The same through a program.
    let by_tool = |input: &[u8]| Op::call(Kind::Call, ARB_SYS, U256::ZERO, input);
    assert_eq!(chain.call(tool, by_tool(&who)).output, padded(USER));
    let nested = code::forward(tool, &by_tool(&who));
    assert_eq!(chain.call(outer, nested).output, padded(outer));
    assert!(!chain.view(ARB_SYS, &wasMyCallersAddressAliasedCall {}));
}

#[test]
fn parent_chain_contracts_have_an_alias() {
    let mut chain = Chain::new();
    let alias = |sender: Address| mapL1SenderContractAddressToL2AliasCall {
        sender,
        unused: Address::ZERO,
    };
    let high = address!("ffffffffffffffffffffffffffffffffffffffff");
    assert_eq!(
        chain.view(ARB_SYS, &alias(high)),
        address!("1111000000000000000000000000000000001110")
    );
    // A pure method does not open the state: two words of arguments, one of result.
    let input = alias(high).abi_encode();
    let outcome = chain.send(ARB_SYS, input.clone());
    assert_eq!(outcome.gas_used, intrinsic(&input) + 9);
    assert_eq!(
        chain.view(ARB_SYS, &getStorageGasAvailableCall {}),
        U256::ZERO
    );
}

#[test]
fn arb_info_shows_balance_and_code() {
    let mut chain = Chain::new();
    let contract = chain.deploy(&code::counter());
    let account = USER;
    assert_eq!(
        chain.view(ARB_INFO, &getBalanceCall { account }),
        chain.balance(USER)
    );
    let code = getCodeCall { account: contract };
    assert_eq!(chain.view(ARB_INFO, &code), code::counter());
    let input = getBalanceCall { account: contract }.abi_encode();
    let outcome = chain.send(ARB_INFO, input.clone());
    // One word in, state, the price of a balance, one word out.
    assert_eq!(outcome.gas_used, intrinsic(&input) + 3 + 800 + 700 + 3);
    let input = code.abi_encode();
    let outcome = chain.send(ARB_INFO, input.clone());
    let out = outcome.output.len() as u64 / 32;
    assert_eq!(
        outcome.gas_used,
        intrinsic(&input) + 3 + 800 + 2_100 + 3 + 3 * out
    );
}

#[test]
fn gas_is_burned_as_told_or_all_of_it() {
    let mut chain = Chain::new();
    let burn = |gas: u64| burnArbGasCall {
        gasAmount: U256::from(gas),
    };
    let input = burn(12_345).abi_encode();
    let outcome = chain.send(ARBOS_TEST, input.clone());
    assert_eq!(outcome.gas_used, intrinsic(&input) + 3 + 12_345);
    let outcome = chain.send(ARBOS_TEST, burn(u64::MAX).abi_encode());
    assert_eq!(
        (outcome.status, outcome.gas_used),
        (ExecutionStatus::Success, GAS)
    );
    let input = burnArbGasCall {
        gasAmount: U256::MAX,
    };
    let outcome = chain.send(ARBOS_TEST, input.abi_encode());
    assert_eq!(outcome.status, ExecutionStatus::Revert);
    assert!(outcome.gas_used < 30_000);
}

#[test]
fn arb_debug_emits_and_fails_as_it_is_told() {
    let mut chain = Chain::new();
    let value = B256::repeat_byte(7);
    let input = eventsCall { flag: true, value }.abi_encode();
    let outcome = chain.send_value(ARB_DEBUG, input.clone(), U256::from(5));
    let returned = eventsCall::abi_decode_returns(&outcome.output).unwrap();
    assert_eq!((returned._0, returned._1), (USER, U256::from(5)));
    let [basic, mixed] = &outcome.logs[..] else {
        panic!("{:?}", outcome.logs);
    };
    let basic = Basic::decode_log(basic).unwrap();
    assert_eq!((basic.flag, basic.value), (false, value));
    let mixed = Mixed::decode_log(mixed).unwrap();
    assert_eq!((mixed.flag, mixed.not, mixed.value), (true, false, value));
    assert_eq!((mixed.conn, mixed.caller), (ARB_DEBUG, USER));
    // Two words in, state, two events of 2 and 4 topics with one and two words of data, two words out.
    let logs = 375 * 3 + 8 * 32 + 375 * 5 + 8 * 64;
    assert_eq!(outcome.gas_used, intrinsic(&input) + 6 + 800 + logs + 6);

    let custom = chain.send(ARB_DEBUG, customRevertCall { number: 3 }.abi_encode());
    let error = Custom::abi_decode(&custom.output).unwrap();
    assert_eq!((error.number, error.flag), (3, true));
    for input in [
        eventsViewCall {}.abi_encode(),
        legacyErrorCall {}.abi_encode(),
    ] {
        let outcome = chain.send(ARB_DEBUG, input);
        assert_eq!(outcome.status, ExecutionStatus::Revert);
        assert!(outcome.output.is_empty() && outcome.gas_used < 30_000);
    }
    let panicked = chain.send(ARB_DEBUG, panicCall {}.abi_encode());
    assert_eq!(panicked.status, ExecutionStatus::Halt(Halt::DebugPanic));
}

#[test]
fn arb_debug_burns_all_gas_where_debugging_is_off() {
    let mut chain = Chain::new();
    chain.executor = Executor::new(ChainParams {
        debug: false,
        ..ChainParams::default()
    });
    chain.executor.set_balance(USER, U256::from(super::ETHER));
    let outcome = chain.send(ARB_DEBUG, legacyErrorCall {}.abi_encode());
    assert_eq!(
        (outcome.status, outcome.gas_used),
        (ExecutionStatus::Revert, GAS)
    );
}

#[test]
fn code_is_overwritten() {
    let mut chain = Chain::new();
    let target = chain.deploy(&code::counter());
    let input = overwriteContractCodeCall {
        target,
        newCode: code::caller().into(),
    };
    let outcome = chain.send(ARB_DEBUG, input.abi_encode());
    let old = overwriteContractCodeCall::abi_decode_returns(&outcome.output).unwrap();
    assert_eq!(old, code::counter());
    assert_eq!(chain.executor.state().code(target), code::caller());
    assert_eq!(chain.call(target, []).output[12..], USER[..]);
}

#[test]
fn addresses_get_numbers() {
    let mut chain = Chain::new();
    let (first, second) = (Address::repeat_byte(1), Address::repeat_byte(2));
    for (index, addr) in [(0, first), (1, second), (0, first)] {
        let outcome = chain.send(ARB_ADDRESS_TABLE, registerCall { addr }.abi_encode());
        assert_eq!(outcome.output, word(index));
    }
    assert_eq!(chain.view(ARB_ADDRESS_TABLE, &sizeCall {}), U256::from(2));
    assert!(chain.view(ARB_ADDRESS_TABLE, &addressExistsCall { addr: second }));
    assert_eq!(
        chain.view(ARB_ADDRESS_TABLE, &lookupCall { addr: second }),
        U256::ONE
    );
    let index = U256::ONE;
    assert_eq!(
        chain.view(ARB_ADDRESS_TABLE, &lookupIndexCall { index }),
        second
    );
    for absent in [
        lookupCall { addr: USER }.abi_encode(),
        lookupIndexCall {
            index: U256::from(2),
        }
        .abi_encode(),
    ] {
        let outcome = chain.call(ARB_ADDRESS_TABLE, absent);
        assert_eq!(outcome.status, ExecutionStatus::Revert);
    }
    // A number takes a byte, an unknown address 21.
    for (addr, bytes) in [(first, 1), (second, 1), (USER, 21)] {
        let compressed = chain.view(ARB_ADDRESS_TABLE, &compressCall { addr });
        assert_eq!(compressed.len(), bytes);
        let buffer = decompressCall {
            buf: [&[0xFF][..], &compressed].concat().into(),
            offset: U256::ONE,
        };
        let back = chain.view(ARB_ADDRESS_TABLE, &buffer);
        assert_eq!((back._0, back._1), (addr, U256::from(bytes)));
    }
}

#[test]
fn gas_figures_are_those_of_a_development_chain() {
    let mut chain = Chain::new();
    let limits = chain.view(ARB_GAS_INFO, &getGasAccountingParamsCall {});
    let cap = U256::from(32_000_000);
    assert_eq!(
        (limits._0, limits._1, limits._2),
        (U256::from(7_000_000), cap, cap)
    );
    let prices = chain.view(ARB_GAS_INFO, &getPricesInArbGasCall {});
    assert_eq!(
        (prices._0, prices._1, prices._2),
        (U256::ZERO, U256::ZERO, U256::from(20_000))
    );
    assert_eq!(chain.view(ARB_GAS_INFO, &getPricingInertiaCall {}), 102);
    assert_eq!(chain.view(ARB_GAS_INFO, &getGasBacklogToleranceCall {}), 10);
    assert_eq!(
        chain.view(ARB_GAS_INFO, &getL1PricingSurplusCall {}),
        I256::ZERO
    );
    let posters = chain.view(ARB_AGGREGATOR, &getBatchPostersCall {});
    assert_eq!(posters, [BATCH_POSTER]);
    let nobodys = getFeeCollectorCall { batchPoster: USER };
    let outcome = chain.call(ARB_AGGREGATOR, nobodys.abi_encode());
    assert_eq!(outcome.status, ExecutionStatus::Revert);
    let stats = chain.view(ARB_STATISTICS, &getStatsCall {});
    assert_eq!((stats._0, stats._5), (U256::from(7), U256::ZERO));

    // A plain getter: state, one read, one word out. It has the method from version 50 on.
    let input = getMaxTxGasLimitCall {}.abi_encode();
    let outcome = chain.send(ARB_GAS_INFO, input.clone());
    assert_eq!(outcome.gas_used, intrinsic(&input) + 800 + 800 + 3);
    let mut old = Chain::under(40);
    assert_eq!(old.send(ARB_GAS_INFO, input).gas_used, GAS);
}

#[test]
fn the_nodes_own_interface_is_no_contract_of_the_chain() {
    let mut chain = Chain::new();
    assert_eq!(chain.executor.state().code(NODE_INTERFACE)[..], [0xfe]);
    let outcome = chain.send(NODE_INTERFACE, [1, 2, 3, 4]);
    let ExecutionStatus::Halt(halt) = outcome.status else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        (halt.to_string().as_str(), outcome.gas_used),
        ("invalid opcode", GAS)
    );
}

/// The outcome of calling an account that delegates to another (EIP-7702).
fn call_delegating_to(chain: &Chain, delegate: Address, input: Vec<u8>) -> ExecutionStatus {
    let account = Address::repeat_byte(0x70);
    let designator = [&[0xef, 0x01, 0x00], delegate.as_slice()].concat();
    let overrides = StateOverrides::from([(
        account,
        StateOverride {
            code: Some(designator.into()),
            ..StateOverride::default()
        },
    )]);
    let request = CallRequest {
        from: USER,
        to: TxKind::Call(account),
        input: input.into(),
        ..CallRequest::default()
    };
    chain
        .executor
        .call(&request, &chain.block, &overrides)
        .unwrap()
        .status
}

#[test]
fn delegating_to_a_precompile_is_delegating_to_no_code_from_50_on() {
    for (version, runs) in [(40, false), (50, true), (60, true)] {
        let chain = Chain::under(version);
        let status = call_delegating_to(&chain, ARB_SYS, vec![1, 2, 3, 4]);
        assert_eq!(status.is_success(), runs, "{version}");
    }
}

#[test]
fn delegating_to_a_program_runs_it_and_to_a_built_in_contract_reverts() {
    let mut chain = Chain::new();
    let tool = chain.program(TOOL);
    assert!(call_delegating_to(&chain, tool, Op::whoami()).is_success());
    let status = call_delegating_to(&chain, STYLUS_DEPLOYER, Vec::new());
    assert_eq!(status, ExecutionStatus::Revert);
}
