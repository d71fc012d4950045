//! The storage cache of one frame.
//!
//! Loads fill it, writes stay in it until the program flushes it. Nothing flushes it by itself, neither
//! calls nor the end of the frame: what was not flushed is lost.

use alloy_primitives::U256;
use std::collections::BTreeMap;

/// A slot as the program sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Slot {
    value: U256,
    /// The chain's value as last seen; `None` if the program wrote without reading.
    known: Option<U256>,
}

impl Slot {
    fn is_dirty(&self) -> bool {
        self.known != Some(self.value)
    }
}

/// The storage cache of one frame.
#[derive(Debug, Default)]
pub(super) struct StorageCache {
    slots: BTreeMap<U256, Slot>,
    reads: u32,
    writes: u32,
}

impl StorageCache {
    /// Counts a read and answers its gas: 0 for the first 32, 2 up to 128, then 10.
    pub(super) const fn read_gas(&mut self) -> u64 {
        self.reads = self.reads.saturating_add(1);
        match self.reads {
            0..=32 => 0,
            33..=128 => 2,
            _ => 10,
        }
    }

    /// Counts a write and answers its gas: 0 for the first 8, 7 up to 64, then 10.
    pub(super) const fn write_gas(&mut self) -> u64 {
        self.writes = self.writes.saturating_add(1);
        match self.writes {
            0..=8 => 0,
            9..=64 => 7,
            _ => 10,
        }
    }

    /// The value of a slot, if the cache has it.
    pub(super) fn get(&self, key: U256) -> Option<U256> {
        self.slots.get(&key).map(|slot| slot.value)
    }

    /// Notes what the chain has in a slot.
    pub(super) fn fill(&mut self, key: U256, value: U256) {
        self.slots.insert(
            key,
            Slot {
                value,
                known: Some(value),
            },
        );
    }

    /// Writes a slot.
    pub(super) fn write(&mut self, key: U256, value: U256) {
        let slot = self.slots.entry(key).or_insert(Slot { value, known: None });
        slot.value = value;
    }

    /// The slots the chain has to be told, in ascending order.
    pub(super) fn dirty(&self) -> Vec<(U256, U256)> {
        let dirty = self.slots.iter().filter(|(_, slot)| slot.is_dirty());
        dirty.map(|(key, slot)| (*key, slot.value)).collect()
    }

    /// Notes that the chain has been told.
    pub(super) fn settle(&mut self) {
        for slot in self.slots.values_mut() {
            slot.known = Some(slot.value);
        }
    }

    /// Forgets every slot. Reads and writes stay counted.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: U256 = U256::ZERO;
    const ONE: U256 = U256::ONE;

    #[test]
    fn reads_get_dearer_after_32_and_128() {
        let mut cache = StorageCache::default();
        let gas: Vec<_> = (0..130).map(|_| cache.read_gas()).collect();
        assert_eq!(gas[31..33], [0, 2]);
        assert_eq!(gas[127..129], [2, 10]);
    }

    #[test]
    fn writes_get_dearer_after_8_and_64() {
        let mut cache = StorageCache::default();
        let gas: Vec<_> = (0..66).map(|_| cache.write_gas()).collect();
        assert_eq!(gas[7..9], [0, 7]);
        assert_eq!(gas[63..65], [7, 10]);
    }

    #[test]
    fn a_slot_written_without_reading_is_dirty_whatever_its_value() {
        let mut cache = StorageCache::default();
        cache.write(KEY, U256::ZERO);
        assert_eq!(cache.dirty(), [(KEY, U256::ZERO)]);
    }

    #[test]
    fn writing_back_the_known_value_leaves_nothing_to_flush() {
        let mut cache = StorageCache::default();
        cache.fill(KEY, ONE);
        cache.write(KEY, U256::ZERO);
        assert_eq!(cache.dirty(), [(KEY, U256::ZERO)]);
        cache.write(KEY, ONE);
        assert_eq!(cache.dirty(), []);
    }

    #[test]
    fn a_settled_slot_is_clean_and_still_cached() {
        let mut cache = StorageCache::default();
        cache.write(KEY, ONE);
        cache.settle();
        assert_eq!(cache.dirty(), []);
        assert_eq!(cache.get(KEY), Some(ONE));
        cache.clear();
        assert_eq!(cache.get(KEY), None);
    }
}
