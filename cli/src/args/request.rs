//! `patientport request …`

use std::path::PathBuf;

use alloy::primitives::Address;
use clap::{Args, Subcommand};

use super::port::PortArg;
use super::values::{self, DenialReason, RightsArg, SectionRef, SectionSetArg, Until};

/// The request verbs.
#[derive(Debug, Subcommand)]
pub enum RequestCommand {
    /// Ask a patient for access (verified providers)
    #[command(after_help = "\
Examples:
  patientport request send --port 0x9fE4…a6e0 --section 0,1 --until 30d --text 'second opinion'
  patientport request send --port 0x9fE4…a6e0 --for 0x3C44…93BC --text 'please let Dr. Park read'

What is asked, why and until when is sealed to the patient; who asked is public.")]
    Send(SendArgs),
    /// List a port's requests
    List(ListArgs),
    /// Show one request; its text, if it can be opened
    Show(OneArgs),
    /// Approve a request (patient, or a delegate who may approve)
    #[command(after_help = "\
Examples:
  patientport request approve 1                                  as asked
  patientport request approve 1 --section 0 --until 2027-01-31 --rights read

A delegate cannot read what is asked for and names all three: sections, until when, and rights.")]
    Approve(ApproveArgs),
    /// Deny a request (patient, or a delegate who may approve)
    #[command(after_help = "\
Examples:
  patientport request deny 1 --reason scope-too-wide --text 'labs only, please'")]
    Deny(DenyArgs),
    /// Withdraw a request (who sent it)
    Cancel(OneArgs),
    /// Take no more requests of an account (patient)
    #[command(after_help = "\
Examples:
  patientport request block 0x3C44…93BC

Everybody sees whom you do not want to hear from. What it has asked before stays; deny it with `request deny`.")]
    Block(RequesterArgs),
    /// Take requests of an account again (patient)
    #[command(after_help = "Examples:\n  patientport request unblock 0x3C44…93BC")]
    Unblock(RequesterArgs),
}

/// `request send`
#[derive(Debug, Args)]
pub struct SendArgs {
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Provider to be given access [default: this account]
    #[arg(long = "for", value_name = "ADDRESS", value_parser = values::address)]
    pub recipient: Option<Address>,
    /// Sections asked for, such as 0,2-4; may be repeated [default: the patient chooses]
    #[arg(long, value_name = "SECTIONS")]
    pub section: Vec<SectionSetArg>,
    /// Until when: 30d, 6mo, a date (inclusive, UTC), RFC 3339, or Unix seconds
    #[arg(long)]
    pub until: Option<Until>,
    /// Read, write or both
    #[arg(long, value_enum, default_value_t = RightsArg::Read)]
    pub rights: RightsArg,
    /// Purpose code of HL7 v3's act reasons, such as TREAT
    #[arg(long, value_name = "CODE", default_value = "TREAT")]
    pub purpose: String,
    /// Words to the patient
    #[arg(long, conflicts_with = "text_file")]
    pub text: Option<String>,
    /// File with the words; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub text_file: Option<PathBuf>,
}

/// `request list`
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Only those still pending
    #[arg(long)]
    pub pending: bool,
}

/// One requester.
#[derive(Debug, Args)]
pub struct RequesterArgs {
    /// The requester's account
    #[arg(value_parser = values::address)]
    pub requester: Address,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
}

/// One request.
#[derive(Debug, Args)]
pub struct OneArgs {
    /// Request number
    #[arg(value_parser = values::request_number)]
    pub id: u32,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
}

/// What a grant gives.
#[derive(Debug, Args)]
pub struct GrantTerms {
    /// Give access though the registry does not list the reader as verified
    #[arg(long)]
    pub allow_unverified: bool,
    /// Replace the reader's present grant instead of adding to it
    #[arg(long)]
    pub replace: bool,
}

/// `request approve`
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// Request number
    #[arg(value_parser = values::request_number)]
    pub id: u32,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Section, by number (0,2-4) or name; may be repeated [default: those asked for]
    #[arg(long, value_name = "SECTION")]
    pub section: Vec<SectionRef>,
    /// Until when: 30d, 6mo, a date (inclusive, UTC), RFC 3339, or Unix seconds [default: as asked]
    #[arg(long)]
    pub until: Option<Until>,
    /// Read, write or both [default: as asked]
    #[arg(long, value_enum)]
    pub rights: Option<RightsArg>,
    /// Conditions.
    #[command(flatten)]
    pub terms: GrantTerms,
}

/// `request deny`
#[derive(Debug, Args)]
pub struct DenyArgs {
    /// Request number
    #[arg(value_parser = values::request_number)]
    pub id: u32,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Why; public
    #[arg(long, value_enum, default_value_t = DenialReason::Other)]
    pub reason: DenialReason,
    /// Words to the requester, sealed
    #[arg(long, conflicts_with = "text_file")]
    pub text: Option<String>,
    /// File with the words; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub text_file: Option<PathBuf>,
}
