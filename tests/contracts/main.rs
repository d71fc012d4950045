//! Both contracts as built, on the development chain: who may call what, long random histories beside a
//! reference model, and everything an adversary can try. The chain is always the embedded one: time and callers are set from call to call.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod adversaries;
mod chain;
mod histories;
mod matrix;
mod model;
mod world;
