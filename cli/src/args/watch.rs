//! `patientport watch`

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::port::PortArg;
use super::values;

/// `watch`
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// Which port; without it, every port of this home on the chain.
    #[command(flatten)]
    pub port: PortArg,
    /// Begin with events of this time: a date or RFC 3339 [default: what happens from now on]
    #[arg(long, value_name = "TIME", value_parser = values::since)]
    pub since: Option<u64>,
    /// How often the node is asked, such as 2s or 1m
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = values::timeout)]
    pub interval: Duration,
    /// End after so many events
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// End once everything up to now is told
    #[arg(long)]
    pub once: bool,
    /// Do not ring the terminal's bell at a new request or a broken glass
    #[arg(long)]
    pub no_bell: bool,
    /// Program to run for each event, which it gets as JSON on standard input
    #[arg(long, value_name = "PROGRAM")]
    pub exec: Option<PathBuf>,
    /// What the program is given as arguments; nothing of the event is ever among them
    #[arg(last = true, value_name = "ARGUMENTS", requires = "exec")]
    pub arguments: Vec<OsString>,
}
