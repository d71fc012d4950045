#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use patientport_core::abi::IPatientPort::{
    AccessGranted, DelegateSet, EncryptionKeySet as PatientKeySet, OwnershipTransferred,
    ResponderSet, SecretsSealed, SectionsRotated,
};
use patientport_core::keys::SecretKey;
use patientport_core::seal::{Purpose, SealContext};
use patientport_core::section::{SecretEntry, seal_secrets};
use patientport_core::text::Rights;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::port::{Access, DelegateRights, Delegation, Emergency};

const PATIENT: Address = Address::repeat_byte(0xaa);
const HOLDER: Address = Address::repeat_byte(1);
const OTHER: Address = Address::repeat_byte(2);

fn section(number: u8) -> SectionId {
    SectionId::try_from(number).unwrap()
}

fn set(numbers: &[u8]) -> SectionSet {
    numbers.iter().copied().map(section).collect()
}

/// The key of a section, published at second 10.
fn key(number: u8, epoch: u32) -> SectionKey {
    SectionKey {
        section: section(number),
        epoch,
        key: None,
        rotated_at: Timestamp(10),
    }
}

/// An account on the list that was never anything.
fn nobody(account: Address) -> Holder {
    Holder {
        access: Access {
            reader: account,
            sections: SectionSet::EMPTY,
            held: SectionSet::EMPTY,
            expiry: Timestamp(0),
            changed_at: Timestamp(0),
            rights: None,
            state: AccessState::None,
        },
        delegation: Delegation {
            rights: DelegateRights::NONE,
            until: Timestamp(0),
            is_live: false,
            held_until: Timestamp(0),
            key: None,
        },
        emergency: Emergency {
            sections: SectionSet::EMPTY,
            delay_secs: 0,
            window_secs: 0,
            broken_at: None,
            state: EmergencyState::None,
            package: B256::ZERO,
            held: SectionSet::EMPTY,
            held_until: Timestamp(0),
        },
    }
}

fn reader(state: AccessState, sections: &[u8]) -> Holder {
    let mut holder = nobody(HOLDER);
    holder.access.sections = set(sections);
    holder.access.rights = Some(Rights::Read);
    holder.access.expiry = Timestamp(100);
    holder.access.state = state;
    holder
}

/// A delegation until second `until`, as it stands at `now`; earlier ones until `held_until`.
fn delegate(rights: DelegateRights, until: u64, held_until: u64, now: u64) -> Holder {
    let mut holder = nobody(HOLDER);
    holder.delegation = Delegation {
        rights,
        until: Timestamp(until),
        is_live: now < until,
        held_until: Timestamp(held_until),
        key: None,
    };
    holder
}

/// A responder of section 1 whose window is from second 5 until `closes`.
fn responder(state: EmergencyState, closes: u32) -> Holder {
    let mut holder = nobody(HOLDER);
    holder.emergency.sections = set(&[1]);
    holder.emergency.window_secs = closes - 5;
    holder.emergency.broken_at = Some(Timestamp(5));
    holder.emergency.state = state;
    holder
}

/// Events at blocks 1, 2, 3, ….
fn events(list: Vec<Event>) -> Vec<PortEvent> {
    (1..)
        .zip(list)
        .map(|(block, event)| PortEvent {
            emitted: Emitted {
                block,
                index: 0,
                tx: B256::ZERO,
            },
            at: Timestamp(block),
            event,
        })
        .collect()
}

fn rotated(by: Address, pairs: &[(u8, u32)]) -> Event {
    let sections: SectionSet = pairs.iter().map(|(number, _)| section(*number)).collect();
    Event::SectionsRotated(SectionsRotated {
        by,
        sections: sections.bits(),
        epochs: pairs.iter().map(|(_, epoch)| epoch - 1).collect(),
        keys: vec![B256::ZERO; pairs.len()],
        parities: 0,
        links: alloy::primitives::Bytes::new(),
    })
}

