//! What authors can write into metadata.

use super::Case;
use super::records::{bad_author, good_record, pattern, recipe};
use crate::writer::{Recipe, padded};

const TITLE: &str = r#""title":"Blood count""#;
const TIME: &str = r#""2026-11-22T20:00:00Z""#;

/// The usual metadata of 20 bytes with a part of its text replaced.
fn altered(from: &str, to: &str) -> String {
    let text = recipe(pattern(20)).metadata;
    assert!(text.contains(from), "`{from}` is no part of the metadata");
    text.replacen(from, to, 1)
}

fn refused(name: &str, about: &str, text: impl AsRef<[u8]>) -> (String, Case) {
    let case = bad_author("malformed", about, 20, |recipe| {
        recipe.metadata_plaintext = Some(padded(text.as_ref()));
    });
    (format!("metadata-{name}"), case)
}

fn accepted(name: &str, about: &str, text: String) -> (String, Case) {
    let recipe = Recipe {
        metadata: text,
        ..recipe(pattern(20))
    };
    (format!("metadata-{name}"), good_record(about, &recipe))
}

/// A text that readers accept and writers do not write.
fn lenient(name: &str, about: &str, text: String) -> (String, Case) {
    let (name, case) = accepted(name, about, text);
    (name, case.with("lenient", "yes"))
}

fn time(text: &str) -> String {
    altered(TIME, &format!("\"{text}\""))
}

