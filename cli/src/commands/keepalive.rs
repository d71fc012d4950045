//! `patientport keepalive`: Stylus programs expire; anybody may prolong them, or activate them again.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256};
use patientport_client::chain::{Chain, Transaction};
use patientport_client::port::PortCode;
use patientport_client::program::{self, ProgramState};
use serde::Serialize;

use crate::args::keepalive::KeepaliveArgs;
use crate::args::port::PortArg;
use crate::args::values::Until;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::text::{Table, ether};
use crate::time;

/// How programs stand, and what was done.
#[derive(Debug, Serialize)]
pub struct Kept {
    /// The chain.
    pub chain_id: u64,
    /// The programs.
    pub programs: Vec<KeptProgram>,
}

/// One program.
#[derive(Debug, Serialize)]
pub struct KeptProgram {
    /// `registry` or `port code`.
    pub program: &'static str,
    /// Where it stands.
    pub address: Address,
    /// keccak256 of its code.
    pub code_hash: B256,
    /// How it stood before.
    pub state: &'static str,
    /// Seconds it had left then; none if it did not run.
    pub seconds_left: Option<u64>,
    /// What it needs: `nothing`, `activation`, `keepalive`, or `too-early` where the chain does not prolong it yet.
    pub needs: &'static str,
    /// The transaction that did it.
    pub tx: Option<TxSummary>,
}

impl Outcome for Kept {
    fn text(&self) -> String {
        let mut table = Table::new(["PROGRAM", "ADDRESS", "STATE", "LEFT", "DONE"]);
        for it in &self.programs {
            let left = it
                .seconds_left
                .map(|seconds| format!("{} days", seconds / 86_400));
            let done = match (&it.tx, it.needs) {
                (Some(tx), _) => format!("{} in block {}", it.needs, tx.block),
                (None, "nothing") => String::new(),
                (None, "too-early") => {
                    "the chain prolongs no program within its first month".into()
                }
                (None, needs) => format!("needs {needs}"),
            };
            table.row([
                it.program.into(),
                it.address.to_string(),
                it.state.into(),
                left.unwrap_or_default(),
                done,
            ]);
        }
        table.to_string()
    }
}

/// Looks at the programs of the deployment, and of a port, and prolongs what expires soon.
///
/// # Errors
/// `registry.unknown` where nothing says which programs are meant; the chain's refusals.
pub async fn run(context: &Context, args: &KeepaliveArgs) -> Result<Kept, Error> {
    let chain = context.chain().await?;
    let clock = time::now_unix();
    let within = args.within.resolve(clock).map_err(|source| Error::Value {
        flag: "--within",
        source,
    })?;
    let within = within.saturating_sub(clock);
    let mut programs = Vec::new();
    let mut meant: Vec<_> = meant(context, chain, args).await?.into_iter().collect();
    // Registries first, as where they are deployed; addresses say nothing to anybody.
    meant.sort_by_key(|(_, name)| *name != "registry");
    for (address, name) in meant {
        programs.push(keep(context, chain, (name, address), within).await?);
    }
    Ok(Kept {
        chain_id: chain.chain_id(),
        programs,
    })
}

/// Whether programs that are not active are all that stands in the way, and somebody can be asked about it.
pub fn cures(context: &Context, error: &Error) -> bool {
    let is_inactive = matches!(
        error.code(),
        "program.expired" | "program.needs_upgrade" | "program.not_activated"
    );
    is_inactive && context.terminal.interactive && context.settings.delivery.flag().is_none()
}

/// Offers to activate what is not active any more, which anybody may; whether it was done.
///
/// # Errors
/// As [`run`]; a prompt that was interrupted.
pub async fn offer(context: &Context) -> Result<bool, Error> {
    let question = "the contracts' programs are not active any more, and anybody can activate them: do it and go on?";
    if !context.terminal.confirm(question)? {
        return Ok(false);
    }
    let args = KeepaliveArgs {
        port: PortArg::default(),
        within: Until::At(0),
    };
    let kept = run(context, &args).await?;
    context.terminal.say(kept.text().trim_end());
    Ok(true)
}

/// The programs that this home's deployment and ports run. None of them is run to find out.
async fn meant(
    context: &Context,
    chain: &Chain,
    args: &KeepaliveArgs,
) -> Result<BTreeMap<Address, &'static str>, Error> {
    let mut programs = BTreeMap::new();
    let deployment = context.home().deployment(chain.chain_id())?;
    if let Some(it) = deployment {
        programs.extend(it.registry.map(|registry| (registry, "registry")));
        programs.extend(it.implementation.map(|code| (code, "port code")));
    }
    programs.extend(
        context
            .named_registry(chain.chain_id())?
            .map(|registry| (registry, "registry")),
    );
    let ports = context.home().ports()?;
    let ports = match args.port.port.as_deref() {
        Some(named) => vec![context.home().choose_port(chain.chain_id(), Some(named))?.1],
        None => ports
            .into_values()
            .filter(|port| port.chain_id == chain.chain_id())
            .collect(),
    };
    for port in ports {
        if let Some(code) = PortCode::parse(&chain.code(port.address).await?) {
            programs.insert(code.registry, "registry");
            programs.insert(code.implementation, "port code");
        }
    }
    if programs.is_empty() {
        return Err(Error::NoRegistry(chain.chain_id()));
    }
    Ok(programs)
}

async fn keep(
    context: &Context,
    chain: &Chain,
    (name, address): (&'static str, Address),
    within: u64,
) -> Result<KeptProgram, Error> {
    let found = program::program(chain, address).await?;
    let (needs, seconds_left) = match found.state {
        ProgramState::Active { seconds_left } if seconds_left > within => {
            ("nothing", Some(seconds_left))
        }
        ProgramState::Active { seconds_left } => ("keepalive", Some(seconds_left)),
        ProgramState::NoProgram => ("nothing", None),
        _ => ("activation", None),
    };
    let mut kept = KeptProgram {
        program: name,
        address,
        code_hash: found.code_hash,
        state: found.state.as_str(),
        seconds_left,
        needs,
        tx: None,
    };
    if context.is_dry_run() || needs == "nothing" {
        return Ok(kept);
    }
    let wallet = context.wallet(None)?;
    let from = wallet.address();
    let composed = if needs == "activation" {
        program::activate(chain, from, address).await
    } else {
        program::keep_alive(chain, from, found.code_hash).await
    };
    let transaction = match composed {
        Ok(transaction) => transaction,
        Err(error) if error.code() == "program.keepalive_too_soon" => {
            kept.needs = "too-early";
            return Ok(kept);
        }
        Err(error) => return Err(error.into()),
    };
    kept.tx = Some(prolong(context, &wallet, (name, address), needs, &transaction).await?);
    Ok(kept)
}

async fn prolong(
    context: &Context,
    wallet: &crate::context::Wallet,
    (name, address): (&str, Address),
    needs: &str,
    transaction: &Transaction,
) -> Result<TxSummary, Error> {
    let value = u128::try_from(transaction.call().value).unwrap_or(u128::MAX);
    let preview = Preview::new(format!("{needs} of the {name}"))
        .line("program", address.to_string())
        .line(
            "chain's fee",
            format!("at most {}; what is not needed comes back", ether(value)),
        );
    let report = send(context, wallet, preview, transaction).await?;
    Ok((&report).into())
}
