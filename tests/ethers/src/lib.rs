//! The contracts as a client sees them that shares no code with this tree: [ethers], and the interfaces in
//! `docs/abi`.
//!
//! Nothing here uses our crates. The chain is the program `stylus-devnode`, or whatever chain
//! `PATIENTPORT_TEST_RPC_URL` names; the contracts are put there by the program `patientport`. What the contracts do is
//! tested in `tests/contracts`; here the question is whether somebody who has nothing but the ABI sees the same.
//!
//! Looking for other people's clients against the development chain itself? `tests/interop`.

mod chain;
mod contract;
mod program;
mod values;

pub use chain::{Chain, Client, Key};
pub use contract::{Contract, Met, Told, told};
pub use program::Program;
pub use values::{bytes, text};
