//! `patientport deploy`

use alloy::primitives::{Address, B256, U256, keccak256};
use patientport_client::Class;
use patientport_client::cache::{self, Manager};
use patientport_client::chain::{Chain, Transaction};
use patientport_client::deploy::{self, Deployment, Plan, StepKind};
use patientport_client::registry::Registry;
use serde::Serialize;

use crate::args::deploy::{BidArgs, DeployArgs};
use crate::context::{Context, Wallet};
use crate::contracts;
use crate::error::{Difference, Error};
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, confirm, send};
use crate::text::{ether, grouped};

/// How many deployments of one owner and one code are looked through for a free address.
const MAX_DEPLOYMENTS: u32 = 1000;

/// A deployment that is complete.
#[derive(Debug, Serialize)]
pub struct Deployed {
    /// The chain.
    pub chain_id: u64,
    /// The registry.
    pub registry: Address,
    /// The code that ports run.
    pub implementation: Address,
    /// Who owns the registry.
    pub owner: Address,
    /// Who was offered its ownership and has not accepted yet.
    pub pending_owner: Option<Address>,
    /// Who may attest providers.
    pub attesters: Vec<Address>,
    /// The contract that takes bids for the chain's program cache.
    pub cache_manager: Option<Address>,
    /// The contracts' programs.
    pub programs: Vec<Program>,
    /// What was done, in order.
    pub steps: Vec<Step>,
}

/// A contract's program.
#[derive(Debug, Serialize)]
pub struct Program {
    /// `registry` or `port code`.
    pub program: &'static str,
    /// Where it stands.
    pub address: Address,
    /// keccak256 of its code.
    pub code_hash: B256,
    /// Whether the chain's program cache holds it, which makes every call cheaper.
    pub cached: bool,
}

/// One step.
#[derive(Debug, Serialize)]
pub struct Step {
    /// Which.
    pub step: String,
    /// The contract or account concerned.
    pub address: Address,
    /// The transaction; none if an earlier run had done it.
    pub tx: Option<TxSummary>,
}

impl Step {
    /// One line for people.
    pub fn line(&self) -> String {
        let done = match &self.tx {
            Some(tx) => tx.line(),
            None => "done before\n".into(),
        };
        format!("{:18}  {}  {done}", self.step, self.address)
    }
}

impl Outcome for Deployed {
    fn text(&self) -> String {
        let mut text: String = self.steps.iter().map(Step::line).collect();
        let attesters: Vec<_> = self.attesters.iter().map(ToString::to_string).collect();
        text.push_str(&format!(
            "registry {} on chain {}\nport code {}\nowner {}\nattesters {}\n",
            self.registry,
            self.chain_id,
            self.implementation,
            self.owner,
            if attesters.is_empty() {
                "none".into()
            } else {
                attesters.join(", ")
            },
        ));
        let programs = self.programs.iter().map(|it| {
            let state = if it.cached { "cached" } else { "not cached" };
            format!("{} {state}", it.program)
        });
        let programs: Vec<_> = programs.collect();
        let unbiddable = self.cache_manager.is_none() && self.programs.iter().any(|it| !it.cached);
        let without = if unbiddable {
            "; the chain has no cache that takes bids"
        } else {
            ""
        };
        text.push_str(&format!("programs {}{without}\n", programs.join(", ")));
        if let Some(pending) = self.pending_owner {
            text.push_str(&format!(
                "{pending} must accept the registry with `patientport registry accept-ownership`\n"
            ));
        }
        text
    }
}

