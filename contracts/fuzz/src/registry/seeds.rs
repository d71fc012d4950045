//! Scripts in which every function of the registry succeeds.

use alloy_primitives::{Address, B256, Bytes, FixedBytes, keccak256};
use alloy_sol_types::SolCall;
use patientport_abi::limits;

use super::{
    worlds::{BRINK, EMPTY, LIVED, OPEN},
    *,
};
use crate::seeds::{Seed, Story};

pub(super) const START: u64 = 1_800_000_000;
const YEAR: u64 = 365 * 24 * 60 * 60;
pub(super) const NPI: u64 = 1_234_567_893;
const OTHER_NPI: u64 = 1_993_999_998;
const IDENTITY: &[u8] = br#"{"name":"Clinic"}"#;

pub(super) fn register(npi: u64) -> abi::registerProviderCall {
    abi::registerProviderCall {
        kind: 2,
        npi,
        keyX: B256::repeat_byte(7),
        keyParity: 1,
        identityProfile: Bytes::from_static(IDENTITY),
        contactProfile: Bytes::from_static(br#"{"endpoint":"https://blobs.example.org/a/b"}"#),
    }
}

pub(super) fn attest(provider: Address, npi: u64) -> abi::attestCall {
    abi::attestCall {
        provider,
        npi,
        kind: 2,
        identityProfileHash: keccak256(IDENTITY),
        until: START + YEAR,
    }
}

fn lived(from: Address, call: &impl SolCall) -> Seed {
    story(LIVED).call(from, call).told()
}

fn story(world: u8) -> Story<Registry> {
    Story::new(world)
}

/// A script for each function, and some in which several are called.
pub(crate) fn all() -> Vec<Seed> {
    let mut seeds = functions();
    seeds.extend(views());
    seeds.extend(stories());
    seeds
}

fn functions() -> Vec<Seed> {
    vec![
        story(EMPTY)
            .raw(STRANGER, construct(OWNER))
            .named("constructor"),
        story(OPEN)
            .call(OWNER, &abi::transferOwnershipCall { newOwner: STRANGER })
            .told(),
        lived(HEIR, &abi::acceptOwnershipCall {}),
        lived(OWNER, &abi::addAttesterCall { attester: STRANGER }),
        lived(OWNER, &abi::removeAttesterCall { attester: ATTESTER }),
        lived(
            OWNER,
            &abi::setPortImplementationCall {
                implementation: NEXT_IMPLEMENTATION,
            },
        ),
        lived(STRANGER, &register(OTHER_NPI)),
        lived(
            CLINIC,
            &abi::setIdentityProfileCall {
                kind: 7,
                npi: OTHER_NPI,
                identityProfile: Bytes::from_static(b"{}"),
            },
        ),
        lived(
            CLINIC,
            &abi::setContactProfileCall {
                contactProfile: Bytes::from_static(&[b'x'; 40]),
            },
        ),
        lived(
            LAB,
            &abi::setEncryptionKeyCall {
                keyX: B256::repeat_byte(8),
                keyParity: 0,
            },
        ),
        lived(ATTESTER, &attest(LAB, 0)),
        lived(ATTESTER, &abi::suspendCall { provider: CLINIC }),
        lived(
            OWNER,
            &abi::reinstateCall {
                provider: SUSPENDED,
            },
        ),
        lived(LAB, &abi::retireCall {}),
        lived(CLINIC, &abi::issueCall { patient: PATIENT }),
    ]
}

fn views() -> Vec<Seed> {
    let issued = worlds::all()[usize::from(LIVED)]
        .code
        .iter()
        .find(|(_, code)| code.len() == patientport_kit::CLONE_BYTES);
    let (port, _) = issued.expect("a port was issued");
    vec![
        lived(
            STRANGER,
            &abi::supportsInterfaceCall {
                interfaceId: FixedBytes([0x01, 0xff, 0xc9, 0xa7]),
            },
        ),
        lived(STRANGER, &abi::ownerCall {}),
        lived(STRANGER, &abi::pendingOwnerCall {}),
        lived(STRANGER, &abi::isAttesterCall { account: ATTESTER }),
        lived(STRANGER, &abi::attestersCall { from: 0, limit: 9 }),
        lived(STRANGER, &abi::portImplementationCall {}),
        lived(STRANGER, &abi::providerCall { account: CLINIC }),
        lived(STRANGER, &abi::isVerifiedCall { account: CLINIC }),
        lived(STRANGER, &abi::providerByNpiCall { npi: NPI }),
        lived(STRANGER, &abi::providerCountCall {}),
        lived(
            STRANGER,
            &abi::providersCall {
                before: LAB,
                limit: 9,
            },
        ),
        lived(STRANGER, &abi::isPortCall { account: *port }),
    ]
}

fn stories() -> Vec<Seed> {
    let implementation = IMPLEMENTATION;
    vec![
        // From nothing to a port.
        story(EMPTY)
            .raw(STRANGER, construct(OWNER))
            .call(OWNER, &abi::addAttesterCall { attester: ATTESTER })
            .call(OWNER, &abi::setPortImplementationCall { implementation })
            .call(CLINIC, &register(NPI))
            .call(ATTESTER, &attest(CLINIC, NPI))
            .call(CLINIC, &abi::issueCall { patient: PATIENT })
            .call(CLINIC, &abi::issueCall { patient: UNLUCKY })
            .named("life"),
        // A number is free once its holder is no longer verified.
        story(LIVED)
            .call(STRANGER, &register(NPI))
            .call(ATTESTER, &attest(STRANGER, NPI))
            .call(CLINIC, &abi::retireCall {})
            .call(ATTESTER, &attest(STRANGER, NPI))
            .named("number"),
        // An attestation ends.
        story(LIVED)
            .wait(7)
            .call(CLINIC, &abi::issueCall { patient: PATIENT })
            .named("expiry"),
        // One byte too many.
        story(LIVED)
            .call(
                LAB,
                &abi::setContactProfileCall {
                    contactProfile: vec![1; limits::MAX_PROFILE_BYTES as usize + 1].into(),
                },
            )
            .named("long-profile"),
        story(BRINK)
            .call(OWNER, &abi::addAttesterCall { attester: STRANGER })
            .call(OWNER, &abi::addAttesterCall { attester: CLINIC })
            .call(STRANGER, &register(0))
            .call(HEIR, &register(0))
            .call(CLINIC, &abi::issueCall { patient: PATIENT })
            .call(CLINIC, &abi::issueCall { patient: PATIENT })
            .named("brink"),
    ]
}
