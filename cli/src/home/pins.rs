//! `pins.json`: the key first seen for each account and chain. Another key later needs a person's word.

use std::collections::BTreeMap;

use alloy::primitives::Address;

use super::files::{self, Existing};
use super::{Home, HomeError, MAX_JSON_BYTES};

/// Chain → account → fingerprint.
type Pins = BTreeMap<u64, BTreeMap<Address, String>>;

/// How a key compares with what was remembered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinState {
    /// Not seen before; remembered now.
    First,
    /// The same as before.
    Same,
    /// Another one, accepted by the caller; remembered now.
    Replaced,
}

impl Home {
    /// Compares an account's key with the one remembered, and remembers it.
    ///
    /// # Errors
    /// [`HomeError::KeyChanged`] unless `accept_new`; [`HomeError::File`].
    pub fn pin(
        &self,
        chain_id: u64,
        account: Address,
        fingerprint: &str,
        accept_new: bool,
    ) -> Result<PinState, HomeError> {
        let _lock = files::lock(self.root())?;
        let path = self.path("pins.json");
        let mut pins: Pins = files::read_json(&path, MAX_JSON_BYTES)?.unwrap_or_default();
        let pinned = pins
            .entry(chain_id)
            .or_default()
            .entry(account)
            .or_default();
        let state = if pinned.is_empty() {
            PinState::First
        } else if pinned == fingerprint {
            return Ok(PinState::Same);
        } else if accept_new {
            PinState::Replaced
        } else {
            return Err(HomeError::KeyChanged {
                account: account.to_string(),
                chain_id,
                pinned: pinned.clone(),
                found: fingerprint.to_owned(),
            });
        };
        fingerprint.clone_into(pinned);
        files::write_json(&path, &pins, Existing::Replace)?;
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn a_changed_key_is_refused_until_accepted() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().join("home"));
        let account = Address::repeat_byte(1);
        assert_eq!(
            home.pin(1, account, "aaaa", false).unwrap(),
            PinState::First
        );
        assert_eq!(home.pin(1, account, "aaaa", false).unwrap(), PinState::Same);
        assert!(matches!(
            home.pin(1, account, "bbbb", false),
            Err(HomeError::KeyChanged { .. })
        ));
        assert_eq!(home.pin(1, account, "aaaa", false).unwrap(), PinState::Same);
        assert_eq!(
            home.pin(2, account, "bbbb", false).unwrap(),
            PinState::First
        );
        assert_eq!(
            home.pin(1, account, "bbbb", true).unwrap(),
            PinState::Replaced
        );
        assert_eq!(home.pin(1, account, "bbbb", false).unwrap(), PinState::Same);
    }
}
