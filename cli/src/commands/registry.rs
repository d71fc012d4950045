//! `patientport registry …`: whose it is.

use alloy::primitives::{Address, B256, keccak256};
use serde::Serialize;

use crate::args::deployment::TransferArgs;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};

/// A registry.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// The chain.
    pub chain_id: u64,
    /// The registry.
    pub registry: Address,
    /// Who owns it.
    pub owner: Address,
    /// Who was offered its ownership and has not accepted yet.
    pub pending_owner: Option<Address>,
    /// Who may attest providers.
    pub attesters: Vec<Address>,
    /// How many providers are registered.
    pub providers: u32,
    /// The code that ports issued now run.
    pub implementation: Option<Address>,
    /// keccak256 of it.
    pub code_hash: Option<B256>,
}

impl Outcome for Shown {
    fn text(&self) -> String {
        let attesters: Vec<_> = self.attesters.iter().map(ToString::to_string).collect();
        let some = |value: Option<String>| value.unwrap_or_else(|| "none".into());
        let lines = [
            (
                "registry",
                format!("{} on chain {}", self.registry, self.chain_id),
            ),
            ("owner", self.owner.to_string()),
            (
                "offered to",
                some(self.pending_owner.map(|it| it.to_string())),
            ),
            (
                "attesters",
                some((!attesters.is_empty()).then(|| attesters.join(", "))),
            ),
            ("providers", self.providers.to_string()),
            (
                "port code",
                some(self.implementation.map(|it| it.to_string())),
            ),
            ("code hash", some(self.code_hash.map(|it| it.to_string()))),
        ];
        let lines = lines
            .iter()
            .map(|(label, value)| format!("{label:10}  {value}\n"));
        lines.collect()
    }
}

/// Shows the registry.
///
/// # Errors
/// The chain's.
pub async fn show(context: &Context) -> Result<Shown, Error> {
    let registry = context.registry().await?;
    let chain = registry.chain();
    let implementation = registry.port_implementation().await?;
    let code_hash = match implementation {
        Some(address) => Some(keccak256(chain.code(address).await?)),
        None => None,
    };
    Ok(Shown {
        chain_id: chain.chain_id(),
        registry: registry.address(),
        owner: registry.owner().await?,
        pending_owner: registry.pending_owner().await?,
        attesters: registry.attesters().await?,
        providers: registry.provider_count().await?,
        implementation,
        code_hash,
    })
}

/// A registry that was offered, or is not any more.
#[derive(Debug, Serialize)]
pub struct Offered {
    /// The registry.
    pub registry: Address,
    /// Who owns it still.
    pub owner: Address,
    /// Who has to accept; none if the offer was taken back.
    pub pending_owner: Option<Address>,
    /// The transaction; none if it was so already.
    pub tx: Option<TxSummary>,
}

impl Outcome for Offered {
    fn text(&self) -> String {
        let told = match self.pending_owner {
            Some(owner) => format!(
                "{owner} is offered the registry {} and takes it over with `patientport registry accept-ownership`\n",
                self.registry
            ),
            None => format!("the registry {} is offered to nobody\n", self.registry),
        };
        match &self.tx {
            Some(tx) => told + &tx.line(),
            None => told + "it was so already\n",
        }
    }
}

/// Offers the registry to another account, or takes an offer back.
///
/// # Errors
/// [`Error::FlagInvalid`]; the registry's refusal to all but its owner.
pub async fn transfer(context: &Context, args: &TransferArgs) -> Result<Offered, Error> {
    context.require_consent()?;
    let registry = context.registry().await?;
    let owner = registry.owner().await?;
    let next = args.owner.filter(|_| !args.withdraw);
    let invalid = |reason: &str| Error::FlagInvalid {
        flag: "ADDRESS",
        value: next.unwrap_or_default().to_string(),
        reason: reason.into(),
    };
    if next == Some(Address::ZERO) {
        return Err(invalid("`--withdraw` takes an offer back"));
    }
    if next == Some(owner) {
        return Err(invalid("it owns the registry"));
    }
    let pending_owner = registry.pending_owner().await?;
    if pending_owner == next {
        return Ok(Offered {
            registry: registry.address(),
            owner,
            pending_owner,
            tx: None,
        });
    }
    let wallet = context.wallet(None)?;
    let title = match next {
        Some(_) => {
            "offer the registry to another account; once it accepts, this one decides nothing any more"
        }
        None => "take back the offer of the registry",
    };
    let preview = Preview::new(title)
        .line("registry", registry.address().to_string())
        .maybe("to", next.map(|it| it.to_string()))
        .maybe("instead of", pending_owner.map(|it| it.to_string()));
    let transaction = registry.transfer_ownership(next.unwrap_or_default());
    let report = send(context, &wallet, preview, &transaction).await?;
    Ok(Offered {
        registry: registry.address(),
        owner,
        pending_owner: next,
        tx: Some((&report).into()),
    })
}
