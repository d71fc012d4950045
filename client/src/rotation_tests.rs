#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use alloy::primitives::B256;
use patientport_core::text::Rights;

use super::*;
use crate::port::{Access, DelegateRights, Delegation, Emergency, EmergencyState};

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

/// A holder whose grant on sections 0 and 1 ends at 1,000, whose delegation ends at `until`, and whose window on
/// section 2 closes at `closes`.
fn holder(rights: u8, until: u64, closes: u64) -> Holder {
    let secret = SecretKey::from_bytes(&[1; 32]).unwrap();
    Holder {
        access: Access {
            reader: Address::repeat_byte(1),
            sections: SectionSet::from_bits(0b11),
            held: SectionSet::EMPTY,
            expiry: Timestamp(1_000),
            changed_at: Timestamp(0),
            rights: Some(Rights::Read),
            state: AccessState::Live,
        },
        delegation: Delegation {
            rights: DelegateRights::from_bits(rights).unwrap(),
            until: Timestamp(until),
            is_live: until > 0,
            held_until: Timestamp(0),
            key: Some(secret.public()),
        },
        emergency: Emergency {
            sections: SectionSet::from_bits(0b100),
            delay_secs: 0,
            window_secs: u32::try_from(closes).unwrap(),
            broken_at: (closes > 0).then_some(Timestamp(0)),
            state: if closes > 0 {
                EmergencyState::Open
            } else {
                EmergencyState::Armed
            },
            package: B256::ZERO,
            held: SectionSet::EMPTY,
            held_until: Timestamp(0),
        },
    }
}

#[test]
fn whoever_is_entitled_in_any_role_has_a_claim_to_new_keys() {
    let all = SectionSet::from_bits(0b1111);
    let to = |holder: &Holder, now| claim(holder, all, Timestamp(now));
    let sections = |bits| Claim::Provider(SectionSet::from_bits(bits));
    assert_eq!(to(&holder(0, 0, 0), 0), sections(0b11));
    assert_eq!(to(&holder(0, 0, 1_000), 0), sections(0b111));
    // A delegate with the right gets every section, with the key that the patient knows it by.
    for (rights, delegate) in [(1, true), (2, false), (4, false), (8, true)] {
        let holder = holder(rights, 1_000, 0);
        let expected = Claim::Delegate(holder.delegation.key);
        assert_eq!(to(&holder, 0) == expected, delegate, "{rights}");
    }
    // What ends within five minutes is no claim; what goes on is.
    assert_eq!(to(&holder(8, 300, 300), 0), sections(0b11));
    assert_eq!(to(&holder(0, 0, 1_200), 700), sections(0b100));
    assert_eq!(to(&holder(8, 1_000, 1_000), 700), Claim::Ending);
    let nothing = SectionSet::from_bits(0b1000);
    assert_eq!(claim(&holder(0, 0, 0), nothing, Timestamp(0)), Claim::None);
    assert_eq!(
        claim(&holder(2, 900, 0), nothing, Timestamp(700)),
        Claim::None
    );
}
