//! `patientport demo`

use std::path::PathBuf;

use clap::Args;

/// `demo`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  patientport demo
  patientport demo --keep demo-home
  patientport demo --json > demo.json
  patientport demo --rpc-url http://127.0.0.1:8547 --account me    on that node's chain, paid for by this wallet

Only the flag --rpc-url chooses another chain, no variable and no setting. Its people are new accounts there, too. What
they may spend is told before anything is sent, and what is left goes back to the wallet.")]
pub struct DemoArgs {
    /// Keep homes, store and fetched files in this new directory [default: a temporary one, removed]
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}
