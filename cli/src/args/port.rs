//! `patientport port …`

use alloy::primitives::{Address, B256};
use clap::{Args, Subcommand};

use super::access::RotationArgs;
use super::person::{AddressOrNone, address_or_none};
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
    /// Void what was signed for others to send and is not sent yet (patient)
    #[command(after_help = "\
Examples:
  patientport port cancel-signatures
  patientport port cancel-signatures --sign-only cancel.json    for somebody else to send

A signed call is good once, until its deadline, and until another one is sent. Transactions of your own leave it good.")]
    CancelSignatures(ShowArgs),
    /// Offer the port to another account, which has to accept it (patient)
    #[command(after_help = "\
Examples:
  patientport port transfer 0x15d3…6A65
  patientport port transfer --cancel

The new owner becomes the patient: it decides on everything, and you on nothing. It is given no secrets by this: name it
as a delegate with the approve right first, or what is recorded stays closed to it. An account of your own that has the
same identity needs nothing. Delegates, responders, custodians, grants and primary care stay as they are.")]
    Transfer(TransferArgs),
    /// Take over a port that was offered to you, with a new encryption key and new keys of all sections
    #[command(after_help = "\
Examples:
  patientport port accept 0x9fE4…a6e0 --name mum
  patientport port accept mum --account new

Two transactions: the port is yours, then it shows your key. A run that was interrupted is finished by running the command
again.")]
    Accept(AcceptArgs),
    /// Name the primary care provider, who may add records to every section, or none (patient)
    #[command(after_help = "\
Examples:
  patientport port set-primary 0x7099…79C8
  patientport port set-primary none")]
    SetPrimary(SetPrimaryArgs),
    /// Keep somebody else's port under a name, to act for its patient or to read there
    #[command(after_help = "\
Examples:
  patientport port remember 0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0 --name mum
  patientport request list --port mum")]
    Remember(RememberArgs),
    /// List the ports this home knows
    List,
}

/// Which port.
#[derive(Clone, Debug, Default, Args)]
pub struct PortArg {
    /// Port: an address, a port card, or a name of this home [default: the settings', else the home's only port]
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

/// `port transfer`
#[derive(Debug, Args)]
pub struct TransferArgs {
    /// The new owner's account
    #[arg(value_name = "ACCOUNT", value_parser = values::address, required_unless_present = "cancel", conflicts_with = "cancel")]
    pub to: Option<Address>,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Call the transfer off
    #[arg(long)]
    pub cancel: bool,
}

/// `port accept`
#[derive(Debug, Args)]
pub struct AcceptArgs {
    /// Port: an address or a name of this home
    #[arg(value_name = "PORT")]
    pub port: String,
    /// Name of the port in this home [default: as it has, else mine, mine-2, …]
    #[arg(long)]
    pub name: Option<String>,
    /// Accept a port whose code has this keccak256 hash, though this program does not know it
    #[arg(long, value_name = "HASH", value_parser = values::hash)]
    pub accept_code: Option<B256>,
    /// Conditions of the rotation.
    #[command(flatten)]
    pub rotation: RotationArgs,
}

/// `port set-primary`
#[derive(Debug, Args)]
pub struct SetPrimaryArgs {
    /// A verified provider's account, or `none`
    #[arg(value_parser = address_or_none)]
    pub provider: AddressOrNone,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
}

/// `port remember`
#[derive(Debug, Args)]
pub struct RememberArgs {
    /// The port's address
    #[arg(value_parser = values::address)]
    pub port: Address,
    /// Name of the port in this home
    #[arg(long)]
    pub name: String,
}

/// `port change-key`
#[derive(Debug, Args)]
pub struct ChangeKeyArgs {
    /// Port: an address or a name of this home [default: the settings', else the home's only port]
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
    /// Port: an address or a name of this home [default: the settings', else the home's only port]
    #[arg(value_name = "PORT")]
    pub port: Option<String>,
}