fn message(pairs: &[(u8, u32)]) -> alloy::primitives::Bytes {
    let secret = SecretKey::from_bytes(&[7; 32]).unwrap();
    let context = SealContext {
        purpose: Purpose::Secrets,
        chain_id: 1,
        port: Address::ZERO,
        sender: PATIENT,
        recipient: HOLDER,
        request_id: 0,
    };
    let entries: Vec<_> = pairs
        .iter()
        .map(|(number, epoch)| SecretEntry {
            section: section(*number),
            epoch: *epoch,
            secret: secret.clone(),
            name: None,
        })
        .collect();
    let mut rng = ChaCha20Rng::from_seed([3; 32]);
    let sealed = seal_secrets(&context, &secret.public(), &entries, &mut rng);
    sealed.unwrap().into()
}

fn sealed(pairs: &[(u8, u32)]) -> Event {
    Event::SecretsSealed(SecretsSealed {
        recipient: HOLDER,
        sender: PATIENT,
        message: message(pairs),
    })
}

fn granted(pairs: &[(u8, u32)]) -> Event {
    Event::AccessGranted(AccessGranted {
        reader: HOLDER,
        requestId: 0,
        by: PATIENT,
        sections: 0,
        epochs: Vec::new(),
        expiry: 0,
        rights: 1,
        message: message(pairs),
    })
}

fn delegate_set(rights: u8, key: u8) -> Event {
    Event::DelegateSet(DelegateSet {
        delegate: HOLDER,
        rights,
        until: 0,
        keyX: B256::repeat_byte(key),
        keyParity: 0,
    })
}

fn responder_set(sections: u64) -> Event {
    Event::ResponderSet(ResponderSet {
        responder: HOLDER,
        sections,
        delay: 0,
        window: 0,
        package: B256::ZERO,
    })
}

fn transferred(from: Address, to: Address) -> Event {
    Event::OwnershipTransferred(OwnershipTransferred {
        previousOwner: from,
        newOwner: to,
    })
}

fn found_with(
    keys: &[SectionKey],
    holders: &[Holder],
    list: Vec<Event>,
    changes: &BTreeMap<Address, Position>,
) -> Vec<(u8, Address, Cause)> {
    let told = Told::of(keys, &events(list));
    decide(keys, PATIENT, holders, &told, changes)
        .iter()
        .map(|it| (it.section.get(), it.holder, it.cause))
        .collect()
}

fn found(keys: &[SectionKey], holder: &Holder, list: Vec<Event>) -> Vec<(u8, Cause)> {
    found_with(keys, &[*holder], list, &BTreeMap::new())
        .into_iter()
        .map(|(section, _, cause)| (section, cause))
        .collect()
}

// --- readers ---

#[test]
fn only_the_current_epoch_counts() {
    let revoked = reader(AccessState::Revoked, &[0, 1]);
    let list = vec![granted(&[(0, 1), (1, 1)])];
    assert_eq!(
        found(&[key(0, 2), key(1, 1)], &revoked, list),
        [(1, Cause::AccessEnded)]
    );
}

#[test]
fn whoever_still_reads_makes_nothing_stale() {
    let list = vec![granted(&[(0, 1)]), sealed(&[(1, 1)])];
    let keys = [key(0, 1), key(1, 1)];
    // Narrowed to section 0: section 1 is stale, section 0 is not.
    let narrowed = reader(AccessState::Live, &[0]);
    assert_eq!(
        found(&keys, &narrowed, list.clone()),
        [(1, Cause::AccessEnded)]
    );
    let mut writer = reader(AccessState::Live, &[0, 1]);
    writer.access.rights = Some(Rights::Write);
    assert_eq!(found(&keys, &writer, list).len(), 2);
}

