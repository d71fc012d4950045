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
  patientport request send --port 0x9fE4…a6e0 --template follow-up --set visit='3 November'

What is asked, why and until when is sealed to the patient; who asked is public.")]
    Send(SendArgs),
    /// Ask a patient to give another verified provider access (verified providers)
    #[command(after_help = "\
Examples:
  patientport request refer 0x3C44…93BC --port 0x9fE4…a6e0 --section 0 --until 90d --text 'please let Dr. Park read'
  patientport request refer 0x3C44…93BC --port 0x9fE4…a6e0 --template referral --set who='Dr. Park'

The answer is yours to read, the access the other provider's.")]
    Refer(ReferArgs),
    /// List the requests this account sent, at all ports, with the answers
    #[command(after_help = "\
Examples:
  patientport request status
  patientport request status --pending
  patientport request status --port 0x9fE4…a6e0")]
    Status(StatusArgs),
    /// Words that are sent again and again
    #[command(subcommand)]
    Template(TemplateCommand),
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
  patientport request deny 1 --reason scope-too-wide --text 'labs only, please'
  patientport request deny 1 --template no-thanks --set date='3 November'")]
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
    /// What is asked for.
    #[command(flatten)]
    pub asked: AskedArgs,
}

/// What is asked for.
#[derive(Debug, Args)]
pub struct AskedArgs {
    /// Sections asked for, such as 0,2-4; may be repeated [default: the template's, else the patient chooses]
    #[arg(long, value_name = "SECTIONS")]
    pub section: Vec<SectionSetArg>,
    /// Until when: 30d, 6mo, a date (inclusive, UTC), RFC 3339, or Unix seconds [default: the template's, else the
    /// patient chooses]
    #[arg(long)]
    pub until: Option<Until>,
    /// Read, write or both [default: the template's, else read]
    #[arg(long, value_enum)]
    pub rights: Option<RightsArg>,
    /// Purpose code of HL7 v3's act reasons [default: the template's, else TREAT]
    #[arg(long, value_name = "CODE")]
    pub purpose: Option<String>,
    /// Words to the patient
    #[arg(long, conflicts_with = "text_file")]
    pub text: Option<String>,
    /// File with the words; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub text_file: Option<PathBuf>,
    /// Words prepared before.
    #[command(flatten)]
    pub template: TemplateArgs,
}

/// Words prepared before.
#[derive(Debug, Args)]
pub struct TemplateArgs {
    /// Template: a name of this home, or a .json file; what flags say comes first
    #[arg(long, value_name = "NAME|FILE")]
    pub template: Option<String>,
    /// Fill a placeholder of the template's text: `{visit}` by visit=TEXT; may be repeated
    #[arg(long, value_name = "KEY=TEXT", requires = "template", value_parser = values::placeholder)]
    pub set: Vec<(String, String)>,
}

/// `request refer`
#[derive(Debug, Args)]
pub struct ReferArgs {
    /// Provider to be given access
    #[arg(value_parser = values::address)]
    pub recipient: Address,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// What is asked for.
    #[command(flatten)]
    pub asked: AskedArgs,
}

/// `request status`
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Only at this port: an address, a port card, or a name of this home [default: at all]
    #[arg(short, long = "port", value_name = "PORT", id = "one_port")]
    pub port: Option<String>,
    /// Only those still pending
    #[arg(long)]
    pub pending: bool,
}

/// `request template …`
#[derive(Debug, Subcommand)]
pub enum TemplateCommand {
    /// List the templates of this home
    #[command(after_help = "\
Examples:
  patientport request template list")]
    List,
    /// Show one, with what `--set` has to say
    #[command(after_help = "\
Examples:
  patientport request template show follow-up")]
    Show(TemplateNameArg),
    /// Keep what the flags say under a name
    #[command(after_help = "\
Examples:
  patientport request template save follow-up --section 0 --until 90d --text 'Follow-up of your visit on {visit}'
  patientport request template save no-thanks --reason not-needed --text 'We agreed on this on {date}'

Two braces in the text are one.")]
    Save(SaveArgs),
    /// Remove one
    #[command(after_help = "\
Examples:
  patientport request template remove follow-up")]
    Remove(TemplateNameArg),
}

/// One template.
#[derive(Debug, Args)]
pub struct TemplateNameArg {
    /// Its name
    pub name: String,
}

/// `request template save`
#[derive(Debug, Args)]
pub struct SaveArgs {
    /// Its name
    pub name: String,
    /// Sections asked for, such as 0,2-4; may be repeated
    #[arg(long, value_name = "SECTIONS")]
    pub section: Vec<SectionSetArg>,
    /// Until when, from the day it is sent: 30d, 6mo; or a date
    #[arg(long)]
    pub until: Option<String>,
    /// Read, write or both
    #[arg(long, value_enum)]
    pub rights: Option<RightsArg>,
    /// Purpose code of HL7 v3's act reasons
    #[arg(long, value_name = "CODE")]
    pub purpose: Option<String>,
    /// Reason of a denial
    #[arg(long, value_enum)]
    pub reason: Option<DenialReason>,
    /// Words, with placeholders such as `{visit}`
    #[arg(long, conflicts_with = "text_file")]
    pub text: Option<String>,
    /// File with the words; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub text_file: Option<PathBuf>,
    /// Replace a template of this name
    #[arg(long)]
    pub force: bool,
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
#[derive(Clone, Copy, Debug, Default, Args)]
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
    /// What is given.
    #[command(flatten)]
    pub choice: ChoiceArgs,
}

/// What is given, where it is not what was asked for.
#[derive(Debug, Default, Args)]
pub struct ChoiceArgs {
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
    /// Why; public [default: the template's, else other]
    #[arg(long, value_enum)]
    pub reason: Option<DenialReason>,
    /// Words prepared before.
    #[command(flatten)]
    pub template: TemplateArgs,
    /// Words to the requester, sealed
    #[arg(long, conflicts_with = "text_file")]
    pub text: Option<String>,
    /// File with the words; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub text_file: Option<PathBuf>,
}
