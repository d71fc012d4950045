//! Transactions that are signed elsewhere: composed on a machine with a node, signed on one without, sent by any.
//!
//! An unsigned transaction is what would be signed (EIP-1559: `0x02 ‖ rlp(…)` without a signature) and who should
//! sign it; a signed one is what a node takes. Nothing else is in the file, so that nothing can differ from what is
//! shown: words are made from the bytes.

use alloy::consensus::{SignableTransaction as _, Transaction as _, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::{Decodable2718 as _, Encodable2718 as _};
use alloy::primitives::{Address, B256, Bytes, TxKind, U64};
use alloy::rlp::Decodable as _;
use serde::{Deserialize, Serialize};

use super::transaction::broadcast;
use super::{Call, Chain, Signer, rpc};
use crate::error::{Error, Result};

/// What the file says it is.
const FORMAT: &str = "patientport-transaction";
const VERSION: u32 = 1;
/// Longest file that is read.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// Type of a transaction with a base fee and a tip (EIP-1559).
const TYPE: u8 = 2;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Address>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unsigned: Option<Bytes>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signed: Option<Bytes>,
}

/// What is wrong with a transaction that was handed over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// No file of this kind.
    #[error("this is no transaction that can be read")]
    Malformed(#[source] serde_json::Error),
    /// Another kind of file, another version, or another kind of transaction.
    #[error("this is no {FORMAT} of version {VERSION}: {what}")]
    Other {
        /// What it is not.
        what: &'static str,
    },
    /// Longer than any.
    #[error("a transaction is not longer than `{MAX_FILE_BYTES}` bytes")]
    TooLong,
    /// It should be signed by somebody else.
    #[error("it is `{from}` that should sign it, and the wallet is `{signer}`")]
    OtherSigner {
        /// Who should.
        from: Address,
        /// Who would.
        signer: Address,
    },
    /// Another transaction with the same number was mined, or earlier ones are missing.
    #[error("it carries the nonce `{nonce}` and `{from}` has sent `{expected}` transactions: {}", if nonce < expected { "it, or another in its place, was sent before" } else { "those between are missing" })]
    WrongNonce {
        /// The sender.
        from: Address,
        /// Its nonce.
        nonce: u64,
        /// The sender's.
        expected: u64,
    },
}

impl Problem {
    /// The stable code, as listed in `docs/errors.md`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::Other { .. } | Self::TooLong => "tx.invalid_file",
            Self::OtherSigner { .. } => "tx.other_signer",
            Self::WrongNonce { .. } => "tx.wrong_nonce",
        }
    }

    /// Whether the file itself, or the choice of the wallet, is what is wrong.
    pub(crate) const fn is_usage(&self) -> bool {
        !matches!(self, Self::WrongNonce { .. })
    }
}

/// What a transaction says, signed or not.
pub trait Says {
    /// Who sends it.
    fn from(&self) -> Address;
    /// The transaction without its signature.
    fn transaction(&self) -> &TxEip1559;

    /// Whom it calls with what; `None` if it makes a contract.
    fn call(&self) -> Option<Call> {
        let transaction = self.transaction();
        match transaction.to {
            TxKind::Create => None,
            TxKind::Call(to) => Some(Call {
                to,
                value: transaction.value,
                data: transaction.input.clone(),
            }),
        }
    }
}

/// A transaction that waits to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedTransaction {
    from: Address,
    transaction: TxEip1559,
}

/// A transaction that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTransaction {
    from: Address,
    transaction: TxEip1559,
    raw: Bytes,
    hash: B256,
}

/// Either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandedOver {
    /// It waits to be signed.
    Unsigned(UnsignedTransaction),
    /// It waits to be sent.
    Signed(SignedTransaction),
}

impl HandedOver {
    /// Reads a file: ours, or the bare hexadecimal of a signed transaction, as other tools print it.
    ///
    /// # Errors
    /// [`Problem::Malformed`], for unknown members, too; [`Problem::Other`]; [`Problem::TooLong`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(Problem::TooLong);
        }
        let text = std::str::from_utf8(bytes).unwrap_or_default().trim();
        if let Some(raw) = text.strip_prefix("0x").and_then(|_| text.parse().ok()) {
            return SignedTransaction::decode(raw).map(Self::Signed);
        }
        let file: File = serde_json::from_slice(bytes).map_err(Problem::Malformed)?;
        if file.format != FORMAT || file.version != VERSION {
            return Err(Problem::Other {
                what: "its first members say so",
            });
        }
        match (file.from, file.unsigned, file.signed) {
            (Some(from), Some(unsigned), None) => {
                UnsignedTransaction::decode(from, &unsigned).map(Self::Unsigned)
            }
            (None, None, Some(signed)) => SignedTransaction::decode(signed).map(Self::Signed),
            _ => Err(Problem::Other {
                what: "it has either `from` and `unsigned`, or `signed`",
            }),
        }
    }
}

impl Says for HandedOver {
    fn from(&self) -> Address {
        match self {
            Self::Unsigned(it) => it.from,
            Self::Signed(it) => it.from,
        }
    }

