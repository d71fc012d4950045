//! The largest that is allowed is done in one transaction; what is larger is refused and not tried.

use alloy_primitives::{Address, Bytes};
use patientport_abi::IPatientPort as abi;

use crate::world::{DAY, World, account, calls, calls::Grant};

/// The longest message.
fn longest() -> Bytes {
    vec![0xa5; 8_192].into()
}

#[test]
fn every_section_is_rotated_at_once_with_messages_that_fill_the_transaction() {
    let world = World::new();
    let port = world.claimed_port();
    let sealed = || abi::Sealed {
        recipient: account("patient"),
        message: longest(),
    };
    let mut rotation = calls::rotation(u64::MAX, 0);
    for section in [0, 1, 5] {
        rotation.epochs[section] = 1;
    }
    rotation.links = longest();
    // More does not fit: a chain takes transactions of up to 95,000 bytes.
    rotation.sealed_ = (0..9).map(|_| sealed()).collect();
    let outcome = world.done("patient", port, &abi::rotateCall { rotation });
    assert_eq!(outcome.logs.len(), 10);
    let keys = world
        .chain
        .view(port, &abi::sectionKeysCall { sections: u64::MAX });
    let epochs: Vec<u32> = keys.iter().map(|key| key.epoch).collect();
    let mut expected = vec![1; 64];
    for section in [0, 1, 5] {
        expected[section] = 2;
    }
    assert_eq!(epochs, expected);
    // And granted at once.
    let grant = Grant {
        epochs,
        message: longest(),
        ..Grant::of(u64::MAX, 1, world.chain.now() + DAY).unverified()
    };
    world.done("patient", port, &grant.to("reader"));
}

#[test]
fn lists_that_are_too_long_are_refused() {
    let world = World::new();
    let port = world.claimed_port();
    let until = world.chain.now() + DAY;
    let (long, given) = (2_500, 2_500);

    let mut rotation = calls::rotation(1, 1);
    rotation.epochs = vec![1; long];
    let mismatch = abi::LengthMismatch { given, expected: 1 };
    world.refused("patient", port, &abi::rotateCall { rotation }, &mismatch);
    let mut rotation = calls::rotation(1, 1);
    rotation.keys = vec![calls::key("any"); long];
    world.refused("patient", port, &abi::rotateCall { rotation }, &mismatch);
    let mut rotation = calls::rotation(0, 0);
    rotation.sealed_ = vec![calls::sealed("patient"); 500];
    let some = abi::LengthMismatch {
        given: 500,
        expected: 0,
    };
    world.refused("patient", port, &abi::rotateCall { rotation }, &some);

    let grant = Grant {
        epochs: vec![1; long],
        ..Grant::of(1, 1, until).unverified()
    };
    world.refused("patient", port, &grant.to("reader"), &mismatch);
    let reseal = abi::resealCall {
        sections: 1,
        epochs: vec![1],
        sealed_: vec![calls::sealed("patient"); 500],
    };
    let too_many = abi::TooManyRecipients {
        given: 500,
        max: 17,
    };
    world.refused("patient", port, &reseal, &too_many);
    let share = abi::shareCall {
        reader: account("reader"),
        recordIds: vec![1; long],
        message: longest(),
    };
    let too_many = abi::InvalidRecordCount { given, max: 16 };
    world.refused("patient", port, &share, &too_many);
}

#[test]
fn a_page_of_a_hundred_records_or_requests_is_shown() {
    let world = World::new();
    let port = world.claimed_port();
    for number in 1..=101 {
        world.done("patient", port, &calls::add(0, 1, number));
        world.enter_request(port, Address::repeat_byte(1));
    }
    let records = abi::recordsCall {
        from: 0,
        limit: u32::MAX,
    };
    let requests = abi::requestsCall {
        from: 0,
        limit: u32::MAX,
    };
    assert_eq!(world.chain.view(port, &records).len(), 100);
    assert_eq!(world.chain.view(port, &requests).len(), 100);
}
