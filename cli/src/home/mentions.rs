//! `mentions/CHAIN_ID-REGISTRY-ACCOUNT-KIND-NODE.json`: the ports whose events name an account, as far as they were
//! looked at. Everything in it stands on the chain; without it, it is looked for again.

use std::path::PathBuf;

use alloy::primitives::Address;
use patientport_client::mentions::{Mention, Mentions};

use super::files::{self, Existing};
use super::{Home, HomeError, MAX_JSON_BYTES};

/// Who is looked for, and where.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The node's URL. What one has left out is not taken for what another would say.
    pub node: &'a str,
    /// The chain.
    pub chain_id: u64,
    /// The registry.
    pub registry: Address,
    /// The account.
    pub account: Address,
    /// How it is mentioned.
    pub kind: Mention,
}

impl Home {
    fn mentions_path(&self, wanted: &Wanted<'_>) -> PathBuf {
        let kind = match wanted.kind {
            Mention::Granted => "granted",
            Mention::Asked => "asked",
        };
        let node = blake3::hash(wanted.node.as_bytes()).to_hex();
        self.path("mentions").join(format!(
            "{}-{}-{}-{kind}-{}.json",
            wanted.chain_id,
            wanted.registry,
            wanted.account,
            &node[..16]
        ))
    }

    /// What was found before; nothing where what was kept cannot be read.
    pub fn mentions(&self, wanted: &Wanted<'_>) -> Mentions {
        let path = self.mentions_path(wanted);
        let read = files::read_json(&path, MAX_JSON_BYTES);
        read.ok().flatten().unwrap_or_default()
    }

    /// Keeps what was found.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn keep_mentions(&self, wanted: &Wanted<'_>, mentions: &Mentions) -> Result<(), HomeError> {
        files::private_dir(self.root())?;
        let path = self.mentions_path(wanted);
        Ok(files::write_json(&path, mentions, Existing::Replace)?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn what_was_found_is_kept_by_account_kind_and_node_and_damage_is_no_obstacle() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().join("home"));
        let wanted = |kind| Wanted {
            node: "http://one",
            chain_id: 1,
            registry: Address::repeat_byte(1),
            account: Address::repeat_byte(2),
            kind,
        };
        let found: Mentions = serde_json::from_str(
            r#"{ "through": null, "ports": { "0x0303030303030303030303030303030303030303": [0, 4] } }"#,
        )
        .unwrap();
        home.keep_mentions(&wanted(Mention::Granted), &found)
            .unwrap();
        assert_eq!(home.mentions(&wanted(Mention::Granted)), found);
        assert_eq!(home.mentions(&wanted(Mention::Asked)), Mentions::default());
        let elsewhere = Wanted {
            node: "http://two",
            ..wanted(Mention::Granted)
        };
        assert_eq!(home.mentions(&elsewhere), Mentions::default());
        std::fs::write(home.mentions_path(&wanted(Mention::Granted)), "{").unwrap();
        assert_eq!(
            home.mentions(&wanted(Mention::Granted)),
            Mentions::default()
        );
    }
}
