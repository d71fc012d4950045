//! `patientport history`

use alloy::primitives::Address;
use clap::{Args, ValueEnum};

use super::port::PortArg;
use super::values;

/// `history`
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Which port.
    #[command(flatten)]
    pub port: PortArg,
    /// Only what this account did, or what was done to it
    #[arg(long, value_name = "ADDRESS", value_parser = values::address)]
    pub about: Option<Address>,
    /// Only events of this time and later: a date or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = values::since)]
    pub since: Option<u64>,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// How a history is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people
    #[default]
    Table,
    /// The events as JSON
    Json,
    /// A FHIR R4 Bundle: each event an `AuditEvent`, each grant a `Consent`
    Fhir,
}
