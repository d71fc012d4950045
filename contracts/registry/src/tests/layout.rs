//! Raw slots: what the layout table promises, byte by byte.

use alloy_primitives::U256;

use super::*;

/// A slot of the map `tag` under `key`, which ends at byte 32.
fn slot(tag: u8, key: &[u8]) -> U256 {
    let mut slot = [0; 32];
    slot[32 - key.len()..].copy_from_slice(key);
    slot[0] = tag;
    U256::from_be_bytes(slot)
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
    let mut world = World::attested();
    world.vm.set_code(IMPLEMENTATION, [1].into());
    world
        .call(
            OWNER,
            &abi::setPortImplementationCall {
                implementation: IMPLEMENTATION,
            },
        )
        .unwrap();
    world
        .call(OWNER, &abi::transferOwnershipCall { newOwner: STRANGER })
        .unwrap();

    let read = |tag, key: &[u8]| world.vm.get_storage(slot(tag, key));
    let one = B256::with_last_byte(1);
    assert_eq!(read(0, &[0]), word(&[OWNER.as_slice(), &[0, 0, 0, 2]]));
    assert_eq!(read(0, &[1]), word(&[STRANGER.as_slice()]));
    assert_eq!(read(0, &[2]), word(&[IMPLEMENTATION.as_slice()]));
    assert_eq!(read(1, ATTESTER.as_slice()), one);
    assert_eq!(
        read(2, CLINIC.as_slice()),
        word(&[
            ATTESTER.as_slice(),
            &[2, 0x82],
            &u40(NPI),
            &u40(START + 365 * DAY)
        ])
    );
    assert_eq!(read(2, LAB.as_slice()), word(&[&[0; 20], &[1, 0x82]]));
    assert_eq!(read(3, CLINIC.as_slice()), key(7));
    assert_eq!(read(4, CLINIC.as_slice()), keccak256(IDENTITY));
    assert_eq!(read(5, &[0]), word(&[CLINIC.as_slice()]));
    assert_eq!(read(5, &[1]), word(&[LAB.as_slice()]));
    assert_eq!(read(7, &NPI.to_be_bytes()), word(&[CLINIC.as_slice()]));
    // And nothing lies anywhere else.
    assert_eq!(
        world
            .vm
            .snapshot()
            .storage
            .values()
            .filter(|word| !word.is_zero())
            .count(),
        13
    );
}

#[test]
fn issuing_counts_and_marks() {
    let mut world = World::attested();
    world.vm.set_code(IMPLEMENTATION, [1].into());
    world
        .call(
            OWNER,
            &abi::setPortImplementationCall {
                implementation: IMPLEMENTATION,
            },
        )
        .unwrap();
    let port = Address::repeat_byte(0xaa);
    let code = [
        &alloy_primitives::hex!("3d602d80600a3d3981f3363d3d373d3d3d363d73")[..],
        IMPLEMENTATION.as_slice(),
        &alloy_primitives::hex!("5af43d82803e903d91602b57fd5bf3"),
    ];
    let salt = keccak256([CLINIC.as_slice(), PATIENT.as_slice(), &[0; 32]].concat());
    world.vm.mock_deploy(code.concat(), Some(salt), Ok(port));
    world
        .call(CLINIC, &abi::issueCall { patient: PATIENT })
        .unwrap();
    assert_eq!(
        world.vm.get_storage(slot(6, CLINIC.as_slice())),
        B256::with_last_byte(1)
    );
    assert_eq!(
        world.vm.get_storage(slot(8, port.as_slice())),
        B256::with_last_byte(1)
    );
}
