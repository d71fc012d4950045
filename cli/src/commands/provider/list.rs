//! `patientport provider list`

use alloy::primitives::Address;
use patientport_client::registry::{ProviderKind, ProviderStatus};
use serde::Serialize;

use crate::args::provider::ListArgs;
use crate::commands::describe::profile_of;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::text::{Table, shown};

/// The providers of a registry.
#[derive(Debug, Serialize)]
pub struct Providers {
    /// The registry.
    pub registry: Address,
    /// The newest first.
    pub providers: Vec<Entry>,
}

/// One provider.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Its account.
    pub provider: Address,
    /// Attested and the attestation is in force.
    pub verified: bool,
    /// What the registry holds of its claim.
    pub status: ProviderStatus,
    /// What it says it is.
    pub kind: ProviderKind,
    /// The number it states.
    pub npi: Option<u64>,
    /// Its name; confirmed only if `verified`.
    pub name: Option<String>,
}

impl Outcome for Providers {
    fn text(&self) -> String {
        if self.providers.is_empty() {
            return "no providers\n".into();
        }
        let mut table = Table::new(["PROVIDER", "VERIFIED", "STATUS", "KIND", "NAME"]);
        for entry in &self.providers {
            let name = entry.name.as_deref().map(shown).unwrap_or_default();
            let name = if entry.verified || name.is_empty() {
                name
            } else {
                format!("{name} (self-asserted)")
            };
            table.row([
                entry.provider.to_string(),
                if entry.verified { "yes" } else { "no" }.into(),
                entry.status.to_string(),
                entry.kind.to_string(),
                name,
            ]);
        }
        table.to_string()
    }
}

/// Lists the registry's providers.
///
/// # Errors
/// The chain's.
pub async fn run(context: &Context, args: &ListArgs) -> Result<Providers, Error> {
    let registry = context.registry().await?;
    let mut providers = Vec::new();
    for account in registry.providers().await? {
        let provider = registry.provider(account).await?;
        if args.verified && !provider.verified {
            continue;
        }
        let profile = profile_of(&registry, &provider).await?;
        providers.push(Entry {
            provider: account,
            verified: provider.verified,
            status: provider.status,
            kind: provider.kind,
            npi: provider.npi,
            name: profile
                .map(|profile| profile.name)
                .filter(|name| !name.is_empty()),
        });
    }
    Ok(Providers {
        registry: registry.address(),
        providers,
    })
}
