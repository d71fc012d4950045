//! Saying who an account is, for previews and lists.

use alloy::primitives::Address;
use patientport_client::Error as ClientError;
use patientport_client::registry::{IdentityProfile, Provider, Registry};
use serde::Serialize;

use crate::error::Error;
use crate::text::shown;

/// What the registry says about an account.
#[derive(Clone, Debug, Serialize)]
pub struct Who {
    /// The account.
    pub account: Address,
    /// Whether the registry said anything.
    #[serde(skip)]
    answered: bool,
    /// Whether it is registered as a provider.
    pub registered: bool,
    /// Whether its attestation is in force.
    pub verified: bool,
    /// Its name: confirmed by an attester if `verified`, else the provider's own claim.
    pub name: Option<String>,
    /// Fingerprint of its encryption key.
    pub fingerprint: Option<String>,
}

impl Who {
    /// Looks an account up. A registry that refuses to answer is no reason to stop: nothing is known then.
    ///
    /// # Errors
    /// The chain's.
    pub async fn find(registry: &Registry, account: Address) -> Result<Self, Error> {
        let (provider, answered) = match registry.find_provider(account).await {
            Ok(provider) => (provider, true),
            Err(error) if is_silence(&error) => (None, false),
            Err(error) => return Err(error.into()),
        };
        let Some(provider) = provider else {
            return Ok(Self {
                account,
                answered,
                registered: false,
                verified: false,
                name: None,
                fingerprint: None,
            });
        };
        let profile = profile_of(registry, &provider).await?;
        Ok(Self {
            account,
            answered,
            registered: true,
            verified: provider.verified,
            name: profile
                .map(|profile| profile.name)
                .filter(|name| !name.is_empty()),
            fingerprint: provider.key.map(|key| key.fingerprint().to_string()),
        })
    }

    /// One line: the account, its name, and what the name is worth.
    pub fn line(&self) -> String {
        let standing = match (self.registered, self.verified) {
            (false, _) if !self.answered => "the registry does not say who that is",
            (false, _) => "no provider",
            (true, true) => "verified",
            (true, false) => "self-asserted, not verified",
        };
        match &self.name {
            Some(name) => format!("{} \"{}\" ({standing})", self.account, shown(name)),
            None => format!("{} ({standing})", self.account),
        }
    }
}

/// Whether an error is the registry's refusal to answer, not the network's.
pub const fn is_silence(error: &ClientError) -> bool {
    matches!(
        error,
        ClientError::Refused(_)
            | ClientError::Halted { .. }
            | ClientError::InvalidResponse { .. }
            | ClientError::Rpc { .. }
    )
}

/// A provider's identity profile; `None` if the chain's log does not hold the one whose hash is stored.
///
/// # Errors
/// The chain's.
pub async fn profile_of(
    registry: &Registry,
    provider: &Provider,
) -> Result<Option<IdentityProfile>, Error> {
    match registry.identity_profile(provider).await {
        Ok(profile) => Ok(Some(profile)),
        Err(ClientError::ProfileMismatch { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
