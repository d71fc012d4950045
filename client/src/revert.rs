//! What a contract said when it refused: decoded, with a stable code and a sentence.

use std::fmt;

use alloy::primitives::{Address, Bytes, U256};
use alloy::sol;
use alloy::sol_types::{Panic, Revert as ReasonString, SolCall, SolError, SolInterface};
use patientport_abi::{IPatientPort, IRegistry};

use crate::units::Timestamp;

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

pub use IArbWasmErrors::IArbWasmErrorsErrors as ProgramErrors;
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
        // The two contracts share selectors of shared errors; they mean the same in both.
        if let Ok(error) = PortErrors::abi_decode_validate(data) {
            return Self::Port(error);
        }
        if let Ok(error) = RegistryErrors::abi_decode_validate(data) {
            return Self::Registry(error);
        }
        if let Ok(error) = ProgramErrors::abi_decode_validate(data) {
            return Self::Program(error);
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
        PortErrors::AlreadyInitialized(_) => "port.already_initialized",
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
        PortErrors::UnknownRecord(_) => "record.unknown",
        PortErrors::RecordNotCurrent(_) => "record.not_current",
        PortErrors::InvalidCommitment(_) => "record.invalid_commitment",
        PortErrors::UnknownRequest(_) => "request.unknown",
        PortErrors::RequestNotPending(_) => "request.not_pending",
        PortErrors::TooManyPendingRequests(_) => "request.too_many_pending",
        PortErrors::InvalidExpiry(_) => "access.invalid_expiry",
        PortErrors::InvalidRights(_) => "access.invalid_rights",
        PortErrors::InvalidReason(_) => "call.invalid_reason",
        PortErrors::InvalidReader(_) => "access.invalid_reader",
        PortErrors::NoLiveGrant(_) => "access.no_live_grant",
        PortErrors::TooManyReaders(_) => "access.too_many_readers",
    }
}

fn registry_code(error: &RegistryErrors) -> &'static str {
    match error {
        RegistryErrors::OwnableUnauthorizedAccount(_) | RegistryErrors::UnauthorizedAttester(_) => {
            "access.denied"
        }
        RegistryErrors::OwnableInvalidOwner(_) => "registry.invalid_owner",
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

    /// Who may make this call, in words that complete "only … may do this".
    fn role(&self) -> Option<&'static str> {
        Some(match self.function? {
            "claim" | "rotate" | "reseal" | "deny" | "approve" | "grant" | "revoke" => {
                "the port's patient"
            }
            "add" => {
                "the port's patient, its primary care provider, or a reader with the write right on the section"
            }
            "retract" => "the port's patient, or the record's author while it may still write,",
            "cancel" => "the requester",
            "initialize" => "the registry",
            "addAttester" | "removeAttester" | "setPortImplementation" | "transferOwnership" => {
                "the registry's owner"
            }
            "acceptOwnership" => "the registry's pending owner",
            "attest" => "an attester",
            "suspend" | "reinstate" => "an attester or the registry's owner",
            _ => return None,
        })
    }

    fn denied(&self, f: &mut fmt::Formatter<'_>, caller: &Address) -> fmt::Result {
        match (self.role(), self.function) {
            (Some(role), Some(function)) => {
                write!(f, "only {role} may `{function}`, and `{caller}` is not")
            }
            _ => write!(f, "`{caller}` has no right to do this"),
        }
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Port(error) => self.fmt_port(f, error),
            Reason::Registry(error) => self.fmt_registry(f, error),
            Reason::Program(error) => fmt_program(f, error),
            Reason::Deployer(error) => fmt_deployer(f, error),
            Reason::Text(text) => write!(f, "the contract refused: `{}`", escape(text)),
            Reason::Panic(code) => write!(f, "the contract panicked with code `{code}`"),
            Reason::Empty => f.write_str("the contract refused without saying why"),
            Reason::Unknown(data) => write!(
                f,
                "the contract refused with an error not known here: `{}`",
                shorten(data)
            ),
        }
    }
}

