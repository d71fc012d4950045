//! Documents by their content.

use super::*;

fn media_type(content: &[u8]) -> String {
    describe(content).media_type
}

#[test]
fn media_types_come_from_the_content() {
    let mut dicom = vec![0; 128];
    dicom.extend(b"DICM");
    for (content, expected) in [
        (&b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"[..], "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
        (b"\xff\xd8\xff\xe0\0", "image/jpeg"),
        (b"PK\x03\x04\x14\0\0\0", "application/zip"),
        (&dicom, "application/dicom"),
        (b"MSH|^~\\&|LAB|", "x-application/hl7-v2+er7"),
        (b"{\"a\": 1}", "application/json"),
        (b"[1, 2", "application/json"),
        (b"<!DOCTYPE html><p>", "text/html"),
        (
            b"<?xml version=\"1.0\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\">",
            "application/xml",
        ),
        (
            b"<Patient xmlns=\"http://hl7.org/fhir\">",
            "application/fhir+xml",
        ),
        ("Blutdruck 120/80, später".as_bytes(), "text/plain"),
        (b"{not json", "text/plain"),
        (b"\0\x01\x02", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ] {
        assert_eq!(
            media_type(content),
            expected,
            "{}",
            String::from_utf8_lossy(content)
        );
    }
}

#[test]
fn a_character_cut_off_at_the_end_of_the_prefix_is_still_text() {
    let text = "später".as_bytes();
    assert_eq!(media_type(&text[..3]), "text/plain");
    assert_eq!(media_type(b"sp\xe4ter"), "application/octet-stream");
}

fn fhir(resource: &str) -> (Option<String>, Option<String>) {
    let found = describe(resource.as_bytes());
    assert_eq!(found.media_type, "application/fhir+json", "{resource}");
    (found.title, found.content_time)
}

#[test]
fn resources_of_both_releases_say_what_and_when() {
    for (resource, title, time) in [
        (
            r#"{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"4548-4","display":"Hemoglobin A1c"}]},"effectiveDateTime":"2026-03-01"}"#,
            "Observation: Hemoglobin A1c",
            Some("2026-03-01"),
        ),
        (
            r#"{"resourceType":"DiagnosticReport","issued":"2026-02-03T08:00:00.5+01:00","code":{"text":"Blood count"}}"#,
            "Diagnostic report: Blood count",
            Some("2026-02-03T08:00:00.5+01:00"),
        ),
        // R4, then R5, of the same thing.
        (
            r#"{"resourceType":"MedicationRequest","medicationCodeableConcept":{"text":"Metformin"},"authoredOn":"2026-01-02"}"#,
            "Medication request: Metformin",
            Some("2026-01-02"),
        ),
        (
            r#"{"resourceType":"MedicationRequest","medication":{"concept":{"text":"Metformin"}},"authoredOn":"2026-01-02"}"#,
            "Medication request: Metformin",
            Some("2026-01-02"),
        ),
        (
            r#"{"resourceType":"Encounter","class":{"code":"AMB","display":"ambulatory"},"period":{"start":"2026-05-06T10:00:00Z"}}"#,
            "Encounter: ambulatory",
            Some("2026-05-06T10:00:00Z"),
        ),
        // A month is no date of the metadata; the next best is taken.
        (
            r#"{"resourceType":"Condition","code":{"text":"Asthma"},"onsetDateTime":"2019-04","recordedDate":"2020-01-01"}"#,
            "Condition: Asthma",
            Some("2020-01-01"),
        ),
        (
            r#"{"resourceType":"Patient","name":[{"text":"Elena Example"}]}"#,
            "Patient",
            None,
        ),
        (
            r#"{"resourceType":"Bundle","type":"document","timestamp":"2026-11-03T09:30:00Z","entry":[{"resource":{"resourceType":"Composition","title":"Patient Summary","date":"2026-11-02"}}]}"#,
            "Patient Summary",
            Some("2026-11-02"),
        ),
        (
            r#"{"resourceType":"Bundle","type":"searchset","meta":{"lastUpdated":"2026-01-01T00:00:00Z"}}"#,
            "Bundle: searchset",
            Some("2026-01-01T00:00:00Z"),
        ),
    ] {
        let found = fhir(resource);
        assert_eq!(
            found,
            (Some(title.to_owned()), time.map(str::to_owned)),
            "{resource}"
        );
    }
}

#[test]
fn a_resource_longer_than_the_prefix_is_recognised() {
    let start =
        r#"{"resourceType":"DiagnosticReport","code":{"text":"MRI"},"presentedForm":[{"data":"#;
    let cut = format!("{start}\"{}", "QUJD".repeat(1_000));
    let (title, _) = fhir(&cut);
    assert_eq!(title.as_deref(), Some("Diagnostic report: MRI"));
}

#[test]
fn bulk_data_is_one_resource_a_line() {
    let lines = "{\"resourceType\":\"Patient\"}\n{\"resourceType\":\"Patient\"}\n";
    assert_eq!(media_type(lines.as_bytes()), "application/fhir+ndjson");
    assert_eq!(
        media_type(b"{\"resourceType\":\n\"Patient\"}"),
        "application/fhir+json"
    );
}

#[test]
fn what_calls_itself_a_resource_and_is_none_is_json() {
    assert_eq!(
        media_type(br#"{"resourceType":"drop table"}"#),
        "application/json"
    );
    assert_eq!(media_type(br#"{"resourceType":7}"#), "application/json");
}

#[test]
fn titles_fit_the_metadata_whatever_they_say() {
    let long = "ß".repeat(1_000);
    let resource = format!(r#"{{"resourceType":"Composition","title":"a\u0007\n{long}"}}"#);
    let title = fhir(&resource).0.unwrap_or_default();
    assert!(
        title.len() <= MAX_FIELD_BYTES && title.starts_with("a  ß"),
        "{title}"
    );
    let metadata = Metadata {
        title,
        ..Metadata::default()
    };
    assert!(metadata.check().is_ok());
}
