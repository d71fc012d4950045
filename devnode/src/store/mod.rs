//! Durable state: one file that holds the chain.
//!
//! # What is stored
//! One [redb](https://www.redb.org) file with four tables:
//!
//! | table | key → row |
//! | --- | --- |
//! | `about` | `format` → version of this layout; `identity` → chain id and `ArbOS` version; `tip` → number of blocks, newest version of the state, clock offset, next timestamp, mining mode |
//! | `blocks` | number → header fields, state version, transactions with their senders, receipts with their logs |
//! | `writes` | version of the state → the accounts and slots it wrote; version 0 is genesis |
//! | `codes` | keccak-256 → code |
//!
//! Waiting transactions and the marks of `evm_snapshot` are not stored: a restart forgets both.
//!
//! # Why it cannot tear
//! I1. Whatever a change did, to the last counter, goes into one write transaction of redb, together with
//! all changes that arrived while the one before it was being written (group commit). redb never writes
//! over a page that the last commit refers to, and a commit counts only once its root, guarded by a
//! checksum, is on the disk: after a crash the file is the one before the commit or the one after it.
//!
//! I2. Readers, and so receipts and events, see a change only after its commit
//! ([`SharedChain`](crate::chain::SharedChain)). What was seen is in the file; what is not in the file
//! nobody has seen.
//!
//! I3. If a commit fails, the chain in memory goes back to the last one that did not, whoever waits for the
//! change is refused, and the next commit first removes whatever the failed one may have left.
//!
//! I4. Each row carries a checksum that ties it to its key, and each block's hash, roots included, is
//! computed anew when it is read. A file that fails either is refused and not touched.
//!
//! Commits are durable when they return (`Durability::Immediate`, one `fsync` each): a weaker mode would
//! hand out receipts of transactions that a power cut takes back. On a virtual disk with ext4 this made a
//! lone client's transaction take 2.2 ms from sending to receipt instead of 0.9 ms, at block 100 as at
//! block 10,000; the group commit makes the price one `fsync` per group. redb's two-phase mode is not
//! used: it doubles the `fsync`s to guard against an attacker who chooses what is written *and* when the
//! machine crashes, and to skip the walk over the file after a crash, which reading the chain into memory
//! does anyway.

mod codec;
mod error;
mod file;
mod rows;
#[cfg(test)]
pub(crate) mod tests;

pub use codec::RowError;
pub use error::StoreError;
pub(crate) use file::{Batch, Store, Stored};
pub(crate) use rows::{Identity, Tip};
