//! Sealing.

use std::io::{Read, Write};
use std::mem;

use blake3::Hasher;

use super::batch::{Batch, all, hash, several_cores};
use super::{ChunkCipher, PayloadKey, TRAILER, read_full};
use crate::record::RecordError;
use crate::record::padme::padme;

/// What became of a payload.
pub(in crate::record) struct Written {
    pub(in crate::record) body_hash: [u8; 32],
    pub(in crate::record) body_length: u64,
    pub(in crate::record) payload_length: u64,
}

/// Seals everything that `input` gives into `output`.
pub(in crate::record) fn write(
    key: &PayloadKey,
    input: impl Read + Send,
    mut output: impl Write + Send,
) -> Result<Written, RecordError> {
    let cipher = key.cipher();
    let mut hasher = Hasher::new();
    let mut stream = Stream::new(input);
    let mut body_length = 0;
    let mut current = Batch::new();
    stream.fill(&mut current, 0)?;
    if several_cores() {
        // While one batch is sealed, the one before is written and the next one is read.
        let (mut next, mut sealed) = (Batch::new(), Batch::new());
        while !current.last {
            let after = current.end();
            let ((), written, read) = all(
                || seal(&mut current, &cipher, &mut hasher),
                || output.write_all(sealed.bytes()),
                || stream.fill(&mut next, after),
            );
            written.map_err(RecordError::Write)?;
            read?;
            body_length += current.bytes().len() as u64;
            mem::swap(&mut sealed, &mut current);
            mem::swap(&mut current, &mut next);
        }
        output
            .write_all(sealed.bytes())
            .map_err(RecordError::Write)?;
    } else {
        // One after the other, so that a batch stays in the core's cache from its reading to its writing.
        while !current.last {
            let after = current.end();
            seal(&mut current, &cipher, &mut hasher);
            output
                .write_all(current.bytes())
                .map_err(RecordError::Write)?;
            body_length += current.bytes().len() as u64;
            stream.fill(&mut current, after)?;
        }
    }
    seal(&mut current, &cipher, &mut hasher);
    body_length += current.bytes().len() as u64;
    output
        .write_all(current.bytes())
        .and_then(|()| output.flush())
        .map_err(RecordError::Write)?;
    Ok(Written {
        body_hash: *hasher.finalize().as_bytes(),
        body_length,
        payload_length: stream.payload_length,
    })
}

fn seal(batch: &mut Batch, cipher: &ChunkCipher, hasher: &mut Hasher) {
    batch.seal(cipher);
    hash(hasher, batch.bytes());
}

/// The stream of a body: payload, padding, trailer. The payload's length is known when it has ended.
struct Stream<R> {
    input: R,
    payload_length: u64,
    /// What follows the payload, once it has ended.
    rest: Option<Rest>,
}

/// Padding and trailer that are still to come.
struct Rest {
    padding: u64,
    trailer: [u8; TRAILER],
    trailer_done: usize,
}

impl<R: Read> Stream<R> {
    const fn new(input: R) -> Self {
        Self {
            input,
            payload_length: 0,
            rest: None,
        }
    }

    fn fill(&mut self, batch: &mut Batch, first: u64) -> Result<(), RecordError> {
        batch.fill(first, |chunk| self.chunk(chunk))
    }

    /// Puts the next bytes of the stream into a chunk; how many, and whether the stream ends with them. A
    /// chunk that the payload fills to its end is not the last: the trailer follows.
    fn chunk(&mut self, chunk: &mut [u8]) -> Result<(usize, bool), RecordError> {
        let mut filled = 0;
        if self.rest.is_none() {
            filled = read_full(&mut self.input, chunk)?;
            self.payload_length += filled as u64;
            if filled == chunk.len() {
                return Ok((filled, false));
            }
        }
        let length = self.payload_length;
        let rest = self.rest.get_or_insert_with(|| Rest::after(length));
        let count = rest.fill(&mut chunk[filled..]);
        Ok((filled + count, rest.trailer_done == TRAILER))
    }
}

impl Rest {
    fn after(payload_length: u64) -> Self {
        let stream = payload_length
            .checked_add(TRAILER as u64)
            .and_then(padme)
            .expect("no input has so many bytes that their count overflows");
        Self {
            padding: stream - TRAILER as u64 - payload_length,
            trailer: payload_length.to_be_bytes(),
            trailer_done: 0,
        }
    }

    fn fill(&mut self, room: &mut [u8]) -> usize {
        let zeros = usize::try_from(self.padding)
            .unwrap_or(usize::MAX)
            .min(room.len());
        room[..zeros].fill(0);
        self.padding -= zeros as u64;
        let left = &self.trailer[self.trailer_done..];
        let count = left.len().min(room.len() - zeros);
        room[zeros..zeros + count].copy_from_slice(&left[..count]);
        self.trailer_done += count;
        zeros + count
    }
}
