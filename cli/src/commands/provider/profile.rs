//! `patientport provider set-profile` and `patientport provider set-contact`

use alloy::primitives::Address;
use patientport_client::registry::{ContactProfile, IdentityProfile, ProviderKind, ProviderStatus};
use patientport_core::npi::Npi;
use serde::Serialize;

use super::parse_npi;
use crate::args::provider::{ContactArgs, ContactField, ProfileArgs, ProfileField};
use crate::commands::describe::profile_of;
use crate::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use crate::preview::{Preview, TxSummary, send};
use crate::text::shown;

/// What a provider says of itself now.
#[derive(Debug, Serialize)]
pub struct Profile {
    /// The provider.
    pub provider: Address,
    /// What the registry holds of its claim now.
    pub status: ProviderStatus,
    /// What it says it is.
    pub kind: ProviderKind,
    /// The number it states.
    pub npi: Option<u64>,
    /// Its name.
    pub name: String,
    /// Its specialty.
    pub specialty: Option<String>,
    /// The transaction; none if it said so already.
    pub tx: Option<TxSummary>,
}

impl Outcome for Profile {
    fn text(&self) -> String {
        let told = format!(
            "{} is {} \"{}\" ({})\n",
            self.provider,
            self.kind,
            shown(&self.name),
            self.status
        );
        match &self.tx {
            Some(tx) => told + &tx.line(),
            None => told + "it said so already\n",
        }
    }
}

/// Changes what this account says it is. What an attester has confirmed is confirmed no more.
///
/// # Errors
/// `UnknownProvider`; the registry's refusals.
pub async fn set(context: &Context, args: ProfileArgs) -> Result<Profile, Error> {
    context.require_consent()?;
    let given_npi = parse_npi(args.npi.as_deref())?;
    let registry = context.registry().await?;
    let account = context.account(None)?;
    let provider = registry.provider(account).await?;
    let before = profile_of(&registry, &provider).await?.unwrap_or_default();
    let without = |field| args.without.contains(&field);
    let stated = match provider.npi {
        Some(number) => parse_npi(Some(&format!("{number:010}")))?,
        None => None,
    };
    let npi: Option<Npi> = given_npi.or(stated).filter(|_| !without(ProfileField::Npi));
    let kind = args.kind.map_or(provider.kind, Into::into);
    let after = IdentityProfile {
        name: args.name.unwrap_or_else(|| before.name.clone()),
        specialty: args
            .specialty
            .or_else(|| before.specialty.clone())
            .filter(|_| !without(ProfileField::Specialty)),
    };
    if after.name.trim().is_empty() {
        return Err(Error::FlagInvalid {
            flag: "--name",
            value: after.name,
            reason: "a provider needs a name".into(),
        });
    }
    let number = npi.map(Npi::get);
    let mut outcome = Profile {
        provider: account,
        status: provider.status,
        kind,
        npi: number,
        name: after.name.clone(),
        specialty: after.specialty.clone(),
        tx: None,
    };
    if after == before && (kind, number) == (provider.kind, provider.npi) {
        return Ok(outcome);
    }
    let transaction = registry.set_identity_profile(kind, npi, &after)?;
    let wallet = context.wallet(None)?;
    let changed = |was: String, is: String| {
        if was == is {
            format!("{is} (as before)")
        } else {
            format!("{is} (was {was})")
        }
    };
    let none = |text: Option<&str>| text.map_or_else(|| "none".into(), shown);
    let number_of = |npi: Option<u64>| npi.map_or_else(|| "none".into(), |it| format!("{it:010}"));
    let attested = provider.status == ProviderStatus::Attested;
    let preview = Preview::new(
        "change what this provider says it is; all of it is public and stays on chain",
    )
    .line("provider", account.to_string())
    .maybe(
        "attestation",
        attested.then_some(
            "ends with this: ports refuse this account until an attester has confirmed it anew",
        ),
    )
    .line("kind", changed(provider.kind.to_string(), kind.to_string()))
    .line("npi", changed(number_of(provider.npi), number_of(number)))
    .line("name", changed(shown(&before.name), shown(&after.name)))
    .line(
        "specialty",
        changed(
            none(before.specialty.as_deref()),
            none(after.specialty.as_deref()),
        ),
    );
    let report = send(context, &wallet, preview, &transaction).await?;
    outcome.status = registry.provider(account).await?.status;
    if attested && outcome.status != ProviderStatus::Attested {
        context.warn(
            "provider.attestation_ended",
            "an attester has to confirm this provider anew: until then ports refuse it",
        );
    }
    outcome.tx = Some((&report).into());
    Ok(outcome)
}

/// How a provider is reached now.
#[derive(Debug, Serialize)]
pub struct Contact {
    /// The provider.
    pub provider: Address,
    /// Words for people.
    pub contact: Option<String>,
    /// Where its encrypted records can be fetched.
    pub endpoint: Option<String>,
    /// The transaction; none if it said so already.
    pub tx: Option<TxSummary>,
}

impl Outcome for Contact {
    fn text(&self) -> String {
        let some = |text: &Option<String>| text.as_deref().map_or_else(|| "none".into(), shown);
        let told = format!(
            "contact   {}\nendpoint  {}\n",
            some(&self.contact),
            some(&self.endpoint)
        );
        match &self.tx {
            Some(tx) => told + &tx.line(),
            None => told + "it said so already\n",
        }
    }
}

/// Changes how this account is reached. Nobody confirms it, and no attestation ends.
///
/// # Errors
/// `UnknownProvider`; the registry's refusals.
pub async fn set_contact(context: &Context, args: ContactArgs) -> Result<Contact, Error> {
    context.require_consent()?;
    let registry = context.registry().await?;
    let account = context.account(None)?;
    registry.provider(account).await?;
    let before = registry.contact_profile(account).await?.unwrap_or_default();
    let without = |field| args.without.contains(&field);
    let after = ContactProfile {
        contact: args
            .contact
            .or_else(|| before.contact.clone())
            .filter(|_| !without(ContactField::Contact)),
        endpoint: args
            .endpoint
            .or_else(|| before.endpoint.clone())
            .filter(|_| !without(ContactField::Endpoint)),
    };
    let mut outcome = Contact {
        provider: account,
        contact: after.contact.clone(),
        endpoint: after.endpoint.clone(),
        tx: None,
    };
    if after == before {
        return Ok(outcome);
    }
    let transaction = registry.set_contact_profile(&after)?;
    let wallet = context.wallet(None)?;
    let none = |text: Option<&str>| text.map_or_else(|| "none".into(), shown);
    let preview =
        Preview::new("change how this provider is reached; all of it is public and stays on chain")
            .line("provider", account.to_string())
            .line("contact", none(after.contact.as_deref()))
            .line("endpoint", none(after.endpoint.as_deref()));
    let report = send(context, &wallet, preview, &transaction).await?;
    outcome.tx = Some((&report).into());
    Ok(outcome)
}
