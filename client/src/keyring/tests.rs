#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod released;

use patientport_core::abi::IPatientPort::{AccessGranted, SecretsSealed, SectionsRotated};
use patientport_core::section::{encode_links, make_link, seal_secrets};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::chain::Emitted;
use crate::units::Timestamp;

const CHAIN: u64 = 412_346;
const PORT: Address = Address::repeat_byte(0xaa);
const PATIENT: Address = Address::repeat_byte(0x01);
const READER: Address = Address::repeat_byte(0x02);

fn section(number: u8) -> SectionId {
    number.try_into().unwrap()
}

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_bytes(&[byte; 32]).unwrap()
}

fn event(tx: u8, event: IPatientPortEvents) -> PortEvent {
    PortEvent {
        emitted: Emitted {
            block: tx.into(),
            index: 0,
            tx: B256::repeat_byte(tx),
        },
        at: Timestamp(tx.into()),
        event,
    }
}

/// A message of section secrets to the reader.
#[derive(Clone)]
struct Sent {
    request_id: u32,
    message: Vec<u8>,
}

impl Sent {
    /// Without a request it was sealed in a rotation, with one it came with a grant.
    fn event(self) -> PortEvent {
        let message = self.message.into();
        let sent = if self.request_id == 0 {
            IPatientPortEvents::SecretsSealed(SecretsSealed {
                recipient: READER,
                sender: PATIENT,
                message,
            })
        } else {
            IPatientPortEvents::AccessGranted(AccessGranted {
                reader: READER,
                requestId: self.request_id,
                by: PATIENT,
                sections: 0,
                epochs: Vec::new(),
                expiry: 0,
                rights: 1,
                message,
            })
        };
        event(0xee, sent)
    }
}

fn entry(number: u8, epoch: u32, secret: &SecretKey) -> SecretEntry {
    SecretEntry {
        section: section(number),
        epoch,
        secret: secret.clone(),
        name: None,
    }
}

/// The rotation of one section from `epoch - 1` to `epoch`, with a link to `opened` if one is given.
fn rotation(
    number: u8,
    epoch: u32,
    new: &SecretKey,
    opened: Option<(u32, &SecretKey)>,
) -> PortEvent {
    let links: Vec<_> = opened
        .into_iter()
        .map(|(opened, previous)| {
            make_link(CHAIN, PORT, section(number), epoch, opened, new, previous).unwrap()
        })
        .collect();
    rotation_with(
        number,
        epoch,
        new.public().x(),
        new.public().parity(),
        encode_links(&links).unwrap(),
    )
}

fn rotation_with(number: u8, epoch: u32, x: B256, parity: u8, links: Vec<u8>) -> PortEvent {
    let event = SectionsRotated {
        by: PATIENT,
        sections: 1 << number,
        epochs: vec![epoch - 1],
        keys: vec![x],
        parities: u64::from(parity) << number,
        links: links.into(),
    };
    self::event(
        u8::try_from(epoch).unwrap(),
        IPatientPortEvents::SectionsRotated(event),
    )
}

fn delivered(identity: &SecretKey, request_id: u32, entries: &[SecretEntry]) -> Sent {
    let context = SealContext {
        purpose: Purpose::Secrets,
        chain_id: CHAIN,
        port: PORT,
        sender: PATIENT,
        recipient: READER,
        request_id,
    };
    let mut rng = ChaCha20Rng::from_seed([3; 32]);
    let message = seal_secrets(&context, &identity.public(), entries, &mut rng).unwrap();
    Sent {
        request_id,
        message,
    }
}

fn ring(identity: &SecretKey, rotations: Vec<PortEvent>, sent: Vec<Sent>) -> Keyring {
    let sent = sent.into_iter().map(Sent::event);
    let events: Vec<_> = rotations.into_iter().chain(sent).collect();
    Keyring::assemble((CHAIN, PORT), READER, &identity.clone().into(), &events)
}

fn held(ring: &Keyring) -> Vec<(u8, u32)> {
    ring.held()
        .map(|(section, epoch)| (section.get(), epoch))
        .collect()
}

