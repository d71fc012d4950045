//! The chain: blocks, receipts, logs, waiting transactions and time.
//!
//! [`Chain`] takes signed transactions and puts each into a block of its own on demand, as a Nitro
//! sequencer without traffic does. It knows no JSON. What grows with the chain is only appended to:
//! adding a block and answering about one cost the same at any height.

mod block;
mod clock;
mod error;
mod estimate;
mod ledger;
mod logs;
mod queue;
mod simulation;
mod transaction;

pub use block::{Block, Receipt};
pub use clock::{Clock, TimeError};
pub use error::{BalanceTooHigh, MAX_BALANCE, SubmitError};
pub use estimate::EstimateError;
pub use ledger::{At, Chain, LogRef};
pub use logs::LogQuery;
pub use queue::{MAX_QUEUED_BYTES, MAX_QUEUED_TRANSACTIONS};
pub use simulation::Simulation;
pub use transaction::{DecodeError, MAX_TRANSACTION_BYTES, SignedTransaction, TX_FEE_CAP};
