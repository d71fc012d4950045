//! A person's *key card*: account and encryption key in one line, for somebody who is in no registry and is to be named
//! as a delegate or a custodian.
//!
//! `patientport-key:ACCOUNT:KEY#FINGERPRINT`, with the account in checksummed hexadecimal, the key as SEC 1 §2.3.3
//! compressed in hexadecimal, and its fingerprint. The fingerprint catches what was mistyped; it proves nothing to
//! whoever got the line from somebody else: that is what comparing account and fingerprint by another way is for.

use std::fmt;
use std::str::FromStr;

use alloy::primitives::{Address, B256, hex};
use patientport_core::keys::{Fingerprint, PublicKey};
use thiserror::Error;

const SCHEME: &str = "patientport-key:";

/// Whose key it is, and the key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyCard {
    /// The account.
    pub account: Address,
    /// Its encryption key: a point of the curve.
    pub key: PublicKey,
}

/// A line that is no key card.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum KeyCardError {
    /// Not of the form.
    #[error(
        "this is no key card: patientport-key:ACCOUNT:KEY#FINGERPRINT is expected, as `patientport identity card` prints it"
    )]
    Form,
    /// The account's checksum is wrong, or it is none.
    #[error("the account in the key card is mistyped")]
    Account,
    /// The key is none.
    #[error("the key in the key card is no key")]
    Key,
    /// The fingerprint is another key's.
    #[error(
        "the fingerprint in the key card is not that of its key: the line was altered or mistyped"
    )]
    Fingerprint,
}

impl fmt::Display for KeyCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fingerprint = self.key.fingerprint();
        write!(f, "{SCHEME}{}:{}#{fingerprint}", self.account, self.key)
    }
}

impl FromStr for KeyCard {
    type Err = KeyCardError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.trim().strip_prefix(SCHEME).ok_or(KeyCardError::Form)?;
        let (account, rest) = rest.split_once(':').ok_or(KeyCardError::Form)?;
        let (key, fingerprint) = rest.split_once('#').ok_or(KeyCardError::Form)?;
        let account = Address::parse_checksummed(account, None).or(Err(KeyCardError::Account))?;
        let key = public_key(key).ok_or(KeyCardError::Key)?;
        let told: Fingerprint = fingerprint.parse().or(Err(KeyCardError::Fingerprint))?;
        if told != key.fingerprint() {
            return Err(KeyCardError::Fingerprint);
        }
        Ok(Self { account, key })
    }
}

fn public_key(text: &str) -> Option<PublicKey> {
    let bytes: [u8; 33] = hex::decode(text).ok()?.try_into().ok()?;
    let (tag, x) = bytes.split_first()?;
    let parity = tag.checked_sub(2)?;
    PublicKey::from_chain(B256::try_from(x).ok()?, parity).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use patientport_core::keys::SecretKey;

    use super::*;

    fn card() -> KeyCard {
        KeyCard {
            account: Address::repeat_byte(0xab),
            key: SecretKey::from_bytes(&[7; 32]).unwrap().public(),
        }
    }

    #[test]
    fn a_card_is_read_as_it_was_written() {
        let text = card().to_string();
        assert_eq!(text.parse::<KeyCard>().unwrap(), card());
        assert_eq!(format!(" {text}\n").parse::<KeyCard>().unwrap(), card());
    }

    #[test]
    fn what_was_altered_is_refused_by_name() {
        let text = card().to_string();
        let account = card().account.to_string();
        let other = SecretKey::from_bytes(&[8; 32]).unwrap().public();
        let key = card().key.to_string();
        // x = 5 is no x-coordinate of the curve.
        let off_curve = format!("02{}05", "00".repeat(31));
        for (altered, expected) in [
            (text.replace(SCHEME, "patientport:"), KeyCardError::Form),
            (text.replace('#', ":"), KeyCardError::Form),
            (account.clone(), KeyCardError::Form),
            (
                text.replace(&account, &account.to_lowercase()),
                KeyCardError::Account,
            ),
            (text.replace(&account, "0x12"), KeyCardError::Account),
            (text.replace(&key, &off_curve), KeyCardError::Key),
            (text.replace(&key, &key[2..]), KeyCardError::Key),
            (
                text.replace(&key, &other.to_string()),
                KeyCardError::Fingerprint,
            ),
            (text[..text.len() - 1].to_owned(), KeyCardError::Fingerprint),
        ] {
            assert_eq!(altered.parse::<KeyCard>(), Err(expected), "{altered}");
        }
    }
}
