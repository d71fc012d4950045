//! What the fuzzer starts from: the vectors of `tests/vectors`, and inputs that say the usual.

use std::path::Path;

use alloy_primitives::hex;

/// A name, and an input.
pub type Seed = (String, Vec<u8>);

/// The inputs that a target starts from; none for a target that is not there.
///
/// # Errors
/// Of reading the vectors.
pub fn seeds(target: &str, vectors: &Path) -> std::io::Result<Option<Vec<Seed>>> {
    let mut seeds = usual(target);
    if seeds.is_empty() {
        return Ok(None);
    }
    for entry in std::fs::read_dir(vectors)? {
        let path = entry?.path();
        let bytes = std::fs::read(&path)?;
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if let Some(input) = of_vector(target, &bytes) {
            seeds.push((name, input));
        }
    }
    Ok(Some(seeds))
}

/// The input that a vector is to a target, if it is one.
fn of_vector(target: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n")?;
    let header = std::str::from_utf8(&bytes[..end]).ok()?;
    let blob = &bytes[end + 2..];
    let field = |name: &str| {
        let prefix = format!("{name}: ");
        header.lines().find_map(|line| line.strip_prefix(&prefix))
    };
    let first = |tag: u8, rest: &[u8]| Some([&[tag], rest].concat());
    match (target, field("kind")?) {
        ("head", "record") => first(128, &hex::decode(field("head")?).ok()?),
        ("record", "record") => {
            let head = hex::decode(field("head")?).ok()?;
            let length = u16::try_from(head.len()).ok()?.to_be_bytes();
            first(128, &[&length, head.as_slice(), blob].concat())
        }
        ("metadata", "record") => first(0, field("metadata")?.as_bytes()),
        ("messages", "denial") => first(0, blob),
        ("messages", "secrets") => first(1, blob),
        ("messages", "links") => first(4, blob),
        ("messages", "request") => first(6, field("plaintext")?.as_bytes()),
        ("messages", "emergency-package") => first(9, blob),
        _ => None,
    }
}

/// Inputs by hand: what a sender usually writes.
fn usual(target: &str) -> Vec<Seed> {
    let seeds: Vec<Vec<u8>> = match target {
        "record" => (0..64)
            .step_by(8)
            .map(|flags| {
                let fields = [[0; 8].as_slice(), &[0; 4], &[1], &[0; 4], &[0, 0, 0, 50]];
                // Two chunks and a bit, and a short one.
                [&[flags][..], &fields.concat(), &[0x81, 0xff, 0xff, 7, 3, 1, 2, 3, 0]].concat()
            })
            .chain([[vec![7], vec![1; 17], b"\x03text".to_vec()].concat()])
            // A padded stream of zeros, which says that it has no payload: too much padding for none.
            .chain([[vec![32], vec![0; 21], vec![0x80, 0, 16, 0]].concat()])
            .collect(),
        "head" => (0..128).step_by(7).map(|flags| vec![flags; 60]).collect(),
        "metadata" => [
            r#"{"title":"Blood count","media_type":"text/plain","content_time":"2026-11-22","note":"a\nb","length":100}"#,
            r#"{"title":"","media_type":"","content_time":null,"note":"","length":null,"new":[{}]}"#,
            r#"{"title":"\u00e9","media_type":"","content_time":"2024-02-29T23:59:60.5+01:00","note":"","length":97}"#,
        ]
        .iter()
        .map(|text| [b"\0", text.as_bytes()].concat())
        .chain([padded_twice()])
        .collect(),
        "keystore" => [
            vec![1],
            vec![0x11, 0, 20, 3, 2, b'x', b'y'],
            vec![0x13, 0, 90, 1, 1, b'0'],
        ]
        .into_iter()
        .chain(
            [
                r#"{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},"ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2","kdfparams":{"c":16,"dklen":32,"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},"mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#,
                r#"{"Crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"83dbcc02d8ccb40e466191a123791e0e"},"ciphertext":"d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c","kdf":"scrypt","kdfparams":{"dklen":32,"n":16,"r":1,"p":8,"salt":"ab0c"},"mac":"2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"},"type":"patientport-identity","address":"00","created":"","version":3}"#,
            ]
            .map(|file| [b"\0", file.as_bytes()].concat()),
        )
        .collect(),
        "messages" => vec![
            // One entry and its secret; two with names.
            [b"\x02\x01\0".as_slice(), &[0x80, 0, 32, 7]].concat(),
            [b"\x02\x02\0".as_slice(), &[0x80, 0, 64, 7, 1, 1, b'a', 0x80, 0, 30, 0]].concat(),
            // Keys of two records.
            [b"\x03\x02".as_slice(), &[0, 0, 0, 5, 0, 0, 0, 9], &[0x80, 0, 64, 0x52]].concat(),
            [b"\x05\x07".as_slice(), &[0, 0, 0, 9, 0, 0, 0, 1], &[7; 32]].concat(),
            br#"{"purpose":"TREAT","sections":[5,9],"until":1800000000,"rights":"read-write","text":"\u00e9"}"#
                .iter()
                .fold(vec![6], |mut input, byte| {
                    input.push(*byte);
                    input
                }),
            b"\x07{\"text\":\"no\"}".to_vec(),
            b"\x08{\"text\":\"unconscious\", \"new\": {\"a\": [1, 2.5e3, null]}}".to_vec(),
            // Two custodians, one section.
            [b"\x0a\x02\x10\x20\x01\0".as_slice(), &[0x80, 0, 32, 7]].concat(),
        ],
        _ => Vec::new(),
    };
    seeds
        .into_iter()
        .enumerate()
        .map(|(index, seed)| (format!("usual-{index:02}"), seed))
        .collect()
}

