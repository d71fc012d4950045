//! The members of a JSON object, by a reader that knows nothing of the format's types.

use serde_json::{Map, Value};

/// The object that a text is, if it is one. Of repeated members the last counts.
pub(crate) fn object(text: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(text).ok()? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// A text member.
pub(crate) fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name)?.as_str()
}

/// A member that is null or a number below 2⁶⁴; the outer option is none where it is neither.
#[expect(
    clippy::option_option,
    reason = "absent, null and a number are three things"
)]
pub(crate) fn number(members: &Map<String, Value>, name: &str) -> Option<Option<u64>> {
    match members.get(name)? {
        Value::Null => Some(None),
        value => Some(Some(value.as_u64()?)),
    }
}
