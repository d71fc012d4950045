//! The executor from outside: transactions and calls in, outcomes and state out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod cache_manager;
mod code;
mod context;
mod deployer;
mod ethereum;
mod fragments;
mod history;
mod owner;
mod precompiles;
mod programs;
mod reach;
mod system;
mod tool;
mod traces;

use super::{
    BlockContext, CallRequest, ChainParams, DEV_ACCOUNT, ExecutionOutcome, ExecutionStatus,
    Executor, MIN_BASE_FEE, StateOverrides, Transaction,
};
use crate::arbos::{ARB_WASM, ArbosVersion};
use alloy::eips::eip2930::AccessList;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_sol_types::{SolCall, sol};

sol! {
    interface Wasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
        function programVersion(address program) external view returns (uint16 version);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16 footprint);
        function programTimeLeft(address program) external view returns (uint64 secs);
        function codehashKeepalive(bytes32 codehash) external payable;
        function stylusVersion() external view returns (uint16 version);
        function activationGas() external view returns (uint64 gas);
        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);
        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramUpToDate();
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }
}

const ARB_SYS: Address = Address::with_last_byte(0x64);
const ARB_OWNER_PUBLIC: Address = Address::with_last_byte(0x6b);
const ARB_OWNER: Address = Address::with_last_byte(0x70);
const ARB_DEBUG: Address = Address::with_last_byte(0xff);

/// Somebody who owns nothing of the chain.
const USER: Address = Address::repeat_byte(0x11);
/// Gas limit of transactions that need not watch it.
const GAS: u64 = 30_000_000;
const ETHER: u128 = 1_000_000_000_000_000_000;
/// A time some years after Arbitrum's start.
const NOW: u64 = 1_764_000_000;

/// A chain with one account that sends everything.
struct Chain {
    executor: Executor,
    block: BlockContext,
}

impl Chain {
    fn new() -> Self {
        Self::under(51)
    }

    /// A chain under an `ArbOS` version.
    fn under(arbos_version: u64) -> Self {
        let mut executor = Executor::new(ChainParams {
            arbos_version: ArbosVersion::try_new(arbos_version).unwrap(),
            ..ChainParams::default()
        });
        executor.set_balance(USER, U256::from(100 * ETHER));
        Self {
            executor,
            block: BlockContext::new(7, NOW, MIN_BASE_FEE),
        }
    }

    fn tx(&self, to: TxKind, input: impl Into<Bytes>) -> Transaction {
        Transaction {
            tx_type: 2,
            sender: USER,
            to,
            nonce: self.executor.state().nonce(USER),
            gas_limit: GAS,
            max_fee_per_gas: u128::from(MIN_BASE_FEE),
            max_priority_fee_per_gas: 0,
            value: U256::ZERO,
            input: input.into(),
            access_list: AccessList::default(),
            authorization_list: Vec::new(),
            impersonated: false,
        }
    }

    fn transact(&mut self, tx: &Transaction) -> ExecutionOutcome {
        let outcome = self.executor.transact(tx, &self.block).unwrap();
        self.block.number += 1;
        outcome
    }

    fn send(&mut self, to: Address, input: impl Into<Bytes>) -> ExecutionOutcome {
        let tx = self.tx(TxKind::Call(to), input);
        self.transact(&tx)
    }

    fn send_value(
        &mut self,
        to: Address,
        input: impl Into<Bytes>,
        value: U256,
    ) -> ExecutionOutcome {
        let tx = Transaction {
            value,
            ..self.tx(TxKind::Call(to), input)
        };
        self.transact(&tx)
    }

    /// Deploys `code` as it is.
    fn deploy(&mut self, code: &[u8]) -> Address {
        let tx = self.tx(TxKind::Create, code::init_code(code));
        let outcome = self.transact(&tx);
        assert_eq!(outcome.status, ExecutionStatus::Success);
        outcome.contract_address.unwrap()
    }

    /// Deploys a program authored in wat, without activating it.
    fn deploy_wat(&mut self, wat: &str) -> Address {
        let wasm = wat::parse_str(wat).unwrap();
        self.deploy(&crate::vm::encode_program(&wasm))
    }

    /// Sends a transaction of the chain's owner.
    fn send_as_owner(&mut self, to: Address, input: impl Into<Bytes>) -> ExecutionOutcome {
        let tx = Transaction {
            sender: OWNER,
            nonce: self.executor.state().nonce(OWNER),
            ..self.tx(TxKind::Call(to), input)
        };
        self.transact(&tx)
    }

    /// Tells the chain's owner interface something, which must do it.
    fn own(&mut self, order: &impl SolCall) {
        let outcome = self.send_as_owner(ARB_OWNER, order.abi_encode());
        assert_eq!(outcome.status, ExecutionStatus::Success, "{outcome:?}");
    }

    fn activate(&mut self, program: Address, value: U256) -> ExecutionOutcome {
        let input = Wasm::activateProgramCall { program }.abi_encode();
        self.send_value(ARB_WASM, input, value)
    }

    /// Deploys and activates a program authored in wat.
    fn program(&mut self, wat: &str) -> Address {
        let program = self.deploy_wat(wat);
        let outcome = self.activate(program, U256::from(ETHER));
        assert_eq!(outcome.status, ExecutionStatus::Success, "{outcome:?}");
        program
    }

    fn call(&self, to: Address, input: impl Into<Bytes>) -> ExecutionOutcome {
        self.call_as(USER, to, input)
    }

    fn call_as(&self, from: Address, to: Address, input: impl Into<Bytes>) -> ExecutionOutcome {
        let request = CallRequest {
            from,
            to: TxKind::Call(to),
            input: input.into(),
            ..CallRequest::default()
        };
        self.executor
            .call(&request, &self.block, &StateOverrides::new())
            .unwrap()
    }

    fn view<C: SolCall>(&self, to: Address, call: &C) -> C::Return {
        let outcome = self.call(to, call.abi_encode());
        assert_eq!(outcome.status, ExecutionStatus::Success, "{outcome:?}");
        C::abi_decode_returns(&outcome.output).unwrap()
    }

    fn balance(&self, address: Address) -> U256 {
        self.executor.state().balance(address)
    }
}

/// Gas of a transaction before it runs: the base and its calldata.
fn intrinsic(input: &[u8]) -> u64 {
    21_000
        + input
            .iter()
            .map(|byte| if *byte == 0 { 4 } else { 16 })
            .sum::<u64>()
}

/// A number as a word of calldata or output.
fn word(value: u64) -> Bytes {
    Bytes::copy_from_slice(slot(value).as_slice())
}

/// A number as a storage key or value.
fn slot(value: u64) -> B256 {
    U256::from(value).into()
}

/// The chain's owner.
const OWNER: Address = DEV_ACCOUNT;
