//! Networks by name, and settings that are kept.

use patientport_tests::{Party, Run, TestContext};
use serde_json::{Value, json};

/// Runs without the variable that names the node, so that settings count.
fn run(party: &Party, line: &str) -> Run {
    let mut command = party.command(line);
    command
        .env_remove("ETH_RPC_URL")
        .env_remove("PATIENTPORT_REGISTRY");
    Run::of(command.args(["--json", "--yes", "--no-input"]))
}

fn settings(party: &Party, settings: &Value) {
    let path = party.home.join("config.json");
    std::fs::write(path, settings.to_string()).expect("the home is writable");
}

#[test]
fn a_network_is_a_node_and_the_chain_that_it_has_to_serve() {
    let context = TestContext::with_port();
    let patient = &context.patient;
    let here = json!({ "rpc_url": context.node.url(), "chain_id": context.node.chain_id() });
    let wrong = json!({ "rpc_url": context.node.url(), "chain_id": 1 });
    let nowhere = json!({ "rpc_url": "http://127.0.0.1:1" });
    settings(
        patient,
        &json!({ "network": "here", "networks": { "here": here, "wrong": wrong, "nowhere": nowhere } }),
    );
    // The settings' network, unless another is named; a node that is named comes before either's.
    assert_eq!(run(patient, "port show").success()["claimed"], true);
    run(patient, "port show --network wrong").failure(2, "chain.wrong");
    run(patient, "port show --network nowhere").failure(3, "rpc.unreachable");
    let line = format!(
        "port show --network nowhere --rpc-url {}",
        context.node.url()
    );
    assert_eq!(run(patient, &line).success()["claimed"], true);
    let line = format!(
        "port show --network arbitrum-one --rpc-url {}",
        context.node.url()
    );
    run(patient, &line).failure(2, "chain.wrong");
    let error = run(patient, "port show --network hre").failure(2, "network.unknown");
    let message = error["message"].as_str().expect("a message");
    assert!(
        message.contains("here, nowhere, wrong, embedded"),
        "{message}"
    );

    // A network named now comes before a node of the settings; a network of the settings after it.
    settings(
        patient,
        &json!({ "network": "nowhere", "rpc_url": context.node.url(), "networks": { "nowhere": nowhere } }),
    );
    assert_eq!(run(patient, "port show").success()["claimed"], true);
    run(patient, "port show --network nowhere").failure(3, "rpc.unreachable");
}

#[test]
fn init_keeps_what_is_given_and_replaces_nothing_unasked() {
    let context = TestContext::with_port();
    let patient = &context.patient;
    let line = format!(
        "init --rpc-url {} --registry {} --network embedded --store here",
        context.node.url(),
        // Any address will do.
        context.specialist.address
    );
    let kept = run(patient, &line).success();
    assert_eq!(kept["settings"]["rpc_url"], json!(context.node.url()));
    assert_eq!(kept["settings"]["network"], "embedded");
    // A path means the same from everywhere.
    let store = patient.directory.join("here");
    assert_eq!(kept["settings"]["store"], json!([store]));
    let file = kept["file"].as_str().expect("a path");
    let written: Value =
        serde_json::from_slice(&std::fs::read(file).expect("it is there")).expect("JSON");
    assert_eq!(written, kept["settings"]);
    run(patient, "init").failure(2, "output.exists");
    // The registry is taken from there now, and is none.
    run(patient, "provider list").failure(1, "registry.not_a_registry");
    let line = format!("init --force --rpc-url {}", context.node.url());
    let replaced = run(patient, &line).success();
    assert!(
        replaced["settings"].get("registry").is_none(),
        "{replaced:#}"
    );
    assert_eq!(run(patient, "port show").success()["claimed"], true);
}
