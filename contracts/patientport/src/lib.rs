//! One patient's port: sections and their keys, records, requests and grants, as a Stylus contract.
//!
//! The interface, with the meaning of every function, event and error, is
//! `contracts/abi/abi/IPatientPort.sol`; who may call what is the access matrix of
//! `docs/access-model.md`; where everything lies in storage is [`layout`](../contracts/README.md).
//!
//! This crate is deployed once, as the implementation that every port is a minimal clone of
//! (EIP-1167). The implementation itself is locked by its constructor. Looking for the contract that
//! issues ports? `contracts/registry`.
//!
//! Invariants:
//! - I1 ids of records and requests are never reused;
//! - I2 one grant per reader, and every reader with a grant is in the list of readers;
//! - I3 a reader leaves the list only when it has no access and every section it ever held was
//!   rotated since, so whoever holds a current key without access can be found by paging the list;
//! - I4 nothing composed under an earlier epoch of a section takes effect;
//! - I5 only `request`, `approve` and `grant` ask the registry, so that nobody but the patient
//!   stands between the patient and the rest.
//! - I6 the secret of a current key is passed on only to the owner and to whoever may read one of
//!   the sections concerned at that moment;
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]

extern crate alloc;

#[allow(
    missing_docs,
    unexpected_cfgs,
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "the SDK's macro expands to these and asks for the signature"
)]
mod entry;

mod error;
mod grants;
mod layout;
mod port;
mod records;
mod requests;
mod router;
mod sections;
#[cfg(test)]
mod tests;
mod views;

pub use entry::answer;
pub use error::Error;
