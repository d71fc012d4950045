//! `patientport completions` and `patientport man`: made from the definitions of the command line itself.

use std::io::Write as _;
use std::path::PathBuf;

use clap::CommandFactory as _;
use serde::Serialize;

use crate::args::Cli;
use crate::args::manual::{CompletionsArgs, ManArgs};
use crate::error::Error;
use crate::home::files::FileError;
use crate::output::{Outcome, Report};
use crate::text::{count, shown};

const PROGRAM: &str = "patientport";

/// Prints a completion script.
///
/// # Errors
/// [`Error::Stdout`].
pub fn completions(args: &CompletionsArgs) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), PROGRAM, &mut script);
    print(&script)
}

/// The pages that were written.
#[derive(Debug, Serialize)]
pub struct Pages {
    /// The directory.
    pub directory: PathBuf,
    /// How many there are.
    pub pages: usize,
}

impl Outcome for Pages {
    fn text(&self) -> String {
        format!(
            "{} in `{}`\n",
            count(self.pages, "page"),
            shown(&self.directory.display().to_string())
        )
    }
}

/// Prints the first page, or writes all of them.
///
/// # Errors
/// [`Error::Stdout`]; [`Error::Output`].
///
/// # Panics
/// Never: memory takes what is written to it.
pub fn man(args: &ManArgs) -> Result<Option<Report>, Error> {
    let program = Cli::command();
    let Some(directory) = &args.directory else {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(program).render(&mut page);
        rendered.expect("memory takes what is written to it");
        print(&page)?;
        return Ok(None);
    };
    let failed = |source| Error::Output(FileError::io("write pages in", directory)(source));
    std::fs::create_dir_all(directory).map_err(failed)?;
    clap_mangen::generate_to(program, directory).map_err(failed)?;
    Ok(Some(Report::of(&Pages {
        directory: directory.clone(),
        pages: pages(&Cli::command()),
    })))
}

/// How many pages a command and those below it have.
fn pages(command: &clap::Command) -> usize {
    1 + command.get_subcommands().map(pages).sum::<usize>()
}

fn print(bytes: &[u8]) -> Result<(), Error> {
    match std::io::stdout().lock().write_all(bytes) {
        // A reader that left has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Error::Stdout),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[test]
    fn every_command_has_a_page() {
        let directory = tempfile::tempdir().unwrap();
        let args = ManArgs {
            directory: Some(directory.path().join("man1")),
        };
        let report = man(&args).unwrap().unwrap();
        let files: Vec<_> = std::fs::read_dir(directory.path().join("man1"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(report.data["pages"], files.len());
        for wanted in [
            "patientport.1",
            "patientport-record-add.1",
            "patientport-history.1",
        ] {
            assert!(files.iter().any(|name| name == wanted), "{files:?}");
        }
        let page = directory.path().join("man1/patientport-record-add.1");
        let page = std::fs::read_to_string(page).unwrap();
        assert!(page.contains("\\-\\-title"), "{page}");
    }
}
