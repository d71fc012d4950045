//! `patientport access …`

use alloy::primitives::Address;
use clap::{Args, Subcommand};

use super::port::PortArg;
use super::request::GrantTerms;
use super::values::{self, NewSection, RevokeReason, RightsArg, SectionRef, SectionSetArg, Until};

/// The access verbs.
#[derive(Debug, Subcommand)]
pub enum AccessCommand {
    /// List who may read or write, and whose access has ended
    List(ListArgs),
    /// List what this account was granted, at all ports (providers)
    #[command(after_help = "\
Examples:
  patientport access mine
  patientport access mine --all          also what has ended")]
    Mine(MineArgs),
    /// Give access without a request (patient, or a delegate who may approve)
    #[command(after_help = "\
Examples:
  patientport access grant 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC --section 0 --until 90d
  patientport access grant 0x3C44…93BC --section labs --until 2027-06-30 --rights read-write")]
    Grant(GrantArgs),
    /// End a reader's access and change the keys of its sections (patient, or a delegate who may revoke)
    #[command(after_help = "\
Examples:
  patientport access revoke 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC --reason care-ended
  patientport access revoke 0x3C44…93BC --port mum           as a delegate of another patient

What was already read cannot be unread; records added from now on do not open for the reader.")]
    Revoke(RevokeArgs),
    /// Give the current section keys to readers who have access and were not given them (patient, or a delegate who may rotate)
    #[command(after_help = "\
Examples:
  patientport access reseal
  patientport access reseal --include-unseen

Changes no key: it finishes what `access revoke`, `access rotate` or `port change-key` began.")]
    Reseal(ResealArgs),
    /// Change section keys, or open a section (patient, or a delegate who may rotate)
    #[command(after_help = "\
Examples:
  patientport access rotate                        every section a former reader still holds a key of
  patientport access rotate --section 2:imaging    opens section 2 if it is not open")]
    Rotate(RotateArgs),
}

/// `access list`
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
}

/// `access mine`
#[derive(Debug, Args)]
pub struct MineArgs {
    /// Also grants that have ended
    #[arg(long)]
    pub all: bool,
}

/// `access grant`
#[derive(Debug, Args)]
pub struct GrantArgs {
    /// Reader
    #[arg(value_parser = values::address)]
    pub reader: Address,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Section, by number (0,2-4) or name; may be repeated
    #[arg(long, value_name = "SECTION", required = true)]
    pub section: Vec<SectionRef>,
    /// Until when: 30d, 6mo, a date (inclusive, UTC), RFC 3339, or Unix seconds; at most five years
    #[arg(long)]
    pub until: Until,
    /// Read, write or both
    #[arg(long, value_enum, default_value_t = RightsArg::Read)]
    pub rights: RightsArg,
    /// Conditions.
    #[command(flatten)]
    pub terms: GrantTerms,
}

/// `access revoke`
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// Reader
    #[arg(value_parser = values::address)]
    pub reader: Address,
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Why; public
    #[arg(long, value_enum, default_value_t = RevokeReason::Unstated)]
    pub reason: RevokeReason,
    /// Conditions of the rotation.
    #[command(flatten)]
    pub rotation: RotationArgs,
}

/// What a rotation may do.
#[derive(Debug, Args)]
pub struct RotationArgs {
    /// Give the new keys to readers, too, whom this home has not seen before [default: ask]
    #[arg(long)]
    pub include_unseen: bool,
    /// Rotate these sections though the node does not show you their present secret: readers who are given only
    /// the new keys will not open what was sealed to the present ones
    #[arg(long, value_name = "SECTIONS")]
    pub abandon_current: Vec<SectionSetArg>,
}

/// `access rotate`
#[derive(Debug, Args)]
pub struct RotateArgs {
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Section, as NUMBER or NUMBER:NAME; may be repeated [default: the stale ones]
    #[arg(long, value_name = "SECTION")]
    pub section: Vec<NewSection>,
    /// Conditions of the rotation.
    #[command(flatten)]
    pub rotation: RotationArgs,
}

/// `access reseal`
#[derive(Debug, Args)]
pub struct ResealArgs {
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Give the keys to readers, too, whom this home has not seen before [default: ask]
    #[arg(long)]
    pub include_unseen: bool,
}
