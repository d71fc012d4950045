//! `patientport devnode`

use std::net::IpAddr;

use clap::Args;

/// `devnode`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  patientport devnode
  patientport devnode --port 0

The endpoint is printed on stdout, the rest on stderr. Everything is in memory and ends with Ctrl-C.
Its funded accounts are public knowledge: never use them on another chain.")]
pub struct DevnodeArgs {
    /// TCP port; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 8547)]
    pub port: u16,
    /// Address to listen on
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub host: IpAddr,
}
