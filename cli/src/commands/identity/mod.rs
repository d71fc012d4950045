//! `patientport identity …`: encryption identities.

pub mod list;
pub mod new;
pub mod show;
