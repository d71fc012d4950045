//! `patientport upgrade`: another implementation for the ports that are issued from now on.

use alloy::primitives::{Address, B256};
use patientport_client::cache;
use patientport_client::deploy::Deployment;
use patientport_client::registry::Registry;
use patientport_client::upgrade::Upgrade;
use serde::Serialize;

use super::deploy::{Step, keep_cached, programs};
use crate::args::deployment::UpgradeArgs;
use crate::context::Context;
use crate::contracts;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, confirm};
use crate::text::{ether, grouped};

/// A registry whose new ports run this code.
#[derive(Debug, Serialize)]
pub struct Upgraded {
    /// The chain.
    pub chain_id: u64,
    /// The registry.
    pub registry: Address,
    /// The code that new ports run.
    pub implementation: Address,
    /// keccak256 of it.
    pub code_hash: B256,
    /// The code that they ran before; none if there was none, or it is the same.
    pub former: Option<Address>,
    /// What was done, in order; nothing if it was done before.
    pub steps: Vec<Step>,
}

impl Outcome for Upgraded {
    fn text(&self) -> String {
        let text: String = self.steps.iter().map(Step::line).collect();
        let what = if self.former.is_some() {
            "ports issued from now on run"
        } else {
            "ports already run"
        };
        text + &format!(
            "{what} {} with the code {}\n",
            self.implementation, self.code_hash
        )
    }
}

/// Sets another implementation, and remembers it.
///
/// # Errors
/// [`Error::NoContracts`]; the registry's refusal to all but its owner; the chain's.
pub async fn run(context: &Context, args: UpgradeArgs) -> Result<Upgraded, Error> {
    context.require_consent()?;
    let (_, code) = contracts::load(args.contracts.as_deref())?;
    let registry = context.registry().await?;
    let chain = registry.chain();
    let wallet = context.wallet(None)?;
    context.refuse_public_key(wallet.address(), chain.chain_id())?;
    let upgrade = Upgrade::plan(&registry, wallet.address(), code).await?;
    let code_hash = upgrade.next.code_hash();
    if let Some((implementation, _)) = upgrade.present.filter(|_| upgrade.is_done()) {
        remember(context, &registry, implementation, code_hash)?;
        return Ok(Upgraded {
            chain_id: chain.chain_id(),
            registry: registry.address(),
            implementation,
            code_hash,
            former: None,
            steps: Vec::new(),
        });
    }
    let implementation = upgrade.next.address();
    let cost = match &upgrade.creation {
        Some(creation) => format!(
            "about {} to create it, with the data fee at most {}; then a small transaction",
            grouped(creation.gas.0),
            ether(creation.highest_cost().0)
        ),
        None => "a small transaction: the code stands already".into(),
    };
    let preview =
        Preview::new("other code for ports issued from now on; those that exist keep theirs")
            .line("registry", registry.address().to_string())
            .maybe(
                "now",
                upgrade
                    .present
                    .map(|(address, hash)| format!("{address}, code {hash}")),
            )
            .line("then", format!("{implementation}, code {code_hash}"))
            .line(
                "from",
                format!("{} (wallet `{}`)", wallet.address(), wallet.name),
            )
            .line("gas", cost);
    confirm(context, &preview)?;
    let mut steps = Vec::new();
    let carried_out = upgrade.carry_out(&registry, &wallet.signer, |address, report| {
        let step = if steps.is_empty() {
            "port code"
        } else {
            "set port code"
        };
        context.terminal.say(&format!("{step} at {address}"));
        steps.push(Step {
            step: step.into(),
            address,
            tx: report.map(TxSummary::from),
        });
    });
    carried_out.await?;
    let deployment = remember(context, &registry, implementation, code_hash)?;
    if !args.bid.no_cache {
        let programs = programs(&registry, &deployment).await?;
        let port_code: Vec<_> = programs
            .into_iter()
            .filter(|it| it.address == implementation)
            .collect();
        keep_cached(context, &wallet, &port_code, args.bid, &mut steps).await?;
    } else if !cache::is_cached(chain, code_hash).await? {
        context
            .terminal
            .say("the new code is not in the chain's program cache");
    }
    context.terminal.say(
        "other machines learn of it by `patientport deployment export` and `deployment import`",
    );
    Ok(Upgraded {
        chain_id: chain.chain_id(),
        registry: registry.address(),
        implementation,
        code_hash,
        former: upgrade.present.map(|(address, _)| address),
        steps,
    })
}

/// Writes the implementation into the home's notes of this registry, if it has any.
fn remember(
    context: &Context,
    registry: &Registry,
    implementation: Address,
    code_hash: B256,
) -> Result<Deployment, Error> {
    let known = context.home().deployment(registry.chain().chain_id())?;
    let known = known.filter(|it| it.registry == Some(registry.address()));
    let is_known = known.is_some();
    let deployment = Deployment {
        chain_id: registry.chain().chain_id(),
        registry: Some(registry.address()),
        implementation: Some(implementation),
        implementation_code_hash: code_hash,
        ..known.unwrap_or_default()
    };
    if is_known {
        context.home().set_deployment(&deployment)?;
    }
    Ok(deployment)
}
