//! Storage slots, addressed directly.
//!
//! A slot is a tag (byte 0) and a key (bytes 12..32: an account, or a number right-aligned). Distinct
//! (tag, key) pairs are distinct slots, so no hash is needed to keep maps apart; tag 0 holds the
//! words that exist once.

use alloy_primitives::{Address, B256, U256};
use stylus_sdk::{host::VM, stylus_core::StorageAccess as _};

/// A storage slot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Slot(pub B256);

impl Slot {
    /// Slot of a word that exists once.
    pub fn single(index: u8) -> Self {
        Self::number(0, index.into())
    }

    /// Slot of the map `tag` under a number.
    pub fn number(tag: u8, key: u64) -> Self {
        Self::tagged(tag, B256::from(U256::from(key)))
    }

    /// Slot of the map `tag` under an account.
    pub fn account(tag: u8, key: &Address) -> Self {
        Self::tagged(tag, key.into_word())
    }

    fn tagged(tag: u8, mut key: B256) -> Self {
        key.0[0] = tag;
        Self(key)
    }
}

/// The word at `slot`; zero if never written.
#[inline(never)]
pub fn load(vm: &VM, slot: Slot) -> B256 {
    vm.storage_load_bytes32(slot.0.into())
}

/// Writes a word; the SDK's entry point flushes the cache when the call succeeds.
#[inline(never)]
#[expect(
    unsafe_code,
    reason = "the host's word interface is marked unsafe because typed storage could alias it"
)]
pub fn store(vm: &VM, slot: Slot, word: B256) {
    // SAFETY: the contracts keep no typed storage objects, so nothing caches or aliases this word.
    unsafe { vm.storage_cache_bytes32(slot.0.into(), word) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_tag_then_key() {
        let account = Slot::account(7, &Address::repeat_byte(0xcd));
        let mut expected = [0; 32];
        expected[0] = 7;
        expected[12..].fill(0xcd);
        assert_eq!(account.0.0, expected);

        let mut expected = [0; 32];
        expected[0] = 3;
        expected[30..].copy_from_slice(&[1, 2]);
        assert_eq!(Slot::number(3, 0x0102).0.0, expected);
        assert_eq!(Slot::single(4), Slot::number(0, 4));
    }
}
