//! `docs/erc7730`: the descriptors say what the interface says.
#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use alloy::json_abi::{Function, JsonAbi, Param, StateMutability};
use alloy::primitives::keccak256;
use alloy::sol_types::SolStruct as _;
use patientport_abi::IPatientPort::PatientCall;
use serde_json::{Map, Value};

use crate::port::{DenialReason, RetractionReason, RevocationReason};
use crate::signed;
use crate::words::{By, Contract, Words};

fn file(name: &str) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/erc7730");
    serde_json::from_slice(&std::fs::read(root.join(name)).unwrap()).unwrap()
}

/// The interface as `docs/abi` has it; `tests/abi.rs` holds that file against the source.
fn interface() -> JsonAbi {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/abi/patientport.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A parameter: its elementary type or its members, how often it is an array, its name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parameter {
    name: String,
    element: Element,
    array: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Element {
    Plain(String),
    Tuple(Vec<Parameter>),
}

impl From<&Param> for Parameter {
    fn from(param: &Param) -> Self {
        let element = if param.components.is_empty() {
            Element::Plain(param.ty.trim_end_matches("[]").to_owned())
        } else {
            Element::Tuple(param.components.iter().map(Self::from).collect())
        };
        Self {
            name: param.name.clone(),
            element,
            array: param.ty.ends_with("[]"),
        }
    }
}

impl Parameter {
    fn canonical(&self) -> String {
        let element = match &self.element {
            Element::Plain(plain) => plain.clone(),
            Element::Tuple(members) => canonical(members),
        };
        element + if self.array { "[]" } else { "" }
    }
}

fn canonical(parameters: &[Parameter]) -> String {
    let types: Vec<_> = parameters.iter().map(Parameter::canonical).collect();
    format!("({})", types.join(","))
}

/// Splits at commas outside parentheses.
fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0, 0, Vec::new());
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
        .into_iter()
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

/// `type name`, where the type may be a tuple.
fn parameter(text: &str) -> Parameter {
    let (kind, name) = text.rsplit_once(' ').unwrap();
    let array = kind.ends_with("[]");
    let kind = kind.trim_end_matches("[]").trim();
    let element = match kind.strip_prefix('(').and_then(|it| it.strip_suffix(')')) {
        Some(inner) => Element::Tuple(parameters(inner)),
        None => Element::Plain(kind.to_owned()),
    };
    Parameter {
        name: name.to_owned(),
        element,
        array,
    }
}

fn parameters(text: &str) -> Vec<Parameter> {
    split(text).into_iter().map(parameter).collect()
}

/// Every path to something elementary: `rotation.sealed_.[].recipient`.
fn paths(parameters: &[Parameter], before: &str) -> BTreeSet<String> {
    parameters
        .iter()
        .flat_map(|it| {
            let path = format!("{before}{}{}", it.name, if it.array { ".[]" } else { "" });
            match &it.element {
                Element::Plain(_) => BTreeSet::from([path]),
                Element::Tuple(members) => paths(members, &format!("{path}.")),
            }
        })
        .collect()
}

fn object<'a>(value: &'a Value, what: &str) -> &'a Map<String, Value> {
    value
        .as_object()
        .unwrap_or_else(|| panic!("{what} is no object: {value}"))
}

fn only(map: &Map<String, Value>, names: &[&str]) {
    for name in map.keys() {
        assert!(
            names.contains(&name.as_str()),
            "`{name}` is not in the schema"
        );
    }
}

/// The part of schema 2.1 that the files use: no member beyond it, every field with what its format wants.
fn keeps_to_the_schema(file: &Value) {
    let text = |value: &Value| {
        assert!(
            value.as_str().is_some_and(|it| !it.trim().is_empty()),
            "{value}"
        );
    };
    only(
        object(file, "the file"),
        &["$schema", "$comment", "context", "metadata", "display"],
    );
    assert!(
        file["$schema"]
            .as_str()
            .unwrap()
            .ends_with("erc7730-v2.1.0.schema.json")
    );
    let context = object(&file["context"], "context");
    only(context, &["$id", "contract", "eip712"]);
    assert_ne!(
        context.contains_key("contract"),
        context.contains_key("eip712")
    );
    if let Some(contract) = context.get("contract") {
        only(object(contract, "contract"), &["deployments", "factory"]);
        let factory = object(&contract["factory"], "factory");
        only(factory, &["deployments", "deployEvent"]);
        assert!(factory["deployments"].is_array());
        text(&factory["deployEvent"]);
    }
    if let Some(typed) = context.get("eip712") {
        only(
            object(typed, "eip712"),
            &["domain", "domainSeparator", "deployments"],
        );
        only(
            object(&typed["domain"], "domain"),
            &["name", "version", "chainId", "verifyingContract"],
        );
    }
    let metadata = object(&file["metadata"], "metadata");
    only(
        metadata,
        &[
            "owner",
            "contractName",
            "info",
            "token",
            "constants",
            "enums",
        ],
    );
    let enums = metadata
        .get("enums")
        .map(|it| object(it, "enums").clone())
        .unwrap_or_default();
    for values in enums.values() {
        object(values, "an enumeration").values().for_each(text);
    }
    only(
        object(&file["display"], "display"),
        &["definitions", "formats"],
    );
    for (key, format) in object(&file["display"]["formats"], "formats") {
        let format = object(format, key);
        only(format, &["$id", "intent", "interpolatedIntent", "fields"]);
        text(&format["intent"]);
        for field in format["fields"].as_array().unwrap() {
            let field = object(field, key);
            only(field, &["path", "label", "format", "params", "visible"]);
            text(&field["path"]);
            if field.get("visible").is_some() {
                assert_eq!(field["visible"], "never", "{key}");
                assert_eq!(field.len(), 2, "{key}");
                continue;
            }
            text(&field["label"]);
            let params = field
                .get("params")
                .map(|it| object(it, key).clone())
                .unwrap_or_default();
            match field["format"].as_str().unwrap() {
                "raw" | "duration" => assert!(params.is_empty()),
                "addressName" => assert!(params["types"].is_array()),
                "date" => assert_eq!(params["encoding"], "timestamp"),
                "calldata" => text(&params["calleePath"]),
                "enum" => {
                    let name = params["$ref"].as_str().unwrap();
                    let name = name.strip_prefix("$.metadata.enums.").unwrap();
                    assert!(enums.contains_key(name), "{name}");
                }
                other => panic!("{other} is not used here"),
            }
        }
    }
}

