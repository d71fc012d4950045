//! What holds of every value: all that is written reads back to the same, and to nobody else.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use alloy_primitives::Address;
use patientport_core::emergency::{Package, PackagePlace, open_emergency_secrets, seal_package};
use patientport_core::keys::{PublicKey, SecretKey};
use patientport_core::record::{
    Head, Metadata, Place, Recipient, RecordKey, check_place, encrypt, open_record_keys, padme,
    seal_record_keys,
};
use patientport_core::seal::{OpenError, Purpose, SealContext, open_message, seal_message};
use patientport_core::section::{
    SecretEntry, SectionId, SectionSet, encode_links, make_link, open_link, parse_links,
};
use patientport_core::text::{DenialText, EmergencyText, RequestText, Rights};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

fn account() -> impl Strategy<Value = Address> {
    any::<[u8; 20]>().prop_map(Address::from)
}

fn secret() -> impl Strategy<Value = SecretKey> {
    any::<[u8; 32]>().prop_filter_map("no scalar", |bytes| SecretKey::from_bytes(&bytes).ok())
}

fn section() -> impl Strategy<Value = SectionId> {
    (0u8..64).prop_map(|number| number.try_into().unwrap())
}

fn place() -> impl Strategy<Value = Place> {
    (any::<u64>(), account(), account(), section(), 1u32..).prop_map(
        |(chain_id, port, author, section, epoch)| Place {
            chain_id,
            port,
            author,
            section,
            epoch,
        },
    )
}

fn context(purpose: Purpose) -> impl Strategy<Value = SealContext> {
    (any::<u64>(), account(), account(), account(), any::<u32>()).prop_map(
        move |(chain_id, port, sender, recipient, request_id)| SealContext {
            purpose,
            chain_id,
            port,
            sender,
            recipient,
            request_id,
        },
    )
}

fn time() -> impl Strategy<Value = String> {
    let date = (0u32..10_000, 1u32..13, 1u32..29);
    let time = (
        0u32..24,
        0u32..60,
        0u32..61,
        "(\\.[0-9]{1,9})?(Z|[+-]0[0-9]:[0-5][0-9])",
    );
    (date, proptest::option::of(time)).prop_map(|((year, month, day), time)| {
        let date = format!("{year:04}-{month:02}-{day:02}");
        time.map_or(date.clone(), |(hour, minute, second, zone)| {
            format!("{date}T{hour:02}:{minute:02}:{second:02}{zone}")
        })
    })
}

/// Without a length, which the payload decides.
fn metadata() -> impl Strategy<Value = Metadata> {
    let line = || "[^\\p{Cc}]{0,80}";
    (
        line(),
        line(),
        proptest::option::of(time()),
        "([^\\p{Cc}]|\n|\t){0,80}",
    )
        .prop_map(|(title, media_type, content_time, note)| Metadata {
            title,
            media_type,
            content_time,
            note,
            length: None,
        })
}

fn entries() -> impl Strategy<Value = Vec<SecretEntry>> {
    let name = proptest::option::of("[^\\p{Cc}]{1,16}");
    btree_map(0u8..64, (1u32.., secret(), name), 1..6).prop_map(|entries| {
        entries
            .into_iter()
            .map(|(section, (epoch, secret, name))| SecretEntry {
                section: section.try_into().unwrap(),
                epoch,
                secret,
                name,
            })
            .collect()
    })
}

fn rng(seed: [u8; 32]) -> ChaCha20Rng {
    ChaCha20Rng::from_seed(seed)
}

struct Written {
    head: Vec<u8>,
    body: Vec<u8>,
}

fn write(
    place: &Place,
    recipient: Recipient,
    key: &PublicKey,
    metadata: &Metadata,
    payload: &[u8],
    seed: [u8; 32],
) -> Written {
    let mut body = Vec::new();
    let mut rng = rng(seed);
    let envelope = encrypt(
        place, recipient, key, metadata, payload, &mut body, &mut rng,
    )
    .unwrap();
    Written {
        head: envelope.head,
        body,
    }
}

