//! EIP-712: the hash of structured data that an account signs.

use alloy::dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{B256, Bytes, Keccak256, hex, keccak256};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Name of the type of the domain (EIP-712 "Definition of domainSeparator").
const DOMAIN: &str = "EIP712Domain";
/// Members the domain may have, in their order.
const DOMAIN_MEMBERS: [(&str, &str); 5] = [
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
    ("salt", "bytes32"),
];

/// Why data cannot be hashed.
#[derive(Debug, thiserror::Error)]
pub(super) enum TypedDataError {
    /// A type is used that is neither defined nor one of Solidity's.
    #[error("unknown type `{0}`")]
    UnknownType(String),
    /// A struct lacks a member.
    #[error("`{of}` lacks `{member}`")]
    MissingMember {
        /// The struct's type.
        of: String,
        /// The member's name.
        member: String,
    },
    /// A value is not of its type.
    #[error("`{value}` is no `{of}`")]
    WrongValue {
        /// The type.
        of: String,
        /// The value as JSON.
        value: String,
    },
}

#[derive(Clone, Debug, Deserialize)]
struct Member {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

/// Structured data, as `eth_signTypedData_v4` takes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TypedData {
    types: BTreeMap<String, Vec<Member>>,
    primary_type: String,
    #[serde(default)]
    domain: Map<String, Value>,
    #[serde(default)]
    message: Value,
}

impl TypedData {
    /// `keccak256(0x19 0x01 ‖ domainSeparator ‖ hashStruct(message))`.
    pub(super) fn signing_hash(mut self) -> Result<B256, TypedDataError> {
        if !self.types.contains_key(DOMAIN) {
            let members = DOMAIN_MEMBERS
                .iter()
                .filter(|(name, _)| self.domain.contains_key(*name))
                .map(|(name, kind)| Member {
                    name: (*name).to_owned(),
                    kind: (*kind).to_owned(),
                })
                .collect();
            self.types.insert(DOMAIN.to_owned(), members);
        }
        let mut hasher = Keccak256::new();
        hasher.update([0x19, 0x01]);
        hasher.update(self.hash_struct(DOMAIN, &Value::Object(self.domain.clone()))?);
        if self.primary_type != DOMAIN {
            hasher.update(self.hash_struct(&self.primary_type, &self.message)?);
        }
        Ok(hasher.finalize())
    }

    fn members(&self, kind: &str) -> Result<&[Member], TypedDataError> {
        self.types
            .get(kind)
            .map(Vec::as_slice)
            .ok_or_else(|| TypedDataError::UnknownType(kind.to_owned()))
    }

    /// `hashStruct(s) = keccak256(keccak256(encodeType(typeOf(s))) ‖ encodeData(s))`.
    fn hash_struct(&self, kind: &str, value: &Value) -> Result<B256, TypedDataError> {
        let Value::Object(fields) = value else {
            return Err(wrong(kind, value));
        };
        let mut hasher = Keccak256::new();
        hasher.update(keccak256(self.encode_type(kind)?));
        for member in self.members(kind)? {
            let value = fields
                .get(&member.name)
                .ok_or_else(|| TypedDataError::MissingMember {
                    of: kind.to_owned(),
                    member: member.name.clone(),
                })?;
            hasher.update(self.encode(&member.kind, value)?);
        }
        Ok(hasher.finalize())
    }

    /// The type and, in order, all it refers to: `Mail(Person from,…)Person(…)`.
    fn encode_type(&self, kind: &str) -> Result<String, TypedDataError> {
        let mut found = BTreeSet::from([kind]);
        let mut open = vec![kind];
        while let Some(next) = open.pop() {
            for member in self.members(next)? {
                let item = member.kind.split('[').next().unwrap_or_default();
                if self.types.contains_key(item) && found.insert(item) {
                    open.push(item);
                }
            }
        }
        found.remove(kind);
        let mut text = String::new();
        for name in std::iter::once(kind).chain(found) {
            let members: Vec<_> = self
                .members(name)?
                .iter()
                .map(|member| format!("{} {}", member.kind, member.name))
                .collect();
            text.extend([name, "(", &members.join(","), ")"]);
        }
        Ok(text)
    }

