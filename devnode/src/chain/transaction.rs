//! Transactions: decoding and everything that can be checked without the state.

use crate::evm;
use alloy::{
    consensus::{
        Transaction as _, TxEnvelope, TypedTransaction,
        crypto::RecoveryError,
        transaction::{Recovered, SignerRecoverable},
    },
    eips::eip2718::{Decodable2718, Eip2718Error, Encodable2718, Typed2718},
};
use alloy_primitives::{Address, B256, Signature, U256};

/// Longest encoded transaction in bytes: what a Nitro sequencer takes (`MaxTxDataSize`).
pub const MAX_TRANSACTION_BYTES: usize = 95_000;
/// Largest `gas limit × fee per gas` in wei that is taken over RPC, 1 ether as in geth and Nitro: a
/// guard against slips.
pub const TX_FEE_CAP: u128 = 1_000_000_000_000_000_000;

/// Why bytes are no transaction for this chain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Longer than [`MAX_TRANSACTION_BYTES`].
    #[error("oversized data: transaction size {size}, limit {limit}")]
    TooLong {
        /// Bytes given.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Not an encoding of EIP-2718.
    #[error("malformed transaction: {0}")]
    Malformed(#[source] Eip2718Error),
    /// A type this chain does not have: blobs (EIP-4844) have no place on Arbitrum.
    #[error("transaction type not supported: type `{tx_type}`")]
    UnsupportedType {
        /// EIP-2718 type.
        tx_type: u8,
    },
    /// Signed for another chain.
    #[error("invalid chain id for signer: have {have} want {want}")]
    WrongChain {
        /// The transaction's chain id.
        have: u64,
        /// This chain's.
        want: u64,
    },
    /// The signature recovers to no account, or its `s` is in the upper half (EIP-2).
    #[error("invalid transaction v, r, s values")]
    BadSignature(#[source] RecoveryError),
    /// It could cost more than [`TX_FEE_CAP`] in fees.
    #[error("tx fee ({fee} wei) exceeds the configured cap ({cap} wei)")]
    FeeAboveCap {
        /// `gas limit × fee per gas` in wei.
        fee: U256,
        /// Most wei.
        cap: u128,
    },
}

/// A transaction whose encoding, chain id and signature are right, or whose sender is impersonated.
///
/// Types 0, 1, 2 and 4; one without chain id (before EIP-155) is taken too, as development chains do:
/// the usual CREATE2 factory is deployed by one.
#[derive(Clone, Debug)]
pub struct SignedTransaction {
    inner: Recovered<TxEnvelope>,
    encoded_len: u32,
    impersonated: bool,
}

impl SignedTransaction {
    /// Decodes an EIP-2718 encoding and recovers the signer.
    ///
    /// # Errors
    /// As the variants of [`DecodeError`] say.
    pub fn try_decode(raw: &[u8], chain_id: u64) -> Result<Self, DecodeError> {
        if raw.len() > MAX_TRANSACTION_BYTES {
            return Err(DecodeError::TooLong {
                size: raw.len(),
                limit: MAX_TRANSACTION_BYTES,
            });
        }
        // A first byte up to 0x7f is a type (EIP-2718); 1, 2 and 4 are decoded below.
        if let Some(tx_type @ (3 | 5..=0x7f)) = raw.first().copied() {
            return Err(DecodeError::UnsupportedType { tx_type });
        }
        let envelope = TxEnvelope::decode_2718_exact(raw).map_err(DecodeError::Malformed)?;
        check(&envelope, chain_id)?;
        let sender = envelope
            .recover_signer()
            .map_err(DecodeError::BadSignature)?;
        Ok(Self {
            inner: Recovered::new_unchecked(envelope, sender),
            encoded_len: length(raw.len()),
            impersonated: false,
        })
    }

    /// A transaction of an account whose key nobody needs to have.
    ///
    /// It is encoded, and so hashed, with a signature that no key makes: `r` is the sender's address
    /// and `s` is 1. Two senders' transactions thus never share a hash.
    ///
    /// # Errors
    /// As the variants of [`DecodeError`] say, but for the signature.
    pub fn try_impersonated(
        transaction: TypedTransaction,
        sender: Address,
        chain_id: u64,
    ) -> Result<Self, DecodeError> {
        if let TypedTransaction::Eip4844(_) = transaction {
            return Err(DecodeError::UnsupportedType { tx_type: 3 });
        }
        let r = U256::from_be_slice(sender.as_slice());
        let signature = Signature::new(r, U256::ONE, false);
        let envelope = transaction.into_envelope(signature);
        let size = envelope.encode_2718_len();
        if size > MAX_TRANSACTION_BYTES {
            return Err(DecodeError::TooLong {
                size,
                limit: MAX_TRANSACTION_BYTES,
            });
        }
        check(&envelope, chain_id)?;
        Ok(Self {
            inner: Recovered::new_unchecked(envelope, sender),
            encoded_len: length(size),
            impersonated: true,
        })
    }

    /// A transaction that was taken before: its sender is known, so nothing is checked or recovered.
    pub(crate) fn restore(
        raw: &[u8],
        sender: Address,
        impersonated: bool,
    ) -> Result<Self, Eip2718Error> {
        Ok(Self {
            inner: Recovered::new_unchecked(TxEnvelope::decode_2718_exact(raw)?, sender),
            encoded_len: length(raw.len()),
            impersonated,
        })
    }

    /// Whether nobody signed it.
    pub const fn is_impersonated(&self) -> bool {
        self.impersonated
    }

    /// keccak-256 of the encoding.
    pub fn hash(&self) -> B256 {
        *self.inner.inner().tx_hash()
    }

    /// Who signed, or is impersonated.
    pub const fn sender(&self) -> Address {
        self.inner.signer()
    }

    /// The sender's transaction count before this one.
    pub fn nonce(&self) -> u64 {
        self.inner.nonce()
    }

    /// Wei per gas offered at most.
    pub fn max_fee_per_gas(&self) -> u128 {
        self.inner.max_fee_per_gas()
    }

    /// Length of the EIP-2718 encoding in bytes.
    pub const fn encoded_len(&self) -> usize {
        self.encoded_len as usize
    }

    /// The envelope with its signer.
    pub const fn recovered(&self) -> &Recovered<TxEnvelope> {
        &self.inner
    }

    /// The EIP-2718 encoding.
    pub fn encoded(&self) -> Vec<u8> {
        self.inner.inner().encoded_2718()
    }

    /// Most wei the transaction can cost: `gas limit × fee per gas + value`.
    pub fn max_cost(&self) -> U256 {
        U256::from(self.inner.gas_limit())
            .saturating_mul(U256::from(self.inner.max_fee_per_gas()))
            .saturating_add(self.inner.value())
    }

    /// As the executor takes it.
    pub(super) fn to_executable(&self) -> evm::Transaction {
        let tx = &self.inner;
        evm::Transaction {
            tx_type: tx.ty(),
            sender: self.sender(),
            to: tx.kind(),
            nonce: tx.nonce(),
            gas_limit: tx.gas_limit(),
            max_fee_per_gas: tx.max_fee_per_gas(),
            max_priority_fee_per_gas: tx.priority_fee_or_price(),
            value: tx.value(),
            input: tx.input().clone(),
            access_list: tx.access_list().cloned().unwrap_or_default(),
            authorization_list: tx.authorization_list().unwrap_or_default().to_vec(),
            impersonated: self.impersonated,
        }
    }
}

/// What does not depend on who sends it.
fn check(envelope: &TxEnvelope, chain_id: u64) -> Result<(), DecodeError> {
    if let Some(have) = envelope.chain_id()
        && have != chain_id
    {
        return Err(DecodeError::WrongChain {
            have,
            want: chain_id,
        });
    }
    let fee =
        U256::from(envelope.gas_limit()).saturating_mul(U256::from(envelope.max_fee_per_gas()));
    if fee > U256::from(TX_FEE_CAP) {
        return Err(DecodeError::FeeAboveCap {
            fee,
            cap: TX_FEE_CAP,
        });
    }
    Ok(())
}

/// Lengths are bounded by [`MAX_TRANSACTION_BYTES`].
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