/// Deploys the contracts, or what is left of them, and remembers where they are.
///
/// # Errors
/// [`Error::NoContracts`]; [`Error::DeployedAlready`]; the chain's.
pub async fn run(context: &Context, args: DeployArgs) -> Result<Deployed, Error> {
    context.require_consent()?;
    if args.accept_ownership {
        return accept_ownership(context).await;
    }
    let (registry_code, port_code) = contracts::load(args.contracts.as_deref())?;
    let chain = context.chain().await?;
    let wallet = context.wallet(None)?;
    context.refuse_public_key(wallet.address(), chain.chain_id())?;
    let plan = |index| {
        Plan::new(
            registry_code.clone(),
            port_code.clone(),
            wallet.address(),
            index,
        )
    };
    let plan = choose_plan(context, chain, &plan, args.fresh).await?;

    let prepared = deploy::preview(chain, wallet.address(), &plan).await?;
    let gas: u64 = prepared.iter().map(|it| it.gas.0).sum();
    let cost: u128 = prepared.iter().map(|it| it.highest_cost().0).sum();
    let earlier = context.home().deployment(chain.chain_id())?;
    // Another version of the port's code under the same registry: ports issued from now on run it.
    let replaced = earlier
        .as_ref()
        .filter(|earlier| earlier.registry == Some(plan.registry_address()))
        .and_then(|earlier| earlier.implementation)
        .filter(|earlier| *earlier != plan.implementation_address())
        .map(|earlier| earlier.to_string());
    let attesters = attesters(chain, &plan, &args, wallet.address()).await?;
    let listed: Vec<_> = attesters.iter().map(ToString::to_string).collect();
    let preview = Preview::new("deploy registry and port code")
        .line("chain", chain.chain_id().to_string())
        .line("registry", plan.registry_address().to_string())
        .line("port code", plan.implementation_address().to_string())
        .maybe("instead of", replaced)
        .maybe("attesters", (!listed.is_empty()).then(|| listed.join(", ")))
        .maybe("owner", args.owner.map(|owner| owner.to_string()))
        .maybe(
            "cache",
            (!args.bid.no_cache)
                .then_some("bids for both programs, shown first if they cost ether"),
        )
        .line(
            "from",
            format!("{} (wallet `{}`)", wallet.address(), wallet.name),
        )
        .line(
            "gas",
            format!(
                "about {}, with data fees at most {}",
                grouped(gas),
                ether(cost)
            ),
        );
    confirm(context, &preview)?;

    let mut steps = Vec::new();
    let mut save = Ok(());
    let done = |deployment: &Deployment, step: &deploy::Step| {
        // Remembered after every step, so that others find what an interrupted run left.
        if save.is_ok() {
            save = context.home().set_deployment(deployment);
        }
        let tx = step.report.as_ref().map(TxSummary::from);
        context
            .terminal
            .say(&format!("{} at {}", name(step.kind), step.address));
        steps.push(Step {
            step: name(step.kind).to_owned(),
            address: step.address,
            tx,
        });
    };
    let from_block = beginning(context, chain, &plan, earlier.as_ref()).await?;
    let deployment = deploy::deploy(chain, &wallet.signer, &plan, from_block, done).await?;
    save?;
    let registry = opened(chain, &deployment).await?;
    set_up(context, &wallet, &registry, &args, attesters, &mut steps).await?;
    let programs = programs(&registry, &deployment).await?;
    let manager = if args.bid.no_cache {
        cache::manager(chain).await?
    } else {
        keep_cached(context, &wallet, &programs, args.bid, &mut steps).await?
    };
    finish(&registry, &deployment, manager, steps).await
}

/// A block before the registry's creation. It is noted before anything is sent: whoever is cut off would have to look
/// through the whole chain for the registry's events otherwise, which many nodes refuse.
async fn beginning(
    context: &Context,
    chain: &Chain,
    plan: &Plan,
    earlier: Option<&Deployment>,
) -> Result<u64, Error> {
    let (chain_id, registry) = (chain.chain_id(), plan.registry_address());
    if chain.code(registry).await?.is_empty() {
        let block = chain.block_number().await?;
        context.home().note_beginning(chain_id, registry, block)?;
        return Ok(block);
    }
    // Created by an earlier run: only its own notes say at which block.
    let recorded = earlier.filter(|it| it.registry == Some(registry));
    match recorded {
        Some(recorded) => Ok(recorded.from_block),
        None => Ok(context.home().beginning(chain_id, registry)?.unwrap_or(0)),
    }
}