fn part() -> impl Strategy<Value = Range<u64>> {
    (0u64..200_000, 0u64..200_000).prop_map(|(start, length)| start..start + length)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_head_says_what_was_written(
        place in place(),
        of_patient: bool,
        secret in secret(),
        metadata in metadata(),
        states_length: bool,
        payload in vec(any::<u8>(), 0..300),
        seed: [u8; 32],
    ) {
        let length = states_length.then_some(payload.len() as u64);
        let metadata = Metadata { length, ..metadata };
        let recipient = if of_patient { Recipient::Patient } else { Recipient::Section };
        let written = write(&place, recipient, &secret.public(), &metadata, &payload, seed);
        let head = Head::parse(&written.head).unwrap();
        prop_assert_eq!(head.place(), &place);
        prop_assert_eq!(head.recipient(), recipient);
        prop_assert_eq!(head.as_bytes(), &written.head);
        prop_assert_eq!(head.body_len(), written.body.len() as u64);
        // With the recipient's secret, and with the record's own key.
        let key = head.record_key(&secret).unwrap();
        for opened in [head.unlock(&secret).unwrap(), head.unlock_with(&key).unwrap()] {
            prop_assert_eq!(opened.metadata(), &metadata);
            prop_assert_eq!(opened.place(), &place);
            let mut read = Vec::new();
            opened.decrypt_body(written.body.as_slice(), &mut read).unwrap();
            prop_assert_eq!(&read, &payload);
        }
    }

    #[test]
    fn places_agree_only_with_themselves(one in place(), other in place(), mixed in 0u8..32) {
        let take = |bit: u8| mixed & 1 << bit != 0;
        let mix = Place {
            chain_id: if take(0) { other.chain_id } else { one.chain_id },
            port: if take(1) { other.port } else { one.port },
            author: if take(2) { other.author } else { one.author },
            section: if take(3) { other.section } else { one.section },
            epoch: if take(4) { other.epoch } else { one.epoch },
        };
        prop_assert_eq!(check_place(&mix, &one).is_ok(), mix == one);
    }

    #[test]
    fn a_part_is_what_stands_there_in_the_whole(
        length in 0usize..200_000,
        part in part(),
        seed: [u8; 32],
    ) {
        let payload: Vec<u8> = (0..=250).cycle().take(length).collect();
        let metadata = Metadata { length: Some(length as u64), ..Metadata::default() };
        let secret = SecretKey::random(&mut rng(seed));
        let place = Place {
            chain_id: 1,
            port: Address::ZERO,
            author: Address::ZERO,
            section: 0.try_into().unwrap(),
            epoch: 1,
        };
        let written = write(&place, Recipient::Section, &secret.public(), &metadata, &payload, seed);
        let opened = Head::parse(&written.head).unwrap().unlock(&secret).unwrap();
        let end = usize::try_from(part.end).unwrap().min(length);
        let start = usize::try_from(part.start).unwrap();
        let found = opened.range(part).map(|range| {
            let needed = range.body();
            let needed = usize::try_from(needed.start).unwrap()..usize::try_from(needed.end).unwrap();
            opened.decrypt_range(&range, &written.body[needed]).unwrap()
        });
        match found {
            Some(found) => prop_assert!(*found == payload[start..end]),
            None => prop_assert!(start >= end),
        }
    }

    #[test]
    fn padded_lengths_are_few_small_and_ordered(
        length in prop_oneof![1u64..100_000, 1..u64::MAX / 2],
        more in prop_oneof![0u64..1_000, 0..u64::MAX / 2],
    ) {
        let padded = padme(length).unwrap();
        prop_assert!(length <= padded && padded <= padme(length + more).unwrap());
        // Every length up to the padded one pads to it.
        prop_assert_eq!(padme(length + more % (padded - length + 1)), Some(padded));
        // At most log2 + 1 significant bits of the exponent are kept.
        let exponent = padded.ilog2();
        let kept = u64::BITS - padded.leading_zeros() - padded.trailing_zeros();
        prop_assert!(kept <= exponent.max(1).ilog2() + 2, "{padded:b}");
    }

    #[test]
    fn keys_have_one_form_on_the_wire_and_one_on_chain(secret in secret()) {
        let key = secret.public();
        prop_assert_eq!(PublicKey::from_sec1(&key.to_sec1()).unwrap(), key);
        prop_assert_eq!(PublicKey::from_chain(key.x(), key.parity()).unwrap(), key);
        prop_assert_eq!(SecretKey::from_bytes(&secret.to_bytes()).unwrap(), secret);
    }

    #[test]
    fn messages_open_to_their_recipient(
        context in context(Purpose::Denial),
        secret in secret(),
        plaintext in vec(any::<u8>(), 0..600),
        seed: [u8; 32],
    ) {
        let message = seal_message(&context, &secret.public(), &plaintext, &mut rng(seed));
        prop_assert_eq!(message.len(), 65 + plaintext.len() + 16);
        prop_assert_eq!(&*open_message(&context, &secret, &message).unwrap(), &plaintext);
    }

    #[test]
    fn requests_round_trip(
        purpose in "[A-Z0-9_-]{1,32}",
        bits: u64,
        until: Option<u64>,
        rights in 1u8..4,
        text in any::<String>(),
    ) {
        let request = RequestText {
            purpose,
            sections: SectionSet::from_bits(bits),
            until,
            rights: Rights::from_bits(rights).unwrap(),
            text,
        };
        let bytes = request.to_bytes().unwrap();
        prop_assert!(bytes.len().is_multiple_of(64));
        prop_assert_eq!(RequestText::from_bytes(&bytes).unwrap(), request);
    }

    #[test]
    fn denials_and_reasons_round_trip(text in any::<String>()) {
        let denial = DenialText { text: text.clone() };
        prop_assert_eq!(DenialText::from_bytes(&denial.to_bytes().unwrap()).unwrap(), denial);
        let reason = EmergencyText { text };
        prop_assert_eq!(EmergencyText::from_bytes(&reason.to_bytes().unwrap()).unwrap(), reason);
    }

    #[test]
    fn links_round_trip_and_open(
        chain_id: u64,
        port in account(),
        sections in btree_set(0u8..64, 0..8),
        epochs in (1u32..u32::MAX).prop_flat_map(|opened| (Just(opened), opened + 1..=u32::MAX)),
        new in secret(),
        previous in secret(),
    ) {
        let (opened, later) = epochs;
        let link = |section: u8| {
            make_link(chain_id, port, section.try_into().unwrap(), later, opened, &new, &previous).unwrap()
        };
        let links: Vec<_> = sections.into_iter().map(link).collect();
        let bytes = encode_links(&links).unwrap();
        prop_assert_eq!(parse_links(&bytes).unwrap(), links.clone());
        for link in &links {
            prop_assert_eq!(open_link(chain_id, port, link, &new).unwrap(), previous.clone());
            prop_assert_eq!(open_link(chain_id, port, link, &previous).is_ok(), new == previous);
        }
    }

    #[test]
    fn keys_of_records_open_for_their_numbers(
        context in context(Purpose::RecordKeys),
        secret in secret(),
        numbers in vec(any::<u32>(), 1..=16),
        changed: prop::sample::Index,
        by in 1u32..,
        seed: [u8; 32],
    ) {
        let mut rng = rng(seed);
        let keys: BTreeMap<usize, RecordKey> =
            (0..numbers.len()).map(|index| (index, record_key(&mut rng))).collect();
        let records: Vec<_> = numbers.iter().copied().zip(keys.into_values()).collect();
        let message = seal_record_keys(&context, &secret.public(), &records, &mut rng).unwrap();
        let opened = open_record_keys(&context, &secret, &numbers, &message).unwrap();
        prop_assert!(opened.iter().eq(records.iter().map(|(_, key)| key)));
        let mut others = numbers;
        let index = changed.index(others.len());
        others[index] = others[index].wrapping_add(by);
        prop_assert_eq!(
            open_record_keys(&context, &secret, &others, &message),
            Err(OpenError::AuthenticationFailed)
        );
    }
}

