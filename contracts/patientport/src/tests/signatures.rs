//! Forms of signatures: the owner's own, and those that the owner's contract accepts (ERC-1271).

use super::{
    signed::{R, RECOVER, S, digest, execute, recover, signature},
    *,
};

const REFUSAL: abi::InvalidSignature = abi::InvalidSignature {};
/// `isValidSignature(bytes32,bytes)`.
const MAGIC: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];
/// Half the order of the group, rounded down: the greatest canonical `s`.
const HALF: [u8; 32] =
    alloy_primitives::hex!("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

fn inner() -> Vec<u8> {
    set_primary_care(OTHER).abi_encode()
}

fn call(signature: impl Into<Bytes>) -> abi::executeCall {
    abi::executeCall {
        signature: signature.into(),
        ..execute(&inner(), 0, START)
    }
}

/// Whatever `r`, `s` and `v` are, the precompile says that they are the patient's.
fn recovers(world: &World, v: u8, s: B256, answer: Result<Vec<u8>, Vec<u8>>) {
    world.answers(
        RECOVER,
        recover(digest(&inner(), 0, START), v, R, s),
        answer,
    );
}

fn question(signature: &[u8]) -> Vec<u8> {
    let arguments = (
        digest(&inner(), 0, START),
        Bytes::copy_from_slice(signature),
    );
    [&MAGIC[..], &arguments.abi_encode_params()].concat()
}

/// The answer that means yes.
fn yes() -> Vec<u8> {
    let mut word = [0; 32];
    word[..4].copy_from_slice(&MAGIC);
    word.into()
}

#[test]
fn v_is_27_or_28_and_nothing_else() {
    for v in 0..=255 {
        let mut world = World::claimed();
        recovers(&world, v, S, Ok(PATIENT.abi_encode()));
        if v == 27 || v == 28 {
            world.done(RELAYER, &call(signature(v)));
            continue;
        }
        world.refuses(RELAYER, &call(signature(v)), &REFUSAL);
        let asked = world.asked();
        assert!(asked.iter().all(|one| one.0 != RECOVER), "v = {v}");
    }
}

#[test]
fn v_is_part_of_the_question() {
    let mut world = World::claimed();
    recovers(&world, 27, S, Ok(PATIENT.abi_encode()));
    world.refuses(RELAYER, &call(signature(28)), &REFUSAL);
}

#[test]
fn s_lies_in_the_lower_half() {
    let half = B256::new(HALF);
    let mut above = half;
    above[31] += 1;
    let mut much_above = half;
    much_above[0] += 1;
    for (s, canonical) in [
        (half, true),
        (B256::ZERO, true),
        (above, false),
        (much_above, false),
        (B256::repeat_byte(0xff), false),
    ] {
        let mut world = World::claimed();
        recovers(&world, 27, s, Ok(PATIENT.abi_encode()));
        let signature = [&R[..], &s[..], &[27]].concat();
        if canonical {
            world.done(RELAYER, &call(signature));
        } else {
            world.refuses(RELAYER, &call(signature), &REFUSAL);
            assert!(world.asked().iter().all(|one| one.0 != RECOVER));
        }
    }
}

#[test]
fn a_signature_has_65_bytes() {
    let mut world = World::claimed();
    recovers(&world, 27, S, Ok(PATIENT.abi_encode()));
    let whole = signature(27);
    let compact = [&R[..], &S[..]].concat();
    let mut long = whole.to_vec();
    long.push(27);
    let mut early = alloc::vec![27];
    early.extend(&whole);
    for signature in [Vec::new(), alloc::vec![27], compact, long, early] {
        world.refuses(RELAYER, &call(signature), &REFUSAL);
    }
    assert!(world.asked().iter().all(|one| one.0 != RECOVER));
    world.done(RELAYER, &call(whole));
}

#[test]
fn what_recovers_to_nobody_is_nobodys() {
    let mut dirty = PATIENT.abi_encode();
    dirty[0] = 1;
    for answer in [
        Ok(Vec::new()),
        Ok(Address::ZERO.abi_encode()),
        Ok(PATIENT.to_vec()),
        Ok(dirty),
        Ok(STRANGER.abi_encode()),
        Err(Vec::new()),
        Err(PATIENT.abi_encode()),
    ] {
        let mut world = World::claimed();
        recovers(&world, 27, S, answer);
        world.refuses(RELAYER, &call(signature(27)), &REFUSAL);
    }
    // Not even if the owner were zero, as an unset one is.
    let mut world = World::claimed();
    let mut header = world.slot(U256::ZERO);
    header[..20].fill(0);
    world.set_slot(U256::ZERO, header);
    recovers(&world, 27, S, Ok(Address::ZERO.abi_encode()));
    world.refuses(RELAYER, &call(signature(27)), &REFUSAL);
}

#[test]
fn the_owner_is_asked_only_if_the_signature_is_not_its_own() {
    let mut world = World::claimed();
    recovers(&world, 27, S, Ok(PATIENT.abi_encode()));
    let registry = |world: &World| -> Vec<_> {
        let asked = world.asked();
        asked.into_iter().filter(|one| one.0 != REGISTRY).collect()
    };
    let mut own = world.fork();
    own.done(RELAYER, &call(signature(27)));
    let first = (RECOVER, recover(digest(&inner(), 0, START), 27, R, S));
    assert_eq!(registry(&own), core::slice::from_ref(&first));
    recovers(&world, 27, S, Ok(STRANGER.abi_encode()));
    world.refuses(RELAYER, &call(signature(27)), &REFUSAL);
    let second = (PATIENT, question(&signature(27)));
    assert_eq!(registry(&world), [first, second]);
}

#[test]
fn a_contract_wallet_accepts_in_its_own_way() {
    // Whatever a wallet takes for a signature: none, one of another length, somebody else's.
    for signature in [
        Vec::new(),
        b"by word of mouth".to_vec(),
        alloc::vec![1; 300],
        signature(27).to_vec(),
        signature(0).to_vec(),
    ] {
        let mut world = World::claimed();
        world.answers(PATIENT, question(&signature), Ok(yes()));
        world.done(RELAYER, &call(signature));
        assert_eq!(world.info().primaryCare, OTHER);
    }
}

#[test]
fn a_contract_wallet_refuses_in_many_ways() {
    let signature = b"by word of mouth";
    let mut dirty = yes();
    dirty[31] = 1;
    let mut right_aligned = alloc::vec![0; 28];
    right_aligned.extend(MAGIC);
    for answer in [
        Ok(Vec::new()),
        Ok(MAGIC.into()),
        Ok(yes()[..31].into()),
        Ok(dirty),
        Ok(right_aligned),
        Ok(true.abi_encode()),
        Ok(alloc::vec![0; 32]),
        Ok(alloc::vec![0xff; 32]),
        Err(Vec::new()),
        Err(yes()),
    ] {
        let mut world = World::claimed();
        world.answers(PATIENT, question(signature), answer);
        world.refuses(RELAYER, &call(&signature[..]), &REFUSAL);
    }
    // More than a word after a yes is nobody's business.
    let mut world = World::claimed();
    let mut long = yes();
    long.extend([1; 32]);
    world.answers(PATIENT, question(signature), Ok(long));
    world.done(RELAYER, &call(&signature[..]));
}

#[test]
fn a_contract_wallet_is_asked_about_this_call_and_no_other_is_asked() {
    let mut world = World::claimed();
    let signature = b"by word of mouth";
    // Somebody else's wallet says yes to everything.
    world.answers(HEIR, question(signature), Ok(yes()));
    world.refuses(RELAYER, &call(&signature[..]), &REFUSAL);
    world.refuses(HEIR, &call(&signature[..]), &REFUSAL);
    // The owner's says yes to another call.
    world.answers(PATIENT, question(signature), Ok(yes()));
    let other = abi::executeCall {
        call: set_primary_care(SPECIALIST).abi_encode().into(),
        ..call(&signature[..])
    };
    world.refuses(RELAYER, &other, &REFUSAL);
    // And its answer is used once.
    world.done(RELAYER, &call(&signature[..]));
    let used = abi::InvalidNonce {
        given: 0,
        expected: 1,
    };
    world.refuses(RELAYER, &call(&signature[..]), &used);
}

#[test]
fn a_contract_wallet_can_claim() {
    let mut world = World::issued();
    let inner = claim(rotation(1, &[0])).abi_encode();
    let arguments = (digest(&inner, 0, START), Bytes::new());
    let question = [&MAGIC[..], &arguments.abi_encode_params()].concat();
    world.answers(PATIENT, question, Ok(yes()));
    let call = abi::executeCall {
        signature: Bytes::new(),
        ..execute(&inner, 0, START)
    };
    world.done(RELAYER, &call);
    assert!(world.info().claimed);
}
