//! People with keys of their own.

use alloy_primitives::{Address, B256, Bytes, keccak256};
use k256::ecdsa::{RecoveryId, Signature, SigningKey};

/// Somebody with an account.
#[derive(Clone, Debug)]
pub(crate) struct Person(SigningKey);

impl Person {
    /// The same person under the same name.
    pub(crate) fn named(name: &str) -> Self {
        let key = SigningKey::from_slice(keccak256(name).as_slice());
        Self(key.expect("a hash is in the range of secp256k1"))
    }

    pub(crate) fn address(&self) -> Address {
        Address::from_public_key(self.0.verifying_key())
    }

    /// Signs: r, s, v.
    pub(crate) fn sign(&self, digest: B256) -> Bytes {
        let (signature, recovery) = self.sign_raw(digest);
        let v = 27 + u8::from(recovery.is_y_odd());
        [&signature.to_bytes()[..], &[v]].concat().into()
    }

    pub(crate) fn sign_raw(&self, digest: B256) -> (Signature, RecoveryId) {
        let signed = self.0.sign_prehash_recoverable(digest.as_slice());
        signed.expect("a digest of 32 bytes can be signed")
    }
}
