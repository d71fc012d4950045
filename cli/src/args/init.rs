//! `patientport init`

use clap::Args;

/// `init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Replace the settings that are there
    #[arg(long)]
    pub force: bool,
}