#[test]
fn a_grant_that_has_run_out_is_not_live_whatever_the_view_says() {
    for (now, stale) in [(99, 0), (100, 1), (101, 1)] {
        let mut holder = reader(AccessState::Live, &[0]);
        holder.access = holder.access.at(Timestamp(now));
        let found = found(&[key(0, 1)], &holder, vec![granted(&[(0, 1)])]);
        assert_eq!(found.len(), stale, "{now}");
    }
}

#[test]
fn a_reader_granted_something_else_later_holds_no_newer_keys() {
    let list = vec![granted(&[(0, 1)]), granted(&[(5, 1)])];
    let holder = reader(AccessState::Live, &[5]);
    assert_eq!(found(&[key(0, 2), key(5, 1)], &holder, list), []);
}

#[test]
fn a_key_changed_after_the_secret_was_sealed_makes_the_section_stale() {
    let live = [reader(AccessState::Live, &[0])];
    let list = || vec![rotated(PATIENT, &[(0, 1)]), sealed(&[(0, 1)])];
    for (changed, stale) in [((1, 9), false), ((2, 1), true), ((3, 0), true)] {
        let changes = BTreeMap::from([(HOLDER, changed)]);
        let found = found_with(&[key(0, 1)], &live, list(), &changes);
        let expected = [(0, HOLDER, Cause::KeyChanged)];
        assert_eq!(found == expected, stale, "{changed:?}");
        assert!(stale || found.is_empty());
        // The next epoch was not sealed to the old key.
        assert_eq!(found_with(&[key(0, 2)], &live, list(), &changes), []);
    }
}

#[test]
fn whoever_was_given_a_secret_and_is_on_no_list_has_no_access() {
    let list = vec![rotated(PATIENT, &[(0, 1)]), sealed(&[(0, 1)])];
    let others = [nobody(OTHER)];
    assert_eq!(
        found_with(&[key(0, 1)], &others, list, &BTreeMap::new()),
        [(0, HOLDER, Cause::AccessEnded)]
    );
    // The patient is on none, and published the key.
    let list = vec![rotated(PATIENT, &[(0, 1)])];
    assert_eq!(found_with(&[key(0, 1)], &[], list, &BTreeMap::new()), []);
}

// --- delegates ---

#[test]
fn a_delegate_with_approve_or_rotate_holds_every_section_until_its_end() {
    for bits in 1..16 {
        let rights = DelegateRights::from_bits(bits).unwrap();
        let opens = rights.include_secrets();
        // The keys are of second 10; it was sent nothing.
        for (until, now, stale) in [
            (11, 10, false),
            (11, 11, opens),
            (12, 50, opens),
            (10, 50, false),
        ] {
            let holder = delegate(rights, until, 0, now);
            let found = found(
                &[key(0, 1), key(9, 3)],
                &holder,
                vec![delegate_set(bits, 1)],
            );
            let expected = [(0, Cause::DelegationEnded), (9, Cause::DelegationEnded)];
            assert_eq!(
                found == expected,
                stale,
                "{rights}, until {until}, at {now}"
            );
            assert!(stale || found.is_empty());
        }
    }
}

#[test]
fn a_delegate_whose_rights_were_narrowed_held_the_keys_of_before() {
    // The delegation with rotate was replaced by one to write at some second: until the next, it held.
    for (held_until, stale) in [(0, false), (10, false), (11, true), (90, true)] {
        let holder = delegate(DelegateRights::WRITE, 1_000, held_until, 50);
        let list = vec![rotated(PATIENT, &[(0, 1)]), delegate_set(4, 1)];
        let found = found(&[key(0, 1)], &holder, list);
        assert_eq!(found.len(), usize::from(stale), "{held_until}");
        // Widened again, it is entitled to all of them.
        let holder = delegate(DelegateRights::APPROVE, 1_000, held_until, 50);
        assert_eq!(self::found(&[key(0, 1)], &holder, vec![]), []);
    }
}

