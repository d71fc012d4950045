//! The tables of `docs/access-model.md`, walked: who may call what, and what becomes of a provider.

use super::*;

const SUSPENDED: Address = Address::repeat_byte(0x88);
const RETIRED: Address = Address::repeat_byte(0x99);
/// Every role; `CLINIC` is verified, `LAB` self-asserted, `PATIENT` the pending owner.
const EVERYONE: [Address; 8] = [
    OWNER, ATTESTER, CLINIC, LAB, SUSPENDED, RETIRED, STRANGER, PATIENT,
];

/// What a caller is answered; `None` = it may.
type Refusal = fn(Address) -> Option<Vec<u8>>;

fn everybody() -> World {
    let mut world = World::ready();
    for provider in [SUSPENDED, RETIRED] {
        world.call(provider, &register(0)).unwrap();
    }
    world
        .call(
            ATTESTER,
            &abi::suspendCall {
                provider: SUSPENDED,
            },
        )
        .unwrap();
    world.call(RETIRED, &abi::retireCall {}).unwrap();
    world
        .call(OWNER, &abi::transferOwnershipCall { newOwner: PATIENT })
        .unwrap();
    let code = port_code(REGISTRY, IMPLEMENTATION, 1);
    world
        .vm
        .mock_deploy(init_code(&code), Some(B256::ZERO), Ok(address_of(&code)));
    world.logs();
    world
}

fn not_owner(account: Address) -> Vec<u8> {
    abi::OwnableUnauthorizedAccount { account }.abi_encode()
}

fn only_owner(caller: Address) -> Option<Vec<u8>> {
    (caller != OWNER).then(|| not_owner(caller))
}

fn only_pending_owner(caller: Address) -> Option<Vec<u8>> {
    (caller != PATIENT).then(|| not_owner(caller))
}

fn not_attester(account: Address) -> Vec<u8> {
    abi::UnauthorizedAttester { account }.abi_encode()
}

fn only_attester(caller: Address) -> Option<Vec<u8>> {
    (caller != ATTESTER).then(|| not_attester(caller))
}

fn only_supervisor(caller: Address) -> Option<Vec<u8>> {
    (![OWNER, ATTESTER].contains(&caller)).then(|| not_attester(caller))
}

fn only_new(caller: Address) -> Option<Vec<u8>> {
    let registered = [CLINIC, LAB, SUSPENDED, RETIRED].contains(&caller);
    registered.then(|| abi::ProviderAlreadyRegistered { provider: caller }.abi_encode())
}

fn only_active(caller: Address) -> Option<Vec<u8>> {
    match caller {
        SUSPENDED => Some(
            abi::ProviderNotActive {
                provider: caller,
                status: 3,
            }
            .abi_encode(),
        ),
        _ => only_present(caller),
    }
}

fn only_present(caller: Address) -> Option<Vec<u8>> {
    match caller {
        CLINIC | LAB | SUSPENDED => None,
        RETIRED => Some(
            abi::ProviderNotActive {
                provider: caller,
                status: 4,
            }
            .abi_encode(),
        ),
        _ => Some(abi::UnknownProvider { provider: caller }.abi_encode()),
    }
}

fn only_verified(caller: Address) -> Option<Vec<u8>> {
    (caller != CLINIC).then(|| abi::UnverifiedProvider { provider: caller }.abi_encode())
}

fn identity() -> abi::setIdentityProfileCall {
    abi::setIdentityProfileCall {
        kind: 1,
        npi: OTHER_NPI,
        identityProfile: Bytes::from_static(b"{}"),
    }
}

fn contact() -> abi::setContactProfileCall {
    abi::setContactProfileCall {
        contactProfile: Bytes::from_static(b"{}"),
    }
}

fn another_key() -> abi::setEncryptionKeyCall {
    abi::setEncryptionKeyCall {
        keyX: key(9),
        keyParity: 0,
    }
}

/// Every function that is no view, with arguments that would change something.
fn changes() -> Vec<(Vec<u8>, Refusal)> {
    [
        (
            abi::transferOwnershipCall { newOwner: LAB }.abi_encode(),
            only_owner as Refusal,
        ),
        (
            abi::addAttesterCall { attester: LAB }.abi_encode(),
            only_owner,
        ),
        (
            abi::removeAttesterCall { attester: ATTESTER }.abi_encode(),
            only_owner,
        ),
        (
            abi::setPortImplementationCall {
                implementation: REGISTRY,
            }
            .abi_encode(),
            only_owner,
        ),
        (abi::acceptOwnershipCall {}.abi_encode(), only_pending_owner),
        (register(0).abi_encode(), only_new),
        (identity().abi_encode(), only_active),
        (contact().abi_encode(), only_active),
        (another_key().abi_encode(), only_active),
        (attest(LAB, 0).abi_encode(), only_attester),
        (
            abi::suspendCall { provider: LAB }.abi_encode(),
            only_supervisor,
        ),
        (
            abi::reinstateCall {
                provider: SUSPENDED,
            }
            .abi_encode(),
            only_supervisor,
        ),
        (abi::retireCall {}.abi_encode(), only_present),
        (
            abi::issueCall { patient: PATIENT }.abi_encode(),
            only_verified,
        ),
    ]
    .into()
}

