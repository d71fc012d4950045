//! Showing what others wrote. Everything from chain, blobs and stores was chosen by somebody else: it may
//! try to move the cursor, hide, reorder or flood. Shown text is therefore one line, escaped and cut.

use std::fmt;

use alloy::primitives::Address;
use unicode_width::UnicodeWidthStr as _;

/// Most characters of one foreign value that are shown.
pub const MAX_SHOWN: usize = 200;

/// Whether a character could deceive: controls (C0, DEL, C1), line separators, bidirectional controls,
/// zero-width and other invisible format characters, tags, private use.
fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00ad}'                  // soft hyphen
            | '\u{034f}'                // combining grapheme joiner
            | '\u{061c}'                // Arabic letter mark
            | '\u{115f}'..='\u{1160}'   // Hangul fillers
            | '\u{17b4}'..='\u{17b5}'   // Khmer inherent vowels
            | '\u{180b}'..='\u{180f}'   // Mongolian selectors
            | '\u{200b}'..='\u{200f}'   // zero-width, left-to-right and right-to-left marks
            | '\u{2028}'..='\u{202e}'   // separators, embeddings, overrides
            | '\u{2060}'..='\u{206f}'   // word joiner, isolates, deprecated format characters
            | '\u{3164}'                // Hangul filler
            | '\u{fe00}'..='\u{fe0f}'   // variation selectors
            | '\u{feff}'                // byte order mark
            | '\u{ffa0}'                // half-width Hangul filler
            | '\u{fff0}'..='\u{fffb}'   // specials
            | '\u{1bca0}'..='\u{1bca3}' // shorthand format controls
            | '\u{1d173}'..='\u{1d17a}' // musical format controls
            | '\u{e000}'..='\u{f8ff}'   // private use
            | '\u{e0000}'..='\u{e0fff}' // tags, variation selectors supplement
            | '\u{f0000}'..='\u{10ffff}' // private use planes
        )
}

/// A foreign text, safe to show on one line: deceptive characters become `\u{…}`, the backslash `\\`, and
/// what exceeds [`MAX_SHOWN`] characters is cut and marked.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, character) in self.0.chars().enumerate() {
            if index == MAX_SHOWN {
                return write!(f, "… ({} characters)", self.0.chars().count());
            }
            match character {
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\\' => f.write_str("\\\\")?,
                _ if is_deceptive(character) => write!(f, "{}", character.escape_unicode())?,
                _ => write!(f, "{character}")?,
            }
        }
        Ok(())
    }
}

/// [`Shown`] as a string.
pub fn shown(text: &str) -> String {
    Shown(text).to_string()
}

/// [`shown`], and `none` where there is nothing to show.
pub fn shown_or_none(text: &str) -> String {
    if text.trim().is_empty() {
        "none".into()
    } else {
        shown(text)
    }
}

/// [`shown_or_none`], of words that travel sealed.
pub fn sealed_words(text: &str) -> String {
    if text.trim().is_empty() {
        shown_or_none(text)
    } else {
        format!("{} (sealed)", shown(text))
    }
}

/// A code of this program, and the words that somebody gave with it, if any.
pub fn with_words(code: &str, words: &str) -> String {
    if words.trim().is_empty() {
        code.into()
    } else {
        format!("{code}: {}", shown(words))
    }
}

