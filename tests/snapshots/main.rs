//! What people read: every verb's text, its talk on standard error, its document and its exit code, as they are,
//! beside the command lines that brought them.
//!
//! A story is told twice, for people and for programs, and each telling is one file in `snapshots/`. What differs
//! from run to run (hashes, times, gas, directories) stands there as a name in brackets. After a wanted change:
//! `INSTA_UPDATE=always cargo test -p patientport-tests --test snapshots`, then read the difference.
//!
//! The chain is always the embedded one: stories set time and balances.

mod scene;
mod stories;
