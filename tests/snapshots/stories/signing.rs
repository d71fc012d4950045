//! What is looked at, signed or written down instead of sent; and settings.

use patientport_tests::{Node, TestContext};

use super::READERS;
use crate::scene::Scene;

#[test]
fn dry_runs_and_settings() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::on(Node::embedded()).and_port(), reader);
        scene.context.request();
        let port = scene.context.port.clone();
        let account = scene.context.specialist.address.clone();
        scene
            .context
            .file("note.txt", b"Fasting glucose 5.4 mmol/L.\n");
        for line in [
            "request approve 1 --dry-run",
            "request deny 1 --dry-run",
            "request approve 9 --dry-run",
            &format!("access grant {account} --section 1 --until 30d --dry-run"),
            "access rotate --section 0 --dry-run",
            "record add note.txt --section 0 --dry-run",
            "port change-key --dry-run",
            &format!("port transfer {account} --dry-run"),
            "wallet list --dry-run",
            "--show-settings",
            "port show --show-settings",
        ] {
            scene.run("patient", line);
        }
        scene.run(
            "primary",
            &format!("port issue --patient {account} --dry-run"),
        );
        scene.run(
            "stranger",
            &format!("port issue --patient {account} --dry-run"),
        );
        scene.run(
            "stranger",
            &format!("record add note.txt --port {port} --section 0 --dry-run"),
        );
        scene.end("dry-runs");
    }
}

#[test]
fn a_call_that_others_send() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::on(Node::embedded()).and_port(), reader);
        scene.context.request();
        scene.context.file("no-call.json", b"{}");
        let port = scene.context.port.clone();
        scene
            .context
            .devnode()
            .set_balance(&scene.context.patient.address, 0);
        for line in [
            "request deny 1 --reason not-needed".to_owned(),
            "request deny 1 --reason not-needed --sign-only deny.json".into(),
            "request deny 1 --reason not-needed --sign-only deny.json".into(),
            "request deny 1 --deadline 2h".into(),
            "port list --sign-only list.json".into(),
            "request approve 1 --deadline 2h --sign-only approve.json".into(),
        ] {
            scene.run("patient", &line);
        }
        scene.run(
            "specialist",
            &format!("request cancel 1 --port {port} --sign-only cancel.json"),
        );
        for line in [
            "relay show deny.json",
            "relay show missing.json",
            "relay show no-call.json",
            "relay submit deny.json --dry-run",
            "relay submit deny.json",
            "relay submit deny.json",
            "relay submit approve.json",
            "relay submit no-call.json",
        ] {
            scene.run("stranger", line);
        }
        scene.end("relay");
    }
}

#[test]
fn a_transaction_that_is_signed_elsewhere() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::on(Node::embedded()).and_providers(), reader);
        let patient = scene.context.patient.address.clone();
        scene.context.file("no-transaction.json", b"{}");
        for line in [
            format!("port issue --patient {patient} --unsigned unsigned.json"),
            format!("port issue --patient {patient} --unsigned unsigned.json"),
            "tx show unsigned.json".into(),
            "tx send unsigned.json".into(),
            "tx sign unsigned.json -o signed.json".into(),
            "tx sign signed.json".into(),
            "tx show signed.json".into(),
            "tx show no-transaction.json".into(),
            "wallet list --unsigned list.json".into(),
        ] {
            scene.run("primary", &line);
        }
        for line in [
            "tx sign unsigned.json",
            "tx send missing.json",
            "tx send signed.json --dry-run",
            "tx send signed.json",
            "tx send signed.json",
        ] {
            scene.run("stranger", line);
        }
        scene.end("transactions");
    }
}
