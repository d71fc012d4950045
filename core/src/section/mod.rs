//! Sections, their secrets, and the links between epochs: `docs/record-format.md` §2.

mod link;
mod secrets;
mod set;

pub use link::{LINK_BYTES, Link, encode_links, make_link, open_link, parse_links};
pub use secrets::{MAX_NAME_BYTES, SecretEntry, open_secrets, peek_secrets, seal_secrets};
pub use set::{SectionId, SectionSet};

/// The secret half of a section key, a random key of one (port, section, epoch).
pub type SectionSecret = crate::keys::SecretKey;

/// A section, or a statement about sections, that the format cannot carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SectionError {
    /// The number is not below [`SECTIONS`](crate::limits::SECTIONS).
    #[error("section `{number}` is not below 64")]
    OutOfRange {
        /// The number given.
        number: u64,
    },
    /// The text is not a decimal number.
    #[error("`{text}` is not a section number")]
    NotANumber {
        /// The text given, cut to 32 characters.
        text: String,
    },
    /// A list of secrets without entries.
    #[error("no section secret to seal")]
    NoSecrets,
    /// Sections of a list are not strictly ascending.
    #[error("section `{section}` stands after a section that is not below it")]
    NotAscending {
        /// The first section out of order.
        section: SectionId,
    },
    /// Epoch 0 means that a section is not open, so there is no secret for it.
    #[error("section `{section}` has no secret at epoch 0")]
    EpochZero {
        /// The section.
        section: SectionId,
    },
    /// A link goes from a later epoch to an earlier one.
    #[error(
        "a link cannot go from epoch `{new_epoch}` of section `{section}` to epoch `{opened_epoch}`"
    )]
    LinkOrder {
        /// The section.
        section: SectionId,
        /// The epoch whose secret opens the link.
        new_epoch: u32,
        /// The epoch whose secret is inside.
        opened_epoch: u32,
    },
    /// A section's name is longer than [`MAX_NAME_BYTES`] or holds a control character.
    #[error("name of section `{section}` has `{length}` bytes (at most 64) or a control character")]
    Name {
        /// The section.
        section: SectionId,
        /// Bytes of the name.
        length: usize,
    },
}
