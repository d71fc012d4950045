//! The program as a user meets it, the real binary on a real chain: one of the test's own, or the one that
//! `PATIENTPORT_TEST_RPC_URL` names, which others use meanwhile and have used before.
//!
//! What is asserted is the documented interface: exit code, the code in the JSON envelope, files. Tests that need what
//! only the embedded chain does stand in a module `on_devnode`, whose comment says what that is: `scripts/test --url`
//! leaves them out and prints it.

mod access;
mod adversaries;
mod batch;
mod cards;
mod codes;
mod collect;
mod delegates;
mod demo;
mod deployment;
mod doctor;
mod dry_run;
mod emergency;
mod environment;
mod faults;
mod flow;
mod history;
mod hostile;
mod identity;
mod inbox;
mod keepalive;
mod keys;
#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod kills;
mod networks;
mod nitro;
mod offline;
mod one_home;
mod operator;
mod ownership;
mod progress;
mod races;
mod records;
mod relay;
mod reorganised;
mod requests;
mod restarts;
mod servers;
mod settings;
mod sharing;
mod signals;
mod signers;
mod stores;
mod successor;
mod watch;
