//! `patientport port …`

use alloy::primitives::{Address, B256};
use clap::{Args, Subcommand};

use super::access::RotationArgs;
use super::values::{self, NewSection};

/// The port verbs.
#[derive(Debug, Subcommand)]
pub enum PortCommand {
    /// Create a port for a patient (verified providers)
    #[command(after_help = "\
Examples:
  patientport port issue --patient 0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65")]
    Issue(IssueArgs),
    /// Accept a port: publish its keys and open its first sections (patient)
    #[command(after_help = "\
Examples:
  patientport port claim 0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0
  patientport port claim 0x9fE4…a6e0 --name mine --section 0:general --section 1:labs

Section names stay private: they travel only inside sealed messages.")]
    Claim(ClaimArgs),
    /// Show a port
    Show(ShowArgs),
    /// Print the port's card, to be given to providers: which port it is, and the fingerprint of its key
    #[command(after_help = "\
Examples:
  patientport port card
  patientport port card mine --qr
  patientport request send --port 'patientport:42161:0x9fE4…a6e0#abcd-efgh-2345-mnop' --text 'second opinion'

Wherever a port is named, its card can stand: the node has to serve its chain and to show its key.")]
    Card(CardArgs),
    /// Change the port's encryption key, and the keys of all its sections (patient)
    #[command(after_help = "\
Examples:
  patientport port change-key
  patientport port change-key mine --include-unseen

  patientport identity new alice2 && patientport port change-key --to-identity alice2

What was sealed to the old key still opens. A run that was interrupted is finished by running the command again. The
new key is the next one of the same identity: whoever has the identity or its words has it, too. If these were stolen,
make a new identity and change to it.")]
    ChangeKey(ChangeKeyArgs),
    /// List the ports this home knows
    List,
}

/// Which port.
#[derive(Clone, Debug, Default, Args)]
pub struct PortArg {
    /// Port: an address, a port card, or a name of this home [default: the home's only port]
    #[arg(short, long, value_name = "PORT")]
    pub port: Option<String>,
}

/// `port card`
#[derive(Debug, Args)]
pub struct CardArgs {
    /// Port: an address or a name of this home [default: the home's only port]
    #[arg(value_name = "PORT")]
    pub port: Option<String>,
    /// Draw a QR code even where standard output is no terminal
    #[arg(long)]
    pub qr: bool,
}

/// `port issue`
#[derive(Debug, Args)]
pub struct IssueArgs {
    /// The patient's account
    #[arg(long, value_name = "ADDRESS", value_parser = values::address)]
    pub patient: Address,
    /// Remember the port in this home under this name
    #[arg(long)]
    pub name: Option<String>,
}

/// `port claim`
#[derive(Debug, Args)]
pub struct ClaimArgs {
    /// The port's address
    #[arg(value_parser = values::address)]
    pub port: Address,
    /// Name of the port in this home [default: mine, mine-2, …]
    #[arg(long)]
    pub name: Option<String>,
    /// Section to open, as NUMBER or NUMBER:NAME; may be repeated [default: 0:general]
    #[arg(long, value_name = "SECTION")]
    pub section: Vec<NewSection>,
    /// Accept a port whose code has this keccak256 hash, though this program does not know it
    #[arg(long, value_name = "HASH", value_parser = values::hash)]
    pub accept_code: Option<B256>,
}

/// `port change-key`
#[derive(Debug, Args)]
pub struct ChangeKeyArgs {
    /// Port: an address or a name of this home [default: the home's only port]
    #[arg(value_name = "PORT")]
    pub port: Option<String>,
    /// Take the key of another identity of this home [default: the next one of the same]
    #[arg(long, value_name = "IDENTITY")]
    pub to_identity: Option<String>,
    /// Conditions of the rotation.
    #[command(flatten)]
    pub rotation: RotationArgs,
}

/// `port show`
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Port: an address or a name of this home [default: the home's only port]
    #[arg(value_name = "PORT")]
    pub port: Option<String>,
}
