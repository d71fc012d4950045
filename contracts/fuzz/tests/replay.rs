//! Every input that the fuzzer has kept, and every one that it starts from, on the ordinary toolchain.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{collections::BTreeSet, fs, panic, path::PathBuf};

use alloy_sol_types::SolInterface;
use patientport_abi::{
    IPatientPort::{IPatientPortCalls, IPatientPortErrors},
    IRegistry::{IRegistryCalls, IRegistryErrors},
};
use patientport_fuzz::Outcome;

/// What is kept of a target; the folder's absence is a failure.
fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../fuzz/corpus", target]
        .iter()
        .collect();
    let entries = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("no corpus in {}: {error}", folder.display()));
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "nothing in {}", folder.display());
    files
}

fn replay(target: &str) {
    let (_, run) = patientport_fuzz::TARGETS
        .iter()
        .find(|(name, _)| *name == target)
        .unwrap();
    let failed: Vec<_> = corpus(target)
        .into_iter()
        .filter(|(_, data)| panic::catch_unwind(|| run(data)).is_err())
        .map(|(path, _)| path)
        .collect();
    assert!(failed.is_empty(), "findings: {failed:?}");
}

#[test]
fn the_corpus_of_args_has_no_finding() {
    replay("args");
}

#[test]
fn the_corpus_of_the_port_has_no_finding() {
    replay("port");
}

#[test]
fn the_corpus_of_the_registry_has_no_finding() {
    replay("registry");
}

#[test]
fn every_target_has_a_corpus() {
    for (target, _) in patientport_fuzz::TARGETS {
        corpus(target);
    }
}

/// Names of the functions and errors that no input reaches, kept or started from: a function succeeds, an
/// error is given.
fn unreached<C: SolInterface, E: SolInterface>(
    target: &str,
    run: fn(&[u8]) -> Vec<Outcome>,
    name: fn([u8; 4]) -> Option<&'static str>,
) -> BTreeSet<&'static str> {
    let mut reached = BTreeSet::new();
    let kept = corpus(target).into_iter().map(|(_, data)| data);
    let seeds = patientport_fuzz::seeds(target).unwrap();
    let inputs = kept.chain(seeds.into_iter().map(|seed| seed.data));
    for outcome in inputs.flat_map(|data| run(&data)) {
        match outcome.answer {
            Ok(_) => reached.insert(outcome.selector),
            Err(error) => error
                .first_chunk()
                .is_some_and(|selector| reached.insert(*selector)),
        };
    }
    C::selectors()
        .chain(E::selectors())
        .filter(|selector| !reached.contains(selector))
        .map(|selector| name(selector).unwrap())
        .collect()
}

#[test]
fn inputs_of_the_port_reach_every_function_and_error() {
    let unreached = unreached::<IPatientPortCalls, IPatientPortErrors>(
        "port",
        patientport_fuzz::port,
        |selector| {
            IPatientPortCalls::name_by_selector(selector)
                .or_else(|| IPatientPortErrors::name_by_selector(selector))
        },
    );
    assert_eq!(unreached, BTreeSet::new());
}

#[test]
fn inputs_of_the_registry_reach_every_function_and_error() {
    let unreached = unreached::<IRegistryCalls, IRegistryErrors>(
        "registry",
        patientport_fuzz::registry,
        |selector| {
            IRegistryCalls::name_by_selector(selector)
                .or_else(|| IRegistryErrors::name_by_selector(selector))
        },
    );
    assert_eq!(unreached, BTreeSet::new());
}
