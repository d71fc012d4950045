//! `config.json`: settings that flags and environment variables override.

use alloy::primitives::Address;
use serde::{Deserialize, Serialize};

use super::{Home, HomeError, MAX_JSON_BYTES, files};

/// The settings; every one may be absent. Unknown members are refused, so that a typing error is seen.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// JSON-RPC endpoint.
    pub rpc_url: Option<String>,
    /// Another node, whose word on contracts has to be the same.
    pub verify_rpc_url: Option<String>,
    /// Whether a node or a store on another machine may be reached without TLS.
    pub allow_http: Option<bool>,
    /// Registry, on whichever chain the endpoint serves.
    pub registry: Option<Address>,
    /// Stores of encrypted records: one, or a list.
    pub store: Option<OneOrMore>,
    /// Whether endpoints of record authors are asked on this machine and in private networks too.
    pub allow_private_endpoints: Option<bool>,
    /// Wallet that signs.
    pub account: Option<String>,
    /// Encryption identity.
    pub identity: Option<String>,
}

/// One text, or a list of them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// One.
    One(String),
    /// A list.
    More(Vec<String>),
}

impl OneOrMore {
    /// As a list.
    pub fn into_list(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::More(list) => list,
        }
    }
}

impl Home {
    /// The settings file, or none of its settings if it is not there.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn config(&self) -> Result<Config, HomeError> {
        Ok(files::read_json(&self.path("config.json"), MAX_JSON_BYTES)?.unwrap_or_default())
    }
}
