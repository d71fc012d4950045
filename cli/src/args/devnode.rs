//! `patientport devnode`

use clap::Args;

/// `devnode`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  patientport devnode
  patientport devnode --port 0 --silent

The endpoint is printed on stdout once the chain answers, the rest on stderr. Ctrl-C or SIGTERM ends it
with exit code 0. Its funded accounts are public knowledge: never use them on another chain.")]
pub struct DevnodeArgs {
    /// The chain.
    #[command(flatten)]
    pub node: stylus_devnode::cli::Args,
}
