//! The chain: blocks, receipts, logs, waiting transactions and time.
//!
//! [`Chain`] takes signed transactions and puts them into blocks: each into one of its own on demand, as
//! a Nitro sequencer without traffic does, or those that wait into one when [`Mining`] says so. It knows
//! no JSON. What grows with the chain is only appended to: adding a block and answering about one cost
//! the same at any height.

mod block;
mod clock;
mod control;
mod error;
mod estimate;
mod growth;
mod ledger;
mod logs;
mod mining;
mod node_interface;
mod pool;
mod publish;
mod shared;
mod simulation;
#[cfg(test)]
mod tests;
mod transaction;

pub use block::{Block, Entry, Receipt};
pub use clock::{Clock, TimeError};
pub use error::{BalanceTooHigh, MAX_BALANCE, SubmitError};
pub use estimate::EstimateError;
pub use growth::BLOCK_COMPUTE_TARGET;
pub use ledger::{At, Chain, LogRef, TransactionRef};
pub use logs::LogQuery;
pub use mining::{ChainEvent, EVENT_BUFFER, Mining};
pub use pool::{MAX_QUEUED_BYTES, MAX_QUEUED_TRANSACTIONS};
pub use shared::{ChangeError, SharedChain};
pub use simulation::Simulation;
pub use transaction::{DecodeError, MAX_TRANSACTION_BYTES, SignedTransaction, TX_FEE_CAP};
