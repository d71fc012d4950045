//! What of a failure is told: exit code, hints, causes, values for programs.

use serde_json::{Value, json};

use super::Error;
use crate::codes::{self, Exit};
use crate::home::HomeError;

impl Error {
    /// The process's exit code.
    pub fn exit(&self) -> Exit {
        codes::find(self.code()).map_or(Exit::Environment, |code| code.exit)
    }

    /// What to do about it: the situation's own hint first, then those of the code.
    pub fn hints(&self) -> Vec<String> {
        let mut hints = Vec::new();
        if let Self::Hinted(hinted) = self {
            hints.push(hinted.hint.clone());
        }
        let known = codes::find(self.code()).map_or(&[][..], |code| code.hints);
        hints.extend(known.iter().map(|hint| (*hint).to_owned()));
        hints
    }

    /// The messages from the outermost to the innermost, without repetitions.
    pub fn chain(&self) -> Vec<String> {
        let mut messages = vec![self.to_string()];
        let mut source = match self {
            // `Hinted` is transparent to its error as well.
            Self::Hinted(hinted) => std::error::Error::source(&hinted.error),
            _ => std::error::Error::source(self),
        };
        while let Some(cause) = source {
            let message = cause.to_string();
            if messages.last() != Some(&message) {
                messages.push(message);
            }
            source = cause.source();
        }
        messages
    }

    /// Values for programs: the causes, and what the variant carries beyond its message.
    pub fn details(&self) -> Value {
        use patientport_client::Error as Client;
        let mut details = match self {
            Self::Hinted(hinted) => {
                let mut details = hinted.details.clone();
                if let Value::Object(inner) = hinted.error.details() {
                    details.extend(inner);
                }
                return Value::Object(details);
            }
            Self::Client(
                Client::ReceiptTimeout { hash, .. } | Client::TransactionFailed { hash, .. },
            ) => json!({ "tx": hash }),
            Self::Client(Client::Refused(revert)) => {
                json!({ "contract": revert.contract, "function": revert.function })
            }
            Self::Client(Client::NotAPort {
                address, registry, ..
            }) => {
                json!({ "address": address, "registry": registry })
            }
            Self::Client(Client::WrongChain { expected, actual }) => {
                json!({ "expected": expected, "actual": actual })
            }
            Self::Home(HomeError::KeyChanged {
                account,
                chain_id,
                pinned,
                found,
            }) => {
                json!({ "account": account, "chain_id": chain_id, "pinned": pinned, "found": found })
            }
            Self::Unwell { checks, .. } => json!({ "checks": checks }),
            Self::UnknownCode {
                port,
                implementation,
                code_hash,
            } => {
                json!({ "port": port, "implementation": implementation, "code_hash": code_hash })
            }
            Self::DeployedAlready {
                chain_id,
                registry,
                difference,
            } => {
                json!({ "chain_id": chain_id, "registry": registry, "difference": difference })
            }
            Self::NotTheOwner {
                port,
                owner,
                account,
                ..
            } => {
                json!({ "port": port, "owner": owner, "account": account })
            }
            _ => json!({}),
        };
        if let [_, causes @ ..] = self.chain().as_slice()
            && !causes.is_empty()
        {
            details["causes"] = json!(causes);
        }
        details
    }
}
