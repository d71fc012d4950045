//! Raw slots: what the layout table promises, byte by byte. The table is frozen: a test that fails here
//! is a port in the field that can no longer be read.

use super::*;

/// A slot of the map `tag` under `key`, which ends at byte 32.
pub(super) fn slot(tag: u8, key: &[u8]) -> U256 {
    let mut slot = [0; 32];
    slot[32 - key.len()..].copy_from_slice(key);
    slot[0] = tag;
    U256::from_be_bytes(slot)
}

pub(super) fn word(parts: &[&[u8]]) -> B256 {
    let bytes = parts.concat();
    let mut word = [0; 32];
    word[..bytes.len()].copy_from_slice(&bytes);
    B256::new(word)
}

/// A word that is a number.
fn right(value: u8) -> B256 {
    B256::with_last_byte(value)
}

fn u24(value: u64) -> [u8; 3] {
    value.to_be_bytes()[5..].try_into().unwrap()
}

fn u32(value: u64) -> [u8; 4] {
    value.to_be_bytes()[4..].try_into().unwrap()
}

fn u40(value: u64) -> [u8; 5] {
    value.to_be_bytes()[3..].try_into().unwrap()
}

/// All words of a port, and nothing else.
#[track_caller]
fn has_exactly(world: &World, mut expected: Vec<(U256, B256)>) {
    let mut stored: Vec<_> = world.chain.read(|state| {
        state
            .storage
            .iter()
            .map(|(slot, word)| (*slot, *word))
            .collect()
    });
    let head = stored
        .iter_mut()
        .find(|one| one.0 == slot(0, &[1]))
        .unwrap();
    head.1[5..].fill(0);
    expected.sort_unstable();
    for (stored, expected) in stored.iter().zip(&expected) {
        assert_eq!(stored, expected);
    }
    assert_eq!(stored.len(), expected.len());
}

#[test]
fn a_port_that_nobody_has_claimed_has_no_storage() {
    let world = World::issued();
    assert!(world.chain.read(|state| state.storage.is_empty()));
}

#[test]
fn parties_sections_and_records_lie_where_the_table_says() {
    let mut world = World::claimed();
    world.wait(1);
    world.done(PRIMARY, &add(5, 1));
    world.wait(1);
    world.done(PATIENT, &add(0, 1));
    world.done(PATIENT, &supersede(2, 1));
    world.done(PATIENT, &retract(1, 2));
    world.done(PATIENT, &transfer(HEIR));
    world.done(PATIENT, &set_primary_care(OTHER));
    world.done(PATIENT, &set_custodian(0, CUSTODIAN));
    world.done(PATIENT, &set_custodian(2, OTHER));
    world.done(PATIENT, &rotate(rotation(1 << 63, &[0])));
    let (start, now) = (u32(START), u32(START + 2));
    let added = u40(START + 2);
    has_exactly(
        &world,
        alloc::vec![
            // Header: owner, flags (claimed, odd key, primary care set), records, requests.
            (
                slot(0, &[0]),
                word(&[PATIENT.as_slice(), &[0b111], &[0, 0, 0, 3]])
            ),
            // History: 14 events.
            (slot(0, &[1]), word(&[&[0, 0, 0, 0, 14]])),
            (slot(0, &[2]), key(9)),
            (slot(0, &[3]), word(&[OTHER.as_slice()])),
            (slot(0, &[4]), word(&[HEIR.as_slice()])),
            // Custodians 0 and 2, and their keys.
            (slot(0, &[8]), word(&[CUSTODIAN.as_slice(), &[1]])),
            (slot(0, &[10]), word(&[OTHER.as_slice(), &[1]])),
            (slot(0, &[12]), key(0xcd)),
            (slot(0, &[14]), key(0xcd)),
            // Sections 0 and 1 in the first word of metadata, 5 in the second lane of the second, 63 in
            // the last lane of the last.
            (
                slot(1, &[0]),
                word(&[&[0, 0, 1, 1], &start, &[0, 0, 1, 0], &start])
            ),
            (slot(1, &[1]), word(&[&[0; 8], &[0, 0, 1, 1], &start])),
            (slot(1, &[15]), word(&[&[0; 24], &[0, 0, 1, 0], &now])),
            (slot(2, &[0]), key(0x70)),
            (slot(2, &[1]), key(0x71)),
            (slot(2, &[5]), key(0x72)),
            (slot(2, &[63]), key(0x70)),
            // Records: retracted, superseded, current; the successor of the second.
            (slot(3, &[1]), key(0xc0)),
            (slot(3, &[2]), key(0xc0)),
            (slot(3, &[3]), key(0xc1)),
            (
                slot(4, &[1]),
                word(&[PRIMARY.as_slice(), &u40(START + 1), &[5, 2], &[0, 0, 0, 1]])
            ),
            (
                slot(4, &[2]),
                word(&[PATIENT.as_slice(), &added, &[0, 3], &[0, 0, 0, 1]])
            ),
            (
                slot(4, &[3]),
                word(&[PATIENT.as_slice(), &added, &[0, 1], &[0, 0, 0, 1]])
            ),
            (slot(14, &[2]), right(3)),
        ],
    );
}