#[test]
fn links_lead_from_the_newest_secret_back_to_the_first() {
    let (me, keys) = (secret(9), [secret(11), secret(12), secret(13)]);
    let rotations = vec![
        rotation(5, 1, &keys[0], None),
        rotation(5, 2, &keys[1], Some((1, &keys[0]))),
        rotation(5, 3, &keys[2], Some((2, &keys[1]))),
    ];
    let newest = ring(
        &me,
        rotations.clone(),
        vec![delivered(&me, 4, &[entry(5, 3, &keys[2])])],
    );
    assert_eq!(held(&newest), [(5, 1), (5, 2), (5, 3)]);
    assert!(newest.problems().is_empty(), "{:?}", newest.problems());
    assert_eq!(newest.secret(section(5), 1).unwrap(), &keys[0]);
    // Links go back only: an old secret says nothing about newer ones.
    let old = ring(
        &me,
        rotations,
        vec![delivered(&me, 4, &[entry(5, 2, &keys[1])])],
    );
    assert_eq!(held(&old), [(5, 1), (5, 2)]);
    let error = old.secret(section(5), 3).unwrap_err();
    assert_eq!(error.code(), "section.no_matching_key");
    assert_eq!(
        old.newest_below(section(5), 3).map(|(epoch, _)| epoch),
        Some(2)
    );
    assert!(old.newest_below(section(5), 1).is_none());
    assert!(old.newest_below(section(4), 9).is_none());
}

#[test]
fn a_bad_epoch_is_named_and_skipped() {
    let (me, good, newest) = (secret(9), secret(11), secret(13));
    // Epoch 2 was published by someone who shared its secret with nobody; the next link opens epoch 1.
    let rotations = vec![
        rotation(0, 1, &good, None),
        rotation(0, 2, &secret(66), None),
        rotation(0, 3, &newest, Some((1, &good))),
    ];
    let ring = ring(
        &me,
        rotations,
        vec![delivered(&me, 0, &[entry(0, 3, &newest)])],
    );
    assert_eq!(held(&ring), [(0, 1), (0, 3)]);
}

#[test]
fn a_secret_that_is_not_the_published_keys_is_named_and_left_out() {
    let me = secret(9);
    let rotations = vec![rotation(0, 1, &secret(11), None)];
    let wrong = delivered(
        &me,
        0,
        &[entry(0, 1, &secret(12)), entry(7, 1, &secret(13))],
    );
    let ring = ring(&me, rotations, vec![wrong]);
    assert_eq!(held(&ring), []);
    assert!(
        matches!(
            ring.problems(),
            [
                Problem::WrongSecret { section: first, epoch: 1, sender: PATIENT, .. },
                Problem::WrongSecret { section: second, .. }
            ] if first.get() == 0 && second.get() == 7
        ),
        "{:?}",
        ring.problems()
    );
}

#[test]
fn a_link_to_something_else_is_named_and_not_followed() {
    let (me, good, newest) = (secret(9), secret(11), secret(13));
    let rotations = vec![
        rotation(0, 1, &good, None),
        // Opens, but to another secret than that of epoch 1.
        rotation(0, 2, &newest, Some((1, &secret(66)))),
    ];
    let ring = ring(
        &me,
        rotations,
        vec![delivered(&me, 0, &[entry(0, 2, &newest)])],
    );
    assert_eq!(held(&ring), [(0, 2)]);
    assert!(matches!(
        ring.problems(),
        [Problem::BadLink {
            new_epoch: 2,
            opened_epoch: 1,
            ..
        }]
    ));
}

#[test]
fn messages_for_others_or_of_other_circumstances_are_named() {
    let (me, key) = (secret(9), secret(11));
    let rotations = vec![rotation(0, 1, &key, None)];
    let foreign = delivered(&secret(8), 0, &[entry(0, 1, &key)]);
    let mut replayed = delivered(&me, 1, &[entry(0, 1, &key)]);
    replayed.request_id = 2;
    let garbage = Sent {
        message: vec![1, 2, 3],
        ..delivered(&me, 0, &[entry(0, 1, &key)])
    };
    let ring = ring(&me, rotations, vec![foreign, replayed, garbage]);
    assert_eq!(held(&ring), []);
    assert_eq!(ring.problems().len(), 3);
    assert!(
        ring.problems()
            .iter()
            .all(|p| matches!(p, Problem::UnreadableMessage { .. })),
        "{:?}",
        ring.problems()
    );
}

