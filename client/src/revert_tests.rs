use std::collections::BTreeSet;

use alloy::primitives::{B256, address, keccak256};
use patientport_core::abi::{IPatientPort as port, IRegistry as registry};

use super::*;

const WHO: Address = address!("00000000000000000000000000000000000000aa");

fn revert(calldata: &[u8], data: &[u8]) -> Revert {
    Revert::decode(Some(Address::ZERO), calldata, data)
}

fn plain(error: &impl SolError) -> Revert {
    revert(&[], &error.abi_encode())
}

#[test]
fn every_error_of_a_port_has_its_code_and_sentence() {
    let cases: Vec<(Revert, &str, &str)> = vec![
        (
            plain(&port::Unauthorized { caller: WHO }),
            "access.denied",
            "`0x00000000000000000000000000000000000000AA` has no right to do this",
        ),
        (
            plain(&port::NotAPort {}),
            "port.not_a_port",
            "what was called is the code that ports run, or no port of a registry",
        ),
        (
            plain(&port::AlreadyClaimed {}),
            "port.already_claimed",
            "the port is claimed already",
        ),
        (
            plain(&port::NotClaimed {}),
            "port.not_claimed",
            "the port is not claimed yet: its patient must accept it first",
        ),
        (
            plain(&port::UnverifiedProvider { provider: WHO }),
            "provider.unverified",
            "`0x00000000000000000000000000000000000000AA` is not a verified provider: no attestation of it is in force",
        ),
        (
            plain(&port::RegistryUnavailable { registry: WHO }),
            "registry.unavailable",
            "the registry `0x00000000000000000000000000000000000000AA` did not answer the port",
        ),
        (
            plain(&port::StaleEpoch {
                section: 3,
                given: 1,
                current: 2,
            }),
            "section.stale_epoch",
            "the key of section `3` has changed: this was made for epoch `1`, the section is at epoch `2`",
        ),
        (
            plain(&port::SectionNotOpen { section: 3 }),
            "section.not_open",
            "section `3` is not open",
        ),
        (
            plain(&port::InvalidSections { sections: 0 }),
            "section.invalid",
            "no section was named",
        ),
        (
            plain(&port::InvalidSections { sections: 6 }),
            "section.invalid",
            "`0x6` is not a set of sections that fits here",
        ),
        (
            plain(&port::LengthMismatch {
                given: 1,
                expected: 2,
            }),
            "call.length_mismatch",
            "a list holds `1` entries where `2` belong",
        ),
        (
            plain(&port::InvalidKey {
                x: B256::ZERO,
                parity: 2,
            }),
            "key.invalid",
            "`0x0000000000000000000000000000000000000000000000000000000000000000` with parity `2` is not a public key",
        ),
        (
            plain(&port::InvalidAddress {
                account: Address::ZERO,
            }),
            "call.invalid_address",
            "the address `0x0000000000000000000000000000000000000000` cannot stand here",
        ),
        (
            plain(&port::InvalidMessageLength {
                given: 9000,
                max: 8192,
            }),
            "message.invalid_length",
            "a sealed message has `9000` bytes; 1 to `8192` are allowed",
        ),
        (
            plain(&port::TooManyRecipients { given: 18, max: 17 }),
            "section.too_many_recipients",
            "`18` recipients in one transaction; at most `17` fit",
        ),
        (
            plain(&port::InvalidRecordCount { given: 17, max: 16 }),
            "record.invalid_count",
            "`17` records at once; 1 to `16` are allowed",
        ),
        (
            plain(&port::UnknownRecord { recordId: 7 }),
            "record.unknown",
            "the port has no record `7`",
        ),
        (
            plain(&port::RecordNotCurrent {
                recordId: 7,
                state: 2,
            }),
            "record.not_current",
            "record `7` is not current any more: it is retracted",
        ),
        (
            plain(&port::InvalidCommitment {}),
            "record.invalid_commitment",
            "the commitment is empty",
        ),
        (
            plain(&port::InvalidPart { part: 2 }),
            "record.invalid_part",
            "`2` is neither a record's head nor its body",
        ),
        (
            plain(&port::UnknownRequest { requestId: 7 }),
            "request.unknown",
            "the port has no request `7`",
        ),
        (
            plain(&port::RequestNotPending {
                requestId: 7,
                state: 5,
            }),
            "request.not_pending",
            "request `7` is not pending any more: it has lapsed",
        ),
        (
            plain(&port::RequestNotPending {
                requestId: 7,
                state: 6,
            }),
            "request.not_pending",
            "`7` is no request: the number stands for somebody who did not ask",
        ),
        (
            plain(&port::RequesterBlocked { requester: WHO }),
            "request.blocked",
            "the patient takes no requests of `0x00000000000000000000000000000000000000AA`",
        ),
        (
            plain(&port::TooManyPendingRequests {
                requester: WHO,
                max: 8,
            }),
            "request.too_many_pending",
            "`0x00000000000000000000000000000000000000AA` has `8` pending requests at this port already, which is the limit",
        ),
        (
            plain(&port::InvalidExpiry {
                given: 0,
                earliest: 1,
                latest: 86_400,
            }),
            "access.invalid_expiry",
            "access cannot end at 1970-01-01T00:00:00Z: the port allows 1970-01-01T00:00:01Z to 1970-01-02T00:00:00Z",
        ),
        (
            plain(&port::InvalidRights { rights: 4 }),
            "access.invalid_rights",
            "`4` is no combination of the rights to read and to write",
        ),
        (
            plain(&port::InvalidReason { reason: 9 }),
            "call.invalid_reason",
            "`9` is not a reason code",
        ),
        (
            plain(&port::InvalidReader { reader: WHO }),
            "access.invalid_reader",
            "`0x00000000000000000000000000000000000000AA` is the port's patient, a delegate whom no delegate can give to, or not whom the request is for",
        ),
        (
            plain(&port::NoLiveGrant { reader: WHO }),
            "access.no_live_grant",
            "`0x00000000000000000000000000000000000000AA` has no such access in force",
        ),
        (
            plain(&port::TooManyHolders { max: 128 }),
            "access.too_many_holders",
            "the port has `128` readers, delegates and responders already, which is the limit",
        ),
        (
            plain(&port::InvalidEmergencyState {
                responder: WHO,
                state: 2,
            }),
            "emergency.wrong_state",
            "emergency access of `0x00000000000000000000000000000000000000AA` was taken and its delay runs",
        ),
        (
            plain(&port::InvalidDuration {
                given: 700_000,
                max: 604_800,
            }),
            "emergency.invalid_duration",
            "`700000 s` is too long or too short: at most `7 d` is allowed, and a window has at least 1 s",
        ),
        (
            plain(&port::InvalidCustodian { index: 3 }),
            "emergency.invalid_custodian",
            "there is no custodian `3`: they are numbered 0 to 2",
        ),
        (
            plain(&port::InvalidSignature {}),
            "signature.invalid",
            "the signature is not the patient's for this call",
        ),
        (
            plain(&port::InvalidNonce {
                given: 3,
                expected: 4,
            }),
            "signature.wrong_nonce",
            "the signed call carries the nonce `3` and the port expects `4`: it was sent, or replaced, before",
        ),
        (
            plain(&port::SignatureExpired { deadline: 86_400 }),
            "signature.expired",
            "the signed call could be sent until 1970-01-02T00:00:00Z",
        ),
        (
            plain(&port::Exhausted {}),
            "port.exhausted",
            "the port can count no further",
        ),
    ];
    check(&cases, PortErrors::COUNT);
}

