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
    /// Looks an account up.
    ///
    /// # Errors
    /// The chain's.
    pub async fn find(registry: &Registry, account: Address) -> Result<Self, Error> {
        let Some(provider) = registry.find_provider(account).await? else {
            return Ok(Self {
                account,
                registered: false,
                verified: false,
                name: None,
                fingerprint: None,
            });
        };
        let profile = profile_of(registry, &provider).await?;
        Ok(Self {
            account,
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
