//! The Stylus VM: from a contract's code to a program's outcome.
//!
//! The path of a program: [`decode_program`] takes the module out of the contract's code,
//! [`activate`] checks it, works out its figures and instruments it so that it meters itself,
//! [`Program::compile`] prepares the instrumented module for the engine, [`run`] executes it against
//! an [`EvmApi`].
//!
//! Prices and rules are those of Nitro (`crates/prover/src/programs`, `crates/arbutil/src/pricing.rs`,
//! `arbos/programs` in OffchainLabs/nitro) and of docs.arbitrum.io. This module knows neither revm
//! nor JSON-RPC.

mod activate;
mod api;
mod code;
mod engine;
mod host;
mod link;
mod memory;
mod params;
mod program;

#[cfg(test)]
mod tests;

pub use activate::{Activation, ActivationError, activate};
pub use api::{
    ApiError, CallKind, EvmApi, FrameGas, HostCall, Outcome, Priced, ProgramCall,
    ProgramCallResult, ProgramCreate, ProgramCreateResult, ProgramEnv, Status,
};
#[cfg(test)]
pub(crate) use code::encode_fragments;
pub use code::{
    DecodeError, ProgramCode, decode_program, encode_program, is_program, is_program_code,
};
pub use memory::PageCounter;
pub use params::{FRAGMENTS_ARBOS, STYLUS_V3_ARBOS, StylusParams};
pub use program::{Program, VmError, run};
