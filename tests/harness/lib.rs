//! Harness of the integration tests: a Stylus chain of its own per test, homes in a temporary
//! directory, and the real `patientport` program run as a user runs it.
//!
//! It holds no knowledge of the program but its documented interface: arguments, exit codes, the
//! JSON envelope of `--json`. For the chain alone see `stylus-devnode`; for calls without a terminal
//! see `patientport-client`.

mod context;
mod faults;
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

pub use context::{Party, TestContext, utf8, words};
pub use faults::{Fault, FaultyProxy};
pub use node::Node;
pub use proxy::{Proxy, Trouble};
pub use run::{Run, files_below, program};
pub use terminal::{Session, on_terminal, on_terminal_until, screen};
#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub use tracer::{Traced, traced};
