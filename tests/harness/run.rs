//! One run of the program and what can be asserted about it.

use crate::schema;
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// Path of the program under test: `target/<profile>/patientport`, next to the test's own directory.
///
/// # Panics
/// If it has not been built. Cargo does not build another package's program for a test, so
/// `scripts/test` runs `cargo build --workspace --all-targets` first.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("a test stands in target/<profile>/deps");
    let program = profile.join(format!("patientport{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.is_file(),
        "`{}` is missing: run `cargo build -p patientport` or `./scripts/test`",
        program.display()
    );
    program
}

/// Arguments that make a run fit for a script: one document, nothing asked.
pub const SCRIPTED: [&str; 3] = ["--json", "--yes", "--no-input"];

/// A shell that does something first, such as setting a limit, and then becomes `command`, with its arguments, directory
/// and variables. Standard input is empty.
pub fn behind_a_shell(first: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("{first}; exec \"$0\" \"$@\""))
        .arg(command.get_program())
        .args(command.get_args())
        .stdin(Stdio::null());
    if let Some(directory) = command.get_current_dir() {
        shell.current_dir(directory);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

/// A command that may write files of so many blocks of 512 bytes: a longer write fails as on a full disk, without the
/// rights that mounting one takes.
pub fn on_a_full_disk(blocks: u32, command: &Command) -> Command {
    behind_a_shell(&format!("trap '' XFSZ; ulimit -f {blocks}"), command)
}

/// What a run of the program left behind.
#[derive(Debug)]
pub struct Run {
    /// The command line, for messages.
    pub command: String,
    /// Exit code; `None` if a signal ended it.
    pub exit_code: Option<i32>,
    /// Standard output, byte by byte.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Runs `command` to its end.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn of(command: &mut Command) -> Self {
        let shown = format!("{command:?}");
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("cannot start {shown}: {error}"));
        Self::from_output(shown, output)
    }

    /// A run from what the system reported.
    pub fn from_output(command: String, output: Output) -> Self {
        Self {
            command,
            exit_code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The one JSON document on standard output.
    ///
    /// # Panics
    /// If there is none, or something else beside it, or it is not what `docs/output.schema.json` says.
    pub fn json(&self) -> Value {
        let value: Value = serde_json::from_slice(&self.stdout).unwrap_or_else(|error| {
            panic!(
                "no JSON on stdout ({error})\n{self:#?}\n{}",
                String::from_utf8_lossy(&self.stdout)
            )
        });
        schema::check(&value);
        value
    }

    /// The data of a run that succeeded.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn success(&self) -> Value {
        let value = self.json();
        assert_eq!(
            (self.exit_code, &value["success"]),
            (Some(0), &Value::Bool(true)),
            "{}\n{value:#}\n{}",
            self.command,
            self.stderr
        );
        assert_eq!(value["errors"], serde_json::json!([]), "{value:#}");
        value["data"].clone()
    }

    /// The first error of a run that failed with this exit code and this error code. Checks what holds
    /// for every failure: no data, a sentence and a hint.
    ///
    /// # Panics
    /// If it succeeded or failed otherwise.
    #[track_caller]
    pub fn failure(&self, exit_code: i32, code: &str) -> Value {
        let value = self.json();
        let error = value["errors"][0].clone();
        assert_eq!(
            (self.exit_code, error["code"].as_str(), &value["success"]),
            (Some(exit_code), Some(code), &Value::Bool(false)),
            "{}\n{value:#}\n{}",
            self.command,
            self.stderr
        );
        assert!(value["data"].is_null(), "{value:#}");
        let text = |member: &str| error[member].as_str().unwrap_or_default().to_owned();
        let (message, hint) = (text("message"), text("hint"));
        assert!(!message.is_empty() && !message.ends_with('.'), "{value:#}");
        assert!(
            !message.contains('\n') && message.len() < 400,
            "one sentence: {message}"
        );
        assert!(!hint.is_empty(), "a failure names its cure: {value:#}");
        error
    }
}

/// Every file below a directory, with its length, sorted by path; nothing if it does not exist.
///
/// # Panics
/// If a file disappears meanwhile.
pub fn files_below(directory: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else {
            continue;
        };
        for entry in entries {
            let entry = entry.expect("a directory of the test is readable");
            let metadata = entry.metadata().expect("a file of the test is readable");
            if metadata.is_dir() {
                open.push(entry.path());
            } else {
                found.push((entry.path(), metadata.len()));
            }
        }
    }
    found.sort();
    found
}
