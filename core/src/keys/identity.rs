//! The seed that encryption keys come from: `docs/record-format.md` §7.

use std::fmt;

use rand_core::CryptoRngCore;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::SecretKey;
use crate::{hpke, kdf};

const PROVIDER_LABEL: &[u8] = b"patientport/v1/identity/provider";
const PATIENT_LABEL: &[u8] = b"patientport/v1/identity/patient";

/// 32 random bytes from which a person's encryption keys are derived.
///
/// One backup of the seed restores them all. A provider has one key at a time; a patient has one per port, so
/// that its ports do not link. Cleared on drop, never printed.
#[derive(Clone, ZeroizeOnDrop)]
pub struct IdentitySeed([u8; 32]);

impl IdentitySeed {
    /// Draws a new seed.
    pub fn random(rng: &mut (impl CryptoRngCore + ?Sized)) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut_slice());
        Self(*bytes)
    }

    /// Takes over a stored seed. Every value is one.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store, encrypted.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key of a provider; `index` counts the keys that it has had, from 0.
    pub fn provider_key(&self, index: u32) -> SecretKey {
        self.derive(&[PROVIDER_LABEL, &index.to_be_bytes()])
    }

    /// The key of a patient at one of its ports; `index` counts the keys that it has had at all of them, in its own
    /// client.
    pub fn patient_key(&self, index: u32) -> SecretKey {
        self.derive(&[PATIENT_LABEL, &index.to_be_bytes()])
    }

    /// `DeriveKeyPair(HKDF(salt = "", ikm = seed, info))`.
    fn derive(&self, info: &[&[u8]]) -> SecretKey {
        hpke::derive_key_pair(kdf::derive(b"", &self.0, info).as_slice())
    }
}

impl fmt::Debug for IdentitySeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentitySeed(..)")
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::hex;

    use super::*;

    #[test]
    fn keys_are_fixed_by_the_seed() {
        let seed = IdentitySeed::from_bytes([0x42; 32]);
        let keys = [
            seed.provider_key(0),
            seed.patient_key(0),
            seed.patient_key(u32::MAX),
        ];
        let hex = keys.map(|key| hex::encode(key.to_bytes().as_slice()));
        // Computed with HMAC-SHA256 alone, outside this tree.
        assert_eq!(
            hex,
            [
                "8714cccc88dff020ac24719bb47cfbf620984810da197291044547c880eecd2f",
                "1071fdf9d3402611846c4899be7fe751aa5bb2abf15648f3e90816954ebd90c2",
                "9939c9ae7ffc4b5be260dba552149f707864d066d9718c9d23ded18130e5a23e",
            ]
        );
    }

    #[test]
    fn every_role_and_index_has_its_own_key() {
        let seed = IdentitySeed::from_bytes([1; 32]);
        let mut keys: Vec<_> = (0..20)
            .map(|index| seed.patient_key(index).public().x())
            .collect();
        keys.extend((0..20).map(|index| seed.provider_key(index).public().x()));
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 40);
    }

    #[test]
    fn seeds_do_not_print() {
        assert_eq!(
            format!("{:?}", IdentitySeed::from_bytes([0xab; 32])),
            "IdentitySeed(..)"
        );
    }
}
