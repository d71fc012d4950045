//! What the chain still knows of somebody who has nothing but keys: ports, provider entries, and which keys were
//! published.
//!
//! Asking tells the node which accounts belong together. Nothing found here is believed: a caller opens each port
//! ([`Port::open`]) and compares its parties with its own.

use alloy::primitives::Address;
use alloy::rpc::types::Log;
use alloy::sol_types::SolEvent;
use patientport_core::abi::IPatientPort::{
    Claimed, EncryptionKeySet, IPatientPortEvents, OwnershipTransferStarted, OwnershipTransferred,
};
use patientport_core::abi::IRegistry::ProviderRegistered;
use patientport_core::keys::PublicKey;

use crate::chain::LogQuery;
use crate::error::Result;
use crate::history::history;
use crate::port::Port;
use crate::registry::{ACCOUNTS_PER_QUERY, IssuedPort, Registry};

/// The ports that a registry issued for any of these accounts, oldest first.
///
/// # Errors
/// Those of reading the log.
pub async fn ports_issued_to(registry: &Registry, accounts: &[Address]) -> Result<Vec<IssuedPort>> {
    registry.issued(3, accounts).await
}

/// The ports of a registry whose ownership any of these accounts was offered, or took over, at some time.
///
/// # Errors
/// Those of reading the log; some nodes do not search the events of all contracts.
pub async fn ports_transferred_to(
    registry: &Registry,
    accounts: &[Address],
) -> Result<Vec<IssuedPort>> {
    let mut contracts = Vec::new();
    for accounts in accounts.chunks(ACCOUNTS_PER_QUERY) {
        // Of any contract, for nobody knows which; the registry then says which of them are its ports.
        let query = LogQuery {
            from_block: registry.from_block(),
            ..LogQuery::default()
        };
        let query = query
            .with_topic(
                0,
                [
                    OwnershipTransferStarted::SIGNATURE_HASH,
                    OwnershipTransferred::SIGNATURE_HASH,
                ],
            )
            .with_topic(2, accounts.iter().map(Address::into_word));
        contracts.extend(
            registry
                .chain()
                .logs(&query)
                .await?
                .iter()
                .map(Log::address),
        );
    }
    contracts.sort_unstable();
    contracts.dedup();
    registry.issued(1, &contracts).await
}

/// Which of these accounts registered as providers.
///
/// # Errors
/// Those of reading the log.
pub async fn providers_among(registry: &Registry, accounts: &[Address]) -> Result<Vec<Address>> {
    let mut providers = Vec::new();
    for accounts in accounts.chunks(ACCOUNTS_PER_QUERY) {
        let query = registry
            .events()
            .with_topic(0, [ProviderRegistered::SIGNATURE_HASH])
            .with_topic(1, accounts.iter().map(Address::into_word));
        let logs = registry.chain().logs(&query).await?;
        let registered = logs
            .iter()
            .filter_map(|log| ProviderRegistered::decode_log(&log.inner).ok());
        providers.extend(registered.map(|event| event.provider));
    }
    Ok(providers)
}

/// Every key that a port showed as its patient's, oldest first, the present one last. Former patients' are among them.
///
/// # Errors
/// Those of reading the [`history`].
pub async fn patient_keys(port: &Port) -> Result<Vec<PublicKey>> {
    let history = history(port).await?;
    let kinds = [Claimed::SIGNATURE_HASH, EncryptionKeySet::SIGNATURE_HASH];
    let published = history.events_of(&kinds).filter_map(|it| match it.event {
        IPatientPortEvents::Claimed(event) => Some((event.keyX, event.keyParity)),
        IPatientPortEvents::EncryptionKeySet(event) => Some((event.keyX, event.keyParity)),
        _ => None,
    });
    Ok(published
        .filter_map(|(x, parity)| PublicKey::from_chain(x, parity).ok())
        .collect())
}
