//! A port: claimed, handed over, watched.

use patientport_tests::{Node, TestContext};

use super::{READERS, card};
use crate::scene::Scene;

#[test]
fn a_port() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::on(Node::embedded()).and_providers(), reader);
        let patient = scene.context.patient.address.clone();
        scene.run("stranger", &format!("port issue --patient {patient}"));
        scene.run(
            "primary",
            &format!("port issue --patient {patient} --name elena"),
        );
        let known = scene.context.primary.ok("port list");
        let port = known["ports"][0]["address"].as_str().expect("an address");
        let port = port.to_owned();
        scene.context.port.clone_from(&port);
        for line in [
            format!("port show {port}"),
            format!("record list --port {port}"),
        ] {
            scene.run("primary", &line);
        }
        scene.run("stranger", &format!("port claim {port}"));
        for line in [
            format!("port claim {patient}"),
            format!("port claim {port} --section 0:general --section 64:imaging"),
            format!("port claim {port} --section 0:general --section 1:imaging"),
            format!("port claim {port}"),
            "port list".into(),
            "port show".into(),
            "port show nobody".into(),
            "port change-key".into(),
            "port list".into(),
        ] {
            scene.run("patient", &line);
        }
        scene.end("port");
    }
}

#[test]
fn a_port_and_its_owner() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::on(Node::embedded()).and_port(), reader);
        let port = scene.context.port.clone();
        let heir = scene.context.stranger.address.clone();
        let specialist = scene.context.specialist.address.clone();
        let person = card(&scene.context.stranger);
        for line in [
            "port card",
            "port set-primary nobody",
            &format!("port set-primary {heir}"),
            "port set-primary none",
            "port set-primary none",
            &format!("port set-primary {specialist}"),
            "port cancel-signatures",
        ] {
            scene.run("patient", line);
        }
        for line in [
            format!("port card {port}"),
            format!("port cancel-signatures {port}"),
            format!("port transfer {heir} --port {port}"),
            format!("port accept {port}"),
            format!("port remember {port} --name mum"),
        ] {
            scene.run("stranger", &line);
        }
        scene.run("patient", &format!("port transfer {heir}"));
        scene.run("stranger", &format!("port accept {port}"));
        for line in [
            "port transfer --cancel".to_owned(),
            "port transfer --cancel".into(),
            format!("delegate add {person} --rights approve --until 30d"),
            format!("port transfer {heir}"),
            "port show".into(),
        ] {
            scene.run("patient", &line);
        }
        for line in [
            format!("port accept {port} --name mum"),
            "port accept mum".into(),
            "port show".into(),
            "port list".into(),
        ] {
            scene.run("stranger", &line);
        }
        scene.run("patient", "port card");
        scene.run("patient", "port set-primary none");
        scene.end("port-owner");
    }
}

#[test]
fn what_happens_at_a_port() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::on(Node::embedded()).and_port(), reader);
        scene.run("patient", "watch --once");
        scene.run("patient", "inbox");
        scene.context.request();
        for line in [
            "inbox",
            "inbox --list",
            "watch --once --since 0",
            "watch --since 0 --count 1",
            "watch --once --since 0 --exec ./missing",
        ] {
            scene.run("patient", line);
        }
        scene.run("specialist", "inbox");
        scene.run("specialist", "watch --once");
        scene.end("inbox-and-watch");
    }
}
