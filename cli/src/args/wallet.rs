//! `patientport wallet …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::identity::ExportArgs;

/// The wallet verbs.
#[derive(Debug, Subcommand)]
pub enum WalletCommand {
    /// Make a new account
    #[command(after_help = "\
Examples:
  patientport wallet new alice
  patientport wallet new alice --from-identity alice         of the identity's 24 words: one backup for both
  patientport wallet new alice --password-file alice.pass

Wallet programs make the same accounts from the same words: m/44'/60'/0'/0/N, without a passphrase.")]
    New(NewArgs),
    /// Bring in an account from a key or from another program's keystore
    #[command(after_help = "\
Examples:
  patientport wallet import alice                                   asks for the private key
  patientport wallet import alice --key-file key.hex
  patientport wallet import alice --keystore ~/.foundry/keystores/alice
  patientport wallet import alice --mnemonic                        asks for the words of another program
  patientport wallet import alice --mnemonic-file words --mnemonic-index 1
  patientport wallet import alice --dev 0                           a development chain's own account")]
    Import(ImportArgs),
    /// List the accounts of this home
    List,
    /// Copy an account into a keystore file that other programs read
    #[command(after_help = "\
Examples:
  patientport wallet export alice --output alice.json
  patientport wallet export alice --output alice.json --new-password")]
    Export(ExportArgs),
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
    /// Make the account from this identity's words, so that one backup restores both
    #[arg(long, value_name = "IDENTITY")]
    pub from_identity: Option<String>,
    /// Number of the account among those of the identity [default: the next that this home has not used]
    #[arg(long, value_name = "N", requires = "from_identity", value_parser = clap::value_parser!(u32).range(..0x8000_0000))]
    pub index: Option<u32>,
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
    /// File with the password of that keystore [default: ask]
    #[arg(long, value_name = "FILE")]
    pub keystore_password_file: Option<PathBuf>,
    /// One of the development chain's funded accounts, by number; its key is public
    #[arg(long, value_name = "N", group = "source")]
    pub dev: Option<usize>,
    /// Take the account of 12 to 24 words, which are asked for; --mnemonic-index and --mnemonic-derivation-path say which
    #[arg(long, group = "source")]
    pub mnemonic: bool,
    /// The same, of the words in a file; `-` reads standard input
    #[arg(long, value_name = "FILE", group = "source")]
    pub mnemonic_file: Option<PathBuf>,
    /// Work factor.
    #[command(flatten)]
    pub kdf: KdfArgs,
}

/// `wallet address`
#[derive(Debug, Args)]
pub struct AddressArgs {
    /// Wallet [default: --account, else the one that was made first in this home]
    pub name: Option<String>,
}
