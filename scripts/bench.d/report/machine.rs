//! What the figures were measured on.

use crate::Failure;
use serde::Serialize;
use std::{fs, process::Command};

/// A machine, and the tree that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    cpu: String,
    cores: usize,
    memory_mib: u64,
    os: String,
    kernel: String,
    rustc: String,
    commit: String,
    date: String,
    /// Load averages over 1, 5 and 15 minutes before the first measurement (proc(5)).
    load_before: String,
}

impl Machine {
    /// This one. What it does not tell is `unknown`.
    pub(crate) fn this(load_before: String) -> Result<Self, Failure> {
        let unknown = || "unknown".to_owned();
        let kib = field("/proc/meminfo", "MemTotal", ':')
            .and_then(|it| it.trim_end_matches("kB").trim().parse::<u64>().ok());
        Ok(Self {
            cpu: field("/proc/cpuinfo", "model name", ':').unwrap_or_else(unknown),
            cores: std::thread::available_parallelism()?.get(),
            memory_mib: kib.unwrap_or_default() >> 10,
            os: field("/etc/os-release", "PRETTY_NAME", '=').unwrap_or_else(unknown),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
                .map_or_else(|_| unknown(), |it| it.trim().to_owned()),
            rustc: printed("rustc", &["--version"]).unwrap_or_else(unknown),
            commit: printed(
                "git",
                &["describe", "--always", "--dirty", "--exclude", "*"],
            )
            .unwrap_or_else(unknown),
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            load_before,
        })
    }

    /// All of it, as one sentence.
    pub(crate) fn shown(&self) -> String {
        format!(
            "Measured on {}, {} cores, {} MiB of memory, {}, Linux {}, {}; commit {}, {}; load averages before: {}.",
            self.cpu,
            self.cores,
            self.memory_mib,
            self.os,
            self.kernel,
            self.rustc,
            self.commit,
            self.date,
            self.load_before
        )
    }
}

/// A value of a file of names and values, the first of that name.
fn field(file: &str, name: &str, separator: char) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let fields = text.lines().filter_map(|line| line.split_once(separator));
    let mut values = fields.filter(|(it, _)| it.trim() == name);
    let value = values.next()?.1;
    Some(value.trim().trim_matches('"').to_owned())
}

/// What a program prints, if it is there and succeeds.
fn printed(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
