//! Every error code is met in some test.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Codes that no run of a test can bring about, and why.
const UNREACHED: [(&str, &str); 5] = [
    (
        "contracts.missing",
        "of a program that was built before the contracts; the one under test carries them",
    ),
    (
        "demo.failed",
        "of a demonstration whose own program misbehaves; nothing from outside reaches its chain",
    ),
    ("terminal.io", "of a system whose terminals fail"),
    (
        "tx.not_sent",
        "how a run ends that was told to send nothing: shown as its result, never as a failure",
    ),
    (
        "wallet.signing_failed",
        "a key in memory signs whatever it is given; devices have codes of their own",
    ),
];

/// Every file below a directory.
fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("the directory is readable") {
        let path = entry.expect("the directory is readable").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// What of a source file is tests.
fn tests_of(path: &Path, text: &str) -> String {
    let is_test = path
        .components()
        .any(|it| it.as_os_str() == "tests" || it.as_os_str() == "tests.rs")
        || path.to_str().is_some_and(|it| it.ends_with("_tests.rs"));
    if is_test {
        return text.to_owned();
    }
    let tests = text.split_once("#[cfg(test)]");
    tests.map(|(_, tests)| tests.to_owned()).unwrap_or_default()
}

/// Words of letters, underscores and dots: codes among others.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |it: char| it.is_ascii_lowercase() || it == '_' || it == '.';
    text.split(move |it| !is_part(it))
}

#[test]
fn every_code_is_met_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let table = fs::read_to_string(root.join("docs/errors.md")).expect("the table is there");
    let table = table.split("## Warnings").next().unwrap_or_default();
    let codes: BTreeSet<_> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(code, _)| code)
        .collect();
    assert!(codes.len() > 100, "{codes:?}");

    let mut paths = Vec::new();
    for directory in [
        "tests",
        "client/tests",
        "cli/tests",
        "client/src",
        "cli/src",
    ] {
        files(&root.join(directory), &mut paths);
    }
    let mut met = BTreeSet::new();
    for path in paths {
        // This file names codes that are met nowhere.
        let is_source = path
            .extension()
            .is_some_and(|it| it == "rs" || it == "snap");
        if !is_source || path.ends_with("snapshots/stories/codes.rs") {
            continue;
        }
        let relative = path.strip_prefix(&root).expect("it is below").to_owned();
        let text = fs::read_to_string(&path).expect("sources are text");
        let tests = if relative.starts_with("tests") {
            text
        } else {
            tests_of(&relative, &text)
        };
        met.extend(words(&tests).filter_map(|it| codes.get(it).copied()));
    }
    let excused: BTreeSet<_> = UNREACHED.iter().map(|(code, _)| *code).collect();
    let unmet: Vec<_> = codes.difference(&met).collect();
    let unmet: Vec<_> = unmet
        .into_iter()
        .filter(|it| !excused.contains(*it))
        .collect();
    assert!(unmet.is_empty(), "no test brings about {unmet:?}");
    for code in excused {
        assert!(codes.contains(code), "{code} is no code");
        assert!(!met.contains(code), "{code} is met: it needs no excuse");
    }
}
