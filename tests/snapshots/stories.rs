//! The stories: between them every verb, when it works and when it does not.

use std::{fs, process::Command};

use patientport_tests::{TestContext, program};

use crate::scene::{Reader, Scene};

/// Verbs that no story has: what they show is not one run's text.
const ELSEWHERE: [(&str, &str); 5] = [
    (
        "completions",
        "a script for a shell, made by clap; tests/it runs it",
    ),
    ("demo", "a document of its own; scripts/demo runs it"),
    ("devnode", "runs until it is stopped; tests/it/servers.rs"),
    (
        "identity restore",
        "asks for words at the terminal; tests/it/identity.rs",
    ),
    ("man", "pages for man, made by clap; tests/it runs it"),
];

const READERS: [Reader; 2] = [Reader::Person, Reader::Program];

#[test]
fn wallets_and_identities() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::bare(), reader);
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

#[test]
fn the_network() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::bare(), reader);
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
fn a_port() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::with_providers(), reader);
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
fn records() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::with_port(), reader);
        let port = scene.context.port.clone();
        let reader_account = scene.context.specialist.address.clone();
        scene
            .context
            .file("note.txt", b"Fasting glucose 5.4 mmol/L.\n");
        scene.context.file("empty.bin", b"");
        for line in [
            format!("record add note.txt --port {port} --section 0 --title 'Visit note'"),
            format!("record add empty.bin --port {port} --section 1"),
            format!("record add missing.txt --port {port} --section 0"),
            format!("record add note.txt --port {port} --section 7"),
            format!(
                "record add --resume {} --port {port}",
                "0x".to_owned() + &"11".repeat(32)
            ),
        ] {
            scene.run("primary", &line);
        }
        scene.run(
            "specialist",
            &format!("record add note.txt --port {port} --section 0"),
        );
        for line in [
            "record list",
            "record get 1 -o first.txt",
            "record get 1 -o first.txt",
            "record get 1 --range 0-6 -o part.txt",
            "record get 9 -o ninth.txt",
            "record verify 1",
        ] {
            scene.run("patient", line);
        }
        scene.run(
            "specialist",
            &format!("record get 1 --port {port} -o stolen.txt"),
        );
        for line in [
            format!("record share 1 --with {reader_account}"),
            "record publish 1".into(),
            "record publish 1".into(),
            "record retract 1".into(),
            "record retract 1 --reason entered-in-error".into(),
            "record retract 1 --reason entered-in-error".into(),
            "record erase 2".into(),
            "record list".into(),
            "record get 2 -o second.txt".into(),
        ] {
            scene.run("patient", &line);
        }
        scene.end("records");
    }
}

#[test]
fn requests() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::with_port(), reader);
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
fn access_and_history() {
    for reader in READERS {
        let mut scene = Scene::new(TestContext::with_port(), reader);
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

/// Names of the commands that the help of a command lists.
fn commands(path: &[String]) -> Vec<String> {
    let output = Command::new(program())
        .args(path)
        .arg("--help")
        .output()
        .expect("the program starts");
    let help = String::from_utf8(output.stdout).expect("help is UTF-8");
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let list = list.take_while(|line| !line.is_empty());
    let names = list.filter_map(|line| {
        // Two spaces and a name; what continues a line stands further in.
        let name = line.strip_prefix("  ")?;
        (!name.starts_with(' ')).then(|| name.split_whitespace().next())?
    });
    names.map(str::to_owned).collect()
}

fn verbs(path: &[String], found: &mut Vec<String>) {
    let below = commands(path);
    if below.is_empty() {
        found.push(path.join(" "));
    }
    for name in below {
        verbs(&[path, &[name]].concat(), found);
    }
}

#[test]
fn every_verb_is_in_a_story() {
    let mut all = Vec::new();
    verbs(&[], &mut all);
    assert!(all.len() > 40, "{all:?}");
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/snapshots");
    let mut told = String::new();
    for entry in fs::read_dir(directory).expect("the stories are kept") {
        let path = entry.expect("the directory is readable").path();
        told += &fs::read_to_string(path).expect("stories are text");
    }
    let line = |verb: &String| format!("$ patientport {verb}");
    let is_told = |verb: &String| {
        let line = line(verb);
        told.lines().any(|it| {
            it.find(&line)
                .is_some_and(|at| matches!(it.as_bytes().get(at + line.len()), None | Some(b' ')))
        })
    };
    let untold: Vec<_> = all
        .iter()
        .filter(|verb| !ELSEWHERE.iter().any(|(name, _)| name == verb))
        .filter(|verb| !is_told(verb))
        .collect();
    assert!(untold.is_empty(), "no story has {untold:?}");
    for (name, _) in ELSEWHERE {
        assert!(all.iter().any(|verb| verb == name), "{name} is no verb");
    }
}
