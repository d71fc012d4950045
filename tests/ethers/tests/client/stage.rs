//! Where the stories start: a chain, the contracts on it, people.

use ethers::{types::Address, utils::keccak256};
use patientport_ethers::{Chain, Client, Contract, Key, Met, Program, bytes, text, told};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) const YEAR: u64 = 365 * 24 * 60 * 60;
pub(crate) const DAY: u64 = 24 * 60 * 60;
pub(crate) const NPI: u64 = 1_234_567_893;
pub(crate) const OTHER_NPI: u64 = 1_993_999_998;
/// Longest sealed message, in bytes.
pub(crate) const MAX_MESSAGE: u32 = 8192;

pub(crate) type Person = Arc<Client>;

/// An account as an argument or a field.
pub(crate) fn account(person: &Person) -> Value {
    bytes(person.address())
}

pub(crate) fn nobody() -> Value {
    bytes(Address::zero())
}

pub(crate) fn address(value: &Value) -> Address {
    text(value).parse().expect("twenty bytes")
}

/// 32 bytes that stand for nothing.
pub(crate) fn word(seed: &str) -> Value {
    bytes(keccak256(seed))
}

/// What is sealed is opaque to the contracts, and here.
pub(crate) fn sealed(seed: &str) -> Value {
    bytes(keccak256(seed).repeat(4))
}

/// So many bytes.
pub(crate) fn long(length: u32) -> Value {
    bytes(vec![7; usize::try_from(length).expect("a few thousand")])
}

/// No rotation.
pub(crate) fn unchanged() -> Value {
    json!({"sections": 0, "epochs": [], "keys": [], "parities": 0, "links": "0x", "sealed_": []})
}

/// New keys for sections 0, 1, … at these epochs, sealed to some people.
pub(crate) fn rotation(epochs: &[u32], readers: &[&Person]) -> Value {
    let keys: Vec<_> = epochs.iter().map(|_| Key::random()).collect();
    let parities = keys
        .iter()
        .enumerate()
        .fold(0_u64, |set, (at, key)| set | u64::from(key.parity) << at);
    let message =
        |reader: &&Person| json!({"recipient": account(reader), "message": sealed("secrets")});
    json!({
        "sections": (1_u64 << epochs.len()) - 1,
        "epochs": epochs,
        "keys": keys.iter().map(|key| key.x.clone()).collect::<Vec<_>>(),
        "parities": parities,
        "links": sealed("links"),
        "sealed_": readers.iter().map(message).collect::<Vec<_>>(),
    })
}

/// What a rotation says: the new keys, then each sealed message.
pub(crate) fn rotated(by: &Person, rotation: &Value) -> Vec<(String, Value)> {
    let mut events = told([(
        "SectionsRotated",
        json!({
            "by": account(by),
            "sections": rotation["sections"],
            "epochs": rotation["epochs"],
            "keys": rotation["keys"],
            "parities": rotation["parities"],
            "links": rotation["links"],
        }),
    )]);
    for one in rotation["sealed_"].as_array().expect("a list") {
        events.extend(told([(
            "SecretsSealed",
            json!({
                "recipient": one["recipient"],
                "sender": account(by),
                "message": one["message"],
            }),
        )]));
    }
    events
}

/// One event, then those of a rotation.
pub(crate) fn and_rotated(
    event: (&str, Value),
    by: &Person,
    rotation: &Value,
) -> Vec<(String, Value)> {
    let mut events = told([event]);
    events.extend(rotated(by, rotation));
    events
}

/// A chain with the contracts, deployed by the program and handed to the owner.
pub(crate) struct Stage {
    pub(crate) chain: Chain,
    pub(crate) program: Program,
    pub(crate) registry: Contract,
    /// At no address yet.
    pub(crate) port: Contract,
    pub(crate) implementation: Address,
    pub(crate) owner: Person,
    pub(crate) attester: Person,
    pub(crate) primary: Person,
    pub(crate) specialist: Person,
    pub(crate) patient: Person,
    pub(crate) stranger: Person,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let chain = Chain::start().await;
        let mut program = chain.program().await;
        let owner = chain.somebody().await;
        let attester = chain.somebody().await;
        let as_text = |it: &Person| text(&account(it)).to_owned();
        let registry = program.deploy(&as_text(&owner), &as_text(&attester));
        let registry = registry.parse().expect("the registry has an address");
        let met = Met::default();
        let registry = Contract::new("registry", registry, &met);
        let implementation = registry.view(&owner, "portImplementation", json!([])).await;
        Self {
            port: Contract::new("patientport", Address::zero(), &met),
            implementation: address(&implementation),
            primary: chain.somebody().await,
            specialist: chain.somebody().await,
            patient: chain.somebody().await,
            stranger: chain.somebody().await,
            program,
            registry,
            owner,
            attester,
            chain,
        }
    }

    /// The provider registers and is attested, without more.
    pub(crate) async fn verify(&self, provider: &Person, npi: u64) {
        let key = Key::random();
        let profile = bytes(r#"{"name":"Lakeview Family Practice"}"#);
        self.registry
            .send(
                provider,
                "registerProvider",
                json!([2, npi, key.x, key.parity, profile, bytes("{}")]),
            )
            .await;
        self.attest(provider, npi).await;
    }

    pub(crate) async fn attest(&self, provider: &Person, npi: u64) {
        let hash = keccak256(r#"{"name":"Lakeview Family Practice"}"#);
        let until = self.chain.now().await + YEAR;
        self.registry
            .send(
                &self.attester,
                "attest",
                json!([account(provider), npi, 2, bytes(hash), until]),
            )
            .await;
    }

    /// Primary care issues a port to the patient; gives it.
    pub(crate) async fn issue(&self) -> Contract {
        let issued = self
            .registry
            .send(&self.primary, "issue", json!([account(&self.patient)]))
            .await;
        let port = issued[0].1["port"].clone();
        assert_eq!(
            issued,
            told([(
                "PortIssued",
                json!({
                    "port": port,
                    "issuer": account(&self.primary),
                    "patient": account(&self.patient),
                    "implementation": bytes(self.implementation),
                }),
            )])
        );
        self.port.at(address(&port))
    }

    /// The patient claims a port with sections 0 and 1.
    pub(crate) async fn claim(&self, port: &Contract) {
        let key = Key::random();
        let first = rotation(&[0, 0], &[&self.patient]);
        let claimed =
            json!({"patient": account(&self.patient), "keyX": key.x, "keyParity": key.parity});
        assert_eq!(
            port.send(&self.patient, "claim", json!([key.x, key.parity, first]))
                .await,
            and_rotated(("Claimed", claimed), &self.patient, &first)
        );
    }
}
