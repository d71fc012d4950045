//! Messages sealed to one recipient: `docs/record-format.md` §1.
//!
//! | offset | length | field |
//! |---|---|---|
//! | 0 | 65 | `enc`, the ephemeral public key |
//! | 65 | plaintext + 16 | ciphertext and tag |

use alloy_primitives::Address;
use rand_core::CryptoRngCore;
use zeroize::Zeroizing;

use crate::failure::FailureClass;
use crate::hpke::{self, HpkeError, TAG_BYTES};
use crate::keys::{POINT_BYTES, PublicKey, SecretKey};
use crate::limits::MAX_MESSAGE_BYTES;

/// `info` opens with this.
const LABEL: &[u8; 16] = b"patientport/seal";
const VERSION: u8 = 1;
const INFO_BYTES: usize = 187;

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Purpose {
    /// A provider's request to the patient, [`RequestText`](crate::text::RequestText).
    Request = 1,
    /// The patient's denial to the requester, [`DenialText`](crate::text::DenialText).
    Denial = 2,
    /// Section secrets, [`seal_secrets`](crate::section::seal_secrets).
    Secrets = 3,
    /// The key of one record, part of a record's head.
    RecordKey = 4,
    /// The keys of single records, [`seal_record_keys`](crate::record::seal_record_keys).
    RecordKeys = 5,
    /// A custodian's layer of an emergency package, [`seal_package`](crate::emergency::seal_package).
    EmergencyLayer = 6,
    /// Section secrets for a responder, inside the layers.
    EmergencySecrets = 7,
    /// A responder's reason for breaking the glass, [`EmergencyText`](crate::text::EmergencyText).
    EmergencyReason = 8,
}

/// The circumstances that a message is bound to. It opens under the same ones only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealContext {
    /// What the message is for.
    pub purpose: Purpose,
    /// The chain that the port lives on.
    pub chain_id: u64,
    /// The port concerned.
    pub port: Address,
    /// The account that sends the message.
    pub sender: Address,
    /// The account that the message is for; zero in a record's head, which names none.
    pub recipient: Address,
    /// The request that the message belongs to; 0 = none. A request itself has no number yet when it is sealed.
    pub request_id: u32,
}

/// A sealed message that did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The bytes are no message of this format.
    #[error("sealed message is malformed: {0}")]
    Malformed(&'static str),
    /// The message was sealed to another key, under other circumstances, or was altered.
    #[error("sealed message does not authenticate")]
    AuthenticationFailed,
}

impl OpenError {
    /// The class of the format's table that this belongs to.
    pub const fn class(&self) -> FailureClass {
        match self {
            Self::Malformed(_) => FailureClass::Malformed,
            Self::AuthenticationFailed => FailureClass::AuthenticationFailed,
        }
    }
}

impl From<HpkeError> for OpenError {
    fn from(error: HpkeError) -> Self {
        match error {
            HpkeError::EncapsulatedKey => {
                Self::Malformed("its ephemeral key is no point of the curve")
            }
            HpkeError::Authentication => Self::AuthenticationFailed,
        }
    }
}

