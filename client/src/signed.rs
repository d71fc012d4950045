//! Calls that a patient signs and anybody sends (`execute` of a port): composing, reading, checking.
//!
//! The file is JSON. Nothing in it is believed before the chain was asked; what it asks for is told from the call
//! itself ([`Words`]).

use alloy::primitives::{Address, B256, Bytes, Signature, U256};
use alloy::sol_types::{Eip712Domain, SolCall as _, SolStruct as _, eip712_domain};
use patientport_abi::IPatientPort::{self, PatientCall};
use serde::{Deserialize, Serialize};

use crate::chain::{Call, Chain, Signer, Transaction};
use crate::error::{Error, Result};
use crate::port::Port;
use crate::units::Timestamp;
use crate::words::{By, Contract, Unreadable, Words};

/// What a file of a signed call says it is.
pub const FORMAT: &str = "patientport-signed-call";
/// The version of the file.
pub const VERSION: u32 = 1;
/// Longest file that is read: the largest call that a node takes fits several times.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// A call that the owner of a port signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCall {
    /// The chain.
    pub chain_id: u64,
    /// The port.
    pub port: Address,
    /// Who signed, and owned the port then.
    pub owner: Address,
    /// Selector and arguments.
    pub call: Bytes,
    /// The port's nonce that it uses up.
    pub nonce: u64,
    /// The last second at which it is accepted.
    pub deadline: Timestamp,
    /// r, s and v, or what the owner's contract accepts.
    pub signature: Bytes,
}

/// The file.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    chain_id: u64,
    port: Address,
    owner: Address,
    call: Bytes,
    nonce: u64,
    deadline: u64,
    signature: Bytes,
}

/// What is wrong with a signed call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// No file of this kind.
    #[error("this is no signed call that can be read")]
    Malformed(#[source] serde_json::Error),
    /// Another kind of file, or another version.
    #[error("this is no `{FORMAT}` of version {VERSION}")]
    OtherFormat,
    /// Longer than any.
    #[error("a signed call is not longer than `{MAX_FILE_BYTES}` bytes")]
    TooLong,
    /// The call cannot be told in words, so nobody should sign or send it.
    #[error("the call cannot be told in words")]
    Unreadable(#[from] Unreadable),
    /// Nothing that a patient does.
    #[error("`{function}` is nothing that a patient signs for others to send")]
    NotThePatients {
        /// The function.
        function: &'static str,
    },
    /// It was signed for another port.
    #[error("it was signed for the port `{signed}`, not for `{given}`")]
    OtherPort {
        /// The port signed for.
        signed: Address,
        /// The port at hand.
        given: Address,
    },
    /// The port belongs to somebody else than it says.
    #[error("it says that `{stated}` owns the port, and `{owner}` does")]
    OtherOwner {
        /// The owner that it states.
        stated: Address,
        /// The owner.
        owner: Address,
    },
    /// Its time is over.
    #[error("it was good until `{deadline}`, and now is `{now}`")]
    Expired {
        /// Until when it was good.
        deadline: Timestamp,
        /// The chain's time.
        now: Timestamp,
    },
    /// It was sent, or something signed later was, or the patient voided it.
    #[error(
        "it carries the nonce `{nonce}` and the port expects `{expected}`: it was sent, replaced or voided"
    )]
    WrongNonce {
        /// Its nonce.
        nonce: u64,
        /// The port's.
        expected: u64,
    },
    /// The signature is not the owner's for this call, or not in canonical form.
    #[error("the signature is not that of `{owner}` for this call at this port")]
    Signature {
        /// The owner.
        owner: Address,
    },
}

impl Problem {
    /// The stable code, as listed in `docs/errors.md`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::OtherFormat | Self::TooLong => "signed.invalid_file",
            Self::Unreadable(_) => "signed.unreadable_call",
            Self::NotThePatients { .. } => "signed.not_patients",
            Self::OtherPort { .. } => "signed.other_port",
            Self::OtherOwner { .. } => "signed.other_owner",
            Self::Expired { .. } => "signature.expired",
            Self::WrongNonce { .. } => "signature.wrong_nonce",
            Self::Signature { .. } => "signature.invalid",
        }
    }

    /// Whether the file itself is what is wrong.
    pub(crate) const fn is_usage(&self) -> bool {
        matches!(self, Self::Malformed(_) | Self::OtherFormat | Self::TooLong)
    }
}