impl Revert {
    fn fmt_port(&self, f: &mut fmt::Formatter<'_>, error: &PortErrors) -> fmt::Result {
        match error {
            PortErrors::Unauthorized(e) => self.denied(f, &e.caller),
            PortErrors::AlreadyInitialized(_) => f.write_str("the port is initialised already"),
            PortErrors::AlreadyClaimed(_) => f.write_str("the port is claimed already"),
            PortErrors::NotClaimed(_) => {
                f.write_str("the port is not claimed yet: its patient must accept it first")
            }
            PortErrors::UnverifiedProvider(e) => write!(
                f,
                "`{}` is not a verified provider: no attestation of it is in force",
                e.provider
            ),
            PortErrors::RegistryUnavailable(e) => {
                write!(f, "the registry `{}` did not answer the port", e.registry)
            }
            PortErrors::StaleEpoch(e) => write!(
                f,
                "the key of section `{}` has changed: this was made for epoch `{}`, the section is at epoch `{}`",
                e.section, e.given, e.current
            ),
            PortErrors::SectionNotOpen(e) => write!(f, "section `{}` is not open", e.section),
            PortErrors::InvalidSections(e) if e.sections == 0 => {
                f.write_str("no section was named")
            }
            PortErrors::InvalidSections(e) => {
                write!(
                    f,
                    "`{:#x}` is not a set of sections that fits here",
                    e.sections
                )
            }
            PortErrors::LengthMismatch(e) => {
                write!(
                    f,
                    "a list holds `{}` entries where `{}` belong",
                    e.given, e.expected
                )
            }
            PortErrors::InvalidKey(e) => {
                write!(
                    f,
                    "`{}` with parity `{}` is not a public key",
                    e.x, e.parity
                )
            }
            PortErrors::InvalidAddress(e) => {
                write!(f, "the address `{}` cannot stand here", e.account)
            }
            PortErrors::InvalidMessageLength(e) => {
                write!(
                    f,
                    "a sealed message has `{}` bytes; 1 to `{}` are allowed",
                    e.given, e.max
                )
            }
            PortErrors::TooManyRecipients(e) => {
                write!(
                    f,
                    "`{}` recipients in one transaction; at most `{}` fit",
                    e.given, e.max
                )
            }
            PortErrors::UnknownRecord(e) => {
                write!(f, "the port has no record `{}`", e.recordId)
            }
            PortErrors::RecordNotCurrent(e) => write!(
                f,
                "record `{}` is not current any more: it is {}",
                e.recordId,
                match e.state {
                    2 => "retracted",
                    3 => "superseded",
                    _ => "in an unknown state",
                }
            ),
            PortErrors::InvalidCommitment(_) => f.write_str("the commitment is empty"),
            PortErrors::UnknownRequest(e) => write!(f, "the port has no request `{}`", e.requestId),
            PortErrors::RequestNotPending(e) => write!(
                f,
                "request `{}` is not pending any more: it {}",
                e.requestId,
                match e.state {
                    2 => "was approved",
                    3 => "was denied",
                    4 => "was cancelled",
                    5 => "has lapsed",
                    _ => "is in an unknown state",
                }
            ),
            PortErrors::TooManyPendingRequests(e) => write!(
                f,
                "`{}` has `{}` pending requests at this port already, which is the limit",
                e.requester, e.max
            ),
            PortErrors::InvalidExpiry(e) => write!(
                f,
                "access cannot end at {}: the port allows {} to {}",
                Timestamp(e.given),
                Timestamp(e.earliest),
                Timestamp(e.latest)
            ),
            PortErrors::InvalidRights(e) => {
                write!(
                    f,
                    "`{}` is no combination of the rights to read and to write",
                    e.rights
                )
            }
            PortErrors::InvalidReason(e) => write!(f, "`{}` is not a reason code", e.reason),
            PortErrors::InvalidReader(e) => {
                write!(
                    f,
                    "`{}` is the port's patient and cannot be granted access",
                    e.reader
                )
            }
            PortErrors::NoLiveGrant(e) => {
                write!(f, "`{}` has no access that could be ended", e.reader)
            }
            PortErrors::TooManyReaders(e) => {
                write!(
                    f,
                    "the port has `{}` readers already, which is the limit",
                    e.max
                )
            }
        }
    }

