//! `patientport delegate …`

use alloy::primitives::Address;
use clap::{Args, Subcommand};

use super::access::RotationArgs;
use super::person::{DelegateRight, FingerprintArg, PersonRef};
use super::port::PortArg;
use super::values::{self, Until};

/// The delegate verbs.
#[derive(Debug, Subcommand)]
pub enum DelegateCommand {
    /// Name somebody who acts for you, with named rights, until a date (patient)
    #[command(after_help = "\
Examples:
  patientport delegate add patientport-key:0x15d3…6A65:02ab…#mzxw-6ytb-ojtg-633c --rights approve,revoke --until 1y
  patientport delegate add 0x3C44…93BC --rights write --until 90d          a registered provider

The delegate prints the line with `patientport identity card` and sends it to you; compare account and fingerprint by
voice. Whoever may approve or rotate gets the secrets of every section: it can read everything.")]
    Add(AddArgs),
    /// Change what a delegate may do, until when, or its key (patient)
    #[command(after_help = "\
Examples:
  patientport delegate change 0x15d3…6A65 --until 2027-12-31
  patientport delegate change 0x15d3…6A65 --rights revoke
  patientport delegate change patientport-key:0x15d3…6A65:02ab…#mzxw-6ytb-ojtg-633c    another key")]
    Change(ChangeArgs),
    /// End a delegation, and change the keys of what the delegate could open (patient)
    #[command(after_help = "\
Examples:
  patientport delegate remove 0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65

What was already read cannot be unread; records added from now on do not open for it.")]
    Remove(RemoveArgs),
    /// List who acts for the patient, and who did
    #[command(
        after_help = "Examples:\n  patientport delegate list\n  patientport delegate list --port mum"
    )]
    List(ListArgs),
}

/// A person: an account, or a key card with the account and its key.
#[derive(Clone, Debug, Args)]
pub struct PersonArgs {
    /// Account of a registered provider, or the line that the person's `patientport identity card` prints
    #[arg(value_name = "WHO")]
    pub who: PersonRef,
    /// Fingerprint that the person has told you by another way; refuses any other key
    #[arg(long, value_name = "FINGERPRINT")]
    pub fingerprint: Option<FingerprintArg>,
}

/// `delegate add`
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Who.
    #[command(flatten)]
    pub person: PersonArgs,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// What it may do, such as approve,revoke
    #[arg(long, value_enum, required = true, value_delimiter = ',')]
    pub rights: Vec<DelegateRight>,
    /// Until when: 30d, 6mo, a date (inclusive, UTC), RFC 3339, or Unix seconds; at most five years
    #[arg(long)]
    pub until: Until,
    /// Conditions of the rotation.
    #[command(flatten)]
    pub rotation: RotationArgs,
}

/// `delegate change`
#[derive(Debug, Args)]
pub struct ChangeArgs {
    /// Who.
    #[command(flatten)]
    pub person: PersonArgs,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// What it may do from now on [default: as before]
    #[arg(long, value_enum, value_delimiter = ',')]
    pub rights: Vec<DelegateRight>,
    /// Until when [default: as before]
    #[arg(long)]
    pub until: Option<Until>,
    /// Conditions of the rotation.
    #[command(flatten)]
    pub rotation: RotationArgs,
}

/// `delegate remove`
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// The delegate's account
    #[arg(value_parser = values::address)]
    pub delegate: Address,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Conditions of the rotation.
    #[command(flatten)]
    pub rotation: RotationArgs,
}

/// `delegate list`
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
}
