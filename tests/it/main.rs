//! The program as a user meets it: every test has a chain of its own and runs the real binary.
//!
//! What is asserted is the documented interface: exit code, the code in the JSON envelope, files.

mod access;
mod deployment;
mod doctor;
mod environment;
mod flow;
mod history;
mod identity;
mod inbox;
mod keepalive;
mod keys;
mod networks;
mod records;
mod servers;
mod sharing;
mod signals;
mod stores;
mod successor;
mod watch;
