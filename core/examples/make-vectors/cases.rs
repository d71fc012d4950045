//! The cases, by file name.

mod messages;
mod records;

use alloy_primitives::hex;

/// A text header, an empty line, a blob.
pub(crate) struct Case {
    header: Vec<(&'static str, String)>,
    blob: Vec<u8>,
}

impl Case {
    fn new(kind: &str, expect: &str, about: &str) -> Self {
        let header = vec![
            ("kind", kind.into()),
            ("expect", expect.into()),
            ("about", about.into()),
        ];
        Self {
            header,
            blob: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, value: impl std::fmt::Display) -> Self {
        self.header.push((name, value.to_string()));
        self
    }

    fn with_hex(self, name: &'static str, bytes: impl AsRef<[u8]>) -> Self {
        self.with(name, hex::encode(bytes))
    }

    fn with_blob(mut self, blob: Vec<u8>) -> Self {
        self.blob = blob;
        self
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, value) in &self.header {
            bytes.extend_from_slice(format!("{name}: {value}\n").as_bytes());
        }
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.blob);
        bytes
    }
}

const CHAIN: u64 = 412_346;
const PORT: [u8; 20] = [0x70; 20];
const AUTHOR: [u8; 20] = [0xa0; 20];

/// Every case with its file name.
pub(crate) fn all() -> Vec<(&'static str, Case)> {
    [
        records::all(),
        messages::all(),
        messages::links_and_identities(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
