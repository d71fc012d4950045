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
use patientport_client::chain::{LogQuery, SolCall, SolEvent};
use patientport_client::core::abi::IPatientPort::{
    SecretsSealed, historyHeadCall, holdersCall, infoCall, sectionKeysCall,
};
use patientport_client::core::abi::IRegistry::{PortIssued, isPortCall, providerCall};
use patientport_client::core::keys::{PublicKey, SecretKey};
use patientport_client::core::section::SectionSet;
use patientport_client::core::text::{DenialText, RequestText, Rights};
use patientport_client::history::{Head, History, history};
use patientport_client::port::{DenialReason, RequestState};
use patientport_client::primitives::{Address, B256, Bytes, U64};
use patientport_client::records;
use patientport_client::registry::Registry;
use patientport_client::rotation::LeftOut;
use patientport_client::stale::{Cause, stale_sections};
use patientport_client::{Chain, Class, Error, Keyring, NotAPortReason, Port, Timestamp};
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
        if called::<holdersCall>(method, params).is_some() {
            let mut holders = returned::<holdersCall>(answer);
            let mut forged = holders[0].clone();
            forged.access.reader = invented;
            holders.push(forged);
            *answer = json!(Bytes::from(holdersCall::abi_encode_returns(&holders)));
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

/// A lie about a port's log: its events, and the times of blocks, as JSON-RPC has them.
type LogLie = fn(&mut Vec<Value>);

/// The same port through a node that alters the log of the port, and what it shows as its head if one is given.
async fn with_log(story: &Story, alter: LogLie, head: Option<Head>) -> Port {
    let port = story.port.address();
    let lie = move |method: &str, params: &Value, answer: &mut Value| {
        if method == "eth_getLogs" && params[0]["address"] == json!(port) {
            alter(answer.as_array_mut().unwrap());
        } else if let (Some(head), Some(_)) = (head, called::<historyHeadCall>(method, params)) {
            *answer = json!(head.word());
        }
    };
    seen_through(lying(&story.world.chain, lie).await, &story.port).await
}

fn secrets_hidden(logs: &mut Vec<Value>) {
    logs.retain(|log| log["topics"][0] != json!(SecretsSealed::SIGNATURE_HASH));
}

#[tokio::test]
async fn a_node_that_drops_or_alters_an_event_or_a_time_is_caught() {
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
    story
        .world
        .add(&story.port, &story.clinic, 0, b"text")
        .await;
    let honest = history(&story.port).await.unwrap();
    let count = honest.events().len();

    let lies: [(&str, LogLie); 9] = [
        ("the first event dropped", |logs| drop(logs.remove(0))),
        ("secrets hidden", secrets_hidden),
        ("the last event dropped", |logs| drop(logs.pop())),
        ("nothing shown", Vec::clear),
        ("a byte of the data changed", |logs| {
            let mut data: Vec<u8> = serde_json::from_value::<Bytes>(logs[2]["data"].clone())
                .unwrap()
                .into();
            *data.last_mut().unwrap() ^= 1;
            logs[2]["data"] = json!(Bytes::from(data));
        }),
        ("another recipient", |logs| {
            logs[2]["topics"][1] = json!(B256::repeat_byte(9));
        }),
        ("an event twice", |logs| {
            let mut twice = logs[0].clone();
            twice["logIndex"] = json!("0x63");
            logs.insert(1, twice);
        }),
        ("two events swapped", |logs| {
            let first = logs[1]["logIndex"].take();
            logs[1]["logIndex"] = logs[2]["logIndex"].take();
            logs[2]["logIndex"] = first;
        }),
        ("an event moved into an earlier block", |logs| {
            let block = logs[0]["blockNumber"].clone();
            logs.last_mut().unwrap()["blockNumber"] = block;
        }),
    ];
    for (what, lie) in lies {
        let port = with_log(&story, lie, None).await;
        let caught = history(&port).await.unwrap_err();
        assert_eq!(caught.code(), "history.mismatch", "{what}");
        assert_eq!(caught.class(), Class::Refused, "{what}");
    }

    // A wrong time is caught where events and blocks agree on it; where only the events are wrong, the blocks are
    // believed.
    let late = |answer: &mut Value, member: &str| {
        let time: U64 = serde_json::from_value(answer[member].clone()).unwrap();
        answer[member] = json!(time + U64::from(1));
    };
    for (blocks_too, caught) in [(true, true), (false, false)] {
        let lie = move |method: &str, _: &Value, answer: &mut Value| match method {
            "eth_getLogs" => {
                for log in answer.as_array_mut().unwrap() {
                    late(log, "blockTimestamp");
                }
            }
            "eth_getBlockByNumber" if blocks_too => late(answer, "timestamp"),
            _ => {}
        };
        let port = seen_through(lying(&story.world.chain, lie).await, &story.port).await;
        let read = history(&port).await;
        assert_eq!(read.is_err(), caught);
        let at = |history: &History| history.events().iter().map(|it| it.at).collect::<Vec<_>>();
        if let Ok(read) = read {
            assert_eq!(at(&read), at(&honest));
        }
    }

    // Whatever rests on the log is refused with it: secrets, requests, stale sections, records.
    let port = with_log(&story, |logs| drop(logs.pop()), None).await;
    let entry = port.request(id).await.unwrap();
    let ring = story.world.keyring(&story.port, &story.patient).await;
    for refused in [
        patient_at(&port, &story.patient).await.map(drop),
        Keyring::collect(&port, clinic, &story.clinic.identity)
            .await
            .map(drop),
        access::read_request(&port, &entry, &story.patient.identity)
            .await
            .map(drop),
        access::read_denial(&port, &entry, &story.clinic.identity)
            .await
            .map(drop),
        stale_sections(&port, NO_CLOCK).await.map(drop),
        records::fetch(&port, 1, &ring, &story.world.store)
            .await
            .map(drop),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.code(), "history.mismatch");
        let told = format!("tells of `{}` of the `{count}` events", count - 1);
        assert!(error.to_string().contains(&told), "{error}");
    }
}