#[test]
fn every_error_of_the_registry_has_its_code_and_sentence() {
    let cases: Vec<(Revert, &str, &str)> = vec![
        (
            plain(&registry::OwnableUnauthorizedAccount { account: WHO }),
            "access.denied",
            "`0x00000000000000000000000000000000000000AA` has no right to do this",
        ),
        (
            plain(&registry::OwnableInvalidOwner {
                owner: Address::ZERO,
            }),
            "registry.invalid_owner",
            "`0x0000000000000000000000000000000000000000` cannot own the registry",
        ),
        (
            plain(&registry::UnauthorizedAttester { account: WHO }),
            "access.denied",
            "`0x00000000000000000000000000000000000000AA` has no right to do this",
        ),
        (
            plain(&registry::InvalidAttester {
                attester: Address::ZERO,
            }),
            "registry.invalid_attester",
            "`0x0000000000000000000000000000000000000000` cannot be an attester",
        ),
        (
            plain(&registry::TooManyAttesters {}),
            "registry.too_many_attesters",
            "the registry has had as many attesters as it can have",
        ),
        (
            plain(&registry::TooManyProviders {}),
            "registry.too_many_providers",
            "the registry has as many providers as it can have",
        ),
        (
            plain(&registry::TooManyPorts {}),
            "registry.too_many_ports",
            "the registry has issued as many ports as it can",
        ),
        (
            plain(&registry::UnknownProvider { provider: WHO }),
            "provider.unknown",
            "no provider is registered under `0x00000000000000000000000000000000000000AA`",
        ),
        (
            plain(&registry::ProviderAlreadyRegistered { provider: WHO }),
            "provider.already_registered",
            "`0x00000000000000000000000000000000000000AA` is registered as a provider already",
        ),
        (
            plain(&registry::ProviderNotActive {
                provider: WHO,
                status: 3,
            }),
            "provider.not_active",
            "the provider `0x00000000000000000000000000000000000000AA` is suspended",
        ),
        (
            plain(&registry::UnverifiedProvider { provider: WHO }),
            "provider.unverified",
            "`0x00000000000000000000000000000000000000AA` is not a verified provider: no attestation of it is in force",
        ),
        (
            plain(&registry::InvalidKind { kind: 8 }),
            "provider.invalid_kind",
            "`8` is not a kind of provider",
        ),
        (
            plain(&registry::InvalidNpi { npi: 12 }),
            "provider.invalid_npi",
            "`12` is not a National Provider Identifier",
        ),
        (
            plain(&registry::NpiTaken {
                npi: 1_234_567_893,
                holder: WHO,
            }),
            "provider.npi_taken",
            "the National Provider Identifier `1234567893` is attested for `0x00000000000000000000000000000000000000AA`",
        ),
        (
            plain(&registry::InvalidKey {
                x: B256::ZERO,
                parity: 0,
            }),
            "key.invalid",
            "`0x0000000000000000000000000000000000000000000000000000000000000000` with parity `0` is not a public key",
        ),
        (
            plain(&registry::InvalidProfileLength {
                given: 2000,
                max: 1024,
            }),
            "provider.invalid_profile_length",
            "a profile has `2000` bytes; 1 to `1024` are allowed",
        ),
        (
            plain(&registry::AttestationMismatch { provider: WHO }),
            "attestation.mismatch",
            "the provider `0x00000000000000000000000000000000000000AA` has changed its kind, number or profile since they were looked at",
        ),
        (
            plain(&registry::InvalidAttestationEnd {
                given: 0,
                earliest: 1,
                latest: 2,
            }),
            "attestation.invalid_end",
            "an attestation cannot end at 1970-01-01T00:00:00Z: the registry allows 1970-01-01T00:00:01Z to 1970-01-01T00:00:02Z",
        ),
        (
            plain(&registry::ImplementationNotSet {}),
            "registry.implementation_not_set",
            "the registry has no port implementation yet: its owner must set one",
        ),
        (
            plain(&registry::NotAContract { account: WHO }),
            "registry.not_a_contract",
            "there is no contract at `0x00000000000000000000000000000000000000AA`",
        ),
        (
            plain(&registry::InvalidPatient {
                patient: Address::ZERO,
            }),
            "port.invalid_patient",
            "`0x0000000000000000000000000000000000000000` cannot be a patient",
        ),
        (
            plain(&registry::IssueFailed { port: WHO }),
            "port.issue_failed",
            "the port `0x00000000000000000000000000000000000000AA` could not be created",
        ),
    ];
    check(&cases, RegistryErrors::COUNT);
}

