//! The program that is run for each event. What is on the chain reaches it through standard input alone: neither its
//! arguments nor its environment hold a word that others wrote, and no shell is between.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::error::Error;
use crate::signals;

/// Longest that a hook may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often it is looked whether it has ended.
const PERIOD: Duration = Duration::from_millis(20);

/// A program and its arguments.
#[derive(Clone, Debug)]
pub(super) struct Hook(Arc<(PathBuf, Vec<OsString>)>);

impl Hook {
    pub(super) fn new(program: PathBuf, arguments: Vec<OsString>) -> Self {
        Self(Arc::new((program, arguments)))
    }

    /// Runs it with an event on standard input and waits for its end. What it prints goes to standard error. `Some`: it
    /// failed, and how.
    ///
    /// # Errors
    /// [`Error::Hook`] if it cannot be run at all.
    pub(super) async fn run(&self, event: &Value) -> Result<Option<String>, Error> {
        let (hook, document) = (self.clone(), format!("{event}\n"));
        let run = tokio::task::spawn_blocking(move || hook.run_blocking(&document));
        run.await.expect("running a hook never panics")
    }

    fn run_blocking(&self, document: &str) -> Result<Option<String>, Error> {
        let (program, arguments) = &*self.0;
        let failed = |source| Error::Hook {
            program: program.clone(),
            source,
        };
        let stderr = std::io::stderr().as_fd().try_clone_to_owned();
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::from(stderr.map_err(failed)?))
            .spawn()
            .map_err(failed)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A hook need not read what it is given. An event is shorter than what a pipe holds.
            let _ = stdin.write_all(document.as_bytes());
        }
        let shown = program.display();
        Ok(match ended(&mut child).map_err(failed)? {
            None => Some(format!("`{shown}` took too long and was ended")),
            Some(status) if status.success() => None,
            Some(status) => Some(format!("`{shown}` failed: {status}")),
        })
    }
}

/// Waits for the end; `None` if it took too long and was killed. A run that is told to end leaves the hook to finish.
fn ended(child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if signals::stopping() {
            return Ok(Some(ExitStatus::default()));
        }
        if started.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(PERIOD);
    }
}
