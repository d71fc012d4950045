//! Stylus programs through RPC: deploy, activate, call, as `cargo stylus` and its users do.

use crate::harness::{TestNode, init_code};
use alloy::{
    eips::BlockId,
    network::TransactionBuilder,
    providers::Provider,
    rpc::types::{
        Filter, TransactionRequest,
        state::{AccountOverride, StateOverride},
    },
    sol,
    sol_types::{SolCall, SolError, SolEvent},
};
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use serde_json::json;
use std::time::{Duration, Instant};
use stylus_devnode::vm::encode_program;

const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
const STYLUS_DEPLOYER: Address = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");

sol! {
    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    function codehashVersion(bytes32 codehash) external view returns (uint16 version);
    function deploy(bytes bytecode, bytes initData, uint256 initValue, bytes32 salt) external payable returns (address);
    event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
    event ContractDeployed(address deployedContract);
    #[derive(Debug, PartialEq)]
    error ProgramNotActivated();
    #[derive(Debug, PartialEq)]
    error ProgramUpToDate();
}

/// Code of the test program; another salt makes another program with another topic.
fn program(salt: u8) -> (Vec<u8>, B256) {
    let text = include_str!("program.wat").replace("SALT", &format!("SAL{}", char::from(salt)));
    let topic = format!("SAL{}", char::from(salt)).repeat(8);
    let wasm = wat::parse_str(text).unwrap();
    (encode_program(&wasm), B256::from_slice(topic.as_bytes()))
}

fn word(value: u8) -> Bytes {
    B256::with_last_byte(value).0.into()
}

fn ether(amount: u64) -> U256 {
    U256::from(amount) * U256::from(10).pow(U256::from(18))
}

#[tokio::test]
async fn a_program_is_deployed_activated_and_called() {
    let node = TestNode::new();
    let (code, topic) = program(b'A');
    let contract = node.deploy(&code).await;
    let stored = node.provider.get_code_at(contract).await.unwrap();
    assert_eq!(stored[..], code[..]);

    // Before activation: the precompile says so with a typed error, the program is halted.
    let version = codehashVersionCall {
        codehash: keccak256(&code),
    };
    let ask = json!([{"to": ARB_WASM, "input": Bytes::from(version.abi_encode())}, "latest"]);
    let error = node.rpc("eth_call", &ask)["error"].clone();
    assert_eq!(error["code"], 3);
    let data: Bytes = serde_json::from_value(error["data"].clone()).unwrap();
    assert_eq!(
        ProgramNotActivated::abi_decode(&data).unwrap(),
        ProgramNotActivated {}
    );
    let (code_of_error, message) =
        node.error("eth_call", &json!([{"to": contract, "input": word(1)}]));
    assert_eq!(code_of_error, -32_000);
    assert!(message.contains("ProgramNotActivated"), "{message}");

    // Activation asks for a fee, returns what is too much and names the program in its event.
    let activation = TransactionRequest::default()
        .with_from(node.address(0))
        .with_to(ARB_WASM)
        .with_input(activateProgramCall { program: contract }.abi_encode())
        .with_value(ether(1));
    let answer = node.provider.call(activation.clone()).await.unwrap();
    let quoted = activateProgramCall::abi_decode_returns(&answer).unwrap();
    assert_eq!(quoted.version, 2);
    let before = node.provider.get_balance(node.address(0)).await.unwrap();
    let receipt = node.send(activation.clone()).await;
    assert!(receipt.status());
    let event = ProgramActivated::decode_log(&receipt.logs()[0].inner).unwrap();
    assert_eq!(
        (event.codehash, event.program, event.version),
        (keccak256(&code), contract, 2)
    );
    assert_eq!(event.dataFee, quoted.dataFee);
    let after = node.provider.get_balance(node.address(0)).await.unwrap();
    let gas = U256::from(u128::from(receipt.gas_used) * receipt.effective_gas_price);
    assert_eq!(before - after, event.dataFee + gas);
    let again = node.provider.call(activation).await.unwrap_err();
    let data = again.as_error_resp().unwrap().as_revert_data().unwrap();
    assert_eq!(
        ProgramUpToDate::abi_decode(&data).unwrap(),
        ProgramUpToDate {}
    );

    // Calls, estimates, storage, logs and reverts.
    let call = |input: Bytes| {
        TransactionRequest::default()
            .with_from(node.address(0))
            .with_to(contract)
            .with_input(input)
    };
    assert_eq!(node.provider.call(call(word(7))).await.unwrap(), word(0));
    for value in [7, 8] {
        let receipt = node.send(call(word(value))).await;
        assert!(receipt.status());
        assert_eq!(receipt.logs().len(), 1);
        assert_eq!(receipt.logs()[0].topics(), [topic]);
        assert_eq!(receipt.logs()[0].data().data, word(value));
        assert_eq!(
            node.provider.call(call(word(9))).await.unwrap(),
            word(value)
        );
    }
    let slot = node
        .provider
        .get_storage_at(contract, U256::ZERO)
        .await
        .unwrap();
    assert_eq!(slot, U256::from(8));
    let found = node
        .provider
        .get_logs(
            &Filter::new()
                .from_block(0)
                .address(contract)
                .event_signature(topic),
        )
        .await
        .unwrap();
    assert_eq!(found.len(), 2);
    let error = node.provider.call(call(Bytes::new())).await.unwrap_err();
    assert_eq!(
        error.as_error_resp().unwrap().as_revert_data(),
        Some(word(8))
    );
}