/// A message of this program that may quote foreign text without quoting it itself: escaped like
/// [`Shown`] but never cut, and the backslash left alone.
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_deceptive(character) && character != '\n' {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

/// As [`harmless`], on one line: a name with a line end in it begins no line of its own.
pub fn harmless_line(text: &str) -> String {
    harmless(text).replace('\n', "\\n")
}

/// An address for a table: its ends.
pub fn short(address: Address) -> String {
    let text = address.to_string();
    format!("{}…{}", &text[..6], &text[38..])
}

/// Rows in aligned columns, two spaces apart, with a heading. Cells must be safe to show already.
#[derive(Debug)]
pub struct Table {
    heading: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table.
    pub fn new<const N: usize>(heading: [&str; N]) -> Self {
        Self {
            heading: heading.map(str::to_owned).to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; a missing cell stays empty.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(Vec::from(cells));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = || std::iter::once(&self.heading).chain(&self.rows);
        let widths: Vec<usize> = (0..self.heading.len())
            .map(|column| {
                lines()
                    .filter_map(|line| line.get(column))
                    .map(|cell| cell.width())
                    .max()
            })
            .map(Option::unwrap_or_default)
            .collect();
        for line in lines() {
            let mut text = String::new();
            for (cell, width) in line.iter().zip(&widths) {
                text.push_str(cell);
                text.extend(std::iter::repeat_n(
                    ' ',
                    width.saturating_sub(cell.width()) + 2,
                ));
            }
            writeln!(f, "{}", text.trim_end())?;
        }
        Ok(())
    }
}

/// `1 record`, `2 records`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A span of time for people, exact: `4 h`, `2 d`, `90 s`.
pub fn span(seconds: u64) -> String {
    for (unit, name) in [(86_400, "d"), (3_600, "h"), (60, "min")] {
        if seconds != 0 && seconds.is_multiple_of(unit) {
            return format!("{} {name}", seconds / unit);
        }
    }
    format!("{seconds} s")
}

/// A size in bytes for people, in binary units: `64.0 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // Tenths, so that no float is needed.
    let mut tenths = u128::from(bytes) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// Wei as ether without trailing zeros: `0.000021 ETH`.
pub fn ether(wei: u128) -> String {
    const ETHER: u128 = 1_000_000_000_000_000_000;
    let fraction = format!("{:018}", wei % ETHER);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        format!("{} ETH", wei / ETHER)
    } else {
        format!("{}.{fraction} ETH", wei / ETHER)
    }
}

/// Digits in groups of three: `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_deceives_reaches_the_terminal() {
        assert_eq!(shown("plain – text ä 日本"), "plain – text ä 日本");
        assert_eq!(shown("\u{1b}[2Jgone"), "\\u{1b}[2Jgone");
        assert_eq!(shown("a\u{9b}31mb"), "a\\u{9b}31mb");
        assert_eq!(shown("one\ntwo\r\t"), "one\\ntwo\\r\\t");
        assert_eq!(shown("exe\u{202e}fdp"), "exe\\u{202e}fdp");
        assert_eq!(shown("pay\u{200b}pal\u{feff}"), "pay\\u{200b}pal\\u{feff}");
        assert_eq!(shown("\u{2067}x\u{2069}"), "\\u{2067}x\\u{2069}");
        assert_eq!(shown("a\u{e0041}"), "a\\u{e0041}");
        assert_eq!(shown("\\u{1b}"), "\\\\u{1b}");
        assert_eq!(shown("\0\u{7f}"), "\\u{0}\\u{7f}");
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        let text = "é".repeat(MAX_SHOWN + 5);
        let shown = shown(&text);
        assert!(shown.starts_with(&"é".repeat(MAX_SHOWN)));
        assert!(shown.ends_with("… (205 characters)"));
        assert_eq!(super::shown(&"é".repeat(MAX_SHOWN)), "é".repeat(MAX_SHOWN));
    }

    #[test]
    fn words_that_were_not_given_are_told_as_none() {
        for nothing in ["", " ", "\n\t"] {
            assert_eq!(shown_or_none(nothing), "none");
            assert_eq!(sealed_words(nothing), "none");
            assert_eq!(with_words("other", nothing), "other");
        }
        assert_eq!(shown_or_none("a\u{1b}b"), shown("a\u{1b}b"));
        assert_eq!(sealed_words("labs only"), "labs only (sealed)");
        assert_eq!(with_words("other", "labs only"), "other: labs only");
    }

    #[test]
    fn messages_keep_their_line_ends_and_nothing_else() {
        assert_eq!(harmless("a\nb\u{1b}[0m\u{202e}"), "a\nb\\u{1b}[0m\\u{202e}");
        assert_eq!(harmless_line("a\nb\u{1b}[0m\\"), "a\\nb\\u{1b}[0m\\");
    }

    #[test]
    fn columns_align_by_what_is_seen() {
        let mut table = Table::new(["ID", "NAME", "X"]);
        table.row(["1".into(), "日本".into(), "a".into()]);
        table.row(["10".into(), "b".into(), String::new()]);
        assert_eq!(table.to_string(), "ID  NAME  X\n1   日本  a\n10  b\n");
    }

    #[test]
    fn numbers_are_shown_for_people() {
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1024), "1.0 KiB");
        assert_eq!(size(64 * 1024 * 1024), "64.0 MiB");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(u64::MAX), "16383.9 PiB");
        assert_eq!(ether(0), "0 ETH");
        assert_eq!(ether(21_000_000_000_000), "0.000021 ETH");
        assert_eq!(ether(1_500_000_000_000_000_000), "1.5 ETH");
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(count(1, "record"), "1 record");
        assert_eq!(count(0, "record"), "0 records");
    }
}
