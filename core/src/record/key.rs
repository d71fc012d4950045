//! The key of one record, and the sharing of single records: `docs/record-format.md` §4 and §5.

use std::fmt;

use rand_core::CryptoRngCore;
use sha2::{Digest, Sha256};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::keys::{PublicKey, SecretKey};
use crate::limits::MAX_SHARED_RECORDS;
use crate::seal::{self, OpenError, SealContext};

const KEY_BYTES: usize = 32;

/// The 32 bytes that everything in one record is encrypted under: the data encryption key of the literature.
///
/// Whoever holds it can read that record for ever, and no other. Cleared on drop, never printed.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct RecordKey([u8; KEY_BYTES]);

impl RecordKey {
    pub(super) fn random(rng: &mut (impl CryptoRngCore + ?Sized)) -> Self {
        let mut key = Self([0; KEY_BYTES]);
        rng.fill_bytes(&mut key.0);
        key
    }

    pub(super) fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Self([0; KEY_BYTES]);
        if bytes.len() != KEY_BYTES {
            return None;
        }
        key.0.copy_from_slice(bytes);
        Some(key)
    }

    pub(super) const fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordKey(..)")
    }
}

/// Record keys that no message can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message carries the keys of 1 to 16 records, not of `{count}`")]
pub struct RecordCountError {
    /// How many were given.
    pub count: usize,
}

/// Seals the keys of single records to a reader; `records` are their numbers at the port, in the order in which
/// the chain will name them.
///
/// # Errors
/// [`RecordCountError`].
pub fn seal_record_keys(
    context: &SealContext,
    recipient_key: &PublicKey,
    records: &[(u32, RecordKey)],
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Result<Vec<u8>, RecordCountError> {
    let numbers: Vec<_> = records.iter().map(|(number, _)| *number).collect();
    let digest = list_digest(&numbers).ok_or(RecordCountError {
        count: records.len(),
    })?;
    let mut plaintext = Zeroizing::new(Vec::with_capacity(records.len() * KEY_BYTES));
    for (_, key) in records {
        plaintext.extend_from_slice(key.as_bytes());
    }
    let (enc, ciphertext) = seal::seal_parts(context, recipient_key, &digest, &[], &plaintext, rng);
    Ok([enc.as_slice(), &ciphertext].concat())
}

/// Opens a message of [`seal_record_keys`]; `records` are the numbers that the chain names beside it. The keys come
/// in that order.
///
/// # Security
/// A sender can seal any bytes: a key is the record's if its head opens with it
/// ([`Head::unlock_with`](crate::record::Head::unlock_with)).
///
/// # Errors
/// [`OpenError`].
pub fn open_record_keys(
    context: &SealContext,
    secret: &SecretKey,
    records: &[u32],
    message: &[u8],
) -> Result<Vec<RecordKey>, OpenError> {
    let digest = list_digest(records).ok_or(OpenError::Malformed(
        "it is for no record or for more than 16",
    ))?;
    let (enc, ciphertext) = seal::split(message)?;
    if ciphertext.len() != records.len() * KEY_BYTES + crate::hpke::TAG_BYTES {
        return Err(OpenError::Malformed("it has not one key for each record"));
    }
    let plaintext = seal::open_parts(context, secret, &digest, &[], enc, ciphertext)?;
    Ok(plaintext
        .chunks_exact(KEY_BYTES)
        .filter_map(RecordKey::from_slice)
        .collect())
}

/// SHA-256 of count and numbers; `None` for a count that no message has.
fn list_digest(records: &[u32]) -> Option<[u8; 32]> {
    let count = u8::try_from(records.len())
        .ok()
        .filter(|count| (1..=MAX_SHARED_RECORDS).contains(&u32::from(*count)))?;
    let mut hasher = Sha256::new_with_prefix([count]);
    for number in records {
        hasher.update(number.to_be_bytes());
    }
    Some(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use alloy_primitives::Address;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::seal::Purpose;

    fn context() -> SealContext {
        SealContext {
            purpose: Purpose::RecordKeys,
            chain_id: 412_346,
            port: Address::repeat_byte(1),
            sender: Address::repeat_byte(2),
            recipient: Address::repeat_byte(3),
            request_id: 0,
        }
    }

    #[test]
    fn keys_open_for_the_records_named_and_no_others() {
        let mut rng = ChaCha20Rng::from_seed([4; 32]);
        let secret = SecretKey::random(&mut rng);
        for count in 1..=16 {
            let records: Vec<_> = (0..count)
                .map(|number| (number * 3 + 1, RecordKey::random(&mut rng)))
                .collect();
            let numbers: Vec<_> = records.iter().map(|(number, _)| *number).collect();
            let message =
                seal_record_keys(&context(), &secret.public(), &records, &mut rng).unwrap();
            let opened = open_record_keys(&context(), &secret, &numbers, &message).unwrap();
            assert!(opened.iter().eq(records.iter().map(|(_, key)| key)));

            let mut others = numbers.clone();
            others[0] += 1;
            assert_eq!(
                open_record_keys(&context(), &secret, &others, &message),
                Err(OpenError::AuthenticationFailed)
            );
            others = numbers.clone();
            others.push(99);
            assert!(open_record_keys(&context(), &secret, &others, &message).is_err());
            if count > 1 {
                others = numbers;
                others.swap(0, 1);
                assert_eq!(
                    open_record_keys(&context(), &secret, &others, &message),
                    Err(OpenError::AuthenticationFailed)
                );
            }
        }
    }

    #[test]
    fn a_message_is_for_one_to_sixteen_records() {
        let mut rng = ChaCha20Rng::from_seed([5; 32]);
        let secret = SecretKey::random(&mut rng);
        for count in [0, 17, 300] {
            let records = vec![(1, RecordKey::random(&mut rng)); count];
            assert_eq!(
                seal_record_keys(&context(), &secret.public(), &records, &mut rng),
                Err(RecordCountError { count })
            );
            assert!(matches!(
                open_record_keys(&context(), &secret, &vec![1; count], &[4; 600]),
                Err(OpenError::Malformed(_))
            ));
        }
    }

    #[test]
    fn record_keys_do_not_print() {
        let key = RecordKey::from_slice(&[0xab; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "RecordKey(..)");
        assert!(RecordKey::from_slice(&[0; 31]).is_none());
    }
}
