//! The body of a record: a STREAM of sealed chunks, written and read in one pass.

use std::io::{self, ErrorKind, Read, Write};

use blake3::Hasher;
use chacha20poly1305::aead::AeadInPlace;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, Tag};
use zeroize::Zeroizing;

use super::head::{OpenedHead, RecordKey};
use super::padme::{is_padded, padme};
use super::{CHUNK_BYTES, RecordError, TAG_BYTES};
use crate::kdf;

const SEALED_CHUNK: usize = CHUNK_BYTES + TAG_BYTES;
/// The payload's length stands in this many last bytes of the stream.
const TRAILER: usize = 8;
const PAYLOAD_LABEL: &[u8] = b"patientport/v1/payload";

/// The key of a body: `HKDF(salt = "", ikm = record key, info = label)`. It depends on the record key only,
/// so another head can be made for the same body.
pub(super) struct PayloadKey(Zeroizing<[u8; 32]>);

impl PayloadKey {
    pub(super) fn new(record_key: &RecordKey) -> Self {
        Self(kdf::derive(b"", record_key, &[PAYLOAD_LABEL]))
    }

    fn cipher(&self) -> ChunkCipher {
        ChunkCipher(ChaCha20Poly1305::new(self.0.as_slice().into()))
    }
}

/// Seals and opens single chunks.
///
/// Not generic on purpose: the readers and writers around it are compiled into the crate that uses them, at
/// that crate's optimisation level, and the cipher should not be.
struct ChunkCipher(ChaCha20Poly1305);

impl ChunkCipher {
    fn seal(&self, counter: u64, last: bool, chunk: &mut [u8]) -> Tag {
        self.0
            .encrypt_in_place_detached(&nonce(counter, last), &[], chunk)
            .expect("a chunk is far below the cipher's limit")
    }

