//! A second node against a first one that lies consistently.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[expect(
    dead_code,
    reason = "shared by the tests, each of which needs a part of it"
)]
mod liar;
#[expect(
    dead_code,
    reason = "shared by the tests, each of which needs a part of it"
)]
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use liar::liar;
use patientport_client::chain::SolCall;
use patientport_client::core::abi::IPatientPort::historyHeadCall;
use patientport_client::history::history;
use patientport_client::{Chain, Error, Options, Port, Registry};
use serde_json::{Value, json};
use world::{World, world};

async fn connect(url: &str, witness: Option<String>) -> Result<Chain, Error> {
    let options = Options {
        witness_url: witness,
        ..Options::default()
    };
    Chain::connect(url, options).await
}

async fn port_through(world: &World, honest: &Port, chain: Chain) -> Result<Port, Error> {
    let registry = Registry::known(chain, world.registry.address(), world.registry.from_block());
    Port::known(&registry, honest.address()).await
}

/// A node that hides the last event of a port *and* shows the head from before it lies without a contradiction.
#[tokio::test]
async fn a_hidden_event_with_a_head_that_fits_is_found_out_by_a_second_node() {
    let mut world = world().await;
    let clinic = world.verified_provider(1, "Primary Care", None).await;
    let patient = world.person(4);
    let port = world.claimed_port(&clinic, &patient, &[(0, "")]).await;
    let before = history(&port).await.unwrap();
    world.add(&port, &clinic, 0, b"hidden").await;

    let (address, old) = (port.address(), before.head().word());
    let question = format!("0x{}", alloy_hex(&historyHeadCall {}.abi_encode()));
    let lie = move |method: &str, params: &Value, answer: &mut Value| {
        if method == "eth_getLogs" && params[0]["address"] == json!(address) {
            answer.as_array_mut().unwrap().pop();
        }
        if method == "eth_call" && params[0]["input"] == json!(question) {
            *answer = json!(old);
        }
    };
    let lying = liar(&world.chain, lie).await;
    let alone = port_through(&world, &port, connect(&lying, None).await.unwrap()).await;
    let shown = history(&alone.unwrap()).await.unwrap();
    assert_eq!(
        shown.events().len(),
        before.events().len(),
        "alone, it is believed"
    );

    let chain = connect(&lying, Some(world.node.url())).await.unwrap();
    assert!(chain.has_witness());
    let witnessed = port_through(&world, &port, chain).await.unwrap();
    let error = history(&witnessed).await.unwrap_err();
    assert_eq!(error.code(), "rpc.disagreement", "{error}");
    // Whichever of the two lies.
    let chain = connect(&world.node.url(), Some(lying)).await.unwrap();
    let witnessed = port_through(&world, &port, chain).await.unwrap();
    assert_eq!(
        history(&witnessed).await.unwrap_err().code(),
        "rpc.disagreement"
    );
}

/// Two honest nodes agree, also where a contract refuses, and where one is a block behind for a moment.
#[tokio::test]
async fn honest_nodes_agree_in_the_end() {
    let mut world = world().await;
    let clinic = world.verified_provider(1, "Primary Care", None).await;
    let patient = world.person(4);
    let port = world.claimed_port(&clinic, &patient, &[(0, "")]).await;
    let stale = port.history_head().await.unwrap().word();
    world.add(&port, &clinic, 0, b"new").await;
    let behind = Arc::new(AtomicBool::new(true));
    let first = Arc::clone(&behind);
    let question = format!("0x{}", alloy_hex(&historyHeadCall {}.abi_encode()));
    let lagging = liar(&world.chain, move |method, params, answer| {
        let asked = method == "eth_call" && params[0]["input"] == json!(question);
        if asked && first.swap(false, Ordering::Relaxed) {
            *answer = json!(stale);
        }
    })
    .await;
    let chain = connect(&world.node.url(), Some(lagging)).await.unwrap();
    let witnessed = port_through(&world, &port, chain).await.unwrap();
    assert_eq!(
        history(&witnessed).await.unwrap().head(),
        port.history_head().await.unwrap()
    );
    assert!(!behind.load(Ordering::Relaxed));
    assert!(matches!(
        witnessed.record(99).await,
        Err(Error::UnknownRecord { id: 99, .. })
    ));
}

#[tokio::test]
async fn a_witness_that_cannot_be_asked_or_serves_another_chain_stops_everything() {
    let world = world().await;
    let url = world.node.url();
    let nobody = connect(&url, Some("http://127.0.0.1:1".into())).await;
    assert_eq!(nobody.unwrap_err().code(), "rpc.unreachable");
    let other = liar(&world.chain, |method, _, answer| {
        if method == "eth_chainId" {
            *answer = json!("0x1");
        }
    })
    .await;
    let wrong = connect(&url, Some(other)).await;
    assert_eq!(wrong.unwrap_err().code(), "chain.wrong");
}

fn alloy_hex(bytes: &[u8]) -> String {
    patientport_client::primitives::hex::encode(bytes)
}