#[test]
fn a_delegation_that_ended_with_a_rotation_leaves_nothing_stale() {
    // Second 10 is that of the call: the port counts its keys as held, the order of events tells better.
    let ended = delegate(DelegateRights::NONE, 0, 11, 50);
    let list = vec![delegate_set(0, 0), rotated(PATIENT, &[(0, 2)])];
    assert_eq!(found(&[key(0, 2)], &ended, list.clone()), []);
    // The other section was rotated within the same second, but before.
    let mut before = vec![rotated(PATIENT, &[(1, 2)])];
    before.extend(list);
    assert_eq!(
        found(&[key(0, 2), key(1, 2)], &ended, before),
        [(1, Cause::DelegationEnded)]
    );
    // Without the rotation in the history, the second decides.
    assert_eq!(
        found(&[key(0, 2)], &ended, vec![delegate_set(0, 0)]).len(),
        1
    );
}

#[test]
fn a_delegate_without_secrets_that_is_removed_leaves_nothing_stale_behind() {
    // Narrowed at block 1 together with a rotation, in second 10; removed at block 3.
    let removed = delegate(DelegateRights::NONE, 0, 11, 50);
    let narrowed = vec![delegate_set(2, 1), rotated(PATIENT, &[(0, 2)])];
    let list = [narrowed.clone(), vec![delegate_set(0, 0)]].concat();
    assert_eq!(found(&[key(0, 2)], &removed, list), []);
    // One that had got secrets again in between may know the key.
    let list = [narrowed, vec![delegate_set(1, 1), delegate_set(0, 0)]].concat();
    assert_eq!(
        found(&[key(0, 2)], &removed, list),
        [(0, Cause::DelegationEnded)]
    );
}

#[test]
fn a_delegate_holds_the_keys_that_it_made() {
    let list = vec![rotated(HOLDER, &[(0, 2)])];
    let live = delegate(DelegateRights::ROTATE, 1_000, 0, 50);
    assert_eq!(found(&[key(0, 2)], &live, list.clone()), []);
    let over = delegate(DelegateRights::ROTATE, 20, 0, 50);
    assert_eq!(
        found(&[key(0, 2)], &over, list),
        [(0, Cause::DelegationEnded)]
    );
}

#[test]
fn a_delegates_new_key_makes_what_was_sealed_to_the_old_one_stale() {
    let live = delegate(DelegateRights::ROTATE, 1_000, 0, 50);
    let list = |second| {
        vec![
            delegate_set(8, 1),
            rotated(PATIENT, &[(0, 1)]),
            sealed(&[(0, 1)]),
            delegate_set(8, second),
        ]
    };
    assert_eq!(found(&[key(0, 1)], &live, list(1)), []);
    assert_eq!(
        found(&[key(0, 1)], &live, list(2)),
        [(0, Cause::KeyChanged)]
    );
    // Ended and named again with the same key: nothing has changed.
    let again = vec![
        delegate_set(8, 1),
        rotated(PATIENT, &[(0, 1)]),
        sealed(&[(0, 1)]),
        delegate_set(0, 0),
        delegate_set(8, 1),
    ];
    assert_eq!(found(&[key(0, 1)], &live, again), []);
}

// --- responders ---

#[test]
fn a_responder_holds_the_sections_of_its_window_until_it_closes() {
    let keys = [key(0, 1), key(1, 1)];
    for (closes, stale) in [(10, false), (11, true), (90, true)] {
        let over = responder(EmergencyState::Over, closes);
        let found = found(&keys, &over, vec![]);
        let expected = [(1, Cause::EmergencyOver)];
        assert_eq!(found == expected, stale, "{closes}");
        assert!(stale || found.is_empty());
    }
    for state in [
        EmergencyState::None,
        EmergencyState::Armed,
        EmergencyState::Pending,
        EmergencyState::Open,
        EmergencyState::Vetoed,
    ] {
        assert_eq!(found(&keys, &responder(state, 90), vec![]), [], "{state}");
    }
}

