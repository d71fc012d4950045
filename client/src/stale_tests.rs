#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use patientport_core::section::SectionSet;
use patientport_core::text::Rights;

use super::*;

const READER: Address = Address::repeat_byte(1);

fn section(number: u8) -> SectionId {
    SectionId::try_from(number).unwrap()
}

fn key(number: u8, epoch: u32) -> SectionKey {
    SectionKey {
        section: section(number),
        epoch,
        key: None,
        rotated_at: Timestamp(10),
    }
}

fn access(state: AccessState, sections: &[u8]) -> Access {
    Access {
        reader: READER,
        sections: sections.iter().copied().map(section).collect(),
        held: SectionSet::from_bits(u64::MAX),
        expiry: Timestamp(100),
        changed_at: Timestamp(20),
        rights: Some(Rights::Read),
        state,
    }
}

/// What was sealed to the reader at block 5.
fn sealed(pairs: &[(u8, u32)]) -> Given {
    pairs
        .iter()
        .map(|(number, epoch)| ((READER, section(*number), *epoch), (5, 0)))
        .collect()
}

fn found(keys: &[SectionKey], access: Access, given: &Given) -> Vec<(u8, Cause)> {
    let stale = decide(keys, &[access], given, &BTreeMap::new());
    stale
        .iter()
        .map(|it| (it.section.get(), it.cause))
        .collect()
}

#[test]
fn only_the_current_epoch_counts() {
    let revoked = access(AccessState::Revoked, &[0, 1]);
    let ended = Cause::AccessEnded(AccessState::Revoked);
    assert_eq!(
        found(&[key(0, 2), key(1, 1)], revoked, &sealed(&[(0, 1), (1, 1)])),
        [(1, ended)]
    );
}

#[test]
fn whoever_still_reads_makes_nothing_stale() {
    let given = sealed(&[(0, 1), (1, 1)]);
    let keys = [key(0, 1), key(1, 1)];
    // Narrowed to section 0: section 1 is stale, section 0 is not.
    let narrowed = access(AccessState::Live, &[0]);
    let ended = Cause::AccessEnded(AccessState::Live);
    assert_eq!(found(&keys, narrowed, &given), [(1, ended)]);
    let writer = Access {
        rights: Some(Rights::Write),
        ..access(AccessState::Live, &[0, 1])
    };
    assert_eq!(found(&keys, writer, &given).len(), 2);
}

#[test]
fn a_grant_that_has_run_out_is_not_live_whatever_the_view_says() {
    let given = sealed(&[(0, 1)]);
    for (now, stale) in [(99, 0), (100, 1), (101, 1)] {
        let access = access(AccessState::Live, &[0]).at(Timestamp(now));
        assert_eq!(found(&[key(0, 1)], access, &given).len(), stale, "{now}");
    }
}

#[test]
fn a_reader_granted_something_else_later_holds_no_newer_keys() {
    let given = sealed(&[(0, 1), (5, 1)]);
    let access = access(AccessState::Live, &[5]);
    assert_eq!(found(&[key(0, 2), key(5, 1)], access, &given), []);
}

#[test]
fn a_key_changed_after_the_secret_was_sealed_makes_the_section_stale() {
    let given = sealed(&[(0, 1)]);
    let live = [access(AccessState::Live, &[0])];
    for (changed, stale) in [((4, 9), 0), ((5, 1), 1), ((6, 0), 1)] {
        let changes = BTreeMap::from([(READER, changed)]);
        let found = decide(&[key(0, 1)], &live, &given, &changes);
        assert_eq!(found.len(), stale, "{changed:?}");
        assert!(found.iter().all(|it| it.cause == Cause::KeyChanged));
        // The next epoch was not sealed to the old key.
        assert_eq!(decide(&[key(0, 2)], &live, &given, &changes), []);
    }
}
