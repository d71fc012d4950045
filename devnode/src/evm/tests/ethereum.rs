//! The EVM half: transfers, creations, checks, limits, simulated calls, versions.

use super::{Chain, ETHER, GAS, NOW, USER, code, intrinsic, slot, word};
use crate::{
    arbos::CREATE2_FACTORY,
    evm::{
        BATCH_POSTER, CallRequest, DEV_ACCOUNT, ExecError, ExecutionStatus, Halt, MIN_BASE_FEE,
        NETWORK_FEE_ACCOUNT, RPC_GAS_CAP, StateOverride, StateOverrides, TX_COMPUTE_CAP,
        Transaction,
    },
};
use alloy::{
    eips::eip7702::Authorization,
    signers::{SignerSync, local::PrivateKeySigner},
};
use alloy_primitives::{Address, B256, TxKind, U256, address, keccak256};
use revm::bytecode::opcode::{BASEFEE, BLOBBASEFEE, COINBASE, DIFFICULTY, GASPRICE, NUMBER};

const OTHER: Address = Address::repeat_byte(0x22);

#[test]
fn a_transfer_costs_the_base_fee_and_drops_the_tip() {
    let mut chain = Chain::new();
    let before = chain.balance(USER);
    let tx = Transaction {
        max_fee_per_gas: 50 * u128::from(MIN_BASE_FEE),
        max_priority_fee_per_gas: 7 * u128::from(MIN_BASE_FEE),
        value: U256::from(5),
        ..chain.tx(TxKind::Call(OTHER), [])
    };
    let outcome = chain.transact(&tx);
    assert_eq!(outcome.status, ExecutionStatus::Success);
    assert_eq!(outcome.gas_used, 21_000);
    let fee = U256::from(21_000 * MIN_BASE_FEE);
    assert_eq!(chain.balance(OTHER), U256::from(5));
    assert_eq!(chain.balance(USER), before - fee - U256::from(5));
    assert_eq!(chain.balance(NETWORK_FEE_ACCOUNT), fee);
    assert_eq!(chain.balance(BATCH_POSTER), U256::ZERO);
    assert_eq!(chain.executor.state().nonce(USER), 1);
}

#[test]
fn the_development_account_is_funded() {
    let chain = Chain::new();
    assert_eq!(chain.balance(DEV_ACCOUNT), U256::from(1_000 * ETHER));
}

#[test]
fn a_created_contract_runs_and_keeps_state() {
    let mut chain = Chain::new();
    let counter = chain.deploy(&code::counter());
    assert_eq!(counter, USER.create(0));
    assert_eq!(chain.executor.state().code(counter), code::counter());
    let outcome = chain.send(counter, word(40));
    assert_eq!(outcome.status, ExecutionStatus::Success);
    assert_eq!(outcome.logs.len(), 1);
    assert_eq!(outcome.logs[0].address, counter);
    assert_eq!(outcome.logs[0].topics(), [B256::with_last_byte(0xAB)]);
    let outcome = chain.send(counter, word(2));
    assert_eq!(outcome.output, word(42));
    assert_eq!(
        chain.executor.state().storage(counter, B256::ZERO),
        slot(42)
    );
}

#[test]
fn a_revert_keeps_its_data_and_nothing_else() {
    let mut chain = Chain::new();
    let reverter = chain.deploy(&code::reverter());
    let outcome = chain.send(reverter, word(9));
    assert_eq!(outcome.status, ExecutionStatus::Revert);
    assert_eq!(outcome.output, word(9));
    assert!(outcome.logs.is_empty());
    assert!(outcome.gas_used < 100_000);
    assert_eq!(
        chain.executor.state().storage(reverter, B256::ZERO),
        B256::ZERO
    );
    assert_eq!(chain.executor.state().nonce(USER), 2);
}