#[test]
fn messages_to_others_and_grants_to_write_alone_are_no_problem() {
    let (me, key) = (secret(9), secret(11));
    let mut events = vec![rotation(0, 1, &key, None)];
    let mine = delivered(&me, 1, &[entry(0, 1, &key)]);
    let empty = Sent {
        message: Vec::new(),
        ..mine.clone()
    };
    events.extend([mine.event(), empty.event()]);
    let ring = Keyring::assemble((CHAIN, PORT), PATIENT, &me.clone().into(), &events);
    assert_eq!((held(&ring), ring.problems().len()), (vec![], 0));
    let ring = Keyring::assemble((CHAIN, PORT), READER, &me.clone().into(), &events);
    assert_eq!((held(&ring), ring.problems().len()), (vec![(0, 1)], 0));
}

#[test]
fn keys_off_the_curve_and_malformed_links_are_named() {
    let me = secret(9);
    // x = 5 is not the x-coordinate of a point of secp256k1.
    let off = B256::from(alloy::primitives::U256::from(5));
    let rotations = vec![rotation_with(0, 1, off, 0, vec![1, 2, 3])];
    let ring = ring(&me, rotations, vec![]);
    assert!(matches!(
        ring.problems(),
        [
            Problem::InvalidKey { epoch: 1, .. },
            Problem::MalformedLinks { .. }
        ]
    ));
    for problem in ring.problems() {
        assert!(problem.to_string().contains("0x0101"), "{problem}");
    }
}

#[test]
fn an_epoch_that_would_overflow_is_no_panic() {
    let event = SectionsRotated {
        by: PATIENT,
        sections: 1,
        epochs: vec![u32::MAX],
        keys: vec![secret(1).public().x()],
        parities: 0,
        links: alloy::primitives::Bytes::new(),
    };
    let rotations = vec![self::event(1, IPatientPortEvents::SectionsRotated(event))];
    assert_eq!(held(&ring(&secret(9), rotations, vec![])), []);
}

#[test]
fn names_are_kept_as_last_told_and_secrets_do_not_print() {
    let (me, first, second) = (secret(9), secret(11), secret(12));
    let rotations = vec![
        rotation(0, 1, &first, None),
        rotation(0, 2, &second, Some((1, &first))),
    ];
    let name = |name: &str, entry: SecretEntry| SecretEntry {
        name: Some(name.into()),
        ..entry
    };
    let messages = vec![
        delivered(&me, 0, &[name("heart", entry(0, 1, &first))]),
        delivered(&me, 0, &[name("cardiology", entry(0, 2, &second))]),
    ];
    let mut ring = ring(&me, rotations, messages);
    assert_eq!(ring.name(section(0)), Some("cardiology"));
    let made = entry(0, 3, &secret(14));
    ring.insert(std::slice::from_ref(&made));
    assert!(ring.holds(section(0), 3));
    assert_eq!(ring.name(section(0)), Some("cardiology"));
    let shown = format!("{ring:?}");
    assert!(
        !shown.contains("0c0c0c") && !shown.contains("[12, 12"),
        "{shown}"
    );
}

mod single_records {
    use patientport_core::abi::IPatientPort::{Claimed, RecordsShared};
    use patientport_core::record::{Head, Metadata, Place, Recipient, encrypt, seal_record_keys};

    use super::*;
    use crate::error::Error;
    use crate::identity::IdentityKeys;

    /// A head at section 0, epoch 1, sealed to the public half of a secret.
    fn head(recipient: Recipient, to: &SecretKey) -> Head {
        let place = Place {
            chain_id: CHAIN,
            port: PORT,
            author: Address::repeat_byte(9),
            section: section(0),
            epoch: 1,
        };
        // Every head its own record key.
        let mut rng = ChaCha20Rng::from_seed(*to.to_bytes());
        let (payload, body) = (&b"payload"[..], std::io::sink());
        let metadata = Metadata::default();
        let envelope = encrypt(
            &place,
            recipient,
            &to.public(),
            &metadata,
            payload,
            body,
            &mut rng,
        );
        Head::parse(&envelope.unwrap().head).unwrap()
    }

