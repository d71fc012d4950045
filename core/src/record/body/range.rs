//! Opening a part.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{CHUNK_BYTES, SEALED_CHUNK, TAG_BYTES};
use crate::record::RecordError;
use crate::record::head::OpenedHead;

/// The chunks of a body that hold a part of its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyRange {
    /// The part of the payload, within its stated length.
    payload: Range<u64>,
    /// Number of the first chunk.
    first: u64,
    /// The bytes of the body to fetch.
    body: Range<u64>,
}

impl BodyRange {
    /// The bytes of the body that the part needs: whole chunks.
    pub const fn body(&self) -> &Range<u64> {
        &self.body
    }

    /// The part of the payload that they give: what was asked for, cut to the payload's end.
    pub const fn payload(&self) -> &Range<u64> {
        &self.payload
    }
}

impl OpenedHead {
    /// Which bytes of the body hold a part of the payload; none where the metadata does not state the
    /// payload's length (written from a pipe), or nothing of the part lies within it.
    pub fn range(&self, part: Range<u64>) -> Option<BodyRange> {
        let end = self.metadata.length?.min(part.end);
        if part.start >= end {
            return None;
        }
        let chunk = CHUNK_BYTES as u64;
        let sealed = SEALED_CHUNK as u64;
        let (first, after) = (part.start / chunk, end.div_ceil(chunk));
        Some(BodyRange {
            payload: part.start..end,
            first,
            body: first * sealed..(after * sealed).min(self.body_length.body),
        })
    }

    /// Opens a part from the bytes of the body that it needs.
    ///
    /// # Security
    /// Every chunk is verified under the record key, its place in the body included; BLAKE3 of the whole body
    /// is not, which a part cannot give. So the storage host cannot change a byte, but whoever holds the record
    /// key and controls the host can: read the whole record where that matters.
    pub fn decrypt_range(
        &self,
        range: &BodyRange,
        body: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, RecordError> {
        if body.len() as u64 != range.body.end - range.body.start {
            return Err(RecordError::CommitmentMismatch { blob: "body" });
        }
        let cipher = self.payload_key.cipher();
        let chunks = self.body_length.body.div_ceil(SEALED_CHUNK as u64);
        let mut stream = Zeroizing::new(body.to_vec());
        let mut filled = 0;
        for (counter, at) in (range.first..).zip((0..body.len()).step_by(SEALED_CHUNK)) {
            let end = (at + SEALED_CHUNK).min(body.len());
            if !cipher.open(counter, counter + 1 == chunks, &mut stream[at..end]) {
                return Err(RecordError::AuthenticationFailed);
            }
            let length = end - at - TAG_BYTES;
            stream.copy_within(at..at + length, filled);
            filled += length;
        }
        let from = within(range.payload.start, range.first);
        let to = within(range.payload.end, range.first);
        stream.truncate(to.min(filled));
        stream.drain(..from.min(filled));
        Ok(stream)
    }
}

/// A position in the payload as one in the plaintext of chunks from `first` on.
fn within(position: u64, first: u64) -> usize {
    usize::try_from(position - first * CHUNK_BYTES as u64)
        .expect("a part that was fetched fits into memory")
}
