//! Positional parameters, taken one after the other by the method they belong to.

use super::RpcError;
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use serde_json::Value;

/// The parameters of one request.
#[derive(Debug)]
pub(super) struct Params {
    values: std::vec::IntoIter<Value>,
    taken: usize,
}

impl Params {
    pub(super) fn try_new(params: Option<Value>) -> Result<Self, RpcError> {
        let values = match params {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(values)) => values,
            Some(_) => return Err(RpcError::NamedParams),
        };
        Ok(Self {
            values: values.into_iter(),
            taken: 0,
        })
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
        match self.values.next() {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                serde_json::from_value(value)
                    .map(Some)
                    .map_err(|source| RpcError::InvalidParam {
                        index,
                        name,
                        source,
                    })
            }
        }
    }

    /// Every parameter has been taken.
    pub(super) fn finish(self) -> Result<(), RpcError> {
        if self.values.len() > 0 {
            return Err(RpcError::TooManyParams { most: self.taken });
        }
        Ok(())
    }
}

/// A number of seconds or an id as test tools write it: a JSON number, or a string in decimal or with
/// `0x` in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    use serde_json::json;

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
        let mut params = Params::try_new(Some(json!([1, null, 3]))).unwrap();
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
        assert!(Params::try_new(Some(json!({"a": 1}))).is_err());
    }
}