    fn shared(to: &SecretKey, records: &[(u32, &Head, &SecretKey)]) -> PortEvent {
        let context = SealContext {
            purpose: Purpose::RecordKeys,
            chain_id: CHAIN,
            port: PORT,
            sender: PATIENT,
            recipient: READER,
            request_id: 0,
        };
        let keys: Vec<_> = records
            .iter()
            .map(|(id, head, secret)| (*id, head.record_key(secret).unwrap()))
            .collect();
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let message = seal_record_keys(&context, &to.public(), &keys, &mut rng).unwrap();
        let shared = RecordsShared {
            reader: READER,
            by: PATIENT,
            recordIds: records.iter().map(|(id, ..)| *id).collect(),
            message: message.into(),
        };
        event(0x55, IPatientPortEvents::RecordsShared(shared))
    }

    fn of(account: Address, keys: &IdentityKeys, events: &[PortEvent]) -> Keyring {
        Keyring::assemble((CHAIN, PORT), account, keys, events)
    }

    #[test]
    fn a_shared_key_opens_its_record_only() {
        let (me, patient, other) = (secret(2), secret(3), secret(4));
        let to_patient = head(Recipient::Patient, &patient);
        let to_section = head(Recipient::Section, &other);
        let keys = IdentityKeys::from(me.clone());
        let events = [shared(
            &me,
            &[(4, &to_patient, &patient), (7, &to_section, &other)],
        )];
        let ring = of(READER, &keys, &events);
        assert!(ring.problems().is_empty());
        assert!(ring.open(4, &to_patient).is_ok());
        assert!(ring.open(7, &to_section).is_ok());
        // Under another number it is another record's, and a record's without key is nobody's.
        assert!(matches!(
            ring.open(5, &to_patient),
            Err(Error::NotShared { id: 5 })
        ));
        assert!(matches!(
            ring.open(5, &to_section),
            Err(Error::NoMatchingKey {
                section: 0,
                epoch: 1
            })
        ));
        assert!(matches!(
            ring.open(7, &to_patient),
            Err(Error::Record { id: 7, .. })
        ));
        // A message for somebody else opens nothing, and one that does not open is named.
        assert!(of(PATIENT, &keys, &events).open(4, &to_patient).is_err());
        let stranger = IdentityKeys::from(secret(5));
        let ring = of(READER, &stranger, &events);
        assert!(matches!(
            ring.problems(),
            [Problem::UnreadableMessage { .. }]
        ));
    }

    #[test]
    fn a_wrong_key_does_not_stand_in_the_way_of_the_right_one() {
        let (me, patient, other) = (secret(2), secret(3), secret(4));
        let right = head(Recipient::Patient, &patient);
        let wrong = head(Recipient::Patient, &other);
        let wrong = shared(&me, &[(4, &wrong, &other)]);
        let events = [wrong.clone(), shared(&me, &[(4, &right, &patient)]), wrong];
        let ring = of(READER, &IdentityKeys::from(me), &events);
        assert!(ring.open(4, &right).is_ok());
    }

    #[test]
    fn what_is_sealed_to_the_patient_opens_with_any_key_that_the_patient_had() {
        let (now, before) = (secret(2), secret(3));
        let keys = IdentityKeys::new(now.clone(), vec![before.clone()]);
        let claimed = event(
            1,
            IPatientPortEvents::Claimed(Claimed {
                patient: PATIENT,
                keyX: before.public().x(),
                keyParity: before.public().parity(),
            }),
        );
        let ring = of(PATIENT, &keys, std::slice::from_ref(&claimed));
        for key in [&now, &before] {
            assert!(ring.open(1, &head(Recipient::Patient, key)).is_ok());
        }
        assert!(matches!(
            ring.open(1, &head(Recipient::Patient, &secret(6))),
            Err(Error::Record { .. })
        ));
        // Nobody else's key is tried: a reader is told that the record waits for the patient.
        let ring = of(READER, &keys, &[claimed]);
        assert!(matches!(
            ring.open(1, &head(Recipient::Patient, &now)),
            Err(Error::NotShared { id: 1 })
        ));
    }
}
