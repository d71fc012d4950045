//! `patientport emergency …`

pub mod arm;
pub mod custodian;
pub mod glass;
pub mod list;
pub mod packages;
pub mod release;
