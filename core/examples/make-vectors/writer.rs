//! A plain writer of records, straight from the format's text, with a switch for every rule to break.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use hkdf::Hkdf;
use patientport_core::hpke::seal_base;
use patientport_core::keys::SecretKey;
use sha2::Sha256;

use crate::fixed::FixedRng;

/// Everything that decides the bytes of a record, kept rules and broken ones.
#[derive(Clone)]
pub(crate) struct Recipe {
    pub(crate) version: u8,
    pub(crate) suite: u8,
    pub(crate) chain_id: u64,
    pub(crate) port: [u8; 20],
    pub(crate) author: [u8; 20],
    pub(crate) section: u8,
    pub(crate) epoch: u32,
    /// 0 = the section, 1 = the patient.
    pub(crate) recipient: u8,
    /// Of the section or of the patient.
    pub(crate) recipient_secret: [u8; 32],
    pub(crate) record_key: [u8; 32],
    pub(crate) ephemeral: [u8; 32],
    pub(crate) metadata: String,
    pub(crate) payload: Vec<u8>,
    /// Added to the padded length of the stream.
    pub(crate) extra_padding: usize,
    pub(crate) padding_byte: u8,
    /// What the trailer says, if not the truth.
    pub(crate) trailer: Option<u64>,
    /// What the last chunk's flag is.
    pub(crate) last_flag: u8,
    /// Two chunks that change places after sealing, before hashing.
    pub(crate) swap: Option<(usize, usize)>,
    /// What is XOR-ed into the key commitment before the metadata is sealed.
    pub(crate) commitment_mask: u8,
    /// The whole plaintext of the metadata, instead of `metadata` as it has to be encoded.
    pub(crate) metadata_plaintext: Option<Vec<u8>>,
    /// The first chunk's number.
    pub(crate) first_counter: u64,
    /// What is XOR-ed into the first byte of the body before it is hashed.
    pub(crate) body_mask: u8,
    /// The whole stream, instead of payload, padding and trailer.
    pub(crate) stream: Option<Vec<u8>>,
}

fn derive(salt: &[u8], ikm: &[u8], label: &str) -> [u8; 32] {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(salt), ikm)
        .expand(label.as_bytes(), &mut key)
        .expect("32 bytes are one block");
    key
}

fn seal(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], msg: &[u8]) -> Vec<u8> {
    ChaCha20Poly1305::new(key.into())
        .encrypt(nonce.into(), Payload { msg, aad })
        .expect("messages are short")
}

/// Padmé by counting halvings, to be unlike the crate's.
fn padme(length: usize) -> usize {
    let halvings = |number: usize| {
        std::iter::successors(Some(number), |rest| Some(rest / 2))
            .take_while(|rest| *rest > 1)
            .count()
    };
    let exponent = halvings(length);
    let unit = 1 << (exponent - (halvings(exponent) + 1));
    length.div_ceil(unit) * unit
}

/// The plaintext of metadata: `len16(text)`, zero-padded to the next multiple of 512.
pub(crate) fn padded(text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("metadata is short");
    let mut plaintext = [&length.to_be_bytes(), text].concat();
    plaintext.resize(plaintext.len().next_multiple_of(512), 0);
    plaintext
}

impl Recipe {
    fn body(&self) -> Vec<u8> {
        let length = self.payload.len();
        let mut stream = self.payload.clone();
        stream.resize(
            padme(length + 8) + self.extra_padding - 8,
            self.padding_byte,
        );
        stream.extend(self.trailer.unwrap_or(length as u64).to_be_bytes());
        let stream = self.stream.clone().unwrap_or(stream);
        let key = derive(b"", &self.record_key, "patientport/v1/payload");
        let count = stream.len().div_ceil(65_536);
        let mut chunks: Vec<_> = stream
            .chunks(65_536)
            .enumerate()
            .map(|(index, chunk)| {
                let mut nonce = [0; 12];
                nonce[3..11].copy_from_slice(&(self.first_counter + index as u64).to_be_bytes());
                nonce[11] = if index + 1 == count {
                    self.last_flag
                } else {
                    0
                };
                seal(&key, &nonce, b"", chunk)
            })
            .collect();
        if let Some((left, right)) = self.swap {
            chunks.swap(left, right);
        }
        let mut body = chunks.concat();
        if let Some(byte) = body.first_mut() {
            *byte ^= self.body_mask;
        }
        body
    }

    /// The head and the body.
    pub(crate) fn write(&self) -> (Vec<u8>, Vec<u8>) {
        let body = self.body();
        let place = [
            b"PPORTREC".as_slice(),
            &[self.version, self.suite],
            &self.chain_id.to_be_bytes(),
            &self.port,
            &self.author,
            &[self.section],
            &self.epoch.to_be_bytes(),
            &[self.recipient],
        ]
        .concat();
        let recipient = SecretKey::from_bytes(&self.recipient_secret)
            .expect("a case's secret is a scalar")
            .public();
        let info = [
            b"patientport/seal\x01\x04".as_slice(),
            &self.chain_id.to_be_bytes(),
            &self.port,
            &self.author,
            &[0; 20],
            &recipient.to_sec1(),
            &[0; 4],
            &[0; 32],
        ]
        .concat();
        let mut rng = FixedRng(self.ephemeral.to_vec());
        let (enc, sealed_key) = seal_base(&recipient, &info, &place, &self.record_key, &mut rng);

        let opening = [place.as_slice(), &enc].concat();
        let salt = blake3::hash(&opening);
        let mut commitment = derive(salt.as_bytes(), &self.record_key, "patientport/v1/commit");
        commitment[0] ^= self.commitment_mask;
        let metadata = self
            .metadata_plaintext
            .clone()
            .unwrap_or_else(|| padded(self.metadata.as_bytes()));
        let mut head = [
            opening.as_slice(),
            &sealed_key,
            &commitment,
            blake3::hash(&body).as_bytes(),
            &(body.len() as u64).to_be_bytes(),
        ]
        .concat();
        let key = derive(salt.as_bytes(), &self.record_key, "patientport/v1/metadata");
        let sealed = seal(&key, &[0; 12], &head, &metadata);
        head.extend(
            u16::try_from(sealed.len())
                .expect("metadata is short")
                .to_be_bytes(),
        );
        head.extend(sealed);
        (head, body)
    }
}
