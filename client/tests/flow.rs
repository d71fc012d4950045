//! The whole job once, on an embedded chain that runs the real contracts.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod world;

use patientport_client::access::{self, Terms};
use patientport_client::core::abi::IPatientPort::IPatientPortEvents;
use patientport_client::core::section::SectionSet;
use patientport_client::core::text::{DenialText, RequestText, Rights};
use patientport_client::history::history;
use patientport_client::port::{
    AccessState, DenialReason, RecordState, RequestState, RetractionReason, RevocationReason,
};
use patientport_client::primitives::Address;
use patientport_client::records;
use patientport_client::rotation::first_keys;
use patientport_client::stale::stale_sections;
use patientport_client::store::{BlobId, BlobStore, DirectoryStore};
use patientport_client::{
    Actor, BlobPart, Chain, Class, Error, NotAPortReason, Options, Port, Registry, Signer,
    Timestamp,
};
use stylus_devnode::{Config, DevNode};
use world::{NO_CLOCK, Person, World, grantee, increase_time, named, section, sections, world};

#[tokio::test]
async fn a_patient_grants_access_and_takes_it_back() {
    let mut world = world().await;
    let clinic = world
        .verified_provider(1, "Primary Care", Some("1234567893"))
        .await;
    let specialist = world.verified_provider(2, "Cardiology", None).await;
    let other = world.verified_provider(3, "Radiology", None).await;
    let patient = world.person(4);

    // Issue and claim.
    let report = world
        .registry
        .issue(patient.account())
        .send(&clinic.signer)
        .await
        .unwrap();
    let address = world.registry.issued_port(&report).unwrap();
    let port = Port::open(&world.registry, address).await.unwrap();
    assert_eq!(port.from_block(), report.block);
    for account in [clinic.account(), patient.account()] {
        let issued = world.registry.ports_of(account).await.unwrap();
        assert_eq!(
            issued.iter().map(|issued| issued.port).collect::<Vec<_>>(),
            [address]
        );
    }
    let unclaimed = port.claimed_info().await.unwrap_err();
    assert_eq!(unclaimed.code(), "port.not_claimed");
    let first = first_keys(
        &port,
        patient.account(),
        &patient.identity.public(),
        &named(&[(0, "general"), (1, "heart"), (2, "")]),
        &mut world.rng,
    )
    .unwrap();
    let claim = port.claim(&patient.identity.public(), first.rotation);
    let denied = claim.send(&clinic.signer).await.unwrap_err();
    assert_eq!(denied.code(), "access.denied");
    assert!(
        denied
            .to_string()
            .contains("only the port's patient may `claim`"),
        "{denied}"
    );
    claim.send(&patient.signer).await.unwrap();
    let info = port.claimed_info().await.unwrap();
    assert_eq!(info.patient_key().unwrap(), patient.identity.public());
    assert_eq!(info.primary_care, Some(clinic.account()));
    let ring = world.keyring(&port, &patient).await;
    assert_eq!(ring.held().count(), 3);
    assert_eq!(
        (ring.name(section(1)), ring.name(section(2))),
        (Some("heart"), None)
    );

    // Primary care adds without being able to read; the patient reads.
    let payload: Vec<u8> = (0..200_000_u32).map(|index| (index % 251) as u8).collect();
    let record = world.add(&port, &clinic, 1, &payload).await;
    assert_eq!(world.read(&port, &patient, record).await.unwrap(), payload);
    let refused = world.read(&port, &clinic, record).await.unwrap_err();
    assert_eq!(refused.code(), "section.no_matching_key");

    hostile_blobs(&world, &port, &patient, record, &payload).await;

    // Request, approve, fetch.
    let text = RequestText {
        purpose: "TREAT".into(),
        sections: sections(&[1]),
        until: None,
        rights: Rights::Read,
        text: "for the visit on Monday".into(),
    };
    let account = specialist.account();
    let to = (patient.account(), &patient.identity.public());
    let asked = access::request(&port, to, account, account, &text, &mut world.rng).unwrap();
    let report = asked.send(&specialist.signer).await.unwrap();
    let request = access::made_request(&port, &report).unwrap();
    let entry = port.request(request).await.unwrap();
    assert_eq!(entry.state, RequestState::Pending);
    let read = access::read_request(&port, &entry, &patient.identity)
        .await
        .unwrap();
    assert_eq!(read, text);
    let until = Timestamp(world.now().await + 30 * 86_400);
    let terms = Terms {
        sections: sections(&[1]),
        until,
        rights: Rights::Read,
        allow_unverified: false,
        replace: false,
    };
    let acting = world.patient(&port, &patient).await;
    let to = grantee(&port, account, Some(request)).await;
    let approval = acting
        .grant(&to, &terms, NO_CLOCK, &mut world.rng)
        .await
        .unwrap();
    assert_eq!(approval.reader.key, specialist.identity.public());
    assert!(approval.lost().is_empty());
    approval.transaction.send(&patient.signer).await.unwrap();
    let replayed = approval
        .transaction
        .send(&patient.signer)
        .await
        .unwrap_err();
    assert_eq!(replayed.code(), "request.not_pending");
    assert_eq!(replayed.class(), Class::Refused);
    assert!(port.has_access(account, section(1)).await.unwrap());
    assert_eq!(
        world.read(&port, &specialist, record).await.unwrap(),
        payload
    );

    // A second reader, who stays. It may write, too.
    let grant = Terms {
        rights: Rights::ReadWrite,
        sections: sections(&[0, 1]),
        ..terms
    };
    let reader = other.account();
    let to = grantee(&port, reader, None).await;
    acting
        .grant(&to, &grant, NO_CLOCK, &mut world.rng)
        .await
        .unwrap()
        .transaction
        .send(&patient.signer)
        .await
        .unwrap();
    let by_reader = world.add(&port, &other, 0, b"a picture").await;

    // Revoke and rotate at once; what comes after is closed to the revoked reader on chain and off.
    let revocation = revocation(&mut world, &acting, account).await;
    let keys = revocation.keys.as_ref().unwrap();
    assert_eq!(keys.sections(), sections(&[1]));
    let given: Vec<_> = keys
        .recipients
        .iter()
        .map(|recipient| recipient.account)
        .collect();
    assert_eq!(given, [patient.account(), reader]);
    revocation.transaction.send(&patient.signer).await.unwrap();
    assert!(stale_sections(&port, NO_CLOCK).await.unwrap().is_empty());
    assert!(!port.has_access(account, section(1)).await.unwrap());
    assert_eq!(
        port.access_of(account, NO_CLOCK).await.unwrap().state,
        AccessState::Revoked
    );
    let later = world.add(&port, &clinic, 1, b"after the revocation").await;
    let refused = world.read(&port, &specialist, later).await.unwrap_err();
    assert_eq!(refused.code(), "section.no_matching_key");
    let entry = port.record(later).await.unwrap();
    let head = records::fetch_head(&port, &entry, world.store.as_ref()).unwrap();
    let former = world.keyring(&port, &specialist).await;
    for (section, epoch) in former.held() {
        let secret = former.secret(section, epoch).unwrap();
        assert!(
            head.unlock(secret).is_err(),
            "an old secret opened a new record"
        );
    }
    let key = port.section_key(section(1)).await.unwrap();
    let denied = port
        .add(entry.commitment, section(1), key.epoch)
        .send(&specialist.signer)
        .await
        .unwrap_err();
    assert_eq!(denied.code(), "access.denied");

    // Patient and remaining reader read everything, old epoch (through the link) and new.
    for person in [&patient, &other] {
        assert_eq!(world.read(&port, person, record).await.unwrap(), payload);
        assert_eq!(
            world.read(&port, person, later).await.unwrap(),
            b"after the revocation"
        );
        assert_eq!(
            world.read(&port, person, by_reader).await.unwrap(),
            b"a picture"
        );
    }

    // What was composed before a rotation does not land after it.
    let stale_epoch = port
        .add(entry.commitment, section(1), key.epoch - 1)
        .send(&clinic.signer)
        .await
        .unwrap_err();
    assert_eq!(stale_epoch.code(), "section.stale_epoch");

    // Retract, and the whole story in order.
    let retraction = port.retract(later, RetractionReason::EnteredInError);
    retraction.send(&clinic.signer).await.unwrap();
    let states: Vec<_> = port
        .records()
        .await
        .unwrap()
        .iter()
        .map(|entry| entry.state)
        .collect();
    assert_eq!(
        states,
        [
            RecordState::Current,
            RecordState::Current,
            RecordState::Retracted
        ]
    );
    let history = history(&port).await.unwrap();
    assert_eq!(history.head(), port.info().await.unwrap().history_head);
    let events = history.events();
    assert_eq!(history.head().length(), events.len() as u64);
    let kinds: Vec<_> = events.iter().map(|event| kind(&event.event)).collect();
    assert_eq!(
        kinds,
        [
            "Claimed",
            "SectionsRotated",
            "SecretsSealed",
            "RecordAdded",
            "RequestMade",
            "AccessGranted",
            "AccessGranted",
            "RecordAdded",
            "AccessRevoked",
            "SectionsRotated",
            "SecretsSealed",
            "SecretsSealed",
            "RecordAdded",
            "RecordRetracted",
        ]
    );
    let order: Vec<_> = events
        .iter()
        .map(|e| (e.emitted.block, e.emitted.index))
        .collect();
    assert!(order.is_sorted());
    assert!(events.is_sorted_by_key(|event| event.at));
}

