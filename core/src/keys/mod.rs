//! Key pairs on secp256k1, fingerprints and identities.
//!
//! A *recipient* is a public key, an *identity* the seed that secret keys are derived from.
//! Account keys, which sign transactions, are separate and not handled here.

mod fingerprint;
mod identity;
#[cfg(feature = "phrase")]
mod mnemonic;
#[cfg(feature = "phrase")]
mod phrase;

use std::fmt;

use alloy_primitives::{B256, hex};
use k256::elliptic_curve::sec1::ToEncodedPoint;
use rand_core::CryptoRngCore;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

pub use fingerprint::Fingerprint;
pub use identity::IdentitySeed;
#[cfg(feature = "phrase")]
pub use mnemonic::{DerivationPath, account_of_words};
#[cfg(feature = "phrase")]
pub use phrase::{AccountKeys, BackupPhrase, PHRASE_WORDS, PhraseError};

/// Length of an uncompressed SEC 1 point, the only encoding of keys on the wire.
pub const POINT_BYTES: usize = 65;

/// A key or fingerprint that cannot be one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// An encoded point has another length than [`POINT_BYTES`] or another form than uncompressed.
    #[error(
        "a public key is an uncompressed point of 65 bytes, not `{length}` bytes of another form"
    )]
    Encoding {
        /// Bytes given.
        length: usize,
    },
    /// The coordinates are not those of a point on secp256k1.
    #[error("public key is not a point of secp256k1")]
    NotOnCurve,
    /// A parity other than 0 and 1.
    #[error("parity `{parity}` of a public key is neither 0 nor 1")]
    Parity {
        /// The value given.
        parity: u8,
    },
    /// Zero, or not below the order of the curve.
    #[error("secret key is zero or not below the order of secp256k1")]
    Scalar,
    /// Not four groups of four base32 characters.
    #[error("`{text}` is not a fingerprint such as `ab2c-d3ef-gh4i-jk5l`")]
    Fingerprint {
        /// The text given, cut to 64 characters.
        text: String,
    },
}

/// A point of secp256k1 that is on the curve and not the identity.
///
/// # Examples
/// ```
/// # use patientport_core::keys::{PublicKey, SecretKey};
/// let public = SecretKey::from_bytes(&[7; 32])?.public();
/// assert_eq!(PublicKey::from_chain(public.x(), public.parity())?, public);
/// # Ok::<(), patientport_core::keys::KeyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(k256::PublicKey);

impl PublicKey {
    /// Decodes the wire form: SEC 1 §2.3.3 uncompressed, 65 bytes, nothing else.
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() != POINT_BYTES || bytes[0] != 4 {
            return Err(KeyError::Encoding {
                length: bytes.len(),
            });
        }
        k256::PublicKey::from_sec1_bytes(bytes)
            .map(Self)
            .or(Err(KeyError::NotOnCurve))
    }

    /// Decodes the chain's form: x-coordinate and parity of y (0 even, 1 odd).
    pub fn from_chain(x: B256, parity: u8) -> Result<Self, KeyError> {
        if parity > 1 {
            return Err(KeyError::Parity { parity });
        }
        let mut compressed = [0; 33];
        compressed[0] = 2 + parity;
        compressed[1..].copy_from_slice(x.as_slice());
        k256::PublicKey::from_sec1_bytes(&compressed)
            .map(Self)
            .or(Err(KeyError::NotOnCurve))
    }

    /// The wire form: SEC 1 §2.3.3 uncompressed.
    pub fn to_sec1(&self) -> [u8; POINT_BYTES] {
        // A point that is not the identity has 65 bytes.
        let mut bytes = [0; POINT_BYTES];
        bytes.copy_from_slice(self.0.to_encoded_point(false).as_bytes());
        bytes
    }

    /// The x-coordinate, as it stands on chain.
    pub fn x(&self) -> B256 {
        B256::from_slice(&self.to_sec1()[1..33])
    }

    /// The parity of the y-coordinate, as it stands on chain: 0 even, 1 odd.
    pub fn parity(&self) -> u8 {
        self.to_sec1()[64] & 1
    }

    /// A short form for people to compare.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self)
    }

    pub(crate) fn as_inner(&self) -> &k256::PublicKey {
        &self.0
    }
}

