//! Sealed messages: what is inside, links, and emergency packages.

mod packages;
mod texts;

use patientport_core::failure::FailureClass;
use patientport_core::record::{Head, RecordKey, open_record_keys, seal_record_keys};
use patientport_core::seal::{OpenError, Purpose, SealContext, open_message};
use patientport_core::section::{
    encode_links, make_link, open_link, open_secrets, parse_links, peek_secrets, seal_secrets,
};

use crate::forge::{self, CHAIN, EPHEMERAL, PORT, RECIPIENT};
use crate::input::{FixedRng, Input};

/// Runs an input; its first byte says what it is.
pub fn messages(data: &[u8]) {
    let mut input = Input::new(data);
    match input.byte() % 11 {
        0 => any_message(input.rest()),
        1 => secrets(input.rest()),
        2 => sealed_secrets(&mut input),
        3 => record_keys(&mut input),
        4 => links(input.rest()),
        5 => sealed_link(&mut input),
        6 => texts::request(input.rest()),
        7 => texts::denial(input.rest()),
        8 => texts::emergency(input.rest()),
        9 => packages::package(input.rest()),
        _ => packages::sealed(&mut input),
    }
}

/// As in `tests/vectors`.
fn context(purpose: Purpose, request_id: u32) -> SealContext {
    SealContext {
        purpose,
        chain_id: CHAIN,
        port: PORT.into(),
        sender: [0xb0; 20].into(),
        recipient: [0xc0; 20].into(),
        request_id,
    }
}

fn any_message(message: &[u8]) {
    let context = context(Purpose::Denial, 7);
    match open_message(&context, &RECIPIENT, message) {
        // One of the vectors.
        Ok(plaintext) => assert_eq!(
            forge::message(&context, &RECIPIENT, &[0; 32], EPHEMERAL, &plaintext),
            message
        ),
        Err(error) => {
            let short = message.len() < 81 || message.len() > 8_192;
            assert!(!short || error.class() == FailureClass::Malformed);
        }
    }
}

/// Whatever opens is what the writer writes, with the same random bytes.
fn secrets(message: &[u8]) {
    let context = context(Purpose::Secrets, 7);
    let opened = open_secrets(&context, &RECIPIENT, message);
    let listed = peek_secrets(message);
    match opened {
        Ok(entries) => {
            let mut rng = FixedRng(EPHEMERAL.to_vec());
            let again = seal_secrets(&context, &RECIPIENT.public(), &entries, &mut rng);
            assert!(again.unwrap() == message, "another message");
            let entries = entries.iter().map(|entry| (entry.section, entry.epoch));
            assert!(listed.unwrap().into_iter().eq(entries));
        }
        Err(OpenError::AuthenticationFailed) => assert!(listed.is_ok()),
        Err(_) => {}
    }
}

/// A list and a plaintext of any kind, sealed.
fn sealed_secrets(input: &mut Input<'_>) {
    let (list, plaintext) = list_and_plaintext(input);
    let digest = forge::sha256(&list);
    let context = context(Purpose::Secrets, 7);
    let sealed = forge::message(&context, &RECIPIENT, &digest, EPHEMERAL, &plaintext);
    let message = [list.as_slice(), &sealed].concat();
    secrets(&message);
    // All is authentic, so only the sender's words can be wrong.
    let opened = open_secrets(&context, &RECIPIENT, &message);
    assert!(
        !matches!(opened, Err(OpenError::AuthenticationFailed)),
        "what was sealed does not open"
    );
}

/// A list of up to 255 entries, and what stands for their secrets and names.
fn list_and_plaintext(input: &mut Input<'_>) -> (Vec<u8>, Vec<u8>) {
    let count = input.byte();
    let ascending = input.byte().is_multiple_of(2);
    let mut list = vec![count];
    for index in 0..count {
        let section = if ascending { index } else { input.byte() };
        list.push(section);
        list.extend(if ascending {
            [0, 0, 0, 1]
        } else {
            input.array()
        });
    }
    (list, input.unpack(8_000))
}

