//! The sealed texts of requests, denials and emergencies: `docs/record-format.md` §3.
//!
//! Every value in them was chosen by somebody else: escape before showing.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::failure::FailureClass;
use crate::json;
use crate::section::SectionSet;

/// Longest encoded text, in bytes.
pub const MAX_TEXT_BYTES: usize = 4096;

/// Longest purpose code, in bytes.
pub const MAX_PURPOSE_BYTES: usize = 32;

/// Texts are padded with spaces to a multiple of this, so that a message's length tells little.
const BLOCK: usize = 64;

/// A text that is none of this format, or cannot become one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// The encoded text is longer than [`MAX_TEXT_BYTES`].
    #[error("text has `{length}` bytes once encoded, at most 4096 are allowed")]
    TooLong {
        /// Bytes of the encoding.
        length: usize,
    },
    /// The bytes are not the JSON object they should be.
    #[error("text is not the JSON object it should be")]
    Json(#[source] serde_json::Error),
    /// The purpose is not a code such as `TREAT`.
    #[error("purpose is not a code of 1 to 32 capital letters, digits, hyphens and underscores")]
    Purpose,
}

impl TextError {
    /// The class of the format's table that this belongs to.
    pub const fn class(&self) -> FailureClass {
        FailureClass::Malformed
    }
}

/// What a reader may do, as bits on chain: 1 read, 2 write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rights {
    /// Read records.
    Read,
    /// Add records.
    Write,
    /// Both.
    ReadWrite,
}

impl Rights {
    /// The bits on chain.
    pub const fn bits(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Write => 2,
            Self::ReadWrite => 3,
        }
    }

    /// The rights of `bits`, unless they are none or unknown ones.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            1 => Some(Self::Read),
            2 => Some(Self::Write),
            3 => Some(Self::ReadWrite),
            _ => None,
        }
    }
}

/// What a provider asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestText {
    /// Why: a code of HL7 v3 `ActReason`, such as `TREAT`.
    pub purpose: String,
    /// The sections wished for; empty leaves the choice to the patient.
    pub sections: SectionSet,
    /// Until when, in Unix seconds; none leaves the choice to the patient.
    #[serde(deserialize_with = "json::nullable")]
    pub until: Option<u64>,
    /// What the recipient wants to do.
    pub rights: Rights,
    /// Words to the patient.
    pub text: String,
}

impl RequestText {
    /// Encodes for sealing.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, TextError> {
        self.check()?;
        encode(self)
    }

    /// Decodes an opened message.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TextError> {
        let request: Self = decode(bytes)?;
        request.check()?;
        Ok(request)
    }

    fn check(&self) -> Result<(), TextError> {
        let allowed = |byte: u8| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
        };
        if (1..=MAX_PURPOSE_BYTES).contains(&self.purpose.len())
            && self.purpose.bytes().all(allowed)
        {
            Ok(())
        } else {
            Err(TextError::Purpose)
        }
    }
}

/// Why a patient said no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DenialText {
    /// Words to the requester.
    pub text: String,
}

impl DenialText {
    /// Encodes for sealing.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, TextError> {
        encode(self)
    }

    /// Decodes an opened message.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TextError> {
        decode(bytes)
    }
}

/// Why a responder breaks the glass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyText {
    /// Words to the patient.
    pub text: String,
}

impl EmergencyText {
    /// Encodes for sealing.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, TextError> {
        encode(self)
    }

    /// Decodes an opened message.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TextError> {
        decode(bytes)
    }
}

