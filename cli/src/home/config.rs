//! `config.json`: settings that flags and environment variables override, and named sets of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use alloy::primitives::Address;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::files::{self, Existing, FileError};
use super::{Home, HomeError, MAX_JSON_BYTES};
use crate::networks::Networks;
use crate::text::shown;

/// Settings; every one may be absent.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Values {
    /// Name of the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
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
    /// Port: an address or a name of the home.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
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

/// Names of [`Values`].
const VALUES: [&str; 10] = [
    "network",
    "rpc_url",
    "verify_rpc_url",
    "allow_http",
    "registry",
    "port",
    "store",
    "allow_private_endpoints",
    "account",
    "identity",
];
/// What stands beside them in the file.
const SETS: [&str; 3] = ["networks", "profile", "profiles"];
/// Names of a network.
const NETWORK: [&str; 4] = ["rpc_url", "chain_id", "verify_rpc_url", "registry"];

/// The settings file.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Config {
    /// Settings of every run.
    #[serde(flatten)]
    pub values: Values,
    /// Networks of this home's own.
    #[serde(skip_serializing_if = "Networks::is_empty")]
    pub networks: Networks,
    /// The profile that is used where none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Named settings, which come before those of every run.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub profiles: BTreeMap<String, Values>,
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
    /// [`HomeError::File`]; [`HomeError::UnknownSetting`].
    pub fn config(&self) -> Result<Config, HomeError> {
        let path = self.path("config.json");
        let Some(file) = files::read_json::<Value>(&path, MAX_JSON_BYTES)? else {
            return Ok(Config::default());
        };
        if let Value::Object(members) = &file {
            check_names(&path, "", members, &[&VALUES[..], &SETS].concat())?;
            for (set, names) in [("profiles", &VALUES[..]), ("networks", &NETWORK)] {
                let sets = members.get(set).and_then(Value::as_object);
                for (name, value) in sets.into_iter().flatten() {
                    if let Value::Object(members) = value {
                        check_names(&path, &format!("{set}.{name}."), members, names)?;
                    }
                }
            }
        }
        typed(&path, file)
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

/// A file's JSON as a type.
///
/// # Errors
/// [`HomeError::File`].
pub(crate) fn typed<T: DeserializeOwned>(path: &Path, file: Value) -> Result<T, HomeError> {
    serde_json::from_value(file).map_err(|source| {
        FileError::Malformed {
            path: path.to_owned(),
            source,
        }
        .into()
    })
}

/// Refuses a member that no setting has, so that a typing error is seen.
///
/// # Errors
/// [`HomeError::UnknownSetting`].
pub(crate) fn check_names(
    path: &Path,
    within: &str,
    members: &Map<String, Value>,
    names: &[&'static str],
) -> Result<(), HomeError> {
    let Some(unknown) = members.keys().find(|name| !names.contains(&name.as_str())) else {
        return Ok(());
    };
    Err(HomeError::UnknownSetting {
        path: path.to_owned(),
        name: shown(&format!("{within}{unknown}")),
        meant: nearest(unknown, names),
        known: names.join(", "),
    })
}

/// The name that was most likely meant.
pub(crate) fn nearest(typed: &str, names: &[&'static str]) -> Option<&'static str> {
    let typed = typed.to_ascii_lowercase().replace('-', "_");
    names
        .iter()
        .map(|name| (distance(&typed, name), *name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min()
        .map(|(_, name)| name)
}

/// How many insertions, deletions, replacements and swaps of neighbours make one text the other (optimal string
/// alignment).
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<_>, Vec<_>) = (one.chars().collect(), other.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut least = (rows[i][j + 1] + 1)
                .min(row[j] + 1)
                .min(rows[i][j] + usize::from(a != b));
            let swapped = i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b;
            if swapped {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows.last()
        .and_then(|row| row.last())
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn every_setting_has_its_name_in_the_list() {
        let values = Values {
            network: Some(String::new()),
            rpc_url: Some(String::new()),
            verify_rpc_url: Some(String::new()),
            allow_http: Some(true),
            registry: Some(Address::ZERO),
            port: Some(String::new()),
            store: Some(OneOrMore::One(String::new())),
            allow_private_endpoints: Some(true),
            account: Some(String::new()),
            identity: Some(String::new()),
        };
        let mut names: Vec<String> = serde_json::to_value(&values)
            .unwrap()
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        let mut listed = VALUES.map(str::to_owned).to_vec();
        names.sort();
        listed.sort();
        assert_eq!(names, listed);
    }

    #[test]
    fn what_was_meant_is_suggested_and_nothing_far_away() {
        let meant = |typed| nearest(typed, &VALUES);
        assert_eq!(meant("rcp_url"), Some("rpc_url"));
        assert_eq!(meant("RPC-URL"), Some("rpc_url"));
        assert_eq!(meant("acount"), Some("account"));
        assert_eq!(meant("stores"), Some("store"));
        assert_eq!(meant("colour"), None);
    }

    #[test]
    fn a_mistyped_member_is_refused_wherever_it_stands() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().to_owned());
        for (text, name, meant) in [
            (r#"{ "acount": "a" }"#, "acount", "account"),
            (
                r#"{ "profiles": { "work": { "regstry": "0x" } } }"#,
                "profiles.work.regstry",
                "registry",
            ),
            (
                r#"{ "networks": { "x": { "rpc": "", "chainid": 1 } } }"#,
                "networks.x.chainid",
                "chain_id",
            ),
        ] {
            std::fs::write(root.path().join("config.json"), text).unwrap();
            let error = home.config().unwrap_err();
            let HomeError::UnknownSetting {
                name: it,
                meant: found,
                ..
            } = &error
            else {
                panic!("{error}");
            };
            // The first in the alphabet is told where there are two.
            assert_eq!((it.as_str(), *found), (name, Some(meant)));
        }
    }
}
