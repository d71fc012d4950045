//! Records: encrypted envelopes of a *head* and a *body*, `docs/record-format.md` §4.
//!
//! [`encrypt`] writes a body in one pass and returns the head; [`Head::parse`], [`Head::unlock`] and
//! [`OpenedHead::decrypt_body`] go the other way. Memory use does not depend on the record's size.
//!
//! Invariants, which tests cite:
//! - **R1** Nothing but the bytes that [`encrypt`] wrote opens: no flipped bit, truncation, reordering,
//!   splice, or trailing byte, and no other key or place.
//! - **R2** [`OpenedHead::decrypt_body`] returns `Ok` only after every byte has verified; its output is
//!   the payload then, and unverified before.
//! - **R3** Every reader is total: no input panics.
//! - **R4** Where several things are wrong, the class of the error does not depend on the implementation:
//!   a body that is not the one the head names is a commitment mismatch, whatever else is wrong with it.

mod body;
mod encrypt;
mod error;
mod head;
mod key;
mod metadata;
mod padme;
mod place;

pub use body::BodyRange;
pub use encrypt::{Envelope, encrypt};
pub use error::RecordError;
pub use head::{Head, OpenedHead, Recipient};
pub use key::{RecordCountError, RecordKey, open_record_keys, seal_record_keys};
pub use metadata::{MAX_FIELD_BYTES, Metadata, MetadataError};
pub use padme::padme;
pub use place::{Commitment, Place, PlaceMismatch, check_place};

/// Payload bytes in one chunk of a body.
pub const CHUNK_BYTES: usize = 65_536;

/// Longest head, in bytes.
pub const MAX_HEAD_BYTES: usize = 8192;

const TAG_BYTES: usize = 16;
