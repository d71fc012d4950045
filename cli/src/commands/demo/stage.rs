//! The stage: a directory, the people on it, and runs of the real program in processes of their own.

use super::report::{Refusal, Run, Step, Transaction};
use crate::{
    codes::Exit,
    error::Error,
    home::{
        FileError,
        files::{Existing, write_private},
    },
    signals,
};
use serde_json::Value;
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// Why the demonstration stopped.
#[derive(Debug, thiserror::Error)]
pub(super) enum DemoError {
    /// The chain did not start.
    #[error("the development chain did not start")]
    Chain(#[from] stylus_devnode::SpawnError),
    /// A file or directory of the demonstration could not be handled.
    #[error("cannot {action} `{path}`")]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A private file of the demonstration could not be written.
    #[error(transparent)]
    Home(FileError),
    /// The program could not be run as a process of its own.
    #[error("cannot run `{program}`")]
    Program {
        /// Path of the executable.
        program: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// The result could not be shown.
    #[error("cannot write to standard output")]
    Stdout(#[source] io::Error),
    /// The people could not be paid.
    #[error("the people of the demonstration cannot be paid")]
    Payment(#[source] Box<Error>),
    /// A signal came.
    #[error("interrupted")]
    Interrupted,
    /// Something is not as the story says.
    #[error("{step}: found {found}, expected {expected}")]
    Unexpected {
        /// Who ran which command.
        step: String,
        /// What the story says.
        expected: String,
        /// What happened.
        found: String,
    },
}

impl DemoError {
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}

/// Somebody with a home of their own.
#[derive(Clone, Debug)]
pub(super) struct Party {
    /// How the story calls them; also the name of wallet, identity and home.
    pub(super) name: &'static str,
}

/// Home of somebody in a demonstration's directory.
pub(super) fn home(directory: &Path, name: &str) -> PathBuf {
    directory.join("homes").join(name)
}

/// The password of somebody in a demonstration.
pub(super) fn password(name: &str) -> String {
    format!("demo password of the {name}")
}

/// What a run is expected to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expect {
    Success,
    /// Exit code 1 with one of these error codes.
    Refused(&'static [&'static str]),
}

/// Directory, program and chain; collects the steps.
pub(super) struct Stage<'a> {
    program: PathBuf,
    directory: PathBuf,
    rpc_url: String,
    allow_http: bool,
    registry: Option<String>,
    steps: Vec<Step>,
    current: Option<(Step, Instant)>,
    show: &'a mut dyn FnMut(&Step) -> io::Result<()>,
}

impl<'a> Stage<'a> {
    /// Prepares the directory; `show` is called with every finished step.
    pub(super) fn try_new(
        program: PathBuf,
        directory: PathBuf,
        rpc_url: String,
        allow_http: bool,
        show: &'a mut dyn FnMut(&Step) -> io::Result<()>,
    ) -> Result<Self, DemoError> {
        let stage = Self {
            program,
            directory,
            rpc_url,
            allow_http,
            registry: None,
            steps: Vec::new(),
            current: None,
            show,
        };
        for directory in [stage.files(), stage.store(), stage.directory.join("homes")] {
            fs::create_dir(&directory).map_err(DemoError::file("create", &directory))?;
        }
        Ok(stage)
    }

    /// Where the people keep files; every run starts here.
    pub(super) fn files(&self) -> PathBuf {
        self.directory.join("files")
    }

    fn store(&self) -> PathBuf {
        self.directory.join("store")
    }

    fn home(&self, party: &Party) -> PathBuf {
        home(&self.directory, party.name)
    }

    fn password_file(&self, party: &Party) -> PathBuf {
        self.directory
            .join("homes")
            .join(format!("{}.pass", party.name))
    }

    /// Writes the party's password file. The password protects nothing: chain or ether are gone at the end.
    pub(super) fn prepare(&self, party: &Party) -> Result<(), DemoError> {
        let path = self.password_file(party);
        let password = password(party.name) + "\n";
        write_private(&path, password.as_bytes(), Existing::Keep).map_err(DemoError::Home)
    }

    /// Everybody uses this registry from now on.
    pub(super) fn use_registry(&mut self, registry: String) {
        self.registry = Some(registry);
    }

    /// Ends the current step and begins the next.
    pub(super) fn step(&mut self, title: impl Into<String>) -> Result<(), DemoError> {
        self.finish()?;
        let step = Step {
            number: self.steps.len() + 1,
            title: title.into(),
            runs: Vec::new(),
            notes: Vec::new(),
            seconds: 0.0,
        };
        self.current = Some((step, Instant::now()));
        Ok(())
    }

