//! `patientport inbox`

use clap::Args;

use super::port::PortArg;
use super::request::GrantTerms;

/// `inbox`
#[derive(Debug, Args)]
pub struct InboxArgs {
    /// Which port; without it, every port of this home on the chain.
    #[command(flatten)]
    pub port: PortArg,
    /// List what waits and ask nothing, on a terminal too
    #[arg(long)]
    pub list: bool,
    /// Conditions of what is approved.
    #[command(flatten)]
    pub terms: GrantTerms,
}
