//! What the node shows.

use alloy::primitives::{Address, B256};
use patientport_client::chain::Chain;
use patientport_client::port::Port;
use patientport_client::program::{self, ProgramState};
use patientport_client::registry::Registry;
use patientport_client::{cache, units::Wei};
use stylus_devnode::evm::DEV_CHAIN_ID;

use super::{Check, Verdict};
use crate::context::Context;
use crate::contracts;
use crate::error::Error;
use crate::text::{count, ether, grouped, shown};
use crate::time;

/// A program that has less than this left wants attention: a month.
const SOON_SECS: u64 = 30 * 86_400;
/// How far a clock may be ahead of the newest block, and how far behind.
const LAG_SECS: u64 = 15 * 60;
const LEAD_SECS: u64 = 60;

/// Node, clock, contracts, ports, accounts.
pub(super) async fn checks(context: &Context) -> Vec<Check> {
    let chain = match context.chain().await {
        Ok(chain) => chain,
        Err(error) => {
            let failed = Check::of_error("node", &error);
            let rest = ["clock", "contracts", "ports", "accounts"];
            let skipped = |what| Check::new(what, Verdict::Skipped, "no node to ask");
            return std::iter::once(failed).chain(rest.map(skipped)).collect();
        }
    };
    let mut checks = vec![node(chain).await, clock(chain).await];
    match context.registry().await {
        Ok(registry) => checks.extend(contracts(&registry).await),
        Err(error) if error.code() == "registry.unknown" => checks.push(Check::warning(
            "registry",
            "nothing says which one to use on this chain",
            "take over the file you were given with `patientport deployment import FILE`, name it with `--registry ADDRESS`, or make one with `patientport deploy`",
        )),
        Err(error) => checks.push(Check::of_error("registry", &error)),
    }
    checks.extend(ports(context, chain).await);
    checks.extend(accounts(context, chain).await);
    checks
}

async fn node(chain: &Chain) -> Check {
    match chain.block_number().await {
        Ok(block) => Check::ok(
            "node",
            format!(
                "{}: chain {} at block {}",
                shown(chain.shown_url()),
                chain.chain_id(),
                grouped(block)
            ),
        ),
        Err(error) => Check::of_error("node", &error.into()),
    }
}

/// The machine's clock against the newest block's time. A development chain makes blocks only when something happens.
async fn clock(chain: &Chain) -> Check {
    let block = match chain.block_timestamp().await {
        Ok(block) => block.0,
        Err(error) => return Check::of_error("clock", &error.into()),
    };
    let here = time::now_unix();
    if block > here.saturating_add(LEAD_SECS) {
        Check::warning(
            "clock",
            format!(
                "the chain is {} s ahead of this machine",
                grouped(block - here)
            ),
            "set the machine's clock; times are decided by whichever is ahead",
        )
    } else if chain.chain_id() != DEV_CHAIN_ID && here > block.saturating_add(LAG_SECS) {
        Check::warning(
            "clock",
            format!("the newest block is {} s old", grouped(here - block)),
            "the node may have fallen behind: ask another with `--rpc-url URL`",
        )
    } else {
        Check::ok("clock", "in step with the chain")
    }
}

async fn contracts(registry: &Registry) -> Vec<Check> {
    let built = contracts::load(None).ok();
    let built = |index: usize| {
        let (registry, port) = built.as_ref()?;
        Some([registry.code_hash(), port.code_hash()][index])
    };
    let chain = registry.chain();
    let mut checks = vec![contract(chain, "registry", registry.address(), built(0)).await];
    match registry.port_implementation().await {
        Ok(Some(code)) => checks.push(contract(chain, "port code", code, built(1)).await),
        Ok(None) => checks.push(Check::failed(
            "port code",
            "the registry does not know which code ports run",
            "its owner finishes with `patientport deploy`",
        )),
        Err(error) => checks.push(Check::of_error("port code", &error.into())),
    }
    checks
}

async fn contract(chain: &Chain, what: &str, address: Address, built: Option<B256>) -> Check {
    let program = match program::program(chain, address).await {
        Ok(program) => program,
        Err(error) => return Check::of_error(what, &error.into()),
    };
    let ProgramState::Active { seconds_left } = program.state else {
        return Check::failed(
            what,
            format!("{address}: {}", program.state.as_str()),
            "anybody can activate it again with `patientport keepalive`",
        );
    };
    let cached = match cache::is_cached(chain, program.code_hash).await {
        Ok(true) => "cached",
        Ok(false) => "not cached, which makes calls dearer",
        Err(error) => return Check::of_error(what, &error.into()),
    };
    let found = format!(
        "{address}: active for {} more days, {cached}, {}",
        seconds_left / 86_400,
        code(program.code_hash, built)
    );
    if built.is_some_and(|built| built != program.code_hash) {
        Check::warning(
            what,
            found,
            "compare its code hash with those in docs/deployments.md, and make sure that program and contracts are of the same version",
        )
    } else if seconds_left < SOON_SECS {
        Check::warning(what, found, "prolong it with `patientport keepalive`")
    } else {
        Check::ok(what, found)
    }
}

/// Whose code a hash is, as far as this program knows.
fn code(found: B256, built: Option<B256>) -> String {
    if built == Some(found) {
        return "the code of this program".into();
    }
    match contracts::known().find(|it| it.code_hash == found) {
        Some(it) => format!("the code of version {} by {}", it.version, it.toolchain),
        None => format!("with a code that is not known here, {found}"),
    }
}

/// Every port of this home on this chain is still what it was.
async fn ports(context: &Context, chain: &Chain) -> Vec<Check> {
    let ports = match context.home().ports() {
        Ok(ports) => ports,
        Err(error) => return vec![Check::of_error("ports", &error.into())],
    };
    let mut checks = Vec::new();
    for (name, known) in ports {
        if known.chain_id != chain.chain_id() {
            continue;
        }
        let what = format!("port `{}`", shown(&name));
        let Some(registry) = known.registry else {
            checks.push(Check::new(
                what,
                Verdict::Skipped,
                "its registry is not known here",
            ));
            continue;
        };
        let registry = Registry::known(chain.clone(), registry, 0);
        let found = async {
            let port = Port::known(&registry, known.address).await?;
            port.info().await
        };
        checks.push(match found.await {
            Ok(info) if info.claimed => Check::ok(
                what,
                format!(
                    "{}: {}",
                    known.address,
                    count(info.record_count as usize, "record")
                ),
            ),
            Ok(_) => Check::warning(
                what,
                format!("{} is not claimed", known.address),
                "its patient accepts it with `patientport port claim`",
            ),
            Err(error) => Check::of_error(what, &Error::from(error)),
        });
    }
    checks
}

async fn accounts(context: &Context, chain: &Chain) -> Vec<Check> {
    // What is wrong with the wallets' files was told before.
    let wallets = context.home().wallets().unwrap_or_default();
    let mut checks = Vec::new();
    for wallet in wallets {
        let what = format!("account `{}`", shown(&wallet.name));
        let Some(address) = wallet.address else {
            checks.push(Check::new(
                what,
                Verdict::Skipped,
                "its file does not state the address",
            ));
            continue;
        };
        checks.push(match chain.balance(address).await {
            Ok(Wei(0)) => Check::warning(
                what,
                format!("{address} has no ether"),
                "it can read, and send nothing, until somebody funds it",
            ),
            Ok(balance) => Check::ok(what, format!("{address} has {}", ether(balance.0))),
            Err(error) => Check::of_error(what, &error.into()),
        });
    }
    checks
}