#[test]
fn requests_holders_delegates_and_responders_lie_where_the_table_says() {
    let mut world = World::claimed();
    world.wait(1);
    world.done(PRIMARY, &request(SPECIALIST));
    world.done(OTHER, &request(OTHER));
    world.done(OTHER, &request(OTHER));
    world.done(PATIENT, &block(OTHER, true));
    world.wait(1);
    world.done(PATIENT, &approve(1, 0b11, &[1, 1], START + DAY, 3));
    world.done(PATIENT, &set_delegate(DELEGATE, 9, START + DAY));
    world.wait(1);
    world.done(PATIENT, &set_delegate(DELEGATE, 2, START + 2 * DAY));
    world.done(PATIENT, &arm(RESPONDER, 0b10_0001, 0, 9));
    world.done(RESPONDER, &break_glass());
    world.done(PATIENT, &arm(RESPONDER, 0b10, 7, 9));
    world.wait(1);
    world.done(RESPONDER, &break_glass());
    world.done(PATIENT, &abi::cancelSignaturesCall {});
    let start = u32(START);
    let made = u40(START + 1);
    let sections = 0b11_u64.to_be_bytes();
    has_exactly(
        &world,
        alloc::vec![
            (
                slot(0, &[0]),
                word(&[PATIENT.as_slice(), &[0b011], &[0; 4], &[0, 0, 0, 5]])
            ),
            (slot(0, &[1]), word(&[&[0, 0, 0, 0, 15]])),
            (slot(0, &[2]), key(9)),
            (
                slot(1, &[0]),
                word(&[&[0, 0, 1, 1], &start, &[0, 0, 1, 0], &start])
            ),
            (slot(1, &[1]), word(&[&[0; 8], &[0, 0, 1, 1], &start])),
            (slot(2, &[0]), key(0x70)),
            (slot(2, &[1]), key(0x71)),
            (slot(2, &[5]), key(0x72)),
            // Requests: an approved referral, two pending, two entries that nobody made.
            (
                slot(5, &[1]),
                word(&[SPECIALIST.as_slice(), &made, &[2, 1]])
            ),
            (slot(5, &[2]), word(&[OTHER.as_slice(), &made, &[1, 0]])),
            (slot(5, &[3]), word(&[OTHER.as_slice(), &made, &[1, 0]])),
            (
                slot(5, &[4]),
                word(&[DELEGATE.as_slice(), &u40(START + 2), &[6, 0]])
            ),
            (
                slot(5, &[5]),
                word(&[RESPONDER.as_slice(), &u40(START + 3), &[6, 0]])
            ),
            (slot(6, &[1]), word(&[PRIMARY.as_slice()])),
            // Places of requesters; OTHER is blocked.
            (slot(7, PRIMARY.as_slice()), word(&[&[0, 0, 0, 1]])),
            (
                slot(7, OTHER.as_slice()),
                word(&[&[0x80, 0, 0, 2], &[0, 0, 0, 3]])
            ),
            // Sections, held, expiry, changed at, rights, state, place, facets.
            (
                slot(8, SPECIALIST.as_slice()),
                word(&[
                    &sections,
                    &sections,
                    &u40(START + DAY),
                    &u40(START + 2),
                    &[3, 1, 1, 0]
                ])
            ),
            (slot(8, DELEGATE.as_slice()), word(&[&[0; 28], &[2, 0b01]])),
            (slot(8, RESPONDER.as_slice()), word(&[&[0; 28], &[3, 0b10]])),
            // The nonce, the length, then request ids.
            (
                slot(9, &[0]),
                word(&[
                    &[0, 0, 0, 1],
                    &[0, 0, 0, 3],
                    &[0, 0, 0, 1],
                    &[0, 0, 0, 4],
                    &[0, 0, 0, 5]
                ])
            ),
            // Rights, parity, until, held until.
            (
                slot(10, DELEGATE.as_slice()),
                word(&[&[2, 1], &u40(START + 2 * DAY), &u40(START + 4)])
            ),
            (slot(11, DELEGATE.as_slice()), key(0xd0)),
            // Sections, delay, window, broken at, state, held until, held.
            (
                slot(12, RESPONDER.as_slice()),
                word(&[
                    &0b10_u64.to_be_bytes(),
                    &u24(7),
                    &u24(9),
                    &u32(START + 4),
                    &[2],
                    &u32(START + 4),
                    &0b10_0001_u64.to_be_bytes()
                ])
            ),
            (slot(13, RESPONDER.as_slice()), key(0xb0)),
        ],
    );
}