fn record_keys(input: &mut Input<'_>) {
    let context = context(Purpose::RecordKeys, 0);
    let count = input.byte() % 20;
    let numbers: Vec<u32> = (0..count).map(|_| input.u32()).collect();
    let list = [
        &[count][..],
        &numbers
            .iter()
            .flat_map(|number| number.to_be_bytes())
            .collect::<Vec<_>>(),
    ]
    .concat();
    let plaintext = input.unpack(1_000);
    let digest = forge::sha256(&list);
    let message = forge::message(&context, &RECIPIENT, &digest, EPHEMERAL, &plaintext);
    let fits = (1..=16).contains(&count) && plaintext.len() == 32 * usize::from(count);
    match open_record_keys(&context, &RECIPIENT, &numbers, &message) {
        Ok(keys) => {
            assert!(fits && keys.len() == numbers.len());
            let keys: Vec<(u32, RecordKey)> = numbers.into_iter().zip(keys).collect();
            let mut rng = FixedRng(EPHEMERAL.to_vec());
            let again = seal_record_keys(&context, &RECIPIENT.public(), &keys, &mut rng);
            assert_eq!(again.unwrap(), message);
            // A key opens the record that it is of, and no other.
            let body = forge::body(&forge::stream(b""));
            let head = forge::head(&body, &forge::padded(b"{}"));
            let head = Head::parse(&head).unwrap();
            for (chunk, (_, key)) in plaintext.chunks(32).zip(&keys) {
                let class = head.unlock_with(key).err().and_then(|error| error.class());
                // Its metadata is no metadata, so it never opens whole.
                let expected = if chunk == forge::RECORD_KEY {
                    FailureClass::Malformed
                } else {
                    FailureClass::AuthenticationFailed
                };
                assert_eq!(class, Some(expected));
            }
        }
        Err(error) => {
            assert!(!fits);
            assert_eq!(error.class(), FailureClass::Malformed);
        }
    }
}

fn links(bytes: &[u8]) {
    match parse_links(bytes) {
        Ok(links) => {
            assert_eq!(encode_links(&links).unwrap(), bytes);
            for link in &links {
                let opened = open_link(CHAIN, PORT.into(), link, &forge::secret(0x42));
                // One of the vectors.
                if let Ok(previous) = opened {
                    remake(link, &previous);
                }
            }
        }
        Err(error) => assert_eq!(error.class(), FailureClass::Malformed),
    }
}

fn remake(link: &patientport_core::section::Link, previous: &patientport_core::keys::SecretKey) {
    let again = make_link(
        CHAIN,
        PORT.into(),
        link.section,
        link.new_epoch,
        link.opened_epoch,
        &forge::secret(0x42),
        previous,
    );
    assert_eq!(again.unwrap(), *link);
}

/// A link around any 32 bytes.
fn sealed_link(input: &mut Input<'_>) {
    let (section, new, opened): (u8, u32, u32) = (input.byte(), input.u32(), input.u32());
    let secret: [u8; 32] = input.array();
    let place = [&[section][..], &new.to_be_bytes(), &opened.to_be_bytes()].concat();
    let info = [
        b"patientport/v1/link".as_slice(),
        &CHAIN.to_be_bytes(),
        &PORT,
        &place,
    ]
    .concat();
    let key = forge::derive(b"", &[0x42; 32], &info);
    let bytes = [place, forge::seal(&key, [0; 12], b"", &secret)].concat();
    links(&bytes);
    let parsed = parse_links(&bytes);
    assert_eq!(parsed.is_ok(), section < 64 && opened > 0 && opened < new);
    if let Ok(parsed) = parsed {
        let found = open_link(CHAIN, PORT.into(), &parsed[0], &forge::secret(0x42));
        match patientport_core::keys::SecretKey::from_bytes(&secret) {
            Ok(secret) => assert_eq!(found, Ok(secret)),
            Err(_) => assert_eq!(found.unwrap_err().class(), FailureClass::Malformed),
        }
    }
}
