//! Saying who an account is, for previews and lists.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::Address;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use patientport_client::Error as ClientError;
use patientport_client::registry::{IdentityProfile, Provider, Registry};
use serde::Serialize;

use crate::error::Error;
use crate::text::shown;

/// Accounts looked up at a time.
const LOOKED_UP_AT_ONCE: usize = 16;

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
    /// Who attested it last; only while `verified` does that say anything.
    pub attester: Option<Address>,
    /// Until when the attestation holds, Unix seconds.
    pub attested_until: Option<u64>,
}

impl Who {
    /// Looks an account up. A registry that refuses to answer is no reason to stop: nothing is known then.
    ///
    /// # Errors
    /// The chain's.
    pub async fn find(registry: &Registry, account: Address) -> Result<Self, Error> {
        let (provider, answered) = look_up(registry, account).await?;
        let profile = match &provider {
            Some(provider) => profile_of(registry, provider).await?,
            None => None,
        };
        Ok(Self::of(account, answered, provider.as_ref(), profile))
    }

    /// As [`Self::find`], of many accounts, each looked up once and several at a time.
    ///
    /// # Errors
    /// The chain's.
    pub async fn find_all(
        registry: &Registry,
        accounts: impl IntoIterator<Item = Address>,
    ) -> Result<BTreeMap<Address, Self>, Error> {
        let accounts: BTreeSet<Address> = accounts.into_iter().collect();
        let found: Vec<_> = stream::iter(accounts)
            .map(|account| async move {
                let (provider, answered) = look_up(registry, account).await?;
                Ok::<_, Error>((account, provider, answered))
            })
            .buffered(LOOKED_UP_AT_ONCE)
            .try_collect()
            .await?;
        let providers: Vec<Provider> = found
            .iter()
            .filter_map(|(_, provider, _)| provider.clone())
            .collect();
        let mut profiles = registry.identity_profiles(&providers).await?;
        let who = |(account, provider, answered): (Address, Option<Provider>, bool)| {
            let profile = profiles.remove(&account);
            (
                account,
                Self::of(account, answered, provider.as_ref(), profile),
            )
        };
        Ok(found.into_iter().map(who).collect())
    }

    fn of(
        account: Address,
        answered: bool,
        provider: Option<&Provider>,
        profile: Option<IdentityProfile>,
    ) -> Self {
        Self {
            account,
            answered,
            registered: provider.is_some(),
            verified: provider.is_some_and(|provider| provider.verified),
            name: profile
                .map(|profile| profile.name)
                .filter(|name| !name.is_empty()),
            fingerprint: provider
                .and_then(|provider| provider.key)
                .map(|key| key.fingerprint().to_string()),
            attester: provider.and_then(|provider| provider.attester),
            attested_until: provider
                .and_then(|provider| provider.attested_until)
                .map(|until| until.0),
        }
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

/// A provider, and whether the registry answered.
async fn look_up(registry: &Registry, account: Address) -> Result<(Option<Provider>, bool), Error> {
    match registry.find_provider(account).await {
        Ok(provider) => Ok((provider, true)),
        Err(error) if is_silence(&error) => Ok((None, false)),
        Err(error) => Err(error.into()),
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
