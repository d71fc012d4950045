//! Fuzzing of both contracts' calldata decoders: the part that knows what a finding is.
//!
//! The contracts read calldata by a small reader of their own (`contracts/kit`), not by the types that
//! everybody else uses. Each function here takes arbitrary bytes, makes calls of them, and panics if
//! - a contract panics, overflows, or does what no contract of ours does (`chain`);
//! - a contract takes calldata that alloy's decoder refuses;
//! - calldata that alloy decodes is answered otherwise than its canonical encoding is, on the same state:
//!   another result, other logs, other storage;
//! - a well-formed call is refused as if it were none (without data);
//! - a result, an error or a log is not what the interface's types encode;
//! - a view changes anything, a call takes ether, or the port's history head is not the fold of its logs.
//!
//! The fuzzer itself is `fuzz/` at the root of the tree (`scripts/fuzz`); its corpus is replayed by the
//! tests of this crate. Host only.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::wildcard_imports,
    reason = "stops at the first surprise, which is its purpose; its modules share their words"
)]

mod args;
mod chain;
mod dictionary;
#[cfg(test)]
mod disturb;
mod port;
mod registry;
mod script;
mod seeds;
mod subject;

pub use args::args;
pub use dictionary::dictionary;
pub use seeds::{Seed, seeds};
pub use subject::Outcome;

/// A fuzz target: its name, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// The fuzz targets.
pub const TARGETS: [Target; 3] = [
    ("args", |data| {
        args(data);
    }),
    ("port", |data| {
        port(data);
    }),
    ("registry", |data| {
        registry(data);
    }),
];

/// Prepares what the targets start from. Else the first input does, and seems to reach all that code.
pub fn prepare() {
    use subject::Subject as _;

    port::Port::worlds();
    registry::Registry::worlds();
}

/// Runs a script on the port. Panics on a finding.
pub fn port(data: &[u8]) -> Vec<Outcome> {
    subject::run::<port::Port>(data)
}

/// Runs a script on the registry. Panics on a finding.
pub fn registry(data: &[u8]) -> Vec<Outcome> {
    subject::run::<registry::Registry>(data)
}
