//! Execution: EVM code by revm, Stylus programs by [`crate::vm`], one state under both.
//!
//! [`Executor`] owns the state. It knows transactions whose signatures have been checked and blocks
//! as plain numbers; it knows no hashes of blocks or receipts, no JSON and no clock.

mod convert;
mod database;
mod error;
mod executor;
mod frame_api;
mod halt;
mod handler;
mod instructions;
mod machine;
mod params;
mod precompiles;
mod program;
mod revert;
mod run;
mod state;
pub mod trace;
mod types;
mod view;

#[cfg(test)]
mod tests;

pub(crate) use executor::{STACK_BYTES, thread_has_stack};
pub(crate) use frame_api::{FrameApi, account_access};
pub(crate) use machine::{Fault, Machine};
pub(crate) use revert::error_reason;
pub(crate) use state::{AccountRecord, State, StateWrite};

pub use error::ExecError;
pub use executor::{Executor, Simulator, Snapshot};
pub use halt::Halt;
pub use params::{
    ARBOS_STATE, BATCH_POSTER, BLOCK_GAS_LIMIT, ChainParams, ConsoleSink, DEV_ACCOUNT,
    DEV_CHAIN_ID, GenesisAccount, MAX_CODE_SIZE, MIN_BASE_FEE, NETWORK_FEE_ACCOUNT, RPC_GAS_CAP,
    TX_COMPUTE_CAP,
};
pub use types::{
    BlockContext, CallRequest, Deadline, ExecutionOutcome, ExecutionStatus, StateOverride,
    StateOverrides, Transaction,
};
pub use view::StateView;
