//! Whoever signs: a key in memory, or a device that shows nobody its key.

use std::sync::Arc;

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{Address, B256, Bytes, Signature};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{Eip712Domain, SolStruct as _};
use async_trait::async_trait;
use patientport_abi::IPatientPort::PatientCall;

use crate::error::{Error, Result};

/// An account that can sign, or that is only looked at. Shows its address, never its key.
#[derive(Clone)]
pub struct Signer(Kind);

#[derive(Clone)]
enum Kind {
    Key(PrivateKeySigner),
    Watched(Address),
    Device(Arc<dyn Device>),
}

/// A device, or a program, that holds a key and signs with it after asking its owner.
#[async_trait]
pub trait Device: Send + Sync {
    /// The account.
    fn address(&self) -> Address;

    /// Signs a transaction.
    async fn sign_transaction(
        &self,
        transaction: &mut TxEip1559,
    ) -> alloy::signers::Result<Signature>;

    /// Signs a call of a patient (EIP-712).
    async fn sign_call(
        &self,
        call: &PatientCall,
        domain: &Eip712Domain,
    ) -> alloy::signers::Result<Signature>;
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Signer").field(&self.address()).finish()
    }
}

impl Signer {
    /// An account from its secret key.
    ///
    /// # Errors
    /// [`Error::BadInput`] if the bytes are no key of secp256k1; the error does not repeat them.
    pub fn from_bytes(key: &[u8; 32]) -> Result<Self> {
        PrivateKeySigner::from_slice(key)
            .map(|key| Self(Kind::Key(key)))
            .map_err(|_| Error::BadInput {
                what: "an account key is not a key of secp256k1",
                value: "(not shown)".into(),
            })
    }

    /// An account whose key is not at hand: what it would send can be composed and priced, and nothing signed.
    pub const fn watching(account: Address) -> Self {
        Self(Kind::Watched(account))
    }

    /// An account whose key is in a device.
    pub fn of_device(device: Arc<dyn Device>) -> Self {
        Self(Kind::Device(device))
    }

    /// The account's address.
    pub fn address(&self) -> Address {
        match &self.0 {
            Kind::Key(key) => key.address(),
            Kind::Watched(account) => *account,
            Kind::Device(device) => device.address(),
        }
    }

    /// Signs a transaction; returns what is sent to the node, and the transaction's hash.
    ///
    /// # Errors
    /// [`Error::Watched`]; [`Error::Signer`] of a device.
    pub async fn sign(&self, mut transaction: TxEip1559) -> Result<(Bytes, B256)> {
        let signature = match &self.0 {
            Kind::Key(key) => key.sign_hash_sync(&transaction.signature_hash()),
            Kind::Device(device) => device.sign_transaction(&mut transaction).await,
            Kind::Watched(account) => return Err(Error::Watched { account: *account }),
        };
        let signature = canonical(signature.map_err(Error::Signer)?);
        let envelope = TxEnvelope::Eip1559(transaction.into_signed(signature));
        Ok((envelope.encoded_2718().into(), *envelope.tx_hash()))
    }

    /// Signs a patient's call for others to send: 65 bytes, in the one form that ports accept.
    ///
    /// # Errors
    /// As [`Self::sign`].
    pub async fn sign_call(&self, call: &PatientCall, domain: &Eip712Domain) -> Result<[u8; 65]> {
        let signature = match &self.0 {
            Kind::Key(key) => key.sign_hash_sync(&call.eip712_signing_hash(domain)),
            Kind::Device(device) => device.sign_call(call, domain).await,
            Kind::Watched(account) => return Err(Error::Watched { account: *account }),
        };
        Ok(canonical(signature.map_err(Error::Signer)?).as_bytes())
    }
}

/// The same signature with the lower `s` (EIP-2): some devices give the other.
fn canonical(signature: Signature) -> Signature {
    signature.normalize_s().unwrap_or(signature)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use alloy::primitives::U256;

    use super::*;

    #[test]
    fn the_higher_of_two_signatures_becomes_the_lower() {
        let key = PrivateKeySigner::random();
        let hash = B256::repeat_byte(7);
        let low = key.sign_hash_sync(&hash).unwrap();
        let order = U256::from_be_slice(&alloy::primitives::hex!(
            "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
        ));
        let high = Signature::new(low.r(), order - low.s(), !low.v());
        assert_eq!(
            high.recover_address_from_prehash(&hash).unwrap(),
            key.address()
        );
        assert_eq!(canonical(high), low);
        assert_eq!(canonical(low), low);
    }

    #[tokio::test]
    async fn an_account_that_is_only_watched_signs_nothing() {
        let account = Address::repeat_byte(1);
        let signer = Signer::watching(account);
        assert_eq!(signer.address(), account);
        let Err(refused) = signer.sign(TxEip1559::default()).await else {
            panic!("something was signed without a key");
        };
        assert_eq!(refused.code(), "wallet.watched");
        assert!(matches!(refused, Error::Watched { account: it } if it == account));
    }
}
