//! The encryption keys of one account at one port.

use patientport_core::keys::{PublicKey, SecretKey};
use patientport_core::seal::OpenError;

/// The key in use, and those that the account had before it: what was sealed to an earlier key opens with that one
/// only. Cleared on drop, never printed.
#[derive(Clone, Debug)]
pub struct IdentityKeys {
    current: SecretKey,
    former: Vec<SecretKey>,
}

impl IdentityKeys {
    /// The key in use, and the former ones, newest first.
    pub const fn new(current: SecretKey, former: Vec<SecretKey>) -> Self {
        Self { current, former }
    }

    /// The key in use.
    pub const fn current(&self) -> &SecretKey {
        &self.current
    }

    /// The public half of the key in use.
    pub fn public(&self) -> PublicKey {
        self.current.public()
    }

    /// All keys, the one in use first.
    pub fn all(&self) -> impl Iterator<Item = &SecretKey> {
        std::iter::once(&self.current).chain(&self.former)
    }

    /// Opens something with whichever key it was sealed to; the error is that of the key in use.
    ///
    /// # Errors
    /// As `open`.
    pub fn open<T>(
        &self,
        open: impl Fn(&SecretKey) -> Result<T, OpenError>,
    ) -> Result<T, OpenError> {
        open(&self.current).or_else(|error| {
            let mut former = self.former.iter();
            former.find_map(|key| open(key).ok()).ok_or(error)
        })
    }
}

impl From<SecretKey> for IdentityKeys {
    fn from(current: SecretKey) -> Self {
        Self::new(current, Vec::new())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn what_was_sealed_to_a_former_key_opens() {
        let key = |byte| SecretKey::from_bytes(&[byte; 32]).unwrap();
        let keys = IdentityKeys::new(key(3), vec![key(2), key(1)]);
        let opener = |wanted: u8| {
            move |tried: &SecretKey| {
                (*tried == key(wanted))
                    .then_some(wanted)
                    .ok_or(OpenError::AuthenticationFailed)
            }
        };
        for wanted in 1..=3 {
            assert_eq!(keys.open(opener(wanted)), Ok(wanted));
        }
        assert_eq!(keys.open(opener(4)), Err(OpenError::AuthenticationFailed));
        assert_eq!(keys.all().count(), 3);
    }
}
