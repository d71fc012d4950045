//! The sentences of refusals: who, what, and which role is missing.

use std::fmt;

use alloy::primitives::Address;

use super::{
    CacheErrors, DeployerErrors, PortErrors, ProgramErrors, Reason, RegistryErrors, Revert,
};
use crate::units::Timestamp;

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Port(error) => self.fmt_port(f, error),
            Reason::Registry(error) => self.fmt_registry(f, error),
            Reason::Program(error) => fmt_program(f, self.contract, error),
            Reason::Cache(error) => fmt_cache(f, error),
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
            PortErrors::Unauthorized(e) => self.denied(f, self.role_at_port(), &e.caller),
            PortErrors::NotAPort(_) => {
                f.write_str("what was called is the code that ports run, or no port of a registry")
            }
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
            PortErrors::InvalidRecordCount(e) => write!(
                f,
                "`{}` records at once; 1 to `{}` are allowed",
                e.given, e.max
            ),
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
            PortErrors::InvalidPart(e) => {
                write!(f, "`{}` is neither a record's head nor its body", e.part)
            }
            PortErrors::UnknownRequest(e) => write!(f, "the port has no request `{}`", e.requestId),
            PortErrors::RequestNotPending(e) if e.state == 6 => write!(
                f,
                "`{}` is no request: the number stands for somebody who did not ask",
                e.requestId
            ),
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
            PortErrors::RequesterBlocked(e) => {
                write!(f, "the patient takes no requests of `{}`", e.requester)
            }
            PortErrors::InvalidExpiry(e) => write!(
                f,
                "access cannot end at {}: the port allows {} to {}",
                Timestamp(e.given),
                Timestamp(e.earliest),
                Timestamp(e.latest)
            ),
            PortErrors::InvalidRights(e) if self.function == Some("setDelegate") => {
                write!(f, "`{}` is no combination of a delegate's rights", e.rights)
            }
            PortErrors::InvalidRights(e) => {
                write!(
                    f,
                    "`{}` is no combination of the rights to read and to write",
                    e.rights
                )
            }
            PortErrors::InvalidReason(e) => write!(f, "`{}` is not a reason code", e.reason),
            PortErrors::InvalidReader(e) => write!(
                f,
                "`{}` is the port's patient, a delegate whom no delegate can give to, or not whom the request is for",
                e.reader
            ),
            PortErrors::NoLiveGrant(e) => {
                write!(f, "`{}` has no such access in force", e.reader)
            }
            PortErrors::TooManyHolders(e) => write!(
                f,
                "the port has `{}` readers, delegates and responders already, which is the limit",
                e.max
            ),
            PortErrors::InvalidEmergencyState(e) => write!(
                f,
                "emergency access of `{}` {}",
                e.responder,
                match e.state {
                    0 => "is not arranged",
                    1 => "is armed and was not taken",
                    2 => "was taken and its delay runs",
                    3 => "is open",
                    4 => "is over",
                    5 => "was vetoed",
                    _ => "is in an unknown state",
                }
            ),
            PortErrors::InvalidDuration(e) => write!(
                f,
                "`{}` is too long or too short: at most `{}` is allowed, and a window has at least 1 s",
                duration(e.given),
                duration(e.max)
            ),
            PortErrors::InvalidCustodian(e) => write!(
                f,
                "there is no custodian `{}`: they are numbered 0 to 2",
                e.index
            ),
            PortErrors::InvalidSignature(_) => {
                f.write_str("the signature is not the patient's for this call")
            }
            PortErrors::InvalidNonce(e) => write!(
                f,
                "the signed call carries the nonce `{}` and the port expects `{}`: it was sent, or replaced, before",
                e.given, e.expected
            ),
            PortErrors::SignatureExpired(e) => {
                write!(
                    f,
                    "the signed call could be sent until {}",
                    Timestamp(e.deadline)
                )
            }
            PortErrors::Exhausted(_) => f.write_str("the port can count no further"),
        }
    }

    fn fmt_registry(&self, f: &mut fmt::Formatter<'_>, error: &RegistryErrors) -> fmt::Result {
        match error {
            RegistryErrors::OwnableUnauthorizedAccount(e) => {
                self.denied(f, self.role_at_registry(), &e.account)
            }
            RegistryErrors::UnauthorizedAttester(e) => {
                self.denied(f, self.role_at_registry(), &e.account)
            }
            RegistryErrors::OwnableInvalidOwner(e) => {
                write!(f, "`{}` cannot own the registry", e.owner)
            }
            RegistryErrors::InvalidAttester(e) => {
                write!(f, "`{}` cannot be an attester", e.attester)
            }
            RegistryErrors::TooManyAttesters(_) => {
                f.write_str("the registry has had as many attesters as it can have")
            }
            RegistryErrors::TooManyProviders(_) => {
                f.write_str("the registry has as many providers as it can have")
            }
            RegistryErrors::TooManyPorts(_) => {
                f.write_str("the registry has issued as many ports as it can")
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

fn fmt_program(
    f: &mut fmt::Formatter<'_>,
    contract: Option<Address>,
    error: &ProgramErrors,
) -> fmt::Result {
    let at = contract.map_or_else(String::new, |contract| format!(" at `{contract}`"));
    match error {
        ProgramErrors::ProgramNotWasm(_) => f.write_str("the code is not a Stylus program"),
        ProgramErrors::ProgramNotActivated(_) => {
            write!(f, "the program{at} is not activated on this chain")
        }
        ProgramErrors::ProgramNeedsUpgrade(e) => write!(
            f,
            "the program{at} was activated for Stylus version `{}` and must be activated again for version `{}` (`ProgramNeedsUpgrade`)",
            e.version, e.stylusVersion
        ),
        ProgramErrors::ProgramExpired(e) => write!(
            f,
            "the program{at} has expired: it was activated `{}` days ago (`ProgramExpired`)",
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

fn fmt_cache(f: &mut fmt::Formatter<'_>, error: &CacheErrors) -> fmt::Result {
    match error {
        CacheErrors::AsmTooLarge(e) => write!(
            f,
            "the program has `{}` bytes, which do not fit into a cache of `{}` bytes",
            e.asm, e.cacheSize
        ),
        CacheErrors::AlreadyCached(_) => f.write_str("the program is cached already"),
        CacheErrors::BidTooSmall(e) => write!(
            f,
            "the bid is too low for the chain's cache: it counts as `{}`, and `{}` are needed",
            e.bid, e.min
        ),
        CacheErrors::BidsArePaused(_) => f.write_str("the chain's cache takes no bids now"),
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

/// Seconds in the largest unit that takes them whole.
fn duration(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min")];
    let whole = units
        .into_iter()
        .find(|(unit, _)| seconds != 0 && seconds.is_multiple_of(*unit));
    let (unit, name) = whole.unwrap_or((1, "s"));
    format!("{} {name}", seconds / unit)
}
