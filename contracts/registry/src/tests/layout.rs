//! Raw slots: what the layout table promises, byte by byte.

use super::*;

fn word(parts: &[&[u8]]) -> B256 {
    let bytes = parts.concat();
    let mut word = [0; 32];
    word[..bytes.len()].copy_from_slice(&bytes);
    B256::new(word)
}

fn u40(value: u64) -> [u8; 5] {
    value.to_be_bytes()[3..].try_into().unwrap()
}

fn u32_of(npi: u64) -> [u8; 4] {
    u32::try_from(npi).unwrap().to_be_bytes()
}

#[test]
fn every_word_lies_where_the_table_says() {
    let mut world = World::ready();
    world
        .call(OWNER, &abi::transferOwnershipCall { newOwner: STRANGER })
        .unwrap();
    world
        .call(OWNER, &abi::addAttesterCall { attester: STRANGER })
        .unwrap();
    world
        .call(OWNER, &abi::removeAttesterCall { attester: STRANGER })
        .unwrap();
    world.issue(IMPLEMENTATION, 1);

    let read = |tag, key: &[u8]| world.word(tag, key);
    assert_eq!(read(0, &[0]), word(&[OWNER.as_slice(), &[0, 2]]));
    assert_eq!(read(0, &[1]), word(&[STRANGER.as_slice()]));
    assert_eq!(
        read(0, &[2]),
        word(&[IMPLEMENTATION.as_slice(), &[0, 0, 0, 1]])
    );
    assert_eq!(read(0, &[3]), word(&[LAB.as_slice(), &[0, 0, 0, 2]]));
    assert_eq!(
        read(1, ATTESTER.as_slice()),
        word(&[&[0; 20], &[0, 1], &[1]])
    );
    assert_eq!(
        read(1, STRANGER.as_slice()),
        word(&[&[0; 20], &[0, 2], &[0]])
    );
    // The first provider: attested (2), a clinic (2), odd.
    assert_eq!(
        read(2, CLINIC.as_slice()),
        word(&[
            &[0; 20],
            &[0, 1],
            &[0b0101_0010],
            &u32_of(NPI),
            &u40(START + 365 * DAY)
        ])
    );
    // The second: self-asserted (1), without number.
    assert_eq!(
        read(2, LAB.as_slice()),
        word(&[CLINIC.as_slice(), &[0, 0], &[0b0101_0001]])
    );
    assert_eq!(read(3, CLINIC.as_slice()), key(7));
    assert_eq!(read(3, LAB.as_slice()), key(7));
    assert_eq!(read(4, CLINIC.as_slice()), keccak256(IDENTITY));
    assert_eq!(read(4, LAB.as_slice()), keccak256(IDENTITY));
    assert_eq!(read(5, &[1]), word(&[ATTESTER.as_slice()]));
    assert_eq!(read(5, &[2]), word(&[STRANGER.as_slice()]));
    assert_eq!(read(6, &NPI.to_be_bytes()), word(&[CLINIC.as_slice()]));
    // And nothing lies anywhere else.
    assert_eq!(
        world
            .vm
            .snapshot()
            .storage
            .values()
            .filter(|word| !word.is_zero())
            .count(),
        15
    );
}

#[test]
fn fields_at_their_edges_do_not_touch_their_neighbours() {
    // The greatest number with a valid check digit, kind 7, an even key, the last attester.
    const GREATEST_NPI: u64 = 2_999_999_990;
    let mut world = World::open();
    world.vm.set_storage(
        slot(0, &[0]),
        word(&[OWNER.as_slice(), &0xfffe_u16.to_be_bytes()]),
    );
    let last = Address::repeat_byte(0x99);
    world
        .call(OWNER, &abi::addAttesterCall { attester: last })
        .unwrap();
    let call = abi::registerProviderCall {
        kind: 7,
        npi: GREATEST_NPI,
        keyParity: 0,
        ..register(0)
    };
    world.call(CLINIC, &register(0)).unwrap();
    world.call(LAB, &call).unwrap();
    let attestation = abi::attestCall {
        kind: 7,
        ..attest(LAB, GREATEST_NPI)
    };
    world.call(last, &attestation).unwrap();
    let until = u40(START + 365 * DAY);
    let packed = |state: u8| {
        word(&[
            CLINIC.as_slice(),
            &[0xff, 0xff],
            &[state],
            &u32_of(GREATEST_NPI),
            &until,
        ])
    };
    assert_eq!(world.word(2, LAB.as_slice()), packed(0b0011_1010));
    let set_key = |parity| abi::setEncryptionKeyCall {
        keyX: key(7),
        keyParity: parity,
    };
    world.call(LAB, &set_key(1)).unwrap();
    assert_eq!(world.word(2, LAB.as_slice()), packed(0b0111_1010));
    world
        .call(last, &abi::suspendCall { provider: LAB })
        .unwrap();
    assert_eq!(world.word(2, LAB.as_slice()), packed(0b0111_1011));
    let one = world
        .call(STRANGER, &abi::providerCall { account: LAB })
        .unwrap();
    assert_eq!(
        (one.status, one.kind, one.npi, one.attester, one.keyParity),
        (3, 7, GREATEST_NPI, last, 1)
    );
    world
        .call(last, &abi::reinstateCall { provider: LAB })
        .unwrap();
    assert_eq!(
        world.word(2, LAB.as_slice()),
        word(&[
            CLINIC.as_slice(),
            &[0, 0],
            &[0b0111_1001],
            &u32_of(GREATEST_NPI)
        ])
    );
    world.call(LAB, &abi::retireCall {}).unwrap();
    assert_eq!(
        world.word(2, LAB.as_slice()),
        word(&[
            CLINIC.as_slice(),
            &[0, 0],
            &[0b0111_1100],
            &u32_of(GREATEST_NPI)
        ])
    );
}
