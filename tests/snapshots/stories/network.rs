//! A registry, its providers, and what runs it.

use patientport_tests::{Node, TestContext};

use super::READERS;
use crate::scene::Scene;

#[test]
fn the_network() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::on(Node::embedded()), reader);
        scene.run("primary", "provider list");
        let deployed = scene.run("owner", "deploy");
        let registry = scene.context.owner.ok("deploy")["registry"].clone();
        let registry = registry.as_str().expect("an address").to_owned();
        assert_eq!(deployed.exit_code, Some(0));
        let account = scene.context.primary.address.clone();
        let stranger = scene.context.stranger.address.clone();
        for line in ["deploy", "keepalive --dry-run", "keepalive"] {
            scene.run("owner", line);
        }
        scene.run("primary", &format!("init --registry {registry}"));
        for line in [
            "init",
            "provider register --kind clinic --npi 1234567890 --name 'Lakeview Family Practice'",
            "provider register --kind clinic --npi 1234567893 --name 'Lakeview Family Practice'",
            "provider list",
        ] {
            scene.run("primary", line);
        }
        for line in [
            format!("provider attest {stranger} --until 1y"),
            format!("provider attest {account} --until 9y"),
            format!("provider attest {account} --until 1y"),
            format!("provider show {account}"),
            format!("provider show {stranger}"),
            format!("provider suspend {account}"),
            format!("provider attester add {stranger}"),
            format!("provider attester add {stranger}"),
            format!("provider attester remove {stranger}"),
        ] {
            scene.run("owner", &line);
        }
        for line in [
            "provider change-key",
            &format!("provider attest {account} --until 1y"),
            "port issue --patient 0x0000000000000000000000000000000000000000",
            "doctor",
        ] {
            scene.run("primary", line);
        }
        scene.end("network");
    }
}

#[test]
fn a_providers_standing() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::on(Node::embedded()).and_providers(), reader);
        let account = scene.context.specialist.address.clone();
        for line in [
            "provider set-contact --contact '+1 555 0100' --endpoint https://blobs.example/records",
            "provider set-contact --contact '+1 555 0100'",
            "provider set-contact --without endpoint",
            "provider set-contact",
            "provider show",
            "provider set-profile --kind hospital --npi 1234567893 --specialty 207R00000X",
            "provider set-profile --kind hospital",
            "provider set-profile --npi 1234567890",
            "provider set-profile --without npi",
            "provider show",
        ] {
            scene.run("specialist", line);
        }
        scene.run("stranger", "provider set-profile --name Nobody");
        for line in [
            format!("provider attest {account}"),
            format!("provider reinstate {account}"),
            format!("provider suspend {account}"),
            format!("provider suspend {account}"),
            format!("provider reinstate {account}"),
        ] {
            scene.run("owner", &line);
        }
        scene.run("stranger", &format!("provider reinstate {account}"));
        for line in ["provider retire", "provider retire", "provider show"] {
            scene.run("specialist", line);
        }
        scene.run("stranger", "provider retire");
        scene.end("provider-standing");
    }
}

#[test]
fn a_deployment_and_its_owner() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::on(Node::embedded()), reader);
        let next = scene.context.primary.address.clone();
        let owner = scene.context.owner.address.clone();
        for line in [
            "deployment show",
            "deploy --dry-run",
            "deploy",
            "deployment show",
            "deployment export",
            "deployment export -o clinic.json",
            "deployment export -o clinic.json",
            "registry show",
            "upgrade",
            "upgrade --dry-run",
            "upgrade --contracts nowhere",
        ] {
            // To standard output the deployment itself goes, which is no document of a run.
            scene.run("owner", line);
        }
        scene.context.file("other.json", b"{}");
        for line in [
            "registry show",
            "deployment import other.json",
            "deployment import missing.json",
            "deployment import clinic.json",
            "deployment import clinic.json",
            "registry show",
        ] {
            scene.run("primary", line);
        }
        scene.run("primary", &format!("registry transfer-ownership {next}"));
        scene.run("primary", "registry accept-ownership");
        for line in [
            format!("registry transfer-ownership {owner}"),
            format!("registry transfer-ownership {next}"),
            format!("registry transfer-ownership {next}"),
            "registry transfer-ownership --withdraw".into(),
            "registry transfer-ownership --withdraw".into(),
            format!("registry transfer-ownership {next}"),
        ] {
            scene.run("owner", &line);
        }
        for line in ["registry accept-ownership", "registry show"] {
            scene.run("primary", line);
        }
        scene.end("deployment");
    }
}
