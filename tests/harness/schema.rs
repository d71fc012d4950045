//! The schema of the JSON document, which every document that a test sees is held against.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

/// As published with the program.
const SCHEMA: &str = include_str!("../../docs/output.schema.json");

static DOCUMENT: LazyLock<Validator> = LazyLock::new(|| validator(&schema()));
static TRANSACTION: LazyLock<Validator> = LazyLock::new(|| {
    let mut schema = schema();
    let definitions = schema["$defs"].take();
    validator(&json!({ "$defs": definitions, "$ref": "#/$defs/transaction" }))
});

fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("the schema is JSON")
}

fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::new(schema).expect("the schema is a schema")
}

/// Holds a document against the schema.
///
/// # Panics
/// If it breaks it.
pub(crate) fn check(document: &Value) {
    let told = |problems: Vec<String>| {
        assert!(problems.is_empty(), "{problems:#?}\n{document:#}");
    };
    told(problems(&DOCUMENT, document));
    transactions(&document["data"], &mut |it| {
        told(problems(&TRANSACTION, it));
    });
}

fn problems(validator: &Validator, value: &Value) -> Vec<String> {
    let errors = validator.iter_errors(value);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// Calls `each` with every transaction somewhere in a document.
fn transactions(value: &Value, each: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value) {
                    ("tx", Value::Object(_)) => each(value),
                    ("txs", Value::Array(all)) => all.iter().for_each(&mut *each),
                    _ => transactions(value, each),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| transactions(value, each)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_valid(document: &Value) -> bool {
        problems(&DOCUMENT, document).is_empty()
    }

    #[test]
    fn documents_that_contradict_themselves_break_the_schema() {
        let error = json!({"code": "rpc.busy", "message": "no time", "hint": null, "details": {}});
        let success =
            json!({"schema_version": 1, "success": true, "data": {}, "errors": [], "warnings": []});
        let failure = json!({"schema_version": 1, "success": false, "data": null, "errors": [error], "warnings": []});
        assert!(is_valid(&success) && is_valid(&failure));
        for (document, pointer, value) in [
            (&success, "/schema_version", json!(2)),
            (&success, "/data", json!(null)),
            (&success, "/success", json!(false)),
            (
                &success,
                "/warnings",
                json!([{"code": "Spaced Out", "message": "x"}]),
            ),
            (&failure, "/errors", json!([])),
            (&failure, "/errors/0/message", json!("It ends.")),
            (&failure, "/errors/0/message", json!("two\nlines")),
            (&failure, "/errors/0/hint", json!("")),
            (&failure, "/data", json!({})),
        ] {
            let mut document = document.clone();
            *document.pointer_mut(pointer).expect("the member is there") = value;
            assert!(!is_valid(&document), "{document:#}");
        }
    }

    #[test]
    fn transactions_are_found_wherever_they_stand() {
        let mut found = 0;
        let document = json!({"tx": {}, "txs": [{}, {}], "list": [{"tx": {}}], "tx_hash": {}, "deep": {"tx": "0x"}});
        transactions(&document, &mut |_| found += 1);
        assert_eq!(found, 4);
    }
}
