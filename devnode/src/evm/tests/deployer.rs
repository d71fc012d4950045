//! The deployer: creation, activation and constructor in one transaction.

use super::{
    Chain, ETHER, USER, Wasm, code, slot,
    tool::{Op, TOOL},
    word,
};
use crate::{
    arbos::{ARB_WASM, STYLUS_DEPLOYER},
    evm::{ExecutionOutcome, ExecutionStatus},
    vm::encode_program,
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent, sol};

sol! {
    function deploy(bytes bytecode, bytes initData, uint256 initValue, bytes32 salt) external payable returns (address deployed);
    function requiresActivation(address program) external view returns (bool required);
    function initSalt(bytes32 salt, bytes initData) external pure returns (bytes32 hashed);
    event ContractDeployed(address deployedContract);
    error ContractInitializationError(address newContract, bytes data);
    error EmptyBytecode();
    error InitValueButNotInitData();
}

fn tool_init_code() -> Bytes {
    code::init_code(&encode_program(&wat::parse_str(TOOL).unwrap())).into()
}

fn deploy(
    chain: &mut Chain,
    init_data: Vec<u8>,
    init_value: u64,
    salt: B256,
    value: U256,
) -> ExecutionOutcome {
    let call = deployCall {
        bytecode: tool_init_code(),
        initData: init_data.into(),
        initValue: U256::from(init_value),
        salt,
    };
    chain.send_value(STYLUS_DEPLOYER, call.abi_encode(), value)
}

fn deployed(outcome: &ExecutionOutcome) -> Address {
    assert_eq!(outcome.status, ExecutionStatus::Success, "{outcome:?}");
    let address = deployCall::abi_decode_returns(&outcome.output).unwrap();
    let log = outcome.logs.last().unwrap();
    assert_eq!(log.address, STYLUS_DEPLOYER);
    assert_eq!(
        ContractDeployed::decode_log(log).unwrap().deployedContract,
        address
    );
    address
}

#[test]
fn it_activates_initialises_and_returns_the_excess() {
    let mut chain = Chain::new();
    let before = chain.balance(USER);
    let outcome = deploy(
        &mut chain,
        Op::write(1, 42),
        7,
        B256::ZERO,
        U256::from(ETHER),
    );
    let program = deployed(&outcome);
    assert_eq!(program, STYLUS_DEPLOYER.create(1));
    assert_eq!(chain.executor.state().storage(program, slot(1)), slot(42));
    assert_eq!(chain.balance(program), U256::from(7));
    assert_eq!(chain.balance(STYLUS_DEPLOYER), U256::ZERO);
    let activated = Wasm::ProgramActivated::decode_log(&outcome.logs[0]).unwrap();
    let gas_fee = U256::from(outcome.gas_used) * U256::from(chain.block.base_fee);
    assert_eq!(
        chain.balance(USER),
        before - gas_fee - activated.dataFee - U256::from(7)
    );
    assert_eq!(
        chain.view(ARB_WASM, &Wasm::programVersionCall { program }),
        2
    );
    // The constructor's caller is the deployer.
    let who = chain.call_as(STYLUS_DEPLOYER, program, Op::whoami()).output;
    assert_eq!(who[20..40], STYLUS_DEPLOYER[..]);

    // The same code again needs no activation, so all of the value comes back.
    let again = deploy(&mut chain, Vec::new(), 0, B256::ZERO, U256::from(5));
    assert_ne!(deployed(&again), program);
    assert_eq!(again.logs.len(), 1);
    assert!(again.gas_used < 2_000_000);
    assert!(!chain.view(STYLUS_DEPLOYER, &requiresActivationCall { program }));
    let stranger = requiresActivationCall { program: USER };
    assert!(chain.view(STYLUS_DEPLOYER, &stranger));
}

#[test]
fn a_salt_fixes_the_address_together_with_the_init_data() {
    let mut chain = Chain::new();
    let salt = B256::repeat_byte(8);
    let data = Op::write(1, 2);
    let outcome = deploy(&mut chain, data.clone(), 0, salt, U256::from(ETHER));
    let hashed = keccak256([salt.as_slice(), &data].concat());
    let expected = STYLUS_DEPLOYER.create2(hashed, keccak256(tool_init_code()));
    assert_eq!(deployed(&outcome), expected);
    let view = initSaltCall {
        salt,
        initData: data.clone().into(),
    };
    assert_eq!(chain.view(STYLUS_DEPLOYER, &view), hashed);
    let again = deploy(&mut chain, data, 0, salt, U256::from(ETHER));
    assert!(!again.status.is_success());
}

#[test]
fn a_failing_constructor_or_fee_undoes_everything() {
    let mut chain = Chain::new();
    let before = chain.executor.state().nonce(STYLUS_DEPLOYER);
    let outcome = deploy(
        &mut chain,
        Op::write_log_revert(4, 5),
        0,
        B256::ZERO,
        U256::from(ETHER),
    );
    assert_eq!(outcome.status, ExecutionStatus::Revert);
    let error = ContractInitializationError::abi_decode(&outcome.output).unwrap();
    assert_eq!(error.data, word(4));
    assert!(chain.executor.state().code(error.newContract).is_empty());
    assert_eq!(chain.executor.state().nonce(STYLUS_DEPLOYER), before);

    let poor = deploy(&mut chain, Vec::new(), 0, B256::ZERO, U256::from(1_000));
    let error = Wasm::ProgramInsufficientValue::abi_decode(&poor.output).unwrap();
    assert_eq!(error.have, U256::from(1_000));

    let aimless = deploy(&mut chain, Vec::new(), 1, B256::ZERO, U256::from(ETHER));
    assert_eq!(aimless.output, InitValueButNotInitData {}.abi_encode());
    let empty = deployCall {
        bytecode: Bytes::new(),
        initData: Bytes::new(),
        initValue: U256::ZERO,
        salt: B256::ZERO,
    };
    let empty = chain.send(STYLUS_DEPLOYER, empty.abi_encode());
    assert_eq!(empty.output, EmptyBytecode {}.abi_encode());
}
