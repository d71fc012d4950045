#![doc = include_str!("../README.md")]

pub mod emergency;
pub mod failure;
pub mod hpke;
pub mod keys;
#[cfg(feature = "keystore")]
pub mod keystore;
pub mod npi;
pub mod record;
pub mod seal;
pub mod section;
pub mod text;

pub use patientport_abi as abi;
pub use patientport_abi::limits;
pub use rand_core;

mod json;
mod kdf;