/// The domain under which a port's owner signs.
pub fn domain(chain_id: u64, port: Address) -> Eip712Domain {
    eip712_domain! {
        name: "patientport",
        version: "1",
        chain_id: chain_id,
        verifying_contract: port,
    }
}

/// What a call does, if it is one that a patient can sign for others to send.
///
/// # Errors
/// [`Problem::Unreadable`]; [`Problem::NotThePatients`].
pub fn words(call: &[u8]) -> Result<Words, Problem> {
    let words = Words::read(Contract::Port, call)?;
    match words.by {
        By::Patient => Ok(words),
        By::Others | By::Anybody => Err(Problem::NotThePatients {
            function: words.function,
        }),
    }
}

/// A call that can be signed: told in words, and simulated as the owner's.
#[derive(Clone, Debug)]
#[must_use = "nothing is signed yet"]
pub struct Signable {
    chain: Chain,
    port: Address,
    owner: Address,
    nonce: u64,
    call: Bytes,
    deadline: Timestamp,
    words: Words,
}

impl Signable {
    /// Looks at what a transaction would do, and simulates it as the owner of the port that it calls.
    ///
    /// # Errors
    /// [`Problem`]; the port's refusal; [`Error::NotThePatient`].
    pub async fn prepare(
        transaction: &Transaction,
        owner: Address,
        deadline: Timestamp,
        clock: Timestamp,
    ) -> Result<Self> {
        let call = transaction.call();
        let (chain, port) = (transaction.chain(), call.to);
        let words = words(&call.data)?;
        if !call.value.is_zero() {
            return Err(Problem::NotThePatients {
                function: words.function,
            }
            .into());
        }
        let now = chain.now(clock).await?;
        if deadline <= now {
            return Err(Error::Past { given: deadline });
        }
        let info = chain.call(port, &IPatientPort::infoCall {}).await?;
        if info.owner != owner {
            return Err(Error::NotThePatient {
                port,
                owner: info.owner,
                account: owner,
            });
        }
        chain.call_raw(Some(owner), call).await?;
        Ok(Self {
            chain: chain.clone(),
            port,
            owner,
            nonce: info.nonce.into(),
            call: call.data.clone(),
            deadline,
            words,
        })
    }

    /// What is signed, in words.
    pub const fn words(&self) -> &Words {
        &self.words
    }

    /// The port.
    pub const fn port(&self) -> Address {
        self.port
    }

    /// The nonce that it will use up.
    pub const fn nonce(&self) -> u64 {
        self.nonce
    }

    /// Until when it will be good.
    pub const fn deadline(&self) -> Timestamp {
        self.deadline
    }

    /// Signs it, and simulates that somebody sends it: what the port would not accept is not handed out.
    ///
    /// # Errors
    /// The signer's; the port's refusal.
    pub async fn sign(self, signer: &Signer) -> Result<SignedCall> {
        let chain_id = self.chain.chain_id();
        let mut call = SignedCall {
            chain_id,
            port: self.port,
            owner: self.owner,
            call: self.call,
            nonce: self.nonce,
            deadline: self.deadline,
            signature: Bytes::new(),
        };
        let signature = signer.sign_call(&call.message(), &call.domain()).await?;
        call.signature = Bytes::copy_from_slice(&signature);
        self.chain
            .call_raw(Some(self.owner), &call.execute())
            .await?;
        Ok(call)
    }
}

