//! Whoever runs the network: deployments for other machines, other code for new ports, ownership, providers' standing.

use crate::deployment::contracts;
use patientport_tests::{Run, TestContext, utf8};
use serde_json::{Value, json};
use std::fs;

/// The program as somebody whose home knows no registry.
fn without_registry(context: &TestContext, line: &str) -> Run {
    let mut command = context.stranger.command(line);
    command.env_remove("PATIENTPORT_REGISTRY");
    Run::of(command.args(["--json", "--yes", "--no-input"]))
}

#[test]
fn another_machine_takes_a_deployment_over_once_all_of_it_fits_the_node() {
    let context = TestContext::with_providers();
    let file = context.path("clinic.json");
    context
        .owner
        .ok(&format!("deployment export -o {}", utf8(&file)));
    let written = fs::read(&file).expect("the file is there");
    let deployment: Value = serde_json::from_slice(&written).expect("JSON");
    let run = Run::of(&mut context.owner.command("deployment export"));
    assert_eq!(run.stdout, written, "standard output and file say the same");

    without_registry(&context, "provider list").failure(2, "registry.unknown");
    let changed = |member: &str, value: Value| {
        let mut deployment = deployment.clone();
        deployment[member] = value;
        let path = context.file("changed.json", deployment.to_string().as_bytes());
        without_registry(&context, &format!("deployment import {}", utf8(&path)))
    };
    let other = json!(context.owner.address);
    let hash = json!(format!("0x{}", "11".repeat(32)));
    let block = context.node.block_number();
    for (member, value, exit, code) in [
        ("chain_id", json!(42161), 2, "chain.wrong"),
        ("registry", other.clone(), 1, "registry.not_a_registry"),
        (
            "registry",
            deployment["implementation"].clone(),
            1,
            "deploy.mismatch",
        ),
        ("registry_code_hash", hash.clone(), 1, "deploy.mismatch"),
        ("implementation", other, 1, "deploy.mismatch"),
        ("implementation_code_hash", hash, 1, "deploy.mismatch"),
        ("from_block", json!(block), 1, "deploy.mismatch"),
        ("patientport_deployment", json!(2), 2, "deployment.invalid"),
        ("owner", json!("x"), 2, "deployment.invalid"),
        ("registry", json!("\u{1b}[2J"), 2, "deployment.invalid"),
    ] {
        changed(member, value).failure(exit, code);
    }
    without_registry(&context, "deployment import none.json").failure(2, "input.unreadable");
    without_registry(&context, "provider list").failure(2, "registry.unknown");

    let import = format!("deployment import {}", utf8(&file));
    let imported = without_registry(&context, &import).success();
    assert_eq!(imported["known_code"], true, "{imported:#}");
    let listed = without_registry(&context, "provider list").success();
    assert_eq!(listed["registry"], deployment["registry"]);
    without_registry(&context, &import).success();

    // Another one takes its place only if that is meant.
    let contracts = contracts(&context, "other", &["registry"]);
    let line = format!("deploy --contracts {} --home fresh", utf8(&contracts));
    let mut fresh = context.owner.clone();
    fresh.home = context.path("fresh");
    fresh.import("owner");
    context.owner.ok(&line);
    context
        .owner
        .ok("deployment export -o second.json --home fresh");
    let import = "deployment import second.json";
    without_registry(&context, import).failure(2, "home.name_taken");
    let run = without_registry(&context, &format!("{import} --force"));
    assert_eq!(run.success()["known_code"], false);
    assert_eq!(run.json()["warnings"][0]["code"], "deployment.unknown_code");
}

#[test]
fn an_upgrade_changes_new_ports_only_and_is_the_owners() {
    let context = TestContext::with_port();
    let before = context.owner.ok("registry show");
    let contracts = contracts(&context, "other", &["patientport"]);
    let upgrade = format!("upgrade --contracts {}", utf8(&contracts));
    let block = context.sent();
    context.primary.run(&upgrade).failure(1, "access.denied");
    let same = context.owner.ok("upgrade");
    assert_eq!(
        (&same["former"], &same["steps"]),
        (&json!(null), &json!([]))
    );
    assert_eq!(context.sent(), block);

    let upgraded = context.owner.ok(&upgrade);
    assert_eq!(upgraded["former"], before["implementation"], "{upgraded:#}");
    let after = context.owner.ok("registry show");
    assert_eq!(after["implementation"], upgraded["implementation"]);
    assert_eq!(after["code_hash"], upgraded["code_hash"]);
    assert_ne!(after["code_hash"], before["code_hash"]);
    let known = context.owner.ok("deployment show");
    assert_eq!(known["implementation"], upgraded["implementation"]);
    assert_eq!(known["known_code"], false);
    let block = context.sent();
    assert_eq!(context.owner.ok(&upgrade)["steps"], json!([]));
    assert_eq!(context.sent(), block);

    // The old port is what it was; a new one runs the new code, and is claimed by its hash only.
    let shown = context.patient.ok("port show");
    assert_eq!(shown["implementation"], before["implementation"]);
    context.add_record("first.txt", b"first");
    let issued = context.primary.ok(&format!(
        "port issue --patient {} --name second",
        context.stranger.address
    ));
    let second = issued["port"].as_str().expect("an address");
    let error = context
        .stranger
        .run(&format!("port claim {second}"))
        .failure(1, "port.unknown_code");
    assert_eq!(error["details"]["code_hash"], upgraded["code_hash"]);
    let hash = upgraded["code_hash"].as_str().expect("a hash");
    context
        .stranger
        .ok(&format!("port claim {second} --accept-code {hash}"));

    // And back again: the code stands already.
    let back = context.owner.ok("upgrade");
    assert_eq!(back["implementation"], before["implementation"], "{back:#}");
    assert_eq!(back["steps"][0]["tx"], json!(null));
}