    /// Whether the chunk is authentic; if so, it holds the plaintext.
    fn open(&self, counter: u64, last: bool, chunk: &mut [u8], tag: &Tag) -> bool {
        self.0
            .decrypt_in_place_detached(&nonce(counter, last), &[], chunk, tag)
            .is_ok()
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

/// `counter (11) ‖ last (1)`: RFC 8439 nonces of the STREAM construction.
fn nonce(counter: u64, last: bool) -> Nonce {
    let mut nonce = Nonce::default();
    nonce[3..11].copy_from_slice(&counter.to_be_bytes());
    nonce[11] = last.into();
    nonce
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

/// What became of a payload.
pub(super) struct Written {
    pub(super) body_hash: [u8; 32],
    pub(super) body_length: u64,
    pub(super) payload_length: u64,
}

/// Seals everything that `input` gives into `output`.
pub(super) fn write(
    key: &PayloadKey,
    mut input: impl Read,
    output: impl Write,
) -> Result<Written, RecordError> {
    let mut writer = ChunkWriter::new(key, output);
    let mut payload_length = 0;
    loop {
        let count = read_full(&mut input, writer.spare()?)?;
        if count == 0 {
            break;
        }
        writer.advance(count);
        payload_length += count as u64;
    }
    let stream = payload_length
        .checked_add(TRAILER as u64)
        .and_then(padme)
        .expect("no input has so many bytes that their count overflows");
    let mut padding = stream - TRAILER as u64 - payload_length;
    while padding > 0 {
        let spare = writer.spare()?;
        let count = usize::try_from(padding)
            .unwrap_or(usize::MAX)
            .min(spare.len());
        spare[..count].fill(0);
        writer.advance(count);
        padding -= count as u64;
    }
    for byte in payload_length.to_be_bytes() {
        writer.spare()?[0] = byte;
        writer.advance(1);
    }
    let (body_hash, body_length) = writer.finish()?;
    Ok(Written {
        body_hash,
        body_length,
        payload_length,
    })
}

/// One chunk buffer, sealed in place whenever it is full and more follows.
struct ChunkWriter<W> {
    cipher: ChunkCipher,
    hasher: Hasher,
    output: W,
    buffer: Zeroizing<Vec<u8>>,
    filled: usize,
    counter: u64,
    length: u64,
}

impl<W: Write> ChunkWriter<W> {
    fn new(key: &PayloadKey, output: W) -> Self {
        Self {
            cipher: key.cipher(),
            hasher: Hasher::new(),
            output,
            buffer: Zeroizing::new(vec![0; SEALED_CHUNK]),
            filled: 0,
            counter: 0,
            length: 0,
        }
    }

    /// Room for more plaintext, at least one byte. Asking for it means that more may follow, so a full
    /// chunk is sealed as not the last: callers ask only while the stream's trailer is still to come.
    fn spare(&mut self) -> Result<&mut [u8], RecordError> {
        if self.filled == CHUNK_BYTES {
            self.seal(false)?;
        }
        Ok(&mut self.buffer[self.filled..CHUNK_BYTES])
    }

    fn advance(&mut self, count: usize) {
        self.filled += count;
    }

    fn seal(&mut self, last: bool) -> Result<(), RecordError> {
        let tag = self
            .cipher
            .seal(self.counter, last, &mut self.buffer[..self.filled]);
        let sealed = self.filled + TAG_BYTES;
        self.buffer[self.filled..sealed].copy_from_slice(&tag);
        self.hasher.update(&self.buffer[..sealed]);
        self.output
            .write_all(&self.buffer[..sealed])
            .map_err(RecordError::Write)?;
        self.counter += 1;
        self.length += sealed as u64;
        self.filled = 0;
        Ok(())
    }

    /// Seals the last chunk, which holds at least one byte of the trailer.
    fn finish(mut self) -> Result<([u8; 32], u64), RecordError> {
        self.seal(true)?;
        self.output.flush().map_err(RecordError::Write)?;
        Ok((*self.hasher.finalize().as_bytes(), self.length))
    }
}

impl OpenedHead {
    /// Opens the body into `output` in one pass and returns the payload's length.
    ///
    /// # Security
    /// What `output` has received is the payload only after `Ok`; treat it as unverified until then. Write to
    /// a temporary file and rename it, or run [`OpenedHead::verify_body`] over stored ciphertext first.
    pub fn decrypt_body(&self, input: impl Read, output: impl Write) -> Result<u64, RecordError> {
        self.read_body(input, output)
    }

    /// Verifies the whole body and returns the payload's length, releasing nothing.
    pub fn verify_body(&self, input: impl Read) -> Result<u64, RecordError> {
        self.read_body(input, io::sink())
    }

    fn read_body(&self, mut input: impl Read, output: impl Write) -> Result<u64, RecordError> {
        let cipher = self.payload_key.cipher();
        let mut hasher = Hasher::new();
        let mut payload = PayloadWriter::new(output, self.body_length.stream);
        let mut buffer = Zeroizing::new(vec![0; SEALED_CHUNK]);
        let mut remaining = self.body_length.body;
        let mut authentic = true;
        for counter in 0.. {
            let length = usize::try_from(remaining)
                .unwrap_or(usize::MAX)
                .min(SEALED_CHUNK);
            let chunk = &mut buffer[..length];
            if read_full(&mut input, chunk)? < length {
                return Err(RecordError::CommitmentMismatch { blob: "body" });
            }
            hasher.update(chunk);
            remaining -= length as u64;
            let last = remaining == 0;
            if last {
                // Before the last chunk opens, so that a body that is not the head's is never complete.
                self.check_end(&mut input, &hasher)?;
            }
            if authentic {
                let (ciphertext, tag) = chunk
                    .split_last_chunk_mut::<TAG_BYTES>()
                    .expect("every chunk of a possible length is longer than a tag");
                authentic = cipher.open(counter, last, ciphertext, (&*tag).into());
                if authentic {
                    payload.accept(ciphertext)?;
                }
            }
            // R4: after a chunk that does not open, the rest is read for its hash only.
            if last {
                break;
            }
        }
        if !authentic {
            return Err(RecordError::AuthenticationFailed);
        }
        let length = payload.finish()?;
        if self.metadata.length.is_some_and(|stated| stated != length) {
            return Err(RecordError::Malformed(
                "its payload has another length than its metadata states",
            ));
        }
        Ok(length)
    }

    /// Checks that the input ends here and that its hash is the head's.
    fn check_end(&self, input: &mut impl Read, hasher: &Hasher) -> Result<(), RecordError> {
        let ends = read_full(input, &mut [0])? == 0;
        if ends && hasher.finalize() == *self.body_hash {
            Ok(())
        } else {
            Err(RecordError::CommitmentMismatch { blob: "body" })
        }
    }
}

/// Tells payload from padding without knowing the payload's length, which comes last: a run of zeros is
/// held back as a count until something else follows it.
struct PayloadWriter<W> {
    output: W,
    /// Bytes of the stream before the trailer.
    content: u64,
    position: u64,
    written: u64,
    zeros: u64,
    trailer: [u8; TRAILER],
    trailer_filled: usize,
}

impl<W: Write> PayloadWriter<W> {
    fn new(output: W, stream: u64) -> Self {
        let content = stream - TRAILER as u64;
        Self {
            output,
            content,
            position: 0,
            written: 0,
            zeros: 0,
            trailer: [0; TRAILER],
            trailer_filled: 0,
        }
    }

    fn accept(&mut self, plaintext: &[u8]) -> Result<(), RecordError> {
        let room = usize::try_from(self.content - self.position).unwrap_or(usize::MAX);
        let (content, trailer) = plaintext.split_at(room.min(plaintext.len()));
        self.position += content.len() as u64;
        let end = content.len() - trailing_zeros(content);
        if end > 0 {
            self.release_zeros(self.zeros)?;
            self.output
                .write_all(&content[..end])
                .map_err(RecordError::Write)?;
            self.written += end as u64;
            self.zeros = 0;
        }
        self.zeros += (content.len() - end) as u64;
        self.trailer[self.trailer_filled..][..trailer.len()].copy_from_slice(trailer);
        self.trailer_filled += trailer.len();
        Ok(())
    }

    fn release_zeros(&mut self, mut count: u64) -> Result<(), RecordError> {
        const ZEROS: [u8; 4096] = [0; 4096];
        self.written += count;
        while count > 0 {
            let part = usize::try_from(count)
                .unwrap_or(usize::MAX)
                .min(ZEROS.len());
            self.output
                .write_all(&ZEROS[..part])
                .map_err(RecordError::Write)?;
            count -= part as u64;
        }
        Ok(())
    }

    /// Releases the zeros that belong to the payload, after checking what the trailer says.
    fn finish(mut self) -> Result<u64, RecordError> {
        let length = u64::from_be_bytes(self.trailer);
        let padded = length.checked_add(TRAILER as u64).and_then(padme);
        if padded != Some(self.content + TRAILER as u64) {
            return Err(RecordError::Malformed(
                "its payload's length does not pad to its body's",
            ));
        }
        let Some(zeros) = length.checked_sub(self.written) else {
            return Err(RecordError::Malformed("its padding is not zero"));
        };
        self.release_zeros(zeros)?;
        self.output.flush().map_err(RecordError::Write)?;
        Ok(length)
    }
}

/// How many zeros `bytes` ends with. Whole blocks are tested at once.
fn trailing_zeros(bytes: &[u8]) -> usize {
    let blocks = bytes
        .rchunks(64)
        .take_while(|block| block.iter().fold(0, |bits, byte| bits | byte) == 0);
    let zeros: usize = blocks.map(<[u8]>::len).sum();
    zeros
        + bytes[..bytes.len() - zeros]
            .iter()
            .rev()
            .take_while(|byte| **byte == 0)
            .count()
}
