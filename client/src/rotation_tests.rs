#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;

#[test]
fn messages_are_cut_into_batches_in_order() {
    let sealed = |index: usize, length: usize| IPatientPort::Sealed {
        recipient: Address::repeat_byte(u8::try_from(index).unwrap()),
        message: vec![0; length].into(),
    };
    assert!(batches(Vec::new()).is_empty());
    for (count, length, sizes) in [
        (1, 200, vec![1]),
        (17, 200, vec![17]),
        (18, 200, vec![17, 1]),
        (129, 200, vec![17, 17, 17, 17, 17, 17, 17, 10]),
        (17, 8_192, vec![7, 7, 3]),
    ] {
        let all: Vec<_> = (0..count).map(|index| sealed(index, length)).collect();
        let cut = batches(all.clone());
        assert_eq!(cut.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
        assert_eq!(cut.concat(), all);
    }
}

#[test]
fn whoever_is_left_out_is_named_with_the_reason() {
    let secret = SecretKey::from_bytes(&[1; 32]).unwrap();
    let recipient = |byte| Recipient {
        account: Address::repeat_byte(byte),
        key: secret.public(),
        sections: SectionSet::from_bits(1),
    };
    let mut plan = Plan {
        named: Vec::new(),
        current: Vec::new(),
        recipients: vec![recipient(1), recipient(2), recipient(3)],
        left_out: vec![(Address::repeat_byte(9), LeftOut::NoKey)],
    };
    plan.leave_out(|it| (it.account == Address::repeat_byte(2)).then_some(LeftOut::Unknown));
    assert_eq!(plan.recipients(), [recipient(1), recipient(3)]);
    assert_eq!(
        plan.left_out(),
        [
            (Address::repeat_byte(9), LeftOut::NoKey),
            (Address::repeat_byte(2), LeftOut::Unknown)
        ]
    );
}
