//! `pins.json`: the key first seen for each account, and for each epoch of a port's section, by chain. Another key
//! later needs a person's word.
//!
//! Comparing and remembering are two steps: a command compares before it shows what it will do, and remembers
//! after its user has agreed.

use std::collections::BTreeMap;
use std::fmt;

use alloy::primitives::Address;

use super::files::{self, Existing};
use super::{Home, HomeError, MAX_JSON_BYTES};

/// Chain → subject → fingerprint.
type Pins = BTreeMap<u64, BTreeMap<String, String>>;

/// Whose key it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Subject {
    /// An account's, or a port's patient's under the port's address.
    Account(Address),
    /// A section's at one epoch.
    Section {
        /// The port.
        port: Address,
        /// The section's number.
        section: u8,
        /// The epoch.
        epoch: u32,
    },
}

/// As it stands in `pins.json`.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => write!(f, "{account:#x}"),
            Self::Section {
                port,
                section,
                epoch,
            } => write!(f, "{port:#x}/{section}/{epoch}"),
        }
    }
}

/// How a key compares with what was remembered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinState {
    /// Not seen before.
    First,
    /// The same as before.
    Same,
    /// Another one, accepted by the caller.
    Replaced,
}

/// A key that was compared with the one remembered, and is to be remembered once its use is agreed to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pin {
    /// The chain.
    pub chain_id: u64,
    /// Whose key.
    pub subject: Subject,
    /// Its fingerprint.
    pub fingerprint: String,
    /// How it compared.
    pub state: PinState,
}

/// For previews: the fingerprint, and whether it is known.
impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            PinState::First => "seen for the first time",
            PinState::Same => "as seen before",
            PinState::Replaced => "changed, accepted",
        };
        write!(f, "{} ({state})", self.fingerprint)
    }
}

impl Home {
    /// Compares a key with the one remembered. Writes nothing.
    ///
    /// # Errors
    /// [`HomeError::KeyChanged`] unless `accept_new`; [`HomeError::File`].
    pub fn compare_pin(
        &self,
        chain_id: u64,
        subject: Subject,
        fingerprint: String,
        accept_new: bool,
    ) -> Result<Pin, HomeError> {
        let pins = self.pins()?;
        let pinned = pins
            .get(&chain_id)
            .and_then(|chain| chain.get(&subject.to_string()));
        let state = match pinned {
            None => PinState::First,
            Some(pinned) if *pinned == fingerprint => PinState::Same,
            Some(_) if accept_new => PinState::Replaced,
            Some(pinned) => {
                return Err(HomeError::KeyChanged {
                    account: subject.to_string(),
                    chain_id,
                    pinned: pinned.clone(),
                    found: fingerprint,
                });
            }
        };
        Ok(Pin {
            chain_id,
            subject,
            fingerprint,
            state,
        })
    }

    /// Remembers keys that were compared and agreed to.
    ///
    /// # Errors
    /// [`HomeError::KeyChanged`] if another process has remembered another key meanwhile; [`HomeError::File`].
    pub fn keep_pins(&self, agreed: &[Pin]) -> Result<(), HomeError> {
        if agreed.iter().all(|pin| pin.state == PinState::Same) {
            return Ok(());
        }
        let _lock = files::lock(self.root())?;
        let mut pins = self.pins()?;
        for pin in agreed {
            let chain = pins.entry(pin.chain_id).or_default();
            let subject = pin.subject.to_string();
            if pin.state == PinState::First
                && let Some(pinned) = chain.get(&subject)
                && *pinned != pin.fingerprint
            {
                return Err(HomeError::KeyChanged {
                    account: subject,
                    chain_id: pin.chain_id,
                    pinned: pinned.clone(),
                    found: pin.fingerprint.clone(),
                });
            }
            chain.insert(subject, pin.fingerprint.clone());
        }
        files::write_json(&self.path("pins.json"), &pins, Existing::Replace)?;
        Ok(())
    }

    fn pins(&self) -> Result<Pins, HomeError> {
        Ok(files::read_json(&self.path("pins.json"), MAX_JSON_BYTES)?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    const ALICE: Subject = Subject::Account(Address::repeat_byte(1));

    fn home() -> (tempfile::TempDir, Home) {
        let root = tempfile::tempdir().unwrap();
        let home = Home::new(root.path().join("home"));
        (root, home)
    }

    #[test]
    fn a_changed_key_is_refused_until_accepted() {
        let (_root, home) = home();
        let compare = |chain, fingerprint: &str, accept| {
            home.compare_pin(chain, ALICE, fingerprint.to_owned(), accept)
        };
        let first = compare(1, "aaaa", false).unwrap();
        assert_eq!(first.state, PinState::First);
        home.keep_pins(&[first]).unwrap();
        assert_eq!(compare(1, "aaaa", false).unwrap().state, PinState::Same);
        let changed = compare(1, "bbbb", false);
        assert!(matches!(changed, Err(HomeError::KeyChanged { .. })));
        assert_eq!(compare(2, "bbbb", false).unwrap().state, PinState::First);
        let replaced = compare(1, "bbbb", true).unwrap();
        assert_eq!(replaced.state, PinState::Replaced);
        home.keep_pins(&[replaced]).unwrap();
        assert_eq!(compare(1, "bbbb", false).unwrap().state, PinState::Same);
    }

    #[test]
    fn comparing_remembers_nothing() {
        let (_root, home) = home();
        for fingerprint in ["aaaa", "bbbb"] {
            let pin = home.compare_pin(1, ALICE, fingerprint.to_owned(), true);
            assert_eq!(pin.unwrap().state, PinState::First);
        }
        assert!(!home.path("pins.json").exists());
    }

    #[test]
    fn a_key_remembered_meanwhile_is_not_overwritten() {
        let (_root, home) = home();
        let one = home.compare_pin(1, ALICE, "aaaa".into(), false).unwrap();
        let other = home.compare_pin(1, ALICE, "bbbb".into(), false).unwrap();
        home.keep_pins(&[one]).unwrap();
        let late = home.keep_pins(&[other]);
        assert!(matches!(late, Err(HomeError::KeyChanged { .. })));
    }

    #[test]
    fn sections_are_told_apart_by_port_number_and_epoch() {
        let (_root, home) = home();
        let port = Address::repeat_byte(2);
        let subject = |section, epoch| Subject::Section {
            port,
            section,
            epoch,
        };
        let pin = home.compare_pin(1, subject(0, 1), "aaaa".into(), false);
        home.keep_pins(&[pin.unwrap()]).unwrap();
        for other in [subject(0, 2), subject(1, 1), Subject::Account(port)] {
            let pin = home.compare_pin(1, other, "bbbb".into(), false).unwrap();
            assert_eq!(pin.state, PinState::First, "{other}");
        }
        let forged = home.compare_pin(1, subject(0, 1), "bbbb".into(), false);
        assert!(matches!(forged, Err(HomeError::KeyChanged { .. })));
    }
}
