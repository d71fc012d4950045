//! `patientport provider register`

use alloy::primitives::Address;
use patientport_client::registry::{ContactProfile, IdentityProfile, ProviderKind};
use serde::Serialize;

use super::parse_npi;
use crate::args::provider::RegisterArgs;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::text::shown;

/// A provider that registered.
#[derive(Debug, Serialize)]
pub struct Registered {
    /// Its account.
    pub provider: Address,
    /// What it says it is.
    pub kind: ProviderKind,
    /// Its name.
    pub name: String,
    /// Fingerprint of its encryption key, for others to compare.
    pub fingerprint: String,
    /// The transaction.
    pub tx: TxSummary,
}

impl Outcome for Registered {
    fn text(&self) -> String {
        format!(
            "registered {} as {} \"{}\", key {}\n{}",
            self.provider,
            self.kind,
            shown(&self.name),
            self.fingerprint,
            self.tx.line()
        )
    }
}

/// Publishes profile and key of this account.
///
/// # Errors
/// The registry's refusals, such as a number with a wrong check digit.
pub async fn run(context: &Context, args: RegisterArgs) -> Result<Registered, Error> {
    context.require_consent()?;
    let npi = parse_npi(args.npi.as_deref())?;
    let kind: ProviderKind = args.kind.into();
    let identity = IdentityProfile {
        name: args.name,
        specialty: args.specialty,
    };
    if identity.name.trim().is_empty() {
        return Err(Error::FlagInvalid {
            flag: "--name",
            value: identity.name,
            reason: "a provider needs a name".into(),
        });
    }
    let contact = ContactProfile {
        contact: args.contact,
        endpoint: args.endpoint,
    };
    let registry = context.registry().await?;
    let wallet = context.wallet(None)?;
    let (identity_name, seed) = context.identity(None)?;
    let key = seed
        .provider_key(context.home().derived(&seed)?.provider_key)
        .public();
    let fingerprint = key.fingerprint().to_string();
    let preview = Preview::new("register as a provider; all of this is public and stays on chain")
        .line("registry", registry.address().to_string())
        .line("kind", kind.as_str())
        .maybe("npi", npi.map(|npi| npi.get().to_string()))
        .line("name", shown(&identity.name))
        .maybe("specialty", identity.specialty.as_deref().map(shown))
        .maybe("contact", contact.contact.as_deref().map(shown))
        .maybe("endpoint", contact.endpoint.as_deref().map(shown))
        .line("key", format!("{fingerprint} (identity `{identity_name}`)"));
    let transaction = registry.register(kind, npi, &key, &identity, &contact)?;
    let report = send(context, &wallet, preview, &transaction).await?;
    Ok(Registered {
        provider: wallet.address(),
        kind,
        name: identity.name,
        fingerprint,
        tx: (&report).into(),
    })
}
