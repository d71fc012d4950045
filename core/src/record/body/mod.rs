//! The body of a record: a STREAM of sealed chunks, written and read in one pass, a batch of chunks at a
//! time. Where there are several cores, all of them work on a batch while the one before is written and the next is read.

mod batch;
mod cipher;
mod payload;
mod range;
mod read;
mod write;

use std::io::{ErrorKind, Read};

use zeroize::Zeroizing;

use super::key::RecordKey;
use super::padme::{is_padded, padme};
use super::{CHUNK_BYTES, RecordError, TAG_BYTES};
use crate::kdf;

use cipher::ChunkCipher;
pub use range::BodyRange;
pub(super) use write::write;

const SEALED_CHUNK: usize = CHUNK_BYTES + TAG_BYTES;
/// The payload's length stands in this many last bytes of the stream.
const TRAILER: usize = 8;
const PAYLOAD_LABEL: &[u8] = b"patientport/v1/payload";

/// The key of a body: `HKDF(salt = "", ikm = record key, info = label)`. It depends on the record key only,
/// so another head can be made for the same body.
pub(super) struct PayloadKey(Zeroizing<[u8; 32]>);

impl PayloadKey {
    pub(super) fn new(record_key: &RecordKey) -> Self {
        Self(kdf::derive(b"", record_key.as_bytes(), &[PAYLOAD_LABEL]))
    }

    fn cipher(&self) -> ChunkCipher {
        ChunkCipher::new(&self.0)
    }
}

/// A possible length of a body, and of the stream inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BodyLength {
    /// Bytes of the body.
    pub(super) body: u64,
    /// Bytes of payload, padding and trailer.
    stream: u64,
}

impl BodyLength {
    /// None where no payload gives a body of `body` bytes.
    pub(super) fn try_from_body(body: u64) -> Option<Self> {
        let chunks = body.div_ceil(SEALED_CHUNK as u64);
        let stream = body.checked_sub(chunks * TAG_BYTES as u64)?;
        let possible = stream >= TRAILER as u64
            && stream.div_ceil(CHUNK_BYTES as u64) == chunks
            && is_padded(stream);
        possible.then_some(Self { body, stream })
    }

    /// Whether a payload of `length` bytes gives this length.
    pub(super) fn holds(self, length: u64) -> bool {
        length.checked_add(TRAILER as u64).and_then(padme) == Some(self.stream)
    }
}

/// Reads until `buffer` is full or the input ends; returns the bytes read.
fn read_full(input: &mut impl Read, buffer: &mut [u8]) -> Result<usize, RecordError> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(RecordError::Read(error)),
        }
    }
    Ok(filled)
}
