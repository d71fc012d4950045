//! `patientport port …`

pub mod claim;
pub mod issue;
pub mod list;
pub mod show;