/// Every way in which a store can lie about a record is told apart, and none releases a payload.
async fn hostile_blobs(world: &World, port: &Port, patient: &Person, id: u32, payload: &[u8]) {
    let entry = port.record(id).await.unwrap();
    let store = DirectoryStore::create_in(world.directory.path()).unwrap();
    let head = records::verify_blobs(port, &entry, &store).unwrap();
    let files = [
        (store.path_of(&BlobId(entry.commitment)), BlobPart::Head),
        (store.path_of(&BlobId(head.body_hash())), BlobPart::Body),
    ];
    for (path, part) in &files {
        let good = std::fs::read(path).unwrap();
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let longer = [good.as_slice(), b"x"].concat();
        let other = std::fs::read(&files[usize::from(*part == BlobPart::Head)].0).unwrap();
        for bad in [
            &flipped,
            &good[..good.len() - 1].to_vec(),
            &longer,
            &other,
            &Vec::new(),
        ] {
            std::fs::write(path, bad).unwrap();
            let error = world.read(port, patient, id).await.unwrap_err();
            assert!(
                matches!(error, Error::CommitmentMismatch { id: of, part: what } if of == id && what == *part),
                "{error:?}"
            );
            assert_eq!(
                records::verify_blobs(port, &entry, &store)
                    .unwrap_err()
                    .code(),
                error.code()
            );
        }
        std::fs::remove_file(path).unwrap();
        let error = world.read(port, patient, id).await.unwrap_err();
        assert_eq!(
            (error.code(), error.class()),
            ("record.missing_blob", Class::Refused)
        );
        // Storing it again, over a damaged copy too, repairs it.
        std::fs::write(path, &flipped).unwrap();
        store.put(&good).unwrap();
        assert_eq!(world.read(port, patient, id).await.unwrap(), payload);
    }
}

