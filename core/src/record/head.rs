//! The head of a record: its layout, and what a key opens in it.

use std::fmt;

use alloy_primitives::{Address, B256};
use chacha20poly1305::aead::AeadInPlace;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::body::{BodyLength, PayloadKey};
use super::key::RecordKey;
use super::{Commitment, MAX_HEAD_BYTES, Metadata, Place, RecordError, TAG_BYTES, metadata};
use crate::kdf;
use crate::keys::{PublicKey, SecretKey};
use crate::seal::{self, Purpose, SealContext};
use crate::section::SectionId;

const MAGIC: &[u8; 8] = b"PPORTREC";
const VERSION: u8 = 1;
/// ChaCha20-Poly1305; 2 is reserved for AES-256-GCM.
const SUITE: u8 = 1;

const PLACE_END: usize = 63;
const RECIPIENT_END: usize = 64;
const ENC_END: usize = 129;
const SEALED_KEY_END: usize = 177;
const KEY_COMMITMENT_END: usize = 209;
const BODY_HASH_END: usize = 241;
const FIXED_END: usize = 251;

const COMMIT_LABEL: &[u8] = b"patientport/v1/commit";
const METADATA_LABEL: &[u8] = b"patientport/v1/metadata";

/// Whose key a record's own key is sealed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Recipient {
    /// The key of the section at the place's epoch: whoever is given the section's secret can read.
    Section = 0,
    /// The patient's key at the port: for a section whose current key somebody holds who should not. The
    /// patient shares the record's key onward, see [`seal_record_keys`](crate::record::seal_record_keys).
    Patient = 1,
}

impl TryFrom<u8> for Recipient {
    type Error = ();

    fn try_from(code: u8) -> Result<Self, ()> {
        match code {
            0 => Ok(Self::Section),
            1 => Ok(Self::Patient),
            _ => Err(()),
        }
    }
}

/// What the head's keys come from: `HKDF-Extract(salt = BLAKE3(head[0..129]), ikm = record key)`.
///
/// The salt covers `enc`, which is new for every head, so no two heads share a metadata key even if they
/// are about one body.
struct HeadKeys(Zeroizing<[u8; 32]>);

impl HeadKeys {
    fn new(opening: &[u8], record_key: &RecordKey) -> Self {
        debug_assert_eq!(opening.len(), ENC_END);
        Self(kdf::extract(
            blake3::hash(opening).as_bytes(),
            &[record_key.as_bytes()],
        ))
    }

    fn commitment(&self) -> Zeroizing<[u8; 32]> {
        kdf::expand(&self.0, &[COMMIT_LABEL])
    }

    fn metadata_cipher(&self) -> ChaCha20Poly1305 {
        let key: Zeroizing<[u8; 32]> = kdf::expand(&self.0, &[METADATA_LABEL]);
        ChaCha20Poly1305::new(key.as_slice().into())
    }
}

/// The circumstances that a record key is sealed under.
fn seal_context(place: &Place) -> SealContext {
    SealContext {
        purpose: Purpose::RecordKey,
        chain_id: place.chain_id,
        port: place.port,
        sender: place.author,
        recipient: Address::ZERO,
        request_id: 0,
    }
}

