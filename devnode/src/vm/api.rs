//! The joint between a running program and the chain around it.
//!
//! The VM asks the chain through [`EvmApi`] and is told what each answer cost in gas. Ink, host
//! function prices, the storage cache and the state-changing checks of a static context stay on the
//! VM's side; warm and cold accounts, checkpoints, value transfer and the 63/64 rule on the chain's.

use alloy_primitives::{Address, B256, Bytes, U256};
use std::error::Error;

/// An answer and the gas it cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced<T> {
    /// The answer.
    pub value: T,
    /// Gas the program pays for it.
    pub gas: u64,
}

/// Why the chain could not do what a program asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// The gas offered does not cover the operation.
    #[error("out of gas")]
    OutOfGas,
    /// The operation is refused without being an out-of-gas: a state change in a static context, or
    /// a creation that cannot pay its base cost. The program ends in a revert without data and keeps
    /// its gas.
    #[error("operation refused by the chain: {0}")]
    Refused(&'static str),
    /// The chain itself failed (database, lost invariant). Nothing the program did; it ends the
    /// whole execution with an error rather than with an outcome.
    #[error("the chain failed")]
    Chain(#[source] Box<dyn Error + Send + Sync>),
}

/// Which kind of call a program makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// `call_contract`: the callee's context, value allowed.
    Call,
    /// `delegate_call_contract`: the caller's context, no value of its own.
    Delegate,
    /// `static_call_contract`: the callee's context, no state change.
    Static,
}

/// A call a program makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramCall {
    /// Which kind.
    pub kind: CallKind,
    /// Whose code runs.
    pub address: Address,
    /// Calldata.
    pub calldata: Bytes,
    /// Wei sent along; zero unless `kind` is [`CallKind::Call`]. Never nonzero in a static context:
    /// the VM answers such a call itself.
    pub value: U256,
    /// Gas the caller holds.
    pub gas_left: u64,
    /// Gas the caller wants to give; at most `gas_left`. The chain caps it to 63/64 of what is left
    /// after the base cost.
    pub gas_requested: u64,
}

/// What a call came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramCallResult {
    /// Whether the callee ended successfully.
    pub success: bool,
    /// Return data or revert data; empty after any other failure.
    pub output: Bytes,
    /// Gas the caller pays: base cost plus what was given minus what came back. All of `gas_left`
    /// when the base cost cannot be paid (`success` is false then).
    pub gas_cost: u64,
}

/// A contract creation a program makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramCreate {
    /// Init code.
    pub init_code: Bytes,
    /// Wei sent along.
    pub endowment: U256,
    /// The salt of CREATE2; `None` is CREATE.
    pub salt: Option<B256>,
    /// Gas the caller holds.
    pub gas_left: u64,
}

/// What a creation came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramCreateResult {
    /// The new contract, if it was made.
    pub address: Option<Address>,
    /// Revert data when the init code reverted, else empty.
    pub output: Bytes,
    /// Gas the caller pays in all.
    pub gas_cost: u64,
}

/// What a frame can ask of the chain. One value serves one frame of one program.
///
/// All gas figures are gas, never ink. An [`ApiError::Chain`] may come from any method.
pub trait EvmApi {
    /// Reads a storage slot of the acting contract. Gas: 2100 cold, 100 warm (EIP-2929); the slot is
    /// warm afterwards.
    fn storage_load(&mut self, key: U256) -> Result<Priced<U256>, ApiError>;

    /// Writes storage slots of the acting contract in the order given, with SSTORE's gas (EIP-2200,
    /// EIP-2929, EIP-3529; without the 2300 sentry rule) and refunds, and answers the gas of all.
    ///
    /// `gas_budget` is what may be spent; [`ApiError::OutOfGas`] when it does not suffice. Never
    /// asked in a static context.
    fn storage_flush(&mut self, slots: &[(U256, U256)], gas_budget: u64) -> Result<u64, ApiError>;

    /// Reads a transient slot (EIP-1153). The VM charges for it.
    fn transient_load(&mut self, key: U256) -> Result<U256, ApiError>;

