//! Seals whatever it is given, by the text of the format, under keys that the readers hold.

use std::sync::LazyLock;

use alloy_primitives::Address;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _};
use hkdf::Hkdf;
use patientport_core::hpke::seal_base;
use patientport_core::keys::{PublicKey, SecretKey};
use patientport_core::record::{Head, Place, RecordKey};
use patientport_core::seal::SealContext;
use sha2::{Digest as _, Sha256};

use crate::input::FixedRng;

/// As in `tests/vectors`, so that those open here.
pub(crate) const CHAIN: u64 = 412_346;
pub(crate) const PORT: [u8; 20] = [0x70; 20];
pub(crate) const AUTHOR: [u8; 20] = [0xa0; 20];
pub(crate) const RECORD_KEY: [u8; 32] = [0x52; 32];
pub(crate) const RECORD_EPHEMERAL: [u8; 32] = [0x53; 32];
pub(crate) const EPHEMERAL: [u8; 32] = [0x62; 32];

/// The section's secret in every record.
pub(crate) static SECTION: LazyLock<SecretKey> = LazyLock::new(|| secret(0x51));
/// The recipient's secret of every message.
pub(crate) static RECIPIENT: LazyLock<SecretKey> = LazyLock::new(|| secret(0x61));

pub(crate) fn secret(byte: u8) -> SecretKey {
    SecretKey::from_bytes(&[byte; 32]).unwrap()
}

pub(crate) fn place() -> Place {
    Place {
        chain_id: CHAIN,
        port: PORT.into(),
        author: AUTHOR.into(),
        section: 5.try_into().unwrap(),
        epoch: 2,
    }
}

pub(crate) fn derive(salt: &[u8], ikm: &[u8], info: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(salt), ikm)
        .expand(info, &mut key)
        .unwrap();
    key
}

pub(crate) fn seal(key: &[u8; 32], nonce: [u8; 12], aad: &[u8], msg: &[u8]) -> Vec<u8> {
    ChaCha20Poly1305::new(key.into())
        .encrypt((&nonce).into(), Payload { msg, aad })
        .unwrap()
}

/// `info` of §1.
pub(crate) fn info(context: &SealContext, key: &PublicKey, digest: &[u8; 32]) -> Vec<u8> {
    [
        b"patientport/seal\x01".as_slice(),
        &[context.purpose as u8],
        &context.chain_id.to_be_bytes(),
        context.port.as_slice(),
        context.sender.as_slice(),
        context.recipient.as_slice(),
        &key.to_sec1(),
        &context.request_id.to_be_bytes(),
        digest,
    ]
    .concat()
}

/// A sealed message to `secret`, of any plaintext.
pub(crate) fn message(
    context: &SealContext,
    secret: &SecretKey,
    digest: &[u8; 32],
    ephemeral: [u8; 32],
    plaintext: &[u8],
) -> Vec<u8> {
    let key = secret.public();
    let mut rng = FixedRng(ephemeral.to_vec());
    let (enc, sealed) = seal_base(&key, &info(context, &key, digest), b"", plaintext, &mut rng);
    [enc.as_slice(), &sealed].concat()
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// What a head says, right or wrong.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) version: u8,
    pub(crate) suite: u8,
    pub(crate) chain_id: u64,
    pub(crate) port: Address,
    pub(crate) author: Address,
    pub(crate) section: u8,
    pub(crate) epoch: u32,
    pub(crate) recipient: u8,
    pub(crate) body_hash: [u8; 32],
    pub(crate) body_length: u64,
}

impl Fields {
    /// Of a record at [`place`].
    pub(crate) fn usual(body: &[u8]) -> Self {
        let place = place();
        Self {
            version: 1,
            suite: 1,
            chain_id: place.chain_id,
            port: place.port,
            author: place.author,
            section: place.section.get(),
            epoch: place.epoch,
            recipient: 0,
            body_hash: *blake3::hash(body).as_bytes(),
            body_length: body.len() as u64,
        }
    }

    fn start(&self) -> Vec<u8> {
        [
            b"PPORTREC".as_slice(),
            &[self.version, self.suite],
            &self.chain_id.to_be_bytes(),
            self.port.as_slice(),
            self.author.as_slice(),
            &[self.section],
            &self.epoch.to_be_bytes(),
            &[self.recipient],
        ]
        .concat()
    }

