//! Walks `tests/vectors` at the root of the tree: every file is a case of `docs/record-format.md` §8. A folder
//! named in `PATIENTPORT_MORE_VECTORS` is walked as well: `scripts/second-reader` writes one.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use alloy_primitives::{Address, B256, hex};
use patientport_core::failure::FailureClass;
use patientport_core::keys::{IdentitySeed, SecretKey};
use patientport_core::record::{
    Commitment, Head, Metadata, Place, Recipient, RecordError, check_place, encrypt,
};
use patientport_core::seal::{Purpose, SealContext, open_message, seal_message};
use patientport_core::section::{open_link, open_secrets, parse_links, peek_secrets, seal_secrets};
use patientport_core::text::{DenialText, RequestText};
use rand_core::{CryptoRng, RngCore};

struct Case {
    header: Vec<(String, String)>,
    blob: Vec<u8>,
}

impl Case {
    fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
        let header = std::str::from_utf8(&bytes[..end])
            .unwrap()
            .lines()
            .map(|line| {
                line.split_once(": ")
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .unwrap()
            })
            .collect();
        Self {
            header,
            blob: bytes[end + 2..].to_vec(),
        }
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.header
            .iter()
            .filter(move |field| field.0 == name)
            .map(|field| field.1.as_str())
    }

    fn get(&self, name: &str) -> &str {
        self.all(name)
            .next()
            .unwrap_or_else(|| panic!("the case has no `{name}`"))
    }

    fn number(&self, name: &str) -> u64 {
        self.get(name).parse().unwrap()
    }

    fn hex(&self, name: &str) -> Vec<u8> {
        hex::decode(self.get(name)).unwrap()
    }

    fn secret(&self, name: &str) -> SecretKey {
        SecretKey::from_bytes(&self.hex(name).try_into().unwrap()).unwrap()
    }

    fn address(&self, name: &str) -> Address {
        Address::from_slice(&self.hex(name))
    }

    fn succeeds(&self) -> bool {
        self.get("expect") == "success"
    }

    /// Compares an outcome with what the case expects; gives the value of a success.
    fn judge<T>(&self, outcome: Result<T, FailureClass>) -> Option<T> {
        let found = outcome
            .as_ref()
            .map_or_else(|class| class.as_str(), |_| "success");
        assert_eq!(found, self.get("expect"));
        outcome.ok()
    }

    fn context(&self) -> SealContext {
        let purpose = match self.number("purpose") {
            1 => Purpose::Request,
            2 => Purpose::Denial,
            3 => Purpose::Secrets,
            other => panic!("no message has purpose {other}"),
        };
        SealContext {
            purpose,
            chain_id: self.number("chain-id"),
            port: self.address("port"),
            sender: self.address("sender"),
            recipient: self.address("recipient"),
            request_id: self.number("request-id").try_into().unwrap(),
        }
    }
}

/// Gives the bytes it was made of, in order, and panics when they are used up.
struct FixedRng(Vec<u8>);

impl RngCore for FixedRng {
    fn next_u32(&mut self) -> u32 {
        unreachable!("the crate draws bytes only")
    }

    fn next_u64(&mut self) -> u64 {
        unreachable!("the crate draws bytes only")
    }

    fn fill_bytes(&mut self, buffer: &mut [u8]) {
        buffer.copy_from_slice(&self.0[..buffer.len()]);
        self.0.drain(..buffer.len());
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(buffer);
        Ok(())
    }
}

impl CryptoRng for FixedRng {}

fn record(case: &Case) {
    let entry = Place {
        chain_id: case.number("chain-id"),
        port: case.address("port"),
        author: case.address("author"),
        section: case.get("section").parse().unwrap(),
        epoch: case.number("epoch").try_into().unwrap(),
    };
    let (recipient, secret) = match case.all("patient-secret").next() {
        Some(_) => (Recipient::Patient, case.secret("patient-secret")),
        None => (Recipient::Section, case.secret("section-secret")),
    };
    let head = case.hex("head");
    let mut payload = Vec::new();
    let mut read = || -> Result<Metadata, RecordError> {
        Commitment(B256::from_slice(&case.hex("commitment"))).check(&head)?;
        let parsed = Head::parse(&head)?;
        check_place(parsed.place(), &entry)?;
        let opened = parsed.unlock(&secret)?;
        opened.decrypt_body(case.blob.as_slice(), &mut payload)?;
        Ok(opened.metadata().clone())
    };
    let outcome = read().map_err(|error| error.class().expect("a refusal has a class"));
    let Some(metadata) = case.judge(outcome) else {
        return;
    };

    assert_eq!(payload.len() as u64, case.number("payload-length"));
    assert_eq!(
        blake3::hash(&payload).as_bytes().as_slice(),
        case.hex("payload-blake3")
    );
    assert_eq!(
        metadata,
        serde_json::from_str(case.get("metadata")).unwrap()
    );

    // And back again, to the same bytes.
    let mut rng = FixedRng([case.hex("record-key"), case.hex("ephemeral-secret")].concat());
    let mut body = Vec::new();
    let envelope = encrypt(
        &entry,
        recipient,
        &secret.public(),
        &metadata,
        payload.as_slice(),
        &mut body,
        &mut rng,
    )
    .unwrap();
    assert_eq!(hex::encode(&envelope.head), case.get("head"));
    assert!(body == case.blob, "the body differs");
    assert!(rng.0.is_empty());
}

