//! Emergency packages.

use alloy_primitives::{Address, hex};
use patientport_core::seal::{Purpose, SealContext};

use super::secrets::{Entry, encode, with_entries};
use super::{AUTHENTICATION, CHAIN, Case, PATIENT, PORT, READER, context, sealed, secret, sha256};

const CUSTODIANS: [u8; 3] = [0x21, 0x22, 0x23];
const ENTRIES: [Entry; 2] = [(3, 4, 0x31, "Labs"), (9, 1, 0x32, "")];
const INNER_EPHEMERAL: [u8; 32] = [0x64; 32];

/// Everything that decides the bytes of a package, kept rules and broken ones. An account repeats a byte; its
/// secret is that of `keys` at the same place.
struct Recipe {
    version: u8,
    chain_id: u64,
    port: [u8; 20],
    sender: [u8; 20],
    responder: [u8; 20],
    count: Option<u8>,
    custodians: Vec<u8>,
    /// Of the custodians.
    keys: Vec<u8>,
    /// Of the responder.
    responder_key: u8,
    digest: [u8; 32],
    /// The list and the plaintext of the inner message.
    inner: (Vec<u8>, Vec<u8>),
}

impl Recipe {
    fn new(count: usize) -> Self {
        Self {
            version: 1,
            chain_id: CHAIN,
            port: PORT,
            sender: PATIENT,
            responder: READER,
            count: None,
            custodians: CUSTODIANS[..count].to_vec(),
            keys: vec![0x61, 0x67, 0x68, 0x69],
            responder_key: 0x66,
            digest: sha256(&READER),
            inner: encode(&ENTRIES),
        }
    }

    fn context(&self, purpose: Purpose, recipient: [u8; 20]) -> SealContext {
        SealContext {
            chain_id: self.chain_id,
            port: Address::from(self.port),
            ..context(purpose, self.sender, recipient, 0)
        }
    }

    fn write(&self) -> Vec<u8> {
        let (list, plaintext) = &self.inner;
        let context = self.context(Purpose::EmergencySecrets, self.responder);
        let message = sealed(
            &context,
            self.responder_key,
            sha256(list),
            INNER_EPHEMERAL,
            plaintext,
        );
        let inner = [list.as_slice(), &message].concat();
        let count = u8::try_from(self.custodians.len()).expect("a case has few custodians");
        let mut package = [
            b"PPORTEMG".as_slice(),
            &[self.version],
            &self.chain_id.to_be_bytes(),
            &self.port,
            &self.sender,
            &self.responder,
            &[self.count.unwrap_or(count)],
        ]
        .concat();
        for (account, key) in self.custodians.iter().zip(&self.keys) {
            let context = self.context(Purpose::EmergencyLayer, [*account; 20]);
            let layer = sealed(&context, *key, self.digest, ephemeral(*account), &inner);
            package.extend([*account; 20]);
            package.extend(
                u16::try_from(layer.len())
                    .expect("a layer is short")
                    .to_be_bytes(),
            );
            package.extend(layer);
        }
        package
    }
}

/// Of the layer of a custodian.
fn ephemeral(account: u8) -> [u8; 32] {
    [account + 0x50; 32]
}

/// A package whose entry on chain is the usual one, opened by the first custodian.
fn package_case(expect: &str, about: &str, blob: Vec<u8>) -> Case {
    Case::new("emergency-package", expect, about)
        .with("chain-id", CHAIN)
        .with_hex("port", PORT)
        .with_hex("sender", PATIENT)
        .with_hex("responder", READER)
        .with_hex("commitment", blake3::hash(&blob).as_bytes())
        .with_hex("custodian", [CUSTODIANS[0]; 20])
        .with_hex("custodian-secret", [0x61; 32])
        .with_hex("responder-secret", [0x66; 32])
        .with_blob(blob)
}

fn good(name: &str, about: &str, recipe: &Recipe, entries: &[Entry]) -> (String, Case) {
    let case = with_entries(package_case("success", about, recipe.write()), entries)
        .with_hex("ephemeral-secret", INNER_EPHEMERAL);
    let case = recipe
        .custodians
        .iter()
        .zip(&recipe.keys)
        .fold(case, |case, (account, key)| {
            let public = hex::encode(secret(*key).public().to_sec1());
            case.with(
                "custodian-key",
                format!("{} {public}", hex::encode([*account; 20])),
            )
            .with_hex("ephemeral-secret", ephemeral(*account))
        });
    (format!("emergency-package{name}"), case)
}

/// A sender that breaks a rule.
fn bad(name: &str, expect: &str, about: &str, change: impl FnOnce(&mut Recipe)) -> (String, Case) {
    let mut recipe = Recipe::new(2);
    change(&mut recipe);
    (
        format!("emergency-package-{name}"),
        package_case(expect, about, recipe.write()),
    )
}

