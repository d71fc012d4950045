//! Short forms of public keys for people to compare: `docs/record-format.md` §7.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::{KeyError, PublicKey};

/// RFC 4648 §6, lower case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const BYTES: usize = 10;
const CHARACTERS: usize = 16;
const GROUP: usize = 4;

/// The first 80 bits of SHA-256 over a key's uncompressed form, shown as `xxxx-xxxx-xxxx-xxxx` in base32.
///
/// 80 bits: finding another key with a given fingerprint takes about 2⁸⁰ trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; BYTES]);

impl Fingerprint {
    /// The fingerprint of `key`.
    pub fn of(key: &PublicKey) -> Self {
        let digest = Sha256::digest(key.to_sec1());
        let mut bytes = [0; BYTES];
        bytes.copy_from_slice(&digest[..BYTES]);
        Self(bytes)
    }

    /// The ten bytes behind the text.
    pub const fn as_bytes(&self) -> &[u8; BYTES] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bits = self
            .0
            .iter()
            .fold(0u128, |bits, byte| bits << 8 | u128::from(*byte))
            << 48;
        let mut text = String::with_capacity(CHARACTERS + 3);
        for position in 0..CHARACTERS {
            if position > 0 && position % GROUP == 0 {
                text.push('-');
            }
            let index = usize::try_from(bits >> 123).expect("five bits fit");
            text.push(char::from(ALPHABET[index]));
            bits <<= 5;
        }
        f.pad(&text)
    }
}

/// Accepts upper case, and groups joined by hyphens, spaces or nothing, as people type them.
impl FromStr for Fingerprint {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || KeyError::Fingerprint {
            text: text.chars().take(64).collect(),
        };
        let mut bits = 0u128;
        let mut characters = 0;
        for byte in text.bytes().filter(|byte| !matches!(byte, b'-' | b' ')) {
            let value = ALPHABET
                .iter()
                .position(|letter| *letter == byte.to_ascii_lowercase())
                .ok_or_else(refuse)?;
            if characters == CHARACTERS {
                return Err(refuse());
            }
            bits = bits << 5 | u128::try_from(value).expect("an index below 32 fits");
            characters += 1;
        }
        if characters != CHARACTERS {
            return Err(refuse());
        }
        let mut bytes = [0; BYTES];
        bytes.copy_from_slice(&bits.to_be_bytes()[6..]);
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn base32_is_that_of_rfc_4648() {
        // RFC 4648 §10: "foobar" is MZXW6YTBOI; four more bytes make ten.
        let fingerprint = Fingerprint(*b"foobarfoob");
        assert_eq!(fingerprint.to_string(), "mzxw-6ytb-ojtg-633c");
    }

    #[test]
    fn what_is_no_fingerprint_is_refused() {
        for text in [
            "",
            "mzxw-6ytb-ojtg-633",
            "mzxw-6ytb-ojtg-633ca",
            "mzxw-6ytb-ojtg-6331",
            "mzxw_6ytb-ojtg-633c",
            "ü",
        ] {
            assert!(
                matches!(
                    text.parse::<Fingerprint>(),
                    Err(KeyError::Fingerprint { .. })
                ),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn text_round_trips(bytes: [u8; 10]) {
            let fingerprint = Fingerprint(bytes);
            let text = fingerprint.to_string();
            prop_assert_eq!(text.parse::<Fingerprint>().unwrap(), fingerprint);
            prop_assert_eq!(text.to_uppercase().replace('-', " ").parse::<Fingerprint>().unwrap(), fingerprint);
        }
    }
}
