//! What a contract said when it refused: decoded, with a stable code and a sentence.

mod words;

use std::fmt;

use alloy::primitives::{Address, Bytes, U256};
use alloy::sol;
use alloy::sol_types::{Panic, Revert as ReasonString, SolCall, SolError, SolInterface};
use patientport_abi::{IPatientPort, IRegistry};

sol! {
    /// Errors of the `ArbWasm` precompile that any call to a Stylus program can meet.
    #[derive(Debug, PartialEq, Eq)]
    interface IArbWasmErrors {
        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }
}

sol! {
    /// Errors of the Stylus deployer.
    #[derive(Debug, PartialEq, Eq)]
    interface IStylusDeployerErrors {
        error ContractDeploymentError(bytes bytecode);
        error ContractInitializationError(address newContract, bytes data);
        error RefundExcessValueError(uint256 excessValue);
        error EmptyBytecode();
        error InitValueButNotInitData();
    }
}

sol! {
    /// Errors of a cache manager.
    #[derive(Debug, PartialEq, Eq)]
    interface ICacheManagerErrors {
        error AsmTooLarge(uint256 asm, uint256 queueSize, uint256 cacheSize);
        error AlreadyCached(bytes32 codehash);
        error BidTooSmall(uint192 bid, uint192 min);
        error BidsArePaused();
    }
}

pub use IArbWasmErrors::IArbWasmErrorsErrors as ProgramErrors;
pub use ICacheManagerErrors::ICacheManagerErrorsErrors as CacheErrors;
pub use IPatientPort::IPatientPortErrors as PortErrors;
pub use IRegistry::IRegistryErrors as RegistryErrors;
pub use IStylusDeployerErrors::IStylusDeployerErrorsErrors as DeployerErrors;

/// What a contract said when it refused.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Reason {
    /// An error of a port.
    Port(PortErrors),
    /// An error of the registry.
    Registry(RegistryErrors),
    /// An error of the machinery that runs Stylus programs.
    Program(ProgramErrors),
    /// An error of a cache manager.
    Cache(CacheErrors),
    /// An error of the Stylus deployer itself; what a new contract's constructor said is decoded on its own.
    Deployer(DeployerErrors),
    /// A plain `Error(string)`; the text is the contract's own, so treat it as hostile.
    Text(String),
    /// A Solidity `Panic(uint256)`.
    Panic(U256),
    /// Nothing was said.
    Empty,
    /// An error of none of the contracts known here.
    Unknown(Bytes),
}

/// A contract's refusal of one call.
#[derive(Clone, Debug)]
pub struct Revert {
    /// The contract that was called; `None` for a creation.
    pub contract: Option<Address>,
    /// The function that was called, where it is one of ours.
    pub function: Option<&'static str>,
    /// What the contract said.
    pub reason: Reason,
}

impl Reason {
    /// Decodes revert data. Total: data that is no known error becomes [`Reason::Unknown`].
    pub fn decode(data: &[u8]) -> Self {
        if data.is_empty() {
            return Self::Empty;
        }
        // The contracts share selectors of shared errors; they mean the same in both.
        if let Ok(error) = PortErrors::abi_decode_validate(data) {
            return Self::Port(error);
        }
        if let Ok(error) = RegistryErrors::abi_decode_validate(data) {
            return Self::Registry(error);
        }
        if let Ok(error) = ProgramErrors::abi_decode_validate(data) {
            return Self::Program(error);
        }
        if let Ok(error) = CacheErrors::abi_decode_validate(data) {
            return Self::Cache(error);
        }
        if let Ok(error) = DeployerErrors::abi_decode_validate(data) {
            return match error {
                // Not recursive: whoever made the data also chose how deep it is nested.
                DeployerErrors::ContractInitializationError(inner)
                    if DeployerErrors::abi_decode_validate(&inner.data).is_err() =>
                {
                    Self::decode(&inner.data)
                }
                error => Self::Deployer(error),
            };
        }
        if let Ok(error) = ReasonString::abi_decode_validate(data) {
            return Self::Text(error.reason);
        }
        if let Ok(error) = Panic::abi_decode_validate(data) {
            return Self::Panic(error.code);
        }
        Self::Unknown(Bytes::copy_from_slice(data))
    }