/// A sender whose bytes are none of a package, and committed to.
fn edited(
    name: &str,
    expect: &str,
    about: &str,
    edit: impl FnOnce(&mut Vec<u8>),
) -> (String, Case) {
    let mut blob = Recipe::new(2).write();
    edit(&mut blob);
    (
        format!("emergency-package-{name}"),
        package_case(expect, about, blob),
    )
}

pub(super) fn all() -> Vec<(String, Case)> {
    const LONGEST: &str = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";
    let most: Vec<Entry> = (0..64).map(|section| (section, 1, 9, LONGEST)).collect();
    let largest = Recipe {
        inner: encode(&most),
        ..Recipe::new(3)
    };
    let wrong = "wrong place";
    let mut host = Recipe::new(1).write();
    let committed = blake3::hash(&host);
    host[300] ^= 1;
    let altered = package_case("commitment mismatch", "altered by the host", host)
        .without("commitment")
        .with_hex("commitment", committed.as_bytes());
    let stranger = package_case(
        "no matching key",
        "opened by an account that is no custodian",
        Recipe::new(2).write(),
    )
    .without("custodian")
    .with_hex("custodian", [0x24; 20]);
    let mut cases = vec![
        good("", "one custodian", &Recipe::new(1), &ENTRIES),
        good("-three", "three custodians", &Recipe::new(3), &ENTRIES),
        good(
            "-largest",
            "three custodians, 64 sections with names of 64 bytes",
            &largest,
            &most,
        ),
        ("emergency-package-altered".to_owned(), altered),
        ("emergency-package-stranger".to_owned(), stranger),
        bad("version-2", "unsupported version", "version 2", |it| {
            it.version = 2;
        }),
        bad("no-custodian", "malformed", "count 0", |it| {
            it.custodians.clear();
        }),
        bad("four", "malformed", "count 4", |it| {
            it.custodians = vec![0x21, 0x22, 0x23, 0x24];
        }),
        bad("count", "malformed", "fewer layers than its count", |it| {
            it.count = Some(3);
        }),
        bad("unordered", "malformed", "custodians do not ascend", |it| {
            it.custodians.reverse();
        }),
        bad("twice", "malformed", "a custodian twice", |it| {
            it.custodians = vec![0x21, 0x21];
        }),
        bad("other-chain", wrong, "chain id", |it| it.chain_id = 1),
        bad("other-port", wrong, "port", |it| it.port = [1; 20]),
        bad("other-sender", wrong, "sender", |it| it.sender = [1; 20]),
        bad("other-responder", wrong, "responder", |it| {
            it.responder = [1; 20];
        }),
        bad(
            "other-key",
            AUTHENTICATION,
            "sealed to another than the custodian",
            |it| it.keys[0] = 0x77,
        ),
        bad(
            "no-digest",
            AUTHENTICATION,
            "a layer that does not bind the responder",
            |it| it.digest = [0; 32],
        ),
        bad(
            "other-responder-key",
            AUTHENTICATION,
            "the inner message to another than the responder",
            |it| it.responder_key = 0x77,
        ),
        bad(
            "inner-epoch-0",
            "malformed",
            "the inner message names epoch 0",
            |it| it.inner.0[2..6].fill(0),
        ),
        bad(
            "inner-zero",
            "malformed",
            "the inner message holds a secret of zero",
            |it| it.inner.1[..32].fill(0),
        ),
        edited("magic", "malformed", "another magic", |it| it[0] ^= 1),
        edited("longer", "malformed", "a byte after the layers", |it| {
            it.push(0);
        }),
        edited("too-long", "malformed", "32,769 bytes", |it| {
            it.resize(32_769, 0);
        }),
        edited(
            "layer-flipped",
            AUTHENTICATION,
            "a layer altered before the commitment",
            |it| it[200] ^= 1,
        ),
        edited(
            "layer-off-curve",
            "malformed",
            "enc of a layer is no point",
            |it| it[78 + 22 + 64] ^= 1,
        ),
        edited(
            "other-layer-off-curve",
            "malformed",
            "enc of another custodian's layer is no point",
            |it| {
                let second = 78 + 22 + usize::from(u16::from_be_bytes([it[98], it[99]])) + 22;
                it[second + 64] ^= 1;
            },
        ),
        edited("layer-short", "malformed", "a layer of 80 bytes", |it| {
            it[77] = 1;
            it[98..100].copy_from_slice(&80u16.to_be_bytes());
            it.truncate(78 + 22 + 80);
        }),
        edited("layer-long", "malformed", "a layer of 8,193 bytes", |it| {
            it[77] = 1;
            it[98..100].copy_from_slice(&8_193u16.to_be_bytes());
            it.resize(78 + 22 + 8_193, 0);
        }),
    ];
    for length in [0, 8, 9, 17, 37, 57, 77, 78, 98, 100, 165, 400] {
        let about = format!("cut to {length} bytes");
        cases.push(edited(
            &format!("cut-{length:03}"),
            "malformed",
            &about,
            |it| it.truncate(length),
        ));
    }
    cases
}