fn views() -> Vec<Vec<u8>> {
    let account = CLINIC;
    let supports = abi::supportsInterfaceCall {
        interfaceId: [0; 4].into(),
    };
    let page = abi::providersCall {
        before: CLINIC,
        limit: 1,
    };
    [
        supports.abi_encode(),
        abi::ownerCall {}.abi_encode(),
        abi::pendingOwnerCall {}.abi_encode(),
        abi::isAttesterCall { account }.abi_encode(),
        abi::attestersCall { from: 0, limit: 1 }.abi_encode(),
        abi::portImplementationCall {}.abi_encode(),
        abi::providerCall { account }.abi_encode(),
        abi::isVerifiedCall { account }.abi_encode(),
        abi::providerByNpiCall { npi: NPI }.abi_encode(),
        abi::providerCountCall {}.abi_encode(),
        page.abi_encode(),
        abi::isPortCall { account }.abi_encode(),
    ]
    .into()
}

#[test]
fn every_function_answers_every_role_as_the_access_matrix_says() {
    let mut walked: Vec<[u8; 4]> = Vec::new();
    for (input, refusal) in changes() {
        walked.push(input[..4].try_into().unwrap());
        for caller in EVERYONE {
            let mut world = everybody();
            world.vm.set_code(REGISTRY, [1].into());
            let answer = world.send(caller, input.clone());
            let call = alloc::format!("{} from {caller}", hex::encode(&input[..4]));
            assert_eq!(answer.err(), refusal(caller), "{call}");
            // One event per change, none without.
            let expected = usize::from(refusal(caller).is_none());
            assert_eq!(world.logs().len(), expected, "{call}");
        }
    }
    for input in views() {
        walked.push(input[..4].try_into().unwrap());
        for caller in EVERYONE {
            let mut world = everybody();
            let before = world.vm.snapshot().storage;
            assert!(world.send(caller, input.clone()).is_ok());
            assert!(world.logs().is_empty());
            assert_eq!(world.vm.snapshot().storage, before);
        }
    }
    walked.sort_unstable();
    let mut declared = abi::IRegistryCalls::SELECTORS.to_vec();
    declared.sort_unstable();
    assert_eq!(walked, declared);
}

/// A world in which `CLINIC` has a status.
fn with_status(status: u8) -> World {
    let mut world = match status {
        1 => World::registered(),
        _ => World::attested(),
    };
    match status {
        3 => drop(world.call(ATTESTER, &abi::suspendCall { provider: CLINIC })),
        4 => drop(world.call(CLINIC, &abi::retireCall {})),
        _ => {}
    }
    world.logs();
    assert_eq!(world.status(CLINIC), status);
    world
}

#[test]
fn a_providers_states_follow_the_table() {
    let provider = CLINIC;
    let renewal = abi::attestCall {
        until: START + 2 * DAY,
        ..attest(CLINIC, NPI)
    };
    // Caller, call, and where it leads from states 1 to 4; 0 = refused.
    let table = [
        (ATTESTER, renewal.abi_encode(), [2, 2, 0, 0]),
        (
            ATTESTER,
            abi::suspendCall { provider }.abi_encode(),
            [3, 3, 3, 0],
        ),
        (
            OWNER,
            abi::reinstateCall { provider }.abi_encode(),
            [1, 2, 1, 0],
        ),
        (CLINIC, identity().abi_encode(), [1, 1, 0, 0]),
        (CLINIC, contact().abi_encode(), [1, 2, 0, 0]),
        (CLINIC, another_key().abi_encode(), [1, 2, 0, 0]),
        (CLINIC, abi::retireCall {}.abi_encode(), [4, 4, 4, 0]),
        (CLINIC, register(0).abi_encode(), [0, 0, 0, 0]),
    ];
    for (caller, input, leads_to) in table {
        for (from, to) in (1..).zip(leads_to) {
            let mut world = with_status(from);
            let answer = world.send(caller, input.clone());
            assert_eq!(answer.is_ok(), to != 0, "from {from} to {to}");
            let expected = if to == 0 { from } else { to };
            assert_eq!(world.status(CLINIC), expected, "from {from} to {to}");
        }
    }
}