#[test]
fn the_places_of_the_list_are_lanes_behind_nonce_and_length() {
    let mut world = super::holders::full();
    world.done(PATIENT, &abi::cancelSignaturesCall {});
    // Place p is lane p + 1, eight lanes to a word; ids are those of the entries, 1 to 128.
    let mut lanes = alloc::vec![1_u32, 128];
    lanes.extend(1..=128);
    lanes.resize(17 * 8, 0);
    for (index, chunk) in lanes.chunks(8).enumerate() {
        let parts: Vec<_> = chunk.iter().map(|lane| lane.to_be_bytes()).collect();
        let expected = B256::new(parts.concat().try_into().unwrap());
        assert_eq!(world.slot(slot(9, &[index as u8])), expected, "{index}");
    }
    // The place itself is one byte of the holder's word.
    for (number, place) in [(0, 1), (6, 7), (7, 8), (14, 15), (127, 128)] {
        let holder = super::holders::nth(number);
        assert_eq!(world.slot(slot(8, holder.as_slice()))[28], place);
    }
}

/// What the words mean when a client reads them raw, as numbers in one place.
#[test]
fn the_table_of_tags_and_codes_is_frozen() {
    use crate::layout::{
        delegate, grant, header, list, map, pending, record, request, responder, section, single,
    };
    assert_eq!(
        [
            single::HEADER,
            single::HEAD,
            single::PATIENT_KEY,
            single::PRIMARY_CARE,
            single::PENDING_OWNER,
            single::CUSTODIAN,
            single::CUSTODIAN_KEY
        ],
        [0, 1, 2, 3, 4, 8, 12]
    );
    assert_eq!(
        [
            map::SECTION_META,
            map::SECTION_KEY,
            map::COMMITMENT,
            map::RECORD,
            map::REQUEST,
            map::REQUESTER,
            map::PENDING,
            map::GRANT,
            map::LIST,
            map::DELEGATE,
            map::DELEGATE_KEY,
            map::RESPONDER,
            map::PACKAGE,
            map::SUCCESSOR
        ],
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
    );
    assert_eq!(
        [
            header::CLAIMED,
            header::KEY_PARITY,
            header::PRIMARY_CARE_SET
        ],
        [1, 2, 4]
    );
    assert_eq!(
        [record::CURRENT, record::RETRACTED, record::SUPERSEDED],
        [1, 2, 3]
    );
    assert_eq!(
        [
            request::PENDING,
            request::APPROVED,
            request::DENIED,
            request::CANCELLED,
            request::LAPSED,
            request::ENTERED
        ],
        [1, 2, 3, 4, 5, 6]
    );
    assert_eq!([pending::BLOCKED], [0x80]);
    assert_eq!([grant::READ, grant::WRITE], [1, 2]);
    assert_eq!([grant::LIVE, grant::EXPIRED, grant::REVOKED], [1, 2, 3]);
    assert_eq!([grant::DELEGATE, grant::RESPONDER], [1, 2]);
    assert_eq!(
        [
            delegate::APPROVE,
            delegate::REVOKE,
            delegate::WRITE,
            delegate::ROTATE
        ],
        [1, 2, 4, 8]
    );
    assert_eq!(
        [
            responder::NONE,
            responder::ARMED,
            responder::BROKEN,
            responder::OPEN,
            responder::OVER,
            responder::VETOED
        ],
        [0, 1, 2, 3, 4, 5]
    );
    assert_eq!(
        [header::MAX_ID, section::MAX_EPOCH],
        [0x7fff_ffff, 0xff_ffff]
    );
    assert_eq!(list::lane(6).0, 0);
    assert_eq!(list::lane(7).0, 1);
    assert_eq!(list::lane(128).0, 16);
}
