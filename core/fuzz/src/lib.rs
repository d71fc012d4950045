//! Fuzzing of every reader of `docs/record-format.md`, and of the keystore container: the part that knows what a
//! finding is.
//!
//! Nearly all that a reader of sealed things does comes after a key has verified something, where no mutated byte
//! gets. So each target takes its input as *what a sender chose* as well: it seals that under keys of its own, by a
//! writer of its own (`forge`), and hands it to the reader. Each panics if
//! - the reader panics, or takes memory or time that its input does not explain (the fuzzer's own limits);
//! - it refuses with a class that the format does not give for this flaw, or for none;
//! - it accepts what the format forbids, by a check of the rule that shares nothing with the reader;
//! - what it accepted does not encode to the same bytes again, or decodes to something else then;
//! - it releases a byte that is not the payload's, or all of a payload that it refuses.
//!
//! The fuzzer itself is `fuzz/` at the root of the tree (`scripts/fuzz`); its corpus is replayed by the tests of this
//! crate. The contracts have their own, `contracts/fuzz`.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::missing_panics_doc,
    reason = "stops at the first surprise, which is its purpose"
)]

mod forge;
mod head;
mod input;
mod json;
mod keystore;
mod messages;
mod metadata;
mod record;
mod seeds;

pub use head::head;
pub use keystore::keystore;
pub use messages::messages;
pub use metadata::metadata;
pub use record::record;
pub use seeds::{Seed, dictionary, seeds};

/// A fuzz target: its name, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// The fuzz targets.
pub const TARGETS: [Target; 5] = [
    ("record", record),
    ("head", head),
    ("metadata", metadata),
    ("messages", messages),
    ("keystore", keystore),
];