#[test]
fn code_beginning_with_ef_is_refused_unless_it_is_a_program() {
    let mut chain = Chain::new();
    for code in [
        [0xEF, 0xF1, 0x00, 0x00],
        [0xEF, 0x00, 0x00, 0x01],
        [0xEF, 0xF0, 0x01, 0x01],
    ] {
        let tx = chain.tx(TxKind::Create, code::init_code(&code));
        let outcome = chain.transact(&tx);
        let ExecutionStatus::Halt(halt) = outcome.status else {
            panic!("deployed {code:?}");
        };
        assert_eq!(halt.to_string(), "invalid code: must not begin with 0xef");
        assert_eq!(outcome.gas_used, GAS);
        let address = outcome.contract_address.unwrap();
        assert!(chain.executor.state().code(address).is_empty());
    }
    // Three bytes are a prefix and no program.
    let tx = chain.tx(TxKind::Create, code::init_code(&[0xEF, 0xF0, 0x00]));
    assert!(!chain.transact(&tx).status.is_success());
    chain.deploy(&[0xEF, 0xF0, 0x00, 0x00]);
}

#[test]
fn transactions_that_cannot_be_included_are_refused_in_the_words_of_geth() {
    let mut chain = Chain::new();
    let refuse = |chain: &mut Chain, tx: Transaction| {
        let error = chain.executor.transact(&tx, &chain.block).unwrap_err();
        assert_eq!(chain.executor.state().nonce(USER), 1);
        error
    };
    chain.send(OTHER, []);
    let good = chain.tx(TxKind::Call(OTHER), []);
    let low = refuse(
        &mut chain,
        Transaction {
            nonce: 0,
            ..good.clone()
        },
    );
    assert_eq!(
        low.to_string(),
        format!("nonce too low: address {USER}, tx: 0 state: 1")
    );
    let high = refuse(
        &mut chain,
        Transaction {
            nonce: 3,
            ..good.clone()
        },
    );
    assert_eq!(
        high.to_string(),
        format!("nonce too high: address {USER}, tx: 3 state: 1")
    );
    let broke = refuse(
        &mut chain,
        Transaction {
            value: U256::MAX,
            ..good.clone()
        },
    );
    assert!(
        matches!(
            broke,
            ExecError::InsufficientFunds {
                want: U256::MAX,
                ..
            }
        ),
        "{broke}"
    );
    let starved = refuse(
        &mut chain,
        Transaction {
            gas_limit: 20_999,
            ..good.clone()
        },
    );
    assert_eq!(
        starved.to_string(),
        "intrinsic gas too low: have 20999, want 21000"
    );
    let cheap = refuse(
        &mut chain,
        Transaction {
            max_fee_per_gas: 1,
            ..good.clone()
        },
    );
    assert!(
        matches!(cheap, ExecError::FeeCapTooLow { max_fee: 1, .. }),
        "{cheap}"
    );
    let tip = refuse(
        &mut chain,
        Transaction {
            max_priority_fee_per_gas: u128::MAX,
            ..good.clone()
        },
    );
    assert!(matches!(tip, ExecError::TipAboveFeeCap { .. }), "{tip}");
    let blob = refuse(&mut chain, Transaction { tx_type: 3, ..good });
    assert_eq!(blob, ExecError::UnsupportedType { tx_type: 3 });
}

#[test]
fn gas_above_the_compute_cap_is_held_aside_and_comes_back() {
    let mut chain = Chain::new();
    let spinner = chain.deploy(&code::spinner());
    let before = chain.balance(USER);
    let tx = Transaction {
        gas_limit: 1_000_000_000,
        ..chain.tx(TxKind::Call(spinner), [])
    };
    let outcome = chain.transact(&tx);
    assert_eq!(outcome.status, ExecutionStatus::Halt(Halt::OutOfGas));
    assert_eq!(outcome.gas_used, TX_COMPUTE_CAP);
    assert_eq!(
        chain.balance(USER),
        before - U256::from(TX_COMPUTE_CAP * MIN_BASE_FEE)
    );
}

#[test]
fn a_simulated_call_has_the_rpc_cap_and_an_estimation_the_cap_of_a_transaction() {
    let mut chain = Chain::new();
    let spinner = chain.deploy(&code::spinner());
    let mut request = CallRequest {
        from: USER,
        to: TxKind::Call(spinner),
        gas_limit: Some(u64::MAX),
        ..CallRequest::default()
    };
    let none = StateOverrides::new();
    let call = chain.executor.call(&request, &chain.block, &none).unwrap();
    assert_eq!(call.gas_used, RPC_GAS_CAP);
    request.as_transaction = true;
    let estimation = chain.executor.call(&request, &chain.block, &none).unwrap();
    assert_eq!(estimation.gas_used, TX_COMPUTE_CAP);
}

