//! The whole surface against the interface's types: functions, events, identifiers.

use alloc::collections::BTreeSet;

use alloy_sol_types::SolEventInterface as _;

use super::{
    signed::{execute, recover, signature},
    *,
};

/// A call that succeeds: the world it is made in, the caller, the calldata, the function's signature.
pub(super) struct Case {
    pub(super) world: World,
    pub(super) caller: Address,
    pub(super) input: Vec<u8>,
    pub(super) signature: &'static str,
}

/// 32 bytes, so that no encoding ends in padding.
const MESSAGE: Bytes = Bytes::from_static(b"a message of exactly 32 bytes...");

/// A rotation of one section without any padding.
fn whole_rotation() -> abi::Rotation {
    abi::Rotation {
        links: MESSAGE,
        sealed_: [
            sealed(PATIENT, b"a message of exactly 32 bytes..."),
            sealed(SPECIALIST, b"a message of exactly 32 bytes..."),
        ]
        .into(),
        ..rotation(0b11, &[1, 1])
    }
}

/// One call of every function, with every list and message filled.
pub(super) fn cases() -> Vec<Case> {
    fn case<C: SolCall>(world: &World, caller: Address, call: &C) -> Case {
        Case {
            world: world.fork(),
            caller,
            input: call.abi_encode(),
            signature: C::SIGNATURE,
        }
    }
    let issued = World::issued();
    let mut world = World::delegated(15);
    let own = world.done(SPECIALIST, &request(SPECIALIST));
    world.done(PATIENT, &transfer(HEIR));
    world.done(PATIENT, &set_custodian(0, CUSTODIAN));
    world.done(PATIENT, &arm(RESPONDER, 1, 0, 10));
    world.done(PATIENT, &arm(OTHER, 1, 10, 10));
    for _ in 0..2 {
        world.done(PATIENT, &add(0, 1));
    }
    let armed = world.fork();
    world.done(RESPONDER, &break_glass());
    world.done(OTHER, &break_glass());
    let inner = add(0, 1).abi_encode();
    let wallet = {
        // 32 bytes that the patient's contract accepts.
        let digest = super::signed::digest(&inner, 0, START);
        let yes = &[0x16, 0x26, 0xba, 0x7e][..];
        let question = [yes, &(digest, MESSAGE).abi_encode_params()].concat();
        let world = world.fork();
        world.answers(PATIENT, question, Ok([yes, &[0; 28]].concat()));
        world
    };
    let signed = abi::executeCall {
        signature: MESSAGE,
        ..execute(&inner, 0, START)
    };
    let end = START + DAY;
    let alone = abi::Rotation {
        epochs: [0, 0].into(),
        sealed_: [sealed(PATIENT, b"a message of exactly 32 bytes...")].into(),
        ..whole_rotation()
    };
    let without_specialist = abi::Rotation {
        sealed_: [sealed(PATIENT, b"a message of exactly 32 bytes...")].into(),
        ..whole_rotation()
    };
    alloc::vec![
        case(&issued, PATIENT, &claim(alone)),
        case(&world, PATIENT, &set_encryption_key(whole_rotation())),
        case(&world, PATIENT, &transfer(STRANGER)),
        case(&world, HEIR, &accept()),
        case(&world, PATIENT, &set_primary_care(OTHER)),
        case(&world, PATIENT, &rotate(whole_rotation())),
        case(
            &world,
            PATIENT,
            &abi::resealCall {
                sections: 0b11,
                epochs: [1, 1].into(),
                sealed_: whole_rotation().sealed_,
            }
        ),
        case(&world, PATIENT, &add(0, 1)),
        case(&world, PATIENT, &supersede(1, 1)),
        case(&world, PATIENT, &retract(1, 1)),
        case(
            &world,
            PATIENT,
            &abi::publishCall {
                data: MESSAGE,
                ..publish(1, 1, 1)
            }
        ),
        case(
            &world,
            PATIENT,
            &abi::shareCall {
                message: MESSAGE,
                ..share(OTHER, &[1, 2])
            }
        ),
        case(
            &world,
            SPECIALIST,
            &abi::requestCall {
                message: MESSAGE,
                ..request(OTHER)
            }
        ),
        case(&world, SPECIALIST, &cancel(own)),
        case(
            &world,
            PATIENT,
            &abi::denyCall {
                message: MESSAGE,
                ..deny(own, 1)
            }
        ),
        case(&world, PATIENT, &block(OTHER, true)),
        case(
            &world,
            PATIENT,
            &abi::approveCall {
                message: MESSAGE,
                ..approve(own, 0b11, &[1, 1], end, 1)
            }
        ),
        case(
            &world,
            PATIENT,
            &abi::grantCall {
                message: MESSAGE,
                ..grant(SPECIALIST, 0b11, &[1, 1], end, 1)
            }
        ),
        case(&world, PATIENT, &revoke(SPECIALIST, without_specialist)),
        case(
            &world,
            PATIENT,
            &abi::setDelegateCall {
                rotation: whole_rotation(),
                ..set_delegate(STRANGER, 1, end)
            }
        ),
        case(&world, PATIENT, &set_custodian(1, STRANGER)),
        case(&world, PATIENT, &arm(SPECIALIST, 1, 1, 1)),
        case(&world, PATIENT, &set_package(RESPONDER)),
        case(&armed, RESPONDER, &abi::breakGlassCall { message: MESSAGE }),
        case(&world, PATIENT, &veto(OTHER)),
        case(
            &world,
            CUSTODIAN,
            &abi::releaseCall {
                message: MESSAGE,
                ..release(RESPONDER)
            }
        ),
        case(&wallet, RELAYER, &signed),
        case(&world, PATIENT, &abi::cancelSignaturesCall {}),
        case(&world, STRANGER, &abi::infoCall {}),
        case(&world, STRANGER, &abi::sectionKeysCall { sections: 3 }),
        case(&world, STRANGER, &abi::recordCall { recordId: 1 }),
        case(&world, STRANGER, &abi::recordsCall { from: 1, limit: 2 }),
        case(&world, STRANGER, &abi::getRequestCall { requestId: 1 }),
        case(&world, STRANGER, &abi::requestsCall { from: 1, limit: 2 }),
        case(&world, STRANGER, &abi::isBlockedCall { requester: OTHER }),
        case(&world, STRANGER, &abi::holdersCall { from: 0, limit: 2 }),
        case(&world, STRANGER, &abi::holderOfCall { account: OTHER }),
        case(&world, STRANGER, &abi::accessOfCall { reader: OTHER }),
        case(
            &world,
            STRANGER,
            &abi::hasAccessCall {
                reader: OTHER,
                section: 1
            }
        ),
        case(&world, STRANGER, &abi::custodiansCall {}),
        case(&world, STRANGER, &abi::historyHeadCall {}),
        case(
            &world,
            STRANGER,
            &abi::supportsInterfaceCall {
                interfaceId: [1, 2, 3, 4].into()
            }
        ),
    ]
}