    /// Writes a transient slot (EIP-1153). The VM charges for it. Never asked in a static context.
    fn transient_store(&mut self, key: U256, value: U256) -> Result<(), ApiError>;

    /// Calls a contract. Everything that can go wrong for the callee (revert, out of gas, depth,
    /// balance) is a result with `success: false`, not an error.
    fn call(&mut self, call: ProgramCall) -> Result<ProgramCallResult, ApiError>;

    /// Creates a contract. Base cost 32 000 gas, and 6 per word of init code with a salt; not to be
    /// able to pay it is [`ApiError::Refused`]. Never asked in a static context.
    fn create(&mut self, create: ProgramCreate) -> Result<ProgramCreateResult, ApiError>;

    /// Emits a log of the acting contract, at most four topics. The VM charges for it. Never asked
    /// in a static context.
    fn emit_log(&mut self, topics: Vec<B256>, data: Bytes) -> Result<(), ApiError>;

    /// Balance in wei. Gas: 2600 cold, 100 warm.
    fn account_balance(&mut self, address: Address) -> Result<Priced<U256>, ApiError>;

    /// Code as the opcode EXTCODECOPY sees it. Gas: 2600 cold, 100 warm, plus 700 for every whole
    /// 24 576 bytes the code size limit allows (so 700 on an ordinary chain).
    fn account_code(&mut self, address: Address) -> Result<Priced<Bytes>, ApiError>;

    /// Code hash: zero for an account that does not exist, keccak256 of nothing for one without
    /// code. Gas: 2600 cold, 100 warm.
    fn account_codehash(&mut self, address: Address) -> Result<Priced<B256>, ApiError>;

    /// Counts `pages` more pages of memory as open for this frame, also when the program cannot pay
    /// for them, and answers the gas ([`super::PageCounter::add`]).
    fn add_pages(&mut self, pages: u16) -> Result<u64, ApiError>;

    /// Whether the execution may go on; an error stops it. Asked at every host function and every
    /// few milliseconds between them, so it must be cheap. By default it may.
    fn check_time(&mut self) -> Result<(), ApiError> {
        Ok(())
    }

    /// Whether [`Self::console`] does anything. Not by default.
    fn listens(&self) -> bool {
        false
    }

    /// Receives what a program printed through the debug module `console`, cut to 4 KiB, if
    /// [`Self::listens`]. Ignored by default.
    fn console(&mut self, line: &str) {
        let _ = line;
    }

    /// Whether [`Self::host_call`] does anything. Not by default. Asked once per frame.
    fn traces(&self) -> bool {
        false
    }

    /// Receives each host function the program of this frame called, when it returned, if
    /// [`Self::traces`]; see [`HostCall`]. Ignored by default.
    ///
    /// Calls and creations run inside [`Self::call`] and [`Self::create`], so whatever the frames
    /// below report arrives between the beginning of that method and the report of the host function
    /// itself. A call with value in a static context is answered without either.
    fn host_call(&mut self, call: HostCall) {
        let _ = call;
    }
}

