//! `patientport identity …`

use std::path::PathBuf;

use alloy::primitives::B256;
use clap::{Args, Subcommand};

use super::wallet::KdfArgs;

/// The identity verbs.
#[derive(Debug, Subcommand)]
pub enum IdentityCommand {
    /// Make a new encryption identity
    #[command(after_help = "\
Examples:
  patientport identity new alice
  patientport identity new alice --password-file alice.pass
  patientport identity backup alice                        its 24 words, for paper
  patientport wallet new alice --from-identity alice       a patient's account, of the same words

Give it the name of the wallet it belongs to and it is found by itself.")]
    New(NewArgs),
    /// List the identities of this home
    List,
    /// Show an identity's public keys and fingerprints
    #[command(
        after_help = "Examples:\n  patientport identity show\n  patientport identity show alice"
    )]
    Show(ShowArgs),
    /// Print your key card: account and encryption key in one line, for whoever names you as a delegate or a custodian
    #[command(after_help = "\
Examples:
  patientport identity card
  patientport identity card tom --account tom

The line holds nothing secret. Send it to the patient, and compare account and fingerprint by another way, such as by
voice: whoever altered the line on its way would be named in your place.")]
    Card(ShowArgs),
    /// Show an identity as 24 words, to be written on paper
    #[command(after_help = "\
Examples:
  patientport identity backup alice
  patientport identity backup alice --output alice.words     a file, not encrypted; for a safe place

The words are those of BIP-39. They restore the identity, and every account made with `wallet new --from-identity`.
They are shown on a terminal only, after a warning.")]
    Backup(BackupArgs),
    /// Make an identity again from its 24 words
    #[command(after_help = "\
Examples:
  patientport identity restore alice                         asks for the words
  patientport identity restore alice --words-file alice.words
  patientport identity recover alice                         then find its accounts and ports again

Words may be in any case, numbered or not, on one line or many, or cut to their first four letters.")]
    Restore(RestoreArgs),
    /// Find an identity's accounts, ports and provider entry again, on the chain alone
    #[command(after_help = "\
Examples:
  patientport identity recover alice --registry 0x5FbDB2315678afecb367f032d93F642f64180aa3
  patientport identity recover alice --no-accounts           only for the wallets that are in this home

Looks for accounts of the identity's words, restores their wallets, and finds the ports of every wallet with the keys
and section names that they have. Sends nothing, and can be run again at any time. The node learns which accounts
belong together.")]
    Recover(RecoverArgs),
    /// Copy an identity into a file of its own, encrypted
    #[command(after_help = "\
Examples:
  patientport identity export alice --output alice.json
  patientport identity export alice --output alice.json --new-password")]
    Export(ExportArgs),
    /// Take over an exported identity
    #[command(after_help = "\
Examples:
  patientport identity import alice alice.json

It keeps the password that it was exported under.")]
    Import(ImportArgs),
}

/// `identity new`
#[derive(Debug, Args)]
pub struct NewArgs {
    /// Name [default: the wallet's]
    pub name: Option<String>,
    /// Work factor.
    #[command(flatten)]
    pub kdf: KdfArgs,
}

/// `identity show`
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Identity [default: --identity, else the one named like the wallet]
    pub name: Option<String>,
}

/// `identity backup`
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// Identity [default: --identity, else the one named like the wallet]
    pub name: Option<String>,
    /// Write the words to this new file, which only you can read, instead of showing them
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `identity restore`
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Name of the identity in this home
    pub name: String,
    /// File with the words; lines that begin with `#` are comments; `-` reads standard input [default: ask]
    #[arg(long, value_name = "FILE")]
    pub words_file: Option<PathBuf>,
    /// Work factor.
    #[command(flatten)]
    pub kdf: KdfArgs,
}

/// `identity recover`
#[derive(Debug, Args)]
pub struct RecoverArgs {
    /// Identity [default: --identity, else the home's only one]
    pub name: Option<String>,
    /// An identity of this home that this one replaced; may be repeated
    #[arg(long, value_name = "IDENTITY")]
    pub former: Vec<String>,
    /// Do not look for accounts made from the identity's words
    #[arg(long)]
    pub no_accounts: bool,
    /// Take back ports whose code has this keccak256 hash, though this program does not know it
    #[arg(long, value_name = "HASH", value_parser = super::values::hash)]
    pub accept_code: Option<B256>,
    /// Work factor of restored wallets.
    #[command(flatten)]
    pub kdf: KdfArgs,
}

/// `identity export`, `wallet export`
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// What to export
    pub name: String,
    /// The new file
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Encrypt it anew, under another password [default: as it is]
    #[arg(long)]
    pub new_password: bool,
    /// File with the new password [default: ask, with --new-password]
    #[arg(long, value_name = "FILE")]
    pub new_password_file: Option<PathBuf>,
    /// Work factor.
    #[command(flatten)]
    pub kdf: KdfArgs,
}

/// `identity import`
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Name of the identity in this home
    pub name: String,
    /// The exported file
    pub file: PathBuf,
    /// File with its password [default: ask]
    #[arg(long, value_name = "FILE")]
    pub keystore_password_file: Option<PathBuf>,
}
