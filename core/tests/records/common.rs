//! Records to test with.

use patientport_core::abi::limits::SECTIONS;
use patientport_core::failure::FailureClass;
use patientport_core::keys::SecretKey;
use patientport_core::record::{
    Envelope, Head, Metadata, OpenedHead, Place, Recipient, RecordError, encrypt,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

pub(crate) struct Record {
    pub(crate) secret: SecretKey,
    pub(crate) place: Place,
    pub(crate) payload: Vec<u8>,
    pub(crate) envelope: Envelope,
    pub(crate) body: Vec<u8>,
}

impl Record {
    pub(crate) fn opened(&self) -> OpenedHead {
        Head::parse(&self.envelope.head)
            .unwrap()
            .unlock(&self.secret)
            .unwrap()
    }
}

pub(crate) fn place() -> Place {
    Place {
        chain_id: 412_346,
        port: [0x11; 20].into(),
        author: [0x22; 20].into(),
        section: (SECTIONS - 1).try_into().unwrap(),
        epoch: 3,
    }
}

pub(crate) fn record_of(seed: u8, payload: Vec<u8>) -> Record {
    let length = payload.len() as u64;
    record_stating(seed, payload, Some(length))
}

/// A record whose metadata states this length; none as if written from a pipe.
pub(crate) fn record_stating(seed: u8, payload: Vec<u8>, length: Option<u64>) -> Record {
    let mut rng = ChaCha20Rng::from_seed([seed; 32]);
    let secret = SecretKey::random(&mut rng);
    let metadata = Metadata {
        title: "Blood count".into(),
        media_type: "text/plain".into(),
        content_time: Some("2026-11-22T20:00:00Z".into()),
        note: "fasting\nmorning".into(),
        length,
    };
    let mut body = Vec::new();
    let envelope = encrypt(
        &place(),
        Recipient::Section,
        &secret.public(),
        &metadata,
        payload.as_slice(),
        &mut body,
        &mut rng,
    )
    .unwrap();
    Record {
        secret,
        place: place(),
        payload,
        envelope,
        body,
    }
}

pub(crate) fn random_payload(seed: u8, length: usize) -> Vec<u8> {
    let mut payload = vec![0; length];
    ChaCha20Rng::from_seed([seed ^ 0xff; 32]).fill_bytes(&mut payload);
    payload
}

pub(crate) fn record(seed: u8, length: usize) -> Record {
    record_of(seed, random_payload(seed, length))
}

pub(crate) fn class(result: Result<u64, RecordError>) -> FailureClass {
    result.unwrap_err().class().expect("a refusal has a class")
}