/// Builds a head around a body that has been written.
#[expect(clippy::too_many_arguments, reason = "each is a field of the head")]
pub(super) fn build(
    place: &Place,
    recipient: Recipient,
    recipient_key: &PublicKey,
    metadata: &Metadata,
    record_key: &RecordKey,
    body_hash: &[u8; 32],
    body_length: u64,
    rng: &mut (impl rand_core::CryptoRngCore + ?Sized),
) -> Result<Vec<u8>, RecordError> {
    let mut sealed_metadata = metadata.encode()?;
    let mut head = Vec::with_capacity(FIXED_END + sealed_metadata.len() + TAG_BYTES);
    head.extend_from_slice(MAGIC);
    head.push(VERSION);
    head.push(SUITE);
    head.extend_from_slice(&place.chain_id.to_be_bytes());
    head.extend_from_slice(place.port.as_slice());
    head.extend_from_slice(place.author.as_slice());
    head.push(place.section.get());
    head.extend_from_slice(&place.epoch.to_be_bytes());
    head.push(recipient as u8);

    let (enc, sealed_key) = seal::seal_parts(
        &seal_context(place),
        recipient_key,
        &[0; 32],
        &head,
        record_key.as_bytes(),
        rng,
    );
    head.extend_from_slice(&enc);
    let keys = HeadKeys::new(&head, record_key);
    head.extend_from_slice(&sealed_key);
    head.extend_from_slice(keys.commitment().as_slice());
    head.extend_from_slice(body_hash);
    head.extend_from_slice(&body_length.to_be_bytes());
    let metadata_length = u16::try_from(sealed_metadata.len() + TAG_BYTES)
        .expect("checked metadata is shorter than a head");

    let tag = keys
        .metadata_cipher()
        .encrypt_in_place_detached(&Nonce::default(), &head, &mut sealed_metadata)
        .expect("metadata is far below the cipher's limit");
    head.extend_from_slice(&metadata_length.to_be_bytes());
    head.extend_from_slice(&sealed_metadata);
    head.extend_from_slice(&tag);
    debug_assert!(head.len() <= MAX_HEAD_BYTES);
    Ok(head)
}

/// A head whose form is right. Nothing in it is authentic yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    bytes: Vec<u8>,
    place: Place,
    recipient: Recipient,
    enc: [u8; 65],
    body_length: BodyLength,
}

