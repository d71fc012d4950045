//! `patientport port …`

pub mod change_key;
pub mod claim;
pub mod issue;
pub mod list;
pub mod remember;
pub mod show;
