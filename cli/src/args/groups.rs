//! Flags shared by every command, in groups that are help headings.

use std::ffi::OsString;
use std::path::PathBuf;

use alloy::primitives::Address;
use clap::{Args, ValueEnum};

use super::{env, values};

/// All shared flags.
#[derive(Clone, Debug, Default, Args)]
pub struct GlobalArgs {
    /// Which chain, which registry, which home.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// Who signs and who opens.
    #[command(flatten)]
    pub wallet: WalletArgs,
    /// How transactions are sent.
    #[command(flatten)]
    pub transaction: TransactionArgs,
    /// What is shown.
    #[command(flatten)]
    pub display: DisplayArgs,
}

/// Where things are.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkArgs {
    /// Network by name: embedded, nitro-dev, arbitrum-sepolia, arbitrum-one, or one of the home's settings; the node has to serve its chain
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME", env = env::PATIENTPORT_NETWORK)]
    pub network: Option<String>,
    /// JSON-RPC endpoint.
    // A bare URL in a doc comment is a warning of rustdoc, so what help shows is given apart.
    #[arg(short = 'r', long, global = true, value_name = "URL", env = env::ETH_RPC_URL, hide_env_values = true,
        help = "JSON-RPC endpoint [default: the network's, else the home's setting, else http://127.0.0.1:8547]")]
    pub rpc_url: Option<String>,
    /// How long to wait for one answer of a node, such as 45s; a bare number is seconds [default: 30s]
    #[arg(long, global = true, hide_short_help = true, value_name = "DURATION", value_parser = values::timeout, env = env::ETH_RPC_TIMEOUT)]
    pub rpc_timeout: Option<std::time::Duration>,
    /// Another node of the same chain, run by somebody else: what both do not say of contracts alike is refused
    #[arg(long, global = true, hide_short_help = true, value_name = "URL", env = env::PATIENTPORT_VERIFY_RPC_URL, hide_env_values = true)]
    pub verify_rpc_url: Option<String>,
    /// Reach a node or a store on another machine without TLS; everybody on the way sees and can change what passes
    #[arg(long, global = true, hide_short_help = true)]
    pub allow_http: bool,
    /// Named settings of the home's config.json, which come before the others there
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME", env = env::PATIENTPORT_PROFILE)]
    pub profile: Option<String>,
    /// Do not read the patientport.json of this directory or of those above it
    #[arg(long, global = true, hide_short_help = true)]
    pub no_project: bool,
    /// Registry [default: the deployment recorded in the home for this chain]
    #[arg(long, global = true, hide_short_help = true, value_name = "ADDRESS", value_parser = values::address, env = env::PATIENTPORT_REGISTRY)]
    pub registry: Option<Address>,
    /// Directory of wallets, identities and settings [default: ~/.patientport]
    #[arg(long, global = true, value_name = "DIR", env = env::PATIENTPORT_HOME)]
    pub home: Option<PathBuf>,
    /// Stores of encrypted records.
    // A bare URL in a doc comment is a warning of rustdoc, so what help shows is given apart.
    #[arg(long = "store", global = true, value_name = "WHERE", env = env::PATIENTPORT_STORE, value_delimiter = '\n',
        help = "Store of encrypted records: a directory, s3://BUCKET/PREFIX or https://HOST/PREFIX; given more than once (in the variable: one per line), records are written to all and read from the first that has them [default: the home's setting, else HOME/store]")]
    pub stores: Vec<OsString>,
    /// How long a store may let pass without giving or taking anything, such as 30s [default: 30s]
    #[arg(long, global = true, hide_short_help = true, value_name = "DURATION", value_parser = values::timeout)]
    pub store_timeout: Option<std::time::Duration>,
    /// Ask endpoints of record authors, and follow redirects, on this machine and in private networks too
    #[arg(long, global = true, hide_short_help = true)]
    pub allow_private_endpoints: bool,
}

