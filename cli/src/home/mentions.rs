//! `mentions/CHAIN_ID-REGISTRY-ACCOUNT-KIND.json`: the ports whose events name an account, as far as they were looked
//! at. Everything in it stands on the chain; without it, it is looked for again.

use std::path::PathBuf;

use alloy::primitives::Address;
use patientport_client::mentions::{Mention, Mentions};

use super::files::{self, Existing};
use super::{Home, HomeError, MAX_JSON_BYTES};

/// Who is looked for, and where.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
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
    fn mentions_path(&self, wanted: &Wanted) -> PathBuf {
        let kind = match wanted.kind {
            Mention::Granted => "granted",
            Mention::Asked => "asked",
        };
        self.path("mentions").join(format!(
            "{}-{}-{}-{kind}.json",
            wanted.chain_id, wanted.registry, wanted.account
        ))
    }

    /// What was found before; nothing where what was kept cannot be read.
    pub fn mentions(&self, wanted: &Wanted) -> Mentions {
        let path = self.mentions_path(wanted);
        let read = files::read_json(&path, MAX_JSON_BYTES);
        read.ok().flatten().unwrap_or_default()
    }

    /// Keeps what was found.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn keep_mentions(&self, wanted: &Wanted, mentions: &Mentions) -> Result<(), HomeError> {
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
    fn what_was_found_is_kept_by_account_and_kind_and_damage_is_no_obstacle() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().join("home"));
        let wanted = |kind| Wanted {
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
        std::fs::write(home.mentions_path(&wanted(Mention::Granted)), "{").unwrap();
        assert_eq!(
            home.mentions(&wanted(Mention::Granted)),
            Mentions::default()
        );
    }
}
