//! `derived.json`: how far the keys and accounts of each identity have been handed out, so that none is used twice.
//! Identities are told apart by the fingerprint of their first provider key: a seed has it under any name.

use std::collections::BTreeMap;

use alloy::primitives::Address;
use patientport_core::keys::IdentitySeed;
use serde::{Deserialize, Serialize};

use super::files::{self, Existing};
use super::{Home, HomeError, MAX_JSON_BYTES};

/// What came from one identity.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Derived {
    /// Accounts by number.
    pub accounts: BTreeMap<u32, Address>,
    /// The first patient key that no port was given.
    pub next_patient_key: u32,
    /// The newest provider key that is known to be published.
    pub provider_key: u32,
    /// Identities of this home that it replaced: what was sealed to their keys still opens with them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<String>,
}

impl Derived {
    /// The number after the highest one taken.
    pub fn next_account(&self) -> u32 {
        let last = self.accounts.last_key_value();
        last.map_or(0, |(index, _)| index.saturating_add(1))
    }
}

/// The name under which a seed is listed.
fn label(seed: &IdentitySeed) -> String {
    seed.provider_key(0).public().fingerprint().to_string()
}

impl Home {
    /// What came from an identity so far, as far as this home knows.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn derived(&self, seed: &IdentitySeed) -> Result<Derived, HomeError> {
        let mut all = self.all_derived()?;
        Ok(all.remove(&label(seed)).unwrap_or_default())
    }

    /// Changes what is remembered of an identity; other processes wait meanwhile.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn change_derived<T>(
        &self,
        seed: &IdentitySeed,
        change: impl FnOnce(&mut Derived) -> T,
    ) -> Result<T, HomeError> {
        let _lock = files::lock(self.root())?;
        let mut all = self.all_derived()?;
        let result = change(all.entry(label(seed)).or_default());
        files::write_json(&self.path("derived.json"), &all, Existing::Replace)?;
        Ok(result)
    }

    /// Remembers that a patient key is, or may be, on a chain.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn note_patient_key(&self, seed: &IdentitySeed, index: u32) -> Result<(), HomeError> {
        let after = index.saturating_add(1);
        if self.derived(seed)?.next_patient_key >= after {
            return Ok(());
        }
        self.change_derived(seed, |derived| {
            derived.next_patient_key = derived.next_patient_key.max(after);
        })
    }

    /// Remembers that an identity replaced another one of this home.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn note_former(&self, seed: &IdentitySeed, former: &str) -> Result<(), HomeError> {
        if self.derived(seed)?.former.iter().any(|name| name == former) {
            return Ok(());
        }
        self.change_derived(seed, |derived| derived.former.push(former.to_owned()))
    }

    fn all_derived(&self) -> Result<BTreeMap<String, Derived>, HomeError> {
        Ok(files::read_json(&self.path("derived.json"), MAX_JSON_BYTES)?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn numbers_only_grow_and_belong_to_one_seed() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().join("home"));
        let [alice, bob] = [1, 2].map(|byte| IdentitySeed::from_bytes([byte; 32]));
        for index in [4, 2] {
            home.note_patient_key(&alice, index).unwrap();
        }
        home.change_derived(&alice, |derived| {
            derived.accounts.insert(6, Address::repeat_byte(6))
        })
        .unwrap();
        let derived = home.derived(&alice).unwrap();
        assert_eq!((derived.next_patient_key, derived.next_account()), (5, 7));
        assert_eq!(home.derived(&bob).unwrap(), Derived::default());
        assert_eq!(Derived::default().next_account(), 0);
    }
}
