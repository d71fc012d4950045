#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
use std::collections::BTreeSet;

use alloy::sol_types::SolCall as _;
use patientport_abi::IRegistry::IRegistryCalls;
use patientport_abi::{IPatientPort, IRegistry};

use super::*;

/// Calldata with every argument zero or empty, by the words of the ABI alone: heads of static arguments are zero, and
/// so are the offsets of dynamic ones, which no canonical encoding has. So each is built from its own type.
macro_rules! calls {
    ($interface:ident: $($call:ident { $($field:ident: $value:expr),* }),* $(,)?) => {
        vec![$($interface::$call { $($field: $value),* }.abi_encode()),*]
    };
}

fn rotation() -> IPatientPort::Rotation {
    IPatientPort::Rotation {
        sections: 0b1001,
        epochs: vec![4, 5],
        keys: vec![B256::repeat_byte(1), B256::repeat_byte(2)],
        parities: 0b1000,
        links: Bytes::from_static(b"links"),
        sealed_: vec![IPatientPort::Sealed {
            recipient: Address::repeat_byte(3),
            message: Bytes::from_static(b"sealed"),
        }],
    }
}

fn port_calls() -> Vec<Vec<u8>> {
    let a = Address::repeat_byte(7);
    let b = B256::repeat_byte(8);
    let bytes = || Bytes::from_static(b"bytes");
    calls!(IPatientPort:
        claimCall { keyX: b, keyParity: 1, rotation: rotation() },
        setEncryptionKeyCall { keyX: b, keyParity: 1, rotation: rotation() },
        transferOwnershipCall { newOwner: a },
        acceptOwnershipCall {},
        setPrimaryCareCall { provider: a },
        rotateCall { rotation: rotation() },
        resealCall { sections: 1, epochs: vec![1], sealed_: rotation().sealed_ },
        addCall { commitment: b, section: 1, epoch: 2 },
        supersedeCall { recordId: 1, commitment: b, epoch: 2 },
        retractCall { recordId: 1, reason: 1 },
        publishCall { recordId: 1, part: 1, piece: 2, data: bytes() },
        shareCall { reader: a, recordIds: vec![1, 2], message: bytes() },
        requestCall { recipient: a, message: bytes() },
        cancelCall { requestId: 1 },
        denyCall { requestId: 1, reason: 2, message: bytes() },
        setBlockedCall { requester: a, blocked: true },
        approveCall { requestId: 1, reader: a, sections: 3, epochs: vec![1, 2], expiry: 9, rights: 3, allowUnverified: true, message: bytes() },
        grantCall { reader: a, sections: 3, epochs: vec![1, 2], expiry: 9, rights: 1, allowUnverified: false, message: bytes() },
        revokeCall { reader: a, reason: 1, rotation: rotation() },
        setDelegateCall { delegate: a, keyX: b, keyParity: 0, rights: 0x1f, until: 9, rotation: rotation() },
        setCustodianCall { index: 1, account: a, keyX: b, keyParity: 0 },
        setResponderCall { responder: a, sections: 3, delay: 3600, window: 86_401, package: b },
        setPackageCall { responder: a, package: b },
        breakGlassCall { message: bytes() },
        vetoCall { responder: a },
        releaseCall { responder: a, message: bytes() },
        executeCall { call: bytes(), nonce: alloy::primitives::U256::from(1), deadline: 9, signature: bytes() },
        cancelSignaturesCall {},
        infoCall {},
        sectionKeysCall { sections: 1 },
        recordCall { recordId: 1 },
        recordsCall { from: 1, limit: 2 },
        getRequestCall { requestId: 1 },
        requestsCall { from: 1, limit: 2 },
        isBlockedCall { requester: a },
        holdersCall { from: 1, limit: 2 },
        holderOfCall { account: a },
        accessOfCall { reader: a },
        hasAccessCall { reader: a, section: 1 },
        custodiansCall {},
        historyHeadCall {},
        supportsInterfaceCall { interfaceId: Bytes4::repeat_byte(1) },
    )
}

fn registry_calls() -> Vec<Vec<u8>> {
    let a = Address::repeat_byte(7);
    let b = B256::repeat_byte(8);
    let bytes = || Bytes::from_static(b"{\"name\":\"Elm\"}");
    calls!(IRegistry:
        supportsInterfaceCall { interfaceId: Bytes4::repeat_byte(1) },
        ownerCall {},
        pendingOwnerCall {},
        transferOwnershipCall { newOwner: a },
        acceptOwnershipCall {},
        addAttesterCall { attester: a },
        removeAttesterCall { attester: a },
        isAttesterCall { account: a },
        attestersCall { from: 0, limit: 1 },
        setPortImplementationCall { implementation: a },
        portImplementationCall {},
        registerProviderCall { kind: 1, npi: 0, keyX: b, keyParity: 0, identityProfile: bytes(), contactProfile: bytes() },
        setIdentityProfileCall { kind: 1, npi: 5, identityProfile: bytes() },
        setContactProfileCall { contactProfile: bytes() },
        setEncryptionKeyCall { keyX: b, keyParity: 0 },
        attestCall { provider: a, npi: 1, kind: 99, identityProfileHash: b, until: 9 },
        suspendCall { provider: a },
        reinstateCall { provider: a },
        retireCall {},
        providerCall { account: a },
        isVerifiedCall { account: a },
        providerByNpiCall { npi: 1 },
        providerCountCall {},
        providersCall { before: Address::ZERO, limit: 1 },
        issueCall { patient: a },
        isPortCall { account: a },
    )
}

