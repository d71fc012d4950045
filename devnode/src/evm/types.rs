//! What goes into the executor and what comes out: blocks, transactions, calls, outcomes.

use alloy::eips::{eip2930::AccessList, eip7702::SignedAuthorization};
use alloy_primitives::{Address, B256, Bytes, Log, TxKind, U256};
use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use super::{
    halt::Halt,
    params::{BATCH_POSTER, BLOCK_GAS_LIMIT},
};

/// The block a transaction or call runs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockContext {
    /// Number of the block on this chain (what `ArbSys.arbBlockNumber` answers).
    pub number: u64,
    /// Number of the parent chain's block (what the opcode `NUMBER` and the host function
    /// `block_number` answer). Zero on a development chain without a parent.
    pub l1_block_number: u64,
    /// Unix seconds.
    pub timestamp: u64,
    /// Base fee in wei per gas.
    pub base_fee: u64,
    /// Who the opcode `COINBASE` names and who receives the fees: the batch poster.
    pub beneficiary: Address,
    /// Hash of the preceding block, for `ArbSys.arbBlockHash`.
    pub parent_hash: B256,
    /// Gas limit, as the opcode `GASLIMIT` and the host function `block_gas_limit` answer it. It
    /// bounds nothing.
    pub gas_limit: u64,
    /// What the opcode `PREVRANDAO` (`DIFFICULTY`) answers: 1 on Arbitrum.
    pub prev_randao: B256,
    /// Hashes that the opcode `BLOCKHASH` answers, by the number it is asked for; zero for all
    /// others. Only a simulated call's block overrides name any.
    pub block_hashes: BTreeMap<u64, B256>,
}

impl BlockContext {
    /// A block with the chain's usual beneficiary and no parent chain.
    #[must_use]
    pub fn new(number: u64, timestamp: u64, base_fee: u64) -> Self {
        Self {
            number,
            l1_block_number: 0,
            timestamp,
            base_fee,
            beneficiary: BATCH_POSTER,
            parent_hash: B256::ZERO,
            gas_limit: BLOCK_GAS_LIMIT,
            prev_randao: B256::with_last_byte(1),
            block_hashes: BTreeMap::new(),
        }
    }
}

/// A transaction whose signature has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// EIP-2718 type: 0 legacy, 1 access list, 2 dynamic fee, 4 set code.
    pub tx_type: u8,
    /// The recovered signer.
    pub sender: Address,
    /// Callee, or a contract creation.
    pub to: TxKind,
    /// The sender's transaction count before this one.
    pub nonce: u64,
    /// Gas limit. What exceeds the compute cap of a transaction is held aside and refunded.
    pub gas_limit: u64,
    /// `gasPrice` of types 0 and 1, `maxFeePerGas` of the others, in wei per gas. What is paid is
    /// the block's base fee.
    pub max_fee_per_gas: u128,
    /// Upper bound of the tip in wei per gas (`gasPrice` for types 0 and 1). Checked against
    /// `max_fee_per_gas`, never paid.
    pub max_priority_fee_per_gas: u128,
    /// Wei sent along.
    pub value: U256,
    /// Calldata or init code.
    pub input: Bytes,
    /// EIP-2930 access list.
    pub access_list: AccessList,
    /// EIP-7702 authorisations.
    pub authorization_list: Vec<SignedAuthorization>,
    /// Whether the sender is impersonated: nobody signed, and the sender may be an account with code
    /// (EIP-3607 does not apply). Nonce, funds and gas are checked as ever.
    pub impersonated: bool,
}

/// A call that is simulated and leaves nothing behind (`eth_call`, `eth_estimateGas`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallRequest {
    /// Caller; the zero address when the client names none.
    pub from: Address,
    /// Callee, or a contract creation.
    pub to: TxKind,
    /// Gas limit; `None` is the RPC gas cap ([`super::RPC_GAS_CAP`]).
    pub gas_limit: Option<u64>,
    /// Wei per gas. `None` or zero switches fees off: the opcodes `GASPRICE` and `BASEFEE` see zero
    /// and the caller needs no funds for gas.
    pub gas_price: Option<u128>,
    /// Wei sent along; the caller must have it (overrides count).
    pub value: U256,
    /// Calldata or init code.
    pub input: Bytes,
    /// EIP-2930 access list.
    pub access_list: AccessList,
    /// EIP-7702 authorisations.
    pub authorization_list: Vec<SignedAuthorization>,
    /// When to give up; never if `None`.
    pub deadline: Option<Deadline>,
    /// Behave as a real transaction: the compute cap of a transaction applies. Set by estimation.
    pub as_transaction: bool,
}

/// When a simulated call is given up, for the sake of whoever waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    end: Instant,
    timeout: Duration,
}

impl Deadline {
    /// This much time from now.
    #[must_use]
    pub fn after(timeout: Duration) -> Self {
        Self {
            end: Instant::now() + timeout,
            timeout,
        }
    }

    /// The time that was given.
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Whether it has passed.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }
}

/// State that one simulated call sees instead of the chain's.
pub type StateOverrides = BTreeMap<Address, StateOverride>;

/// Replacements for one account during a simulated call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateOverride {
    /// Balance in wei.
    pub balance: Option<U256>,
    /// Transaction count.
    pub nonce: Option<u64>,
    /// Code. Activation sees it too.
    pub code: Option<Bytes>,
    /// The whole storage; slots that are not named read as zero.
    pub state: Option<HashMap<B256, B256>>,
    /// Single storage slots on top of the chain's (or of `state`).
    pub state_diff: HashMap<B256, B256>,
}

/// How an execution ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecutionStatus {
    /// It ran to its end; changes are kept.
    Success,
    /// The code reverted; unused gas is returned and `output` holds the revert data.
    Revert,
    /// It was stopped; all gas is spent and there is no output.
    Halt(Halt),
}

impl ExecutionStatus {
    /// Whether changes were kept.
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Success)
    }
}

/// What executing a transaction or a simulated call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionOutcome {
    /// How it ended.
    pub status: ExecutionStatus,
    /// Gas paid for, refunds (EIP-3529) already taken off.
    pub gas_used: u64,
    /// Gas refunded by EIP-3529 and EIP-7702; already taken off `gas_used`.
    pub gas_refunded: u64,
    /// Return data, revert data, or the deployed code of a creation.
    pub output: Bytes,
    /// Logs in order; empty unless the status is a success.
    pub logs: Vec<Log>,
    /// Address of the contract a creation would have made, whatever its status.
    pub contract_address: Option<Address>,
}
