//! `patientport provider attest`

use alloy::primitives::Address;
use patientport_client::units::Timestamp;
use serde::Serialize;

use super::parse_npi;
use crate::args::provider::AttestArgs;
use crate::commands::describe::profile_of;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::text::shown;
use crate::time;

/// A provider that was attested.
#[derive(Debug, Serialize)]
pub struct Attested {
    /// The provider.
    pub provider: Address,
    /// The name that was confirmed.
    pub name: Option<String>,
    /// Until when the attestation holds, Unix seconds.
    pub until: u64,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Attested {
    fn text(&self) -> String {
        format!(
            "attested {} until {}\n{}",
            self.provider,
            time::human(self.until),
            self.tx.line()
        )
    }
}

/// Confirms a provider exactly as the preview shows it.
///
/// # Errors
/// The registry's refusals: not an attester, or the provider has changed since it was looked at.
pub async fn run(context: &Context, args: AttestArgs) -> Result<Attested, Error> {
    context.require_consent()?;
    let npi = parse_npi(args.npi.as_deref())?;
    let registry = context.registry().await?;
    let provider = registry.provider(args.provider).await?;
    if let Some(npi) = npi
        && provider.npi != Some(npi.get())
    {
        return Err(Error::FlagInvalid {
            flag: "--npi",
            value: npi.get().to_string(),
            reason: match provider.npi {
                Some(stated) => format!("the provider states {stated}"),
                None => "the provider states none".into(),
            },
        });
    }
    let profile = profile_of(&registry, &provider).await?;
    // What cannot be seen cannot be confirmed.
    let profile = profile.ok_or(patientport_client::Error::ProfileMismatch {
        account: provider.account,
        expected: provider.identity_profile_hash,
    })?;
    let until = context.time_of("--until", &args.until).await?;
    let wallet = context.wallet(None)?;
    let preview = Preview::new("attest that this provider is who it says it is")
        .line("provider", provider.account.to_string())
        .line("kind", provider.kind.as_str())
        .line(
            "npi",
            provider
                .npi
                .map_or_else(|| "none".into(), |npi| npi.to_string()),
        )
        .line("name", shown(&profile.name))
        .maybe("specialty", profile.specialty.as_deref().map(shown))
        .maybe("key", provider.key.map(|key| key.fingerprint().to_string()))
        .line("until", time::human(until));
    let transaction = registry.attest(&provider, Timestamp(until));
    let report = send(context, &wallet, preview, &transaction).await?;
    let name = Some(profile.name).filter(|name| !name.is_empty());
    Ok(Attested {
        provider: provider.account,
        name,
        until,
        tx: (&report).into(),
    })
}