#[tokio::test]
async fn a_check_activates_code_that_only_an_override_holds() {
    let node = TestNode::new();
    let (code, _) = program(b'A');
    let sender = Address::repeat_byte(1);
    let target = Address::repeat_byte(2);
    let request = TransactionRequest::default()
        .with_from(sender)
        .with_to(ARB_WASM)
        .with_input(activateProgramCall { program: target }.abi_encode())
        .with_value(ether(1));
    let overrides = StateOverride::from_iter([
        (
            sender,
            AccountOverride {
                balance: Some(U256::MAX),
                ..AccountOverride::default()
            },
        ),
        (
            target,
            AccountOverride {
                code: Some(code.into()),
                ..AccountOverride::default()
            },
        ),
    ]);
    let answer = node
        .provider
        .call(request)
        .overrides(overrides)
        .block(BlockId::pending())
        .await
        .unwrap();
    let quoted = activateProgramCall::abi_decode_returns(&answer).unwrap();
    assert_eq!(quoted.version, 2);
    // About 83 million wei per byte of an estimate of at least 512,000 bytes.
    assert!(
        quoted.dataFee > U256::from(512_000_u64 * 82_928_201),
        "{}",
        quoted.dataFee
    );
    assert!(node.provider.get_code_at(target).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_module_that_is_no_program_fails_activation_with_a_reason() {
    let node = TestNode::new();
    let wasm = wat::parse_str(r#"(module (memory (export "memory") 1 1))"#).unwrap();
    let contract = node.deploy(&encode_program(&wasm)).await;
    let (code, message) = node.error(
        "eth_call",
        &json!([{
            "to": ARB_WASM,
            "input": Bytes::from(activateProgramCall { program: contract }.abi_encode()),
        }]),
    );
    assert_eq!(code, -32_000);
    assert!(message.contains("program activation failed: "), "{message}");
}

#[tokio::test]
async fn the_stylus_deployer_creates_and_activates_in_one_transaction() {
    let node = TestNode::new();
    let (code, topic) = program(b'B');
    let deployment = deployCall {
        bytecode: init_code(&code),
        initData: Bytes::new(),
        initValue: U256::ZERO,
        salt: B256::ZERO,
    };
    let request = TransactionRequest::default()
        .with_from(node.address(0))
        .with_to(STYLUS_DEPLOYER)
        .with_input(deployment.abi_encode())
        .with_value(ether(1));
    let receipt = node.send(request).await;
    assert!(receipt.status());
    let activated = receipt
        .logs()
        .iter()
        .find_map(|log| ProgramActivated::decode_log(&log.inner).ok())
        .unwrap();
    let deployed = receipt
        .logs()
        .iter()
        .find_map(|log| ContractDeployed::decode_log(&log.inner).ok())
        .unwrap();
    assert_eq!(deployed.address, STYLUS_DEPLOYER);
    let contract = deployed.deployedContract;
    assert_eq!(activated.program, contract);
    assert_eq!(
        node.provider.get_code_at(contract).await.unwrap()[..],
        code[..]
    );

    let call = TransactionRequest::default()
        .with_from(node.address(1))
        .with_to(contract)
        .with_input(word(3));
    let receipt = node.send(call).await;
    assert!(receipt.status());
    assert_eq!(receipt.logs()[0].topics(), [topic]);
}

/// Prints for ever, which costs next to nothing.
const PRINTS: &str = r#"(module
    (import "console" "log_txt" (func $log_txt (param i32 i32)))
    (memory (export "memory") 2 2)
    (func (export "user_entrypoint") (param i32) (result i32)
        (loop $again
            (call $log_txt (i32.const 0) (i32.const 131072))
            (br $again))
        i32.const 0))"#;

#[tokio::test]
async fn endless_calls_are_given_up_and_hold_nobody_up() {
    let node = TestNode::new();
    let contract = node
        .deploy(&encode_program(&wat::parse_str(PRINTS).unwrap()))
        .await;
    let activation = TransactionRequest::default()
        .with_from(node.address(0))
        .with_to(ARB_WASM)
        .with_input(activateProgramCall { program: contract }.abi_encode())
        .with_value(ether(1));
    assert!(node.send(activation).await.status());

    let ask = |method: &'static str| {
        let start = Instant::now();
        let answer = node.error(method, &json!([{"to": contract}]));
        (answer, start.elapsed())
    };
    std::thread::scope(|scope| {
        let asked = ["eth_call", "eth_estimateGas"].map(|method| scope.spawn(move || ask(method)));
        // Transactions and other calls go on meanwhile.
        std::thread::sleep(Duration::from_millis(500));
        let start = Instant::now();
        let balance = json!([node.address(1), "0x5"]);
        node.result("anvil_setBalance", &balance);
        node.result("evm_mine", &json!([]));
        node.result("eth_call", &json!([{"to": node.address(1)}]));
        assert!(start.elapsed() < Duration::from_secs(3), "they waited");
        assert!(asked.iter().all(|asked| !asked.is_finished()));
        for asked in asked {
            let ((code, message), took) = asked.join().unwrap();
            assert_eq!(
                (code, message.as_str()),
                (-32_000, "execution aborted (timeout = 5s)")
            );
            assert!(took < Duration::from_secs(10), "{took:?}");
        }
    });
}