    fn transaction(&self) -> &TxEip1559 {
        match self {
            Self::Unsigned(it) => &it.transaction,
            Self::Signed(it) => &it.transaction,
        }
    }
}

impl Says for UnsignedTransaction {
    fn from(&self) -> Address {
        self.from
    }

    fn transaction(&self) -> &TxEip1559 {
        &self.transaction
    }
}

impl Says for SignedTransaction {
    fn from(&self) -> Address {
        self.from
    }

    fn transaction(&self) -> &TxEip1559 {
        &self.transaction
    }
}

impl UnsignedTransaction {
    /// A transaction for `from` to sign.
    pub const fn new(from: Address, transaction: TxEip1559) -> Self {
        Self { from, transaction }
    }

    fn decode(from: Address, bytes: &[u8]) -> Result<Self, Problem> {
        let other = Problem::Other {
            what: "`unsigned` is no transaction of type 2",
        };
        let [TYPE, rest @ ..] = bytes else {
            return Err(other);
        };
        let mut rest = rest;
        let decoded = TxEip1559::decode(&mut rest);
        match decoded {
            Ok(transaction) if rest.is_empty() => {
                let it = Self { from, transaction };
                // What is signed is what was read: no second encoding of the same.
                if it.encoded() == bytes {
                    Ok(it)
                } else {
                    Err(other)
                }
            }
            _ => Err(other),
        }
    }

    fn encoded(&self) -> Vec<u8> {
        self.transaction.encoded_for_signing()
    }

    /// The file.
    pub fn to_json(&self) -> serde_json::Value {
        file(Some(self.from), Some(self.encoded().into()), None)
    }

    /// Signs it. No node is asked.
    ///
    /// # Errors
    /// [`Problem::OtherSigner`]; the signer's.
    pub async fn sign(self, signer: &Signer) -> Result<SignedTransaction> {
        let (from, signer_is) = (self.from, signer.address());
        if signer_is != from {
            return Err(Problem::OtherSigner {
                from,
                signer: signer_is,
            }
            .into());
        }
        let (raw, _) = signer.sign(self.transaction).await?;
        Ok(SignedTransaction::decode(raw)?)
    }
}

impl SignedTransaction {
    fn decode(raw: Bytes) -> Result<Self, Problem> {
        let other = Problem::Other {
            what: "`signed` is no signed transaction of type 2",
        };
        let Ok(TxEnvelope::Eip1559(signed)) = TxEnvelope::decode_2718_exact(&raw) else {
            return Err(other);
        };
        let hash = signed.signature_hash();
        let Ok(from) = signed.signature().recover_address_from_prehash(&hash) else {
            return Err(other);
        };
        let envelope = TxEnvelope::Eip1559(signed.clone());
        if envelope.encoded_2718() != raw.as_ref() {
            return Err(other);
        }
        Ok(Self {
            from,
            transaction: signed.tx().clone(),
            hash: *signed.hash(),
            raw,
        })
    }

    /// Its hash.
    pub const fn hash(&self) -> B256 {
        self.hash
    }

    /// What a node takes.
    pub const fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The file.
    pub fn to_json(&self) -> serde_json::Value {
        file(None, None, Some(self.raw.clone()))
    }

    /// Checks it against the chain as it stands now: which chain, whether its number is next, what the contract says.
    ///
    /// # Errors
    /// [`Error::WrongChain`]; [`Problem::WrongNonce`]; the contract's refusal.
    pub async fn check(&self, chain: &Chain) -> Result<()> {
        let expected = self.transaction.chain_id;
        if expected != chain.chain_id() {
            return Err(Error::WrongChain {
                expected,
                actual: chain.chain_id(),
            });
        }
        let sent: U64 =
            rpc::request(&chain.0, "eth_getTransactionCount", (self.from, "pending")).await?;
        let (nonce, expected) = (self.transaction.nonce(), sent.to());
        if nonce != expected {
            return Err(Problem::WrongNonce {
                from: self.from,
                nonce,
                expected,
            }
            .into());
        }
        if let Some(call) = self.call() {
            chain.call_raw(Some(self.from), &call).await?;
        }
        Ok(())
    }

    /// Sends it; returns its hash at once.
    ///
    /// # Errors
    /// The node's.
    pub async fn send(&self, chain: &Chain) -> Result<B256> {
        let none = Call {
            to: Address::ZERO,
            value: self.transaction.value,
            data: Bytes::new(),
        };
        let call = self.call().unwrap_or(none);
        broadcast(chain, self.raw.clone(), self.hash, &call).await
    }
}

fn file(
    from: Option<Address>,
    unsigned: Option<Bytes>,
    signed: Option<Bytes>,
) -> serde_json::Value {
    let file = File {
        format: FORMAT.into(),
        version: VERSION,
        from,
        unsigned,
        signed,
    };
    serde_json::to_value(file).unwrap_or_default()
}

#[cfg(test)]
#[path = "handed_over_tests.rs"]
mod tests;