    /// The stable code of the refusal, as listed in `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Port(error) => port_code(error),
            Self::Registry(error) => registry_code(error),
            Self::Program(error) => match error {
                ProgramErrors::ProgramNotWasm(_) => "program.not_wasm",
                ProgramErrors::ProgramNotActivated(_) => "program.not_activated",
                ProgramErrors::ProgramNeedsUpgrade(_) => "program.needs_upgrade",
                ProgramErrors::ProgramExpired(_) => "program.expired",
                ProgramErrors::ProgramUpToDate(_) => "program.up_to_date",
                ProgramErrors::ProgramKeepaliveTooSoon(_) => "program.keepalive_too_soon",
                ProgramErrors::ProgramInsufficientValue(_) => "program.insufficient_value",
            },
            Self::Cache(error) => match error {
                CacheErrors::AsmTooLarge(_) => "cache.too_large",
                CacheErrors::AlreadyCached(_) => "cache.cached_already",
                CacheErrors::BidTooSmall(_) => "cache.bid_too_small",
                CacheErrors::BidsArePaused(_) => "cache.paused",
            },
            Self::Deployer(_) => "deploy.refused",
            Self::Text(_) => "contract.reverted",
            Self::Panic(_) => "contract.panicked",
            Self::Empty => "contract.reverted_silently",
            Self::Unknown(_) => "contract.unknown_error",
        }
    }
}

fn port_code(error: &PortErrors) -> &'static str {
    match error {
        PortErrors::Unauthorized(_) => "access.denied",
        PortErrors::NotAPort(_) => "port.not_a_port",
        PortErrors::AlreadyClaimed(_) => "port.already_claimed",
        PortErrors::NotClaimed(_) => "port.not_claimed",
        PortErrors::UnverifiedProvider(_) => "provider.unverified",
        PortErrors::RegistryUnavailable(_) => "registry.unavailable",
        PortErrors::StaleEpoch(_) => "section.stale_epoch",
        PortErrors::SectionNotOpen(_) => "section.not_open",
        PortErrors::InvalidSections(_) => "section.invalid",
        PortErrors::LengthMismatch(_) => "call.length_mismatch",
        PortErrors::InvalidKey(_) => "key.invalid",
        PortErrors::InvalidAddress(_) => "call.invalid_address",
        PortErrors::InvalidMessageLength(_) => "message.invalid_length",
        PortErrors::TooManyRecipients(_) => "section.too_many_recipients",
        PortErrors::InvalidRecordCount(_) => "record.invalid_count",
        PortErrors::UnknownRecord(_) => "record.unknown",
        PortErrors::RecordNotCurrent(_) => "record.not_current",
        PortErrors::InvalidCommitment(_) => "record.invalid_commitment",
        PortErrors::InvalidPart(_) => "record.invalid_part",
        PortErrors::UnknownRequest(_) => "request.unknown",
        PortErrors::RequestNotPending(_) => "request.not_pending",
        PortErrors::TooManyPendingRequests(_) => "request.too_many_pending",
        PortErrors::RequesterBlocked(_) => "request.blocked",
        PortErrors::InvalidExpiry(_) => "access.invalid_expiry",
        PortErrors::InvalidRights(_) => "access.invalid_rights",
        PortErrors::InvalidReason(_) => "call.invalid_reason",
        PortErrors::InvalidReader(_) => "access.invalid_reader",
        PortErrors::NoLiveGrant(_) => "access.no_live_grant",
        PortErrors::TooManyHolders(_) => "access.too_many_holders",
        PortErrors::InvalidEmergencyState(_) => "emergency.wrong_state",
        PortErrors::InvalidDuration(_) => "emergency.invalid_duration",
        PortErrors::InvalidCustodian(_) => "emergency.invalid_custodian",
        PortErrors::InvalidSignature(_) => "signature.invalid",
        PortErrors::InvalidNonce(_) => "signature.wrong_nonce",
        PortErrors::SignatureExpired(_) => "signature.expired",
        PortErrors::Exhausted(_) => "port.exhausted",
    }
}

fn registry_code(error: &RegistryErrors) -> &'static str {
    match error {
        RegistryErrors::OwnableUnauthorizedAccount(_) | RegistryErrors::UnauthorizedAttester(_) => {
            "access.denied"
        }
        RegistryErrors::OwnableInvalidOwner(_) => "registry.invalid_owner",
        RegistryErrors::InvalidAttester(_) => "registry.invalid_attester",
        RegistryErrors::TooManyAttesters(_) => "registry.too_many_attesters",
        RegistryErrors::TooManyProviders(_) => "registry.too_many_providers",
        RegistryErrors::TooManyPorts(_) => "registry.too_many_ports",
        RegistryErrors::UnknownProvider(_) => "provider.unknown",
        RegistryErrors::ProviderAlreadyRegistered(_) => "provider.already_registered",
        RegistryErrors::ProviderNotActive(_) => "provider.not_active",
        RegistryErrors::UnverifiedProvider(_) => "provider.unverified",
        RegistryErrors::InvalidKind(_) => "provider.invalid_kind",
        RegistryErrors::InvalidNpi(_) => "provider.invalid_npi",
        RegistryErrors::NpiTaken(_) => "provider.npi_taken",
        RegistryErrors::InvalidKey(_) => "key.invalid",
        RegistryErrors::InvalidProfileLength(_) => "provider.invalid_profile_length",
        RegistryErrors::AttestationMismatch(_) => "attestation.mismatch",
        RegistryErrors::InvalidAttestationEnd(_) => "attestation.invalid_end",
        RegistryErrors::ImplementationNotSet(_) => "registry.implementation_not_set",
        RegistryErrors::NotAContract(_) => "registry.not_a_contract",
        RegistryErrors::InvalidPatient(_) => "port.invalid_patient",
        RegistryErrors::IssueFailed(_) => "port.issue_failed",
    }
}

