//! `patientport port …`

pub mod accept;
pub mod cancel_signatures;
pub mod card;
pub mod change_key;
pub mod claim;
pub mod issue;
pub mod list;
pub mod primary;
pub mod remember;
mod reserved;
pub mod show;
mod taking;
pub mod transfer;
