//! What a program that uses the client can get wrong by itself, and is told.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[expect(
    dead_code,
    reason = "shared by the tests, each of which needs a part of it"
)]
mod world;

use std::io::{self, Write};

use patientport_client::primitives::Bytes;
use patientport_client::records;
use patientport_client::requests::requests;
use patientport_client::signed::SignedCall;
use patientport_client::{Class, Timestamp};
use world::{NO_CLOCK, world};

#[tokio::test]
async fn a_signed_call_is_for_its_own_port_and_a_request_that_nobody_made_says_nothing() {
    let mut world = world().await;
    let clinic = world.verified_provider(1, "Primary Care", None).await;
    let patient = world.person(4);
    let port = world
        .claimed_port(&clinic, &patient, &[(0, "general")])
        .await;
    let other = world
        .claimed_port(&clinic, &patient, &[(0, "general")])
        .await;
    let call = SignedCall {
        chain_id: world.chain.chain_id(),
        port: port.address(),
        owner: patient.account(),
        call: Bytes::new(),
        nonce: 0,
        deadline: Timestamp(u64::MAX),
        signature: Bytes::new(),
    };
    let error = call.check(&other, NO_CLOCK).await.unwrap_err();
    assert_eq!(
        (error.code(), error.class()),
        ("signed.other_port", Class::Refused)
    );
    let told = error.to_string();
    assert!(
        told.contains(&port.address().to_string()) && told.contains(&other.address().to_string()),
        "{told}"
    );

    let now = world.chain.now(NO_CLOCK).await.unwrap();
    let none = requests(&port, now).await.unwrap();
    let error = none
        .open(7, patient.account(), &patient.identity)
        .unwrap_err();
    assert_eq!(error.code(), "request.missing_message");
}

/// An output on a full disk.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn an_output_that_fails_is_to_blame_and_not_the_record() {
    let mut world = world().await;
    let clinic = world.verified_provider(1, "Primary Care", None).await;
    let patient = world.person(4);
    let port = world
        .claimed_port(&clinic, &patient, &[(0, "general")])
        .await;
    let id = world.add(&port, &clinic, 0, b"payload").await;
    let keyring = world.keyring(&port, &patient).await;
    let record = records::fetch(&port, id, &keyring, &world.store).await;
    let error = record.unwrap().decrypt(Full).unwrap_err();
    assert_eq!(
        (error.code(), error.class()),
        ("io.write", Class::Environment)
    );
}
