//! What a program that uses the client can get wrong by itself, and is told.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[expect(
    dead_code,
    reason = "shared by the tests, each of which needs a part of it"
)]
mod world;

use patientport_client::primitives::Bytes;
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
