//! Requests, access, history.

use patientport_tests::{Node, TestContext};

use super::READERS;
use crate::scene::Scene;

#[test]
fn requests() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::on(Node::embedded()).and_port(), reader);
        let port = scene.context.port.clone();
        scene.run("patient", "request list");
        for line in [
            format!("request send --port {port} --section 0 --until 30d --text 'second opinion'"),
            format!("request send --port {port} --section 0-1 --until 30d --rights read-write"),
            format!("request send --port {port} --until 30d --text 'whatever you think fit'"),
            format!("request send --port {port} --section 0 --until 30d"),
            format!("request cancel 4 --port {port}"),
            format!("request cancel 4 --port {port}"),
            format!("request send --port {port} --section 99 --until 30d"),
        ] {
            scene.run("specialist", &line);
        }
        scene.run(
            "stranger",
            &format!("request send --port {port} --section 0 --until 30d"),
        );
        for line in [
            "request list",
            "request show 1",
            "request show 9",
            "request approve 1",
            "request approve 1",
            "request approve 3",
            "request deny 2 --reason scope-too-wide --text 'imaging is not needed'",
            "request deny 2 --reason scope-too-wide",
            "request list --pending",
        ] {
            scene.run("patient", line);
        }
        scene.run("specialist", &format!("request show 2 --port {port}"));
        scene.run(
            "stranger",
            &format!("request approve 3 --port {port} --section 0"),
        );
        scene.end("requests");
    }
}

#[test]
fn a_providers_requests() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::on(Node::embedded()).and_port(), reader);
        let port = scene.context.port.clone();
        let primary = scene.context.primary.address.clone();
        let specialist = scene.context.specialist.address.clone();
        let stranger = scene.context.stranger.address.clone();
        scene.run("primary", "request status");
        for line in [
            format!(
                "request refer {specialist} --port {port} --section 0 --until 90d --text 'please let Dr. Brandt read'"
            ),
            format!("request refer {primary} --port {port} --text x"),
            format!("request refer {stranger} --port {port} --text x"),
            "request template list".into(),
            "request template save follow-up --section 0 --until 90d --text 'Follow-up of {visit}'"
                .into(),
            "request template save follow-up --text x".into(),
            "request template save empty".into(),
            "request template list".into(),
            "request template show follow-up".into(),
            "request template show nothing".into(),
            format!("request send --port {port} --template follow-up"),
            format!("request send --port {port} --template follow-up --set 'visit=3 November'"),
            "request template remove follow-up".into(),
            "request template remove follow-up".into(),
        ] {
            scene.run("primary", &line);
        }
        for line in [
            "request approve 1".to_owned(),
            "request deny 2 --reason not-needed --text 'we agreed on this'".into(),
            format!("request block {primary}"),
            format!("request block {primary}"),
        ] {
            scene.run("patient", &line);
        }
        for line in [
            "request status".to_owned(),
            "request status --pending".into(),
            format!("request send --port {port} --section 0 --until 30d"),
            format!("request unblock {primary} --port {port}"),
        ] {
            scene.run("primary", &line);
        }
        scene.run("patient", &format!("request unblock {primary}"));
        scene.end("provider-requests");
    }
}

#[test]
fn access_and_history() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::on(Node::embedded()).and_port(), reader);
        let account = scene.context.specialist.address.clone();
        let stranger = scene.context.stranger.address.clone();
        for line in [
            "access list".to_owned(),
            format!("access grant {account} --section general --until 30d"),
            format!("access grant {account} --section 1 --until 10d"),
            format!("access grant {stranger} --section 0 --until 30d"),
            format!("access grant {account} --section 0 --until 6y"),
            "access list".into(),
            "access reseal".into(),
            format!("access revoke {account} --reason care-ended"),
            format!("access revoke {account}"),
            "access rotate".into(),
            "access rotate --section 1".into(),
            "access rotate --section 2:laboratory".into(),
            "access list".into(),
            "history".into(),
            format!("history --about {account}"),
        ] {
            scene.run("patient", &line);
        }
        scene.end("access-and-history");
    }
}