fn encode(value: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, TextError> {
    let mut bytes = Zeroizing::new(serde_json::to_vec(value).map_err(TextError::Json)?);
    let padded = bytes.len().next_multiple_of(BLOCK);
    if padded > MAX_TEXT_BYTES {
        return Err(TextError::TooLong {
            length: bytes.len(),
        });
    }
    bytes.resize(padded, b' ');
    Ok(bytes)
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, TextError> {
    if bytes.len() > MAX_TEXT_BYTES {
        return Err(TextError::TooLong {
            length: bytes.len(),
        });
    }
    json::parse(bytes).map_err(TextError::Json)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use proptest::prelude::*;

    use super::*;

    fn request(purpose: &str, text: &str) -> RequestText {
        RequestText {
            purpose: purpose.to_owned(),
            sections: SectionSet::from_bits(0b101),
            until: Some(1_800_000_000),
            rights: Rights::ReadWrite,
            text: text.to_owned(),
        }
    }

    #[test]
    fn members_are_named_as_in_the_format() {
        let bytes = request("TREAT", "please").to_bytes().unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        assert_eq!(
            text.trim_end(),
            r#"{"purpose":"TREAT","sections":[0,2],"until":1800000000,"rights":"read-write","text":"please"}"#
        );
        assert_eq!(bytes.len(), 128);
    }

    #[test]
    fn unknown_members_are_ignored_and_missing_ones_refused() {
        let json = br#"{"purpose":"ETREAT","sections":[],"until":null,"rights":"read","text":"","new":[1]}"#;
        assert_eq!(RequestText::from_bytes(json).unwrap().until, None);
        assert!(matches!(
            RequestText::from_bytes(br#"{"purpose":"TREAT"}"#),
            Err(TextError::Json(_))
        ));
        assert!(matches!(
            DenialText::from_bytes(br#"{"text":"a"} x"#),
            Err(TextError::Json(_))
        ));
        assert!(matches!(
            DenialText::from_bytes(br#"{"text":"a","text":"b"}"#),
            Err(TextError::Json(_))
        ));
    }

    #[test]
    fn purposes_are_codes() {
        for purpose in ["", "treat", "TRE AT", "\u{202e}", &"T".repeat(33)] {
            assert!(
                matches!(request(purpose, "").to_bytes(), Err(TextError::Purpose)),
                "{purpose}"
            );
            let json = serde_json::to_vec(&request(purpose, "")).unwrap();
            assert!(
                matches!(RequestText::from_bytes(&json), Err(TextError::Purpose)),
                "{purpose}"
            );
        }
    }

    #[test]
    fn length_is_bounded_both_ways() {
        let fits = DenialText {
            text: "n".repeat(MAX_TEXT_BYTES - 11),
        };
        assert_eq!(fits.to_bytes().unwrap().len(), MAX_TEXT_BYTES);
        let over = DenialText {
            text: "n".repeat(MAX_TEXT_BYTES - 10),
        };
        assert!(matches!(
            over.to_bytes(),
            Err(TextError::TooLong { length: 4097 })
        ));
        let json = serde_json::to_vec(&over).unwrap();
        assert!(matches!(
            DenialText::from_bytes(&json),
            Err(TextError::TooLong { length: 4097 })
        ));
    }

    #[test]
    fn rights_are_the_bits_on_chain() {
        for rights in [Rights::Read, Rights::Write, Rights::ReadWrite] {
            assert_eq!(Rights::from_bits(rights.bits()), Some(rights));
        }
        assert_eq!(Rights::from_bits(0), None);
        assert_eq!(Rights::from_bits(4), None);
    }

    proptest! {
        #[test]
        fn texts_round_trip(text in ".{0,300}", bits: u64, until: Option<u64>) {
            let request = RequestText { sections: SectionSet::from_bits(bits), until, ..request("TREAT", &text) };
            let bytes = request.to_bytes().unwrap();
            prop_assert!(bytes.len().is_multiple_of(64));
            prop_assert_eq!(RequestText::from_bytes(&bytes).unwrap(), request);
        }

        #[test]
        fn readers_are_total(bytes: Vec<u8>) {
            prop_assert!(RequestText::from_bytes(&bytes).is_err());
            let _ = DenialText::from_bytes(&bytes);
        }
    }
}
