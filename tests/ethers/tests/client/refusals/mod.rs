//! Every refusal of both contracts, by name and fields.

mod port;
mod registry;

use crate::stage::{DAY, Person, Stage, YEAR, account, address};
use ethers::types::TransactionRequest;
use patientport_ethers::{Contract, bytes};
use serde_json::{Value, json};

/// Out of reach: nobody makes so many attesters, providers and ports in a test; and with just too little gas for a clone,
/// what is left is too little to say so. The contracts' own tests set the counters and let the creation fail.
const REGISTRY_OUT_OF_REACH: [&str; 4] = [
    "TooManyAttesters",
    "TooManyProviders",
    "TooManyPorts",
    "IssueFailed",
];

/// Out of reach: the end of a counter of 32 bits. The contracts' own tests set it.
const PORT_OUT_OF_REACH: [&str; 1] = ["Exhausted"];

#[tokio::test]
async fn every_refusal_reaches_another_client_by_name_and_with_its_fields() {
    let stage = Stage::new().await;
    stage
        .registry
        .send(&stage.owner, "acceptOwnership", json!([]))
        .await;
    registry::roles(&stage).await;
    registry::provider_statements(&stage).await;
    registry::attestations(&stage).await;
    registry::a_registry_before_its_time(&stage).await;
    registry::issuing(&stage).await;
    let port = stage.issue().await;
    port::unclaimed(&stage, &port).await;
    stage.claim(&port).await;
    port::roles(&stage, &port).await;
    port::keys_and_sections(&stage, &port).await;
    port::records(&stage, &port).await;
    port::requests(&stage, &port).await;
    port::grants(&stage, &port).await;
    port::emergencies(&stage, &port).await;
    port::signatures(&stage, &port).await;
    a_port_without_a_registry(&stage).await;
    a_full_list(&stage, &port).await;
    stage.registry.all_met("error", &REGISTRY_OUT_OF_REACH);
    port.all_met("error", &PORT_OUT_OF_REACH);
}

/// The refusal of a call, where its fields depend on the time of the block it runs in.
async fn refusal(
    contract: &Contract,
    by: &Person,
    function: &str,
    arguments: &Value,
) -> (String, Value) {
    let refusal = contract.call(by, function, arguments).call().await;
    let refusal = refusal.expect_err(function);
    contract.error(refusal.as_revert().expect("the contract said why"))
}

/// `given`, and a window that opens in the next second and is so long.
fn in_window(fields: &Value, given: u64, longest: u64) {
    let number = |name: &str| fields[name].as_u64().expect("a number");
    assert_eq!(number("given"), given);
    assert_eq!(number("latest") - number("earliest"), longest - 1);
}

fn bytes_of(text: &str) -> Vec<u8> {
    ethers::utils::hex::decode(text).expect("hexadecimal digits")
}

/// A clone that no registry issued: its code names one that is no contract.
async fn a_port_without_a_registry(stage: &Stage) {
    let (patient, absent) = (&stage.patient, stage.stranger.address());
    let code = [
        bytes_of("3d606d80600a3d3981f3363d3d373d3d3d363d73"),
        stage.implementation.as_bytes().to_vec(),
        bytes_of("5af43d82803e903d91602b57fd5bf3"),
        absent.as_bytes().to_vec(),
        stage.primary.address().as_bytes().to_vec(),
        patient.address().as_bytes().to_vec(),
        vec![0, 0, 0, 1],
    ];
    let port = stage.chain.create(patient, code.concat()).await;
    let known = stage.registry.view(patient, "isPort", json!([bytes(port)]));
    assert_eq!(known.await, false);
    let port = stage.port.at(port);
    stage.claim(&port).await;
    let until = stage.chain.now().await + DAY;
    port.refused(
        patient,
        "grant",
        json!([account(&stage.specialist), 1, [1], until, 1, false, "0x00"]),
        "RegistryUnavailable",
        json!({"registry": bytes(absent)}),
    )
    .await;
}

async fn a_full_list(stage: &Stage, port: &Contract) {
    let patient = &stage.patient;
    let until = stage.chain.now().await + YEAR;
    let grant = |reader: &Value| json!([reader, 1, [1], until, 2, true, "0x"]);
    let reader = |number: u8| bytes([number; 20]);
    for number in 1..=128 {
        port.send(patient, "grant", grant(&reader(number))).await;
    }
    let info = port.view(patient, "info", json!([])).await;
    assert_eq!(info["holderCount"], 128);
    assert_eq!(address(&info["owner"]), patient.address());
    port.refused(
        patient,
        "grant",
        grant(&reader(129)),
        "TooManyHolders",
        json!({"max": 128}),
    )
    .await;
    // What is refused costs its sender gas and changes nothing: the node mines it as failed.
    let call = port.calldata("grant", &grant(&reader(129)));
    let transaction = TransactionRequest::new()
        .to(port.address)
        .data(call)
        .gas(10_000_000);
    let receipt = stage.chain.transact(patient, transaction).await;
    assert_eq!(receipt.status, Some(0.into()));
    assert_eq!(port.said(&receipt), []);
}
