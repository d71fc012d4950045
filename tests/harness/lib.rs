//! Harness of the integration tests: a Stylus chain, homes in a temporary directory, and the real `patientport`
//! program run as a user runs it.
//!
//! Every test has an embedded chain of its own, unless [`RPC_URL_VARIABLE`] (`PATIENTPORT_TEST_RPC_URL`) names a node:
//! then all of them share that one, whatever stands on it already. The people of a test are new accounts either way,
//! paid for by one that has ether: on Nitro's development chains the one whose key everybody knows, elsewhere the one
//! whose key stands in the file that [`KEY_FILE_VARIABLE`] (`PATIENTPORT_TEST_KEY_FILE`) names. Each person gets
//! [`ETHER_VARIABLE`] (`PATIENTPORT_TEST_ETHER`, 0.02 by default) and gives back at the end what is left. A test that
//! needs what no other node does (time travel, balances by decree) gets it from [`Node::devnode`], and stands in a
//! module `on_devnode`.
//!
//! It holds no knowledge of the program but its documented interface: arguments, exit codes, the
//! JSON envelope of `--json`. For the chain alone see `stylus-devnode`; for calls without a terminal
//! see `patientport-client`.

mod accounts;
mod context;
mod devnode;
mod faults;
mod foreign;
mod node;
mod proxy;
mod run;
mod schema;
mod terminal;
#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod tracer;

pub use accounts::{Account, ETHER_VARIABLE, KEY_FILE_VARIABLE};
pub use context::{Party, TestContext, utf8, words};
pub use devnode::Devnode;
pub use faults::{Fault, FaultyProxy};
pub use foreign::post;
pub use node::{Node, RPC_URL_VARIABLE};
pub use proxy::{Proxy, Trouble};
pub use run::{Run, SCRIPTED, behind_a_shell, files_below, on_a_full_disk, program};
pub use terminal::{Session, on_terminal, on_terminal_until, screen};
#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub use tracer::{Traced, traced};
