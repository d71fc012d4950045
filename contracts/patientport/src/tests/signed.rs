//! Signed calls: what the owner signs, and what then happens in its name. Forms of signatures are in
//! [`super::signatures`].

use alloy_sol_types::{Eip712Domain, SolStruct};

use super::*;

/// `r` and `s` of every signature here: small, and in themselves meaningless.
pub(super) const R: B256 = B256::repeat_byte(0x5a);
pub(super) const S: B256 = B256::repeat_byte(0x05);

/// What an owner of `port` signs, by the interface's own types.
pub(super) fn digest_for(
    chain_id: u64,
    port: Address,
    call: &[u8],
    nonce: u64,
    deadline: u64,
) -> B256 {
    let domain = Eip712Domain {
        name: Some("patientport".into()),
        version: Some("1".into()),
        chain_id: Some(U256::from(chain_id)),
        verifying_contract: Some(port),
        salt: None,
    };
    abi::PatientCall {
        call: call.to_vec().into(),
        nonce: U256::from(nonce),
        deadline,
    }
    .eip712_signing_hash(&domain)
}

pub(super) fn digest(call: &[u8], nonce: u64, deadline: u64) -> B256 {
    digest_for(CHAIN_ID, PORT, call, nonce, deadline)
}

/// What the precompile at address 1 is asked.
pub(super) fn recover(digest: B256, v: u8, r: B256, s: B256) -> Vec<u8> {
    (digest, U256::from(v), r, s).abi_encode()
}

pub(super) fn signature(v: u8) -> Bytes {
    [&R[..], &S[..], &[v]].concat().into()
}

pub(super) const RECOVER: Address = Address::with_last_byte(1);

impl World {
    /// From now on, `signer` has signed this call.
    pub(super) fn signs(&self, signer: Address, call: &[u8], nonce: u64, deadline: u64) {
        let question = recover(digest(call, nonce, deadline), 27, R, S);
        self.answers(RECOVER, question, Ok(signer.abi_encode()));
    }
}

pub(super) fn execute(call: &[u8], nonce: u64, deadline: u64) -> abi::executeCall {
    abi::executeCall {
        call: call.to_vec().into(),
        nonce: U256::from(nonce),
        deadline,
        signature: signature(27),
    }
}

/// A relayer sends `call`, which the patient has signed under the port's present nonce.
#[track_caller]
fn relayed(world: &mut World, call: &impl SolCall) -> Result<Bytes, Vec<u8>> {
    let call = call.abi_encode();
    let nonce = world.info().nonce.into();
    world.signs(PATIENT, &call, nonce, world.now());
    world.call(RELAYER, &execute(&call, nonce, world.now()))
}

#[test]
fn a_signed_call_is_the_owners_whoever_sends_it() {
    let world = World::claimed();
    let given = abi::AccessGranted {
        reader: SPECIALIST,
        requestId: 0,
        by: PATIENT,
        sections: 1,
        epochs: [1].into(),
        expiry: START + DAY,
        rights: 1,
        message: Bytes::from_static(b"secrets"),
    };
    let call = grant(SPECIALIST, 1, &[1], START + DAY, 1).abi_encode();
    world.signs(PATIENT, &call, 0, START + 9);
    for sender in [RELAYER, SPECIALIST, PATIENT] {
        let mut world = world.fork();
        let result = world.emits(sender, &execute(&call, 0, START + 9), &[log(&given)]);
        assert_eq!(result, Bytes::new());
        assert_eq!(world.info().nonce, 1);
    }
}

#[test]
fn a_signed_call_returns_what_the_call_returns() {
    let mut world = World::claimed();
    for id in 1..=2_u32 {
        let result = relayed(&mut world, &add(0, 1)).unwrap();
        assert_eq!(result, Bytes::from(id.abi_encode()));
        assert_eq!(world.record(id).author, PATIENT);
    }
    let result = relayed(&mut world, &supersede(1, 1)).unwrap();
    assert_eq!(abi::supersedeCall::abi_decode_returns(&result), Ok(3));
    // Views, too, of whatever length.
    let result = relayed(&mut world, &abi::recordsCall { from: 1, limit: 9 }).unwrap();
    let page = abi::recordsCall::abi_decode_returns(&result).unwrap();
    assert_eq!(page.len(), 3);
    world.logs();
}

