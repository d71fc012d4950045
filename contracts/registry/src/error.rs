//! The registry's refusals: the errors of `IRegistry`, and calldata that is none of its calls.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolError as _;
use patientport_abi::IRegistry as abi;
use patientport_kit::{Malformed, Out, selector};

/// Why the registry refuses. The interface says what each means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs, reason = "fields and meanings are the interface's")]
pub enum Error {
    /// Not an encoding of one of the registry's calls; reverts without data.
    Malformed,
    OwnableUnauthorizedAccount(Address),
    OwnableInvalidOwner(Address),
    UnauthorizedAttester(Address),
    InvalidAttester(Address),
    TooManyAttesters,
    UnknownProvider(Address),
    ProviderAlreadyRegistered(Address),
    ProviderNotActive {
        provider: Address,
        status: u8,
    },
    TooManyProviders,
    UnverifiedProvider(Address),
    InvalidKind(u8),
    InvalidNpi(u64),
    NpiTaken {
        npi: u64,
        holder: Address,
    },
    InvalidKey {
        x: B256,
        parity: u8,
    },
    InvalidProfileLength {
        given: u32,
        max: u32,
    },
    AttestationMismatch(Address),
    InvalidAttestationEnd {
        given: u64,
        earliest: u64,
        latest: u64,
    },
    ImplementationNotSet,
    NotAContract(Address),
    InvalidPatient(Address),
    TooManyPorts,
    IssueFailed(Address),
}

impl From<Malformed> for Error {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// The encoding of an error about an account.
#[inline(never)]
fn about(selector: u32, account: Address) -> Vec<u8> {
    let mut out = Out::with_selector(selector);
    out.account(&account);
    out.finish()
}

/// The encoding of an error of numbers.
#[inline(never)]
fn numbers(selector: u32, values: &[u64]) -> Vec<u8> {
    let mut out = Out::with_selector(selector);
    for value in values {
        out.number(*value);
    }
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
            Error::OwnableUnauthorizedAccount(account) => {
                about(id!(OwnableUnauthorizedAccount), account)
            }
            Error::OwnableInvalidOwner(owner) => about(id!(OwnableInvalidOwner), owner),
            Error::UnauthorizedAttester(account) => about(id!(UnauthorizedAttester), account),
            Error::InvalidAttester(attester) => about(id!(InvalidAttester), attester),
            Error::TooManyAttesters => numbers(id!(TooManyAttesters), &[]),
            Error::UnknownProvider(provider) => about(id!(UnknownProvider), provider),
            Error::ProviderAlreadyRegistered(provider) => {
                about(id!(ProviderAlreadyRegistered), provider)
            }
            Error::ProviderNotActive { provider, status } => {
                let mut out = Out::with_selector(id!(ProviderNotActive));
                out.account(&provider).number(status.into());
                out.finish()
            }
            Error::TooManyProviders => numbers(id!(TooManyProviders), &[]),
            Error::UnverifiedProvider(provider) => about(id!(UnverifiedProvider), provider),
            Error::InvalidKind(kind) => numbers(id!(InvalidKind), &[kind.into()]),
            Error::InvalidNpi(npi) => numbers(id!(InvalidNpi), &[npi]),
            Error::NpiTaken { npi, holder } => {
                let mut out = Out::with_selector(id!(NpiTaken));
                out.number(npi).account(&holder);
                out.finish()
            }
            Error::InvalidKey { x, parity } => {
                let mut out = Out::with_selector(id!(InvalidKey));
                out.word(&x.0).number(parity.into());
                out.finish()
            }
            Error::InvalidProfileLength { given, max } => {
                numbers(id!(InvalidProfileLength), &[given.into(), max.into()])
            }
            Error::AttestationMismatch(provider) => about(id!(AttestationMismatch), provider),
            Error::InvalidAttestationEnd {
                given,
                earliest,
                latest,
            } => numbers(id!(InvalidAttestationEnd), &[given, earliest, latest]),
            Error::ImplementationNotSet => numbers(id!(ImplementationNotSet), &[]),
            Error::NotAContract(account) => about(id!(NotAContract), account),
            Error::InvalidPatient(patient) => about(id!(InvalidPatient), patient),
            Error::TooManyPorts => numbers(id!(TooManyPorts), &[]),
            Error::IssueFailed(port) => about(id!(IssueFailed), port),
        }
    }
}
