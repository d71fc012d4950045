//! The cases, by file name.

mod authors;
mod identities;
mod links;
mod messages;
mod metadata;
mod packages;
mod records;
mod secrets;
mod texts;

use alloy_primitives::{Address, hex};
use patientport_core::hpke::seal_base;
use patientport_core::keys::SecretKey;
use patientport_core::seal::{Purpose, SealContext};
use sha2::{Digest, Sha256};

use crate::fixed::FixedRng;

/// A text header, an empty line, a blob.
pub(crate) struct Case {
    header: Vec<(&'static str, String)>,
    blob: Vec<u8>,
}

impl Case {
    fn new(kind: &str, expect: &str, about: &str) -> Self {
        let header = vec![
            ("kind", kind.into()),
            ("expect", expect.into()),
            ("about", about.into()),
        ];
        Self {
            header,
            blob: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, value: impl std::fmt::Display) -> Self {
        self.header.push((name, value.to_string()));
        self
    }

    fn with_hex(self, name: &'static str, bytes: impl AsRef<[u8]>) -> Self {
        self.with(name, hex::encode(bytes))
    }

    fn with_blob(mut self, blob: Vec<u8>) -> Self {
        self.blob = blob;
        self
    }

    /// As if the reader held another thing.
    fn renamed(mut self, from: &str, to: &'static str) -> Self {
        for field in &mut self.header {
            if field.0 == from {
                field.0 = to;
            }
        }
        self
    }

    /// Before a field is given another value.
    fn without(mut self, name: &str) -> Self {
        self.header.retain(|field| field.0 != name);
        self
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, value) in &self.header {
            bytes.extend_from_slice(format!("{name}: {value}\n").as_bytes());
        }
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.blob);
        bytes
    }
}

const CHAIN: u64 = 412_346;
const PORT: [u8; 20] = [0x70; 20];
const AUTHOR: [u8; 20] = [0xa0; 20];

const PATIENT: [u8; 20] = [0xb0; 20];
const READER: [u8; 20] = [0xc0; 20];
/// What readers of messages hold.
const SECRET: [u8; 32] = [0x61; 32];
const EPHEMERAL: [u8; 32] = [0x62; 32];

const AUTHENTICATION: &str = "authentication failed";

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_bytes(&[byte; 32]).expect("a case's secret is a scalar")
}

fn context(
    purpose: Purpose,
    sender: [u8; 20],
    recipient: [u8; 20],
    request_id: u32,
) -> SealContext {
    SealContext {
        purpose,
        chain_id: CHAIN,
        port: Address::from(PORT),
        sender: Address::from(sender),
        recipient: Address::from(recipient),
        request_id,
    }
}

/// `enc ‖ ciphertext` of any plaintext, to a secret of 32 equal bytes, by §1.
fn sealed(
    context: &SealContext,
    recipient: u8,
    digest: [u8; 32],
    ephemeral: [u8; 32],
    plaintext: &[u8],
) -> Vec<u8> {
    let key = secret(recipient).public();
    let info = [
        b"patientport/seal\x01".as_slice(),
        &[context.purpose as u8],
        &context.chain_id.to_be_bytes(),
        context.port.as_slice(),
        context.sender.as_slice(),
        context.recipient.as_slice(),
        &key.to_sec1(),
        &context.request_id.to_be_bytes(),
        &digest,
    ]
    .concat();
    let mut rng = FixedRng(ephemeral.to_vec());
    let (enc, ciphertext) = seal_base(&key, &info, b"", plaintext, &mut rng);
    [enc.as_slice(), &ciphertext].concat()
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A case of a sealed message.
fn message_case(kind: &str, expect: &str, about: &str, context: &SealContext) -> Case {
    Case::new(kind, expect, about)
        .with("purpose", context.purpose as u8)
        .with("chain-id", context.chain_id)
        .with_hex("port", context.port)
        .with_hex("sender", context.sender)
        .with_hex("recipient", context.recipient)
        .with("request-id", context.request_id)
        .with_hex("recipient-secret", SECRET)
}

/// Every case with its file name.
pub(crate) fn all() -> Vec<(String, Case)> {
    let named = |cases: Vec<(&str, Case)>| -> Vec<(String, Case)> {
        cases
            .into_iter()
            .map(|(name, case)| (name.to_owned(), case))
            .collect()
    };
    [
        named(records::all()),
        named(authors::all()),
        records::lengths(),
        metadata::all(),
        messages::all(),
        texts::all(),
        named(secrets::all()),
        named(secrets::record_keys()),
        named(links::all()),
        packages::all(),
        named(identities::all()),
    ]
    .into_iter()
    .flatten()
    .collect()
}
