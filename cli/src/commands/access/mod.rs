//! `patientport access …`

pub mod grant;
pub mod list;
pub mod mine;
pub mod reseal;
pub mod revoke;
pub mod rotate;
