//! The life of a Stylus program: activated, expiring, expired, of an older version; and how anybody prolongs it.
//!
//! A program runs for a year after it was activated, and as long as the chain keeps its Stylus version. Afterwards
//! anybody may activate it again; after a month already, anybody may prolong it. Neither touches what it stores, and
//! both cost a fee that the chain sets (Arbitrum, `ArbWasm`).

use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::sol;

use crate::chain::{ARB_WASM, Chain, Transaction};
use crate::error::{Error, Result};
use crate::revert::{ProgramErrors, Reason};

sol! {
    interface IArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function codehashKeepalive(bytes32 codehash) external payable;
        function programTimeLeft(address program) external view returns (uint64 seconds_);
    }
}

/// Where a program stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProgramState {
    /// It runs, for so many seconds more.
    Active {
        /// Seconds until it expires.
        seconds_left: u64,
    },
    /// It was activated too long ago.
    Expired,
    /// The chain has a newer Stylus version.
    NeedsUpgrade,
    /// It was never activated.
    NotActivated,
    /// There is no Stylus program at the address.
    NoProgram,
}

impl ProgramState {
    /// Its name: lower case with hyphens.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Active { .. } => "active",
            Self::Expired => "expired",
            Self::NeedsUpgrade => "needs-upgrade",
            Self::NotActivated => "not-activated",
            Self::NoProgram => "no-program",
        }
    }
}

/// A contract's program.
#[derive(Clone, Debug)]
pub struct Program {
    /// Where it stands.
    pub address: Address,
    /// keccak256 of its code.
    pub code_hash: B256,
    /// Whether it runs.
    pub state: ProgramState,
}

/// Looks a program up, without running it.
///
/// # Errors
/// Those of reaching the node; [`Error::InvalidResponse`] from a chain without Stylus.
pub async fn program(chain: &Chain, address: Address) -> Result<Program> {
    let code = chain.code(address).await?;
    let call = IArbWasm::programTimeLeftCall { program: address };
    let state = if code.is_empty() {
        ProgramState::NoProgram
    } else {
        match chain.call_alone(ARB_WASM, &call).await {
            Ok(seconds_left) => ProgramState::Active { seconds_left },
            Err(Error::Refused(revert)) => match &revert.reason {
                Reason::Program(ProgramErrors::ProgramExpired(_)) => ProgramState::Expired,
                Reason::Program(ProgramErrors::ProgramNeedsUpgrade(_)) => {
                    ProgramState::NeedsUpgrade
                }
                Reason::Program(ProgramErrors::ProgramNotActivated(_)) => {
                    ProgramState::NotActivated
                }
                Reason::Program(ProgramErrors::ProgramNotWasm(_)) => ProgramState::NoProgram,
                _ => return Err(Error::Refused(revert)),
            },
            Err(error) => return Err(error),
        }
    };
    Ok(Program {
        address,
        code_hash: keccak256(&code),
        state,
    })
}

/// Activates a program that does not run, with the fee that the chain asks for. What is sent too much comes back.
///
/// # Errors
/// [`Error::Refused`]: `program.up_to_date` if it runs, `program.not_wasm`.
pub async fn activate(chain: &Chain, from: Address, program: Address) -> Result<Transaction> {
    let call = IArbWasm::activateProgramCall { program };
    with_fee(from, chain.transaction(ARB_WASM, &call)).await
}

/// Prolongs a program that runs: a year from now.
///
/// # Errors
/// [`Error::Refused`]: `program.keepalive_too_soon` within a month of its activation.
pub async fn keep_alive(chain: &Chain, from: Address, code_hash: B256) -> Result<Transaction> {
    let call = IArbWasm::codehashKeepaliveCall {
        codehash: code_hash,
    };
    with_fee(from, chain.transaction(ARB_WASM, &call)).await
}

/// The chain names its fee when it is offered nothing. It moves, so a fifth more is sent; the rest is returned.
async fn with_fee(from: Address, transaction: Transaction) -> Result<Transaction> {
    let refused = match transaction.prepare(from).await {
        Ok(_) => return Ok(transaction),
        Err(Error::Refused(revert)) => revert,
        Err(error) => return Err(error),
    };
    match &refused.reason {
        Reason::Program(ProgramErrors::ProgramInsufficientValue(fee)) => {
            let margin = fee.want / U256::from(5);
            Ok(transaction.with_value(fee.want.saturating_add(margin)))
        }
        _ => Err(Error::Refused(refused)),
    }
}
