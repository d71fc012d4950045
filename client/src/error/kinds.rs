//! What errors are about: worlds, parts, reasons.

use alloy::primitives::Address;

/// Which world an error belongs to; decides the exit code of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The chain or cryptography said no. Trying again changes nothing.
    Refused,
    /// What was asked for makes no sense.
    Usage,
    /// Node, network or disk. Trying again may help.
    Environment,
}

/// What gave a false port away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotAPortReason {
    /// There is no code.
    NoCode,
    /// The code is no minimal clone.
    NotAClone,
    /// The code is a clone of something else.
    OtherImplementation(Address),
    /// The registry did not issue it.
    NotIssued,
    /// It names another registry.
    OtherRegistry(Address),
    /// What is said about it is not what stands in its code.
    OtherParties,
}

impl std::fmt::Display for NotAPortReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoCode => f.write_str("there is no contract at this address"),
            Self::NotAClone => f.write_str("its code is not that of a port"),
            Self::OtherImplementation(address) => {
                write!(f, "it runs `{address}`, which the registry never announced")
            }
            Self::NotIssued => f.write_str("the registry did not issue it"),
            Self::OtherRegistry(address) => write!(f, "it belongs to the registry `{address}`"),
            Self::OtherParties => {
                f.write_str("its registry, issuer or patient are not those in its code")
            }
        }
    }
}

/// The two blobs of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobPart {
    /// The head, which the chain commits to.
    Head,
    /// The body, which the head commits to.
    Body,
}

impl BlobPart {
    /// The code on chain.
    pub const fn code(self) -> u8 {
        match self {
            Self::Head => 0,
            Self::Body => 1,
        }
    }
}

impl std::fmt::Display for BlobPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Head => "head",
            Self::Body => "body",
        })
    }
}
