//! Batches of chunks, and the cores that work on them.

use blake3::Hasher;
use zeroize::Zeroizing;

use super::{CHUNK_BYTES, ChunkCipher, SEALED_CHUNK, TAG_BYTES};

/// Chunks in a batch: half a mebibyte, so that a batch is still in a core's cache when it is hashed and written after
/// it was sealed, and three of them are little memory.
const CHUNKS: usize = 8;

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
            cipher.open(counter, last && counter + 1 == end, chunk)
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

/// Whether there are several cores to work on.
#[cfg(feature = "parallel")]
pub(super) fn several_cores() -> bool {
    rayon::current_num_threads() > 1
}

#[cfg(not(feature = "parallel"))]
pub(super) const fn several_cores() -> bool {
    false
}

/// Runs `work` on every chunk; whether it held for all.
fn each(chunks: &mut [u8], work: impl Fn(usize, &mut [u8]) -> bool + Sync + Send) -> bool {
    #[cfg(feature = "parallel")]
    if several_cores() {
        use rayon::prelude::*;
        return chunks
            .par_chunks_mut(SEALED_CHUNK)
            .enumerate()
            .map(|(index, chunk)| work(index, chunk))
            .reduce(|| true, |one, other| one & other);
    }
    chunks
        .chunks_mut(SEALED_CHUNK)
        .enumerate()
        .fold(true, |all, (index, chunk)| work(index, chunk) & all)
}

/// Adds bytes to a hash.
pub(super) fn hash(hasher: &mut Hasher, bytes: &[u8]) {
    #[cfg(feature = "parallel")]
    if several_cores() {
        hasher.update_rayon(bytes);
        return;
    }
    hasher.update(bytes);
}

/// Does three things, at once if there are cores for it.
#[cfg(feature = "parallel")]
pub(super) fn all<A: Send, B: Send, C: Send>(
    one: impl FnOnce() -> A + Send,
    two: impl FnOnce() -> B + Send,
    three: impl FnOnce() -> C + Send,
) -> (A, B, C) {
    let (one, (two, three)) = rayon::join(one, || rayon::join(two, three));
    (one, two, three)
}

#[cfg(not(feature = "parallel"))]
pub(super) fn all<A, B, C>(
    one: impl FnOnce() -> A,
    two: impl FnOnce() -> B,
    three: impl FnOnce() -> C,
) -> (A, B, C) {
    (one(), two(), three())
}