/// Who acts.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Wallet")]
pub struct WalletArgs {
    /// Wallet that signs [default: the one that was made first in this home]
    #[arg(long, global = true, value_name = "NAME", env = env::ETH_KEYSTORE_ACCOUNT)]
    pub account: Option<String>,
    /// File with the wallet's password (an empty file is an empty password) [default: ask]
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE", env = env::ETH_PASSWORD, hide_env_values = true)]
    pub password_file: Option<PathBuf>,
    /// The account that has to sign, of whichever wallet has it; enough by itself for --dry-run and --unsigned
    #[arg(long, global = true, hide_short_help = true, value_name = "ADDRESS", value_parser = values::address, env = env::ETH_FROM)]
    pub from: Option<Address>,
    /// Keystore file that signs, or a directory of them, from which --account chooses
    #[arg(long, global = true, hide_short_help = true, value_name = "PATH", env = env::ETH_KEYSTORE, hide_env_values = true)]
    pub keystore: Option<PathBuf>,
    /// Sign with a key that is asked for and kept nowhere
    #[arg(short, long, global = true, hide_short_help = true, conflicts_with_all = ["ledger", "trezor"])]
    pub interactive: bool,
    /// Sign on a Ledger, with its Ethereum app open
    #[arg(
        short,
        long,
        global = true,
        hide_short_help = true,
        conflicts_with = "trezor"
    )]
    pub ledger: bool,
    /// Sign on a Trezor
    #[arg(short, long, global = true, hide_short_help = true)]
    pub trezor: bool,
    /// Number of the account on a hardware wallet, or of the words that are imported [default: 0]
    #[arg(long, global = true, hide_short_help = true, value_name = "N", value_parser = clap::value_parser!(u32).range(..0x8000_0000))]
    pub mnemonic_index: Option<u32>,
    /// Path of that account instead, such as m/44'/60'/0'/0/0
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        value_name = "PATH",
        conflicts_with = "mnemonic_index"
    )]
    pub mnemonic_derivation_path: Option<String>,
    /// Refused: an argument is seen by every program of the machine.
    // The value is dropped before anything can repeat it.
    #[arg(long, global = true, hide = true, value_name = "KEY", value_parser = values::dropped)]
    pub private_key: Option<values::Dropped>,
    /// Encryption identity [default: the one named like the wallet]
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME", env = env::PATIENTPORT_IDENTITY)]
    pub identity: Option<String>,
    /// File with the identity's password [default: the wallet's password, else ask]
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE", env = env::PATIENTPORT_IDENTITY_PASSWORD, hide_env_values = true)]
    pub identity_password_file: Option<PathBuf>,
}

/// How to send.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Transaction")]
pub struct TransactionArgs {
    /// Send without asking for confirmation
    #[arg(short = 'y', long, global = true)]
    pub yes: bool,
    /// Simulate, show and price; send nothing, keep nothing
    #[arg(long, global = true, conflicts_with_all = ["sign_only", "unsigned"])]
    pub dry_run: bool,
    /// Sign as the patient's call, for others to send with `relay submit`, into a new file (`-`: standard output)
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        value_name = "FILE",
        conflicts_with = "unsigned"
    )]
    pub sign_only: Option<PathBuf>,
    /// How long what --sign-only signs is good: 2h, 30d, a date, RFC 3339 [default: 24h]
    #[arg(long, global = true, hide_short_help = true, value_name = "TIME")]
    pub deadline: Option<values::Until>,
    /// Write the unsigned transaction into a new file (`-`: standard output), for `tx sign` and `tx send`
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE")]
    pub unsigned: Option<PathBuf>,
    /// How long to wait for a receipt, such as 90s or 5m [default: 2m]
    #[arg(long, global = true, hide_short_help = true, value_name = "DURATION", value_parser = values::timeout)]
    pub timeout: Option<std::time::Duration>,
    /// Accept that a recipient's key differs from the one remembered
    #[arg(long, global = true, hide_short_help = true)]
    pub accept_new_key: bool,
}

/// What to show.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Display")]
pub struct DisplayArgs {
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Say nothing on stderr but errors
    #[arg(
        short,
        long,
        global = true,
        hide_short_help = true,
        conflicts_with = "verbose"
    )]
    pub quiet: bool,
    /// Say more on stderr
    #[arg(short, long, global = true, hide_short_help = true)]
    pub verbose: bool,
    /// Colour on a terminal [default: auto]
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        value_name = "WHEN",
        value_enum
    )]
    pub color: Option<ColorChoice>,
    /// Print every setting and where it came from, and do nothing else
    #[arg(long, global = true, hide_short_help = true)]
    pub show_settings: bool,
    /// Show no progress bars [default: on a terminal, unless `--quiet` or `--json` is given or `TERM` is `dumb`]
    #[arg(long, global = true, hide_short_help = true)]
    pub no_progress: bool,
    /// Never ask anything; fail and name the missing flag
    #[arg(long, global = true, hide_short_help = true)]
    pub no_input: bool,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
