//! What only a situation knows: its own hint, its own values.

use alloy::primitives::{Address, B256};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Error;

/// In what a deployment recorded here is not the one that would be made now.
#[derive(Clone, Copy, Debug, thiserror::Error, Eq, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Difference {
    /// Another version of the registry.
    #[error("its registry has the code `{recorded}`, the one to deploy has `{now}`")]
    RegistryCode {
        /// keccak256 of the code recorded.
        recorded: B256,
        /// keccak256 of the code that would be deployed.
        now: B256,
    },
    /// Another account deployed it.
    #[error("`{recorded}` deployed it, and the wallet is `{now}`")]
    Deployer {
        /// Who deployed it.
        recorded: Address,
        /// Who would deploy now.
        now: Address,
    },
    /// The same code and account, and yet another address: the record was made by other means.
    #[error("nothing tells how it was deployed")]
    Unexplained,
}

/// An error with a hint and details of its own.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Hinted {
    /// What happened.
    pub error: Error,
    /// What to do.
    pub hint: String,
    /// Values for programs.
    pub details: Map<String, Value>,
}

impl Error {
    /// Adds a hint that only the caller can know, and values for programs.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>, details: Value) -> Self {
        // No failure, so there is nothing to be done about it.
        if matches!(self, Self::Ended(_)) {
            return self;
        }
        let details = match details {
            Value::Object(details) => details,
            _ => Map::new(),
        };
        Self::Hinted(Box::new(Hinted {
            error: self,
            hint: hint.into(),
            details,
        }))
    }

    /// Whether somebody else can send now what was composed, though this run has not: what it would make public has
    /// to be kept.
    pub fn is_handed_on(&self) -> bool {
        matches!(self, Self::Ended(ended) if ended.handed_on)
    }
}
