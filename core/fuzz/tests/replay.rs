//! Every input that the fuzzer has kept, and every one that it starts from, on the ordinary toolchain.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::{fs, panic, path::PathBuf};

use patientport_core_fuzz::{TARGETS, seeds};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn replay(target: &str) {
    let (_, run) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let folder = root().join("fuzz/corpus").join(target);
    let kept: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("no corpus in {}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
        .collect();
    assert!(!kept.is_empty(), "nothing in {}", folder.display());
    let started = seeds(target, &root().join("tests/vectors"))
        .unwrap()
        .unwrap();
    let findings: Vec<_> = kept
        .into_iter()
        .chain(started)
        .filter(|(_, data)| panic::catch_unwind(|| run(data)).is_err())
        .map(|(name, _)| name)
        .collect();
    assert!(findings.is_empty(), "findings: {findings:?}");
}

#[test]
fn the_corpus_of_records_has_no_finding() {
    replay("record");
}

#[test]
fn the_corpus_of_heads_has_no_finding() {
    replay("head");
}

#[test]
fn the_corpus_of_metadata_has_no_finding() {
    replay("metadata");
}

#[test]
fn the_corpus_of_messages_has_no_finding() {
    replay("messages");
}

#[test]
fn the_corpus_of_keystores_has_no_finding() {
    replay("keystore");
}

#[test]
fn every_target_has_seeds_and_words() {
    for (target, _) in TARGETS {
        let vectors = root().join("tests/vectors");
        assert!(seeds(target, &vectors).unwrap().is_some(), "{target}");
        assert!(
            patientport_core_fuzz::dictionary(target).is_some(),
            "{target}"
        );
    }
}
