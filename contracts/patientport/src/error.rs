//! The port's refusals: the errors of `IPatientPort`, and calldata that is none of its calls.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolError as _;
use patientport_abi::IPatientPort as abi;
use patientport_kit::{Malformed, Out, selector};

/// Why the port refuses. The interface says what each means.
#[derive(Clone, Debug, Eq, PartialEq)]
#[allow(missing_docs, reason = "fields and meanings are the interface's")]
pub enum Error {
    /// Not an encoding of one of the port's calls; reverts without data.
    Malformed,
    Unauthorized(Address),
    NotAPort,
    AlreadyClaimed,
    NotClaimed,
    UnverifiedProvider(Address),
    RegistryUnavailable(Address),
    StaleEpoch {
        section: u8,
        given: u32,
        current: u32,
    },
    SectionNotOpen(u8),
    InvalidSections(u64),
    LengthMismatch {
        given: u32,
        expected: u32,
    },
    InvalidKey {
        x: B256,
        parity: u8,
    },
    InvalidAddress(Address),
    InvalidMessageLength {
        given: u32,
        max: u32,
    },
    TooManyRecipients {
        given: u32,
        max: u32,
    },
    InvalidRecordCount {
        given: u32,
        max: u32,
    },
    UnknownRecord(u32),
    RecordNotCurrent {
        record: u32,
        state: u8,
    },
    InvalidCommitment,
    InvalidPart(u8),
    UnknownRequest(u32),
    RequestNotPending {
        request: u32,
        state: u8,
    },
    TooManyPendingRequests {
        requester: Address,
        max: u8,
    },
    RequesterBlocked(Address),
    InvalidExpiry {
        given: u64,
        earliest: u64,
        latest: u64,
    },
    InvalidRights(u8),
    InvalidReason(u8),
    InvalidReader(Address),
    NoLiveGrant(Address),
    TooManyHolders(u8),
    InvalidEmergencyState {
        responder: Address,
        state: u8,
    },
    InvalidDuration {
        given: u64,
        max: u64,
    },
    InvalidCustodian(u8),
    InvalidSignature,
    InvalidNonce {
        given: u64,
        expected: u64,
    },
    SignatureExpired(u64),
    Exhausted,
    /// What the call made for the owner by [`execute`](abi::executeCall) reverts with, as it is.
    Inner(Vec<u8>),
}

impl From<Malformed> for Error {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// The encoding of an error of one or more numbers.
#[inline(never)]
fn numbers(selector: u32, values: &[u64]) -> Vec<u8> {
    let mut out = Out::with_selector(selector);
    for value in values {
        out.number(*value);
    }
    out.finish()
}

/// The encoding of an error about an account.
#[inline(never)]
fn about(selector: u32, account: Address) -> Vec<u8> {
    let mut out = Out::with_selector(selector);
    out.account(&account);
    out.finish()
}

/// The encoding of an error about an account and a small number.
#[inline(never)]
fn about_and_number(selector: u32, account: Address, number: u8) -> Vec<u8> {
    let mut out = Out::with_selector(selector);
    out.account(&account).number(number.into());
    out.finish()
}

impl From<Error> for Vec<u8> {
    #[inline(never)]
    fn from(error: Error) -> Self {
        macro_rules! id {
            ($error:ident) => {
                const { selector(abi::$error::SELECTOR) }
            };
        }
        match error {
            Error::Malformed => Self::new(),
            Error::Unauthorized(caller) => about(id!(Unauthorized), caller),
            Error::NotAPort => numbers(id!(NotAPort), &[]),
            Error::AlreadyClaimed => numbers(id!(AlreadyClaimed), &[]),
            Error::NotClaimed => numbers(id!(NotClaimed), &[]),
            Error::UnverifiedProvider(provider) => about(id!(UnverifiedProvider), provider),
            Error::RegistryUnavailable(registry) => about(id!(RegistryUnavailable), registry),
            Error::StaleEpoch {
                section,
                given,
                current,
            } => numbers(
                id!(StaleEpoch),
                &[section.into(), given.into(), current.into()],
            ),
            Error::SectionNotOpen(section) => numbers(id!(SectionNotOpen), &[section.into()]),
            Error::InvalidSections(sections) => numbers(id!(InvalidSections), &[sections]),
            Error::LengthMismatch { given, expected } => {
                numbers(id!(LengthMismatch), &[given.into(), expected.into()])
            }
            Error::InvalidKey { x, parity } => {
                let mut out = Out::with_selector(id!(InvalidKey));
                out.word(&x.0).number(parity.into());
                out.finish()
            }
            Error::InvalidAddress(account) => about(id!(InvalidAddress), account),
            Error::InvalidMessageLength { given, max } => {
                numbers(id!(InvalidMessageLength), &[given.into(), max.into()])
            }
            Error::TooManyRecipients { given, max } => {
                numbers(id!(TooManyRecipients), &[given.into(), max.into()])
            }
            Error::InvalidRecordCount { given, max } => {
                numbers(id!(InvalidRecordCount), &[given.into(), max.into()])
            }
            Error::UnknownRecord(record) => numbers(id!(UnknownRecord), &[record.into()]),
            Error::RecordNotCurrent { record, state } => {
                numbers(id!(RecordNotCurrent), &[record.into(), state.into()])
            }
            Error::InvalidCommitment => numbers(id!(InvalidCommitment), &[]),
            Error::InvalidPart(part) => numbers(id!(InvalidPart), &[part.into()]),
            Error::UnknownRequest(request) => numbers(id!(UnknownRequest), &[request.into()]),
            Error::RequestNotPending { request, state } => {
                numbers(id!(RequestNotPending), &[request.into(), state.into()])
            }
            Error::TooManyPendingRequests { requester, max } => {
                about_and_number(id!(TooManyPendingRequests), requester, max)
            }
            Error::RequesterBlocked(requester) => about(id!(RequesterBlocked), requester),
            Error::InvalidExpiry {
                given,
                earliest,
                latest,
            } => numbers(id!(InvalidExpiry), &[given, earliest, latest]),
            Error::InvalidRights(rights) => numbers(id!(InvalidRights), &[rights.into()]),
            Error::InvalidReason(reason) => numbers(id!(InvalidReason), &[reason.into()]),
            Error::InvalidReader(reader) => about(id!(InvalidReader), reader),
            Error::NoLiveGrant(reader) => about(id!(NoLiveGrant), reader),
            Error::TooManyHolders(max) => numbers(id!(TooManyHolders), &[max.into()]),
            Error::InvalidEmergencyState { responder, state } => {
                about_and_number(id!(InvalidEmergencyState), responder, state)
            }
            Error::InvalidDuration { given, max } => numbers(id!(InvalidDuration), &[given, max]),
            Error::InvalidCustodian(index) => numbers(id!(InvalidCustodian), &[index.into()]),
            Error::InvalidSignature => numbers(id!(InvalidSignature), &[]),
            Error::InvalidNonce { given, expected } => {
                numbers(id!(InvalidNonce), &[given, expected])
            }
            Error::SignatureExpired(deadline) => numbers(id!(SignatureExpired), &[deadline]),
            Error::Exhausted => numbers(id!(Exhausted), &[]),
            Error::Inner(data) => data,
        }
    }
}
