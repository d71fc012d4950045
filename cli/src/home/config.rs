//! `config.json`: settings that flags and environment variables override.

use std::path::PathBuf;

use alloy::primitives::Address;
use serde::{Deserialize, Serialize};

use super::{Home, HomeError, MAX_JSON_BYTES, files};

/// The settings; every one may be absent. Unknown members are refused, so that a typing error is seen.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// JSON-RPC endpoint.
    pub rpc_url: Option<String>,
    /// Whether a node on another machine may be reached without TLS.
    pub allow_http: Option<bool>,
    /// Registry, on whichever chain the endpoint serves.
    pub registry: Option<Address>,
    /// Record store.
    pub store: Option<PathBuf>,
    /// Wallet that signs.
    pub account: Option<String>,
    /// Encryption identity.
    pub identity: Option<String>,
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