#[tokio::test]
async fn a_node_that_is_behind_for_a_moment_is_asked_again() {
    let story = story().await;
    let looks = Arc::new(AtomicU32::new(0));
    let port = story.port.address();
    let lie = move |method: &str, params: &Value, answer: &mut Value| {
        if method == "eth_getLogs"
            && params[0]["address"] == json!(port)
            && looks.fetch_add(1, Ordering::SeqCst) < 2
        {
            answer.as_array_mut().unwrap().pop();
        }
    };
    let port = seen_through(lying(&story.world.chain, lie).await, &story.port).await;
    let read = history(&port).await.unwrap();
    assert_eq!(read.head(), story.port.history_head().await.unwrap());
}

#[tokio::test]
async fn a_node_that_hides_the_present_secret_does_not_cut_off_the_past() {
    let mut story = story().await;
    // It makes up a head that fits what it shows: the history says nothing against it.
    let honest = history(&story.port).await.unwrap();
    let query = LogQuery::of(story.port.address(), story.port.from_block());
    let logs = story.world.chain.logs(&query).await.unwrap();
    let mut forged = Head::default();
    for (log, event) in logs.iter().zip(honest.events()) {
        if log.topic0() != Some(&SecretsSealed::SIGNATURE_HASH) {
            forged = forged.folded(&log.inner.data, event.at);
        }
    }
    let port = with_log(&story, secrets_hidden, Some(forged)).await;
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
async fn a_port_is_known_by_its_code_whatever_registry_and_node_say() {
    let story = story().await;
    let honest = story.port.registry();
    let (port, code) = (story.port.address(), *story.port.code());
    assert_eq!(code.patient, story.patient.account());
    assert_eq!(code.issuer, story.clinic.account());
    assert_eq!(code.registry, honest.address());
    assert_eq!(code.number, 1);
    // Code with other parties: the address gives it away, whoever vouches for it.
    let bytes = story.world.chain.code(port).await.unwrap();
    for (range, reason) in [
        (10..30, NotAPortReason::NotIssued),
        (65..85, NotAPortReason::NotIssued),
        (85..105, NotAPortReason::NotIssued),
        (105..109, NotAPortReason::NotIssued),
        (
            45..65,
            NotAPortReason::OtherRegistry(Address::repeat_byte(0x66)),
        ),
        (0..10, NotAPortReason::NotAClone),
        (30..45, NotAPortReason::NotAClone),
    ] {
        let mut forged = bytes.to_vec();
        forged[range].fill(0x66);
        let forged = Bytes::from(forged);
        let lie = move |method: &str, params: &Value, answer: &mut Value| {
            if method == "eth_getCode" && params[0] == json!(port) {
                *answer = json!(forged);
            } else if called::<isPortCall>(method, params).is_some() {
                *answer = json!(B256::with_last_byte(1));
            }
        };
        let chain = lying(&story.world.chain, lie).await;
        let registry = Registry::known(chain, honest.address(), honest.from_block());
        for refused in [
            Port::open(&registry, port).await,
            Port::known(&registry, port).await,
        ] {
            let error = refused.unwrap_err();
            assert!(
                matches!(error, Error::NotAPort { reason: found, .. } if found == reason),
                "{error:?}"
            );
        }
    }
    // A view, or the registry's log, that names others than the code.
    let lies: [fn(&str, &Value, &mut Value); 2] = [
        |method, params, answer| {
            if called::<infoCall>(method, params).is_some() {
                let mut info = returned::<infoCall>(answer);
                info.issuer = Address::repeat_byte(0x66);
                *answer = json!(Bytes::from(infoCall::abi_encode_returns(&info)));
            }
        },
        |method, params, answer| {
            let issued = json!([PortIssued::SIGNATURE_HASH]);
            if method == "eth_getLogs" && params[0]["topics"][0] == issued {
                answer[0]["topics"][3] = json!(Address::repeat_byte(0x66).into_word());
            }
        },
    ];
    for lie in lies {
        let chain = lying(&story.world.chain, lie).await;
        let registry = Registry::known(chain, honest.address(), honest.from_block());
        let error = Port::open(&registry, port).await.unwrap_err();
        assert!(
            matches!(
                error,
                Error::NotAPort {
                    reason: NotAPortReason::OtherParties,
                    ..
                }
            ),
            "{error:?}"
        );
    }
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
        if called::<holdersCall>(method, params).is_some() {
            let one = returned::<holdersCall>(answer)[0].clone();
            let many = vec![one; 129];
            *answer = json!(Bytes::from(holdersCall::abi_encode_returns(&many)));
        }
    };
    let port = seen_through(lying(&story.world.chain, lie).await, &story.port).await;
    let crowded = port.holders(NO_CLOCK).await.unwrap_err();
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
