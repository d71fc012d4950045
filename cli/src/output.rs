//! Rendering: a command's typed outcome as text or as the JSON document of `docs/output.md`.

use std::sync::Mutex;

use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Error;
use crate::terminal::{Style, Terminal, Verbosity, write_stderr, write_stdout};
use crate::text::harmless;

/// Version of the JSON document. Grows when a member changes meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// What a command has to say when it succeeded.
pub trait Outcome: Serialize {
    /// The result for people: whole lines, foreign text escaped. Empty if there is nothing to say.
    fn text(&self) -> String;
}

/// An outcome, detached from its type: both renderings.
#[derive(Clone, Debug)]
pub struct Report {
    /// For programs; the member `data` of the document.
    pub data: Value,
    /// For people.
    pub text: String,
}

impl Report {
    /// Renders an outcome both ways.
    ///
    /// # Panics
    /// Never: outcomes are plain structs with string keys, which always serialise.
    pub fn of(outcome: &impl Outcome) -> Self {
        let data = serde_json::to_value(outcome).expect("outcomes have string keys");
        Self {
            data,
            text: outcome.text(),
        }
    }
}

/// Something the user should know though the command goes on.
#[derive(Clone, Debug, Serialize)]
pub struct Warning {
    /// A stable code.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
}

/// Warnings of one run, shown at once and repeated in the document.
#[derive(Debug, Default)]
pub struct Warnings(Mutex<Vec<Warning>>);

impl Warnings {
    /// Shows and keeps a warning.
    ///
    /// # Panics
    /// Never: nothing panics while the list is locked.
    pub fn add(&self, terminal: &Terminal, code: &'static str, message: String) {
        terminal.warn(&message);
        self.0
            .lock()
            .expect("nothing panics under this lock")
            .push(Warning { code, message });
    }

    /// All warnings so far.
    ///
    /// # Panics
    /// Never, as [`Self::add`].
    pub fn all(&self) -> Vec<Warning> {
        self.0
            .lock()
            .expect("nothing panics under this lock")
            .clone()
    }
}

/// The document of a success.
pub fn success_document(data: &Value, warnings: &[Warning]) -> Value {
    json!({
        "schema_version": SCHEMA_VERSION,
        "success": true,
        "data": data,
        "errors": [],
        "warnings": warnings,
    })
}

/// The document of a failure.
pub fn failure_document(error: &Error, warnings: &[Warning]) -> Value {
    let hints = error.hints();
    json!({
        "schema_version": SCHEMA_VERSION,
        "success": false,
        "data": null,
        "errors": [{
            "code": error.code(),
            "message": error.to_string(),
            "hint": if hints.is_empty() { Value::Null } else { hints.join("\n").into() },
            "details": error.details(),
        }],
        "warnings": warnings,
    })
}

/// The text of a failure: the error, its causes, a blank line, hints.
pub fn failure_text(error: &Error, terminal: &Terminal) -> String {
    let mut text = String::new();
    for (index, message) in error.chain().iter().enumerate() {
        if index == 0 {
            text.push_str(&terminal.paint(Style::Error, "error:"));
            text.push(' ');
        } else {
            text.push_str("  caused by: ");
        }
        text.push_str(&harmless(message));
        text.push('\n');
    }
    let hints = error.hints();
    if !hints.is_empty() {
        text.push('\n');
    }
    for hint in hints {
        text.push_str(&terminal.paint(Style::Hint, "hint:"));
        text.push(' ');
        text.push_str(&harmless(&hint));
        text.push('\n');
    }
    text
}

/// Shows the end of a run and says what the process should exit with.
pub fn finish(
    result: Result<Option<Report>, Error>,
    as_json: bool,
    terminal: &Terminal,
    warnings: &[Warning],
) -> u8 {
    match result {
        // The command has written its result itself: a record's bytes.
        Ok(None) => 0,
        Ok(Some(report)) => {
            let text = if as_json {
                document_line(&success_document(&report.data, warnings))
            } else {
                harmless(&report.text)
            };
            match write_stdout(&text) {
                Ok(()) => 0,
                // The result cannot be shown, so stdout cannot carry a document about it either.
                Err(source) => {
                    let error = Error::Stdout(source);
                    write_stderr(&failure_text(&error, terminal));
                    error.exit() as u8
                }
            }
        }
        Err(error) => {
            if as_json {
                let document = document_line(&failure_document(&error, warnings));
                if write_stdout(&document).is_err() {
                    write_stderr(&failure_text(&error, terminal));
                }
                if terminal.verbosity >= Verbosity::Verbose {
                    write_stderr(&failure_text(&error, terminal));
                }
            } else {
                write_stderr(&failure_text(&error, terminal));
            }
            error.exit() as u8
        }
    }
}

/// One line, in which foreign text cannot reach the terminal either: JSON escapes C0 by itself, and the
/// rest of what deceives is escaped by hand, which every parser reads back unchanged.
pub(crate) fn document_line(document: &Value) -> String {
    let mut line = String::new();
    for character in document.to_string().chars() {
        if character.is_ascii() && character != '\u{7f}'
            || harmless(character.encode_utf8(&mut [0; 4]))
                .chars()
                .eq([character])
        {
            line.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                line.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]
    use super::*;

    #[derive(Serialize)]
    struct Name(String);

    impl Outcome for Name {
        fn text(&self) -> String {
            format!("{}\n", self.0)
        }
    }

    #[test]
    fn a_success_has_the_five_members() {
        let report = Report::of(&Name("x".into()));
        let warnings = [Warning {
            code: "w",
            message: "m".into(),
        }];
        assert_eq!(
            success_document(&report.data, &warnings),
            json!({
                "schema_version": 1,
                "success": true,
                "data": "x",
                "errors": [],
                "warnings": [{ "code": "w", "message": "m" }],
            })
        );
    }

    #[test]
    fn a_failure_has_the_same_members_and_its_code() {
        let document = failure_document(&Error::NoRegistry(7), &[]);
        assert_eq!(document["success"], json!(false));
        assert_eq!(document["data"], Value::Null);
        assert_eq!(document["errors"][0]["code"], json!("registry.unknown"));
        assert_eq!(
            document["errors"][0]["message"],
            json!("no registry is known on chain `7`")
        );
        assert!(document["errors"][0]["hint"].is_string());
        assert_eq!(document["warnings"], json!([]));
    }

    #[test]
    fn a_failure_in_words_has_causes_a_blank_line_and_hints() {
        let text = failure_text(
            &Error::Declined.with_hint("do\u{1b}[0m this", json!({})),
            &Terminal::silent(),
        );
        assert!(
            text.starts_with("error: not confirmed: nothing was sent\n\nhint: do\\u{1b}[0m this\n"),
            "{text}"
        );
    }

    #[test]
    fn documents_are_one_line_and_read_back_unchanged() {
        let value = json!({ "title": "a\u{202e}b\u{9b}c\u{e0041}\n日本\u{1b}\u{7f}" });
        let line = document_line(&value);
        assert_eq!(line.matches('\n').count(), 1);
        assert!(
            line.contains("\\u202e") && line.contains("\\u009b") && line.contains("\\udb40\\udc41")
        );
        assert!(line.contains("日本"));
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
    }
}
