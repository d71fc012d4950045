//! `patientport request …`

pub mod approve;
pub mod block;
pub mod cancel;
pub mod deny;
pub mod list;
pub mod send;
pub mod show;
pub mod status;
pub mod template;
