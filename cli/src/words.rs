//! Calls in words, as outcomes and previews show them.

use patientport_client::words::{Value, Words};
use serde::Serialize;

use crate::text::shown;
use crate::time;

/// A labelled value.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Word {
    /// What it is.
    pub label: &'static str,
    /// What it says, safe to show.
    pub value: String,
}

/// A call in words.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Told {
    /// The function.
    pub function: &'static str,
    /// What it does.
    pub title: &'static str,
    /// Its arguments.
    pub words: Vec<Word>,
}

impl From<&Words> for Told {
    fn from(words: &Words) -> Self {
        let words_of = words.lines.iter().map(|line| Word {
            label: line.label,
            value: value(&line.value),
        });
        Self {
            function: words.function,
            title: words.title,
            words: words_of.collect(),
        }
    }
}

impl Told {
    /// Lines for people, indented, without the title.
    pub fn text(&self) -> String {
        let width = self.words.iter().map(|word| word.label.len()).max();
        let width = width.unwrap_or_default();
        let lines = self.words.iter();
        lines
            .map(|Word { label, value }| format!("  {label:width$}  {value}\n"))
            .collect()
    }
}

/// A value, safe to show.
pub fn value(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Foreign(text) => shown(text),
        Value::Time(time) => time::human(time.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_cannot_hide_what_else_is_there() {
        let foreign = Value::Foreign("{\"name\":\"\u{1b}[2K\u{202e}\nreader: nobody\"}".into());
        let shown = value(&foreign);
        assert_eq!(shown, "{\"name\":\"\\u{1b}[2K\\u{202e}\\nreader: nobody\"}");
    }
}
