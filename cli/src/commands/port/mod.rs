//! `patientport port …`

pub mod card;
pub mod change_key;
pub mod claim;
pub mod issue;
pub mod list;
pub mod show;