#[test]
fn opcodes_see_the_chain_and_a_call_without_a_price_sees_no_base_fee() {
    let mut chain = Chain::new();
    chain.block.l1_block_number = 99;
    let read = |chain: &mut Chain, opcode: u8, gas_price: Option<u128>| {
        let contract = chain.deploy(&code::returner(opcode));
        let request = CallRequest {
            from: USER,
            to: TxKind::Call(contract),
            gas_price,
            ..CallRequest::default()
        };
        let outcome = chain
            .executor
            .call(&request, &chain.block, &StateOverrides::new())
            .unwrap();
        outcome
            .status
            .is_success()
            .then(|| U256::from_be_slice(&outcome.output))
    };
    let base_fee = U256::from(MIN_BASE_FEE);
    let price = Some(3 * u128::from(MIN_BASE_FEE));
    assert_eq!(read(&mut chain, NUMBER, None), Some(U256::from(99)));
    assert_eq!(read(&mut chain, DIFFICULTY, None), Some(U256::ONE));
    assert_eq!(
        read(&mut chain, COINBASE, None),
        Some(BATCH_POSTER.into_word().into())
    );
    assert_eq!(read(&mut chain, BASEFEE, price), Some(base_fee));
    assert_eq!(read(&mut chain, GASPRICE, price), Some(base_fee));
    assert_eq!(read(&mut chain, BASEFEE, None), Some(U256::ZERO));
    assert_eq!(read(&mut chain, GASPRICE, None), Some(U256::ZERO));
    assert_eq!(read(&mut chain, BLOBBASEFEE, None), None);
}

#[test]
fn osaka_is_on() {
    let mut chain = Chain::new();
    // PUSH1 1, CLZ, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN
    let clz = chain.deploy(&alloy_primitives::hex!("60011e5f5260205ff3"));
    assert_eq!(chain.call(clz, []).output, word(255));
    let p256verify = address!("0000000000000000000000000000000000000100");
    let outcome = chain.call(p256verify, [0; 160]);
    assert_eq!(outcome.status, ExecutionStatus::Success);
    assert_eq!(outcome.gas_used, intrinsic(&[0; 160]) + 6_900);
}

#[test]
fn overrides_replace_balance_code_and_storage_for_one_call_only() {
    let mut chain = Chain::new();
    let counter = chain.deploy(&code::counter());
    chain.send(counter, word(5));
    let call = |chain: &Chain, overrides: StateOverrides, value: u64| {
        let request = CallRequest {
            from: OTHER,
            to: TxKind::Call(counter),
            value: U256::from(value),
            input: word(1),
            ..CallRequest::default()
        };
        chain.executor.call(&request, &chain.block, &overrides)
    };
    let with = |address, entry| StateOverrides::from([(address, entry)]);
    let zero = B256::ZERO;

    assert_eq!(
        call(&chain, StateOverrides::new(), 0).unwrap().output,
        word(6)
    );
    assert!(matches!(
        call(&chain, StateOverrides::new(), 1),
        Err(ExecError::InsufficientFunds { sender: OTHER, .. })
    ));
    let rich = StateOverride {
        balance: Some(U256::from(1)),
        ..StateOverride::default()
    };
    assert!(
        call(&chain, with(OTHER, rich), 1)
            .unwrap()
            .status
            .is_success()
    );
    let diff = StateOverride {
        state_diff: [(zero, slot(40))].into(),
        ..StateOverride::default()
    };
    assert_eq!(
        call(&chain, with(counter, diff), 0).unwrap().output,
        word(41)
    );
    let whole = StateOverride {
        state: Some([(B256::with_last_byte(1), slot(40))].into()),
        ..StateOverride::default()
    };
    assert_eq!(
        call(&chain, with(counter, whole), 0).unwrap().output,
        word(1)
    );
    let code = StateOverride {
        code: Some(code::caller().into()),
        ..StateOverride::default()
    };
    let caller = call(&chain, with(counter, code), 0).unwrap().output;
    assert_eq!(caller[12..], OTHER[..]);

    assert_eq!(
        call(&chain, StateOverrides::new(), 0).unwrap().output,
        word(6)
    );
}

