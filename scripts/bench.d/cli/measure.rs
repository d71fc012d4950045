//! The measurements: whole runs of the program, from its start to its end.

use crate::{
    Failure,
    people::Town,
    report::{Bar, Report},
};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

/// The most that `--help` may take, in milliseconds.
const HELP_MILLIS: f64 = 10.0;
/// The most that an approval may take, in bare transfers.
const APPROVE_TRANSFERS: f64 = 1.5;

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Runs a command to its end: milliseconds, and what it printed.
fn timed(command: &mut Command) -> Result<(f64, Vec<u8>), Failure> {
    command.stdin(Stdio::null());
    let started = Instant::now();
    let output = command.output()?;
    let took = started.elapsed().as_secs_f64() * 1e3;
    if !output.status.success() {
        let talk = String::from_utf8_lossy(&output.stderr);
        let said = String::from_utf8_lossy(&output.stdout);
        return Err(format!("{command:?} failed: {talk}{said}").into());
    }
    Ok((took, output.stdout))
}

/// How fast the program starts and says what it can.
pub(crate) fn help(program: &Path, report: &mut Report, times: usize) -> Result<(), Failure> {
    let mut values = Vec::new();
    for _ in 0..times {
        values.push(timed(Command::new(program).arg("--help"))?.0);
    }
    let bar = Bar::AtMost(HELP_MILLIS);
    report.add("--help", median(values), "ms", None, bar);
    Ok(())
}

/// An approval from typing it to its receipt, against a transfer of ether by somebody else's program with the same
/// keystore: in turns.
pub(crate) fn approve(
    town: &Town,
    cast: &Path,
    report: &mut Report,
    times: usize,
) -> Result<(), Failure> {
    let patient = &town.patient;
    let [_, specialist] = &town.providers;
    let keystore = patient.home.join("wallets/patient.json");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let id = town.ask(specialist)?["id"].to_string();
        ours.push(timed(&mut patient.command(&["request", "approve", &id]))?.0);
        let mut transfer = Command::new(cast);
        transfer
            .args(["send", "--json", "--value", "1", "--rpc-url"])
            .arg(&town.chain.url)
            .arg("--keystore")
            .arg(&keystore)
            .arg("--password-file")
            .arg(&patient.password)
            .arg(&specialist.address)
            .env_clear()
            .env("HOME", &patient.home)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        theirs.push(timed(&mut transfer)?.0);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    report.add("request approve -y", ours, "ms", Some(theirs), Bar::None);
    report.add(
        "request approve -y, in transfers of cast",
        ours / theirs,
        "times",
        Some(1.0),
        Bar::AtMost(APPROVE_TRANSFERS),
    );
    Ok(())
}

/// What waits, over so many requests: read from the chain, then with the history kept.
pub(crate) fn inbox(
    town: &Town,
    number: u32,
    (first, again): (f64, Option<f64>),
    report: &mut Report,
) -> Result<(), Failure> {
    let patient = &town.patient;
    let list = |values: &mut Vec<f64>| -> Result<Value, Failure> {
        let (took, printed) = timed(&mut patient.command(&["inbox"]))?;
        values.push(took);
        let document: Value = serde_json::from_slice(&printed)?;
        Ok(document["data"]["requests"].clone())
    };
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        fs::remove_dir_all(patient.home.join("cache"))?;
        let read = list(&mut cold)?;
        let kept = list(&mut warm)?;
        if read != kept || read[0]["content"] != json!("open") {
            return Err("the inbox with the history kept is another".into());
        }
    }
    let limit = |bar: Option<f64>| bar.map_or(Bar::None, Bar::AtMost);
    let bar = limit(Some(first).filter(|bar| bar.is_finite()));
    report.add(
        format!("inbox, {number} requests, first time"),
        median(cold),
        "ms",
        None,
        bar,
    );
    report.add(
        format!("inbox, {number} requests, history kept"),
        median(warm),
        "ms",
        None,
        limit(again),
    );
    Ok(())
}
