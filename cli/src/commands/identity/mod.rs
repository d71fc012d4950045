//! `patientport identity …`: encryption identities.

pub mod backup;
pub mod card;
pub mod export;
pub mod import;
pub mod list;
pub mod new;
pub mod recover;
pub mod restore;
pub mod show;
