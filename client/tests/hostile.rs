//! What a patient is safe from when the node lies, and when readers or the registry get in the way.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod liar;
#[expect(
    dead_code,
    reason = "shared by the tests, each of which needs a part of it"
)]
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use liar::lying;
use patientport_client::access::{self, Terms};
use patientport_client::chain::{SolCall, SolEvent};
use patientport_client::core::abi::IPatientPort::{
    SecretsSealed, infoCall, readersCall, sectionKeysCall,
};
use patientport_client::core::abi::IRegistry::{isPortCall, providerCall};
use patientport_client::core::keys::{PublicKey, SecretKey};
use patientport_client::core::section::SectionSet;
use patientport_client::core::text::{DenialText, RequestText, Rights};
use patientport_client::port::{DenialReason, RequestState};
use patientport_client::primitives::{Address, B256, Bytes};
use patientport_client::registry::Registry;
use patientport_client::rotation::LeftOut;
use patientport_client::stale::{Cause, stale_sections};
use patientport_client::{Chain, Error, Port, Timestamp};
use serde_json::{Value, json};
use world::{
    NO_CLOCK, Person, World, grantee, increase_time, named, patient_at, section, sections, world,
};

/// A key that nobody in the story has.
fn thief() -> PublicKey {
    SecretKey::from_bytes(&[0xEE; 32]).unwrap().public()
}

/// The call inside an `eth_call`, if it is a `C`.
fn called<C: SolCall>(method: &str, params: &Value) -> Option<C> {
    let input: Bytes = serde_json::from_value(params[0]["input"].clone()).ok()?;
    (method == "eth_call").then(|| C::abi_decode(&input).ok())?
}

/// What an `eth_call` of a `C` returned.
fn returned<C: SolCall>(answer: &Value) -> C::Return {
    let output: Bytes = serde_json::from_value(answer.clone()).unwrap();
    C::abi_decode_returns(&output).unwrap()
}

/// The same port, seen through another node.
async fn seen_through(chain: Chain, port: &Port) -> Port {
    let known = port.registry();
    let registry = Registry::known(chain, known.address(), known.from_block());
    Port::known(&registry, port.address()).await.unwrap()
}

/// A claimed port with sections 0 and 1, and a reader of section 0.
struct Story {
    world: World,
    clinic: Person,
    reader: Person,
    patient: Person,
    port: Port,
}

async fn story() -> Story {
    let mut world = world().await;
    let clinic = world.verified_provider(1, "Primary Care", None).await;
    let reader = world.verified_provider(2, "Cardiology", None).await;
    let patient = world.person(4);
    let port = world
        .claimed_port(&clinic, &patient, &[(0, "general"), (1, "heart")])
        .await;
    let acting = world.patient(&port, &patient).await;
    let to = grantee(&port, reader.account(), None).await;
    let terms = terms(&world, &[0], Rights::Read).await;
    let grant = acting.grant(&to, &terms, NO_CLOCK, &mut world.rng).await;
    let grant = grant.unwrap().transaction;
    grant.send(&patient.signer).await.unwrap();
    Story {
        world,
        clinic,
        reader,
        patient,
        port,
    }
}

async fn terms(world: &World, of: &[u8], rights: Rights) -> Terms {
    Terms {
        sections: sections(of),
        until: Timestamp(world.now().await + 30 * 86_400),
        rights,
        allow_unverified: true,
        replace: false,
    }
}