/// The compressed SEC 1 form in hexadecimal.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0.to_encoded_point(true).as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// A secret scalar of secp256k1: not zero, below the order. Cleared on drop, compared in constant time.
///
/// It is never printed; [`SecretKey::to_bytes`] is the one way out.
#[derive(Clone)]
pub struct SecretKey(k256::SecretKey);

impl SecretKey {
    /// Draws a uniformly random key: 32 bytes at a time until they are a scalar (practically the first).
    pub fn random(rng: &mut (impl CryptoRngCore + ?Sized)) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        loop {
            rng.fill_bytes(bytes.as_mut_slice());
            if let Ok(key) = Self::from_bytes(&bytes) {
                return key;
            }
        }
    }

    /// Decodes a big-endian scalar.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        k256::SecretKey::from_bytes(bytes.into())
            .map(Self)
            .or(Err(KeyError::Scalar))
    }

    /// The scalar, big-endian.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        let mut inner = self.0.to_bytes();
        let bytes = Zeroizing::new(inner.into());
        inner.as_mut_slice().zeroize();
        bytes
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.public_key())
    }

    /// The x-coordinate of `self · point`: SEC 1 §3.3.1.
    pub(crate) fn diffie_hellman(&self, point: &PublicKey) -> Zeroizing<[u8; 32]> {
        let shared =
            k256::ecdh::diffie_hellman(self.0.to_nonzero_scalar(), point.as_inner().as_affine());
        Zeroizing::new((*shared.raw_secret_bytes()).into())
    }
}

impl ConstantTimeEq for SecretKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.to_bytes().ct_eq(other.to_bytes().as_slice())
    }
}

impl PartialEq for SecretKey {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for SecretKey {}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    const ORDER: [u8; 32] =
        hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");

    #[test]
    fn scalars_outside_one_to_order_are_refused() {
        assert!(matches!(
            SecretKey::from_bytes(&[0; 32]),
            Err(KeyError::Scalar)
        ));
        assert!(matches!(
            SecretKey::from_bytes(&ORDER),
            Err(KeyError::Scalar)
        ));
        let mut largest = ORDER;
        largest[31] -= 1;
        assert_eq!(
            *SecretKey::from_bytes(&largest).unwrap().to_bytes(),
            largest
        );
    }

    #[test]
    fn generator_has_its_published_coordinates() {
        // SEC 2 §2.4.1.
        let mut one = [0; 32];
        one[31] = 1;
        let generator = SecretKey::from_bytes(&one).unwrap().public();
        assert_eq!(
            generator.to_string(),
            "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
        );
        assert_eq!(generator.parity(), 0);
    }

    #[test]
    fn only_the_uncompressed_form_of_a_point_on_the_curve_is_accepted() {
        let key = SecretKey::from_bytes(&[9; 32]).unwrap().public();
        let wire = key.to_sec1();
        assert_eq!(PublicKey::from_sec1(&wire).unwrap(), key);
        for length in [0, 1, 33, 64] {
            assert!(matches!(
                PublicKey::from_sec1(&wire[..length]),
                Err(KeyError::Encoding { .. })
            ));
        }
        for tag in (0..=255).filter(|tag| *tag != 4) {
            let mut other = wire;
            other[0] = tag;
            assert!(PublicKey::from_sec1(&other).is_err());
        }
        let mut off_curve = wire;
        off_curve[64] ^= 1;
        assert!(matches!(
            PublicKey::from_sec1(&off_curve),
            Err(KeyError::NotOnCurve)
        ));
        let mut identity = [0; 65];
        identity[0] = 4;
        assert!(matches!(
            PublicKey::from_sec1(&identity),
            Err(KeyError::NotOnCurve)
        ));
    }

    #[test]
    fn chain_form_checks_coordinate_and_parity() {
        let key = SecretKey::from_bytes(&[9; 32]).unwrap().public();
        let negated = PublicKey::from_chain(key.x(), key.parity() ^ 1).unwrap();
        assert_eq!(negated.x(), key.x());
        assert_ne!(negated, key);
        assert!(matches!(
            PublicKey::from_chain(key.x(), 2),
            Err(KeyError::Parity { parity: 2 })
        ));
        // x = 5 is not on secp256k1; x = 0 neither; x ≥ p never is.
        for x in [B256::with_last_byte(5), B256::ZERO, B256::repeat_byte(0xff)] {
            assert!(matches!(
                PublicKey::from_chain(x, 0),
                Err(KeyError::NotOnCurve)
            ));
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let key = SecretKey::from_bytes(&[0xab; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(..)");
    }
}
