//! Counters at their ends, put there by decree.

use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolCall;
use patientport_abi::IPatientPort as abi;

use crate::world::{
    DAY, Person, World, account, calls,
    calls::Grant,
    layout::{COMMITMENT, HEADER, LIST, RECORD, RECORDS, REQUESTS, SECTION_META, slot},
};

/// The last id of a record, and of a request.
const LAST_ID: u32 = 0x7fff_ffff;

#[test]
fn the_last_record_id_is_used_once() {
    let world = World::new();
    let port = world.claimed_port();
    world.edit(port, HEADER, |word| {
        word[RECORDS].copy_from_slice(&(LAST_ID - 1).to_be_bytes());
    });
    let outcome = world.done("patient", port, &calls::add(0, 1, 1));
    let id = abi::addCall::abi_decode_returns_validate(outcome.returned()).unwrap();
    assert_eq!(id, LAST_ID);
    world.refused("patient", port, &calls::add(0, 1, 2), &abi::Exhausted {});
    let supersede = abi::supersedeCall {
        recordId: id,
        commitment: B256::repeat_byte(1),
        epoch: 1,
    };
    world.refused("patient", port, &supersede, &abi::Exhausted {});
    let record = world.chain.view(port, &abi::recordCall { recordId: id });
    assert_eq!(record.state, 1);
    let retract = abi::retractCall {
        recordId: id,
        reason: 1,
    };
    world.done("patient", port, &retract);
}

#[test]
fn the_last_records_can_be_paged() {
    let world = World::new();
    let port = world.claimed_port();
    world.edit(port, HEADER, |word| {
        word[RECORDS].copy_from_slice(&(LAST_ID - 3).to_be_bytes());
    });
    for number in 1..=3 {
        world.done("patient", port, &calls::add(0, 1, number));
    }
    let page = |from, limit| {
        let records = world.chain.view(port, &abi::recordsCall { from, limit });
        records.len()
    };
    assert_eq!(page(LAST_ID - 2, 100), 3);
    assert_eq!(page(LAST_ID - 1, 1), 1);
    assert_eq!(page(LAST_ID, u32::MAX), 1);
    assert_eq!(page(LAST_ID + 1, 100), 0);
    assert_eq!(page(u32::MAX, u32::MAX), 0);
}

#[test]
fn the_last_request_id_leaves_the_block_bit_alone() {
    let world = World::new();
    let port = world.claimed_port();
    world.edit(port, HEADER, |word| {
        word[REQUESTS].copy_from_slice(&(LAST_ID - 1).to_be_bytes());
    });
    let outcome = world.done("primary", port, &calls::request("primary"));
    let id = abi::requestCall::abi_decode_returns_validate(outcome.returned()).unwrap();
    assert_eq!(id, LAST_ID);
    let requester = account("primary");
    assert!(!world.chain.view(port, &abi::isBlockedCall { requester }));
    world.refused(
        "primary",
        port,
        &calls::request("primary"),
        &abi::Exhausted {},
    );
    // Nobody can be listed without a request any more; who asked in time can.
    let until = world.chain.now() + DAY;
    world.refused(
        "patient",
        port,
        &Grant::of(1, 1, until).unverified().to("x"),
        &abi::Exhausted {},
    );
    world.refused(
        "patient",
        port,
        &calls::delegate("x", 1, until),
        &abi::Exhausted {},
    );
    world.done(
        "patient",
        port,
        &Grant::of(1, 1, until).approving(LAST_ID, "primary"),
    );
    world.done(
        "patient",
        port,
        &Grant::of(1, 1, until).unverified().to("primary"),
    );
    let page = abi::requestsCall {
        from: LAST_ID,
        limit: 100,
    };
    assert_eq!(world.chain.view(port, &page).len(), 1);
    let holders = world
        .chain
        .view(port, &abi::holdersCall { from: 0, limit: 9 });
    assert_eq!(holders.len(), 1);
    assert_eq!(holders[0].access.reader, requester);
}

#[test]
fn the_last_nonce_is_never_used() {
    let world = World::new();
    let port = world.claimed_port();
    world.edit(port, LIST, |word| {
        word[..4].copy_from_slice(&[0xff, 0xff, 0xff, 0xfe]);
    });
    let patient = Person::named("patient");
    let call = || calls::custodian(0, "heir").abi_encode();
    world.done("stranger", port, &world.signed(port, &patient, call()));
    assert_eq!(world.chain.view(port, &abi::infoCall {}).nonce, u32::MAX);
    let last = world.signed(port, &patient, call());
    assert_eq!(last.nonce, U256::from(u32::MAX));
    world.refused("stranger", port, &last, &abi::Exhausted {});
    world.refused(
        "patient",
        port,
        &abi::cancelSignaturesCall {},
        &abi::Exhausted {},
    );
    // The list of holders, in the same word, is as it was, and the patient still acts for itself.
    assert_eq!(world.chain.view(port, &abi::infoCall {}).holderCount, 0);
    world.done("patient", port, &calls::transfer(account("heir")));
}

#[test]
fn the_last_epoch_of_a_section_stays() {
    const LAST: u32 = 0xff_ffff;
    let world = World::new();
    let port = world.claimed_port();
    // Sections 0 to 3 share a word; section 1 stands in its second lane.
    world.edit(port, (SECTION_META, 0), |word| {
        word[8..11].copy_from_slice(&[0xff, 0xff, 0xfe]);
    });
    let rotate = |epoch| abi::rotateCall {
        rotation: calls::rotation(0b10, epoch),
    };
    world.done("patient", port, &rotate(LAST - 1));
    let stale = abi::StaleEpoch {
        section: 1,
        given: LAST,
        current: LAST,
    };
    world.refused("patient", port, &rotate(LAST), &stale);
    let keys = world
        .chain
        .view(port, &abi::sectionKeysCall { sections: 0b11 });
    assert_eq!((keys[0].epoch, keys[1].epoch), (1, LAST));
    world.done("patient", port, &calls::add(1, LAST, 1));
    let message = Bytes::from_static(b"secrets");
    let sealed = abi::Sealed {
        recipient: account("patient"),
        message,
    };
    let reseal = abi::resealCall {
        sections: 0b10,
        epochs: vec![LAST],
        sealed_: vec![sealed],
    };
    world.done("patient", port, &reseal);
}

#[test]
fn a_thousand_records_do_not_change_what_an_approval_costs() {
    let world = World::new();
    let port = world.claimed_port();
    world.verify("clinic");
    world.done("patient", port, &calls::add(0, 1, 1));
    world.done("clinic", port, &calls::request("clinic"));
    let until = world.chain.now() + DAY;
    let approve = Grant::of(0b11, 1, until).approving(1, "clinic");
    let mut mark = world.chain.mark();
    let with_one = world.done("patient", port, &approve).gas;
    world.chain.go_back(&mut mark);
    // Every one of them really added.
    for number in 2..=1_000 {
        world.done("patient", port, &calls::add(0, 1, number));
    }
    let info = world.chain.view(port, &abi::infoCall {});
    assert_eq!(info.recordCount, 1_000);
    let with_a_thousand = world.done("patient", port, &approve).gas;
    assert!(
        with_a_thousand.abs_diff(with_one) <= 200,
        "{with_one} with one record, {with_a_thousand} with a thousand"
    );
    // And the words are where the layout says.
    let last = world.chain.storage(port, slot((COMMITMENT, 1_000)));
    assert_eq!(last, calls::add(0, 1, 1_000).commitment);
    assert!(!world.chain.storage(port, slot((RECORD, 1_000))).is_zero());
}
