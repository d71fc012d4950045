//! What hostile authors, custodians and patients put on the chain with clients of their own.

use alloy_primitives::{B256, Bytes, hex};
use alloy_sol_types::SolCall;
use patientport_abi::{IPatientPort, IRegistry};
use patientport_tests::{Party, Run, TestContext, files_below, utf8};
use serde_json::Value;
use std::{fs, path::PathBuf};

/// A transaction of `party` with its own client.
fn call(context: &TestContext, party: &Party, to: &str, call: &impl SolCall) {
    context.call(party, to, &call.abi_encode());
}

/// Where the store keeps a blob.
fn place(context: &TestContext, hash: &B256) -> PathBuf {
    let name = hex::encode(hash);
    let directory = context.primary.store.join(&name[..2]).join(&name[2..4]);
    directory.join(format!("{name}.blob"))
}

/// Primary care commits to `head` as the next record of section 0, and stores it.
fn commit(context: &TestContext, head: &[u8]) {
    let hash = B256::from(*blake3::hash(head).as_bytes());
    let path = place(context, &hash);
    fs::create_dir_all(path.parent().expect("blobs are below")).expect("the store is writable");
    fs::write(path, head).expect("the store is writable");
    add(context, hash);
}

fn add(context: &TestContext, commitment: B256) {
    let add = IPatientPort::addCall {
        commitment,
        section: 0,
        epoch: 1,
    };
    call(context, &context.primary, &context.port, &add);
}

fn get(context: &TestContext, id: u32) -> Run {
    let out = context.path("out");
    let run = context.specialist.run(&format!(
        "record get {id} --port {} -o {}",
        context.port,
        utf8(&out)
    ));
    assert!(!out.exists(), "nothing of it is written");
    run
}

#[test]
fn records_that_repeat_others_or_do_not_open_are_named() {
    let context = TestContext::with_reader(b"first");
    let listed = context.patient.ok("record list");
    let commitment: B256 = listed["records"][0]["commitment"]
        .as_str()
        .and_then(|it| it.parse().ok())
        .expect("a hash");
    let genuine = fs::read(place(&context, &commitment)).expect("the head is stored");
    let altered = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut head = genuine.clone();
        change(&mut head);
        commit(&context, &head);
    };
    // 2: the same once more. 3: of a version that is not made yet. 4: sealed with another key. 5: no record.
    add(&context, commitment);
    altered(&|head| head[8] = 2);
    altered(&|head| *head.last_mut().expect("it is not empty") ^= 1);
    altered(&|head| head[0] ^= 1);
    get(&context, 2).failure(1, "record.duplicate");
    get(&context, 3).failure(1, "record.unsupported_version");
    get(&context, 4).failure(1, "record.authentication_failed");
    get(&context, 5).failure(1, "record.malformed");
    // None of them keeps the patient from the others.
    let listed = context.patient.ok("record list");
    let access: Vec<_> = listed["records"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["access"].clone())
        .collect();
    assert_eq!(
        access,
        [
            "open",
            "record.duplicate",
            "record.unsupported_version",
            "record.authentication_failed",
            "record.malformed"
        ]
    );
}

#[test]
fn erasing_what_repeats_a_record_takes_nothing_from_the_record() {
    let context = TestContext::with_reader(b"first");
    let patient = &context.patient;
    let listed = patient.ok("record list");
    let commitment: B256 = listed["records"][0]["commitment"]
        .as_str()
        .and_then(|it| it.parse().ok())
        .expect("a hash");
    // 2: its author once more. 3: somebody else in a place that the head does not name.
    add(&context, commitment);
    let forged = IPatientPort::addCall {
        commitment,
        section: 0,
        epoch: 1,
    };
    call(&context, patient, &context.port, &forged);
    for copy in [2, 3] {
        let erased = patient.ok(&format!("record erase {copy}"));
        assert_eq!(erased["complete"], false, "{erased:#}");
        let copies = erased["copies"].as_array().expect("a list");
        assert!(
            copies.iter().all(|it| it["outcome"] == "kept"),
            "{erased:#}"
        );
        let got = patient.ok(&format!(
            "record get 1 --force -o {}",
            utf8(&context.path("out"))
        ));
        assert_eq!(got["id"], 1);
    }
    // A copy keeps nobody from erasing the record.
    call(&context, patient, &context.port, &forged);
    let erased = patient.ok("record erase 1");
    assert_eq!(erased["complete"], true, "{erased:#}");
    assert!(!place(&context, &commitment).exists());
}

