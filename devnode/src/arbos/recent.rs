//! The programs that ran in a block, which start like cached ones when they run again in it (`ArbOS` 60).

use super::{
    block_start::SystemWrite,
    state::{Section, slot},
};
use crate::evm::ARBOS_STATE;
use alloy_primitives::{B256, U256};
use std::collections::VecDeque;

/// Code hashes of programs, the one used last at the end.
///
/// It is a fact of the block and not of the state: what a reverted call ran stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RecentPrograms(VecDeque<B256>);

impl RecentPrograms {
    /// The programs that ran in a block so far. `read` answers slots of the chain's own account, which
    /// keeps those of the newest block: key 0 its number and how many they are, keys 1… the hashes.
    pub(crate) fn load(read: impl Fn(U256) -> U256, block_number: u64) -> Self {
        let header = read(place(0));
        if header >> 64_usize != U256::from(block_number) {
            return Self::default();
        }
        let count = header.as_limbs()[0];
        Self((1..=count).map(|at| read(place(at)).into()).collect())
    }

    /// What is to be written to keep these programs after `before` were kept.
    pub(crate) fn changes(&self, before: &Self, block_number: u64) -> Vec<SystemWrite> {
        let mut writes = Vec::new();
        let mut write = |at: u64, value: U256| {
            writes.push(SystemWrite {
                address: ARBOS_STATE,
                slot: place(at),
                value,
            });
        };
        for (at, code_hash) in (1..).zip(&self.0) {
            if before.0.get(at - 1) != Some(code_hash) {
                write(at as u64, (*code_hash).into());
            }
        }
        if self != before {
            let header = U256::from(block_number) << 64_usize | U256::from(self.0.len());
            write(0, header);
        }
        writes
    }

    /// Notes that a program runs and says whether it had been noted; of more than `capacity` programs
    /// the one used longest ago is forgotten.
    pub(crate) fn insert(&mut self, code_hash: B256, capacity: usize) -> bool {
        let place = self.0.iter().position(|known| *known == code_hash);
        if let Some(place) = place {
            self.0.remove(place);
        }
        self.0.push_back(code_hash);
        while self.0.len() > capacity {
            self.0.pop_front();
        }
        place.is_some()
    }
}

fn place(at: u64) -> U256 {
    slot(Section::RecentPrograms, U256::from(at).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn what_is_kept_is_found_in_the_same_block_only() {
        let mut recent = RecentPrograms::default();
        let mut kept = HashMap::new();
        for number in [1, 2, 3, 1, 2, 4] {
            let before = recent.clone();
            recent.insert(B256::with_last_byte(number), 3);
            for write in recent.changes(&before, 9) {
                kept.insert(write.slot, write.value);
            }
            let read = |slot| kept.get(&slot).copied().unwrap_or_default();
            assert_eq!(RecentPrograms::load(read, 9), recent);
            assert_eq!(RecentPrograms::load(read, 10), RecentPrograms::default());
        }
        assert_eq!(recent.changes(&recent.clone(), 9), []);
    }

    #[test]
    fn the_program_used_longest_ago_is_forgotten() {
        let [a, b, c] = [1, 2, 3].map(B256::with_last_byte);
        let mut recent = RecentPrograms::default();
        assert!(!recent.insert(a, 2));
        assert!(!recent.insert(b, 2));
        assert!(recent.insert(a, 2));
        assert!(!recent.insert(c, 2));
        assert!(recent.insert(a, 2));
        assert!(!recent.insert(b, 2));
        assert!(recent.insert(a, 0));
        assert_eq!(recent, RecentPrograms::default());
    }
}
