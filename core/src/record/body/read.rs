//! Opening, from the first byte to the last.

use std::io::{self, Read, Write};
use std::mem;

use blake3::Hasher;

use super::batch::{Batch, all, hash, several_cores};
use super::payload::PayloadWriter;
use super::{SEALED_CHUNK, read_full};
use crate::record::RecordError;
use crate::record::head::OpenedHead;

impl OpenedHead {
    /// Opens the body into `output` in one pass and returns the payload's length.
    ///
    /// # Security
    /// What `output` has received is the payload only after `Ok`; treat it as unverified until then. Write to
    /// a temporary file and rename it, or run [`OpenedHead::verify_body`] over stored ciphertext first.
    pub fn decrypt_body(
        &self,
        input: impl Read + Send,
        output: impl Write + Send,
    ) -> Result<u64, RecordError> {
        self.read_body(input, output)
    }

    /// Verifies the whole body and returns the payload's length, releasing nothing.
    pub fn verify_body(&self, input: impl Read + Send) -> Result<u64, RecordError> {
        self.read_body(input, io::sink())
    }

    fn read_body(
        &self,
        input: impl Read + Send,
        output: impl Write + Send,
    ) -> Result<u64, RecordError> {
        let cipher = self.payload_key.cipher();
        let mut hasher = Hasher::new();
        let mut payload = PayloadWriter::new(output, self.body_length.stream);
        let mut body = Body {
            input,
            remaining: self.body_length.body,
        };
        let mut authentic = true;
        let mut current = Batch::new();
        // What was opened and is still to be released, if anything.
        let mut opened = None;
        body.fill(&mut current, 0)?;
        if several_cores() && !current.last {
            // While one batch is opened, the one before is released and the next one is read.
            let (mut next, mut before) = (Batch::new(), Batch::new());
            while !current.last {
                let after = current.end();
                let (good, released, read) = all(
                    || {
                        hash(&mut hasher, current.bytes());
                        // R4: after a chunk that does not open, the rest is read for its hash only.
                        authentic && current.open(&cipher)
                    },
                    || payload.accept_all(&before),
                    || body.fill(&mut next, after),
                );
                authentic = good;
                released?;
                read?;
                mem::swap(&mut before, &mut current);
                mem::swap(&mut current, &mut next);
                if !authentic {
                    before.take(0, 0, false);
                }
            }
            opened = Some(before);
        } else {
            // One after the other, so that a batch stays in the core's cache from its reading to its release.
            while !current.last {
                let after = current.end();
                hash(&mut hasher, current.bytes());
                authentic = authentic && current.open(&cipher);
                if authentic {
                    payload.accept_all(&current)?;
                }
                body.fill(&mut current, after)?;
            }
        }
        hash(&mut hasher, current.bytes());
        // Before the last batch opens, so that a body that is not the head's is never complete.
        let ends = read_full(&mut body.input, &mut [0])? == 0;
        if !ends || hasher.finalize() != *self.body_hash {
            return Err(RecordError::CommitmentMismatch { blob: "body" });
        }
        if !authentic || !current.open(&cipher) {
            return Err(RecordError::AuthenticationFailed);
        }
        for batch in opened.iter().chain([&current]) {
            payload.accept_all(batch)?;
        }
        let length = payload.finish()?;
        if self.metadata.length.is_some_and(|stated| stated != length) {
            return Err(RecordError::Malformed(
                "its payload has another length than its metadata states",
            ));
        }
        Ok(length)
    }
}

/// What is still to be read of a body.
struct Body<R> {
    input: R,
    remaining: u64,
}

impl<R: Read> Body<R> {
    /// Reads the next batch. A body that ends early is not the head's.
    fn fill(&mut self, batch: &mut Batch, first: u64) -> Result<(), RecordError> {
        let length = usize::try_from(self.remaining)
            .unwrap_or(usize::MAX)
            .min(Batch::BYTES);
        self.remaining -= length as u64;
        let room = batch.take(first, length, self.remaining == 0);
        debug_assert!(self.remaining == 0 || room.len().is_multiple_of(SEALED_CHUNK));
        if read_full(&mut self.input, room)? < length {
            return Err(RecordError::CommitmentMismatch { blob: "body" });
        }
        Ok(())
    }
}
