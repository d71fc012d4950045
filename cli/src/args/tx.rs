//! `patientport tx …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// The verbs of transactions that are signed elsewhere.
#[derive(Debug, Subcommand)]
pub enum TxCommand {
    /// Show what a transaction does, signed or not; needs no key and no node
    #[command(after_help = "\
Examples:
  patientport tx show unsigned.json
  patientport tx show signed.json --json")]
    Show(TransactionFile),
    /// Sign a transaction that `--unsigned` wrote; needs no node
    #[command(after_help = "\
Examples:
  patientport port issue --patient 0x15d3…6A65 --unsigned unsigned.json     a machine with a node
  patientport tx sign unsigned.json -o signed.json                          a machine without
  patientport tx send signed.json                                           a machine with a node")]
    Sign(SignArgs),
    /// Check a signed transaction, show it, send it, and wait for it
    #[command(after_help = "\
Examples:
  patientport tx send signed.json
  cast mktx … | patientport tx send -             the bare hexadecimal of other tools is taken, too")]
    Send(TransactionFile),
}

/// Which file.
#[derive(Debug, Args)]
pub struct TransactionFile {
    /// The transaction; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub transaction: PathBuf,
}

/// `tx sign`
#[derive(Debug, Args)]
pub struct SignArgs {
    /// Which.
    #[command(flatten)]
    pub file: TransactionFile,
    /// Where the signed transaction goes: a new file [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
