//! What a document is, told from its first bytes: media type, title, date.
//!
//! Nothing is taken from file names. What is found goes into a record's sealed metadata, where readers treat
//! it as hostile text like all else.

mod fhir;
mod json;

use patientport_core::record::{MAX_FIELD_BYTES, Metadata};

/// How much of a document is looked at, in bytes.
pub const PREFIX_BYTES: usize = 1 << 20;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// Media type (RFC 6838); `application/octet-stream` where the bytes say nothing.
    pub media_type: String,
    /// A title from the content.
    pub title: Option<String>,
    /// When the content is from: `full-date` or `date-time` of RFC 3339.
    pub content_time: Option<String>,
}

impl Description {
    fn of(media_type: &str) -> Self {
        Self {
            media_type: media_type.to_owned(),
            ..Self::default()
        }
    }
}

/// Describes a document by its first [`PREFIX_BYTES`] bytes, or all of them if it is shorter.
///
/// # Examples
/// ```
/// use patientport_client::content::describe;
///
/// let report = br#"{"resourceType":"DiagnosticReport","code":{"text":"Blood count"},"issued":"2026-02-03T08:00:00Z"}"#;
/// let found = describe(report);
/// assert_eq!(found.media_type, "application/fhir+json");
/// assert_eq!(found.title.as_deref(), Some("Diagnostic report: Blood count"));
/// assert_eq!(found.content_time.as_deref(), Some("2026-02-03T08:00:00Z"));
/// ```
pub fn describe(prefix: &[u8]) -> Description {
    if prefix.get(128..132) == Some(b"DICM") {
        return Description::of("application/dicom");
    }
    if let Some(text) = as_text(prefix) {
        return describe_text(text);
    }
    let binary = infer::get(prefix).map_or("application/octet-stream", |kind| kind.mime_type());
    Description::of(binary)
}

/// The prefix as text, if it is UTF-8 without control characters; a character that is cut off at the end does
/// not count.
fn as_text(prefix: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(prefix) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&prefix[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let is_text = |it: char| !it.is_control() || matches!(it, '\t' | '\n' | '\r' | '\x0c');
    text.chars().all(is_text).then_some(text)
}

fn describe_text(text: &str) -> Description {
    // Some programs put a byte order mark before JSON and XML.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let start = text.trim_start();
    // HL7 version 2: every message begins with its header segment, whose separators are free.
    if start.starts_with("MSH|") {
        return Description::of("x-application/hl7-v2+er7");
    }
    if start.starts_with('{') {
        return describe_json(start);
    }
    if start.starts_with('[') && json::parse(start).is_some() {
        return Description::of("application/json");
    }
    if start.starts_with('<') {
        return Description::of(markup(start));
    }
    Description::of(if text.is_empty() {
        "application/octet-stream"
    } else {
        "text/plain"
    })
}

fn describe_json(text: &str) -> Description {
    // One resource a line: the bulk format of FHIR.
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    if let (Some(first), Some(second)) = (lines.next(), lines.next())
        && let Ok(first) = serde_json::from_str(first)
        && fhir::resource_type(&first).is_some()
        && second.trim_start().starts_with('{')
    {
        return Description::of("application/fhir+ndjson");
    }
    let Some(value) = json::parse(text) else {
        return Description::of("text/plain");
    };
    if fhir::resource_type(&value).is_none() {
        return Description::of("application/json");
    }
    Description {
        media_type: "application/fhir+json".to_owned(),
        title: fhir::title(&value).and_then(|title| field(&title)),
        content_time: fhir::times(&value).find(|time| is_time(time)),
    }
}

fn markup(text: &str) -> &'static str {
    let start = text.get(..1024).unwrap_or(text).to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        "text/html"
    } else if start.contains("http://hl7.org/fhir") {
        "application/fhir+xml"
    } else {
        "application/xml"
    }
}

/// Text that fits into a field of the metadata: without control characters, cut at a character.
fn field(text: &str) -> Option<String> {
    let mut field = String::new();
    for it in text.trim().chars() {
        let it = if it.is_control() { ' ' } else { it };
        if field.len() + it.len_utf8() > MAX_FIELD_BYTES {
            break;
        }
        field.push(it);
    }
    (!field.is_empty()).then_some(field)
}

/// Whether the metadata takes it as a time; FHIR's years and months are too coarse for it.
fn is_time(time: &str) -> bool {
    let metadata = Metadata {
        content_time: Some(time.to_owned()),
        ..Metadata::default()
    };
    metadata.check().is_ok()
}

#[cfg(test)]
mod tests;