impl SignedCall {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Problem::Malformed`] for unknown members, too; [`Problem::OtherFormat`]; [`Problem::TooLong`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        /// Enough to tell another kind of file from a damaged one.
        #[derive(Deserialize)]
        struct Kind {
            format: String,
            version: u32,
        }
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(Problem::TooLong);
        }
        let kind: Kind = serde_json::from_slice(bytes).map_err(Problem::Malformed)?;
        if kind.format != FORMAT || kind.version != VERSION {
            return Err(Problem::OtherFormat);
        }
        let file: File = serde_json::from_slice(bytes).map_err(Problem::Malformed)?;
        Ok(Self {
            chain_id: file.chain_id,
            port: file.port,
            owner: file.owner,
            call: file.call,
            nonce: file.nonce,
            deadline: Timestamp(file.deadline),
            signature: file.signature,
        })
    }

    /// The file.
    pub fn to_json(&self) -> serde_json::Value {
        let file = File {
            format: FORMAT.into(),
            version: VERSION,
            chain_id: self.chain_id,
            port: self.port,
            owner: self.owner,
            call: self.call.clone(),
            nonce: self.nonce,
            deadline: self.deadline.0,
            signature: self.signature.clone(),
        };
        serde_json::to_value(file).unwrap_or_default()
    }

    /// What it does, in words.
    ///
    /// # Errors
    /// As [`words`].
    pub fn words(&self) -> Result<Words, Problem> {
        words(&self.call)
    }

    /// What was signed.
    fn message(&self) -> PatientCall {
        PatientCall {
            call: self.call.clone(),
            nonce: U256::from(self.nonce),
            deadline: self.deadline.0,
        }
    }

    fn domain(&self) -> Eip712Domain {
        domain(self.chain_id, self.port)
    }

    /// The hash that was signed.
    pub fn digest(&self) -> B256 {
        self.message().eip712_signing_hash(&self.domain())
    }

    /// Whose signature it is, if it is the canonical one of an account: 65 bytes, v 27 or 28, the lower s.
    pub fn signer(&self) -> Option<Address> {
        let bytes: &[u8; 65] = self.signature.as_ref().try_into().ok()?;
        let (scalars, v) = (bytes.get(..64)?, bytes[64]);
        if v != 27 && v != 28 {
            return None;
        }
        let signature = Signature::from_bytes_and_parity(scalars, v == 28);
        if signature.normalize_s().is_some() {
            return None;
        }
        signature.recover_address_from_prehash(&self.digest()).ok()
    }

    /// Checks it against the port that it is for, as that stands now. Whoever sends it loses nothing that could have
    /// been known.
    ///
    /// # Errors
    /// [`Error::WrongChain`]; [`Problem`].
    pub async fn check(&self, port: &Port, clock: Timestamp) -> Result<Words> {
        let chain = port.chain();
        if self.chain_id != chain.chain_id() {
            return Err(Error::WrongChain {
                expected: self.chain_id,
                actual: chain.chain_id(),
            });
        }
        if self.port != port.address() {
            return Err(Problem::OtherPort {
                signed: self.port,
                given: port.address(),
            }
            .into());
        }
        let words = self.words()?;
        let info = port.info().await?;
        if info.patient != self.owner {
            return Err(Problem::OtherOwner {
                stated: self.owner,
                owner: info.patient,
            }
            .into());
        }
        let now = chain.now(clock).await?;
        if now > self.deadline {
            return Err(Problem::Expired {
                deadline: self.deadline,
                now,
            }
            .into());
        }
        let expected = u64::from(info.nonce);
        if self.nonce != expected {
            return Err(Problem::WrongNonce {
                nonce: self.nonce,
                expected,
            }
            .into());
        }
        // A contract that owns a port says by itself what it accepts (ERC-1271): the simulation asks it.
        if self.signer() != Some(self.owner) && chain.code(self.owner).await?.is_empty() {
            return Err(Problem::Signature { owner: self.owner }.into());
        }
        Ok(words)
    }

    /// The transaction that carries it.
    pub fn transaction(&self, port: &Port) -> Transaction {
        Transaction::new(port.chain().clone(), self.execute())
    }

    fn execute(&self) -> Call {
        let call = IPatientPort::executeCall {
            call: self.call.clone(),
            nonce: U256::from(self.nonce),
            deadline: self.deadline.0,
            signature: self.signature.clone(),
        };
        Call {
            to: self.port,
            value: U256::ZERO,
            data: call.abi_encode().into(),
        }
    }
}

#[cfg(test)]
#[path = "signed_tests.rs"]
mod tests;
