//! JSON that may be cut off.

use serde_json::Value;

/// Deepest nesting that is looked at; more is no document of ours.
const MAX_DEPTH: usize = 100;

/// Parses JSON, or as much of it as is there: what is cut off at the end is left out and the rest is closed.
pub(super) fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().or_else(|| {
        let whole = repaired(text)?;
        let value: Value = serde_json::from_str(&whole).ok()?;
        // A bracket alone says nothing about what follows it.
        let is_empty = value.as_object().is_some_and(serde_json::Map::is_empty)
            || value.as_array().is_some_and(Vec::is_empty);
        (!is_empty).then_some(value)
    })
}

/// The longest start of the text that ends between two values, and the brackets that close it.
fn repaired(text: &str) -> Option<String> {
    let mut open: Vec<char> = Vec::new();
    let (mut in_string, mut escaped) = (false, false);
    // Where the text can be cut, and what is open there.
    let mut cut: Option<(usize, usize)> = None;
    for (at, it) in text.char_indices() {
        if in_string {
            match it {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match it {
            '"' => in_string = true,
            '{' | '[' => {
                if open.len() == MAX_DEPTH {
                    return None;
                }
                open.push(if it == '{' { '}' } else { ']' });
                cut = Some((at + 1, open.len()));
            }
            '}' | ']' => {
                if open.pop() != Some(it) {
                    return None;
                }
                cut = Some((at + 1, open.len()));
            }
            ',' => cut = Some((at, open.len())),
            _ => {}
        }
    }
    // Nothing is open: it was not cut off, it is wrong.
    if open.is_empty() {
        return None;
    }
    let (at, depth) = cut?;
    // What was opened after the cut is cut off with it; what was closed before it is closed.
    let mut whole = text[..at].to_owned();
    whole.extend(open.iter().take(depth).rev());
    Some(whole)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn every_start_of_a_document_gives_what_is_whole_in_it() {
        let text = r#"{"a":{"b":[1,2,"x\"}"]},"c":"d,e"}"#;
        for end in 6..text.len() {
            let found = parse(&text[..end]).unwrap_or_else(|| panic!("{end} bytes are refused"));
            assert!(found.is_object(), "{end} bytes give {found}");
        }
        assert_eq!(parse(&text[..16]), Some(json!({"a": {"b": [1, 2]}})));
        assert_eq!(
            parse(&text[..30]),
            Some(json!({"a": {"b": [1, 2, "x\"}"]}}))
        );
        assert_eq!(
            parse(text),
            Some(json!({"a": {"b": [1, 2, "x\"}"]}, "c": "d,e"}))
        );
    }

    #[test]
    fn what_is_wrong_and_not_cut_off_is_refused() {
        for text in ["{]", "{a}", "}", "", "\"", "{\"a\":}x", "{not json", "["] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"[".repeat(5_000)), None);
    }
}
