//! `patientport relay …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// The relay verbs.
#[derive(Debug, Subcommand)]
pub enum RelayCommand {
    /// Show what a signed call does; needs no key and no node
    #[command(after_help = "\
Examples:
  patientport relay show approve.json
  patientport relay show - < approve.json")]
    Show(SignedFile),
    /// Check a call that a patient signed, show it, send it and pay for it (anybody)
    #[command(after_help = "\
Examples:
  patientport request approve 1 --sign-only approve.json        the patient, who needs no ether
  patientport relay submit approve.json                         whoever sends it
  patientport relay submit approve.json --dry-run               what it would do and cost

Chain, port, owner, nonce, deadline and signature are checked before anything is sent.")]
    Submit(SignedFile),
}

/// Which file.
#[derive(Debug, Args)]
pub struct SignedFile {
    /// The signed call; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub signed_call: PathBuf,
}