#[tokio::test]
async fn denials_expired_grants_and_false_ports_are_told_plainly() {
    let mut world = world().await;
    let clinic = world.verified_provider(1, "Primary Care", None).await;
    let specialist = world.verified_provider(2, "Cardiology", None).await;
    let patient = world.person(4);
    let port = world.claimed_port(&clinic, &patient, &[(0, "")]).await;
    let address = port.address();

    // A denial reaches the requester.
    let text = RequestText {
        purpose: "TREAT".into(),
        sections: SectionSet::EMPTY,
        until: None,
        rights: Rights::Read,
        text: String::new(),
    };
    let account = specialist.account();
    let to = (patient.account(), &patient.identity.public());
    let asked = access::request(&port, to, account, account, &text, &mut world.rng).unwrap();
    let report = asked.send(&specialist.signer).await.unwrap();
    let request = access::made_request(&port, &report).unwrap();
    let words = DenialText {
        text: "not now".into(),
    };
    let entry = port.request(request).await.unwrap();
    access::deny(
        &port,
        patient.account(),
        &entry,
        Some(&specialist.identity.public()),
        (DenialReason::NotNeeded, &words),
        &mut world.rng,
    )
    .unwrap()
    .send(&patient.signer)
    .await
    .unwrap();
    let entry = port.request(request).await.unwrap();
    assert_eq!(entry.state, RequestState::Denied);
    let denial = access::read_denial(&port, &entry, &specialist.identity)
        .await
        .unwrap();
    assert_eq!(denial.by, patient.account());
    assert_eq!(
        (denial.reason, denial.text),
        (Some(DenialReason::NotNeeded), words)
    );

    // An unverified requester is refused with its name.
    let stranger = world.person(5);
    let account = stranger.account();
    let to = (patient.account(), &patient.identity.public());
    let asked = access::request(&port, to, account, account, &text, &mut world.rng).unwrap();
    let refused = asked.send(&stranger.signer).await.unwrap_err();
    assert_eq!(refused.code(), "provider.unverified");
    assert!(refused.to_string().contains(&account.to_string()));

    // A grant that runs out leaves its sections stale until they are rotated.
    let acting = world.patient(&port, &patient).await;
    let until = Timestamp(world.now().await + 60);
    let terms = Terms {
        sections: sections(&[0]),
        until,
        rights: Rights::Read,
        allow_unverified: false,
        replace: false,
    };
    let reader = specialist.account();
    let to = grantee(&port, reader, None).await;
    let grant = acting
        .grant(&to, &terms, NO_CLOCK, &mut world.rng)
        .await
        .unwrap();
    grant.transaction.send(&patient.signer).await.unwrap();
    assert!(stale_sections(&port, NO_CLOCK).await.unwrap().is_empty());
    increase_time(&world.node, 61).await;
    assert_eq!(
        port.access_of(reader, NO_CLOCK).await.unwrap().state,
        AccessState::Expired
    );
    assert!(!port.has_access(reader, section(0)).await.unwrap());
    let stale = stale_sections(&port, NO_CLOCK).await.unwrap();
    assert_eq!(stale.len(), 1);
    assert_eq!((stale[0].section, stale[0].holder), (section(0), reader));
    let gone = acting
        .grant(&to, &terms, NO_CLOCK, &mut world.rng)
        .await
        .unwrap_err();
    assert_eq!(gone.code(), "access.invalid_expiry");
    let plan = acting
        .plan(&named(&[(0, "")]), &[], NO_CLOCK)
        .await
        .unwrap();
    let keys = acting
        .new_keys(&plan, SectionSet::EMPTY, &mut world.rng)
        .unwrap();
    assert_eq!(keys.recipients.len(), 1);
    port.rotate(keys.rotation)
        .send(&patient.signer)
        .await
        .unwrap();
    assert!(stale_sections(&port, NO_CLOCK).await.unwrap().is_empty());
    let ring = world.keyring(&port, &patient).await;
    assert_eq!(
        ring.held().collect::<Vec<_>>(),
        [(section(0), 1), (section(0), 2)]
    );

    // What is no port is said to be none, and why.
    for (address, reason) in [
        (patient.account(), NotAPortReason::NoCode),
        (world.registry.address(), NotAPortReason::NotAClone),
    ] {
        let error = Port::open(&world.registry, address).await.unwrap_err();
        assert!(
            matches!(error, Error::NotAPort { reason: found, .. } if found == reason),
            "{error:?}"
        );
    }
    let nowhere = Registry::open(world.chain.clone(), patient.account(), 0)
        .await
        .unwrap_err();
    assert_eq!(nowhere.code(), "registry.not_a_registry");
    let not_one = Registry::open(world.chain.clone(), address, 0)
        .await
        .unwrap_err();
    assert_eq!(not_one.code(), "registry.not_a_registry");
}

