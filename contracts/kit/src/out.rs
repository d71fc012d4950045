//! Writing ABI-encoded results, errors and logs.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use stylus_sdk::{host::VM, stylus_core::RawLogAccess as _};

/// A function or error selector as a number, for `match`.
pub const fn selector(bytes: [u8; 4]) -> u32 {
    u32::from_be_bytes(bytes)
}

/// An event's topic as numbers. As such it becomes code; as bytes it would become data, and a
/// program's data costs gas on every call. Give it to [`Out::log`] where it is written: a topic that
/// is passed on or chosen from is data again.
pub const fn topic(hash: B256) -> [u64; 4] {
    let mut words = [0; 4];
    let mut at = 0;
    while at < 32 {
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        #[expect(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
        {
            words[at / 8] = words[at / 8] << 8 | hash.0[at] as u64;
            at += 1;
        }
    }
    words
}

/// A buffer of ABI words. Heads of dynamic parts are written by hand: the caller knows its offsets.
#[derive(Debug, Default)]
pub struct Out(Vec<u8>);

impl Out {
    /// An empty buffer.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// An empty buffer for about `bytes` bytes: nothing it holds on the way is copied, and left behind.
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// An error or call: starts with a selector.
    #[inline(never)]
    pub fn with_selector(selector: u32) -> Self {
        Self(Vec::from(selector.to_be_bytes()))
    }

    /// A log: starts with its event's topic; indexed arguments follow, then data, then [`Out::emit`].
    ///
    /// Inlined so that a constant topic arrives as four numbers: an array of them would be passed as the
    /// address of 32 bytes of data.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "it is what keeps topics out of the data"
    )]
    pub fn log([first, second, third, fourth]: [u64; 4]) -> Self {
        Self::log_of(first, second, third, fourth)
    }

    #[inline(never)]
    fn log_of(first: u64, second: u64, third: u64, fourth: u64) -> Self {
        let mut log = Self::new();
        for part in [first, second, third, fourth] {
            log.0.extend_from_slice(&part.to_be_bytes());
        }
        log
    }

    /// A number.
    #[inline(never)]
    pub fn number(&mut self, value: u64) -> &mut Self {
        self.word(&U256::from(value).to_be_bytes())
    }

    /// A 32-byte word.
    #[inline(never)]
    pub fn word(&mut self, word: &[u8; 32]) -> &mut Self {
        self.0.extend_from_slice(word);
        self
    }

    /// Words as they are.
    #[inline(never)]
    pub fn raw(&mut self, words: &[u8]) -> &mut Self {
        self.0.extend_from_slice(words);
        self
    }

    /// An account.
    #[inline(never)]
    pub fn account(&mut self, account: &Address) -> &mut Self {
        self.word(&account.into_word().0)
    }

    /// The tail of a `bytes`: length, content, padding.
    #[inline(never)]
    pub fn bytes(&mut self, content: &[u8]) -> &mut Self {
        self.number(content.len() as u64);
        self.0.extend_from_slice(content);
        let padding = content.len().wrapping_neg() & 31;
        self.0.resize(self.0.len().saturating_add(padding), 0);
        self
    }

    /// The tail of an array of single words.
    #[inline(never)]
    pub fn words(&mut self, words: &[[u8; 32]]) -> &mut Self {
        self.number(words.len() as u64);
        self.0.extend_from_slice(words.as_flattened());
        self
    }

    /// Emits what was written as a log whose first `topics` words are topics.
    #[inline(never)]
    pub fn emit(&self, vm: &VM, topics: usize) {
        vm.emit_log(&self.0, topics);
    }

    /// The bytes written.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }

    /// The bytes written so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use alloy_primitives::keccak256;

    use super::*;

    #[test]
    fn topics_survive_the_detour_through_numbers() {
        let hash = keccak256("Transfer(address,address,uint256)");
        assert_eq!(Out::log(topic(hash)).finish(), hash.0);
    }

    #[test]
    fn byte_strings_are_padded_to_words() {
        for (length, padded) in [(0, 0), (1, 32), (31, 32), (32, 32), (33, 64)] {
            let mut out = Out::new();
            out.bytes(&vec![7; length]);
            assert_eq!(out.as_bytes().len(), 32 + padded, "length {length}");
        }
    }
}