#[tokio::test]
async fn a_node_that_shows_another_patient_key_later_is_given_nothing() {
    let mut story = story().await;
    // Honest at first, as long as the patient is looked at; another key from the second look on.
    let looks = Arc::new(AtomicU32::new(0));
    let lie = move |method: &str, params: &Value, answer: &mut Value| {
        if called::<infoCall>(method, params).is_some() && looks.fetch_add(1, Ordering::SeqCst) > 0
        {
            let mut info = returned::<infoCall>(answer);
            (info.keyX, info.keyParity) = (thief().x(), thief().parity());
            *answer = json!(Bytes::from(infoCall::abi_encode_returns(&info)));
        }
    };
    let port = seen_through(lying(&story.world.chain, lie).await, &story.port).await;
    let acting = patient_at(&port, &story.patient).await.unwrap();
    let plan = acting
        .plan(&named(&[(0, "")]), &[], NO_CLOCK)
        .await
        .unwrap();
    let keys = acting
        .new_keys(&plan, SectionSet::EMPTY, &mut story.world.rng)
        .unwrap();
    assert_eq!(keys.recipients[0].key, story.patient.identity.public());
    assert!(keys.recipients.iter().all(|it| it.key != thief()));
    // A node that lies from the start is found out before anything is sealed.
    let error = patient_at(&port, &story.patient).await.unwrap_err();
    assert!(matches!(error, Error::WrongPatientKey { .. }), "{error:?}");
    let error = patient_at(&story.port, &story.reader).await.unwrap_err();
    assert!(matches!(error, Error::NotThePatient { .. }), "{error:?}");
}

#[tokio::test]
async fn readers_that_a_node_invents_are_named_and_can_be_left_out() {
    let mut story = story().await;
    let invented = story.clinic.account();
    let lie = move |method: &str, params: &Value, answer: &mut Value| {
        if called::<readersCall>(method, params).is_some() {
            let mut readers = returned::<readersCall>(answer);
            let mut forged = readers[0].clone();
            forged.reader = invented;
            readers.push(forged);
            *answer = json!(Bytes::from(readersCall::abi_encode_returns(&readers)));
        }
    };
    let port = seen_through(lying(&story.world.chain, lie).await, &story.port).await;
    let acting = patient_at(&port, &story.patient).await.unwrap();
    let mut plan = acting
        .plan(&named(&[(0, "")]), &[], NO_CLOCK)
        .await
        .unwrap();
    let planned: Vec<_> = plan.recipients().iter().map(|it| it.account).collect();
    assert_eq!(planned, [story.reader.account(), invented]);
    plan.leave_out(|it| (it.account == invented).then_some(LeftOut::Unknown));
    let keys = acting
        .new_keys(&plan, SectionSet::EMPTY, &mut story.world.rng)
        .unwrap();
    assert!(
        keys.rotation
            .sealed_
            .iter()
            .all(|it| it.recipient != invented)
    );
    // And if it is not left out, the port refuses: it has no live grant.
    let plan = acting
        .plan(&named(&[(0, "")]), &[], NO_CLOCK)
        .await
        .unwrap();
    let keys = acting.new_keys(&plan, SectionSet::EMPTY, &mut story.world.rng);
    let rotation = story.port.rotate(keys.unwrap().rotation);
    let refused = rotation.send(&story.patient.signer).await.unwrap_err();
    assert_eq!(refused.code(), "access.no_live_grant");
}

#[tokio::test]
async fn a_node_that_hides_the_present_secret_does_not_cut_off_the_past() {
    let mut story = story().await;
    let lie = |method: &str, _: &Value, answer: &mut Value| {
        if method == "eth_getLogs" {
            let logs = answer.as_array_mut().unwrap();
            logs.retain(|log| log["topics"][0] != json!(SecretsSealed::SIGNATURE_HASH));
        }
    };
    let port = seen_through(lying(&story.world.chain, lie).await, &story.port).await;
    let acting = patient_at(&port, &story.patient).await.unwrap();
    let plan = acting
        .plan(&named(&[(0, "")]), &[], NO_CLOCK)
        .await
        .unwrap();
    let refused = acting
        .new_keys(&plan, SectionSet::EMPTY, &mut story.world.rng)
        .unwrap_err();
    assert_eq!(refused.code(), "section.current_secret_missing");
    let keys = acting.new_keys(&plan, sections(&[0]), &mut story.world.rng);
    assert!(keys.is_ok(), "it was abandoned by name");
}