fn covers<I: SolInterface>(
    contract: Contract,
    calls: &[Vec<u8>],
    name: fn([u8; 4]) -> Option<&'static str>,
) {
    let expected: BTreeSet<[u8; 4]> = I::selectors().collect();
    let covered: BTreeSet<[u8; 4]> = calls
        .iter()
        .map(|call| *call.first_chunk().unwrap())
        .collect();
    assert_eq!(
        covered, expected,
        "a function of the interface is not tried"
    );
    let mut names = BTreeSet::new();
    for call in calls {
        let words = Words::read(contract, call).unwrap();
        let selector = Bytes4::from_slice(&call[..4]);
        assert_eq!(name(selector.0), Some(words.function));
        assert!(names.insert(words.function), "{} twice", words.function);
        // A static argument has one word in the head; so many lines at least tell of them.
        let arguments = (call.len() - 4) / 32;
        assert!(
            arguments == 0 || !words.lines.is_empty(),
            "{} keeps its arguments to itself",
            words.function
        );
    }
}

#[test]
fn every_function_of_both_interfaces_has_words() {
    covers::<IPatientPortCalls>(
        Contract::Port,
        &port_calls(),
        IPatientPortCalls::name_by_selector,
    );
    covers::<IRegistryCalls>(
        Contract::Registry,
        &registry_calls(),
        IRegistryCalls::name_by_selector,
    );
}

/// What differs in the calldata differs in the words, or in a length that they tell: nothing signed is left out.
#[test]
fn every_word_of_the_calldata_changes_the_words_or_is_told_by_its_length() {
    let hidden = |function: &str| {
        // Sealed messages, links, ciphertext and signatures are told by their length.
        matches!(
            function,
            "claim"
                | "setEncryptionKey"
                | "rotate"
                | "reseal"
                | "publish"
                | "share"
                | "request"
                | "deny"
                | "approve"
                | "grant"
                | "revoke"
                | "setDelegate"
                | "breakGlass"
                | "release"
                | "execute"
        )
    };
    for (contract, calls) in [
        (Contract::Port, port_calls()),
        (Contract::Registry, registry_calls()),
    ] {
        for call in calls {
            let before = Words::read(contract, &call).unwrap();
            if hidden(before.function) {
                continue;
            }
            for index in 4..call.len() {
                let mut changed = call.clone();
                changed[index] ^= 1;
                if let Ok(after) = Words::read(contract, &changed) {
                    assert_ne!(after, before, "{} byte {index}", before.function);
                }
            }
        }
    }
}

#[test]
fn only_the_one_canonical_encoding_is_read() {
    for (contract, calls) in [
        (Contract::Port, port_calls()),
        (Contract::Registry, registry_calls()),
    ] {
        for call in calls {
            for bad in [[&call[..], &[0]].concat(), [&call[..], &[0; 32]].concat()] {
                assert!(matches!(
                    Words::read(contract, &bad),
                    Err(Unreadable::NotCanonical(_))
                ));
            }
            if call.len() > 4 {
                assert!(Words::read(contract, &call[..call.len() - 1]).is_err());
            }
        }
    }
    // An offset that points past a gap decodes to the same message, and is not what anybody should sign.
    let message = IPatientPort::breakGlassCall {
        message: Bytes::from_static(b"m"),
    }
    .abi_encode();
    let mut gap = message[..4].to_vec();
    gap.extend([&[0; 31][..], &[64]].concat());
    gap.extend([0xee; 32]);
    gap.extend(&message[36..]);
    assert!(IPatientPort::breakGlassCall::abi_decode(&gap).is_ok());
    assert!(matches!(
        Words::read(Contract::Port, &gap),
        Err(Unreadable::NotCanonical(_))
    ));
}

#[test]
fn what_is_no_call_is_told_apart() {
    assert_eq!(
        Words::read(Contract::Port, &[1, 2, 3]),
        Err(Unreadable::Empty)
    );
    let unknown = Words::read(Contract::Port, &[1, 2, 3, 4]);
    assert_eq!(
        unknown,
        Err(Unreadable::UnknownFunction(Bytes4::new([1, 2, 3, 4])))
    );
    let issue = IRegistry::issueCall {
        patient: Address::ZERO,
    }
    .abi_encode();
    assert!(Words::read(Contract::Port, &issue).is_err());
    let (contract, words) = Words::guess(&issue).unwrap();
    assert_eq!((contract, words.function), (Contract::Registry, "issue"));
}

#[test]
fn a_grant_is_told_argument_by_argument() {
    let call = IPatientPort::approveCall {
        requestId: 12,
        reader: Address::repeat_byte(7),
        sections: 0b101,
        epochs: vec![1, 4],
        expiry: 1_900_000_000,
        rights: 3,
        allowUnverified: true,
        message: Bytes::from_static(b"sealed"),
    };
    let words = Words::read(Contract::Port, &call.abi_encode()).unwrap();
    let told: Vec<_> = words
        .lines
        .iter()
        .map(|line| match &line.value {
            Value::Text(text) | Value::Foreign(text) => format!("{}: {text}", line.label),
            Value::Time(time) => format!("{}: {time}", line.label),
        })
        .collect();
    assert_eq!(
        told,
        [
            "request: 12",
            "reader: 0x0707070707070707070707070707070707070707",
            "sections: 0, 2",
            "epochs: 1, 4",
            "until: 2030-03-17T17:46:40Z",
            "rights: read and write",
            "unverified: accepted: the reader need not be verified",
            "secrets: 6 sealed bytes",
        ]
    );
}