impl Head {
    /// Reads a head. Compare its [`Commitment`] and its place with the chain's entry before believing it.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() > MAX_HEAD_BYTES {
            return Err(RecordError::Malformed("its head is longer than 8192 bytes"));
        }
        let rest = bytes
            .strip_prefix(MAGIC)
            .ok_or(RecordError::Malformed("it does not open as a record"))?;
        let &[version, suite, ..] = rest else {
            return Err(RecordError::Malformed("its head is cut short"));
        };
        if version != VERSION || suite != SUITE {
            return Err(RecordError::UnsupportedVersion { version, suite });
        }
        let (fixed, sealed_metadata) = bytes
            .split_first_chunk::<FIXED_END>()
            .ok_or(RecordError::Malformed("its head is cut short"))?;

        let place = Place {
            chain_id: u64::from_be_bytes(array(&fixed[10..18])),
            port: Address::from_slice(&fixed[18..38]),
            author: Address::from_slice(&fixed[38..58]),
            section: SectionId::try_from(fixed[58])
                .or(Err(RecordError::Malformed("its section is above 63")))?,
            epoch: u32::from_be_bytes(array(&fixed[59..PLACE_END])),
        };
        if place.epoch == 0 {
            return Err(RecordError::Malformed("its epoch is 0"));
        }
        let recipient = Recipient::try_from(fixed[PLACE_END]).or(Err(RecordError::Malformed(
            "its key is sealed to neither section nor patient",
        )))?;
        let enc = array(&fixed[RECIPIENT_END..ENC_END]);
        PublicKey::from_sec1(&enc).or(Err(RecordError::Malformed(
            "its ephemeral key is no point of the curve",
        )))?;
        let body_length = BodyLength::try_from_body(u64::from_be_bytes(array(
            &fixed[BODY_HASH_END..FIXED_END - 2],
        )))
        .ok_or(RecordError::Malformed(
            "no body has the length that its head states",
        ))?;
        let stated = usize::from(u16::from_be_bytes(array(&fixed[FIXED_END - 2..])));
        let plaintext = sealed_metadata.len().checked_sub(TAG_BYTES);
        if stated != sealed_metadata.len()
            || !plaintext.is_some_and(|length| length > 0 && length.is_multiple_of(metadata::BLOCK))
        {
            return Err(RecordError::Malformed(
                "its metadata has another length than it states",
            ));
        }
        Ok(Self {
            bytes: bytes.to_vec(),
            place,
            recipient,
            enc,
            body_length,
        })
    }

    /// The place that the head claims.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Whose key opens the record.
    pub const fn recipient(&self) -> Recipient {
        self.recipient
    }

    /// BLAKE3 of the body.
    pub fn body_hash(&self) -> B256 {
        B256::from_slice(&self.bytes[KEY_COMMITMENT_END..BODY_HASH_END])
    }

    /// Bytes of the body.
    pub const fn body_len(&self) -> u64 {
        self.body_length.body
    }

    /// What the chain's entry must say.
    pub fn commitment(&self) -> Commitment {
        Commitment::of(&self.bytes)
    }

    /// The encoded head.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Opens the head with the secret of its [`recipient`](Self::recipient).
    ///
    /// # Errors
    /// As [`Self::record_key`] and [`Self::unlock_with`].
    pub fn unlock(&self, secret: &SecretKey) -> Result<OpenedHead, RecordError> {
        self.unlock_with(&self.record_key(secret)?)
    }

    /// The record's key, with the secret of the head's [`recipient`](Self::recipient).
    ///
    /// # Errors
    /// [`RecordError::AuthenticationFailed`].
    pub fn record_key(&self, secret: &SecretKey) -> Result<RecordKey, RecordError> {
        let opened = seal::open_parts(
            &seal_context(&self.place),
            secret,
            &[0; 32],
            &self.bytes[..RECIPIENT_END],
            &self.enc,
            &self.bytes[ENC_END..SEALED_KEY_END],
        )?;
        // The ciphertext has the length of a key and its tag.
        RecordKey::from_slice(&opened).ok_or(RecordError::AuthenticationFailed)
    }

    /// Opens the head with the record's own key, as it was shared: checks the key commitment, then opens the
    /// metadata.
    ///
    /// # Errors
    /// [`RecordError::AuthenticationFailed`]; [`RecordError::Malformed`] for what verified and breaks the format.
    ///
    /// # Panics
    /// Never: a parsed head has the length of a tag and more.
    pub fn unlock_with(&self, record_key: &RecordKey) -> Result<OpenedHead, RecordError> {
        let keys = HeadKeys::new(&self.bytes[..ENC_END], record_key);
        // The cipher does not commit to its key: this comparison does, and comes before any opening.
        let stated = &self.bytes[SEALED_KEY_END..KEY_COMMITMENT_END];
        if !bool::from(keys.commitment().as_slice().ct_eq(stated)) {
            return Err(RecordError::AuthenticationFailed);
        }
        let (ciphertext, tag) = self.bytes[FIXED_END..]
            .split_last_chunk::<TAG_BYTES>()
            .expect("a parsed head holds sealed metadata");
        let mut plaintext = Zeroizing::new(ciphertext.to_vec());
        keys.metadata_cipher()
            .decrypt_in_place_detached(
                &Nonce::default(),
                &self.bytes[..FIXED_END - 2],
                &mut plaintext,
                tag.into(),
            )
            .or(Err(RecordError::AuthenticationFailed))?;
        let metadata = Metadata::decode(&plaintext).ok_or(RecordError::Malformed(
            "its metadata is not encoded as the format says",
        ))?;
        if metadata
            .length
            .is_some_and(|length| !self.body_length.holds(length))
        {
            return Err(RecordError::Malformed(
                "its metadata states a length that its body cannot have",
            ));
        }
        Ok(OpenedHead {
            place: self.place,
            metadata,
            body_hash: self.body_hash(),
            body_length: self.body_length,
            payload_key: PayloadKey::new(record_key),
        })
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("place", &self.place)
            .field("recipient", &self.recipient)
            .field("body_hash", &self.body_hash())
            .field("body_len", &self.body_len())
            .finish_non_exhaustive()
    }
}

/// A head that a key has verified, and the key of its body.
pub struct OpenedHead {
    pub(super) place: Place,
    pub(super) metadata: Metadata,
    pub(super) body_hash: B256,
    pub(super) body_length: BodyLength,
    pub(super) payload_key: PayloadKey,
}

impl OpenedHead {
    /// What the record says about itself.
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The record's place.
    pub const fn place(&self) -> &Place {
        &self.place
    }
}

impl fmt::Debug for OpenedHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedHead")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// The bytes of a slice that is known to have `N`.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("the slice was cut to this length")
}