#[test]
fn a_registry_changes_hands_in_two_steps_and_an_offer_can_be_taken_back() {
    let context = TestContext::with_providers();
    let (owner, next) = (&context.owner.address, &context.primary.address);
    let offer = format!("registry transfer-ownership {next}");
    context.stranger.run(&offer).failure(1, "access.denied");
    for line in [
        format!("registry transfer-ownership {owner}"),
        format!("registry transfer-ownership 0x{}", "00".repeat(20)),
    ] {
        context.owner.run(&line).failure(2, "usage.invalid_value");
    }
    assert!(context.owner.ok(&offer)["tx"].is_object());
    assert_eq!(context.owner.ok(&offer)["tx"], json!(null));
    let withdrawn = context.owner.ok("registry transfer-ownership --withdraw");
    assert_eq!(withdrawn["pending_owner"], json!(null));
    context
        .primary
        .run("registry accept-ownership")
        .failure(1, "access.denied");
    context.owner.ok(&offer);
    let shown = context.stranger.ok("registry show");
    assert_eq!(shown["owner"], json!(owner.to_lowercase()));
    assert_eq!(shown["pending_owner"], json!(next.to_lowercase()));
    assert_eq!(shown["providers"], 2);
    context.primary.ok("registry accept-ownership");
    let shown = context.stranger.ok("registry show");
    assert_eq!(shown["owner"], json!(next.to_lowercase()));
}

#[test]
fn a_providers_profile_changes_and_what_was_attested_ends_with_it() {
    let context = TestContext::with_providers();
    let party = &context.specialist;
    let contact =
        party.ok("provider set-contact --contact '+1 555 0100' --endpoint https://b.example");
    assert_eq!(contact["endpoint"], "https://b.example");
    let contact = party.ok("provider set-contact --without endpoint");
    assert_eq!(
        (&contact["contact"], &contact["endpoint"]),
        (&json!("+1 555 0100"), &json!(null))
    );
    assert_eq!(
        party.ok("provider set-contact --contact '+1 555 0100'")["tx"],
        json!(null)
    );
    assert_eq!(
        party.ok("provider show")["verified"],
        true,
        "contact is no identity"
    );

    let run = party.run("provider set-profile --npi 1993999998 --specialty 207R00000X");
    let changed = run.success();
    assert_eq!(changed["status"], "self-asserted", "{changed:#}");
    assert_eq!(changed["name"], "Dr. Tomas Brandt");
    assert_eq!(
        run.json()["warnings"][0]["code"],
        "provider.attestation_ended"
    );
    assert_eq!(party.ok("provider show")["verified"], false);
    let changed = party.ok("provider set-profile --kind hospital --without npi");
    assert_eq!(
        [&changed["kind"], &changed["npi"], &changed["specialty"]],
        [&json!("hospital"), &json!(null), &json!("207R00000X")]
    );
    assert_eq!(
        party.ok("provider set-profile --kind hospital")["tx"],
        json!(null)
    );
    for (line, code) in [
        ("provider set-profile", "usage.arguments"),
        (
            "provider set-profile --npi 1234567890",
            "usage.invalid_value",
        ),
        ("provider set-profile --name ' '", "usage.invalid_value"),
    ] {
        party.run(line).failure(2, code);
    }
    context
        .stranger
        .run("provider set-profile --name Nobody")
        .failure(1, "provider.unknown");
}

#[test]
fn a_provider_is_suspended_reinstated_and_retires_for_good() {
    let context = TestContext::with_providers();
    let address = &context.specialist.address;
    let reinstate = format!("provider reinstate {address}");
    assert_eq!(context.owner.ok(&reinstate)["tx"], json!(null));
    context.owner.ok(&format!("provider suspend {address}"));
    context
        .specialist
        .run(&reinstate)
        .failure(1, "access.denied");
    let changed = context.owner.ok(&reinstate);
    assert_eq!(changed["status"], "self-asserted", "{changed:#}");
    let retired = context.specialist.ok("provider retire");
    assert_eq!(retired["status"], "retired");
    assert_eq!(context.specialist.ok("provider retire")["tx"], json!(null));
    let shown = context.owner.ok(&format!("provider show {address}"));
    assert_eq!(shown["verified"], false);
    context
        .stranger
        .run("provider retire")
        .failure(1, "provider.unknown");
}