    /// One member as a word.
    fn encode(&self, kind: &str, value: &Value) -> Result<B256, TypedDataError> {
        if let Some((item, length)) = kind
            .strip_suffix(']')
            .and_then(|kind| kind.rsplit_once('['))
        {
            let Value::Array(items) = value else {
                return Err(wrong(kind, value));
            };
            if !length.is_empty() && length.parse() != Ok(items.len()) {
                return Err(wrong(kind, value));
            }
            let mut hasher = Keccak256::new();
            for value in items {
                hasher.update(self.encode(item, value)?);
            }
            return Ok(hasher.finalize());
        }
        if self.types.contains_key(kind) {
            return match value {
                // A recursive type ends somewhere.
                Value::Null => Ok(B256::ZERO),
                _ => self.hash_struct(kind, value),
            };
        }
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            _ => return Err(wrong(kind, value)),
        };
        match kind {
            "string" => return Ok(keccak256(text)),
            "bytes" => {
                let bytes = hex::decode(&text).map_err(|_| wrong(kind, value))?;
                return Ok(keccak256(Bytes::from(bytes)));
            }
            _ => {}
        }
        let unknown = || TypedDataError::UnknownType(kind.to_owned());
        let parsed = DynSolType::parse(kind).map_err(|_| unknown())?;
        parsed
            .coerce_str(&text)
            .ok()
            .as_ref()
            .and_then(DynSolValue::as_word)
            .ok_or_else(|| wrong(kind, value))
    }
}

fn wrong(kind: &str, value: &Value) -> TypedDataError {
    TypedDataError::WrongValue {
        of: kind.to_owned(),
        value: value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use alloy_primitives::b256;
    use serde_json::json;

    /// The example of EIP-712.
    fn mail() -> Value {
        json!({
            "types": {
                "EIP712Domain": [
                    {"name": "name", "type": "string"},
                    {"name": "version", "type": "string"},
                    {"name": "chainId", "type": "uint256"},
                    {"name": "verifyingContract", "type": "address"},
                ],
                "Person": [
                    {"name": "name", "type": "string"},
                    {"name": "wallet", "type": "address"},
                ],
                "Mail": [
                    {"name": "from", "type": "Person"},
                    {"name": "to", "type": "Person"},
                    {"name": "contents", "type": "string"},
                ],
            },
            "primaryType": "Mail",
            "domain": {
                "name": "Ether Mail",
                "version": "1",
                "chainId": 1,
                "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC",
            },
            "message": {
                "from": {"name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},
                "to": {"name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},
                "contents": "Hello, Bob!",
            },
        })
    }

    fn hash(data: Value) -> Result<B256, TypedDataError> {
        serde_json::from_value::<TypedData>(data)
            .unwrap()
            .signing_hash()
    }

    #[test]
    fn the_example_of_the_standard_has_its_hash() {
        let expected = b256!("be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
        assert_eq!(hash(mail()).unwrap(), expected);
        // The domain's type follows from its members.
        let mut without = mail();
        without["types"]
            .as_object_mut()
            .unwrap()
            .remove("EIP712Domain");
        assert_eq!(hash(without).unwrap(), expected);
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        let change = |pointer: &str, value: Value| {
            let mut data = mail();
            *data.pointer_mut(pointer).unwrap() = value;
            hash(data).unwrap_err().to_string()
        };
        assert_eq!(
            change("/primaryType", json!("Letter")),
            "unknown type `Letter`"
        );
        assert_eq!(
            change("/types/Mail/2/type", json!("text")),
            "unknown type `text`"
        );
        assert_eq!(
            change("/message/to", json!({"name": "Bob"})),
            "`Person` lacks `wallet`"
        );
        assert_eq!(
            change("/message/to/wallet", json!("0x12")),
            "`\"0x12\"` is no `address`"
        );
        assert_eq!(change("/message/from", json!(5)), "`5` is no `Person`");
        assert_eq!(
            change("/types/Mail/2/type", json!("string[2]")),
            "`\"Hello, Bob!\"` is no `string[2]`"
        );
    }
}
