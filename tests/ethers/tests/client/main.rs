//! The life of a port and every refusal of the contracts, by ethers through `docs/abi`.
#![allow(missing_docs, reason = "tests")]

mod life;
mod program;
mod refusals;
mod signed;
mod stage;