/// A rotation has room for the patient and 16 others; whoever comes after is served by further transactions.
#[tokio::test]
async fn rotations_for_many_readers_go_in_batches() {
    const READERS: u8 = 18;
    let mut world = world().await;
    let clinic = world.verified_provider(1, "Primary Care", None).await;
    let patient = world.person(4);
    let port = world
        .claimed_port(&clinic, &patient, &[(0, "general")])
        .await;
    let acting = world.patient(&port, &patient).await;
    let terms = Terms {
        sections: sections(&[0]),
        until: Timestamp(world.now().await + 86_400),
        rights: Rights::Read,
        allow_unverified: true,
        replace: false,
    };
    let mut readers = Vec::new();
    for index in 0..READERS {
        let reader = world.unverified_provider(index).await;
        let account = reader.account();
        let to = grantee(&port, account, None).await;
        let grant = acting
            .grant(&to, &terms, NO_CLOCK, &mut world.rng)
            .await
            .unwrap();
        grant.transaction.send(&patient.signer).await.unwrap();
        readers.push(reader);
    }
    let revoked = readers.remove(3);
    let revocation = revocation(&mut world, &acting, revoked.account()).await;
    revocation.transaction.send(&patient.signer).await.unwrap();
    let keys = revocation.keys.unwrap();
    assert_eq!(keys.recipients.len(), 18);
    assert_eq!(keys.rotation.sealed_.len(), 17);
    let record = world.add(&port, &clinic, 0, b"news").await;

    // The access has ended with the first transaction; the last reader waits for the second.
    let last = readers.last().unwrap();
    assert!(world.read(&port, &revoked, record).await.is_err());
    let waiting = world.read(&port, last, record).await.unwrap_err();
    assert_eq!(waiting.code(), "section.no_matching_key");
    let later = keys.later_transactions(&port);
    assert_eq!(later.len(), 1);
    later[0].send(&patient.signer).await.unwrap();
    for reader in &readers {
        assert_eq!(world.read(&port, reader, record).await.unwrap(), b"news");
    }
    let refused = world.read(&port, &revoked, record).await.unwrap_err();
    assert_eq!(refused.code(), "section.no_matching_key");
    let holders = port.holders(NO_CLOCK).await.unwrap();
    assert_eq!(holders.len(), usize::from(READERS));
    // The grants took numbers of requests that nobody made.
    let info = port.info().await.unwrap();
    assert_eq!(info.last_request, u32::from(READERS));
    assert_eq!(info.holder_count, u32::from(READERS));
    assert_eq!(port.requests().await.unwrap(), []);
    let none = port.request(1).await.unwrap_err();
    assert_eq!(none.code(), "request.unknown");
}

