//! Delegates, custodians, responders.

use std::time::Duration;

use patientport_tests::{Node, TestContext};

use super::{READERS, card};
use crate::scene::Scene;

#[test]
fn delegates() {
    for reader in READERS {
        let mut scene = Scene::new(
            TestContext::on(Node::embedded()).and_reader(b"first"),
            reader,
        );
        let port = scene.context.port.clone();
        let delegate = scene.context.stranger.address.clone();
        let specialist = scene.context.specialist.address.clone();
        let primary = scene.context.primary.address.clone();
        let person = card(&scene.context.stranger);
        scene.run("stranger", "identity card");
        scene.run("stranger", "identity card nobody");
        for line in [
            "delegate list".to_owned(),
            format!("delegate add {delegate} --rights approve --until 10d"),
            format!(
                "delegate add {person} --rights approve --until 10d --fingerprint aaaa-aaaa-aaaa-aaaa"
            ),
            format!("delegate add {person} --rights approve --until 6y"),
            format!("delegate add {person} --rights approve,write --until 60d"),
            format!("delegate add {person} --rights approve,write --until 60d"),
            format!("delegate change {delegate}"),
            format!("delegate change {delegate} --until 90d"),
            format!("delegate change {delegate} --rights revoke"),
            format!("delegate change {primary} --until 9d"),
            "delegate list".into(),
            "access list".into(),
        ] {
            scene.run("patient", &line);
        }
        for line in [
            format!("port remember {port} --name other"),
            format!("port remember {port} --name mum"),
            "delegate list --port mum".into(),
            format!("access grant {specialist} --section 0 --until 10d --port mum"),
            format!("delegate remove {delegate} --port mum"),
            format!("access revoke {specialist} --port mum"),
        ] {
            scene.run("stranger", &line);
        }
        scene.run("specialist", &format!("port remember {port} --name elena"));
        for line in [
            format!("delegate remove {primary}"),
            format!("delegate remove {delegate}"),
            "delegate list".into(),
            "history".into(),
        ] {
            scene.run("patient", &line);
        }
        scene.end("delegates");
    }
}

#[test]
fn an_emergency() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::on(Node::embedded()).and_port(), reader);
        scene.context.add_record("first.txt", b"first");
        let port = scene.context.port.clone();
        let responder = scene.context.specialist.address.clone();
        let custodian = card(&scene.context.stranger);
        for line in [
            "emergency list".to_owned(),
            format!("emergency arm {responder} --section 0 --delay 4h --window 2d"),
            format!("emergency custodian set 3 {custodian}"),
            format!("emergency custodian set 0 {custodian}"),
            format!("emergency arm {responder} --section 0 --delay 8d --window 2d"),
            format!("emergency arm {responder} --section 0 --delay 4h --window 2d"),
            "emergency list".into(),
            "emergency refresh".into(),
            "access rotate --section 0".into(),
            format!("emergency veto {responder}"),
        ] {
            scene.run("patient", &line);
        }
        scene.run(
            "primary",
            &format!("emergency break --port {port} --text x"),
        );
        scene.run("stranger", &format!("emergency release --port {port}"));
        for _ in 0..2 {
            scene.run(
                "specialist",
                &format!("emergency break --port {port} --text 'unconscious, ward 4'"),
            );
        }
        scene.run(
            "stranger",
            &format!("emergency release {responder} --port {port}"),
        );
        scene.run("primary", &format!("emergency list --port {port}"));
        scene.context.devnode().pass(Duration::from_hours(4));
        scene.run("primary", &format!("emergency release --port {port}"));
        scene.run("stranger", &format!("emergency release --port {port}"));
        scene.run(
            "specialist",
            &format!("record get 1 --port {port} -o first"),
        );
        scene.context.devnode().pass(Duration::from_hours(48));
        for line in [
            "emergency list".to_owned(),
            format!("emergency disarm {responder}"),
            format!("emergency disarm {responder}"),
            format!("emergency arm {responder} --section 0 --delay 4h --window 2d"),
        ] {
            scene.run("patient", &line);
        }
        scene
            .context
            .specialist
            .ok(&format!("emergency break --port {port} --text x"));
        for line in [
            format!("emergency veto {responder}"),
            "emergency custodian remove 0".into(),
            "emergency custodian remove 0".into(),
            "emergency list".into(),
            "emergency refresh".into(),
        ] {
            scene.run("patient", &line);
        }
        scene.end("emergency");
    }
}