#[test]
fn every_function_of_the_patient_can_be_signed() {
    let mut world = World::granted();
    let id = world.done(OTHER, &request(OTHER));
    let denied = world.done(OTHER, &request(OTHER));
    world.done(SPECIALIST, &add(0, 1));
    let end = START + DAY;
    let approved = abi::approveCall {
        reader: OTHER,
        ..approve(id, 1, &[1], end, 1)
    };
    relayed(&mut world, &approved).unwrap();
    relayed(&mut world, &deny(denied, 1)).unwrap();
    relayed(&mut world, &block(OTHER, true)).unwrap();
    relayed(&mut world, &share(OTHER, &[1])).unwrap();
    relayed(&mut world, &publish(1, 0, 0)).unwrap();
    relayed(&mut world, &retract(1, 1)).unwrap();
    relayed(&mut world, &arm(RESPONDER, 1, 9, 9)).unwrap();
    relayed(&mut world, &set_package(RESPONDER)).unwrap();
    world.done(RESPONDER, &break_glass());
    relayed(&mut world, &veto(RESPONDER)).unwrap();
    relayed(&mut world, &set_custodian(0, CUSTODIAN)).unwrap();
    relayed(&mut world, &set_delegate(DELEGATE, 1, end)).unwrap();
    relayed(&mut world, &reseal(SPECIALIST, 1, &[1])).unwrap();
    relayed(&mut world, &revoke(SPECIALIST, rotation(1, &[1]))).unwrap();
    relayed(&mut world, &rotate(rotation(1, &[2]))).unwrap();
    relayed(&mut world, &set_encryption_key(rotation(1, &[3]))).unwrap();
    relayed(&mut world, &set_primary_care(OTHER)).unwrap();
    relayed(&mut world, &transfer(HEIR)).unwrap();
    assert_eq!(world.info().nonce, 17);
    world.logs();
}

#[test]
fn a_patient_without_ether_can_claim() {
    let mut world = World::issued();
    let call = claim(rotation(1, &[0])).abi_encode();
    for signer in [PRIMARY, RELAYER, REGISTRY] {
        world.signs(signer, &call, 0, START);
        let refusal = abi::InvalidSignature {};
        world.refuses(RELAYER, &execute(&call, 0, START), &refusal);
    }
    world.signs(PATIENT, &call, 0, START);
    world.done(RELAYER, &execute(&call, 0, START));
    let info = world.info();
    assert_eq!((info.owner, info.claimed, info.nonce), (PATIENT, true, 1));
    // Nothing else can be signed before.
    let mut world = World::issued();
    let call = grant(SPECIALIST, 1, &[1], START + DAY, 1).abi_encode();
    world.signs(PATIENT, &call, 0, START);
    world.refuses(RELAYER, &execute(&call, 0, START), &abi::NotClaimed {});
}

#[test]
fn the_signer_must_be_the_owner_of_this_moment() {
    let mut world = World::delegated(15);
    let call = deny(1, 1).abi_encode();
    for signer in [DELEGATE, PRIMARY, SPECIALIST, RELAYER, HEIR, PORT] {
        world.signs(signer, &call, 0, START);
        let refusal = abi::InvalidSignature {};
        world.refuses(RELAYER, &execute(&call, 0, START), &refusal);
        world.refuses(signer, &execute(&call, 0, START), &refusal);
    }
    let call = set_primary_care(OTHER).abi_encode();
    world.done(PATIENT, &transfer(HEIR));
    world.signs(PATIENT, &call, 0, START);
    let mut before = world.fork();
    before.done(RELAYER, &execute(&call, 0, START));
    world.done(HEIR, &accept());
    let refusal = abi::InvalidSignature {};
    world.refuses(RELAYER, &execute(&call, 0, START), &refusal);
    world.signs(HEIR, &call, 0, START);
    world.done(RELAYER, &execute(&call, 0, START));
}

#[test]
fn ownership_cannot_be_accepted_in_the_owners_name() {
    let mut world = World::claimed();
    world.done(PATIENT, &transfer(HEIR));
    let refusal = relayed(&mut world, &accept()).unwrap_err();
    assert_eq!(refusal, unauthorized(PATIENT).abi_encode());
}

#[test]
fn a_signature_is_for_one_port_on_one_chain() {
    let call = set_primary_care(OTHER).abi_encode();
    for (chain_id, port) in [
        (CHAIN_ID + 1, PORT),
        (1, PORT),
        (CHAIN_ID, IMPLEMENTATION),
        (CHAIN_ID, REGISTRY),
    ] {
        let mut world = World::claimed();
        let elsewhere = digest_for(chain_id, port, &call, 0, START);
        let question = recover(elsewhere, 27, R, S);
        world.answers(RECOVER, question, Ok(PATIENT.abi_encode()));
        let refusal = abi::InvalidSignature {};
        world.refuses(RELAYER, &execute(&call, 0, START), &refusal);
        // There it would have been one.
        world.chain.change(|state| {
            state.chain_id = chain_id;
            let code = state.code.remove(&PORT).unwrap();
            state.code.insert(port, code);
            state.contract = port;
        });
        world.done(RELAYER, &execute(&call, 0, START));
    }
}

