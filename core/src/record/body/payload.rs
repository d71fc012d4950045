//! Payload out of a stream.

use std::io::Write;

use super::TRAILER;
use super::batch::Batch;
use crate::record::RecordError;
use crate::record::padme::padme;

/// Tells payload from padding without knowing the payload's length, which comes last: a run of zeros is
/// held back as a count until something else follows it.
pub(super) struct PayloadWriter<W> {
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
    pub(super) fn new(output: W, stream: u64) -> Self {
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

    /// Takes the plaintext of an opened batch.
    pub(super) fn accept_all(&mut self, batch: &Batch) -> Result<(), RecordError> {
        batch
            .plaintexts()
            .try_for_each(|plaintext| self.accept(plaintext))
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
    pub(super) fn finish(mut self) -> Result<u64, RecordError> {
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
