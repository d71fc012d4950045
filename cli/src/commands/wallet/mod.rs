//! `patientport wallet …`: accounts in keystore files.

pub mod address;
pub mod export;
pub mod import;
pub mod list;
pub mod new;
