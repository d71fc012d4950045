//! `patientport emergency …`

use std::path::PathBuf;
use std::time::Duration;

use alloy::primitives::Address;
use clap::{Args, Subcommand};

use super::delegate::PersonArgs;
use super::port::PortArg;
use super::values::{self, SectionRef};

/// The emergency verbs.
#[derive(Debug, Subcommand)]
pub enum EmergencyCommand {
    /// Custodians: up to three, any of whom releases what a responder needs (patient)
    #[command(subcommand)]
    Custodian(CustodianCommand),
    /// Let a verified provider take access in an emergency, after a delay, for a time (patient)
    #[command(after_help = "\
Examples:
  patientport emergency arm 0x3C44…93BC --section 0,2 --delay 4h --window 2d
  patientport emergency arm 0x3C44…93BC --section medication --delay 0s --window 12h

Name a custodian first. The package with the section secrets is sealed to the responder and, around that, to each custodian,
and is kept in the stores of --store: custodians must be able to fetch it from there. A custodian and a responder who
collude can open it without anybody noticing.")]
    Arm(ArmArgs),
    /// List custodians, responders, and how their packages stand
    #[command(
        after_help = "Examples:\n  patientport emergency list\n  patientport emergency list --port mum"
    )]
    List(ListArgs),
    /// Make packages anew that are older than the keys or the custodians (patient, or a delegate who may rotate)
    #[command(after_help = "\
Examples:
  patientport emergency refresh
  patientport emergency refresh --port mum

Commands that change section keys do this at their end by themselves.")]
    Refresh(RefreshArgs),
    /// Remove a responder, and end its emergency access (patient)
    #[command(after_help = "\
Examples:
  patientport emergency disarm 0x3C44…93BC

If its window was open, `patientport access rotate` changes the keys that it may hold.")]
    Disarm(ResponderArgs),
    /// Take emergency access: loud, for ever visible, and only once (responder)
    #[command(after_help = "\
Examples:
  patientport emergency break --port 0x9fE4…a6e0 --text 'unconscious, admitted 3 am, ward 4'

Everybody sees that you did, and when; the reason is sealed to the patient. After the delay, and once a custodian has
released the package, `patientport record list` and `record get` work until the window is over.")]
    Break(BreakArgs),
    /// Refuse emergency access while its delay runs (patient, or a delegate who may approve or revoke)
    #[command(after_help = "\
Examples:
  patientport emergency veto 0x3C44…93BC
  patientport emergency veto 0x3C44…93BC --port mum")]
    Veto(ResponderArgs),
    /// Pass on what a responder needs, once the chain shows its window as open (custodian)
    #[command(after_help = "\
Examples:
  patientport emergency release --port 0x9fE4…a6e0
  patientport emergency release --port 0x9fE4…a6e0 --watch --yes    waits for a window to open, releases, and ends

Takes your layer off the package and hands the responder's message over; you can read neither.")]
    Release(ReleaseArgs),
}

/// The custodian verbs.
#[derive(Debug, Subcommand)]
pub enum CustodianCommand {
    /// Name a custodian, or put another in its place
    #[command(after_help = "\
Examples:
  patientport emergency custodian set 0 patientport-key:0x15d3…6A65:02ab…#mzxw-6ytb-ojtg-633c
  patientport emergency custodian set 1 0x7099…79C8                a registered provider

The custodian prints the line with `patientport identity card`; compare account and fingerprint by voice.")]
    Set(CustodianSetArgs),
    /// Name nobody in a custodian's place
    #[command(after_help = "Examples:\n  patientport emergency custodian remove 0")]
    Remove(CustodianRemoveArgs),
}

/// `emergency custodian set`
#[derive(Debug, Args)]
pub struct CustodianSetArgs {
    /// Which of the three: 0, 1 or 2
    #[arg(value_parser = clap::value_parser!(u8).range(0..3))]
    pub index: u8,
    /// Who.
    #[command(flatten)]
    pub person: PersonArgs,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
}

/// `emergency custodian remove`
#[derive(Debug, Args)]
pub struct CustodianRemoveArgs {
    /// Which of the three: 0, 1 or 2
    #[arg(value_parser = clap::value_parser!(u8).range(0..3))]
    pub index: u8,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
}

/// `emergency arm`
#[derive(Debug, Args)]
pub struct ArmArgs {
    /// Responder: a verified provider
    #[arg(value_parser = values::address)]
    pub responder: Address,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Section, by number (0,2-4) or name; may be repeated
    #[arg(long, value_name = "SECTION", required = true)]
    pub section: Vec<SectionRef>,
    /// From breaking the glass to access, such as 4h; 0s to 7d, time for a veto
    #[arg(long, value_name = "DURATION", value_parser = values::seconds)]
    pub delay: u32,
    /// How long the access lasts, such as 2d; up to 30d
    #[arg(long, value_name = "DURATION", value_parser = values::seconds)]
    pub window: u32,
    /// Seal to custodians, too, whose keys this home has not seen before [default: ask]
    #[arg(long)]
    pub include_unseen: bool,
}

/// `emergency list`
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
}

/// `emergency refresh`
#[derive(Debug, Default, Args)]
pub struct RefreshArgs {
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// All packages, those that are up to date too
    #[arg(long)]
    pub all: bool,
    /// Seal to custodians and responders, too, whose keys this home has not seen before [default: ask]
    #[arg(long)]
    pub include_unseen: bool,
}

/// One responder.
#[derive(Debug, Args)]
pub struct ResponderArgs {
    /// The responder's account
    #[arg(value_parser = values::address)]
    pub responder: Address,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
}

/// `emergency break`
#[derive(Debug, Args)]
pub struct BreakArgs {
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// The reason, sealed to the patient
    #[arg(
        long,
        conflicts_with = "text_file",
        required_unless_present = "text_file"
    )]
    pub text: Option<String>,
    /// File with the reason; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub text_file: Option<PathBuf>,
}

/// `emergency release`
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// Responder [default: every one whose window is open]
    #[arg(value_parser = values::address)]
    pub responder: Option<Address>,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Wait until there is something to release
    #[arg(long)]
    pub watch: bool,
    /// How often to look while waiting, such as 15s
    #[arg(long, value_name = "DURATION", value_parser = values::timeout, default_value = "15s", requires = "watch")]
    pub interval: Duration,
    /// Release once more what you have released in this emergency
    #[arg(long)]
    pub again: bool,
}
