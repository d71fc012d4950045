//! The stories: between them every verb, when it works and when it does not.

mod codes;
mod keys;
mod network;
mod people;
mod port;
mod records;
mod requests;
mod signing;

use std::{fs, process::Command};

use patientport_tests::{Party, program};

use crate::scene::Reader;

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

/// A person's own account of itself, as it is given to others.
fn card(party: &Party) -> String {
    let shown = party.ok("identity card");
    shown["card"].as_str().expect("a card is a line").to_owned()
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
