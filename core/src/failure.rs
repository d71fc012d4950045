//! The failure classes of `docs/record-format.md` §6.

use std::fmt;

/// Why a message or a record was refused, as coarse as a prober may learn it.
///
/// The words of [`Display`](fmt::Display) are those of the format's table, so that test vectors of
/// different implementations can name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureClass {
    /// Not an envelope or message of this format.
    Malformed,
    /// The version or suite is unknown to this implementation.
    UnsupportedVersion,
    /// The head names another chain, port, author, section or epoch than the chain's entry.
    WrongPlace,
    /// No section secret is held for the record's section and epoch.
    NoMatchingKey,
    /// Something that a key has to verify did not verify.
    AuthenticationFailed,
    /// The head is not the one committed to, or the body not the one the head names.
    CommitmentMismatch,
}

impl FailureClass {
    /// The class's name in `docs/record-format.md`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnsupportedVersion => "unsupported version",
            Self::WrongPlace => "wrong place",
            Self::NoMatchingKey => "no matching key",
            Self::AuthenticationFailed => "authentication failed",
            Self::CommitmentMismatch => "commitment mismatch",
        }
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
