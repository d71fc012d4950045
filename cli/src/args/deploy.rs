//! `patientport deploy`

use std::path::PathBuf;

use alloy::primitives::Address;
use clap::Args;

/// What to bid for places in the chain's program cache.
#[derive(Clone, Copy, Debug, Args)]
pub struct BidArgs {
    /// Wei to bid for a place in the chain's program cache above the least that is taken now
    #[arg(long, value_name = "WEI", default_value_t = 0)]
    pub cache_bid: u128,
    /// The most, in wei, that a place may cost at least with `--yes`: the node says how much that is, and who is paid
    #[arg(long, value_name = "WEI", default_value_t = 0)]
    pub most_bid: u128,
    /// Bid for no place in the chain's program cache: every call costs more gas
    #[arg(long, conflicts_with_all = ["cache_bid", "most_bid"])]
    pub no_cache: bool,
}

/// `deploy`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  patientport deploy
  patientport deploy --owner 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --attester 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC
  patientport deploy --contracts build/contracts

Run it again after a failure: what is on chain already is kept.

Where the chain keeps a cache of programs, a bid is placed for both contracts, so that calls cost everybody less gas.
What is bid is spent; it is shown first, and is nothing as long as the cache has room. With `--yes` nothing is paid for a place but what
`--cache-bid` and `--most-bid` allow.")]
pub struct DeployArgs {
    /// Directory with registry.code and patientport.code [default: the code built into this program]
    #[arg(long, value_name = "DIR")]
    pub contracts: Option<PathBuf>,
    /// Account to hand the registry to once it is set up; it must accept [default: keep it]
    #[arg(long, value_name = "ADDRESS")]
    pub owner: Option<Address>,
    /// Attester to add; may be repeated [default: the deploying account]
    #[arg(long, value_name = "ADDRESS")]
    pub attester: Vec<Address>,
    /// What to bid.
    #[command(flatten)]
    pub bid: BidArgs,
    /// Deploy anew though this home records a deployment on this chain
    #[arg(long)]
    pub fresh: bool,
    /// Take over a registry that its owner has handed to this account
    #[arg(long, conflicts_with_all = ["contracts", "owner", "attester", "cache_bid", "most_bid", "no_cache", "fresh"])]
    pub accept_ownership: bool,
}
