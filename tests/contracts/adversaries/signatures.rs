//! Signatures that were made for something else, or are made up.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolStruct as _};
use patientport_abi::IPatientPort as abi;

use crate::{
    chain::{Answer, evm},
    model::HALF_ORDER,
    world::{Person, World, account, calls, domain},
};

/// Order of secp256k1 (SEC 2 §2.4.1).
const ORDER: U256 = HALF_ORDER.wrapping_shl(1).wrapping_add(U256::ONE);

fn patient() -> Person {
    Person::named("patient")
}

/// A call that does something: names somebody as the next owner.
fn transfer() -> Vec<u8> {
    calls::transfer(account("heir")).abi_encode()
}

#[test]
fn half_the_order_is_what_the_curve_says() {
    let text = "115792089237316195423570985008687907852837564279074904382605163141518161494337";
    assert_eq!(ORDER, text.parse::<U256>().unwrap());
}

#[test]
fn a_signature_is_good_for_one_port() {
    let world = World::new();
    let (port, other) = (world.claimed_port(), world.claimed_port());
    let call = world.signed(port, &patient(), transfer());
    world.refused("stranger", other, &call, &abi::InvalidSignature {});
    world.done("stranger", port, &call);
}

#[test]
fn a_signature_is_good_for_one_chain() {
    let world = World::new();
    let port = world.claimed_port();
    let call = abi::PatientCall {
        call: transfer().into(),
        nonce: U256::ZERO,
        deadline: world.chain.now(),
    };
    let execute = |signature| abi::executeCall {
        call: call.call.clone(),
        nonce: call.nonce,
        deadline: call.deadline,
        signature,
    };
    for chain_id in [0, 1, 42_161, world.chain.id() + 1] {
        let digest = call.eip712_signing_hash(&domain(chain_id, port));
        let execute = execute(patient().sign(digest));
        world.refused("stranger", port, &execute, &abi::InvalidSignature {});
    }
    let digest = call.eip712_signing_hash(&domain(world.chain.id(), port));
    // Nor is the digest signed under the prefix for messages (EIP-191).
    let prefixed = alloy_primitives::eip191_hash_message(digest);
    let execute_prefixed = execute(patient().sign(prefixed));
    world.refused(
        "stranger",
        port,
        &execute_prefixed,
        &abi::InvalidSignature {},
    );
    world.done("stranger", port, &execute(patient().sign(digest)));
}

#[test]
fn a_signature_is_good_for_one_call_under_one_nonce_until_its_deadline() {
    let world = World::new();
    let port = world.claimed_port();
    let call = world.signed(port, &patient(), transfer());
    let invalid = abi::InvalidSignature {};
    // Another call, be it one byte, another function or none.
    let mut other = call.clone();
    other.call = calls::transfer(account("thief")).abi_encode().into();
    world.refused("stranger", port, &other, &invalid);
    other.call = abi::acceptOwnershipCall {}.abi_encode().into();
    world.refused("stranger", port, &other, &invalid);
    other.call = Bytes::new();
    world.refused("stranger", port, &other, &invalid);
    other.call = [&call.call[..], &[0]].concat().into();
    world.refused("stranger", port, &other, &invalid);
    // Another deadline, another nonce.
    let mut other = call.clone();
    other.deadline += 1;
    world.refused("stranger", port, &other, &invalid);
    let mut other = call.clone();
    other.nonce = U256::from(1);
    let wrong = abi::InvalidNonce {
        given: 1,
        expected: 0,
    };
    world.refused("stranger", port, &other, &wrong);
    other.nonce = U256::from(1) << 64;
    world.refused_in_silence("stranger", port, &other);
    // Its deadline is the last second.
    world.chain.set_time(call.deadline);
    let mut mark = world.chain.mark();
    world.done("stranger", port, &call);
    let used = abi::InvalidNonce {
        given: 0,
        expected: 1,
    };
    world.refused("stranger", port, &call, &used);
    world.chain.go_back(&mut mark);
    world.chain.wait(1);
    let deadline = call.deadline;
    world.refused("stranger", port, &call, &abi::SignatureExpired { deadline });
}

#[test]
fn what_was_signed_and_not_sent_is_void_after_the_next_one() {
    let world = World::new();
    let port = world.claimed_port();
    let first = world.signed(port, &patient(), transfer());
    let second = world.signed(port, &patient(), calls::custodian(0, "heir").abi_encode());
    world.done("stranger", port, &second);
    let void = abi::InvalidNonce {
        given: 0,
        expected: 1,
    };
    world.refused("stranger", port, &first, &void);
    let third = world.signed(port, &patient(), transfer());
    world.done("patient", port, &abi::cancelSignaturesCall {});
    let void = abi::InvalidNonce {
        given: 1,
        expected: 2,
    };
    world.refused("stranger", port, &third, &void);
    // Cancelled by signature: its own nonce and the next are gone.
    let cancel = world.signed(port, &patient(), abi::cancelSignaturesCall {}.abi_encode());
    world.done("stranger", port, &cancel);
    assert_eq!(world.chain.view(port, &abi::infoCall {}).nonce, 4);
}

#[test]
fn a_refused_call_is_refused_as_it_is_and_uses_nothing_up() {
    let world = World::new();
    let port = world.claimed_port();
    let before = world.chain.view(port, &abi::infoCall {});
    let caller = account("patient");
    let accept = world.signed(port, &patient(), abi::acceptOwnershipCall {}.abi_encode());
    world.refused("stranger", port, &accept, &abi::Unauthorized { caller });
    let add = world.signed(port, &patient(), calls::add(0, 9, 1).abi_encode());
    let stale = abi::StaleEpoch {
        section: 0,
        given: 9,
        current: 1,
    };
    world.refused("stranger", port, &add, &stale);
    // No call of the interface, and a signed call within a signed call.
    for call in [Vec::new(), vec![1, 2, 3], vec![0xde, 0xad, 0xbe, 0xef]] {
        let call = world.signed(port, &patient(), call);
        world.refused_in_silence("stranger", port, &call);
    }
    let inner = world.signed(port, &patient(), transfer()).abi_encode();
    let nested = world.signed(port, &patient(), inner);
    world.refused_in_silence("stranger", port, &nested);
    assert_eq!(world.chain.view(port, &abi::infoCall {}), before);
}

