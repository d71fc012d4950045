//! The JSON of the format: I-JSON objects, `docs/record-format.md`, before its first section.
//!
//! serde's derived readers are laxer than the format: they take an array for an object, let a member that may be
//! null be missing, and do not see that a member which they ignore is repeated. So a text is walked once by
//! [`Strict`] and then read.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de::DeserializeOwned};

/// How deep objects and arrays may nest. The format's own nest two deep.
const MAX_DEPTH: u8 = 32;

/// Reads an object.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    let first = bytes
        .iter()
        .find(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    if first != Some(&b'{') {
        return Err(serde_json::Error::custom("it is not an object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    Strict { depth: 0 }.deserialize(&mut reader)?;
    reader.end()?;
    serde_json::from_slice(bytes)
}

/// Reads a member that may be null, but not missing: for `deserialize_with`.
pub(crate) fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// Any value of I-JSON (RFC 7493): well-formed Unicode, no number beyond a double, no member twice. Keeps nothing.
#[derive(Clone, Copy)]
struct Strict {
    depth: u8,
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom("it nests too deep"));
        }
        Ok(Self {
            depth: self.depth + 1,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of I-JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut seen = BTreeSet::new();
        while let Some(name) = members.next_key::<String>()? {
            members.next_value_seed(inner)?;
            if !seen.insert(name) {
                return Err(A::Error::custom("a member is repeated"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Two {
        one: String,
        #[serde(deserialize_with = "nullable")]
        two: Option<u64>,
    }

    fn two(text: &str) -> Option<Two> {
        parse(text.as_bytes()).ok()
    }

    #[test]
    fn white_space_order_and_unknown_members_are_free() {
        let expected = Two {
            one: "a".into(),
            two: None,
        };
        for text in [
            r#"{"one":"a","two":null}"#,
            " \t\r\n{ \"two\" : null , \"one\" : \"\\u0061\" } \n",
            r#"{"new":[{"a":1},{"a":-0.5e-3}],"one":"a","two":null,"newer":true}"#,
        ] {
            assert_eq!(two(text).unwrap(), expected, "{text}");
        }
        assert_eq!(two(r#"{"one":"a","two":7}"#).unwrap().two, Some(7));
    }

    #[test]
    fn what_is_no_object_of_i_json_is_refused() {
        let deep = |levels: usize| {
            let (open, close) = ("[".repeat(levels), "]".repeat(levels));
            format!(r#"{{"one":"a","two":null,"new":{open}{close}}}"#)
        };
        assert!(two(&deep(31)).is_some());
        for text in [
            "",
            "null",
            r#"["a",null]"#,
            r#"{"one":"a"}"#,
            r#"{"two":null}"#,
            r#"{"one":"a","two":null} x"#,
            "\u{feff}{\"one\":\"a\",\"two\":null}",
            r#"{"one":"a","two":null,"one":"a"}"#,
            r#"{"one":"a","two":null,"new":1,"new":1}"#,
            r#"{"one":"a","two":null,"new":{"a":1,"\u0061":1}}"#,
            r#"{"one":"a","two":null,"new":"\ud800"}"#,
            r#"{"one":"a","two":null,"\udc00":1}"#,
            r#"{"one":"a","two":null,"new":1e400}"#,
            r#"{"one":"a","two":null,"new":NaN}"#,
            r#"{"one":"a","two":-0}"#,
            r#"{"one":"a","two":1.0}"#,
            r#"{"one":"a","two":18446744073709551616}"#,
            "{\"one\":\"a\u{1}\",\"two\":null}",
            &deep(32),
        ] {
            assert!(two(text).is_none(), "{text}");
        }
        assert!(parse::<Two>(b"{\"one\":\"\xff\",\"two\":null}").is_err());
    }
}
