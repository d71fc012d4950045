//! Whoever signs transactions.

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{Address, B256, Bytes};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;

use crate::error::{Error, Result};

/// An account that can sign transactions. Shows its address, never its key.
#[derive(Clone)]
pub struct Signer(PrivateKeySigner);

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
            .map(Self)
            .map_err(|_| Error::BadInput {
                what: "an account key is not a key of secp256k1",
                value: "(not shown)".into(),
            })
    }

    /// The account's address.
    pub fn address(&self) -> Address {
        self.0.address()
    }

    /// Signs a transaction; returns what is sent to the node, and the transaction's hash.
    pub(super) fn sign(&self, transaction: TxEip1559) -> Result<(Bytes, B256)> {
        let hash = transaction.signature_hash();
        let signature = self.0.sign_hash_sync(&hash).map_err(Error::Signer)?;
        let envelope = TxEnvelope::Eip1559(transaction.into_signed(signature));
        Ok((envelope.encoded_2718().into(), *envelope.tx_hash()))
    }
}