#[test]
fn only_the_owner_of_the_moment_signs() {
    let world = World::new();
    world.fund("heir");
    let port = world.claimed_port();
    for name in ["stranger", "primary", "heir", "owner"] {
        let call = world.signed(port, &Person::named(name), transfer());
        world.refused(name, port, &call, &abi::InvalidSignature {});
    }
    world.done("patient", port, &calls::transfer(account("heir")));
    let early = world.signed(port, &Person::named("heir"), transfer());
    world.refused("heir", port, &early, &abi::InvalidSignature {});
    let old = world.signed(
        port,
        &patient(),
        calls::custodian(0, "stranger").abi_encode(),
    );
    world.done("heir", port, &abi::acceptOwnershipCall {});
    world.refused("stranger", port, &old, &abi::InvalidSignature {});
    let new = world.signed(
        port,
        &Person::named("heir"),
        calls::custodian(0, "heir").abi_encode(),
    );
    world.done("stranger", port, &new);
}

/// The signature's scalars and v, taken apart.
fn parts(signature: &[u8]) -> (U256, U256, u8) {
    let scalar = |at: usize| U256::from_be_slice(&signature[at..at + 32]);
    (scalar(0), scalar(32), signature[64])
}

fn joined(r: U256, s: U256, v: u8) -> Bytes {
    [&r.to_be_bytes::<32>()[..], &s.to_be_bytes::<32>(), &[v]]
        .concat()
        .into()
}

#[test]
fn a_signature_in_any_but_its_canonical_form_is_refused() {
    let world = World::new();
    let port = world.claimed_port();
    // Several calls, so that both parities of v are among them.
    for salt in 0..6 {
        let call = world.signed(
            port,
            &patient(),
            calls::custodian(salt % 3, "heir").abi_encode(),
        );
        let (r, s, v) = parts(&call.signature);
        let twin = 27 + 28 - v;
        assert!(s <= HALF_ORDER && [27, 28].contains(&v));
        let compact_s: U256 = s | U256::from(v - 27) << 255;
        let forms = [
            ("high s", joined(r, ORDER - s, twin)),
            ("high s with the same v", joined(r, ORDER - s, v)),
            ("the other v", joined(r, s, twin)),
            ("v counted from 0", joined(r, s, v - 27)),
            ("v with a chain id (EIP-155)", joined(r, s, v + 8)),
            ("v 29", joined(r, s, 29)),
            ("r zero", joined(U256::ZERO, s, v)),
            ("s zero", joined(r, U256::ZERO, v)),
            ("r the order", joined(ORDER, s, v)),
            ("s the order", joined(r, ORDER, v)),
            (
                "s just above the half",
                joined(r, HALF_ORDER + U256::ONE, v),
            ),
            ("s the half, by chance", joined(r, HALF_ORDER, v)),
            ("all zero", joined(U256::ZERO, U256::ZERO, 0)),
            ("all ones", Bytes::from(vec![0xff; 65])),
            ("empty", Bytes::new()),
            ("compact (EIP-2098)", {
                let compact = [r.to_be_bytes::<32>(), compact_s.to_be_bytes::<32>()];
                compact.concat().into()
            }),
            ("one byte short", call.signature[..64].to_vec().into()),
            ("one byte long", [&call.signature[..], &[0]].concat().into()),
            (
                "one byte long in front",
                [&[0], &call.signature[..]].concat().into(),
            ),
            (
                "twice",
                [&call.signature[..], &call.signature[..]].concat().into(),
            ),
        ];
        for (form, signature) in forms {
            let forged = abi::executeCall {
                signature,
                ..call.clone()
            };
            let outcome = world.send("stranger", port, &forged);
            let refusal = Answer::refusal(&abi::InvalidSignature {});
            assert_eq!(outcome.answer, refusal, "{form}");
        }
        world.done("stranger", port, &call);
    }
}

#[test]
fn nobody_is_not_the_owner_of_a_port_without_one() {
    let world = World::new();
    // No registry issues such a port; somebody may create the account all the same.
    let (issuer, nobody) = (account("primary"), Address::ZERO);
    let code = evm::clone(world.implementation, world.registry, issuer, nobody, 1);
    let port = world.chain.create(&code);
    for signature in [
        Bytes::new(),
        vec![0; 65].into(),
        joined(U256::ONE, U256::ZERO, 27),
    ] {
        let call = abi::executeCall {
            call: calls::claim().abi_encode().into(),
            nonce: U256::ZERO,
            deadline: u64::MAX,
            signature,
        };
        world.refused("stranger", port, &call, &abi::InvalidSignature {});
    }
}

#[test]
fn whoever_sends_a_signed_call_is_not_its_author() {
    let world = World::new();
    let port = world.claimed_port();
    let add = world.signed(port, &patient(), calls::add(0, 1, 1).abi_encode());
    let outcome = world.done("primary", port, &add);
    let returned = abi::executeCall::abi_decode_returns_validate(outcome.returned()).unwrap();
    assert_eq!(
        abi::addCall::abi_decode_returns_validate(&returned).unwrap(),
        1
    );
    let record = world.chain.view(port, &abi::recordCall { recordId: 1 });
    assert_eq!(record.author, account("patient"));
}
