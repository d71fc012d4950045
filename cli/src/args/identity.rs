//! `patientport identity …`

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

Give it the name of the wallet it belongs to and it is found by itself.")]
    New(NewArgs),
    /// List the identities of this home
    List,
    /// Show an identity's public keys and fingerprints
    #[command(
        after_help = "Examples:\n  patientport identity show\n  patientport identity show alice"
    )]
    Show(ShowArgs),
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
