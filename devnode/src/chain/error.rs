//! Why a transaction is not taken.

use crate::evm::ExecError;
use alloy_primitives::{U256, uint};

/// Most wei an account can be given by decree: no sum of such balances that a test makes overflows.
pub const MAX_BALANCE: U256 =
    uint!(0x0100000000000000000000000000000000000000000000000000000000000000_U256);

/// A balance is more than an account can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("balance `{wei}` exceeds the limit of `{MAX_BALANCE}` wei")]
pub struct BalanceTooHigh {
    /// Wei asked for.
    pub wei: U256,
}

impl BalanceTooHigh {
    /// Refuses a balance above [`MAX_BALANCE`].
    pub(crate) fn check(wei: U256) -> Result<(), Self> {
        if wei > MAX_BALANCE {
            return Err(Self { wei });
        }
        Ok(())
    }
}

/// Why the chain does not take a transaction. The texts are geth's, because clients look for them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// It is waiting already.
    #[error("already known")]
    AlreadyKnown,
    /// The nonce has been used.
    #[error("nonce too low: next nonce {expected}, tx nonce {nonce}")]
    NonceTooLow {
        /// The sender's next nonce.
        expected: u64,
        /// The transaction's nonce.
        nonce: u64,
    },
    /// A waiting transaction has the same nonce and offers more than ten elevenths of the fee.
    #[error("replacement transaction underpriced: nonce {nonce}")]
    ReplacementUnderpriced {
        /// The nonce both have.
        nonce: u64,
    },
    /// Its nonce is ahead of the sender's and no more transactions may wait.
    #[error("txpool is full: {waiting} transactions wait for a nonce gap to close")]
    QueueFull {
        /// How many wait.
        waiting: usize,
    },
    /// It cannot be executed.
    #[error(transparent)]
    Execution(#[from] ExecError),
}