/// Seals `plaintext` to `recipient_key`.
pub fn seal_message(
    context: &SealContext,
    recipient_key: &PublicKey,
    plaintext: &[u8],
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> Vec<u8> {
    let (enc, ciphertext) = seal_parts(context, recipient_key, &[0; 32], &[], plaintext, rng);
    [enc.as_slice(), &ciphertext].concat()
}

/// Opens a message sealed to the public half of `secret` under `context`.
pub fn open_message(
    context: &SealContext,
    secret: &SecretKey,
    message: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (enc, ciphertext) = split(message)?;
    open_parts(context, secret, &[0; 32], &[], enc, ciphertext)
}

/// Splits a message into `enc` and ciphertext, checking lengths only.
pub(crate) fn split(message: &[u8]) -> Result<(&[u8; POINT_BYTES], &[u8]), OpenError> {
    if message.len() > MAX_MESSAGE_BYTES as usize {
        return Err(OpenError::Malformed("it is longer than any message"));
    }
    let (enc, ciphertext) = message
        .split_first_chunk()
        .ok_or(OpenError::Malformed("it is shorter than an ephemeral key"))?;
    if ciphertext.len() < TAG_BYTES {
        return Err(OpenError::Malformed(
            "it is shorter than an ephemeral key and a tag",
        ));
    }
    Ok((enc, ciphertext))
}

/// Seals with everything that §1 lets vary.
pub(crate) fn seal_parts(
    context: &SealContext,
    recipient_key: &PublicKey,
    list_digest: &[u8; 32],
    aad: &[u8],
    plaintext: &[u8],
    rng: &mut (impl CryptoRngCore + ?Sized),
) -> ([u8; POINT_BYTES], Vec<u8>) {
    hpke::seal_base(
        recipient_key,
        &info(context, recipient_key, list_digest),
        aad,
        plaintext,
        rng,
    )
}

/// Opens what [`seal_parts`] sealed.
pub(crate) fn open_parts(
    context: &SealContext,
    secret: &SecretKey,
    list_digest: &[u8; 32],
    aad: &[u8],
    enc: &[u8; POINT_BYTES],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    Ok(hpke::open_base(
        enc,
        secret,
        &info(context, &secret.public(), list_digest),
        aad,
        ciphertext,
    )?)
}

/// The HPKE `info` of §1: fields of fixed length one after another, so no two contexts share an encoding.
fn info(context: &SealContext, recipient_key: &PublicKey, list_digest: &[u8; 32]) -> Vec<u8> {
    let mut info = Vec::with_capacity(INFO_BYTES);
    info.extend_from_slice(LABEL);
    info.push(VERSION);
    info.push(context.purpose as u8);
    info.extend_from_slice(&context.chain_id.to_be_bytes());
    info.extend_from_slice(context.port.as_slice());
    info.extend_from_slice(context.sender.as_slice());
    info.extend_from_slice(context.recipient.as_slice());
    info.extend_from_slice(&recipient_key.to_sec1());
    info.extend_from_slice(&context.request_id.to_be_bytes());
    info.extend_from_slice(list_digest);
    debug_assert_eq!(info.len(), INFO_BYTES);
    info
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use alloy_primitives::hex;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn context() -> SealContext {
        SealContext {
            purpose: Purpose::Denial,
            chain_id: 412_346,
            port: Address::repeat_byte(1),
            sender: Address::repeat_byte(2),
            recipient: Address::repeat_byte(3),
            request_id: 7,
        }
    }

    #[test]
    fn info_has_the_layout_of_the_format() {
        let key = SecretKey::from_bytes(&[5; 32]).unwrap().public();
        let expected = [
            b"patientport/seal".as_slice(),
            &[1, 2],
            &hex!("0000000000064aba"),
            &[1; 20],
            &[2; 20],
            &[3; 20],
            &key.to_sec1(),
            &[0, 0, 0, 7],
            &[9; 32],
        ]
        .concat();
        assert_eq!(info(&context(), &key, &[9; 32]), expected);
    }

    #[test]
    fn every_circumstance_is_bound() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let secret = SecretKey::random(&mut rng);
        let message = seal_message(&context(), &secret.public(), b"no", &mut rng);
        assert_eq!(*open_message(&context(), &secret, &message).unwrap(), b"no");

        let others = [
            SealContext {
                purpose: Purpose::Request,
                ..context()
            },
            SealContext {
                chain_id: 1,
                ..context()
            },
            SealContext {
                port: Address::ZERO,
                ..context()
            },
            SealContext {
                sender: Address::ZERO,
                ..context()
            },
            SealContext {
                recipient: Address::ZERO,
                ..context()
            },
            SealContext {
                request_id: 0,
                ..context()
            },
        ];
        for other in others {
            assert_eq!(
                open_message(&other, &secret, &message),
                Err(OpenError::AuthenticationFailed),
                "{other:?}"
            );
        }
        let stranger = SecretKey::random(&mut rng);
        assert_eq!(
            open_message(&context(), &stranger, &message),
            Err(OpenError::AuthenticationFailed)
        );
    }

    #[test]
    fn no_flipped_bit_and_no_other_length_opens() {
        let mut rng = ChaCha20Rng::from_seed([2; 32]);
        let secret = SecretKey::random(&mut rng);
        let message = seal_message(&context(), &secret.public(), b"text", &mut rng);
        for position in 0..message.len() * 8 {
            let mut altered = message.clone();
            altered[position / 8] ^= 1 << (position % 8);
            assert!(
                open_message(&context(), &secret, &altered).is_err(),
                "bit {position}"
            );
        }
        for length in 0..message.len() {
            assert!(
                open_message(&context(), &secret, &message[..length]).is_err(),
                "{length} bytes"
            );
        }
        let longer = [message.as_slice(), &[0]].concat();
        assert_eq!(
            open_message(&context(), &secret, &longer),
            Err(OpenError::AuthenticationFailed)
        );
        let huge = vec![4; MAX_MESSAGE_BYTES as usize + 1];
        assert!(matches!(
            open_message(&context(), &secret, &huge),
            Err(OpenError::Malformed(_))
        ));
    }

    #[test]
    fn two_seals_of_one_text_differ() {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let key = SecretKey::random(&mut rng).public();
        let first = seal_message(&context(), &key, b"text", &mut rng);
        assert_ne!(
            first[..65],
            seal_message(&context(), &key, b"text", &mut rng)[..65]
        );
    }
}