#[tokio::test]
async fn nodes_that_are_away_or_of_another_chain_are_told_plainly() {
    let node = DevNode::try_spawn(Config::test()).unwrap();
    let url = node.url();
    let options = Options {
        expected_chain_id: Some(1),
        ..Options::default()
    };
    let wrong = Chain::connect(&url, options).await.unwrap_err();
    assert!(
        matches!(wrong, Error::WrongChain { expected: 1, actual } if actual == node.chain_id())
    );
    let chain = Chain::connect(&url, Options::default()).await.unwrap();
    let poor = Signer::from_bytes(&[7; 32]).unwrap();
    let nothing = chain.transaction(poor.address(), &transfer());
    let funds = nothing.send(&poor).await.unwrap_err();
    assert_eq!(funds.code(), "tx.insufficient_funds");
    node.shutdown();
    let away = chain.block_number().await.unwrap_err();
    assert_eq!(
        (away.code(), away.class()),
        ("rpc.unreachable", Class::Environment)
    );
    let away = Chain::connect(&url, Options::default()).await.unwrap_err();
    assert_eq!(away.code(), "rpc.unreachable");
    for url in ["", "127.0.0.1:8547", "ftp://127.0.0.1", "http://"] {
        let bad = Chain::connect(url, Options::default()).await.unwrap_err();
        assert_eq!(
            (bad.code(), bad.class()),
            ("input.invalid", Class::Usage),
            "{url}"
        );
    }
}

/// Ends a reader's access with a rotation of whatever it holds.
async fn revocation(
    world: &mut World,
    acting: &Actor,
    reader: Address,
) -> access::ComposedRevocation {
    let none = SectionSet::EMPTY;
    let plan = acting
        .plan_revocation(reader, none, NO_CLOCK)
        .await
        .unwrap();
    assert_eq!(plan.as_ref().unwrap().left_out(), []);
    let reason = RevocationReason::CareEnded;
    acting
        .revoke(reader, reason, plan.as_ref(), none, &mut world.rng)
        .unwrap()
}

/// Any call; to an account without code it is a transfer of nothing.
fn transfer() -> impl patientport_client::chain::SolCall {
    patientport_client::core::abi::IRegistry::retireCall {}
}

fn kind(event: &IPatientPortEvents) -> &'static str {
    match event {
        IPatientPortEvents::Claimed(_) => "Claimed",
        IPatientPortEvents::SectionsRotated(_) => "SectionsRotated",
        IPatientPortEvents::SecretsSealed(_) => "SecretsSealed",
        IPatientPortEvents::RecordAdded(_) => "RecordAdded",
        IPatientPortEvents::RecordRetracted(_) => "RecordRetracted",
        IPatientPortEvents::RequestMade(_) => "RequestMade",
        IPatientPortEvents::AccessGranted(_) => "AccessGranted",
        IPatientPortEvents::AccessRevoked(_) => "AccessRevoked",
        _ => "another",
    }
}
