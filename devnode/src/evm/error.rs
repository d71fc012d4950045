//! Transactions that cannot be executed at all.

use alloy_primitives::{Address, U256};
use std::time::Duration;

/// Why a transaction or call was refused before any of it ran.
///
/// The texts are geth's, because clients look for them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExecError {
    /// The nonce has been used.
    #[error("nonce too low: address {sender}, tx: {nonce} state: {expected}")]
    NonceTooLow {
        /// Who signed.
        sender: Address,
        /// The transaction's nonce.
        nonce: u64,
        /// The account's next nonce.
        expected: u64,
    },
    /// There is a gap before the nonce.
    #[error("nonce too high: address {sender}, tx: {nonce} state: {expected}")]
    NonceTooHigh {
        /// Who signed.
        sender: Address,
        /// The transaction's nonce.
        nonce: u64,
        /// The account's next nonce.
        expected: u64,
    },
    /// The account's nonce cannot grow.
    #[error("nonce has max value: address {sender}")]
    NonceMax {
        /// Who signed.
        sender: Address,
    },
    /// The sender cannot pay `gas limit × max fee + value`.
    #[error("insufficient funds for gas * price + value: address {sender} have {have} want {want}")]
    InsufficientFunds {
        /// Who pays.
        sender: Address,
        /// Balance in wei.
        have: U256,
        /// What the transaction may cost in wei.
        want: U256,
    },
    /// The gas limit does not cover the cost of the transaction's data.
    #[error("intrinsic gas too low: have {have}, want {want}")]
    IntrinsicGasTooLow {
        /// The gas limit.
        have: u64,
        /// What the data costs.
        want: u64,
    },
    /// The fee cap is below the block's base fee.
    #[error(
        "max fee per gas less than block base fee: address {sender}, maxFeePerGas: {max_fee}, baseFee: {base_fee}"
    )]
    FeeCapTooLow {
        /// Who pays.
        sender: Address,
        /// Wei per gas offered.
        max_fee: u128,
        /// Wei per gas asked.
        base_fee: u64,
    },
    /// The tip is above the fee cap.
    #[error(
        "max priority fee per gas higher than max fee per gas: address {sender}, maxPriorityFeePerGas: {tip}, maxFeePerGas: {max_fee}"
    )]
    TipAboveFeeCap {
        /// Who pays.
        sender: Address,
        /// Wei per gas of the tip.
        tip: u128,
        /// Wei per gas at most.
        max_fee: u128,
    },
    /// The sender has code that is not an EIP-7702 delegation (EIP-3607).
    #[error("sender not an eoa: address {sender}")]
    SenderHasCode {
        /// Who signed.
        sender: Address,
    },
    /// The gas limit is above the block's.
    #[error("exceeds block gas limit: gas limit `{gas_limit}`")]
    GasLimitTooHigh {
        /// The transaction's gas limit.
        gas_limit: u64,
    },
    /// The init code is longer than EIP-3860 allows.
    #[error("max initcode size exceeded: code size {size} limit {limit}")]
    InitCodeTooLarge {
        /// Bytes given.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The transaction type is not served.
    #[error("transaction type not supported: type `{tx_type}`")]
    UnsupportedType {
        /// EIP-2718 type.
        tx_type: u8,
    },
    /// An EIP-7702 transaction creates a contract or carries no authorisation.
    #[error("invalid set code transaction: {reason}")]
    InvalidSetCode {
        /// Which rule it breaks.
        reason: &'static str,
    },
    /// A simulated call took longer than it may.
    #[error("execution aborted (timeout = {timeout:?})")]
    TimedOut {
        /// The time it was given.
        timeout: Duration,
    },
    /// A trace is larger than one answer may be.
    #[error(
        "the trace is too large: list fewer steps with `limit`, switch stack and storage off, or \
         use another tracer"
    )]
    TraceTooLarge,
    /// Any other reason revm refuses a transaction for.
    #[error("invalid transaction: {0}")]
    Invalid(String),
    /// The executor broke an assumption of its own; nothing was changed.
    #[error("internal error: {0}")]
    Internal(String),
}
