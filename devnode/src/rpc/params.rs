//! Positional parameters, taken one after the other by the method they belong to.

use super::{RpcError, raw::RawList};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::value::RawValue;

/// Most parameters that are kept; no method has as many.
const MAX_PARAMS: usize = 8;

/// The parameters of one request, as they stand in its text.
#[derive(Debug)]
pub(super) struct Params<'a> {
    values: RawList<'a, MAX_PARAMS>,
    taken: usize,
}

impl<'a> Params<'a> {
    pub(super) fn try_new(params: Option<&'a RawValue>) -> Result<Self, RpcError> {
        let values = match params.map(RawValue::get) {
            None | Some("null") => RawList::default(),
            Some(list) => serde_json::from_str(list).map_err(|_| RpcError::NamedParams)?,
        };
        Ok(Self { values, taken: 0 })
    }

    /// The next parameter, which must be there.
    pub(super) fn required<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> Result<T, RpcError> {
        let index = self.taken;
        self.optional(name)?
            .ok_or(RpcError::MissingParam { index, name })
    }

    /// The next parameter; absent and `null` are the same.
    pub(super) fn optional<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, RpcError> {
        let index = self.taken;
        self.taken += 1;
        match self.values.first.get(index) {
            None => Ok(None),
            Some(value) if value.get() == "null" => Ok(None),
            Some(value) => serde_json::from_str(value.get())
                .map(Some)
                .map_err(|source| RpcError::InvalidParam {
                    index,
                    name,
                    source,
                }),
        }
    }

    /// Every parameter has been taken.
    pub(super) fn finish(self) -> Result<(), RpcError> {
        if self.values.count > self.taken {
            return Err(RpcError::TooManyParams { most: self.taken });
        }
        Ok(())
    }
}

/// A number of seconds or an id as test tools write it: a JSON number, or a string in decimal or with
/// `0x` in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number(pub(super) u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Number(u64),
            Text(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Number(number) => Ok(Self(number)),
            Form::Text(text) => match text.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16),
                None => text.parse(),
            }
            .map(Self)
            .map_err(|error| D::Error::custom(format!("`{text}`: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use serde_json::{json, value::to_raw_value};

    #[test]
    fn numbers_come_in_three_forms() {
        for form in [json!(26), json!("26"), json!("0x1a")] {
            assert_eq!(serde_json::from_value::<Number>(form).unwrap(), Number(26));
        }
        for form in [json!(-1), json!("0x"), json!(""), json!("1.5"), json!([1])] {
            assert!(serde_json::from_value::<Number>(form).is_err());
        }
    }

    #[test]
    fn parameters_are_counted() {
        let raw = to_raw_value(&json!([1, null, 3])).unwrap();
        let mut params = Params::try_new(Some(&raw)).unwrap();
        assert_eq!(params.required::<u64>("first").unwrap(), 1);
        assert_eq!(params.optional::<u64>("second").unwrap(), None);
        assert_eq!(
            params.finish().unwrap_err().to_string(),
            "too many arguments, want at most 2"
        );
        let mut none = Params::try_new(None).unwrap();
        assert_eq!(
            none.required::<u64>("address").unwrap_err().to_string(),
            "missing value for required argument 0 (address)"
        );
        let named = to_raw_value(&json!({"a": 1})).unwrap();
        assert!(Params::try_new(Some(&named)).is_err());
    }

    #[test]
    fn parameters_beyond_the_kept_ones_still_count() {
        let raw = to_raw_value(&vec![1; 1_000]).unwrap();
        let mut params = Params::try_new(Some(&raw)).unwrap();
        for _ in 0..MAX_PARAMS {
            assert_eq!(params.required::<u64>("value").unwrap(), 1);
        }
        assert!(params.finish().is_err());
    }
}