pub(super) fn all() -> Vec<(String, Case)> {
    let long = |bytes: usize| altered("Blood count", &"t".repeat(bytes));
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        altered(TITLE, &format!(r#"{TITLE},"new":{open}{close}"#))
    };
    let mut cases = vec![
        accepted("longest", "a title of 512 bytes", long(512)),
        accepted(
            "note-lines",
            "a note of two lines and a tab",
            altered("fasting", r"a\n\tb"),
        ),
        accepted("no-time", "no content time", altered(TIME, "null")),
        accepted(
            "unicode",
            "letters of other scripts",
            altered("Blood count", "検査 – Ä😀"),
        ),
        accepted(
            "format-characters",
            "characters that are not of category Cc",
            altered("Blood count", "a\u{202e}b\u{ad}"),
        ),
        lenient(
            "order",
            "white space, and members in another order",
            format!(
                " {{\t\"length\" : 20 , \"note\":\"\", {TITLE} , \"content_time\" : null, \"media_type\":\"\"}}\t "
            ),
        ),
        lenient(
            "unknown",
            "members of a later version",
            altered(
                TITLE,
                &format!(r#"{TITLE},"new":{{"a":[1,-2.5e3,true,null]}}"#),
            ),
        ),
        lenient("nested", "32 levels", nested(31)),
        lenient(
            "escapes",
            "letters as escapes",
            altered("Blood", r"\u0042l\u006f\u006Fd \ud83d\ude00"),
        ),
        refused("title-long", "a title of 513 bytes", long(513)),
        refused(
            "title-escaped-control",
            "a control character in the title",
            altered("Blood", r"B\u0007"),
        ),
        refused(
            "title-c1",
            "a C1 control character in the title",
            altered("Blood", "B\u{85}"),
        ),
        refused(
            "title-delete",
            "DEL in the title",
            altered("Blood", "B\u{7f}"),
        ),
        refused(
            "title-line",
            "a line feed in the title",
            altered("Blood", r"B\n"),
        ),
        refused(
            "media-type-tab",
            "a tab in the media type",
            altered("text/plain", r"text\tplain"),
        ),
        refused(
            "note-return",
            "a carriage return in the note",
            altered("fasting", r"a\rb"),
        ),
        refused(
            "raw-control",
            "a control character that is not escaped",
            altered("fasting", "a\nb"),
        ),
        refused(
            "title-number",
            "a title that is a number",
            altered(r#""Blood count""#, "7"),
        ),
        refused(
            "title-null",
            "a title that is null",
            altered(r#""Blood count""#, "null"),
        ),
        refused(
            "time-number",
            "a content time that is a number",
            altered(TIME, "1800000000"),
        ),
        refused(
            "repeated",
            "a member twice",
            altered(TITLE, &format!("{TITLE},{TITLE}")),
        ),
        refused(
            "repeated-escaped",
            "a member twice, once with an escape",
            altered(TITLE, &format!(r#"{TITLE},"titl\u0065":"b""#)),
        ),
        refused(
            "repeated-unknown",
            "an unknown member twice",
            altered(TITLE, &format!(r#"{TITLE},"new":1,"new":1"#)),
        ),
        refused(
            "repeated-inside",
            "a member twice inside an unknown one",
            altered(TITLE, &format!(r#"{TITLE},"new":{{"a":1,"a":1}}"#)),
        ),
        refused("nested-deep", "33 levels", nested(32)),
        refused(
            "number-huge",
            "a number beyond a double, in an unknown member",
            altered(TITLE, &format!(r#"{TITLE},"new":1e400"#)),
        ),
        refused(
            "not-a-number",
            "NaN, in an unknown member",
            altered(TITLE, &format!(r#"{TITLE},"new":NaN"#)),
        ),
        refused(
            "surrogate",
            "half a surrogate pair, in an unknown member",
            altered(TITLE, &format!(r#"{TITLE},"new":"\ud800""#)),
        ),
        refused("array", "an array of the values", r#"["a","",null,"",20]"#),
        refused("string", "a string", r#""a""#),
        refused("empty", "no text", ""),
        refused(
            "byte-order-mark",
            "a byte order mark",
            format!("\u{feff}{}", altered("Blood", "B")),
        ),
        refused("two", "two objects", altered("20}", "20}{}")),
        refused(
            "trailing-comma",
            "a comma before the end",
            altered("20}", "20,}"),
        ),
        refused("comment", "a comment", altered("20}", "20/**/}")),
        refused(
            "not-utf-8",
            "a byte that is not UTF-8",
            altered("Blood", "B?")
                .replace('?', "\u{1}")
                .into_bytes()
                .into_iter()
                .map(|byte| if byte == 1 { 0xff } else { byte })
                .collect::<Vec<_>>(),
        ),
        refused(
            "utf-8-surrogate",
            "a surrogate encoded as UTF-8",
            [
                b"{\"title\":\"\xed\xa0\x80".as_slice(),
                altered("{\"title\":\"", "").as_bytes(),
            ]
            .concat(),
        ),
        refused(
            "utf-16",
            "UTF-16",
            altered("Blood", "B")
                .encode_utf16()
                .flat_map(u16::to_be_bytes)
                .collect::<Vec<_>>(),
        ),
    ];
    for name in ["title", "media_type", "content_time", "note", "length"] {
        let text = altered(&format!("\"{name}\":"), "\"other\":");
        let about = format!("no `{name}`");
        cases.push(refused(
            &format!("without-{}", name.replace('_', "-")),
            &about,
            text,
        ));
    }
    for (name, length) in [
        ("negative", "-1"),
        ("minus-zero", "-0"),
        ("fraction", "20.0"),
        ("exponent", "2e1"),
        ("string", "\"20\""),
        ("2-64", "18446744073709551616"),
    ] {
        let text = altered(":20}", &format!(":{length}}}"));
        cases.push(refused(
            &format!("length-{name}"),
            &format!("length {length}"),
            text,
        ));
    }
    for (name, text) in [
        ("date", "2026-11-22"),
        ("leap-day", "2024-02-29"),
        ("leap-second", "1990-12-31T15:59:60-08:00"),
        ("lower-case", "1985-04-12t23:20:50.52z"),
    ] {
        cases.push(accepted(
            &format!("time-{name}"),
            &format!("content time {text}"),
            time(text),
        ));
    }
    for (name, text) in [
        ("empty", ""),
        ("month", "2026-11"),
        ("month-13", "2026-13-01"),
        ("day-0", "2026-11-00"),
        ("april-31", "2026-04-31"),
        ("no-leap-day", "2026-02-29"),
        ("century", "1900-02-29"),
        ("space", "2026-11-22 20:00:00Z"),
        ("no-zone", "2026-11-22T20:00:00"),
        ("hour-24", "2026-11-22T24:00:00Z"),
        ("minute-60", "2026-11-22T20:60:00Z"),
        ("second-61", "2026-11-22T20:00:61Z"),
        ("no-fraction", "2026-11-22T20:00:00.Z"),
        ("zone-24", "2026-11-22T20:00:00+24:00"),
        ("zone-short", "2026-11-22T20:00:00+0100"),
        ("digits", "٢٠٢٦-١١-٢٢"),
        ("line", r"2026-11-22\n"),
    ] {
        cases.push(refused(
            &format!("time-{name}"),
            &format!("content time {text}"),
            time(text),
        ));
    }
    cases
}
