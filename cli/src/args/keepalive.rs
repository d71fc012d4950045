//! `patientport keepalive`

use clap::Args;

use super::port::PortArg;
use super::values::{self, Until};

/// `keepalive`
#[derive(Debug, Args)]
pub struct KeepaliveArgs {
    /// Which port's code besides the deployment's.
    #[command(flatten)]
    pub port: PortArg,
    /// Prolong what expires within this time
    #[arg(long, value_name = "TIME", default_value = "90d", value_parser = values::span)]
    pub within: Until,
}
