//! What a record says about itself, sealed in its head.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::json;

/// Longest text of one field, in bytes.
pub const MAX_FIELD_BYTES: usize = 512;

/// Metadata is padded to a multiple of this.
pub(super) const BLOCK: usize = 512;

/// Metadata that the format cannot carry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// A field is too long.
    #[error("`{field}` has `{length}` bytes, at most 512 are allowed")]
    TooLong {
        /// The field's name.
        field: &'static str,
        /// Bytes given.
        length: usize,
    },
    /// A field holds a control character; only the note may have line feeds and tabs.
    #[error("`{field}` holds a control character")]
    ControlCharacter {
        /// The field's name.
        field: &'static str,
    },
    /// The content time is no date or time of RFC 3339.
    #[error("content time `{text}` is no RFC 3339 date or time such as `2026-11-22T20:00:00Z`")]
    ContentTime {
        /// The text given.
        text: String,
    },
}

/// What a record says about itself. Everything in it was chosen by the author: escape before showing.
///
/// Its `Debug` hides the values, since they are health data.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// What the record is, in a line.
    pub title: String,
    /// The payload's media type, such as `application/fhir+json`.
    pub media_type: String,
    /// When the content came to be, as an RFC 3339 `full-date` or `date-time`.
    #[serde(deserialize_with = "json::nullable")]
    pub content_time: Option<String>,
    /// The author's words; may have several lines.
    pub note: String,
    /// Bytes of the payload, where the author knew before reading it.
    #[serde(deserialize_with = "json::nullable")]
    pub length: Option<u64>,
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metadata(..)")
    }
}

impl Metadata {
    /// Checks every field.
    pub fn check(&self) -> Result<(), MetadataError> {
        let texts = [
            ("title", Some(&self.title)),
            ("media_type", Some(&self.media_type)),
            ("content_time", self.content_time.as_ref()),
            ("note", Some(&self.note)),
        ];
        for (field, text) in texts
            .into_iter()
            .filter_map(|(field, text)| Some((field, text?)))
        {
            if text.len() > MAX_FIELD_BYTES {
                return Err(MetadataError::TooLong {
                    field,
                    length: text.len(),
                });
            }
            let allowed = |character: char| field == "note" && matches!(character, '\n' | '\t');
            if text
                .chars()
                .any(|character| character.is_control() && !allowed(character))
            {
                return Err(MetadataError::ControlCharacter { field });
            }
        }
        match &self.content_time {
            Some(text) if !is_rfc3339(text) => {
                Err(MetadataError::ContentTime { text: text.clone() })
            }
            _ => Ok(()),
        }
    }

    /// `len16(JSON)` zero-padded to a multiple of [`BLOCK`].
    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, MetadataError> {
        self.check()?;
        let json = Zeroizing::new(serde_json::to_vec(self).expect("strings and numbers are JSON"));
        // Four fields of 512 bytes, each byte escaped to two at most, and their names: below 5 KiB.
        let length = u16::try_from(json.len()).expect("checked fields encode to less than 64 KiB");
        let mut plaintext = Zeroizing::new(vec![0; (2 + json.len()).next_multiple_of(BLOCK)]);
        plaintext[..2].copy_from_slice(&length.to_be_bytes());
        plaintext[2..2 + json.len()].copy_from_slice(&json);
        Ok(plaintext)
    }

    /// Reads what [`Metadata::encode`] writes; none for anything else.
    pub(super) fn decode(plaintext: &[u8]) -> Option<Self> {
        let (length, rest) = plaintext.split_first_chunk::<2>()?;
        let (text, padding) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let canonical = plaintext.len().is_multiple_of(BLOCK)
            && padding.len() < BLOCK
            && padding.iter().all(|byte| *byte == 0);
        let metadata: Self = json::parse(text).ok()?;
        (canonical && metadata.check().is_ok()).then_some(metadata)
    }
}

