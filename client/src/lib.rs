#![doc = include_str!("../README.md")]

pub mod access;
mod actor;
pub mod cache;
pub mod chain;
pub mod content;
pub mod delegation;
pub mod deploy;
pub mod device;
pub mod emergency;
#[cfg(test)]
mod erc7730_tests;
mod error;
pub mod history;
mod identity;
pub mod keyring;
pub mod mentions;
pub mod port;
pub mod program;
pub mod progress;
pub mod publish;
pub mod records;
pub mod recovery;
pub mod registry;
pub mod remains;
pub mod requests;
pub mod resealing;
pub mod revert;
pub mod rotation;
pub mod sharing;
pub mod signed;
pub mod stale;
pub mod store;
pub mod units;
pub mod upgrade;
pub mod words;

mod code;

pub use actor::{Actor, Role};
pub use chain::{Chain, Options, Signer, Transaction, TxReport};
pub use error::{BlobPart, Class, Error, NotAPortReason, Result};
pub use identity::IdentityKeys;
pub use keyring::Keyring;
pub use port::Port;
pub use registry::Registry;
pub use units::{Gas, Timestamp, Wei};

pub use alloy::primitives;
pub use patientport_core as core;
