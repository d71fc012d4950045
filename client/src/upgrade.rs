//! Another implementation for the ports that a registry issues from now on, and deployments that others made.
//!
//! Ports that exist run the code they were made with, for ever; nobody can change that.

use alloy::primitives::{Address, B256, keccak256};
use alloy::sol_types::SolEvent;
use patientport_core::abi::IRegistry;

use crate::chain::{Chain, Prepared, Signer, TxReport};
use crate::deploy::{ContractCode, Deployment, Implementation};
use crate::error::{Error, Result};
use crate::registry::Registry;

/// What an upgrade would do.
#[derive(Clone, Debug)]
pub struct Upgrade {
    /// What ports issued now run, with the hash of its code; `None` = nothing yet.
    pub present: Option<(Address, B256)>,
    /// What they will run.
    pub next: Implementation,
    /// What creating it costs; `None` if it stands already.
    pub creation: Option<Prepared>,
}

impl Upgrade {
    /// Looks at what is there. Sends nothing.
    ///
    /// # Errors
    /// [`Error::Refused`] if `owner` does not own the registry; [`Error::Deployment`] if something else stands where
    /// the implementation belongs.
    pub async fn plan(registry: &Registry, owner: Address, code: ContractCode) -> Result<Self> {
        let chain = registry.chain();
        let present = match registry.port_implementation().await? {
            Some(address) => Some((address, keccak256(chain.code(address).await?))),
            None => None,
        };
        if let Some((address, _)) = present {
            // Changes nothing, and is refused to all but the owner.
            let trial = registry.set_port_implementation(address);
            let _allowed = trial.prepare(owner).await?;
        }
        let next = Implementation::new(code, owner);
        let creation = next.preview(chain, owner).await?;
        Ok(Self {
            present,
            next,
            creation,
        })
    }

    /// Whether ports run this code already.
    pub fn is_done(&self) -> bool {
        let hash = self.next.code_hash();
        self.present.is_some_and(|(_, present)| present == hash)
    }

    /// Creates the implementation unless it stands, and tells the registry of it. Run again, it goes on where it
    /// stopped.
    ///
    /// # Errors
    /// Those of sending; [`Error::Deployment`] if the registry does not announce what was set.
    pub async fn carry_out(
        &self,
        registry: &Registry,
        signer: &Signer,
        mut done: impl FnMut(Address, Option<&TxReport>),
    ) -> Result<()> {
        let address = self.next.address();
        let created = self.next.create(registry.chain(), signer).await?;
        done(address, created.as_ref());
        let set = registry
            .set_port_implementation(address)
            .send(signer)
            .await?;
        done(registry.address(), Some(&set));
        let announced = registry.announced_implementations().await?;
        if announced.contains(&(address, self.next.code_hash()))
            && registry.port_implementation().await? == Some(address)
        {
            return Ok(());
        }
        let what = "the registry does not announce the implementation with its code";
        Err(Error::Deployment { what, address })
    }
}

/// Holds a deployment that somebody else made against the node: chain, both contracts with their code, the
/// implementation that the registry has, and that nothing of the registry happened before the block it names.
///
/// # Errors
/// [`Error::WrongChain`]; [`Error::NotARegistry`]; [`Error::Deployment`] with what is otherwise.
pub async fn verify(chain: &Chain, deployment: &Deployment) -> Result<Registry> {
    if deployment.chain_id != chain.chain_id() {
        return Err(Error::WrongChain {
            expected: deployment.chain_id,
            actual: chain.chain_id(),
        });
    }
    let registry = deployment.registry.unwrap_or_default();
    let otherwise = |what, address| Err(Error::Deployment { what, address });
    let code = chain.code(registry).await?;
    if code.is_empty() {
        return Err(Error::NotARegistry { address: registry });
    }
    if keccak256(code) != deployment.registry_code_hash {
        return otherwise("the registry has other code than stated", registry);
    }
    let opened = Registry::open(chain.clone(), registry, deployment.from_block).await?;
    let stated = deployment.implementation.unwrap_or_default();
    if opened.port_implementation().await? != Some(stated) {
        return otherwise("the registry has another implementation of ports", stated);
    }
    if keccak256(chain.code(stated).await?) != deployment.implementation_code_hash {
        return otherwise("the implementation of ports has other code", stated);
    }
    // The first thing a registry tells is who owns it; who begins to read behind that misses what came before.
    let first = opened
        .events()
        .with_topic(0, [IRegistry::OwnershipTransferred::SIGNATURE_HASH])
        .with_topic(1, [B256::ZERO]);
    if chain.logs(&first).await?.is_empty() {
        return otherwise("the registry is older than the block stated", registry);
    }
    Ok(opened)
}
