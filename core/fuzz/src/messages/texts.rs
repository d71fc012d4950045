//! What is inside requests, denials and emergencies.

use patientport_core::text::{DenialText, EmergencyText, RequestText, TextError};

use crate::json;

const MAX: usize = 4_096;

/// What a decoder of texts accepts: an object as long as a text may be, which reads the same when written again.
fn check<T: PartialEq + std::fmt::Debug>(
    bytes: &[u8],
    read: fn(&[u8]) -> Result<T, TextError>,
    write: impl Fn(&T) -> Result<Vec<u8>, TextError>,
) -> Option<(T, serde_json::Map<String, serde_json::Value>)> {
    let value = read(bytes).ok()?;
    assert!(bytes.len() <= MAX);
    let members = json::object(bytes).expect("no object");
    match write(&value) {
        Ok(again) => {
            assert!(again.len().is_multiple_of(64) && again.len() <= MAX);
            assert_eq!(read(&again).unwrap(), value);
            assert_eq!(write(&value).unwrap(), again);
        }
        // Escapes that the writer does not use may be shorter than those that it does.
        Err(TextError::TooLong { length }) => assert!(length > MAX - 64),
        Err(error) => panic!("{error}"),
    }
    Some((value, members))
}

pub(super) fn request(bytes: &[u8]) {
    let write = |it: &RequestText| it.to_bytes().map(|bytes| bytes.to_vec());
    let Some((request, members)) = check(bytes, RequestText::from_bytes, write) else {
        return;
    };
    let code = |it: char| matches!(it, 'A'..='Z' | '0'..='9' | '-' | '_');
    assert!((1..=32).contains(&request.purpose.len()) && request.purpose.chars().all(code));
    assert_eq!(json::text(&members, "purpose"), Some(&*request.purpose));
    assert_eq!(json::text(&members, "text"), Some(&*request.text));
    assert_eq!(json::number(&members, "until"), Some(request.until));
    let rights = json::text(&members, "rights").unwrap();
    assert!(["read", "write", "read-write"].contains(&rights));
    let bits = members["sections"]
        .as_array()
        .unwrap()
        .iter()
        .fold(0, |bits, it| {
            let number = it.as_u64().unwrap();
            assert!(number < 64);
            bits | 1 << number
        });
    assert_eq!(request.sections.bits(), bits);
}

pub(super) fn denial(bytes: &[u8]) {
    let write = |it: &DenialText| it.to_bytes().map(|bytes| bytes.to_vec());
    if let Some((denial, members)) = check(bytes, DenialText::from_bytes, write) {
        assert_eq!(json::text(&members, "text"), Some(&*denial.text));
    }
}

pub(super) fn emergency(bytes: &[u8]) {
    let write = |it: &EmergencyText| it.to_bytes().map(|bytes| bytes.to_vec());
    if let Some((emergency, members)) = check(bytes, EmergencyText::from_bytes, write) {
        assert_eq!(json::text(&members, "text"), Some(&*emergency.text));
    }
}