/// A record's key is to be had from a head alone.
fn record_key(rng: &mut ChaCha20Rng) -> RecordKey {
    let secret = SecretKey::from_bytes(&[7; 32]).unwrap();
    let place = Place {
        chain_id: 1,
        port: Address::ZERO,
        author: Address::ZERO,
        section: 0.try_into().unwrap(),
        epoch: 1,
    };
    let written = encrypt(
        &place,
        Recipient::Section,
        &secret.public(),
        &Metadata::default(),
        &b""[..],
        std::io::sink(),
        rng,
    );
    let head = Head::parse(&written.unwrap().head).unwrap();
    head.record_key(&secret).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn packages_open_to_each_custodian_with_the_responder(
        parts in (any::<u64>(), account(), account(), account()),
        accounts in btree_set(account(), 1..=3),
        entries in entries(),
        seed: [u8; 32],
    ) {
        let (chain_id, port, sender, responder) = parts;
        let place = PackagePlace { chain_id, port, sender, responder };
        let mut rng = rng(seed);
        let responder_secret = SecretKey::random(&mut rng);
        let custodians: Vec<_> =
            accounts.iter().map(|account| (*account, SecretKey::random(&mut rng))).collect();
        let keys: Vec<_> =
            custodians.iter().rev().map(|(account, secret)| (*account, secret.public())).collect();
        let package =
            seal_package(&place, &responder_secret.public(), &keys, &entries, &mut rng).unwrap();
        let bytes = package.to_bytes();
        let read = Package::check(&bytes, package.commitment(), &place).unwrap();
        prop_assert_eq!(read.custodians().collect::<BTreeSet<_>>(), accounts);
        for (account, secret) in &custodians {
            let message = read.open_layer(*account, secret).unwrap();
            let opened = open_emergency_secrets(&place, &responder_secret, &message).unwrap();
            prop_assert_eq!(opened, entries.clone());
        }
    }
}