    /// `head[0..177]`: up to the sealed record key.
    pub(crate) fn opening(&self) -> Vec<u8> {
        let start = self.start();
        let key = SECTION.public();
        let info = [
            b"patientport/seal\x01\x04".as_slice(),
            &self.chain_id.to_be_bytes(),
            self.port.as_slice(),
            self.author.as_slice(),
            &[0; 20],
            &key.to_sec1(),
            &[0; 4],
            &[0; 32],
        ]
        .concat();
        let mut rng = FixedRng(RECORD_EPHEMERAL.to_vec());
        let (enc, sealed) = seal_base(&key, &info, &start, &RECORD_KEY, &mut rng);
        [start.as_slice(), &enc, &sealed].concat()
    }

    /// The rest of a head, after an opening of the same fields, around any plaintext.
    pub(crate) fn close(&self, opening: &[u8], metadata: &[u8]) -> Vec<u8> {
        let salt = blake3::hash(&opening[..129]);
        let key = |label| derive(salt.as_bytes(), &RECORD_KEY, label);
        let mut head = [
            opening,
            &key(b"patientport/v1/commit"),
            &self.body_hash,
            &self.body_length.to_be_bytes(),
        ]
        .concat();
        let sealed = seal(&key(b"patientport/v1/metadata"), [0; 12], &head, metadata);
        head.extend((sealed.len() as u16).to_be_bytes());
        head.extend(sealed);
        head
    }
}

/// The opening of heads at [`place`], which no input changes.
static OPENING: LazyLock<Vec<u8>> = LazyLock::new(|| Fields::usual(b"").opening());

/// A head at [`place`] of this body, around any metadata.
pub(crate) fn head(body: &[u8], metadata: &[u8]) -> Vec<u8> {
    Fields::usual(body).close(&OPENING, metadata)
}

/// The key of all these heads, which is only to be had from one.
pub(crate) static KEY: LazyLock<RecordKey> = LazyLock::new(|| {
    let body = body(&[0; 8]);
    let head = head(&body, &padded(b"{}"));
    Head::parse(&head).unwrap().record_key(&SECTION).unwrap()
});

/// `len16(text)`, padded.
pub(crate) fn padded(text: &[u8]) -> Vec<u8> {
    let mut plaintext = [&(text.len() as u16).to_be_bytes(), text].concat();
    plaintext.resize(plaintext.len().next_multiple_of(512), 0);
    plaintext
}

pub(crate) const CHUNK: usize = 65_536;

/// The sealed chunks of a stream.
pub(crate) fn chunks(stream: &[u8]) -> Vec<Vec<u8>> {
    let key = derive(b"", &RECORD_KEY, b"patientport/v1/payload");
    let count = stream.len().div_ceil(CHUNK);
    stream
        .chunks(CHUNK)
        .enumerate()
        .map(|(index, chunk)| {
            let mut nonce = [0; 12];
            nonce[3..11].copy_from_slice(&(index as u64).to_be_bytes());
            nonce[11] = (index + 1 == count).into();
            seal(&key, nonce, b"", chunk)
        })
        .collect()
}

pub(crate) fn body(stream: &[u8]) -> Vec<u8> {
    chunks(stream).concat()
}

/// What padded lengths of about this are multiples of.
pub(crate) fn padme_unit(length: u64) -> u64 {
    let exponent = u64::from(length.max(1).ilog2());
    let significant = u64::from(64 - exponent.leading_zeros());
    1 << exponent.saturating_sub(significant)
}

/// Padmé by arithmetic instead of masks.
pub(crate) fn padme(length: u64) -> u64 {
    let unit = padme_unit(length);
    length.div_ceil(unit) * unit
}

/// The stream of a payload.
pub(crate) fn stream(payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u64;
    let mut stream = payload.to_vec();
    stream.resize(padme(length + 8) as usize - 8, 0);
    stream.extend(length.to_be_bytes());
    stream
}

/// The payload of a stream, if it is one.
pub(crate) fn payload(stream: &[u8]) -> Option<&[u8]> {
    let (content, trailer) = stream.split_last_chunk::<8>()?;
    let length = usize::try_from(u64::from_be_bytes(*trailer)).ok()?;
    let (payload, padding) = content.split_at_checked(length)?;
    let canonical =
        padding.iter().all(|byte| *byte == 0) && padme(length as u64 + 8) == stream.len() as u64;
    canonical.then_some(payload)
}
