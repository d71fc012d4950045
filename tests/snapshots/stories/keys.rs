//! Wallets and identities.

use patientport_tests::{Node, TestContext};

use super::READERS;
use crate::scene::Scene;

#[test]
fn wallets_and_identities() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::on(Node::embedded()), reader);
        for line in [
            "wallet list",
            "wallet new second --scrypt-log-n 13",
            "wallet new second",
            "wallet new ../third",
            "wallet import third --dev 1 --scrypt-log-n 13",
            "wallet import fourth --dev 99",
            "wallet address third",
            "wallet address nobody",
            "wallet list",
            "wallet export third --output third.json --new-password-file stranger.pass --scrypt-log-n 13",
            "wallet export third --output third.json --new-password-file stranger.pass",
            "identity list",
            "identity new second --scrypt-log-n 13",
            "identity new second",
            "identity show second",
            "identity show nobody",
            "identity backup stranger --output words.txt",
            "identity export second --output second.json --new-password-file stranger.pass --scrypt-log-n 13",
            "identity import copy second.json",
            "identity import other missing.json",
            "identity recover stranger",
        ] {
            scene.run("stranger", line);
        }
        scene.end("wallets-and-identities");
    }
}
