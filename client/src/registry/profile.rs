//! What providers say about themselves. Every value is somebody else's text: escape before showing.

use patientport_core::limits::MAX_PROFILE_BYTES;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Who a provider says it is. Attesters confirm exactly these bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityProfile {
    /// The provider's name.
    #[serde(default)]
    pub name: String,
    /// Its specialty, as text or as a code of the NUCC taxonomy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specialty: Option<String>,
}

/// How a provider is reached. Freely changeable and confirmed by nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactProfile {
    /// Words for people: a telephone number, an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Where its blobs are served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
}

impl IdentityProfile {
    /// As published.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        encode(self, "an identity profile is longer than 1024 bytes")
    }

    /// As read from the log; what is no profile reads as an empty one, for the log is open to any bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        decode(bytes)
    }
}

impl ContactProfile {
    /// As published.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        encode(self, "a contact profile is longer than 1024 bytes")
    }

    /// As read from the log; what is no profile reads as an empty one, for the log is open to any bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        decode(bytes)
    }
}

fn encode(profile: &impl Serialize, too_long: &'static str) -> Result<Vec<u8>> {
    let bytes = serde_json::to_vec(profile).expect("a profile holds strings only");
    if bytes.len() > MAX_PROFILE_BYTES as usize {
        let length = format!("{} bytes", bytes.len());
        return Err(Error::BadInput {
            what: too_long,
            value: length,
        });
    }
    Ok(bytes)
}

fn decode<'a, T: Deserialize<'a> + Default>(bytes: &'a [u8]) -> T {
    if bytes.len() > MAX_PROFILE_BYTES as usize {
        return T::default();
    }
    serde_json::from_slice(bytes).unwrap_or_default()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn profiles_round_trip_and_are_bounded() {
        let identity = IdentityProfile {
            name: "St. Example".into(),
            specialty: Some("207RC0000X".into()),
        };
        let bytes = identity.to_bytes().unwrap();
        assert_eq!(bytes, br#"{"name":"St. Example","specialty":"207RC0000X"}"#);
        assert_eq!(IdentityProfile::from_bytes(&bytes), identity);
        assert_eq!(ContactProfile::default().to_bytes().unwrap(), b"{}");
        let long = IdentityProfile {
            name: "x".repeat(1_020),
            specialty: None,
        };
        assert!(matches!(long.to_bytes(), Err(Error::BadInput { .. })));
    }

    #[test]
    fn foreign_bytes_read_as_an_empty_profile() {
        for bytes in [
            &b"\xff\xfe"[..],
            b"[]",
            b"{\"name\":7}",
            b"",
            &[b' '; 2_000],
        ] {
            assert_eq!(
                IdentityProfile::from_bytes(bytes),
                IdentityProfile::default()
            );
        }
    }
}
