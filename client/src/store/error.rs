//! Why a store failed.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::BlobId;
use crate::error::Class;

/// Why a store failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store does not have the blob.
    #[error("{store} has no blob `{blob}`")]
    Missing {
        /// The store.
        store: String,
        /// The blob.
        blob: BlobId,
    },
    /// A place that could have had the blob does not exist.
    #[error("{what}")]
    Absent {
        /// The sentence that says so.
        what: String,
    },
    /// The stored bytes are not those that the name stands for.
    #[error("blob `{blob}` in {store} is damaged: its bytes do not have its hash")]
    Corrupt {
        /// The store.
        store: String,
        /// The blob.
        blob: BlobId,
    },
    /// The blob is longer than what it should be.
    #[error("blob `{blob}` in {store} is longer than `{max}` bytes")]
    TooLong {
        /// The store.
        store: String,
        /// The blob.
        blob: BlobId,
        /// The most that is accepted.
        max: u64,
    },
    /// None of several stores has the blob.
    #[error("{}", listed(failures))]
    Nowhere {
        /// The blob.
        blob: BlobId,
        /// What each store said, in the order in which they were asked.
        failures: Vec<Self>,
    },
    /// There is something else at the store's place.
    #[error("`{}` is not a directory", path.display())]
    NotADirectory {
        /// The place.
        path: PathBuf,
    },
    /// A store's name means nothing.
    #[error("`{location}` names no store: {reason}")]
    InvalidLocation {
        /// What was given, without anything secret.
        location: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A store on another machine would be reached without TLS.
    #[error(
        "`{location}` is on another machine and not https://: everybody on the way could see who reads what, and change it"
    )]
    InsecureUrl {
        /// The store.
        location: String,
    },
    /// The environment holds no credentials for the store.
    #[error("there are no credentials for {store}")]
    NoCredentials {
        /// The store.
        store: String,
    },
    /// The store cannot be written to.
    #[error("{store} can only be read")]
    ReadOnly {
        /// The store.
        store: String,
    },
    /// The rules for endpoints that others name forbid asking.
    #[error("{store} is not asked: {reason}")]
    Forbidden {
        /// The store.
        store: String,
        /// Which rule.
        reason: String,
    },
    /// The server said no.
    #[error("{store} refuses to {action} blob `{blob}`: HTTP status `{status}`")]
    Refused {
        /// The store.
        store: String,
        /// What was tried, as a verb.
        action: &'static str,
        /// The blob.
        blob: BlobId,
        /// Its answer.
        status: u16,
    },
    /// Nothing moved for too long.
    #[error("{store} let {} pass without giving or taking more than next to nothing", seconds(*after))]
    Stalled {
        /// The store.
        store: String,
        /// How long was waited.
        after: Duration,
    },
    /// The store failed too often to be asked again.
    #[error("{store} failed `{failures}` times in a row and is not asked again in this run")]
    GivenUp {
        /// The store.
        store: String,
        /// How often.
        failures: u32,
    },
    /// The store cannot be reached, or the connection broke.
    #[error("cannot {action} blob `{blob}` in {store}")]
    Unreachable {
        /// The store.
        store: String,
        /// What was tried, as a verb.
        action: &'static str,
        /// The blob.
        blob: BlobId,
        /// Whether it may help to try again at once.
        again: bool,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Reading or writing failed.
    #[error("cannot {action} {}{store}", named(blob.as_ref()))]
    Io {
        /// The store.
        store: String,
        /// What was tried, as a verb.
        action: &'static str,
        /// The blob, where its name is known.
        blob: Option<BlobId>,
        /// Why.
        #[source]
        source: io::Error,
    },
}

fn named(blob: Option<&BlobId>) -> String {
    blob.map(|blob| format!("blob `{blob}` in "))
        .unwrap_or_default()
}

fn seconds(duration: Duration) -> String {
    format!("`{}` s", duration.as_secs_f32())
}

/// What each store said, with why, in one line.
fn listed(failures: &[StoreError]) -> String {
    if failures.is_empty() {
        return "there is no store to ask".into();
    }
    let told: Vec<_> = failures.iter().map(StoreError::whole).collect();
    told.join("; ")
}

impl StoreError {
    pub(crate) fn io(store: String, action: &'static str, blob: BlobId, source: io::Error) -> Self {
        Self::Io {
            store,
            action,
            blob: Some(blob),
            source,
        }
    }

