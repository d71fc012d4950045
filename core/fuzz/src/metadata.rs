//! Metadata that verified.

use patientport_core::failure::FailureClass;
use patientport_core::record::{Head, Metadata};
use serde_json::{Map, Value};

use crate::forge::{self, KEY};
use crate::input::Input;
use crate::json;

/// Runs an input: an even first byte opens a JSON text, which is padded; an odd one a plaintext as it is.
pub fn metadata(data: &[u8]) {
    let mut input = Input::new(data);
    let plaintext = if input.byte().is_multiple_of(2) {
        forge::padded(&input.rest()[..input.rest().len().min(7_000)])
    } else {
        input.unpack(7_000)
    };
    // A payload of 100 bytes: so that a length that the metadata states can be right.
    let body = forge::body(&forge::stream(&[7; 100]));
    let head = forge::head(&body, &plaintext);
    let form = plaintext.is_empty() || !plaintext.len().is_multiple_of(512);
    let parsed = match Head::parse(&head) {
        Ok(parsed) => parsed,
        Err(error) => {
            assert!(form && error.class() == Some(FailureClass::Malformed));
            return;
        }
    };
    assert!(!form);
    match parsed.unlock_with(&KEY) {
        Ok(opened) => accepted(opened.metadata(), &plaintext),
        Err(error) => {
            assert_eq!(error.class(), Some(FailureClass::Malformed));
            // What the writer would write is never refused.
            if let Some(metadata) =
                text(&plaintext).and_then(|text| serde_json::from_slice::<Metadata>(text).ok())
            {
                let canonical = forge::padded(&serde_json::to_vec(&metadata).unwrap()) == plaintext;
                let stated = metadata.length.is_none_or(|length| {
                    forge::padme(length.min(1 << 40) + 8) == forge::padme(108)
                });
                assert!(!canonical || !stated || metadata.check().is_err());
            }
        }
    }
}

/// The JSON of a plaintext, if it is padded as it has to be.
fn text(plaintext: &[u8]) -> Option<&[u8]> {
    let (length, rest) = plaintext.split_first_chunk::<2>()?;
    let (text, padding) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    (padding.len() < 512 && padding.iter().all(|byte| *byte == 0)).then_some(text)
}

fn accepted(metadata: &Metadata, plaintext: &[u8]) {
    let text = text(plaintext).expect("padding of another form");
    let members = json::object(text).expect("no object");
    let field = |name: &str, also: &str| {
        let text = json::text(&members, name).unwrap();
        assert!(text.len() <= 512, "{name}");
        let control = |it: char| matches!(it, '\0'..='\x1f' | '\x7f'..='\u{9f}');
        assert!(
            !text.chars().any(|it| control(it) && !also.contains(it)),
            "{name}"
        );
        text.to_owned()
    };
    assert_eq!(metadata.title, field("title", ""));
    assert_eq!(metadata.media_type, field("media_type", ""));
    assert_eq!(metadata.note, field("note", "\n\t"));
    assert_eq!(Some(metadata.length), json::number(&members, "length"));
    match &members["content_time"] {
        Value::Null => assert_eq!(metadata.content_time, None),
        value => {
            assert_eq!(metadata.content_time.as_deref(), value.as_str());
            assert!(is_time(value.as_str().unwrap()));
        }
    }
    // 100 bytes of payload, and others that pad alike.
    assert!(
        metadata
            .length
            .is_none_or(|length| (97..=104).contains(&length))
    );
    // Read again from what the writer makes of it.
    let text = serde_json::to_vec(metadata).unwrap();
    let again: Map<String, Value> = json::object(&text).unwrap();
    assert_eq!(again.len(), 5);
    let body = forge::body(&forge::stream(&[7; 100]));
    let head = forge::head(&body, &forge::padded(&text));
    let opened = Head::parse(&head).unwrap().unlock_with(&KEY).unwrap();
    assert_eq!(opened.metadata(), metadata);
}

/// A date, or a date and a time, of RFC 3339, by its shape alone; the days of months are the crate's own tests'.
fn is_time(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|it| if it.is_ascii_digit() { '0' } else { it })
        .collect();
    let Some(rest) = shape.strip_prefix("0000-00-00") else {
        return false;
    };
    let Some(rest) = rest.strip_prefix(['T', 't']) else {
        return rest.is_empty();
    };
    let Some(rest) = rest.strip_prefix("00:00:00") else {
        return false;
    };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let rest = fraction.trim_start_matches('0');
            if rest.len() == fraction.len() {
                return false;
            }
            rest
        }
        None => rest,
    };
    matches!(rest, "Z" | "z" | "+00:00" | "-00:00")
}
