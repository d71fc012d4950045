//! Walks `tests/vectors` at the root of the tree: every file is a case of `docs/record-format.md` §8. A folder
//! named in `PATIENTPORT_MORE_VECTORS` is walked as well: `scripts/second-reader` writes one.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use alloy_primitives::{Address, B256, hex};
use patientport_core::emergency::{
    EmergencyError, Package, PackagePlace, open_emergency_secrets, seal_package,
};
use patientport_core::failure::FailureClass;
use patientport_core::hpke::seal_base;
use patientport_core::keys::{IdentitySeed, PublicKey, SecretKey};
use patientport_core::record::{
    Commitment, Head, Metadata, Place, Recipient, RecordError, check_place, encrypt,
    open_record_keys, seal_record_keys,
};
use patientport_core::seal::{OpenError, Purpose, SealContext, open_message, seal_message};
use patientport_core::section::{
    SecretEntry, encode_links, make_link, open_link, open_secrets, parse_links, peek_secrets,
    seal_secrets,
};
use patientport_core::text::{DenialText, EmergencyText, RequestText, TextError};
use rand_core::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

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

    /// Whether the JSON is one that readers accept and writers do not write.
    fn is_lenient(&self) -> bool {
        self.all("lenient").next().is_some()
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
            5 => Purpose::RecordKeys,
            8 => Purpose::EmergencyReason,
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
    let secret_of = |recipient| {
        let name = match recipient {
            Recipient::Section => "section-secret",
            Recipient::Patient => "patient-secret",
        };
        case.all(name).next().map(|_| case.secret(name))
    };
    let head = case.hex("head");
    let class = |error: RecordError| error.class().expect("a refusal has a class");
    let mut payload = Vec::new();
    let mut read = || -> Result<(Recipient, SecretKey, Metadata), FailureClass> {
        let commitment = Commitment(B256::from_slice(&case.hex("commitment")));
        commitment.check(&head).map_err(class)?;
        let parsed = Head::parse(&head).map_err(class)?;
        check_place(parsed.place(), &entry).map_err(|error| class(error.into()))?;
        let recipient = parsed.recipient();
        let secret = secret_of(recipient).ok_or(FailureClass::NoMatchingKey)?;
        let opened = parsed.unlock(&secret).map_err(class)?;
        opened
            .decrypt_body(case.blob.as_slice(), &mut payload)
            .map_err(class)?;
        Ok((recipient, secret, opened.metadata().clone()))
    };
    let outcome = read();
    let Some((recipient, secret, metadata)) = case.judge(outcome) else {
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
    // Up to the metadata's length, a head does not depend on how its JSON is written.
    assert_eq!(envelope.head[..249], head[..249]);
    assert_eq!(envelope.head == head, !case.is_lenient());
    assert!(body == case.blob, "the body differs");
    assert!(rng.0.is_empty());
}

/// Decodes a text of the case's kind and encodes it again.
fn again(kind: &str, plaintext: &[u8]) -> Result<Zeroizing<Vec<u8>>, TextError> {
    match kind {
        "request" => RequestText::from_bytes(plaintext)?.to_bytes(),
        "denial" => DenialText::from_bytes(plaintext)?.to_bytes(),
        _ => EmergencyText::from_bytes(plaintext)?.to_bytes(),
    }
}

fn text(case: &Case) {
    let context = case.context();
    let secret = case.secret("recipient-secret");
    let read = || -> Result<_, FailureClass> {
        let opened = open_message(&context, &secret, &case.blob);
        let plaintext = opened.map_err(|error| error.class())?;
        let again = again(case.get("kind"), &plaintext).map_err(|error| error.class())?;
        Ok((plaintext, again))
    };
    let Some((plaintext, again)) = case.judge(read()) else {
        return;
    };
    assert_eq!(
        std::str::from_utf8(&plaintext).unwrap(),
        case.get("plaintext")
    );
    assert_eq!(again == plaintext, !case.is_lenient());
    let mut rng = FixedRng(case.hex("ephemeral-secret"));
    assert_eq!(
        seal_message(&context, &secret.public(), &plaintext, &mut rng),
        case.blob
    );
}

/// Secrets as the lines of a case.
fn lines(entries: &[SecretEntry]) -> Vec<String> {
    let line = |entry: &SecretEntry| {
        let secret = hex::encode(entry.secret.to_bytes().as_slice());
        let name = entry.name.as_deref().unwrap_or_default();
        format!("{} {} {secret} {name}", entry.section, entry.epoch)
            .trim_end()
            .to_owned()
    };
    entries.iter().map(line).collect()
}

fn secrets(case: &Case) {
    let context = case.context();
    let secret = case.secret("recipient-secret");
    let outcome = open_secrets(&context, &secret, &case.blob).map_err(|error| error.class());
    let Some(entries) = case.judge(outcome) else {
        return;
    };
    assert_eq!(lines(&entries), case.all("entry").collect::<Vec<_>>());
    assert_eq!(peek_secrets(&case.blob).unwrap().len(), entries.len());
    let mut rng = FixedRng(case.hex("ephemeral-secret"));
    assert_eq!(
        seal_secrets(&context, &secret.public(), &entries, &mut rng).unwrap(),
        case.blob
    );
}

fn record_keys(case: &Case) {
    let context = case.context();
    let secret = case.secret("recipient-secret");
    let records: Vec<u32> = case
        .get("records")
        .split_whitespace()
        .map(|number| number.parse().unwrap())
        .collect();
    let outcome = open_record_keys(&context, &secret, &records, &case.blob);
    let Some(keys) = case.judge(outcome.map_err(|error| error.class())) else {
        return;
    };
    let keys: Vec<_> = records.into_iter().zip(keys).collect();
    assert_eq!(keys.len(), case.all("key").count());
    let mut rng = FixedRng(case.hex("ephemeral-secret"));
    let again = seal_record_keys(&context, &secret.public(), &keys, &mut rng);
    assert_eq!(again.unwrap(), case.blob);
    // Keys do not print: that they are the case's shows in a message that is sealed from those.
    let plaintext: Vec<u8> = case
        .all("key")
        .flat_map(|key| hex::decode(key).unwrap())
        .collect();
    let mut rng = FixedRng(case.hex("ephemeral-secret"));
    let count = u8::try_from(keys.len()).unwrap();
    let numbers = keys.iter().flat_map(|(number, _)| number.to_be_bytes());
    let list: Vec<u8> = [count].into_iter().chain(numbers).collect();
    let info = [
        b"patientport/seal\x01\x05".as_slice(),
        &context.chain_id.to_be_bytes(),
        context.port.as_slice(),
        context.sender.as_slice(),
        context.recipient.as_slice(),
        &secret.public().to_sec1(),
        &[0; 4],
        &Sha256::digest(&list),
    ]
    .concat();
    let (enc, sealed) = seal_base(&secret.public(), &info, &[], &plaintext, &mut rng);
    assert_eq!([enc.as_slice(), &sealed].concat(), case.blob);
}

fn package(case: &Case) {
    let place = PackagePlace {
        chain_id: case.number("chain-id"),
        port: case.address("port"),
        sender: case.address("sender"),
        responder: case.address("responder"),
    };
    let responder = case.secret("responder-secret");
    let read = || -> Result<_, FailureClass> {
        let class = |error: EmergencyError| error.class().expect("a refusal has a class");
        let commitment = B256::from_slice(&case.hex("commitment"));
        let package = Package::check(&case.blob, commitment, &place).map_err(class)?;
        let message = package
            .open_layer(case.address("custodian"), &case.secret("custodian-secret"))
            .map_err(class)?;
        let entries = open_emergency_secrets(&place, &responder, &message);
        Ok((package, entries.map_err(|error| error.class())?))
    };
    let Some((package, entries)) = case.judge(read()) else {
        return;
    };
    assert_eq!(lines(&entries), case.all("entry").collect::<Vec<_>>());
    assert_eq!(package.to_bytes(), case.blob);
    let custodians: Vec<_> = case
        .all("custodian-key")
        .map(|line| {
            let (account, key) = line.split_once(' ').unwrap();
            let key = PublicKey::from_sec1(&hex::decode(key).unwrap()).unwrap();
            (Address::from_slice(&hex::decode(account).unwrap()), key)
        })
        .collect();
    let random = case
        .all("ephemeral-secret")
        .map(|it| hex::decode(it).unwrap());
    let mut rng = FixedRng(random.flatten().collect());
    let again = seal_package(&place, &responder.public(), &custodians, &entries, &mut rng);
    assert_eq!(again.unwrap(), package);
    assert!(rng.0.is_empty());
}

fn links(case: &Case) {
    let (chain_id, port, secret) = (
        case.number("chain-id"),
        case.address("port"),
        case.secret("new-secret"),
    );
    let read = || {
        let links = parse_links(&case.blob)?;
        let opened = links
            .iter()
            .map(|link| open_link(chain_id, port, link, &secret))
            .collect::<Result<Vec<_>, _>>()?;
        Ok((links, opened))
    };
    let outcome: Result<_, OpenError> = read();
    let Some((links, opened)) = case.judge(outcome.map_err(|error| error.class())) else {
        return;
    };
    assert_eq!(encode_links(&links).unwrap(), case.blob);
    for (link, previous) in links.iter().zip(&opened) {
        assert_eq!(*previous, case.secret("previous-secret"));
        let (new, old) = (link.new_epoch, link.opened_epoch);
        let again = make_link(chain_id, port, link.section, new, old, &secret, previous);
        assert_eq!(again.unwrap(), *link);
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
            "request" | "denial" | "emergency-reason" => text,
            "secrets" => secrets,
            "record-keys" => record_keys,
            "emergency-package" => package,
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
        FailureClass::NoMatchingKey,
        FailureClass::AuthenticationFailed,
        FailureClass::CommitmentMismatch,
    ] {
        for kind in ["record", "emergency-package"] {
            assert!(
                seen.contains(&(kind.to_owned(), class.to_string())),
                "no case of kind `{kind}` for `{class}`"
            );
        }
    }
    for kind in [
        "record",
        "request",
        "denial",
        "emergency-reason",
        "secrets",
        "record-keys",
        "links",
        "emergency-package",
        "identity",
    ] {
        assert!(
            seen.contains(&(kind.to_owned(), "success".to_owned())),
            "no good case of kind `{kind}`"
        );
    }
}