/// Whether `text` is a `full-date` or `date-time` of RFC 3339 §5.6, days of the month included.
fn is_rfc3339(text: &str) -> bool {
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        let digits = text.get(range)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let is = |position: usize, allowed: &[u8]| {
        text.as_bytes()
            .get(position)
            .is_some_and(|byte| allowed.contains(byte))
    };
    let date = || {
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 => 28 + u32::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (is(4, b"-") && is(7, b"-") && (1..=days).contains(&day)).then_some(())
    };
    let time = || {
        let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
        let fraction = text.get(19..)?.strip_prefix('.').map_or(Some(0), |rest| {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            (digits > 0).then_some(1 + digits)
        })?;
        let zone = 19 + fraction;
        let offset = match text.get(zone..)? {
            "Z" | "z" => true,
            numeric => {
                numeric.len() == 6
                    && is(zone, b"+-")
                    && is(zone + 3, b":")
                    && number(zone + 1..zone + 3)? < 24
                    && number(zone + 4..zone + 6)? < 60
            }
        };
        // A second of 60 is a leap second.
        (is(10, b"Tt")
            && is(13, b":")
            && is(16, b":")
            && hour < 24
            && minute < 60
            && second <= 60
            && offset)
            .then_some(())
    };
    date().is_some() && (text.len() == 10 || time().is_some())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_longest_metadata_fits_a_head() {
        let longest = Metadata {
            title: "\"".repeat(512),
            media_type: "\\".repeat(512),
            content_time: Some(format!("2026-11-22T20:00:00.{}Z", "1".repeat(491))),
            note: "\n".repeat(512),
            length: Some(u64::MAX),
        };
        assert_eq!(longest.content_time.as_ref().unwrap().len(), 512);
        assert_eq!(longest.encode().unwrap().len(), 4096);
        assert_eq!(
            Metadata::decode(&longest.encode().unwrap()).unwrap(),
            longest
        );
    }

    #[test]
    fn members_are_named_as_in_the_format() {
        let metadata = Metadata {
            title: "Blood count".into(),
            media_type: "application/pdf".into(),
            length: Some(3),
            ..Metadata::default()
        };
        let encoded = metadata.encode().unwrap();
        let json = br#"{"title":"Blood count","media_type":"application/pdf","content_time":null,"note":"","length":3}"#;
        assert_eq!(encoded.len(), 512);
        assert_eq!(
            encoded[..2],
            u16::try_from(json.len()).unwrap().to_be_bytes()
        );
        assert_eq!(&encoded[2..2 + json.len()], json);
    }

    #[test]
    fn fields_are_checked() {
        let title = |title: String| {
            Metadata {
                title,
                ..Metadata::default()
            }
            .check()
        };
        assert!(title("é".repeat(256)).is_ok());
        assert!(matches!(
            title("é".repeat(257)),
            Err(MetadataError::TooLong {
                field: "title",
                length: 514
            })
        ));
        assert!(matches!(
            title("a\nb".into()),
            Err(MetadataError::ControlCharacter { field: "title" })
        ));
        let note = |note: &str| {
            Metadata {
                note: note.into(),
                ..Metadata::default()
            }
            .check()
        };
        assert!(note("a\n\tb").is_ok());
        assert!(matches!(
            note("a\u{1b}[2J"),
            Err(MetadataError::ControlCharacter { field: "note" })
        ));
    }

    #[test]
    fn times_are_those_of_rfc_3339() {
        for text in [
            "2026-11-22",
            "2024-02-29",
            "2000-02-29",
            "2026-11-22T20:00:00Z",
            "1985-04-12t23:20:50.52z",
            "1990-12-31T15:59:60-08:00",
            "1937-01-01T12:00:27.87+00:20",
        ] {
            assert!(is_rfc3339(text), "{text}");
        }
        for text in [
            "",
            "2026",
            "2026-11",
            "2026-13-01",
            "2026-00-01",
            "2026-04-31",
            "2026-02-29",
            "1900-02-29",
            "2026-11-22T",
            "2026-11-22 20:00:00Z",
            "2026-11-22T20:00:00",
            "2026-11-22T24:00:00Z",
            "2026-11-22T20:60:00Z",
            "2026-11-22T20:00:61Z",
            "2026-11-22T20:00:00.Z",
            "2026-11-22T20:00:00+24:00",
            "2026-11-22T20:00:00+0100",
            "2026-11-22T20:00:00Zz",
            "+026-11-22",
            "2026-11-2é",
        ] {
            assert!(!is_rfc3339(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn decoder_and_time_check_are_total(bytes in proptest::collection::vec(any::<u8>(), 0..1100), text in ".{0,40}") {
            prop_assert!(Metadata::decode(&bytes).is_none());
            let _ = is_rfc3339(&text);
        }

        #[test]
        fn padding_is_checked(position in 80usize..512, value in 1u8..) {
            let mut plaintext = Metadata::default().encode().unwrap().to_vec();
            prop_assert!(Metadata::decode(&plaintext).is_some());
            plaintext[position] = value;
            prop_assert!(Metadata::decode(&plaintext).is_none());
        }
    }

    #[test]
    fn another_block_of_padding_is_refused() {
        let mut plaintext = Metadata::default().encode().unwrap().to_vec();
        plaintext.resize(1024, 0);
        assert!(Metadata::decode(&plaintext).is_none());
    }

    #[test]
    fn values_do_not_print() {
        let metadata = Metadata {
            title: "HIV test".into(),
            ..Metadata::default()
        };
        assert_eq!(format!("{metadata:?}"), "Metadata(..)");
    }
}
