//! Why an execution was stopped, in the words a Nitro node answers `eth_call` with.

use crate::arbos::UnsupportedArbosVersion;
use alloy_primitives::Selector;
use revm::context::result::{HaltReason, OutOfGasError};

/// Why an execution was stopped with all its gas spent.
///
/// The text is what a node's `eth_call` puts into its error message (code -32000).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Halt {
    /// Gas, or a program's ink, ran out.
    #[error("out of gas")]
    OutOfGas,
    /// More than 1024 nested frames, or a program's stack counter ran out.
    #[error("max call depth exceeded")]
    CallDepth,
    /// The called Stylus program has not been activated.
    #[error("error ProgramNotActivated()")]
    ProgramNotActivated,
    /// The called Stylus program was activated under another Stylus version.
    #[error("error ProgramNeedsUpgrade({version}, {stylus_version})")]
    ProgramNeedsUpgrade {
        /// Version it was activated under.
        version: u16,
        /// The chain's version.
        stylus_version: u16,
    },
    /// The called Stylus program was activated too long ago.
    #[error("error ProgramExpired({age_secs})")]
    ProgramExpired {
        /// Seconds since activation.
        age_secs: u64,
    },
    /// `ArbWasm.activateProgram` was given a module that is not a valid program.
    #[error("program activation failed: {reason}")]
    ActivationFailed {
        /// What is wrong with the module.
        reason: String,
    },
    /// A method of the chain owner's interface was called by somebody else.
    #[error("unauthorized caller to access-controlled method")]
    UnauthorizedCaller,
    /// A precompile or method that exists on Arbitrum chains, or may, is not modelled here.
    #[error("method `{method}` (`{selector}`) of precompile `{contract}` is not modelled")]
    NotModelled {
        /// The precompile.
        contract: &'static str,
        /// Signature of the method.
        method: &'static str,
        /// Selector of the method.
        selector: Selector,
    },
    /// An owner scheduled an upgrade to a version that is not modelled.
    #[error(transparent)]
    UnsupportedArbosVersion(#[from] UnsupportedArbosVersion),
    /// `ArbDebug.panic` was called, which makes a Nitro node panic.
    #[error("`ArbDebug.panic` was called")]
    DebugPanic,
    /// EVM code was stopped by the interpreter.
    #[error("{}", evm_halt_text(.0))]
    Evm(HaltReason),
}

/// The names geth gives to what revm reports.
fn evm_halt_text(reason: &HaltReason) -> String {
    let text = match reason {
        HaltReason::OutOfGas(OutOfGasError::InvalidOperand) => "gas uint64 overflow",
        HaltReason::OutOfGas(_) => "out of gas",
        HaltReason::OpcodeNotFound | HaltReason::NotActivated | HaltReason::InvalidFEOpcode => {
            "invalid opcode"
        }
        HaltReason::InvalidJump => "invalid jump destination",
        HaltReason::StackUnderflow => "stack underflow",
        HaltReason::StackOverflow => "stack limit reached 1024",
        HaltReason::OutOfOffset => "return data out of bounds",
        HaltReason::CreateCollision => "contract address collision",
        HaltReason::OverflowPayment | HaltReason::OutOfFunds => "insufficient balance for transfer",
        HaltReason::NonceOverflow => "nonce uint64 overflow",
        HaltReason::CreateContractSizeLimit => "max code size exceeded",
        HaltReason::CreateContractStartingWithEF => "invalid code: must not begin with 0xef",
        HaltReason::CreateInitCodeSizeLimit => "max initcode size exceeded",
        HaltReason::StateChangeDuringStaticCall | HaltReason::CallNotAllowedInsideStatic => {
            "write protection"
        }
        HaltReason::CallTooDeep => "max call depth exceeded",
        other => return format!("execution halted: {other:?}"),
    };
    text.to_owned()
}

impl From<HaltReason> for Halt {
    fn from(reason: HaltReason) -> Self {
        match reason {
            HaltReason::OutOfGas(_) => Self::OutOfGas,
            HaltReason::CallTooDeep => Self::CallDepth,
            other => Self::Evm(other),
        }
    }
}
