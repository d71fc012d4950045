//! `patientport deployment …`, `patientport upgrade`, `patientport registry …`

use std::path::PathBuf;

use alloy::primitives::Address;
use clap::{Args, Subcommand};

use super::values;

/// The deployment verbs.
#[derive(Debug, Subcommand)]
pub enum DeploymentCommand {
    /// Show the deployment that this home uses on the node's chain
    #[command(after_help = "\
Examples:
  patientport deployment show
  patientport deployment show --json

All of it is held against the node first.")]
    Show,
    /// Write it to a file, for other machines
    #[command(after_help = "\
Examples:
  patientport deployment export -o clinic.json
  patientport deployment export > clinic.json

Nothing in it is secret. Give it by a way on which nobody can change it: whoever does names the registry.")]
    Export(ExportArgs),
    /// Take a deployment over from a file, after everything in it was held against the node
    #[command(after_help = "\
Examples:
  patientport deployment import clinic.json
  patientport deployment import clinic.json --force      instead of the one this home uses")]
    Import(ImportArgs),
}

/// `deployment export`
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// File [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Overwrite the file
    #[arg(long)]
    pub force: bool,
}

/// `deployment import`
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// File that `deployment export` wrote
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Use it instead of another one that this home uses on the chain
    #[arg(long)]
    pub force: bool,
}

/// `upgrade`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  patientport upgrade
  patientport upgrade --contracts build/contracts

Ports issued from now on run the new code; ports that exist run theirs for ever. Patients claim a port only if their
program knows its code, so give them the new program, and other machines the deployment, first. Run again, it goes on
where it stopped, and changes nothing once it is done.")]
pub struct UpgradeArgs {
    /// Directory with registry.code and patientport.code [default: the code built into this program]
    #[arg(long, value_name = "DIR")]
    pub contracts: Option<PathBuf>,
    /// What to bid.
    #[command(flatten)]
    pub bid: super::deploy::BidArgs,
}

/// The registry verbs.
#[derive(Debug, Subcommand)]
pub enum RegistryCommand {
    /// Show who owns the registry, who may attest, and what code ports run
    #[command(after_help = "\
Examples:
  patientport registry show
  patientport registry show --registry 0x3d50…8c55")]
    Show,
    /// Offer the registry to another account, which has to accept (owner)
    #[command(after_help = "\
Examples:
  patientport registry transfer-ownership 0x70997970C51812dc3A010C7d01b50e0d17dc79C8
  patientport registry transfer-ownership --withdraw

The owner stays the owner until the other account has accepted with `patientport registry accept-ownership`.")]
    TransferOwnership(TransferArgs),
    /// Take over a registry that its owner has offered to this account
    #[command(after_help = "\
Examples:
  patientport registry accept-ownership --account network")]
    AcceptOwnership,
}

/// `registry transfer-ownership`
#[derive(Debug, Args)]
pub struct TransferArgs {
    /// The account to offer it to
    #[arg(value_name = "ADDRESS", value_parser = values::address, required_unless_present = "withdraw")]
    pub owner: Option<Address>,
    /// Take back an offer that was not accepted
    #[arg(long, conflicts_with = "owner")]
    pub withdraw: bool,
}
