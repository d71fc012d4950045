//! `patientport wallet …`: accounts in keystore files.

pub mod address;
pub mod import;
pub mod list;
pub mod new;
