//! `patientport completions` and `patientport man`

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// `completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// `man`
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write a page for every command into this directory [default: the first page to standard output]
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
}