impl Revert {
    /// Decodes what `contract` answered to `calldata`.
    pub fn decode(contract: Option<Address>, calldata: &[u8], data: &[u8]) -> Self {
        Self {
            contract,
            function: function_name(calldata),
            reason: Reason::decode(data),
        }
    }

    /// The stable code of the refusal, as listed in `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        self.reason.code()
    }

    /// Who may make this call at a port, in words that complete "only … may do this".
    fn role_at_port(&self) -> Option<&'static str> {
        Some(match self.function? {
            "claim" | "setEncryptionKey" | "transferOwnership" | "setPrimaryCare" | "share"
            | "setBlocked" | "setDelegate" | "setCustodian" | "setResponder"
            | "cancelSignatures" => "the port's patient",
            "acceptOwnership" => "whom the patient offered the port",
            "rotate" | "reseal" | "setPackage" => {
                "the port's patient, or a delegate with the right to rotate,"
            }
            "deny" | "approve" | "grant" => {
                "the port's patient, or a delegate with the right to approve,"
            }
            "revoke" => {
                "the port's patient, or a delegate with the right to revoke (and to rotate, if sections get new keys),"
            }
            "veto" => "the port's patient, or a delegate with the right to approve or to revoke,",
            "add" => {
                "the port's patient, its primary care provider, or a delegate or reader with the write right on the section"
            }
            "supersede" | "retract" | "publish" => {
                "the port's patient, or the record's author while it may still write,"
            }
            "cancel" => "the requester",
            "release" => "a custodian",
            _ => return None,
        })
    }

    /// Who may make this call at the registry.
    fn role_at_registry(&self) -> Option<&'static str> {
        Some(match self.function? {
            "addAttester" | "removeAttester" | "setPortImplementation" | "transferOwnership" => {
                "the registry's owner"
            }
            "acceptOwnership" => "the registry's pending owner",
            "attest" => "an attester",
            "suspend" | "reinstate" => "an attester or the registry's owner",
            _ => return None,
        })
    }

    fn denied(
        &self,
        f: &mut fmt::Formatter<'_>,
        role: Option<&'static str>,
        caller: &Address,
    ) -> fmt::Result {
        match (role, self.function) {
            (Some(role), Some(function)) => {
                write!(f, "only {role} may `{function}`, and `{caller}` is not")
            }
            _ => write!(f, "`{caller}` has no right to do this"),
        }
    }
}

/// The name of one of our functions, by its selector.
fn function_name(calldata: &[u8]) -> Option<&'static str> {
    let selector: [u8; 4] = calldata.get(..4)?.try_into().ok()?;
    NAMES
        .iter()
        .find(|(known, _)| *known == selector)
        .map(|(_, name)| *name)
}

macro_rules! names {
    ($($module:ident { $($call:ident $name:literal),* $(,)? })*) => {
        &[$($(($module::$call::SELECTOR, $name)),*),*]
    };
}

/// Functions that change state: the ones that have a role to name.
const NAMES: &[([u8; 4], &str)] = names! {
    IPatientPort {
        claimCall "claim", setEncryptionKeyCall "setEncryptionKey",
        transferOwnershipCall "transferOwnership", acceptOwnershipCall "acceptOwnership",
        setPrimaryCareCall "setPrimaryCare", rotateCall "rotate", resealCall "reseal",
        addCall "add", supersedeCall "supersede", retractCall "retract", publishCall "publish",
        shareCall "share", requestCall "request", cancelCall "cancel", denyCall "deny",
        setBlockedCall "setBlocked", approveCall "approve", grantCall "grant", revokeCall "revoke",
        setDelegateCall "setDelegate", setCustodianCall "setCustodian",
        setResponderCall "setResponder", setPackageCall "setPackage", breakGlassCall "breakGlass",
        vetoCall "veto", releaseCall "release", executeCall "execute",
        cancelSignaturesCall "cancelSignatures",
    }
    IRegistry {
        transferOwnershipCall "transferOwnership", acceptOwnershipCall "acceptOwnership",
        addAttesterCall "addAttester", removeAttesterCall "removeAttester",
        setPortImplementationCall "setPortImplementation",
        registerProviderCall "registerProvider", setIdentityProfileCall "setIdentityProfile",
        setContactProfileCall "setContactProfile", setEncryptionKeyCall "setEncryptionKey",
        attestCall "attest", suspendCall "suspend", reinstateCall "reinstate", retireCall "retire",
        issueCall "issue",
    }
};

#[cfg(test)]
#[path = "revert_tests.rs"]
mod tests;
