//! `patientport demo`

use std::path::PathBuf;

use clap::Args;

/// `demo`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  patientport demo
  patientport demo --keep demo-home
  patientport demo --json > demo.json")]
pub struct DemoArgs {
    /// Keep homes, store and fetched files in this new directory [default: a temporary one, removed]
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}