#[test]
fn a_signature_is_for_one_call_one_nonce_and_one_deadline() {
    let mut world = World::claimed();
    let call = set_primary_care(OTHER).abi_encode();
    world.signs(PATIENT, &call, 0, START + 5);
    let refusal = abi::InvalidSignature {};
    let other = set_primary_care(SPECIALIST).abi_encode();
    world.refuses(RELAYER, &execute(&other, 0, START + 5), &refusal);
    let mut longer = call.clone();
    longer.push(0);
    world.refuses(RELAYER, &execute(&longer, 0, START + 5), &refusal);
    world.refuses(RELAYER, &execute(&[], 0, START + 5), &refusal);
    for deadline in [START, START + 4, START + 6, u64::MAX] {
        world.refuses(RELAYER, &execute(&call, 0, deadline), &refusal);
    }
    world.signs(PATIENT, &call, 1, START + 5);
    let early = abi::InvalidNonce {
        given: 1,
        expected: 0,
    };
    world.refuses(RELAYER, &execute(&call, 1, START + 5), &early);
    world.done(RELAYER, &execute(&call, 0, START + 5));
}

#[test]
fn a_signed_call_lands_up_to_its_deadline() {
    let mut world = World::claimed();
    let call = set_primary_care(OTHER).abi_encode();
    let deadline = START + 10;
    world.signs(PATIENT, &call, 0, deadline);
    for wait in [0, 9, 1] {
        world.wait(wait);
        world.fork().done(RELAYER, &execute(&call, 0, deadline));
    }
    assert_eq!(world.now(), deadline);
    for wait in [1, DAY] {
        world.wait(wait);
        let refusal = abi::SignatureExpired { deadline };
        world.refuses(RELAYER, &execute(&call, 0, deadline), &refusal);
    }
    // For ever, if that is what was signed.
    world.signs(PATIENT, &call, 0, u64::MAX);
    world.done(RELAYER, &execute(&call, 0, u64::MAX));
}

#[test]
fn a_signed_call_is_not_replayed_and_its_nonce_voids_others() {
    let mut world = World::claimed();
    let first = set_primary_care(OTHER).abi_encode();
    let second = set_primary_care(SPECIALIST).abi_encode();
    world.signs(PATIENT, &first, 0, START);
    world.signs(PATIENT, &second, 0, START);
    world.done(RELAYER, &execute(&second, 0, START));
    let used = |given, expected| abi::InvalidNonce { given, expected };
    world.refuses(RELAYER, &execute(&second, 0, START), &used(0, 1));
    world.refuses(RELAYER, &execute(&first, 0, START), &used(0, 1));
    // `cancelSignatures` voids what was not yet sent, by itself or signed.
    world.signs(PATIENT, &first, 1, START);
    let mut fork = world.fork();
    fork.done(PATIENT, &abi::cancelSignaturesCall {});
    fork.refuses(RELAYER, &execute(&first, 1, START), &used(1, 2));
    let cancel = abi::cancelSignaturesCall {}.abi_encode();
    world.signs(PATIENT, &cancel, 1, START);
    let cancelled = log(&abi::SignaturesCancelled { nonce: 3 });
    world.emits(RELAYER, &execute(&cancel, 1, START), &[cancelled]);
    world.refuses(RELAYER, &execute(&first, 1, START), &used(1, 3));
    assert_eq!(world.info().nonce, 3);
    assert_eq!(world.info().primaryCare, SPECIALIST);
}

#[test]
fn a_call_that_does_not_succeed_reverts_as_it_does_and_uses_no_nonce() {
    let mut world = World::granted();
    let stale = abi::StaleEpoch {
        section: 1,
        given: 7,
        current: 1,
    };
    let refusal = relayed(&mut world, &add(1, 7)).unwrap_err();
    assert_eq!(refusal, stale.abi_encode());
    let none = abi::NoLiveGrant { reader: OTHER };
    let refusal = relayed(&mut world, &revoke(OTHER, no_rotation())).unwrap_err();
    assert_eq!(refusal, none.abi_encode());
    // What is no call of the interface reverts without data.
    for junk in [&[][..], &[1, 2, 3], &[0; 36], &add(1, 1).abi_encode()[..99]] {
        world.signs(PATIENT, junk, 0, START);
        let refusal = world.send(RELAYER, execute(junk, 0, START).abi_encode());
        assert_eq!(refusal, Err(Vec::new()));
    }
    assert_eq!(world.info().nonce, 0);
    assert!(world.reads(SPECIALIST, 0));
}

#[test]
fn a_signed_call_makes_no_other() {
    let mut world = World::claimed();
    let inner = set_primary_care(OTHER).abi_encode();
    for nonce in [0, 1] {
        world.signs(PATIENT, &inner, nonce, START);
        let nested = execute(&inner, nonce, START).abi_encode();
        world.signs(PATIENT, &nested, 0, START);
        let refusal = world.send(RELAYER, execute(&nested, 0, START).abi_encode());
        assert_eq!(refusal, Err(Vec::new()));
    }
    assert_eq!(world.info().nonce, 0);
}

#[test]
fn the_last_nonce_cannot_be_used() {
    let mut world = World::claimed();
    world.set_slot(
        super::layout::slot(9, &[0]),
        super::layout::word(&[&[0xff; 4]]),
    );
    let refusal = relayed(&mut world, &set_primary_care(OTHER)).unwrap_err();
    assert_eq!(refusal, abi::Exhausted {}.abi_encode());
    // The patient itself is not stopped by that.
    world.done(PATIENT, &set_primary_care(OTHER));
}
