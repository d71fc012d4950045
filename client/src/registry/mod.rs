//! The registry of providers and issuer of ports.

mod profile;
mod provider;

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, keccak256};
use alloy::rpc::types::Log;
use alloy::sol_types::SolEvent;
use patientport_core::abi::IRegistry;
use patientport_core::keys::PublicKey;
use patientport_core::limits::MAX_PAGE;
use patientport_core::npi::Npi;

use crate::chain::{Chain, LogQuery, Transaction, TxReport};
use crate::error::{Error, Result};
use crate::units::Timestamp;

pub use profile::{ContactProfile, IdentityProfile};
pub use provider::{Provider, ProviderKind, ProviderStatus};

/// Accounts named in one query, at most: nodes bound the length of a request.
pub(crate) const ACCOUNTS_PER_QUERY: usize = 100;

fn in_order(mut ports: Vec<IssuedPort>) -> Vec<IssuedPort> {
    ports.sort_by_key(|port| (port.block, port.port));
    ports.dedup();
    ports
}

/// A registry on a chain. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Registry {
    chain: Chain,
    address: Address,
    from_block: u64,
}

impl Registry {
    /// The registry at `address`. `from_block` is a block not after its creation; 0 is always right, and
    /// slow on a long chain.
    ///
    /// # Errors
    /// [`Error::NotARegistry`] if nothing there answers like one.
    pub async fn open(chain: Chain, address: Address, from_block: u64) -> Result<Self> {
        let registry = Self {
            chain,
            address,
            from_block,
        };
        match registry.owner().await {
            Ok(_) => Ok(registry),
            Err(Error::InvalidResponse { .. } | Error::Refused(_) | Error::Halted { .. }) => {
                // A registry whose program sleeps is one; what it says on the matter is worth more.
                if registry.chain.code(address).await?.is_empty() {
                    return Err(Error::NotARegistry { address });
                }
                match registry.owner().await {
                    Err(error @ Error::Refused(_)) if error.code().starts_with("program.") => {
                        Err(error)
                    }
                    _ => Err(Error::NotARegistry { address }),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// A registry that the caller knows, without asking it anything.
    pub fn known(chain: Chain, address: Address, from_block: u64) -> Self {
        Self {
            chain,
            address,
            from_block,
        }
    }

    /// The chain it is on.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Its address.
    pub fn address(&self) -> Address {
        self.address
    }

    /// A block not after its creation.
    pub fn from_block(&self) -> u64 {
        self.from_block
    }

    // --- reads ---

    /// Who owns it.
    pub async fn owner(&self) -> Result<Address> {
        self.chain
            .call(self.address, &IRegistry::ownerCall {})
            .await
    }

    /// Who has been offered its ownership; `None` = nobody.
    pub async fn pending_owner(&self) -> Result<Option<Address>> {
        let owner = self
            .chain
            .call(self.address, &IRegistry::pendingOwnerCall {})
            .await?;
        Ok((!owner.is_zero()).then_some(owner))
    }

    /// Whether an account may attest providers.
    pub async fn is_attester(&self, account: Address) -> Result<bool> {
        self.chain
            .call(self.address, &IRegistry::isAttesterCall { account })
            .await
    }

    /// Whether an account was ever named as an attester, though it may not be one any more.
    pub async fn had_attesters(&self) -> Result<bool> {
        let call = IRegistry::attestersCall { from: 0, limit: 1 };
        let page = self.chain.call(self.address, &call).await?;
        Ok(self.page_length(page.len())? > 0)
    }

    /// The attesters of now, in the order in which they were first added.
    ///
    /// # Errors
    /// [`Error::InvalidResponse`] if the pages have no end.
    pub async fn attesters(&self) -> Result<Vec<Address>> {
        /// More accounts than this have never been attesters.
        const MOST: u32 = 65_535;
        let mut attesters = Vec::new();
        let mut from: u32 = 0;
        loop {
            let limit = MAX_PAGE;
            let call = IRegistry::attestersCall { from, limit };
            let page = self.chain.call(self.address, &call).await?;
            let length = self.page_length(page.len())?;
            let active = page.iter().filter(|attester| attester.active);
            attesters.extend(active.map(|attester| attester.account));
            if length < limit {
                return Ok(attesters);
            }
            from += length;
            if from > MOST {
                return Err(self.chain.invalid_view("it lists more than there can be"));
            }
        }
    }

    /// The length of a page, which is never more than [`MAX_PAGE`].
    fn page_length(&self, length: usize) -> Result<u32> {
        u32::try_from(length)
            .ok()
            .filter(|length| *length <= MAX_PAGE)
            .ok_or_else(|| self.chain.invalid_view("a page is longer than asked for"))
    }

    /// The code that ports issued from now on run; `None` = not set yet.
    pub async fn port_implementation(&self) -> Result<Option<Address>> {
        let address = self
            .chain
            .call(self.address, &IRegistry::portImplementationCall {})
            .await?;
        Ok((!address.is_zero()).then_some(address))
    }

    /// Every implementation that was ever announced, with its code hash, oldest first.
    pub async fn announced_implementations(&self) -> Result<Vec<(Address, B256)>> {
        use IRegistry::PortImplementationSet;
        let query = self
            .events()
            .with_topic(0, [PortImplementationSet::SIGNATURE_HASH]);
        let logs = self.chain.logs(&query).await?;
        Ok(logs
            .iter()
            .filter_map(|log| PortImplementationSet::decode_log(&log.inner).ok())
            .map(|event| (event.implementation, event.codeHash))
            .collect())
    }

    /// Whether this registry issued a port.
    pub async fn is_port(&self, account: Address) -> Result<bool> {
        self.chain
            .call(self.address, &IRegistry::isPortCall { account })
            .await
    }

    /// A provider.
    ///
    /// # Errors
    /// [`Error::UnknownProvider`] if nobody registered under this account.
    pub async fn provider(&self, account: Address) -> Result<Provider> {
        self.find_provider(account)
            .await?
            .ok_or(Error::UnknownProvider { account })
    }

    /// A provider, if one is registered under this account.
    pub async fn find_provider(&self, account: Address) -> Result<Option<Provider>> {
        let stored = self
            .chain
            .call(self.address, &IRegistry::providerCall { account })
            .await?;
        if stored.status == 0 {
            return Ok(None);
        }
        let verified = self.is_verified(account).await?;
        Provider::from_chain(account, &stored, verified)
            .map(Some)
            .ok_or_else(|| {
                self.chain
                    .invalid_view("a provider's status or kind is unknown")
            })
    }

    /// Whether an account is a verified provider: attested, not expired, suspended or retired.
    pub async fn is_verified(&self, account: Address) -> Result<bool> {
        self.chain
            .call(self.address, &IRegistry::isVerifiedCall { account })
            .await
    }

    /// The live provider attested with a number.
    pub async fn provider_by_npi(&self, npi: Npi) -> Result<Option<Address>> {
        let call = IRegistry::providerByNpiCall { npi: npi.get() };
        let account = self.chain.call(self.address, &call).await?;
        Ok((!account.is_zero()).then_some(account))
    }

    /// How many providers are registered.
    pub async fn provider_count(&self) -> Result<u32> {
        self.chain
            .call(self.address, &IRegistry::providerCountCall {})
            .await
    }

    /// The accounts of all providers, the newest first. Who registers meanwhile is left out.
    ///
    /// # Errors
    /// [`Error::InvalidResponse`] if the pages have no end.
    pub async fn providers(&self) -> Result<Vec<Address>> {
        // The first page may hold some that registered after this was asked, and no more than a page of them.
        let most = self.provider_count().await?.saturating_add(MAX_PAGE);
        let mut accounts = Vec::new();
        let mut before = Address::ZERO;
        loop {
            let limit = MAX_PAGE;
            let call = IRegistry::providersCall { before, limit };
            let page = self.chain.call(self.address, &call).await?;
            let is_last = self.page_length(page.len())? < limit;
            accounts.extend(page);
            if accounts.len() > most as usize {
                return Err(self.chain.invalid_view("it lists more than there are"));
            }
            match accounts.last() {
                Some(last) if !is_last => before = *last,
                _ => return Ok(accounts),
            }
        }
    }

    /// What a provider published with its registration and later under another event, oldest first.
    async fn published<E: SolEvent, T>(
        &self,
        account: Address,
        first: impl Fn(IRegistry::ProviderRegistered) -> T,
        later: impl Fn(E) -> T,
    ) -> Result<Vec<T>> {
        use IRegistry::ProviderRegistered;
        let query = self
            .events()
            .with_topic(0, [ProviderRegistered::SIGNATURE_HASH, E::SIGNATURE_HASH])
            .with_topic(1, [account.into_word()]);
        let logs = self.chain.logs(&query).await?;
        let read = |log: &Log| match ProviderRegistered::decode_log(&log.inner) {
            Ok(event) => Some(first(event.data)),
            Err(_) => Some(later(E::decode_log(&log.inner).ok()?.data)),
        };
        Ok(logs.iter().filter_map(read).collect())
    }

    /// The identity profile of a provider, checked against the hash that the registry stores.
    ///
    /// What it says is the provider's own claim unless [`Provider::verified`].
    ///
    /// # Errors
    /// [`Error::ProfileMismatch`] if no such profile is in the log.
    pub async fn identity_profile(&self, provider: &Provider) -> Result<IdentityProfile> {
        use IRegistry::{IdentityProfileSet, ProviderRegistered};
        let expected = provider.identity_profile_hash;
        let profiles = self
            .published(
                provider.account,
                |event: ProviderRegistered| event.identityProfile,
                |event: IdentityProfileSet| event.profile,
            )
            .await?;
        let bytes = profiles
            .iter()
            .rfind(|profile| keccak256(profile) == expected)
            .ok_or(Error::ProfileMismatch {
                account: provider.account,
                expected,
            })?;
        Ok(IdentityProfile::from_bytes(bytes))
    }

    /// As [`Self::identity_profile`], of many providers with few queries. Those whose profile is not in the log are left
    /// out.
    pub async fn identity_profiles(
        &self,
        providers: &[Provider],
    ) -> Result<BTreeMap<Address, IdentityProfile>> {
        use IRegistry::{IdentityProfileSet, ProviderRegistered};
        let mut found = BTreeMap::new();
        for providers in providers.chunks(ACCOUNTS_PER_QUERY) {
            let expected: BTreeMap<Address, B256> = providers
                .iter()
                .map(|provider| (provider.account, provider.identity_profile_hash))
                .collect();
            let signatures = [
                ProviderRegistered::SIGNATURE_HASH,
                IdentityProfileSet::SIGNATURE_HASH,
            ];
            let query = self
                .events()
                .with_topic(0, signatures)
                .with_topic(1, expected.keys().map(Address::into_word));
            for log in self.chain.logs(&query).await? {
                let (account, profile) = match ProviderRegistered::decode_log(&log.inner) {
                    Ok(event) => (event.provider, event.data.identityProfile),
                    Err(_) => match IdentityProfileSet::decode_log(&log.inner) {
                        Ok(event) => (event.provider, event.data.profile),
                        Err(_) => continue,
                    },
                };
                if expected.get(&account) == Some(&keccak256(&profile)) {
                    found.insert(account, IdentityProfile::from_bytes(&profile));
                }
            }
        }
        Ok(found)
    }

    /// The contact profile that a provider published last; the provider's own claim.
    pub async fn contact_profile(&self, account: Address) -> Result<Option<ContactProfile>> {
        use IRegistry::{ContactProfileSet, ProviderRegistered};
        let profiles = self
            .published(
                account,
                |event: ProviderRegistered| event.contactProfile,
                |event: ContactProfileSet| event.profile,
            )
            .await?;
        Ok(profiles
            .last()
            .map(|profile| ContactProfile::from_bytes(profile)))
    }

    /// The ports issued by, or issued for, an account, with the block of their creation; oldest first.
    pub async fn ports_of(&self, account: Address) -> Result<Vec<IssuedPort>> {
        // topic 1 is the port, 2 the issuer, 3 the patient.
        let mut ports = self.issued(2, &[account]).await?;
        ports.extend(self.issued(3, &[account]).await?);
        Ok(in_order(ports))
    }

    /// The announcements of ports with one of these addresses at a topic, oldest first, each once.
    pub(crate) async fn issued(&self, topic: usize, values: &[Address]) -> Result<Vec<IssuedPort>> {
        use IRegistry::PortIssued;
        let mut ports = Vec::new();
        for values in values.chunks(ACCOUNTS_PER_QUERY) {
            let query = self
                .events()
                .with_topic(0, [PortIssued::SIGNATURE_HASH])
                .with_topic(topic, values.iter().map(Address::into_word));
            for log in self.chain.logs(&query).await? {
                if let Ok(event) = PortIssued::decode_log(&log.inner) {
                    ports.push(IssuedPort {
                        port: event.port,
                        issuer: event.issuer,
                        patient: event.patient,
                        implementation: event.implementation,
                        block: log.block_number.unwrap_or(self.from_block),
                    });
                }
            }
        }
        Ok(in_order(ports))
    }

    // --- writes ---

    /// Registers the sender as a provider, self-asserted.
    ///
    /// # Errors
    /// [`Error::BadInput`] if a profile is too long.
    pub fn register(
        &self,
        kind: ProviderKind,
        npi: Option<Npi>,
        key: &PublicKey,
        identity: &IdentityProfile,
        contact: &ContactProfile,
    ) -> Result<Transaction> {
        Ok(self.transaction(&IRegistry::registerProviderCall {
            kind: kind.code(),
            npi: npi.map_or(0, Npi::get),
            keyX: key.x(),
            keyParity: key.parity(),
            identityProfile: identity.to_bytes()?.into(),
            contactProfile: contact.to_bytes()?.into(),
        }))
    }

    /// Changes kind, number and identity profile of the sender, who is self-asserted afterwards.
    ///
    /// # Errors
    /// [`Error::BadInput`] if the profile is too long.
    pub fn set_identity_profile(
        &self,
        kind: ProviderKind,
        npi: Option<Npi>,
        identity: &IdentityProfile,
    ) -> Result<Transaction> {
        Ok(self.transaction(&IRegistry::setIdentityProfileCall {
            kind: kind.code(),
            npi: npi.map_or(0, Npi::get),
            identityProfile: identity.to_bytes()?.into(),
        }))
    }

    /// Changes the sender's contact profile.
    ///
    /// # Errors
    /// [`Error::BadInput`] if the profile is too long.
    pub fn set_contact_profile(&self, contact: &ContactProfile) -> Result<Transaction> {
        let profile = contact.to_bytes()?.into();
        Ok(self.transaction(&IRegistry::setContactProfileCall {
            contactProfile: profile,
        }))
    }

    /// Changes the sender's encryption key.
    pub fn set_encryption_key(&self, key: &PublicKey) -> Transaction {
        let call = IRegistry::setEncryptionKeyCall {
            keyX: key.x(),
            keyParity: key.parity(),
        };
        self.transaction(&call)
    }

    /// Attests a provider exactly as it was looked at: the registry refuses if it has changed since.
    pub fn attest(&self, provider: &Provider, until: Timestamp) -> Transaction {
        self.transaction(&IRegistry::attestCall {
            provider: provider.account,
            npi: provider.npi.unwrap_or_default(),
            kind: provider.kind.code(),
            identityProfileHash: provider.identity_profile_hash,
            until: until.0,
        })
    }

    /// Suspends a provider.
    pub fn suspend(&self, provider: Address) -> Transaction {
        self.transaction(&IRegistry::suspendCall { provider })
    }

    /// Ends a suspension; the provider must be attested anew.
    pub fn reinstate(&self, provider: Address) -> Transaction {
        self.transaction(&IRegistry::reinstateCall { provider })
    }

    /// The sender stops being a provider, for good.
    pub fn retire(&self) -> Transaction {
        self.transaction(&IRegistry::retireCall {})
    }

    /// Lets an account attest providers.
    pub fn add_attester(&self, attester: Address) -> Transaction {
        self.transaction(&IRegistry::addAttesterCall { attester })
    }

    /// Ends an account's right to attest; what it attested stays attested.
    pub fn remove_attester(&self, attester: Address) -> Transaction {
        self.transaction(&IRegistry::removeAttesterCall { attester })
    }

    /// Offers the ownership to an account.
    pub fn transfer_ownership(&self, new_owner: Address) -> Transaction {
        self.transaction(&IRegistry::transferOwnershipCall {
            newOwner: new_owner,
        })
    }

    /// Takes the ownership that was offered to the sender.
    pub fn accept_ownership(&self) -> Transaction {
        self.transaction(&IRegistry::acceptOwnershipCall {})
    }

    /// Sets the code that ports issued from now on run.
    pub fn set_port_implementation(&self, implementation: Address) -> Transaction {
        self.transaction(&IRegistry::setPortImplementationCall { implementation })
    }

    /// Issues a port for a patient; the sender becomes its primary care provider.
    pub fn issue(&self, patient: Address) -> Transaction {
        self.transaction(&IRegistry::issueCall { patient })
    }

    /// The port that [`Self::issue`] created, from its receipt.
    ///
    /// # Errors
    /// [`Error::InvalidResponse`] if the receipt tells of none.
    pub fn issued_port(&self, report: &TxReport) -> Result<Address> {
        report
            .logs
            .iter()
            .filter(|log| log.address() == self.address)
            .find_map(|log| IRegistry::PortIssued::decode_log(&log.inner).ok())
            .map(|event| event.port)
            .ok_or_else(|| self.chain.invalid_receipt("it tells of no issued port"))
    }

    pub(crate) fn events(&self) -> LogQuery {
        LogQuery::of(self.address, self.from_block)
    }

    fn transaction<C: alloy::sol_types::SolCall>(&self, call: &C) -> Transaction {
        self.chain.transaction(self.address, call)
    }
}

/// A port as the registry announced it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuedPort {
    /// The port.
    pub port: Address,
    /// The provider that issued it.
    pub issuer: Address,
    /// The patient it was issued for.
    pub patient: Address,
    /// The code it runs.
    pub implementation: Address,
    /// The block of its creation.
    pub block: u64,
}
