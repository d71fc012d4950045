//! A patient's change of key on the real contracts: what the old key alone opens, and batches that broke off.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[expect(
    dead_code,
    reason = "shared by the tests, each of which needs a part of it"
)]
mod world;

use patientport_client::access::Terms;
use patientport_client::core::keys::IdentitySeed;
use patientport_client::core::section::SectionSet;
use patientport_client::core::text::Rights;
use patientport_client::recovery::{patient_keys, ports_issued_to, ports_transferred_to};
use patientport_client::rotation::{NewKeys, no_rotation};
use patientport_client::stale::stale_sections;
use patientport_client::{IdentityKeys, Port, Timestamp};
use world::{NO_CLOCK, Person, World, grantee, named, section, sections, world};

/// Readers beside the patient that a rotation's first transaction carries.
const FIRST_BATCH: usize = 16;

/// The patient's next key, published with new keys of all sections; the transactions after the first are not sent.
async fn change_key(world: &mut World, port: &Port, patient: &Person) -> (Person, NewKeys) {
    let next = IdentitySeed::from_bytes([77; 32]).patient_key(1);
    let acting = world.patient(port, patient).await;
    let both = named(&[(0, ""), (1, "")]);
    let plan = acting.plan(&both, &[], NO_CLOCK).await.unwrap();
    let keys = acting
        .new_keys_for(&plan, SectionSet::EMPTY, &next.public(), &mut world.rng)
        .unwrap();
    port.set_encryption_key(&next.public(), keys.rotation.clone())
        .send(&patient.signer)
        .await
        .unwrap();
    let former = patient.identity.all().cloned().collect();
    let changed = Person {
        signer: patient.signer.clone(),
        identity: IdentityKeys::new(next, former),
    };
    (changed, keys)
}

#[tokio::test]
async fn the_old_key_alone_opens_nothing_written_after_the_change() {
    let mut world = world().await;
    let clinic = world.verified_provider(1, "Clinic", None).await;
    let patient = world.person(4);
    let port = world
        .claimed_port(&clinic, &patient, &[(0, "general"), (1, "heart")])
        .await;
    let first = world.add(&port, &clinic, 0, b"first").await;
    let (changed, keys) = change_key(&mut world, &port, &patient).await;
    assert_eq!(keys.sections(), sections(&[0, 1]));
    let second = world.add(&port, &clinic, 0, b"second").await;

    let shown = port.info().await.unwrap().patient_key().unwrap();
    assert_eq!(shown, changed.identity.public());
    assert_eq!(
        patient_keys(&port).await.unwrap(),
        [patient.identity.public(), shown]
    );
    assert!(stale_sections(&port, NO_CLOCK).await.unwrap().is_empty());

    // Whoever has both reads both, and keeps the names.
    for (id, content) in [(first, &b"first"[..]), (second, b"second")] {
        assert_eq!(world.read(&port, &changed, id).await.unwrap(), content);
    }
    let ring = world.keyring(&port, &changed).await;
    assert_eq!(ring.name(section(1)), Some("heart"));
    // Who has the old one alone reads what was written before, and nothing after.
    assert_eq!(world.read(&port, &patient, first).await.unwrap(), b"first");
    let refused = world.read(&port, &patient, second).await.unwrap_err();
    assert_eq!(refused.code(), "section.no_matching_key");
    // The new one alone reads all of it, through the links.
    let alone = Person {
        identity: changed.identity.current().clone().into(),
        ..changed.clone()
    };
    for (id, content) in [(first, &b"first"[..]), (second, b"second")] {
        assert_eq!(world.read(&port, &alone, id).await.unwrap(), content);
    }
    // Nobody but the patient changes it.
    let denied = port
        .set_encryption_key(&patient.identity.public(), no_rotation())
        .send(&clinic.signer)
        .await
        .unwrap_err();
    assert_eq!(denied.code(), "access.denied");
}

#[tokio::test]
async fn batches_that_were_not_sent_are_made_up_for() {
    let mut world = world().await;
    let clinic = world.verified_provider(1, "Clinic", None).await;
    let patient = world.person(4);
    let port = world
        .claimed_port(&clinic, &patient, &[(0, "general"), (1, "heart")])
        .await;
    let acting = world.patient(&port, &patient).await;
    let mut readers = Vec::new();
    for index in 0..20_u8 {
        let reader = world.unverified_provider(index).await;
        let terms = Terms {
            sections: sections(if index % 2 == 0 { &[0] } else { &[0, 1] }),
            until: Timestamp(world.now().await + 30 * 86_400),
            rights: Rights::Read,
            allow_unverified: true,
            replace: false,
        };
        let to = grantee(&port, reader.account(), None).await;
        let grant = acting.grant(&to, &terms, NO_CLOCK, &mut world.rng);
        let grant = grant.await.unwrap();
        grant.transaction.send(&patient.signer).await.unwrap();
        readers.push(reader);
    }
    let (changed, keys) = change_key(&mut world, &port, &patient).await;
    assert_eq!(keys.later.len(), 1);
    let id = world.add(&port, &clinic, 0, b"after the change").await;
    let mut without = 0;
    for reader in &readers {
        without += usize::from(world.read(&port, reader, id).await.is_err());
    }
    assert_eq!(without, readers.len() - FIRST_BATCH);

    let acting = world.patient(&port, &changed).await;
    let plan = acting.plan_reseal(NO_CLOCK).await.unwrap();
    assert_eq!(plan.recipients().len(), without);
    for batch in acting.reseal(&plan, &mut world.rng).unwrap() {
        batch
            .transaction(&port)
            .send(&changed.signer)
            .await
            .unwrap();
    }
    for reader in &readers {
        let read = world.read(&port, reader, id).await.unwrap();
        assert_eq!(read, b"after the change");
    }
    // Nobody was given more than it may read, and nobody lacks anything.
    let ring = world.keyring(&port, &readers[18]).await;
    assert!(ring.holds(section(0), 2) && !ring.holds(section(1), 2));
    let plan = acting.plan_reseal(NO_CLOCK).await.unwrap();
    assert!(plan.recipients().is_empty());
    assert!(acting.reseal(&plan, &mut world.rng).unwrap().is_empty());
}

#[tokio::test]
async fn ports_of_accounts_are_found_by_what_the_registry_announced() {
    let mut world = world().await;
    let clinic = world.verified_provider(1, "Clinic", None).await;
    let [patient, heir] = [4, 5].map(|index| world.person(index));
    let port = world.claimed_port(&clinic, &patient, &[(0, "")]).await;
    let accounts = [patient.account(), heir.account()];
    let found = ports_issued_to(&world.registry, &accounts).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].port, found[0].patient, found[0].block),
        (port.address(), patient.account(), port.from_block())
    );
    let offered = ports_transferred_to(&world.registry, &accounts).await;
    assert_eq!(offered.unwrap(), []);
    // The registry's own ownership is offered by the same event, and is no port's.
    world
        .registry
        .transfer_ownership(heir.account())
        .send(&world.owner.signer)
        .await
        .unwrap();
    let offered = ports_transferred_to(&world.registry, &accounts).await;
    assert_eq!(offered.unwrap(), []);
}