    fn fmt_registry(&self, f: &mut fmt::Formatter<'_>, error: &RegistryErrors) -> fmt::Result {
        match error {
            RegistryErrors::OwnableUnauthorizedAccount(e) => self.denied(f, &e.account),
            RegistryErrors::UnauthorizedAttester(e) => self.denied(f, &e.account),
            RegistryErrors::OwnableInvalidOwner(e) => {
                write!(f, "`{}` cannot own the registry", e.owner)
            }
            RegistryErrors::UnknownProvider(e) => {
                write!(f, "no provider is registered under `{}`", e.provider)
            }
            RegistryErrors::ProviderAlreadyRegistered(e) => {
                write!(f, "`{}` is registered as a provider already", e.provider)
            }
            RegistryErrors::ProviderNotActive(e) => write!(
                f,
                "the provider `{}` is {}",
                e.provider,
                match e.status {
                    1 | 2 => "active, which does not fit here",
                    3 => "suspended",
                    4 => "retired",
                    _ => "not active",
                }
            ),
            RegistryErrors::UnverifiedProvider(e) => write!(
                f,
                "`{}` is not a verified provider: no attestation of it is in force",
                e.provider
            ),
            RegistryErrors::InvalidKind(e) => write!(f, "`{}` is not a kind of provider", e.kind),
            RegistryErrors::InvalidNpi(e) => {
                write!(f, "`{}` is not a National Provider Identifier", e.npi)
            }
            RegistryErrors::NpiTaken(e) => write!(
                f,
                "the National Provider Identifier `{}` is attested for `{}`",
                e.npi, e.holder
            ),
            RegistryErrors::InvalidKey(e) => {
                write!(
                    f,
                    "`{}` with parity `{}` is not a public key",
                    e.x, e.parity
                )
            }
            RegistryErrors::InvalidProfileLength(e) => {
                write!(
                    f,
                    "a profile has `{}` bytes; 1 to `{}` are allowed",
                    e.given, e.max
                )
            }
            RegistryErrors::AttestationMismatch(e) => write!(
                f,
                "the provider `{}` has changed its kind, number or profile since they were looked at",
                e.provider
            ),
            RegistryErrors::InvalidAttestationEnd(e) => write!(
                f,
                "an attestation cannot end at {}: the registry allows {} to {}",
                Timestamp(e.given),
                Timestamp(e.earliest),
                Timestamp(e.latest)
            ),
            RegistryErrors::ImplementationNotSet(_) => {
                f.write_str("the registry has no port implementation yet: its owner must set one")
            }
            RegistryErrors::NotAContract(e) => write!(f, "there is no contract at `{}`", e.account),
            RegistryErrors::InvalidPatient(e) => {
                write!(f, "`{}` cannot be a patient", e.patient)
            }
            RegistryErrors::IssueFailed(e) => {
                write!(f, "the port `{}` could not be created", e.port)
            }
        }
    }
}

fn fmt_program(f: &mut fmt::Formatter<'_>, error: &ProgramErrors) -> fmt::Result {
    match error {
        ProgramErrors::ProgramNotWasm(_) => f.write_str("the code is not a Stylus program"),
        ProgramErrors::ProgramNotActivated(_) => {
            f.write_str("the contract's program is not activated on this chain")
        }
        ProgramErrors::ProgramNeedsUpgrade(e) => write!(
            f,
            "the contract's program was activated for Stylus version `{}` and must be activated again for version `{}`",
            e.version, e.stylusVersion
        ),
        ProgramErrors::ProgramExpired(e) => write!(
            f,
            "the contract's program expired: it was activated `{}` days ago",
            e.ageInSeconds / 86_400
        ),
        ProgramErrors::ProgramUpToDate(_) => f.write_str("the program is activated already"),
        ProgramErrors::ProgramKeepaliveTooSoon(e) => write!(
            f,
            "the program was activated `{}` days ago; its life can be extended after 31 days",
            e.ageInSeconds / 86_400
        ),
        ProgramErrors::ProgramInsufficientValue(e) => write!(
            f,
            "activating the program costs `{}` wei and `{}` wei were sent",
            e.want, e.have
        ),
    }
}

fn fmt_deployer(f: &mut fmt::Formatter<'_>, error: &DeployerErrors) -> fmt::Result {
    match error {
        DeployerErrors::ContractDeploymentError(_) => {
            f.write_str("the deployer could not create the contract; one may stand there already")
        }
        DeployerErrors::ContractInitializationError(e) => {
            write!(f, "the constructor of `{}` refused", e.newContract)
        }
        DeployerErrors::RefundExcessValueError(e) => {
            write!(
                f,
                "the deployer could not give back `{}` wei",
                e.excessValue
            )
        }
        DeployerErrors::EmptyBytecode(_) => f.write_str("the deployer was given no code"),
        DeployerErrors::InitValueButNotInitData(_) => {
            f.write_str("the deployer was given ether for a constructor that is not called")
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
        initializeCall "initialize", claimCall "claim", rotateCall "rotate", resealCall "reseal",
        addCall "add", retractCall "retract", requestCall "request", cancelCall "cancel",
        denyCall "deny", approveCall "approve", grantCall "grant", revokeCall "revoke",
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

/// Text that a contract chose, on one line and short.
fn escape(text: &str) -> String {
    text.chars()
        .take(200)
        .flat_map(char::escape_debug)
        .collect()
}

fn shorten(data: &[u8]) -> String {
    let shown = &data[..data.len().min(36)];
    let dots = if shown.len() < data.len() { "…" } else { "" };
    format!("{}{dots}", alloy::hex::encode_prefixed(shown))
}

#[cfg(test)]
#[path = "revert_tests.rs"]
mod tests;
