//! The registry of health care providers and the issuer of ports, as a Stylus contract.
//!
//! The interface, with the meaning of every function, event and error, is
//! `contracts/abi/abi/IRegistry.sol`; who may call what is the access matrix of
//! `docs/access-model.md`; where everything lies in storage is a table in `contracts/README.md`.
//!
//! Looking for the port itself? `contracts/patientport`.
//!
//! Invariants:
//! - I1 a registered account stays registered: providers are suspended or retire, none is removed;
//! - I2 an attestation holds for exactly the kind, number and identity profile it names;
//! - I3 an attested NPI belongs to one verified provider;
//! - I4 an account is a port of this registry if and only if it was created by `issue`, and its code says so.
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

mod attestation;
mod error;
mod issue;
mod layout;
mod npi;
mod ownership;
mod provider;
mod registry;
mod router;
#[cfg(test)]
mod tests;
mod views;

pub use entry::answer;
pub use error::Error;
