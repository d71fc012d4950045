//! One patient's port: sections and their keys, records, requests and grants, as a Stylus contract.
//!
//! The interface, with the meaning of every function, event and error, is
//! `contracts/abi/abi/IPatientPort.sol`; who may call what is the access matrix of
//! `docs/access-model.md`; where everything lies in storage is [`layout`](../contracts/README.md).
//!
//! This crate is deployed once, as the implementation that every port is a minimal clone of
//! (EIP-1167). A port's parties stand in its code (`patientport_kit::Parties`), so there is no
//! constructor and nothing to initialise; the implementation has none and so can be nobody's port.
//! Looking for the contract that issues ports? `contracts/registry`.
//!
//! Invariants:
//! - I1 ids of records and requests are never reused;
//! - I2 one grant per reader, and every account with rights is in the list of holders;
//! - I3 a holder leaves the list only when it has no rights and every section it ever held was
//!   rotated since, so whoever holds a current key without access can be found by paging the list;
//! - I4 nothing composed under an earlier epoch of a section takes effect;
//! - I5 nobody but the patient stands between the patient and revoking, denying, rotating, sharing,
//!   vetoing, or removing anybody: none of these asks the registry;
//! - I6 the secret of a current key is passed on only to the owner and to whoever may have one of
//!   the secrets of the sections concerned at that moment;
//! - I7 the history head is the fold of every event;
//! - I8 nobody but the owner names delegates, responders, custodians, primary care or an owner, and the
//!   owner changes only by its own word and its successor's.
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

mod delegates;
mod emergency;
mod error;
mod grants;
mod holders;
mod layout;
mod parties;
mod port;
mod records;
mod requests;
mod router;
mod sections;
mod signed;
#[cfg(test)]
mod tests;
mod views;

pub use entry::answer;
pub use error::Error;
