//! `patientport provider show`

use alloy::primitives::{Address, B256};
use patientport_client::registry::{ProviderKind, ProviderStatus};
use serde::Serialize;

use crate::args::provider::ShowArgs;
use crate::commands::describe::profile_of;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::text::shown;
use crate::time;

/// A provider, with what its word is worth.
#[derive(Debug, Serialize)]
pub struct ProviderView {
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
    /// Its specialty; confirmed only if `verified`.
    pub specialty: Option<String>,
    /// Who attested it last.
    pub attester: Option<Address>,
    /// Until when, Unix seconds.
    pub attested_until: Option<u64>,
    /// Fingerprint of its encryption key; none if what it published is no key.
    pub fingerprint: Option<String>,
    /// Hash of its identity profile.
    pub identity_profile_hash: B256,
    /// How to reach it; its own word.
    pub contact: Option<String>,
    /// Where its blobs are served; its own word.
    pub endpoint: Option<String>,
}

impl Outcome for ProviderView {
    fn text(&self) -> String {
        let claim = if self.verified {
            ""
        } else {
            " (self-asserted)"
        };
        let mut lines = vec![
            ("provider", self.provider.to_string()),
            (
                "verified",
                if self.verified { "yes" } else { "no" }.to_owned(),
            ),
            ("status", self.status.to_string()),
            ("kind", format!("{}{claim}", self.kind)),
        ];
        let mut add = |label, value: Option<String>| {
            if let Some(value) = value {
                lines.push((label, value));
            }
        };
        add(
            "name",
            self.name
                .as_deref()
                .map(|name| format!("{}{claim}", shown(name))),
        );
        add(
            "specialty",
            self.specialty
                .as_deref()
                .map(|text| format!("{}{claim}", shown(text))),
        );
        add("npi", self.npi.map(|npi| format!("{npi}{claim}")));
        add(
            "attester",
            self.attester.map(|attester| attester.to_string()),
        );
        add("until", self.attested_until.map(time::human));
        add(
            "key",
            Some(
                self.fingerprint
                    .clone()
                    .unwrap_or_else(|| "not a key".into()),
            ),
        );
        add(
            "contact",
            self.contact
                .as_deref()
                .map(|text| format!("{} (self-asserted)", shown(text))),
        );
        add(
            "endpoint",
            self.endpoint
                .as_deref()
                .map(|text| format!("{} (self-asserted)", shown(text))),
        );
        lines
            .iter()
            .map(|(label, value)| format!("{label:9}  {value}\n"))
            .collect()
    }
}

/// Shows a provider.
///
/// # Errors
/// `UnknownProvider`, and the chain's.
pub async fn run(context: &Context, args: &ShowArgs) -> Result<ProviderView, Error> {
    let registry = context.registry().await?;
    let account = match args.provider {
        Some(account) => account,
        None => context.account(None)?,
    };
    let provider = registry.provider(account).await?;
    let profile = profile_of(&registry, &provider).await?;
    let contact = registry.contact_profile(account).await?.unwrap_or_default();
    let (name, specialty) = profile.map_or((None, None), |profile| {
        (Some(profile.name), profile.specialty)
    });
    Ok(ProviderView {
        provider: account,
        verified: provider.verified,
        status: provider.status,
        kind: provider.kind,
        npi: provider.npi,
        name: name.filter(|name| !name.is_empty()),
        specialty,
        attester: provider.attester,
        attested_until: provider.attested_until.map(|until| until.0),
        fingerprint: provider.key.map(|key| key.fingerprint().to_string()),
        identity_profile_hash: provider.identity_profile_hash,
        contact: contact.contact,
        endpoint: contact.endpoint,
    })
}
