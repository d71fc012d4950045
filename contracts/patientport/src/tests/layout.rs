//! Raw slots: what the layout table promises, byte by byte.

use super::*;

/// A slot of the map `tag` under `key`, which ends at byte 32.
fn slot(tag: u8, key: &[u8]) -> alloy_primitives::U256 {
    let mut slot = [0; 32];
    slot[32 - key.len()..].copy_from_slice(key);
    slot[0] = tag;
    alloy_primitives::U256::from_be_bytes(slot)
}

fn word(parts: &[&[u8]]) -> B256 {
    let bytes = parts.concat();
    let mut word = [0; 32];
    word[..bytes.len()].copy_from_slice(&bytes);
    B256::new(word)
}

fn u40(value: u64) -> [u8; 5] {
    value.to_be_bytes()[3..].try_into().unwrap()
}

#[test]
fn every_word_lies_where_the_table_says() {
    let mut world = World::claimed();
    world
        .call(
            PRIMARY,
            &abi::addCall {
                commitment: key(0xc0),
                section: 5,
                epoch: 1,
            },
        )
        .unwrap();
    world.wait(1);
    world.call(PRIMARY, &request(SPECIALIST)).unwrap();
    world.call(OTHER, &request(OTHER)).unwrap();
    world.wait(1);
    world
        .call(PATIENT, &approve(1, 0b11, &[1, 1], START + DAY, 3))
        .unwrap();

    let read = |tag, key: &[u8]| world.vm.get_storage(slot(tag, key));
    let one = &[1];
    let now = (START as u32).to_be_bytes();
    // Single words.
    assert_eq!(
        read(0, &[0]),
        word(&[PATIENT.as_slice(), &[0b111], &[0, 0, 0, 1], &[0, 0, 0, 2]])
    );
    assert_eq!(read(0, &[1]), word(&[REGISTRY.as_slice(), one]));
    assert_eq!(read(0, &[2]), word(&[PRIMARY.as_slice()]));
    assert_eq!(read(0, &[3]), key(9));
    // Sections 0 and 1 in the first word of metadata, section 5 in the second lane of the second.
    assert_eq!(
        read(1, &[0]),
        word(&[&[0, 0, 1, 1], &now, &[0, 0, 1, 0], &now])
    );
    assert_eq!(read(1, &[1]), word(&[&[0; 8], &[0, 0, 1, 1], &now]));
    assert_eq!(read(2, &[5]), key(0x72));
    // A record.
    assert_eq!(read(3, &[1]), key(0xc0));
    assert_eq!(
        read(4, &[1]),
        word(&[PRIMARY.as_slice(), &u40(START), &[5, 1], &[0, 0, 0, 1]])
    );
    // Requests: a referral that was approved, and one for the requester itself.
    assert_eq!(
        read(5, &[1]),
        word(&[PRIMARY.as_slice(), &u40(START + 1), &[2, 1]])
    );
    assert_eq!(read(6, &[1]), word(&[SPECIALIST.as_slice()]));
    assert_eq!(
        read(5, &[2]),
        word(&[OTHER.as_slice(), &u40(START + 1), &[1, 0]])
    );
    assert_eq!(read(6, &[2]), B256::ZERO);
    assert_eq!(read(7, PRIMARY.as_slice()), word(&[&[0, 0, 0, 1]]));
    // A grant and the list of readers.
    let sections = 0b11_u64.to_be_bytes();
    assert_eq!(
        read(8, SPECIALIST.as_slice()),
        word(&[
            &sections,
            &sections,
            &u40(START + DAY),
            &u40(START + 2),
            &[3, 1, 1]
        ])
    );
    assert_eq!(read(9, &[1]), word(&[SPECIALIST.as_slice()]));

    // And nothing lies anywhere else: 4 single words, 2 of metadata, 3 section keys, 2 of the record,
    // 3 of requests, 2 of pending ids, 1 grant, 1 reader.
    assert_eq!(
        world
            .vm
            .snapshot()
            .storage
            .values()
            .filter(|word| !word.is_zero())
            .count(),
        18
    );
}