const fn name(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Registry => "registry",
        StepKind::Implementation => "port code",
        StepKind::SetImplementation => "set port code",
    }
}

/// The deployment to make or to finish: the one recorded, the first of this account, or a further one if it is
/// to be fresh.
async fn choose_plan(
    context: &Context,
    chain: &Chain,
    plan: &impl Fn(u32) -> Plan,
    fresh: bool,
) -> Result<Plan, Error> {
    let home = context.home();
    let known = home.deployment(chain.chain_id())?;
    if fresh {
        for plan in (0..MAX_DEPLOYMENTS).map(plan) {
            let registry = plan.registry_address();
            if chain.code(registry).await?.is_empty() {
                return Ok(plan);
            }
            // An earlier run was stopped in the middle of this one.
            let is_whole = known
                .as_ref()
                .is_some_and(|it| it.registry == Some(registry) && it.implementation.is_some());
            if !is_whole && home.beginning(chain.chain_id(), registry)?.is_some() {
                return Ok(plan);
            }
        }
        return Err(Error::FlagInvalid {
            flag: "--fresh",
            value: MAX_DEPLOYMENTS.to_string(),
            reason: "this account has that many deployments already".into(),
        });
    }
    let first = plan(0);
    let Some((known, registry)) = known.and_then(|it| it.registry.map(|registry| (it, registry)))
    else {
        return Ok(first);
    };
    // A development chain that was started anew has forgotten what this home remembers.
    if registry == first.registry_address() || chain.code(registry).await?.is_empty() {
        return Ok(first);
    }
    let difference = difference(&known, &first);
    if difference == Difference::Unexplained {
        // The same code and account: an earlier `--fresh` made it.
        let made = |plan: &Plan| plan.registry_address() == registry;
        if let Some(plan) = (1..MAX_DEPLOYMENTS).map(plan).find(made) {
            return Ok(plan);
        }
    }
    Err(Error::DeployedAlready {
        chain_id: chain.chain_id(),
        registry,
        difference,
    })
}

/// In what a deployment with another registry differs from a plan.
fn difference(known: &Deployment, plan: &Plan) -> Difference {
    let now = plan.registry.code_hash();
    if known.registry_code_hash != now {
        Difference::RegistryCode {
            recorded: known.registry_code_hash,
            now,
        }
    } else if known.owner != plan.owner {
        Difference::Deployer {
            recorded: known.owner,
            now: plan.owner,
        }
    } else {
        Difference::Unexplained
    }
}

/// The attesters to add: those named, or the deploying account at a registry that never had one. One that was removed
/// since does not come back because the deployment is repeated.
async fn attesters(
    chain: &Chain,
    plan: &Plan,
    args: &DeployArgs,
    deployer: Address,
) -> Result<Vec<Address>, Error> {
    if !args.attester.is_empty() {
        return Ok(args.attester.clone());
    }
    let address = plan.registry_address();
    if chain.code(address).await?.is_empty() {
        return Ok(vec![deployer]);
    }
    let registry = Registry::open(chain.clone(), address, 0).await?;
    Ok(if registry.had_attesters().await? {
        vec![]
    } else {
        vec![deployer]
    })
}

async fn opened(chain: &Chain, deployment: &Deployment) -> Result<Registry, Error> {
    let address = deployment
        .registry
        .ok_or(Error::NoRegistry(deployment.chain_id))?;
    Ok(Registry::open(chain.clone(), address, deployment.from_block).await?)
}

