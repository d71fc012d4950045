//! Counters near their ends: the last value is given out, and then there is a typed refusal.

use super::{layout::slot, *};

const EXHAUSTED: abi::Exhausted = abi::Exhausted {};
const LAST_ID: u32 = 0x7fff_ffff;

/// Overwrites the bytes of a word from a byte on.
fn patch(world: &World, slot: U256, from: usize, bytes: &[u8]) {
    let mut content = world.slot(slot);
    content[from..from + bytes.len()].copy_from_slice(bytes);
    world.set_slot(slot, content);
}

#[test]
fn record_ids_end() {
    let mut world = World::claimed();
    patch(&world, slot(0, &[0]), 21, &(LAST_ID - 1).to_be_bytes());
    assert_eq!(world.done(PATIENT, &add(0, 1)), LAST_ID);
    world.refuses(PATIENT, &add(0, 1), &EXHAUSTED);
    world.refuses(PATIENT, &supersede(LAST_ID, 1), &EXHAUSTED);
    assert_eq!(world.info().recordCount, LAST_ID);
    assert_eq!(world.info().requestCount, 0, "its neighbour is not touched");
    assert_eq!(world.record(LAST_ID).state, 1);
    // The last page can be read.
    for limit in [1, 100, u32::MAX] {
        let page = abi::recordsCall {
            from: LAST_ID,
            limit,
        };
        assert_eq!(world.view(&page).len(), 1);
    }
    let beyond = abi::recordsCall {
        from: LAST_ID + 1,
        limit: 100,
    };
    assert_eq!(world.view(&beyond), []);
    world.done(PATIENT, &share(SPECIALIST, &[LAST_ID]));
    world.done(PATIENT, &publish(LAST_ID, 0, 0));
    world.done(PATIENT, &retract(LAST_ID, 1));
}

#[test]
fn request_ids_end() {
    let mut world = World::claimed();
    world.done(PATIENT, &add(0, 1));
    patch(&world, slot(0, &[0]), 25, &(LAST_ID - 1).to_be_bytes());
    assert_eq!(world.done(SPECIALIST, &request(SPECIALIST)), LAST_ID);
    world.refuses(SPECIALIST, &request(SPECIALIST), &EXHAUSTED);
    // Neither can the list take anybody who was not asked for …
    let end = START + DAY;
    world.refuses(PATIENT, &grant(OTHER, 1, &[1], end, 1), &EXHAUSTED);
    world.refuses(PATIENT, &set_delegate(DELEGATE, 1, end), &EXHAUSTED);
    world.refuses(PATIENT, &arm(RESPONDER, 1, 0, 1), &EXHAUSTED);
    // … but the last id is as good as any, its highest bit being the mark of a blocked requester.
    assert!(!world.view(&abi::isBlockedCall {
        requester: SPECIALIST
    }));
    world.done(PATIENT, &approve(LAST_ID, 1, &[1], end, 1));
    assert_eq!(world.listed(), [SPECIALIST]);
    assert_eq!(world.request_state(LAST_ID), 2);
    let page = abi::requestsCall {
        from: LAST_ID,
        limit: 100,
    };
    assert_eq!(world.view(&page).len(), 1);
    assert_eq!(world.info().recordCount, 1, "its neighbour is not touched");
    // Who is listed needs no entry.
    world.done(PATIENT, &grant(SPECIALIST, 1, &[1], end, 1));
}

#[test]
fn nonces_end() {
    let mut world = World::granted();
    let cancel = abi::cancelSignaturesCall {};
    patch(&world, slot(9, &[0]), 0, &(u32::MAX - 1).to_be_bytes());
    let cancelled = abi::SignaturesCancelled { nonce: u32::MAX };
    world.emits(PATIENT, &cancel, &[log(&cancelled)]);
    world.refuses(PATIENT, &cancel, &EXHAUSTED);
    let info = world.info();
    assert_eq!((info.nonce, info.holderCount), (u32::MAX, 1));
    assert_eq!(world.listed(), [SPECIALIST]);
}

#[test]
fn epochs_end() {
    let mut world = World::claimed();
    let last = 0xff_ffff;
    // Section 1 is the second lane of its word.
    patch(&world, slot(1, &[0]), 8, &[0xff, 0xff, 0xfe]);
    world.done(PATIENT, &rotate(rotation(0b10, &[last - 1])));
    assert_eq!(world.keys(0b10)[0].0, last);
    let stale = abi::StaleEpoch {
        section: 1,
        given: last,
        current: last,
    };
    world.refuses(PATIENT, &rotate(rotation(0b10, &[last])), &stale);
    // What was published under it stays usable, and its neighbours turn on.
    world.done(PATIENT, &add(1, last));
    world.done(PATIENT, &grant(SPECIALIST, 0b10, &[last], START + DAY, 1));
    world.done(PATIENT, &rotate(rotation(0b01, &[1])));
    assert_eq!(world.keys(0b11)[1].0, last);
}

#[test]
fn times_at_the_end_of_their_fields_are_kept() {
    // Section and emergency times have four bytes, to 2106; expiries have five.
    let mut world = World::claimed();
    world.wait_until(u64::from(u32::MAX) - 100);
    let now = world.now();
    world.done(PATIENT, &rotate(rotation(1, &[1])));
    assert_eq!(world.keys(1)[0].3, now);
    world.done(PATIENT, &grant(SPECIALIST, 1, &[2], now + 5 * YEAR, 3));
    assert_eq!(world.access(SPECIALIST).expiry, now + 5 * YEAR);
    world.wait(200);
    assert!(world.reads(SPECIALIST, 0));
    world.done(SPECIALIST, &add(0, 2));
    assert_eq!(world.record(1).addedAt, now + 200);
}