/// A host function that a program called, as tracers show it.
///
/// Numbers are big-endian in the width the function has them in, addresses 20 bytes, nothing is
/// padded or separated:
///
/// | name | `args` | `outs` |
/// | --- | --- | --- |
/// | `user_entrypoint` (the frame begins) | calldata length u32 | |
/// | `user_returned` (the program ended by itself) | | status u32 |
/// | `read_args` | | calldata |
/// | `write_result` | data | |
/// | `exit_early` | status u32 | |
/// | `storage_load_bytes32`, `transient_load_bytes32` | key | value |
/// | `storage_cache_bytes32`, `transient_store_bytes32` | key, value | |
/// | `storage_flush_cache` | clear u8 | |
/// | `call_contract` | address, gas asked for u64, value u256, calldata | length u32, status u8 |
/// | `delegate_call_contract`, `static_call_contract` | address, gas asked for u64, calldata | length u32, status u8 |
/// | `create1` | endowment u256, init code | address, length of the revert data u32 |
/// | `create2` | endowment u256, salt, init code | address, length of the revert data u32 |
/// | `read_return_data` | offset u32, size u32 | data |
/// | `return_data_size` | | u32 |
/// | `emit_log` | topics u32, topics and data | |
/// | `account_balance` | address | u256 |
/// | `account_code` | address, offset u32, size u32 | the part of the code |
/// | `account_code_size` | address | u32 |
/// | `account_codehash` | address | hash |
/// | `math_div`, `math_mod`, `math_pow`, `math_add_mod`, `math_mul_mod` | operands, u256 each | u256 |
/// | `native_keccak256` | preimage | hash |
/// | `pay_for_memory_grow` | pages u16 | |
/// | `msg_reentrant`, `tx_ink_price` | | u32 |
/// | `block_gas_limit`, `block_number`, `block_timestamp`, `chainid`, `evm_gas_left`, `evm_ink_left` | | u64 |
/// | `block_basefee`, `msg_value`, `tx_gas_price` | | u256 |
/// | `block_coinbase`, `contract_address`, `msg_sender`, `tx_origin` | | address |
/// | `console_log_text`, `console_log` (all types) | the text | |
///
/// A function that stops its program is not reported, except `exit_early`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCall {
    /// Name of the function.
    pub name: &'static str,
    /// What it was given.
    pub args: Bytes,
    /// What it answered.
    pub outs: Bytes,
    /// Ink before it.
    pub start_ink: u64,
    /// Ink after it.
    pub end_ink: u64,
}

/// What a program can learn about its surroundings without asking the chain's state, and the
/// parameters it runs under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramEnv {
    /// What `block_number` answers: the parent chain's block number.
    pub block_number: u64,
    /// Unix seconds.
    pub block_timestamp: u64,
    /// Wei per gas.
    pub block_basefee: U256,
    /// Who receives the fees.
    pub block_coinbase: Address,
    /// Gas limit in the header.
    pub block_gas_limit: u64,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The acting contract (the delegating one in a delegate call).
    pub contract_address: Address,
    /// Caller of the acting context.
    pub msg_sender: Address,
    /// Wei sent, as the acting context sees it.
    pub msg_value: U256,
    /// Sender of the transaction.
    pub tx_origin: Address,
    /// Effective gas price in wei per gas.
    pub tx_gas_price: U256,
    /// Ink per gas.
    pub ink_price: u32,
    /// Whether another frame of this contract that is no delegate call is on the stack.
    pub reentrant: bool,
    /// Whether state changes are forbidden in this frame.
    pub is_static: bool,
    /// Words of the program's stack counter.
    pub max_stack_depth: u32,
    /// `ArbOS` version, which decides a few rules of the host functions.
    pub arbos_version: u64,
    /// Whether the debug modules may be linked.
    pub debug: bool,
}

/// Gas of a frame that runs a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameGas {
    /// Gas the frame was given, before it paid for the program's initialisation and pages. The floor
    /// price of return data is measured against it.
    pub given: u64,
    /// Gas left for the program to run with.
    pub left: u64,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The entry point returned zero. State is kept.
    Success,
    /// The entry point returned nonzero, or the program trapped (output is empty then). State is
    /// reverted, gas is kept.
    Revert,
    /// Ink, or gas for the return data, ran out. All gas is spent, no output.
    OutOfGas,
    /// The stack counter ran out; a call-depth error. All gas is spent, no output.
    OutOfStack,
}

/// What running a program came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Return data or revert data.
    pub output: Bytes,
    /// Gas left of the frame; 0 for [`Status::OutOfGas`] and [`Status::OutOfStack`].
    pub gas_left: u64,
    /// Ink left when the program stopped, before conversion to gas and the floor price of return
    /// data. For tests and tracers.
    pub ink_left: u64,
    /// Why a program that trapped did so; `None` if it ended by itself. For logs and tracers: nothing
    /// in it is visible on chain.
    pub trap: Option<String>,
}