/// Adds attesters and hands the registry over.
async fn set_up(
    context: &Context,
    wallet: &Wallet,
    registry: &Registry,
    args: &DeployArgs,
    attesters: Vec<Address>,
    steps: &mut Vec<Step>,
) -> Result<(), Error> {
    for attester in attesters {
        let tx = if registry.is_attester(attester).await? {
            None
        } else {
            Some(step(context, wallet, &registry.add_attester(attester)).await?)
        };
        steps.push(Step {
            step: "attester".into(),
            address: attester,
            tx,
        });
    }
    if let Some(owner) = args.owner.filter(|owner| *owner != wallet.address()) {
        let offered = registry.pending_owner().await? == Some(owner);
        let tx = if offered || registry.owner().await? == owner {
            None
        } else {
            Some(step(context, wallet, &registry.transfer_ownership(owner)).await?)
        };
        steps.push(Step {
            step: "offer ownership".into(),
            address: owner,
            tx,
        });
    }
    Ok(())
}

/// Sends a step that the deployment's confirmation covers.
async fn step(
    context: &Context,
    wallet: &Wallet,
    transaction: &Transaction,
) -> Result<TxSummary, Error> {
    let report = transaction.send(&wallet.signer).await?;
    context.terminal.say(&format!("sent {}", report.hash));
    Ok((&report).into())
}

pub(super) async fn accept_ownership(context: &Context) -> Result<Deployed, Error> {
    let registry = context.registry().await?;
    let wallet = context.wallet(None)?;
    let preview =
        Preview::new("take over a registry").line("registry", registry.address().to_string());
    let report = send(context, &wallet, preview, &registry.accept_ownership()).await?;
    let step = Step {
        step: "accept ownership".into(),
        address: wallet.address(),
        tx: Some((&report).into()),
    };
    let chain_id = registry.chain().chain_id();
    let implementation = registry.port_implementation().await?;
    let deployment = Deployment {
        chain_id,
        implementation,
        ..Deployment::default()
    };
    let manager = cache::manager(registry.chain()).await?;
    finish(&registry, &deployment, manager, vec![step]).await
}

/// The programs of a deployment, and whether each is cached now.
pub(super) async fn programs(
    registry: &Registry,
    deployment: &Deployment,
) -> Result<Vec<Program>, Error> {
    let chain = registry.chain();
    let addresses = [
        (Some(registry.address()), "registry"),
        (deployment.implementation, "port code"),
    ];
    let mut programs = Vec::new();
    for (address, program) in addresses {
        let Some(address) = address else { continue };
        let code_hash = keccak256(chain.code(address).await?);
        programs.push(Program {
            program,
            address,
            code_hash,
            cached: cache::is_cached(chain, code_hash).await?,
        });
    }
    Ok(programs)
}