#[test]
fn a_provider_that_publishes_no_key_is_given_none() {
    let context = TestContext::with_port();
    let shown = context.patient.ok("port show");
    let registry = shown["registry"].as_str().expect("an address");
    let register = IRegistry::registerProviderCall {
        kind: 1,
        npi: 0,
        // No point of the curve has this x-coordinate.
        keyX: B256::with_last_byte(5),
        keyParity: 0,
        identityProfile: Bytes::from_static(br#"{"name":"Nobody"}"#),
        contactProfile: Bytes::from_static(b"{}"),
    };
    call(&context, &context.stranger, registry, &register);
    context
        .patient
        .run(&format!(
            "access grant {} --section 0 --until 30d --allow-unverified",
            context.stranger.address
        ))
        .failure(1, "key.none");
}

/// The stranger as custodian, the specialist armed without delay for section 0, the glass broken.
fn broken() -> TestContext {
    let context = TestContext::with_port();
    let card = context.stranger.ok("identity card")["card"].clone();
    let card = card.as_str().expect("a card is a line");
    context
        .patient
        .ok(&format!("emergency custodian set 0 {card}"));
    context.patient.ok(&format!(
        "emergency arm {} --section 0 --delay 0s --window 2d",
        context.specialist.address
    ));
    context
        .specialist
        .ok(&format!("emergency break --port {} --text x", context.port));
    context
}

/// The x-coordinate and parity of a public key in an identity's card.
fn key_of(card: &Value) -> (B256, u8) {
    let card = card["card"].as_str().expect("a card is a line");
    let key = card.split([':', '#']).nth(2).expect("a card has a key");
    let bytes = hex::decode(key).expect("a key is hexadecimal");
    (B256::from_slice(&bytes[1..]), bytes[0] & 1)
}

fn set_custodian(context: &TestContext, account: &Party, card: &Value) {
    let (key, parity) = key_of(card);
    let set = IPatientPort::setCustodianCall {
        index: 0,
        account: account.address.parse().expect("an address"),
        keyX: key,
        keyParity: parity,
    };
    call(context, &context.patient, &context.port, &set);
}

#[test]
fn a_package_that_was_made_for_other_custodians_or_is_none_is_not_released() {
    let context = broken();
    let release = |party: &Party, more: &str| {
        party.run(&format!("emergency release --port {} {more}", context.port))
    };
    // Named with another key, with a client that makes no new package.
    context.stranger.ok("identity new other --scrypt-log-n 13");
    let card = context.stranger.ok("identity card other");
    set_custodian(&context, &context.stranger, &card);
    release(&context.stranger, "--identity other").failure(1, "emergency.sealed_otherwise");
    // Another custodian altogether.
    set_custodian(&context, &context.owner, &context.owner.ok("identity card"));
    release(&context.owner, "").failure(1, "emergency.no_layer");
    // Bytes that are committed to, and no package.
    let bytes = b"PPORTEMG\x02";
    let hash = B256::from(*blake3::hash(bytes).as_bytes());
    let path = place(&context, &hash);
    fs::create_dir_all(path.parent().expect("blobs are below")).expect("the store is writable");
    fs::write(&path, bytes).expect("the store is writable");
    let set = IPatientPort::setPackageCall {
        responder: context.specialist.address.parse().expect("an address"),
        package: hash,
    };
    call(&context, &context.patient, &context.port, &set);
    release(&context.owner, "").failure(1, "emergency.malformed_package");
    assert!(files_below(&context.primary.store).len() > 1);
}
