//! Resources of HL7 FHIR R4 and R5 in JSON (<https://hl7.org/fhir/json.html>).

use serde_json::Value;

/// Elements that say when a resource's content is from, the most telling first. A period counts from its start.
const TIMES: [&str; 24] = [
    "effectiveDateTime",
    "effectiveInstant",
    "effectivePeriod",
    "occurrenceDateTime",
    "occurrencePeriod",
    "performedDateTime",
    "performedPeriod",
    "onsetDateTime",
    "started",
    "date",
    "recordedDate",
    "recorded",
    "authoredOn",
    "authored",
    "issued",
    "whenHandedOver",
    "dateAsserted",
    "period",
    "actualPeriod",
    "created",
    "dateTime",
    "timestamp",
    "assertedDate",
    "sent",
];

/// Elements that say what a resource is about: texts, and concepts with a text or codes.
const SUBJECTS: [&str; 12] = [
    "title",
    "code",
    "vaccineCode",
    "medicationCodeableConcept",
    "medication",
    "medicationReference",
    "description",
    "type",
    "class",
    "category",
    "documentation",
    "name",
];

/// The type of a resource; none if the value is none.
pub(super) fn resource_type(value: &Value) -> Option<&str> {
    let name = value.get("resourceType")?.as_str()?;
    let is_name = name.starts_with(|it: char| it.is_ascii_uppercase())
        && name.len() <= 64
        && name.chars().all(|it| it.is_ascii_alphabetic());
    is_name.then_some(name)
}

/// A title: what a document calls itself, or the type and what it is about.
pub(super) fn title(resource: &Value) -> Option<String> {
    let kind = resource_type(resource)?;
    if kind == "Bundle" {
        // A document's first resource is its composition, which has the title.
        let first = resource.pointer("/entry/0/resource");
        let composition = first.filter(|it| resource_type(it) == Some("Composition"));
        return composition.and_then(title).or_else(|| {
            let of = resource.get("type").and_then(Value::as_str);
            Some(of.map_or_else(|| "Bundle".to_owned(), |of| format!("Bundle: {of}")))
        });
    }
    // Who a record is about stands in the port; a name adds nothing but a risk.
    let subject = match kind {
        "Patient" | "Person" | "RelatedPerson" => None,
        _ => SUBJECTS
            .iter()
            .find_map(|name| text_of(resource.get(name)?)),
    };
    Some(match subject {
        Some(subject) if kind == "Composition" => subject,
        Some(subject) => format!("{}: {subject}", words(kind)),
        None => words(kind),
    })
}

/// When the content is from: candidates, the best first. Not all of them are whole dates.
pub(super) fn times(resource: &Value) -> impl Iterator<Item = String> {
    let composition = resource
        .pointer("/entry/0/resource")
        .filter(|it| resource_type(it) == Some("Composition"));
    let updated = resource.pointer("/meta/lastUpdated");
    [composition, Some(resource)]
        .into_iter()
        .flatten()
        .flat_map(|of| TIMES.iter().filter_map(|name| of.get(name)))
        .chain(updated)
        .filter_map(|time| time.get("start").unwrap_or(time).as_str())
        .map(str::to_owned)
}

/// What an element says in words: a text, or the text, display or code of a concept, reference or list of them.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => (!text.trim().is_empty()).then(|| text.clone()),
        Value::Array(list) => list.iter().find_map(text_of),
        Value::Object(_) => ["text", "display", "coding", "concept", "reference", "code"]
            .iter()
            .find_map(|name| text_of(value.get(name)?)),
        _ => None,
    }
}

/// `DiagnosticReport` as `Diagnostic report`.
fn words(kind: &str) -> String {
    let mut words = String::new();
    for it in kind.chars() {
        if it.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
            words.push(it.to_ascii_lowercase());
        } else {
            words.push(it);
        }
    }
    words
}