    /// What several stores said. A store alone speaks for itself, and places that do not exist need no word where
    /// others do.
    pub(crate) fn nowhere(blob: BlobId, mut failures: Vec<Self>) -> Self {
        let is_absent = |error: &Self| matches!(error, Self::Absent { .. });
        if !failures.iter().all(is_absent) {
            failures.retain(|error| !is_absent(error));
        }
        // What is damaged is told with its store, which the error that it becomes would leave out.
        let is_damage = |error: &Self| matches!(error, Self::Corrupt { .. } | Self::TooLong { .. });
        if let [only] = failures.as_slice()
            && !is_damage(only)
        {
            return failures.remove(0);
        }
        Self::Nowhere { blob, failures }
    }

    /// The message with those of its causes.
    pub fn whole(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        text
    }

    /// Whether the store works and does not have the blob intact.
    pub fn is_about_the_blob(&self) -> bool {
        match self {
            Self::Missing { .. }
            | Self::Absent { .. }
            | Self::Corrupt { .. }
            | Self::TooLong { .. } => true,
            Self::Nowhere { failures, .. } => failures.iter().all(Self::is_about_the_blob),
            _ => false,
        }
    }

    /// The store that failed, where it was one.
    pub fn store(&self) -> Option<&str> {
        match self {
            Self::Missing { store, .. }
            | Self::Corrupt { store, .. }
            | Self::TooLong { store, .. }
            | Self::NoCredentials { store }
            | Self::ReadOnly { store }
            | Self::Forbidden { store, .. }
            | Self::Refused { store, .. }
            | Self::Stalled { store, .. }
            | Self::GivenUp { store, .. }
            | Self::Unreachable { store, .. }
            | Self::Io { store, .. } => Some(store),
            Self::Absent { .. }
            | Self::Nowhere { .. }
            | Self::NotADirectory { .. }
            | Self::InvalidLocation { .. }
            | Self::InsecureUrl { .. } => None,
        }
    }

    /// Whether the same may succeed a moment later.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { again, .. } => *again,
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 500..),
            _ => false,
        }
    }

    /// Which of several failures tells most: damage, then trouble, then absence.
    fn telling(failures: &[Self]) -> Option<&Self> {
        let rank = |error: &&Self| match error {
            Self::Corrupt { .. } | Self::TooLong { .. } => 0,
            Self::Missing { .. } | Self::Absent { .. } => 2,
            _ => 1,
        };
        failures.iter().min_by_key(rank)
    }

    /// Which world the error belongs to.
    pub fn class(&self) -> Class {
        match self {
            Self::Missing { .. }
            | Self::Absent { .. }
            | Self::Corrupt { .. }
            | Self::TooLong { .. }
            | Self::Forbidden { .. } => Class::Refused,
            Self::Nowhere { failures, .. } => {
                Self::telling(failures).map_or(Class::Refused, Self::class)
            }
            Self::NotADirectory { .. }
            | Self::InvalidLocation { .. }
            | Self::InsecureUrl { .. }
            | Self::NoCredentials { .. }
            | Self::ReadOnly { .. } => Class::Usage,
            Self::Refused { .. }
            | Self::Stalled { .. }
            | Self::GivenUp { .. }
            | Self::Unreachable { .. }
            | Self::Io { .. } => Class::Environment,
        }
    }

    /// The stable code, as listed in `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } | Self::Absent { .. } => "store.missing_blob",
            Self::Corrupt { .. } | Self::TooLong { .. } => "store.corrupt_blob",
            Self::Nowhere { failures, .. } => {
                Self::telling(failures).map_or("store.missing_blob", Self::code)
            }
            Self::NotADirectory { .. } => "store.not_a_directory",
            Self::InvalidLocation { .. } => "store.invalid_location",
            Self::InsecureUrl { .. } => "store.insecure_url",
            Self::NoCredentials { .. } => "store.no_credentials",
            Self::ReadOnly { .. } => "store.read_only",
            Self::Forbidden { .. } => "store.forbidden",
            Self::Refused { .. } => "store.refused",
            Self::Stalled { .. } => "store.stalled",
            Self::GivenUp { .. } | Self::Unreachable { .. } => "store.unreachable",
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => "store.full",
            Self::Io { .. } => "store.io",
        }
    }
}
