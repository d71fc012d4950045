//! `patientport wallet …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// The wallet verbs.
#[derive(Debug, Subcommand)]
pub enum WalletCommand {
    /// Make a new account
    #[command(after_help = "\
Examples:
  patientport wallet new alice
  patientport wallet new alice --password-file alice.pass")]
    New(NewArgs),
    /// Bring in an account from a key or from another program's keystore
    #[command(after_help = "\
Examples:
  patientport wallet import alice                                   asks for the private key
  patientport wallet import alice --key-file key.hex
  patientport wallet import alice --keystore ~/.foundry/keystores/alice
  patientport wallet import alice --dev 0                           a development chain's own account")]
    Import(ImportArgs),
    /// List the accounts of this home
    List,
    /// Print an account's address
    #[command(
        after_help = "Examples:\n  patientport wallet address\n  patientport wallet address alice"
    )]
    Address(AddressArgs),
}

/// How keystores are written.
#[derive(Clone, Copy, Debug, Args)]
pub struct KdfArgs {
    /// Base-2 logarithm of scrypt's work factor for the new file, 13 to 22
    #[arg(long, value_name = "N", default_value_t = 17, hide = true,
          value_parser = clap::value_parser!(u8).range(13..=22))]
    pub scrypt_log_n: u8,
}

/// `wallet new`
#[derive(Debug, Args)]
pub struct NewArgs {
    /// Name: letters, digits, `.`, `-` and `_`
    pub name: String,
    /// Work factor.
    #[command(flatten)]
    pub kdf: KdfArgs,
}

/// `wallet import`
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Name: letters, digits, `.`, `-` and `_`
    pub name: String,
    /// File that holds the private key in hexadecimal; `-` reads standard input
    #[arg(long, value_name = "FILE", group = "source")]
    pub key_file: Option<PathBuf>,
    /// Keystore of another program (Web3 Secret Storage, version 3)
    #[arg(long, value_name = "FILE", group = "source")]
    pub keystore: Option<PathBuf>,
    /// File with the password of that keystore [default: ask]
    #[arg(long, value_name = "FILE", requires = "keystore")]
    pub keystore_password_file: Option<PathBuf>,
    /// One of the development chain's funded accounts, by number; its key is public
    #[arg(long, value_name = "N", group = "source")]
    pub dev: Option<usize>,
    /// Work factor.
    #[command(flatten)]
    pub kdf: KdfArgs,
}

/// `wallet address`
#[derive(Debug, Args)]
pub struct AddressArgs {
    /// Wallet [default: --account, else the home's only or first wallet]
    pub name: Option<String>,
}
