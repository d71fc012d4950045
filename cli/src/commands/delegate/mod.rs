//! `patientport delegate …`

pub mod list;
pub mod remove;
pub mod set;