#[test]
fn the_past_can_be_read_called_and_gone_back_to() {
    let mut chain = Chain::new();
    let counter = chain.deploy(&code::counter());
    let fresh = chain.executor.snapshot();
    chain.send(counter, word(5));
    let five = chain.executor.snapshot();
    chain.send(counter, word(6));

    let at = |chain: &Chain, snapshot| {
        let request = CallRequest {
            from: USER,
            to: TxKind::Call(counter),
            input: word(0),
            ..CallRequest::default()
        };
        let outcome = chain
            .executor
            .simulator()
            .call_at(snapshot, &request, &chain.block, &StateOverrides::new())
            .unwrap();
        outcome.output
    };
    assert_eq!(at(&chain, fresh), word(0));
    assert_eq!(at(&chain, five), word(5));
    assert_eq!(at(&chain, chain.executor.snapshot()), word(11));
    assert_eq!(chain.executor.state_at(five).nonce(USER), 2);

    chain.executor.restore(five);
    assert_eq!(chain.executor.state().nonce(USER), 2);
    assert_eq!(chain.executor.state().storage(counter, B256::ZERO), slot(5));
    chain.send(counter, word(1));
    assert_eq!(chain.executor.state().storage(counter, B256::ZERO), slot(6));
    assert_eq!(at(&chain, five), word(5));
}

#[test]
fn the_deployment_proxy_creates_where_create2_says() {
    let mut chain = Chain::new();
    let init = code::init_code(&code::counter());
    let salt = B256::repeat_byte(7);
    let outcome = chain.send(CREATE2_FACTORY, [salt.as_slice(), &init].concat());
    let expected = CREATE2_FACTORY.create2(salt, keccak256(&init));
    assert_eq!(outcome.output[..], expected[..]);
    assert_eq!(chain.executor.state().code(expected), code::counter());
}

#[test]
fn an_authorisation_lends_an_account_the_code_of_a_contract() {
    let mut chain = Chain::new();
    let counter = chain.deploy(&code::counter());
    let signer = PrivateKeySigner::from_bytes(&B256::repeat_byte(3)).unwrap();
    let authorization = Authorization {
        chain_id: U256::from(chain.executor.params().chain_id),
        address: counter,
        nonce: 0,
    };
    let signature = signer
        .sign_hash_sync(&authorization.signature_hash())
        .unwrap();
    let tx = Transaction {
        tx_type: 4,
        authorization_list: vec![authorization.into_signed(signature)],
        ..chain.tx(TxKind::Call(signer.address()), word(8))
    };
    let outcome = chain.transact(&tx);
    assert_eq!(outcome.output, word(8));
    let state = chain.executor.state();
    assert_eq!(state.storage(signer.address(), B256::ZERO), slot(8));
    assert_eq!(state.storage(counter, B256::ZERO), B256::ZERO);
    assert_eq!(
        state.code(signer.address()),
        [&[0xEF, 0x01, 0x00], counter.as_slice()].concat()
    );
    assert_eq!(state.nonce(signer.address()), 1);
    let creation = Transaction {
        to: TxKind::Create,
        nonce: 2,
        ..tx
    };
    assert!(matches!(
        chain.executor.transact(&creation, &chain.block),
        Err(ExecError::InvalidSetCode { .. })
    ));
}

#[test]
fn calls_nest_to_a_depth_of_1024_frames() {
    let mut chain = Chain::new();
    // Calls itself with all gas until it cannot, counting in slot 0: at depth 1024 the call fails.
    // SLOAD(0)+1 → SSTORE(0); CALL(gas, this, 0, 0, 0, 0, 0); STOP
    let recursion = chain.deploy(&alloy_primitives::hex!("5f546001015f555f5f5f5f5f305af100"));
    let tx = Transaction {
        gas_limit: TX_COMPUTE_CAP,
        ..chain.tx(TxKind::Call(recursion), [])
    };
    let outcome = chain.transact(&tx);
    assert_eq!(outcome.status, ExecutionStatus::Success);
    let frames = U256::from_be_bytes(chain.executor.state().storage(recursion, B256::ZERO).0);
    // The 63/64 rule ends it before the depth limit does.
    assert!(
        frames > U256::from(300) && frames < U256::from(1_025),
        "{frames}"
    );
    assert_eq!(chain.block.timestamp, NOW);
}