#[test]
fn every_function_of_the_interface_can_be_called_and_no_other() {
    let mut called = BTreeSet::new();
    for mut case in cases() {
        let answer = case.world.send(case.caller, case.input.clone());
        assert!(answer.is_ok(), "{}", case.signature);
        called.insert(<[u8; 4]>::try_from(&case.input[..4]).unwrap());
    }
    let declared: BTreeSet<_> = abi::IPatientPortCalls::SELECTORS.iter().copied().collect();
    assert_eq!(called, declared);
    let mut world = World::claimed();
    // Nothing, no whole selector, a selector of nothing; what earlier drafts had.
    let gone = alloy_primitives::keccak256("initialize(address,address)");
    for unknown in [
        &[][..],
        &declared.first().unwrap()[..3],
        &[0; 4],
        &[0xff; 4],
        &gone[..4],
    ] {
        let mut input = unknown.to_vec();
        assert_eq!(world.send(PATIENT, input.clone()), Err(Vec::new()));
        if input.len() == 4 {
            input.resize(4 + 32 * 16, 0);
            assert_eq!(world.send(PATIENT, input), Err(Vec::new()));
        }
    }
}

#[test]
fn no_function_takes_ether() {
    for mut case in cases() {
        case.world.chain.change(|state| state.value = U256::from(1));
        let answer = case.world.send(case.caller, case.input);
        assert_eq!(answer, Err(Vec::new()), "{}", case.signature);
    }
}

