//! Batches of chunks, and the cores that work on them.

use blake3::Hasher;
use zeroize::Zeroizing;

use super::{CHUNK_BYTES, ChunkCipher, SEALED_CHUNK, TAG_BYTES};
use chacha20poly1305::Tag;

/// Chunks in a batch: a mebibyte, so that a batch stays in the caches of its cores, and three of them are
/// little memory.
const CHUNKS: usize = 16;

/// Consecutive chunks as they stand in a body: full ones, and then perhaps the last, which may be shorter.
pub(super) struct Batch {
    buffer: Zeroizing<Vec<u8>>,
    /// Bytes in use, tags included.
    length: usize,
    /// Number of the first chunk.
    first: u64,
    /// Whether the body ends with this batch.
    pub(super) last: bool,
}

impl Batch {
    /// Bytes of a full batch.
    pub(super) const BYTES: usize = CHUNKS * SEALED_CHUNK;

    pub(super) fn new() -> Self {
        Self {
            buffer: Zeroizing::new(vec![0; Self::BYTES]),
            length: 0,
            first: 0,
            last: false,
        }
    }

    /// The batch as it goes into a body or came out of one.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    /// Room for `length` bytes of a body whose chunks before were `first`.
    pub(super) fn take(&mut self, first: u64, length: usize, last: bool) -> &mut [u8] {
        self.first = first;
        self.last = last;
        self.length = length;
        &mut self.buffer[..length]
    }

    /// Fills the batch with plaintext: `fill` puts as much as there is into a chunk and says how much that was,
    /// and whether the stream ends with it.
    pub(super) fn fill<E>(
        &mut self,
        first: u64,
        mut fill: impl FnMut(&mut [u8]) -> Result<(usize, bool), E>,
    ) -> Result<(), E> {
        self.first = first;
        self.length = 0;
        for chunk in self.buffer.chunks_mut(SEALED_CHUNK) {
            let (count, last) = fill(&mut chunk[..CHUNK_BYTES])?;
            self.length += count + TAG_BYTES;
            self.last = last;
            if last {
                break;
            }
        }
        Ok(())
    }

    /// Number of the chunk after this batch.
    pub(super) fn end(&self) -> u64 {
        self.first + self.length.div_ceil(SEALED_CHUNK) as u64
    }

    /// Seals every chunk in place.
    pub(super) fn seal(&mut self, cipher: &ChunkCipher) {
        let (first, end, last) = (self.first, self.end(), self.last);
        each(&mut self.buffer[..self.length], |index, chunk| {
            let counter = first + index as u64;
            let (plaintext, tag) = split(chunk);
            let sealed = cipher.seal(counter, last && counter + 1 == end, plaintext);
            tag.copy_from_slice(&sealed);
            true
        });
    }

    /// Opens every chunk in place; whether all were authentic. If not, nothing of the batch may be used.
    pub(super) fn open(&mut self, cipher: &ChunkCipher) -> bool {
        let (first, end, last) = (self.first, self.end(), self.last);
        each(&mut self.buffer[..self.length], |index, chunk| {
            let counter = first + index as u64;
            let (ciphertext, tag) = split(chunk);
            let tag: Tag = (*tag).into();
            cipher.open(counter, last && counter + 1 == end, ciphertext, &tag)
        })
    }

    /// The plaintext of each chunk, once opened.
    pub(super) fn plaintexts(&self) -> impl Iterator<Item = &[u8]> {
        let chunks = self.buffer[..self.length].chunks(SEALED_CHUNK);
        chunks.map(|chunk| &chunk[..chunk.len() - TAG_BYTES])
    }
}

/// A chunk and its tag.
fn split(chunk: &mut [u8]) -> (&mut [u8], &mut [u8; TAG_BYTES]) {
    chunk
        .split_last_chunk_mut()
        .expect("every chunk of a possible length is longer than a tag")
}

/// Runs `work` on every chunk; whether it held for all.
#[cfg(feature = "parallel")]
fn each(chunks: &mut [u8], work: impl Fn(usize, &mut [u8]) -> bool + Sync + Send) -> bool {
    use rayon::prelude::*;
    chunks
        .par_chunks_mut(SEALED_CHUNK)
        .enumerate()
        .map(|(index, chunk)| work(index, chunk))
        .reduce(|| true, |one, other| one & other)
}

#[cfg(not(feature = "parallel"))]
fn each(chunks: &mut [u8], work: impl Fn(usize, &mut [u8]) -> bool) -> bool {
    chunks
        .chunks_mut(SEALED_CHUNK)
        .enumerate()
        .fold(true, |all, (index, chunk)| work(index, chunk) & all)
}

/// Adds bytes to a hash.
pub(super) fn hash(hasher: &mut Hasher, bytes: &[u8]) {
    #[cfg(feature = "parallel")]
    hasher.update_rayon(bytes);
    #[cfg(not(feature = "parallel"))]
    hasher.update(bytes);
}

/// Does two things, at once if there are cores for it.
#[cfg(feature = "parallel")]
pub(super) fn both<A: Send, B: Send>(
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    rayon::join(one, other)
}

#[cfg(not(feature = "parallel"))]
pub(super) fn both<A, B>(one: impl FnOnce() -> A, other: impl FnOnce() -> B) -> (A, B) {
    (one(), other())
}