#[tokio::test]
async fn a_section_key_of_the_nodes_own_is_not_sealed_to() {
    let mut story = story().await;
    let lie = |method: &str, params: &Value, answer: &mut Value| {
        if called::<sectionKeysCall>(method, params).is_some() {
            let mut keys = returned::<sectionKeysCall>(answer);
            for key in keys.iter_mut().filter(|key| key.epoch != 0) {
                (key.keyX, key.keyParity) = (thief().x(), thief().parity());
            }
            *answer = json!(Bytes::from(sectionKeysCall::abi_encode_returns(&keys)));
        }
    };
    let port = seen_through(lying(&story.world.chain, lie).await, &story.port).await;
    let shown = port.section_key(section(0)).await.unwrap();
    for person in [&story.patient, &story.reader] {
        let ring = story.world.keyring(&port, person).await;
        let refused = ring.check(&shown).unwrap_err();
        assert_eq!(refused.code(), "section.wrong_key");
    }
    let acting = patient_at(&port, &story.patient).await.unwrap();
    let to = grantee(&port, story.clinic.account(), None).await;
    let terms = terms(&story.world, &[1], Rights::Read).await;
    let refused = acting
        .grant(&to, &terms, NO_CLOCK, &mut story.world.rng)
        .await;
    assert_eq!(refused.unwrap_err().code(), "section.wrong_key");
}

#[tokio::test]
async fn a_grant_widens_nothing_that_was_not_named() {
    let mut story = story().await;
    let acting = story.world.patient(&story.port, &story.patient).await;
    let to = grantee(&story.port, story.reader.account(), None).await;
    let write = terms(&story.world, &[1], Rights::ReadWrite).await;
    let refused = acting
        .grant(&to, &write, NO_CLOCK, &mut story.world.rng)
        .await;
    assert_eq!(refused.unwrap_err().code(), "access.rights_differ");
    // The same rights are united, and the new end of what is kept is told.
    let mut read = terms(&story.world, &[1], Rights::Read).await;
    read.until.0 += 86_400;
    let grant = acting
        .grant(&to, &read, NO_CLOCK, &mut story.world.rng)
        .await;
    let grant = grant.unwrap();
    assert_eq!(grant.reader.sections, sections(&[0, 1]));
    let kept = grant.changes[0];
    assert_ne!(kept.before.unwrap().until, kept.after.unwrap().until);
    assert_eq!(grant.changes[1].before, None);
}