fn text(case: &Case) {
    let context = case.context();
    let secret = case.secret("recipient-secret");
    let opened = open_message(&context, &secret, &case.blob).map_err(|error| error.class());
    let Some(plaintext) = case.judge(opened) else {
        return;
    };
    assert_eq!(
        std::str::from_utf8(&plaintext).unwrap(),
        case.get("plaintext")
    );
    let again = match case.get("kind") {
        "request" => RequestText::from_bytes(&plaintext)
            .unwrap()
            .to_bytes()
            .unwrap(),
        _ => DenialText::from_bytes(&plaintext)
            .unwrap()
            .to_bytes()
            .unwrap(),
    };
    assert_eq!(again, plaintext);
    let mut rng = FixedRng(case.hex("ephemeral-secret"));
    assert_eq!(
        seal_message(&context, &secret.public(), &plaintext, &mut rng),
        case.blob
    );
}

fn secrets(case: &Case) {
    let context = case.context();
    let secret = case.secret("recipient-secret");
    let outcome = open_secrets(&context, &secret, &case.blob).map_err(|error| error.class());
    let Some(entries) = case.judge(outcome) else {
        return;
    };
    let lines: Vec<_> = entries
        .iter()
        .map(|entry| {
            let secret = hex::encode(entry.secret.to_bytes().as_slice());
            let name = entry.name.as_deref().unwrap_or_default();
            format!("{} {} {secret} {name}", entry.section, entry.epoch)
                .trim_end()
                .to_owned()
        })
        .collect();
    assert_eq!(lines, case.all("entry").collect::<Vec<_>>());
    assert_eq!(peek_secrets(&case.blob).unwrap().len(), entries.len());
    let mut rng = FixedRng(case.hex("ephemeral-secret"));
    assert_eq!(
        seal_secrets(&context, &secret.public(), &entries, &mut rng).unwrap(),
        case.blob
    );
}

fn links(case: &Case) {
    let (chain_id, port, secret) = (
        case.number("chain-id"),
        case.address("port"),
        case.secret("new-secret"),
    );
    let opened = parse_links(&case.blob)
        .and_then(|links| {
            links
                .iter()
                .map(|link| open_link(chain_id, port, link, &secret))
                .collect::<Result<Vec<_>, _>>()
        })
        .map_err(|error| error.class());
    for previous in case.judge(opened).into_iter().flatten() {
        assert_eq!(previous, case.secret("previous-secret"));
    }
}

fn identity(case: &Case) {
    let seed = IdentitySeed::from_bytes(case.hex("seed").try_into().unwrap());
    assert!(case.succeeds());
    assert_eq!(seed.provider_key(0), case.secret("provider-0"));
    assert_eq!(seed.provider_key(1), case.secret("provider-1"));
    assert_eq!(
        seed.provider_key(0).public().fingerprint().to_string(),
        case.get("provider-fingerprint")
    );
    assert_eq!(seed.patient_key(0), case.secret("patient-0"));
    assert_eq!(seed.patient_key(1), case.secret("patient-1"));
}

#[test]
fn every_vector_gives_what_it_expects() {
    let ours = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let more = std::env::var_os("PATIENTPORT_MORE_VECTORS").map(PathBuf::from);
    let mut paths: Vec<_> = [Some(ours), more]
        .into_iter()
        .flatten()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut seen = BTreeSet::new();
    for path in &paths {
        let case = Case::read(path);
        let run = match case.get("kind") {
            "record" => record,
            "request" | "denial" => text,
            "secrets" => secrets,
            "links" => links,
            "identity" => identity,
            other => panic!("{}: unknown kind `{other}`", path.display()),
        };
        seen.insert((case.get("kind").to_owned(), case.get("expect").to_owned()));
        let outcome = std::panic::catch_unwind(|| run(&case));
        assert!(outcome.is_ok(), "{} failed", path.display());
    }
    // A folder that lost its files must not pass.
    for class in [
        FailureClass::Malformed,
        FailureClass::UnsupportedVersion,
        FailureClass::WrongPlace,
        FailureClass::AuthenticationFailed,
        FailureClass::CommitmentMismatch,
    ] {
        assert!(
            seen.contains(&("record".to_owned(), class.to_string())),
            "no record case for `{class}`"
        );
    }
    for kind in [
        "record", "request", "denial", "secrets", "links", "identity",
    ] {
        assert!(
            seen.contains(&(kind.to_owned(), "success".to_owned())),
            "no good case of kind `{kind}`"
        );
    }
}