#[test]
fn the_descriptors_keep_to_the_schema() {
    keeps_to_the_schema(&file("port.json"));
    keeps_to_the_schema(&file("patient-call.json"));
}

#[test]
fn every_function_that_changes_something_is_described_field_by_field() {
    let port = file("port.json");
    let interface = interface();
    let mut described = BTreeSet::new();
    for (key, format) in object(&port["display"]["formats"], "formats") {
        let (name, rest) = key.split_once('(').unwrap();
        let inputs = parameters(rest.strip_suffix(')').unwrap());
        let hash = keccak256(format!("{name}{}", canonical(&inputs)));
        // Types by the selector; names of arguments and members besides.
        let known = interface
            .functions()
            .find(|it| it.selector() == hash[..4])
            .unwrap_or_else(|| panic!("no function is {key}"));
        let declared: Vec<_> = known.inputs.iter().map(Parameter::from).collect();
        assert_eq!((name, &inputs), (known.name.as_str(), &declared), "{key}");
        let told: Vec<_> = format["fields"].as_array().unwrap().iter().collect();
        let told: Vec<String> = told
            .iter()
            .map(|it| it["path"].as_str().unwrap().to_owned())
            .collect();
        let told_once: BTreeSet<_> = told.iter().cloned().collect();
        assert_eq!(told.len(), told_once.len(), "{key} tells something twice");
        assert_eq!(told_once, paths(&inputs, ""), "{key}");
        described.insert(known.selector());
    }
    let changing = interface
        .functions()
        .filter(|it| it.state_mutability != StateMutability::View);
    assert_eq!(described, changing.map(Function::selector).collect());
}

#[test]
fn words_for_codes_are_those_of_the_program() {
    let enums = file("port.json")["metadata"]["enums"].clone();
    let of = |name: &str| -> BTreeMap<String, String> {
        serde_json::from_value(enums[name].clone()).unwrap()
    };
    let words = |codes: Vec<(u8, &str)>| -> BTreeMap<String, String> {
        codes
            .into_iter()
            .map(|(code, word)| (code.to_string(), word.to_owned()))
            .collect()
    };
    let denial = DenialReason::ALL
        .iter()
        .map(|it| (it.code(), it.as_str()))
        .collect();
    assert_eq!(of("denial"), words(denial));
    let revocation = RevocationReason::ALL
        .iter()
        .map(|it| (it.code(), it.as_str()))
        .collect();
    assert_eq!(of("revocation"), words(revocation));
    let retraction = RetractionReason::ALL
        .iter()
        .map(|it| (it.code(), it.as_str()))
        .collect();
    assert_eq!(of("retraction"), words(retraction));
    let rights = words(vec![(1, "read"), (2, "write"), (3, "read and write")]);
    assert_eq!(of("rights"), rights);
    assert_eq!(of("delegateRights").len(), 16);
    assert_eq!(of("delegateRights")["9"], "approve, rotate");
}

#[test]
fn what_a_patient_signs_is_described_under_the_contracts_domain_and_type() {
    let call = file("patient-call.json");
    let domain = signed::domain(1, alloy::primitives::Address::ZERO);
    let described = &call["context"]["eip712"]["domain"];
    assert_eq!(described["name"], Value::from(domain.name.unwrap()));
    assert_eq!(described["version"], Value::from(domain.version.unwrap()));
    let formats = object(&call["display"]["formats"], "formats");
    let (key, format) = formats.iter().next().unwrap();
    assert_eq!(formats.len(), 1);
    assert_eq!(*key, PatientCall::eip712_encode_type());
    // The hash in the contract is of this text.
    let contract =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts/patientport/src/signed.rs");
    assert!(
        std::fs::read_to_string(contract)
            .unwrap()
            .contains(&format!("b\"{key}\""))
    );
    let fields = format["fields"].as_array().unwrap();
    let told: BTreeSet<_> = fields
        .iter()
        .map(|it| it["path"].as_str().unwrap())
        .collect();
    assert_eq!(told, BTreeSet::from(["call", "nonce", "deadline"]));
}

/// The call inside is shown with the other file, so what can be signed has to be in there.
#[test]
fn the_program_has_words_where_the_descriptors_have_them() {
    let cancel = keccak256("cancelSignatures()");
    let words = Words::read(Contract::Port, &cancel[..4]).unwrap();
    assert_eq!(words.by, By::Patient);
    let port = file("port.json");
    assert!(
        port["display"]["formats"]
            .get("cancelSignatures()")
            .is_some()
    );
}
