#![no_std]
#![doc = "The contracts' interfaces: functions, events, errors and structs, from one commented Solidity source"]
#![doc = "in `abi/`. Contracts, core and client all use these types, so an ABI change is one edit."]
#![doc = ""]
#![doc = "Looking for the contracts themselves? `contracts/registry` and `contracts/patientport`."]
#![allow(
    missing_docs,
    reason = "the sol! expansion carries the interface's own comments where it has them"
)]
#![allow(clippy::all, clippy::pedantic, reason = "generated code")]

alloy_sol_types::sol!(
    #[sol(all_derives)]
    "abi/IRegistry.sol"
);
alloy_sol_types::sol!(
    #[sol(all_derives)]
    "abi/IPatientPort.sol"
);

mod interface_id;
pub mod limits;

pub use interface_id::{ERC165, interface_id};
