//! Why a transaction is not taken.

use crate::evm::ExecError;

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