/// Bids for the programs that are not cached. Whatever the cache says, the deployment is complete: a bid that comes
/// to nothing is a warning.
pub(super) async fn keep_cached(
    context: &Context,
    wallet: &Wallet,
    programs: &[Program],
    bid: BidArgs,
    steps: &mut Vec<Step>,
) -> Result<Manager, Error> {
    let chain = context.chain().await?;
    let manager = cache::manager(chain).await?;
    let not_cached = |reason: String| {
        let again = "run `patientport deploy` again to bid";
        context.warn("deploy.not_cached", format!("{reason}; {again}"));
    };
    let mut bids = Vec::new();
    for program in programs {
        let Manager::Open(at) = manager else { break };
        if program.cached {
            steps.push(bid_step(program, None));
            continue;
        }
        match cache::least_bid(chain, at, program.address).await {
            // The node alone says how much that is, and who is paid.
            Ok(least) if context.settings.yes && least > U256::from(bid.most_bid) => {
                let price = ether(least.saturating_to());
                not_cached(format!(
                    "{} is not cached: a place costs {price}, paid to `{at}`, more than `--most-bid` allows with `--yes`",
                    program.program
                ));
            }
            Ok(least) => {
                let wei = least.saturating_add(U256::from(bid.cache_bid));
                bids.push((program, at, wei));
            }
            Err(error) if error.class() == Class::Refused => {
                not_cached(format!("{} is not cached: {error}", program.program));
            }
            Err(error) => return Err(error.into()),
        }
    }
    if let Manager::Paused(at) = manager
        && programs.iter().any(|program| !program.cached)
    {
        not_cached(format!("the cache manager `{at}` takes no bids now"));
    }
    // What costs gas only, the deployment's confirmation covers.
    if bids.iter().any(|(_, _, wei)| !wei.is_zero()) {
        let mut preview = Preview::new("bid for places in the chain's program cache");
        for (program, at, wei) in &bids {
            let (wei, program_at) = (ether(wei.saturating_to()), program.address);
            preview = preview.line(program.program, format!("{wei} to {at} for {program_at}"));
        }
        match confirm(context, &preview) {
            Err(Error::Declined) => {
                not_cached("no bid was placed".into());
                return Ok(manager);
            }
            answer => answer?,
        }
    }
    for (program, at, wei) in bids {
        match step(
            context,
            wallet,
            &cache::bid(chain, at, program.address, wei),
        )
        .await
        {
            Ok(tx) => steps.push(bid_step(program, Some(tx))),
            Err(Error::Client(error)) if error.class() == Class::Refused => {
                not_cached(format!("{} is not cached: {error}", program.program));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(manager)
}

fn bid_step(program: &Program, tx: Option<TxSummary>) -> Step {
    Step {
        step: "cache bid".into(),
        address: program.address,
        tx,
    }
}

async fn finish(
    registry: &Registry,
    deployment: &Deployment,
    manager: Manager,
    steps: Vec<Step>,
) -> Result<Deployed, Error> {
    Ok(Deployed {
        cache_manager: manager.address(),
        programs: programs(registry, deployment).await?,
        chain_id: deployment.chain_id,
        registry: registry.address(),
        implementation: deployment.implementation.unwrap_or_default(),
        owner: registry.owner().await?,
        pending_owner: registry.pending_owner().await?,
        attesters: registry.attesters().await?,
        steps,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use patientport_client::deploy::ContractCode;

    use super::*;

    #[test]
    fn a_cache_that_takes_no_bids_is_told_only_of_programs_that_lack_it() {
        let told = |cached, manager: Option<Address>| {
            let program = Program {
                program: "registry",
                address: Address::ZERO,
                code_hash: B256::ZERO,
                cached,
            };
            let deployed = Deployed {
                chain_id: 1,
                registry: Address::ZERO,
                implementation: Address::ZERO,
                owner: Address::ZERO,
                pending_owner: None,
                attesters: vec![],
                cache_manager: manager,
                programs: vec![program],
                steps: vec![],
            };
            let text = deployed.text();
            text.lines().last().unwrap_or_default().to_owned()
        };
        let manager = Some(Address::repeat_byte(1));
        assert_eq!(told(true, manager), "programs registry cached");
        assert_eq!(told(true, None), "programs registry cached");
        assert_eq!(told(false, manager), "programs registry not cached");
        assert_eq!(
            told(false, None),
            "programs registry not cached; the chain has no cache that takes bids"
        );
    }

    #[test]
    fn what_differs_from_the_recorded_deployment_is_told() {
        let code = |last| ContractCode::new("registry", vec![0xef, 0xf0, 0, 0, last]).unwrap();
        let [owner, other] = [1, 2].map(Address::repeat_byte);
        let plan = |last, owner| Plan::new(code(last), code(9), owner, 0);
        let known = Deployment {
            owner,
            registry_code_hash: code(1).code_hash(),
            ..Deployment::default()
        };
        let (recorded, now) = (code(1).code_hash(), code(2).code_hash());
        assert_eq!(
            difference(&known, &plan(2, owner)),
            Difference::RegistryCode { recorded, now }
        );
        let (recorded, now) = (owner, other);
        assert_eq!(
            difference(&known, &plan(1, other)),
            Difference::Deployer { recorded, now }
        );
        assert_eq!(difference(&known, &plan(1, owner)), Difference::Unexplained);
    }
}
