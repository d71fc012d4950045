#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use patientport_core::text::Rights;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::units::Timestamp;

fn section(number: u8) -> SectionId {
    number.try_into().unwrap()
}

fn key(number: u8, rotated_at: u64) -> SectionKey {
    let secret = SecretKey::random(&mut ChaCha20Rng::from_seed([number; 32]));
    SectionKey {
        section: section(number),
        epoch: 1,
        key: Some(secret.public()),
        rotated_at: Timestamp(rotated_at),
    }
}

/// A reader who was given sections 0 and 1 and has, or had, both.
fn reader(state: AccessState) -> Access {
    Access {
        reader: Address::repeat_byte(7),
        sections: SectionSet::from_bits(0b11),
        held: SectionSet::from_bits(0b11),
        expiry: Timestamp(500),
        changed_at: Timestamp(200),
        rights: Some(Rights::Read),
        state,
    }
}

fn stale_numbers(keys: &[SectionKey], readers: &[Access]) -> Vec<u8> {
    stale(keys, readers)
        .iter()
        .map(|stale| stale.section.get())
        .collect()
}

#[test]
fn a_live_reader_makes_nothing_stale() {
    assert_eq!(
        stale_numbers(&[key(0, 100), key(1, 100)], &[reader(AccessState::Live)]),
        [0_u8; 0]
    );
}

#[test]
fn an_expired_grant_makes_its_sections_stale_until_they_are_rotated_after_the_expiry() {
    let expired = [reader(AccessState::Expired)];
    // Rotated while the reader had access: it was given that key, too.
    for (rotated_at, is_stale) in [
        (100, true),
        (300, true),
        (499, true),
        (500, false),
        (501, false),
    ] {
        assert_eq!(
            !stale_numbers(&[key(0, rotated_at)], &expired).is_empty(),
            is_stale,
            "{rotated_at}"
        );
    }
    assert_eq!(
        stale_numbers(&[key(0, 100), key(1, 600), key(2, 100)], &expired),
        [0]
    );
}

#[test]
fn a_revoked_grant_makes_its_sections_stale_unless_they_were_rotated_with_it() {
    let revoked = [reader(AccessState::Revoked)];
    assert_eq!(stale_numbers(&[key(0, 199), key(1, 200)], &revoked), [0]);
}

#[test]
fn a_narrower_grant_makes_the_sections_left_out_stale() {
    let narrowed = Access {
        sections: SectionSet::from_bits(0b10),
        ..reader(AccessState::Live)
    };
    assert_eq!(stale_numbers(&[key(0, 100), key(1, 100)], &[narrowed]), [0]);
    assert_eq!(
        stale_numbers(&[key(0, 200), key(1, 100)], &[narrowed]),
        [0_u8; 0]
    );
    // Left out, and the newest grant has expired since: the earlier end counts for what was left out.
    let expired = Access {
        state: AccessState::Expired,
        ..narrowed
    };
    assert_eq!(stale_numbers(&[key(0, 300), key(1, 300)], &[expired]), [1]);
}

#[test]
fn losing_the_right_to_read_makes_sections_stale() {
    let writer = Access {
        rights: Some(Rights::Write),
        ..reader(AccessState::Live)
    };
    assert_eq!(stale_numbers(&[key(0, 100), key(1, 300)], &[writer]), [0]);
}

#[test]
fn a_section_is_named_once_with_its_first_holder() {
    let first = reader(AccessState::Revoked);
    let second = Access {
        reader: Address::repeat_byte(8),
        ..reader(AccessState::Expired)
    };
    let found = stale(&[key(0, 100)], &[first, second]);
    assert_eq!(
        found,
        [StaleSection {
            section: section(0),
            holder: first.reader,
            state: AccessState::Revoked
        }]
    );
}

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