#[test]
fn trailing_bytes_are_not_read() {
    for mut case in cases() {
        let mut longer = case.input.clone();
        longer.extend([0xff; 33]);
        let expected = case.world.fork().send(case.caller, case.input);
        assert_eq!(
            case.world.send(case.caller, longer),
            expected,
            "{}",
            case.signature
        );
    }
}

#[test]
fn every_event_of_the_interface_is_emitted_by_some_function_and_no_other() {
    let mut emitted = BTreeSet::new();
    for mut case in cases() {
        case.world.logs();
        case.world.send(case.caller, case.input).unwrap();
        for log in case.world.logs() {
            abi::IPatientPortEvents::decode_raw_log(log.topics(), &log.data)
                .expect("logs decode to the interface's events");
            emitted.insert(log.topics()[0]);
        }
    }
    let declared: BTreeSet<_> = abi::IPatientPortEvents::SELECTORS
        .iter()
        .map(|topic| B256::new(*topic))
        .collect();
    assert_eq!(emitted, declared);
}

#[test]
fn views_leave_no_trace_and_ask_nobody() {
    for mut case in cases() {
        let is_view = case.caller == STRANGER;
        let storage = case.world.chain.read(|state| state.storage.clone());
        case.world.logs();
        case.world.asked();
        case.world.send(case.caller, case.input).unwrap();
        let after = case.world.chain.read(|state| state.storage.clone());
        let changed = storage != after;
        let logged = !case.world.logs().is_empty();
        assert_eq!(changed, !is_view, "{}", case.signature);
        assert_eq!(logged, !is_view, "{}", case.signature);
        if is_view {
            assert_eq!(case.world.asked(), [], "{}", case.signature);
        }
    }
}

#[test]
fn the_port_names_its_interfaces() {
    let mut world = World::issued();
    // Exclusive or of all selectors but that of `supportsInterface` (ERC-165).
    let erc_165 = [0x01, 0xff, 0xc9, 0xa7];
    let port = abi::IPatientPortCalls::SELECTORS
        .iter()
        .filter(|selector| **selector != erc_165)
        .fold(0, |id, selector| id ^ u32::from_be_bytes(*selector));
    let mut supports = |id: [u8; 4]| {
        world.view(&abi::supportsInterfaceCall {
            interfaceId: id.into(),
        })
    };
    assert!(supports(erc_165));
    assert!(supports(port.to_be_bytes()));
    let with_itself = port ^ u32::from_be_bytes(erc_165);
    for id in [
        [0xff; 4],
        [0; 4],
        with_itself.to_be_bytes(),
        // ERC-1271 is the owner's business.
        [0x16, 0x26, 0xba, 0x7e],
    ] {
        assert!(!supports(id), "{id:x?}");
    }
}

#[test]
fn selectors_are_those_of_the_written_signatures() {
    // The signatures as other stacks would write them, in case the binding is wrong about itself.
    for (signature, selector) in [
        (
            "claim(bytes32,uint8,(uint64,uint32[],bytes32[],uint64,bytes,(address,bytes)[]))",
            abi::claimCall::SELECTOR,
        ),
        (
            "approve(uint32,address,uint64,uint32[],uint64,uint8,bool,bytes)",
            abi::approveCall::SELECTOR,
        ),
        (
            "execute(bytes,uint256,uint64,bytes)",
            abi::executeCall::SELECTOR,
        ),
        (
            "supportsInterface(bytes4)",
            abi::supportsInterfaceCall::SELECTOR,
        ),
    ] {
        assert_eq!(alloy_primitives::keccak256(signature)[..4], selector);
    }
    let typed = "PatientCall(bytes call,uint256 nonce,uint64 deadline)";
    assert_eq!(
        <abi::PatientCall as alloy_sol_types::SolStruct>::eip712_root_type(),
        typed
    );
    // And a signature of 65 bytes asks the precompile what it has been asked since Frontier.
    let question = recover(
        B256::repeat_byte(1),
        28,
        B256::repeat_byte(2),
        B256::repeat_byte(3),
    );
    let mut expected = alloc::vec![1; 32];
    expected.extend([0; 31]);
    expected.push(28);
    expected.extend([2; 32]);
    expected.extend([3; 32]);
    assert_eq!(question, expected);
    assert_eq!(signature(28).len(), 65);
}
