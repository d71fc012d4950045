//! Between JSON and the ABI's values, by the ABI's own description of each parameter.
//!
//! Structs are objects, lists are arrays, addresses and bytes are lower-case hexadecimal text, numbers up to 64 bits are
//! numbers, larger ones hexadecimal text.

use ethers::{
    abi::Token,
    types::{Address, U256},
    utils::hex,
};
use serde_json::{Map, Value, json};

/// Hexadecimal text of some bytes.
pub fn bytes(data: impl AsRef<[u8]>) -> Value {
    json!(format!("0x{}", hex::encode(data)))
}

/// The text of a JSON string.
pub fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} should be text"))
}

fn kind(parameter: &Value) -> &str {
    text(&parameter["type"])
}

/// The parameter that each element of a list is.
fn element(parameter: &Value) -> Option<Value> {
    let (inner, _) = kind(parameter).strip_suffix(']')?.rsplit_once('[')?;
    let mut parameter = parameter.clone();
    parameter["type"] = json!(inner);
    Some(parameter)
}

fn list(value: &Value) -> &[Value] {
    value
        .as_array()
        .unwrap_or_else(|| panic!("{value} should be a list"))
}

fn data(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).unwrap_or_else(|error| panic!("{value}: {error}"))
}

/// The token that `value` stands for.
pub(crate) fn token(parameter: &Value, value: &Value) -> Token {
    if let Some(element) = element(parameter) {
        let tokens = list(value).iter().map(|it| token(&element, it)).collect();
        return if kind(parameter).ends_with("[]") {
            Token::Array(tokens)
        } else {
            Token::FixedArray(tokens)
        };
    }
    match kind(parameter) {
        "tuple" => {
            let members = list(&parameter["components"]);
            let given = value.as_object().map_or(0, Map::len);
            assert_eq!(given, members.len(), "{value} is no {parameter}");
            let member = |it: &Value| token(it, &value[text(&it["name"])]);
            Token::Tuple(members.iter().map(member).collect())
        }
        "address" => Token::Address(Address::from_slice(&data(value))),
        "bool" => Token::Bool(
            value
                .as_bool()
                .unwrap_or_else(|| panic!("{value} is neither")),
        ),
        "bytes" => Token::Bytes(data(value)),
        kind if kind.starts_with("bytes") => Token::FixedBytes(data(value)),
        kind if kind.starts_with("uint") => Token::Uint(
            value
                .as_u64()
                .map_or_else(|| U256::from_big_endian(&data(value)), U256::from),
        ),
        other => panic!("no parameter of ours is of type {other}"),
    }
}

/// What a token says, as [`token`] reads it.
pub(crate) fn value(parameter: &Value, token: &Token) -> Value {
    match token {
        Token::Array(tokens) | Token::FixedArray(tokens) => {
            let element = element(parameter).expect("a list is declared as one");
            tokens.iter().map(|it| value(&element, it)).collect()
        }
        Token::Tuple(tokens) => named(list(&parameter["components"]), tokens),
        Token::Address(address) => bytes(address),
        Token::Bool(it) => json!(it),
        Token::Bytes(it) | Token::FixedBytes(it) => bytes(it),
        Token::Uint(it) if it.bits() <= 64 => json!(it.as_u64()),
        Token::Uint(it) => {
            let mut word = [0; 32];
            it.to_big_endian(&mut word);
            bytes(word)
        }
        other => panic!("no parameter of ours is a {other:?}"),
    }
}

/// Tokens under the names of their parameters.
pub(crate) fn named(parameters: &[Value], tokens: &[Token]) -> Value {
    assert_eq!(parameters.len(), tokens.len());
    let members = parameters
        .iter()
        .zip(tokens)
        .map(|(parameter, token)| (text(&parameter["name"]).to_owned(), value(parameter, token)));
    Value::Object(members.collect())
}
