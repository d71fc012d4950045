//! Networks by name: where a node is, and which chain it has to serve.

use std::collections::BTreeMap;

use alloy::primitives::Address;
use serde::{Deserialize, Serialize};
use stylus_devnode::evm::DEV_CHAIN_ID;

use crate::error::Error;
use crate::text::shown;

/// A network.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// JSON-RPC endpoint.
    pub rpc_url: String,
    /// The chain that it has to serve; any, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain_id: Option<u64>,
    /// Another node, whose word on contracts has to be the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_rpc_url: Option<String>,
    /// The registry that is used there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<Address>,
}

/// Networks of the home's settings, by name.
pub type Networks = BTreeMap<String, Network>;

/// What this program knows by itself. The public endpoints are those that Arbitrum's documentation names; they are
/// limited in rate, and whoever runs them sees who asks what.
const BUILT_IN: [(&str, &str, u64); 4] = [
    ("embedded", "http://127.0.0.1:8547", DEV_CHAIN_ID),
    ("nitro-dev", "http://127.0.0.1:8547", DEV_CHAIN_ID),
    (
        "arbitrum-sepolia",
        "https://sepolia-rollup.arbitrum.io/rpc",
        421_614,
    ),
    ("arbitrum-one", "https://arb1.arbitrum.io/rpc", 42_161),
];

/// The network of a name: the home's own, else a built-in one.
///
/// # Errors
/// [`Error::UnknownNetwork`].
pub fn find(name: &str, own: &Networks) -> Result<Network, Error> {
    if let Some(network) = own.get(name) {
        return Ok(network.clone());
    }
    let built_in = BUILT_IN.iter().find(|(known, ..)| *known == name);
    built_in
        .map(|(_, url, chain_id)| Network {
            rpc_url: (*url).to_owned(),
            chain_id: Some(*chain_id),
            verify_rpc_url: None,
            registry: None,
        })
        .ok_or_else(|| Error::UnknownNetwork {
            name: shown(name),
            known: names(own).join(", "),
        })
}

/// The names that are known, the home's own first.
fn names(own: &Networks) -> Vec<String> {
    let built_in = BUILT_IN.iter().map(|(name, ..)| *name);
    let built_in = built_in.filter(|name| !own.contains_key(*name));
    own.keys()
        .map(|name| shown(name))
        .chain(built_in.map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn the_homes_own_networks_come_before_those_built_in() {
        let mut own = Networks::new();
        assert_eq!(find("arbitrum-one", &own).unwrap().chain_id, Some(42_161));
        let mine = Network {
            rpc_url: "http://node:1".into(),
            chain_id: Some(7),
            verify_rpc_url: None,
            registry: None,
        };
        own.insert("arbitrum-one".into(), mine.clone());
        own.insert("clinic".into(), mine.clone());
        assert_eq!(find("arbitrum-one", &own).unwrap(), mine);
        assert_eq!(find("clinic", &own).unwrap(), mine);
        let error = find("clinik", &own).unwrap_err();
        assert_eq!(error.code(), "network.unknown");
        assert_eq!(
            names(&own),
            [
                "arbitrum-one",
                "clinic",
                "embedded",
                "nitro-dev",
                "arbitrum-sepolia"
            ]
        );
    }
}