/// Compares code and sentence, and that no error of the interface was forgotten.
fn check(cases: &[(Revert, &str, &str)], count: usize) {
    let mut seen = BTreeSet::new();
    for (revert, code, sentence) in cases {
        assert_eq!(revert.to_string(), *sentence);
        assert_eq!(revert.code(), *code, "{sentence}");
        seen.insert(match &revert.reason {
            Reason::Port(error) => error.selector(),
            Reason::Registry(error) => error.selector(),
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(
        seen.len(),
        count,
        "an error of the interface has no case here"
    );
}

#[test]
fn a_denial_names_the_role_that_is_missing() {
    let denied = port::Unauthorized { caller: WHO }.abi_encode();
    let at_port = |call: [u8; 4]| revert(&call, &denied).to_string();
    assert_eq!(
        at_port(port::claimCall::SELECTOR),
        "only the port's patient may `claim`, and `0x00000000000000000000000000000000000000AA` is not"
    );
    for (selector, role) in [
        (port::denyCall::SELECTOR, "with the right to approve"),
        (port::revokeCall::SELECTOR, "with the right to revoke"),
        (port::rotateCall::SELECTOR, "with the right to rotate"),
        (
            port::vetoCall::SELECTOR,
            "right to approve or to revoke, may",
        ),
        (port::addCall::SELECTOR, "reader with the write right"),
        (port::supersedeCall::SELECTOR, "the record's author"),
        (port::cancelCall::SELECTOR, "the requester"),
        (port::releaseCall::SELECTOR, "a custodian"),
        (port::setDelegateCall::SELECTOR, "only the port's patient"),
    ] {
        assert!(at_port(selector).contains(role), "{}", at_port(selector));
    }
    let denied = registry::OwnableUnauthorizedAccount { account: WHO }.abi_encode();
    let at_registry = |call: [u8; 4]| revert(&call, &denied).to_string();
    for (selector, role) in [
        (registry::attestCall::SELECTOR, "an attester"),
        (
            registry::setPortImplementationCall::SELECTOR,
            "the registry's owner",
        ),
        (registry::acceptOwnershipCall::SELECTOR, "pending owner"),
    ] {
        assert!(
            at_registry(selector).contains(role),
            "{}",
            at_registry(selector)
        );
    }
    // Both contracts have it, with the same selector; the error tells which refused.
    let selector = port::transferOwnershipCall::SELECTOR;
    assert_eq!(selector, registry::transferOwnershipCall::SELECTOR);
    assert!(at_port(selector).contains("only the port's patient may `transferOwnership`"));
    assert!(at_registry(selector).contains("only the registry's owner may `transferOwnership`"));
}

#[test]
fn rights_that_do_not_exist_are_told_for_delegates_and_readers() {
    let refused = port::InvalidRights { rights: 16 }.abi_encode();
    assert_eq!(
        revert(&port::setDelegateCall::SELECTOR, &refused).to_string(),
        "`16` is no combination of a delegate's rights"
    );
}

#[test]
fn every_function_that_changes_a_port_has_its_name() {
    let source = include_str!("../../contracts/abi/abi/IPatientPort.sol");
    for line in source.lines().map(str::trim) {
        let Some(declared) = line.strip_prefix("function ") else {
            continue;
        };
        let name = declared.split('(').next().unwrap_or_default();
        let is_view = declared.contains(" view ");
        let known = NAMES.iter().any(|(_, known)| *known == name);
        assert_eq!(known, !is_view, "{name}");
    }
}

#[test]
fn refusals_of_a_cache_manager_are_decoded() {
    let cases: [(Revert, &str, &str); 4] = [
        (
            plain(&ICacheManagerErrors::AsmTooLarge {
                asm: U256::from(9),
                queueSize: U256::from(1),
                cacheSize: U256::from(8),
            }),
            "cache.too_large",
            "the program has `9` bytes, which do not fit into a cache of `8` bytes",
        ),
        (
            plain(&ICacheManagerErrors::AlreadyCached {
                codehash: B256::ZERO,
            }),
            "cache.cached_already",
            "the program is cached already",
        ),
        (
            plain(&ICacheManagerErrors::BidTooSmall {
                bid: alloy::primitives::aliases::U192::from(3),
                min: alloy::primitives::aliases::U192::from(4),
            }),
            "cache.bid_too_small",
            "the bid is too low for the chain's cache: it counts as `3`, and `4` are needed",
        ),
        (
            plain(&ICacheManagerErrors::BidsArePaused {}),
            "cache.paused",
            "the chain's cache takes no bids now",
        ),
    ];
    for (revert, code, sentence) in cases {
        assert_eq!(
            (revert.code(), revert.to_string().as_str()),
            (code, sentence)
        );
    }
}

#[test]
fn errors_of_the_machinery_are_decoded() {
    for (error, code) in [
        ("ProgramNotWasm()", "program.not_wasm"),
        ("ProgramNotActivated()", "program.not_activated"),
        ("ProgramUpToDate()", "program.up_to_date"),
    ] {
        assert_eq!(revert(&[], &keccak256(error)[..4]).code(), code);
    }
    let expired = IArbWasmErrors::ProgramExpired {
        ageInSeconds: 86_400 * 366,
    };
    assert_eq!(plain(&expired).code(), "program.expired");
    assert_eq!(
        plain(&expired).to_string(),
        "the program at `0x0000000000000000000000000000000000000000` has expired: it was activated `366` days ago (`ProgramExpired`)"
    );
    let upgrade = IArbWasmErrors::ProgramNeedsUpgrade {
        version: 1,
        stylusVersion: 2,
    };
    assert_eq!(plain(&upgrade).code(), "program.needs_upgrade");
    let soon = IArbWasmErrors::ProgramKeepaliveTooSoon {
        ageInSeconds: 86_400,
    };
    assert_eq!(plain(&soon).code(), "program.keepalive_too_soon");
    let value = IArbWasmErrors::ProgramInsufficientValue {
        have: U256::ZERO,
        want: U256::from(7),
    };
    assert_eq!(plain(&value).code(), "program.insufficient_value");
    assert_eq!(
        plain(&value).to_string(),
        "activating the program costs `7` wei and `0` wei were sent"
    );
}

#[test]
fn a_constructors_refusal_is_told_instead_of_the_deployers() {
    let inner = registry::OwnableInvalidOwner {
        owner: Address::ZERO,
    }
    .abi_encode();
    let outer = IStylusDeployerErrors::ContractInitializationError {
        newContract: WHO,
        data: inner.into(),
    };
    assert_eq!(plain(&outer).code(), "registry.invalid_owner");
    let nested = IStylusDeployerErrors::ContractInitializationError {
        newContract: WHO,
        data: outer.abi_encode().into(),
    };
    assert_eq!(plain(&nested).code(), "deploy.refused");
}

#[test]
fn what_is_no_known_error_is_told_as_such_and_safely() {
    assert_eq!(revert(&[], &[]).code(), "contract.reverted_silently");
    let text = ReasonString {
        reason: "a\u{1b}[31m\nb".into(),
    }
    .abi_encode();
    assert_eq!(revert(&[], &text).code(), "contract.reverted");
    assert_eq!(
        revert(&[], &text).to_string(),
        "the contract refused: `a\\u{1b}[31m\\nb`"
    );
    let panic = Panic {
        code: U256::from(0x11),
    }
    .abi_encode();
    assert_eq!(revert(&[], &panic).code(), "contract.panicked");
    for data in [vec![1], vec![1, 2, 3, 4], vec![0xff; 1_000]] {
        let revert = revert(&[], &data);
        assert_eq!(revert.code(), "contract.unknown_error");
        assert!(revert.to_string().len() < 200);
    }
    // A known selector with damaged arguments is not trusted.
    let mut damaged = port::Unauthorized { caller: WHO }.abi_encode();
    damaged.pop();
    assert_eq!(revert(&[], &damaged).code(), "contract.unknown_error");
    let name = function_name(&port::addCall::SELECTOR);
    assert_eq!((name, function_name(&[1, 2, 3])), (Some("add"), None));
    assert_eq!(Revert::decode(None, &[], &[]).contract, None);
}