    /// Adds a sentence to the current step.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        if let Some((step, _)) = &mut self.current {
            step.notes.push(note.into());
        }
    }

    /// Shows the current step.
    fn finish(&mut self) -> Result<(), DemoError> {
        if let Some((mut step, started)) = self.current.take() {
            step.seconds = started.elapsed().as_secs_f64();
            (self.show)(&step).map_err(DemoError::Stdout)?;
            self.steps.push(step);
        }
        Ok(())
    }

    /// Ends the last step and gives all of them.
    pub(super) fn into_steps(mut self) -> Result<Vec<Step>, DemoError> {
        self.finish()?;
        Ok(self.steps)
    }

    /// Runs the program as `party` and gives the `data` of its JSON.
    pub(super) fn run(&mut self, party: &Party, line: &str) -> Result<Output, DemoError> {
        self.run_expecting(party, line, Expect::Success)
    }

    /// Runs the program as `party`, which is expected to be refused with one of `codes`.
    pub(super) fn run_refused(
        &mut self,
        party: &Party,
        line: &str,
        codes: &'static [&'static str],
    ) -> Result<(), DemoError> {
        self.run_expecting(party, line, Expect::Refused(codes))
            .map(drop)
    }

    fn run_expecting(
        &mut self,
        party: &Party,
        line: &str,
        expect: Expect,
    ) -> Result<Output, DemoError> {
        if signals::stopping() {
            return Err(DemoError::Interrupted);
        }
        let command = format!("patientport {line}");
        let started = Instant::now();
        let mut child = Command::new(&self.program);
        child
            .args(words(line))
            .args(["--json", "--yes", "--no-input"])
            .current_dir(self.files())
            .stdin(Stdio::null())
            .env("PATIENTPORT_HOME", self.home(party))
            .env("PATIENTPORT_STORE", self.store())
            .env("ETH_PASSWORD", self.password_file(party))
            .env("ETH_RPC_URL", &self.rpc_url)
            .args(self.allow_http.then_some("--allow-http"))
            // Settings of whoever runs the demonstration must not leak into it.
            .env_remove("ETH_FROM")
            .env_remove("ETH_KEYSTORE")
            .env_remove("ETH_KEYSTORE_ACCOUNT")
            .env_remove("PATIENTPORT_NETWORK")
            .env_remove("PATIENTPORT_PORT")
            .env_remove("PATIENTPORT_PROFILE")
            .env_remove("PATIENTPORT_VERIFY_RPC_URL")
            .env_remove("PATIENTPORT_IDENTITY")
            .env_remove("PATIENTPORT_IDENTITY_PASSWORD")
            .env_remove("PATIENTPORT_REGISTRY");
        if let Some(registry) = &self.registry {
            child.env("PATIENTPORT_REGISTRY", registry);
        }
        let output = child.output().map_err(|source| DemoError::Program {
            program: self.program.clone(),
            source,
        })?;
        let exit_code = output.status.code().unwrap_or(-1);
        let json: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        let error = &json["errors"][0];
        let text = |member: &str| error[member].as_str().unwrap_or_default().to_owned();
        let (as_expected, refusal) = match expect {
            Expect::Success => (exit_code == 0 && json["success"] == true, None),
            Expect::Refused(codes) => {
                let refusal = Refusal {
                    code: text("code"),
                    message: text("message"),
                };
                let expected = exit_code == 1 && codes.contains(&refusal.code.as_str());
                (expected, Some(refusal))
            }
        };
        if exit_code == i32::from(Exit::Interrupted as u8) {
            return Err(DemoError::Interrupted);
        }
        if !as_expected {
            let said = if error.is_object() {
                format!("{} ({})", text("message"), text("code"))
            } else {
                String::from_utf8_lossy(&output.stderr).trim().to_owned()
            };
            return Err(DemoError::Unexpected {
                step: format!("`{command}`, run by {}", party.name),
                expected: match expect {
                    Expect::Success => "success".to_owned(),
                    Expect::Refused(codes) => format!("refusal {}", codes.join(" or ")),
                },
                found: format!("exit code {exit_code}, {said}"),
            });
        }
        let mut transactions = Vec::new();
        collect_transactions(&json["data"], &mut transactions);
        if let Some((step, _)) = &mut self.current {
            step.runs.push(Run {
                who: party.name,
                command: command.clone(),
                exit_code,
                transactions,
                refusal,
                seconds: started.elapsed().as_secs_f64(),
            });
        }
        Ok(Output {
            command,
            data: json["data"].clone(),
        })
    }
}

/// What a successful run reported.
#[derive(Debug)]
pub(super) struct Output {
    command: String,
    data: Value,
}

impl Output {
    /// The text at a JSON pointer of `data`; numbers and truth values as JSON writes them.
    pub(super) fn text(&self, pointer: &str) -> Result<String, DemoError> {
        match self.data.pointer(pointer) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
            _ => Err(DemoError::Unexpected {
                step: format!("`{}`", self.command),
                expected: format!("/data{pointer} in its JSON"),
                found: self.data.to_string(),
            }),
        }
    }
}

/// The words of a command line: split at spaces outside single quotes, as a shell does.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part);
        } else {
            words.extend(part.split_whitespace());
        }
    }
    words
}

/// Every object with a hash and the gas it used is a transaction, wherever it stands.
fn collect_transactions(value: &Value, found: &mut Vec<Transaction>) {
    match value {
        Value::Object(members) => {
            if let (Some(Value::String(hash)), Some(gas_used)) = (
                members.get("hash"),
                members.get("gas_used").and_then(Value::as_u64),
            ) {
                found.push(Transaction {
                    hash: hash.clone(),
                    gas_used,
                });
            } else {
                for member in members.values() {
                    collect_transactions(member, found);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                collect_transactions(item, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_command_line_splits_as_a_shell_splits_it() {
        assert_eq!(
            words("request send --text 'second opinion' --until 30d"),
            [
                "request",
                "send",
                "--text",
                "second opinion",
                "--until",
                "30d"
            ]
        );
    }

    #[test]
    fn transactions_are_found_wherever_they_stand() {
        let mut found = Vec::new();
        let data = serde_json::json!({
            "tx": {"hash": "0x01", "gas_used": 5},
            "steps": [{"tx": {"hash": "0x02", "gas_used": 7}}],
            "blob": {"hash": "0x03"},
        });
        collect_transactions(&data, &mut found);
        let mut gas: Vec<_> = found
            .iter()
            .map(|transaction| transaction.gas_used)
            .collect();
        gas.sort_unstable();
        assert_eq!(gas, [5, 7]);
    }
}