#[test]
fn earlier_windows_of_a_responder_count_until_they_closed() {
    let keys = [key(1, 1), key(2, 1)];
    for (held_until, stale) in [(10, false), (11, true), (90, true)] {
        let mut armed = responder(EmergencyState::Armed, 90);
        armed.emergency.held = set(&[2]);
        armed.emergency.held_until = Timestamp(held_until);
        let found = found(&keys, &armed, vec![]);
        let expected = [(2, Cause::EmergencyOver)];
        assert_eq!(found == expected, stale, "{held_until}");
        // While a window on the section is open again, it may hold its key.
        let mut open = armed;
        open.emergency.state = EmergencyState::Open;
        open.emergency.sections = set(&[2]);
        assert_eq!(self::found(&keys, &open, vec![]), []);
    }
}

#[test]
fn a_responder_removed_and_rotated_within_a_second_leaves_nothing_stale() {
    let mut removed = responder(EmergencyState::None, 90);
    removed.emergency.sections = SectionSet::EMPTY;
    removed.emergency.held = set(&[1]);
    removed.emergency.held_until = Timestamp(11);
    let after = vec![responder_set(0), rotated(PATIENT, &[(1, 2)])];
    assert_eq!(found(&[key(1, 2)], &removed, after), []);
    let before = vec![rotated(PATIENT, &[(1, 2)]), responder_set(0)];
    assert_eq!(
        found(&[key(1, 2)], &removed, before),
        [(1, Cause::EmergencyOver)]
    );
}

#[test]
fn one_role_makes_up_for_another() {
    // The grant is revoked, and it is a responder in an open window on the section.
    let mut holder = responder(EmergencyState::Open, 90);
    holder.access = reader(AccessState::Revoked, &[0, 1]).access;
    let list = vec![granted(&[(0, 1), (1, 1)])];
    let keys = [key(0, 1), key(1, 1)];
    assert_eq!(
        found(&keys, &holder, list.clone()),
        [(0, Cause::AccessEnded)]
    );
    holder.delegation = delegate(DelegateRights::APPROVE, 100, 0, 50).delegation;
    assert_eq!(found(&keys, &holder, list), []);
}

// --- the patient ---

#[test]
fn the_patients_new_key_makes_stale_what_was_not_rotated_with_it() {
    let changed = Event::EncryptionKeySet(PatientKeySet {
        keyX: B256::ZERO,
        keyParity: 0,
    });
    let list = vec![
        rotated(PATIENT, &[(0, 1), (1, 1)]),
        changed,
        rotated(PATIENT, &[(1, 2)]),
    ];
    assert_eq!(
        found_with(&[key(0, 1), key(1, 2)], &[], list, &BTreeMap::new()),
        [(0, PATIENT, Cause::KeyChanged)]
    );
}

#[test]
fn a_former_patient_holds_what_was_not_rotated_since() {
    let list = vec![
        rotated(OTHER, &[(0, 1), (1, 1)]),
        transferred(OTHER, PATIENT),
        rotated(PATIENT, &[(1, 2)]),
    ];
    let keys = [key(0, 1), key(1, 2)];
    assert_eq!(
        found_with(&keys, &[], list.clone(), &BTreeMap::new()),
        [(0, OTHER, Cause::OwnerChanged)]
    );
    // Unless the new one entrusts it with them.
    let mut entrusted = delegate(DelegateRights::ROTATE, 100, 0, 50);
    entrusted.access.reader = OTHER;
    assert_eq!(found_with(&keys, &[entrusted], list, &BTreeMap::new()), []);
    // Given away and taken back: the one in between is the stranger.
    let list = vec![
        rotated(PATIENT, &[(0, 1)]),
        transferred(PATIENT, OTHER),
        transferred(OTHER, PATIENT),
    ];
    assert_eq!(
        found_with(&keys[..1], &[], list, &BTreeMap::new()),
        [(0, OTHER, Cause::OwnerChanged)]
    );
}