/// Metadata with a block of padding too many.
fn padded_twice() -> Vec<u8> {
    let text = br#"{"title":"","media_type":"","content_time":null,"note":"","length":null}"#;
    let literal = [&(text.len() as u16).to_be_bytes(), text.as_slice()].concat();
    let zeros = (1024 - literal.len() as u16).to_be_bytes();
    let tag = literal.len() as u8 - 1;
    [&[1, tag][..], &literal, &[0x80, zeros[0], zeros[1], 0]].concat()
}

/// Words that inputs of a target are made of, in the fuzzer's form; none for a target that is not there.
pub fn dictionary(target: &str) -> Option<String> {
    let words: &[&str] = match target {
        "record" => &["PPORTREC"],
        "head" => &[
            "PPORTREC",
            "\\x01\\x01",
            "\\x02\\x10",
            "\\xff\\xff\\xff\\xff",
        ],
        "metadata" => &[
            "\\\"title\\\":",
            "\\\"media_type\\\":",
            "\\\"content_time\\\":",
            "\\\"note\\\":",
            "\\\"length\\\":",
            "null",
            "2026-11-22",
            "T20:00:00Z",
            "+01:00",
            "\\\\u0000",
            "\\\\ud83d\\\\ude00",
            "1e3",
            "{}",
            "[]",
        ],
        "messages" => &[
            "PPORTEMG\\x01",
            "\\\"purpose\\\":",
            "\\\"sections\\\":",
            "\\\"until\\\":",
            "\\\"rights\\\":",
            "\\\"text\\\":",
            "\\\"read\\\"",
            "\\\"write\\\"",
            "\\\"read-write\\\"",
            "null",
            "[1,2]",
            "TREAT",
        ],
        "keystore" => &[
            "\\\"version\\\":3",
            "\\\"crypto\\\":",
            "\\\"Crypto\\\":",
            "\\\"cipher\\\":",
            "aes-128-ctr",
            "\\\"ciphertext\\\":",
            "\\\"cipherparams\\\":",
            "\\\"iv\\\":",
            "\\\"kdf\\\":",
            "scrypt",
            "pbkdf2",
            "\\\"kdfparams\\\":",
            "\\\"dklen\\\":32",
            "\\\"salt\\\":",
            "\\\"n\\\":",
            "\\\"r\\\":",
            "\\\"p\\\":",
            "\\\"c\\\":",
            "\\\"prf\\\":",
            "hmac-sha256",
            "\\\"mac\\\":",
            "\\\"type\\\":",
            "\\\"id\\\":",
            "0x",
        ],
        _ => return None,
    };
    Some(format!("\"{}\"\n", words.join("\"\n\"")))
}
