//! `config.json`: settings that flags and environment variables override.

use std::path::PathBuf;

use alloy::primitives::Address;
use serde::{Deserialize, Serialize};

use super::files::{self, Existing};
use super::{Home, HomeError, MAX_JSON_BYTES};
use crate::networks::Networks;

/// The settings; every one may be absent. Unknown members are refused, so that a typing error is seen.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Name of the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Networks of this home's own.
    #[serde(skip_serializing_if = "Networks::is_empty")]
    pub networks: Networks,
    /// JSON-RPC endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpc_url: Option<String>,
    /// Another node, whose word on contracts has to be the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_rpc_url: Option<String>,
    /// Whether a node or a store on another machine may be reached without TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_http: Option<bool>,
    /// Registry, on whichever chain the endpoint serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<Address>,
    /// Stores of encrypted records: one, or a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<OneOrMore>,
    /// Whether endpoints of record authors are asked on this machine and in private networks too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_private_endpoints: Option<bool>,
    /// Wallet that signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Encryption identity.
    #[serde(skip_serializing_if = "Option::is_none")]
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

    /// Writes the settings file; where it is.
    ///
    /// # Errors
    /// [`files::FileError`].
    pub fn set_config(
        &self,
        config: &Config,
        existing: Existing,
    ) -> Result<PathBuf, files::FileError> {
        let path = self.path("config.json");
        files::write_json(&path, config, existing)?;
        Ok(path)
    }
}
