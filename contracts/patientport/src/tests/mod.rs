//! The port from outside: see [`world`] for how it is called and what is checked after every call.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::wildcard_imports,
    reason = "a test stops at the first surprise, and shares its words with the others"
)]

mod calls;
mod chain;
mod surface;
mod views;
mod walk;
mod world;

mod blocks;
mod claim;
mod counters;
mod custodians;
mod delegates;
mod emergency;
mod errors;
mod grants;
mod history;
mod holders;
mod keys;
mod layout;
mod malformed;
mod matrix;
mod ownership;
mod pieces;
mod places;
mod primary;
mod recipients;
mod records;
mod requests;
mod revoke;
mod sections;
mod signatures;
mod signed;
mod successors;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, Bytes, LogData, U256};
use alloy_sol_types::{SolCall, SolError, SolValue};
use patientport_abi::{IPatientPort as abi, IRegistry};

use self::{calls::*, world::*};