#[tokio::test]
async fn a_reader_whose_time_is_up_gets_nothing_though_the_chain_stands_still() {
    let story = story().await;
    let acting = story.world.patient(&story.port, &story.patient).await;
    let until = story.port.access_of(story.reader.account(), NO_CLOCK).await;
    let until = until.unwrap().expiry.0;
    // No block has been made: only the clock knows.
    for (clock, expected) in [
        (until - 301, None),
        (until - 300, Some(LeftOut::Ending)),
        (until - 1, Some(LeftOut::Ending)),
    ] {
        let plan = acting
            .plan(&named(&[(0, "")]), &[], Timestamp(clock))
            .await
            .unwrap();
        let left_out: Vec<_> = plan.left_out().iter().map(|it| it.1).collect();
        assert_eq!(left_out, Vec::from_iter(expected), "{clock}");
    }
    let plan = acting
        .plan(&named(&[(0, "")]), &[], Timestamp(until))
        .await
        .unwrap();
    assert_eq!((plan.recipients(), plan.left_out()), (&[][..], &[][..]));
    let stale = stale_sections(&story.port, Timestamp(until)).await.unwrap();
    assert_eq!(stale.len(), 1);
    assert!(
        stale_sections(&story.port, Timestamp(until - 1))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_readers_new_key_makes_its_sections_stale_until_they_are_rotated() {
    let mut story = story().await;
    let registry = &story.world.registry;
    let new = SecretKey::from_bytes(&[0x77; 32]).unwrap();
    let change = registry.set_encryption_key(&new.public());
    change.send(&story.reader.signer).await.unwrap();
    let stale = stale_sections(&story.port, NO_CLOCK).await.unwrap();
    assert_eq!(stale.len(), 1);
    assert_eq!(stale[0].cause, Cause::KeyChanged);
    assert_eq!(
        (stale[0].section, stale[0].holder),
        (section(0), story.reader.account())
    );
    let acting = story.world.patient(&story.port, &story.patient).await;
    let plan = acting
        .plan(&named(&[(0, "")]), &[], NO_CLOCK)
        .await
        .unwrap();
    let keys = acting.new_keys(&plan, SectionSet::EMPTY, &mut story.world.rng);
    let rotation = story.port.rotate(keys.unwrap().rotation);
    rotation.send(&story.patient.signer).await.unwrap();
    assert_eq!(stale_sections(&story.port, NO_CLOCK).await.unwrap(), []);
}

#[tokio::test]
async fn neither_registry_nor_requester_keeps_a_patient_from_saying_no() {
    let mut story = story().await;
    let text = RequestText {
        purpose: "TREAT".into(),
        sections: sections(&[0]),
        until: None,
        rights: Rights::Read,
        text: String::new(),
    };
    let key = story.patient.identity.public();
    let (to, clinic) = ((story.patient.account(), &key), story.clinic.account());
    let asked = access::request(&story.port, to, clinic, clinic, &text, &mut story.world.rng);
    let report = asked.unwrap().send(&story.clinic.signer).await.unwrap();
    let id = access::made_request(&story.port, &report).unwrap();
    // The registry says of nobody who it is, and of no port that it is one.
    let lie = |method: &str, params: &Value, answer: &mut Value| {
        if called::<providerCall>(method, params).is_some() {
            *answer = json!("0x");
        } else if called::<isPortCall>(method, params).is_some() {
            *answer = json!(B256::ZERO);
        }
    };
    let port = seen_through(lying(&story.world.chain, lie).await, &story.port).await;
    let entry = port.request(id).await.unwrap();
    let words = DenialText { text: "no".into() };
    let denial = access::deny(
        &port,
        story.patient.account(),
        &entry,
        None,
        (DenialReason::Other, &words),
        &mut story.world.rng,
    );
    denial.unwrap().send(&story.patient.signer).await.unwrap();
    assert_eq!(port.request(id).await.unwrap().state, RequestState::Denied);
    // The remaining reader's key is not to be had: it is left out, and the rotation goes ahead.
    let acting = patient_at(&port, &story.patient).await.unwrap();
    let plan = acting
        .plan(&named(&[(0, "")]), &[], NO_CLOCK)
        .await
        .unwrap();
    let reader: Address = story.reader.account();
    assert_eq!(plan.left_out(), [(reader, LeftOut::NoAnswer)]);
    let keys = acting.new_keys(&plan, SectionSet::EMPTY, &mut story.world.rng);
    let rotation = port.rotate(keys.unwrap().rotation);
    rotation.send(&story.patient.signer).await.unwrap();
    increase_time(&story.world.node, 1).await;
}

#[tokio::test]
async fn answers_longer_than_asked_for_are_refused() {
    let story = story().await;
    let lie = |method: &str, params: &Value, answer: &mut Value| {
        if called::<readersCall>(method, params).is_some() {
            let one = returned::<readersCall>(answer)[0].clone();
            let many = vec![one; 101];
            *answer = json!(Bytes::from(readersCall::abi_encode_returns(&many)));
        }
    };
    let port = seen_through(lying(&story.world.chain, lie).await, &story.port).await;
    let crowded = port.readers(NO_CLOCK).await.unwrap_err();
    assert_eq!(crowded.code(), "rpc.invalid_response");
    let lie = |method: &str, _: &Value, answer: &mut Value| {
        if method == "eth_blockNumber" {
            *answer = json!("0".repeat(33 << 20));
        }
    };
    let chain = lying(&story.world.chain, lie).await;
    let endless = chain.block_number().await.unwrap_err();
    assert_eq!(endless.code(), "rpc.invalid_response");
}
