//! The cache manager's entries, in the storage of its account: which programs are paid for, with what
//! bid, the lowest bid first and of equal ones the older first.
//!
//! A list linked by code hash. The layout is this crate's own:
//!
//! | slot | word |
//! | --- | --- |
//! | 0 | sum of the entries' sizes in bytes |
//! | 1 | code hash of the first entry; zero if there is none |
//! | `keccak256(code hash)` | `bid ‖ size`: 192 bits, 64 bits; zero if there is no entry |
//! | the slot after that | code hash of the next entry; zero if it is the last |
//!
//! A bid and its minimum read the whole list, two slots an entry. There are no more than 1,048: the
//! estimate of a compiled program's size starts at 512,000 bytes, and the sum is bounded by
//! [`CAPACITY`]. That is 4.4 million gas of the 32 million that a transaction may spend, reached by a
//! chain with a thousand programs in its cache; an ordinary development chain has a few dozen. A list
//! made longer or circular by decree (`anvil_setStorageAt`) ends with the gas of the call.

use super::built_in::{BuiltIn, Failure};
use alloy_primitives::{B256, U256, keccak256};

/// Bytes of compiled programs the cache holds: 512 MiB.
pub(super) const CAPACITY: u64 = 512 << 20;

const SUM: U256 = U256::ZERO;
const FIRST: U256 = U256::ONE;

/// A program that is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) code_hash: B256,
    /// What the bid is worth, in wei as of the Unix epoch: below 2^192.
    pub(super) bid: U256,
    /// Size of the compiled program in bytes; never zero.
    pub(super) bytes: u64,
}

impl Entry {
    fn pack(&self) -> U256 {
        (self.bid << 64) | U256::from(self.bytes)
    }

    fn unpack(code_hash: B256, word: U256) -> Self {
        Self {
            code_hash,
            bid: word >> 64,
            bytes: word.as_limbs()[0],
        }
    }
}

/// The entries as they stand in storage.
#[derive(Debug)]
pub(super) struct Queue {
    entries: Vec<Entry>,
    sum: u64,
}

impl Queue {
    pub(super) fn load(frame: &mut BuiltIn<'_, '_>) -> Result<Self, Failure> {
        let sum = Self::sum(frame)?;
        let mut entries = Vec::new();
        let mut link = frame.load(FIRST)?;
        while !link.is_zero() {
            let code_hash = link.into();
            let slot = slot(code_hash);
            entries.push(Entry::unpack(code_hash, frame.load(slot)?));
            link = frame.load(next(slot))?;
        }
        Ok(Self { entries, sum })
    }

    /// Sum of the entries' sizes in bytes, without reading the entries.
    pub(super) fn sum(frame: &mut BuiltIn<'_, '_>) -> Result<u64, Failure> {
        Ok(frame.load(SUM)?.saturating_to())
    }

    /// Where the entry of a program stands.
    pub(super) fn place(&self, code_hash: B256) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| entry.code_hash == code_hash)
    }

    /// Whether a program of this size fits without removing an entry.
    pub(super) const fn fits(&self, bytes: u64) -> bool {
        has_room(self.sum, bytes)
    }

    /// The bid that one for a program of this size must reach: the highest among those that make room
    /// for it, lowest first, and zero if there is room. `None` if the whole cache is too small.
    ///
    /// The entry at `vacant`, if any, counts as removed.
    pub(super) fn bid_to_beat(&self, bytes: u64, vacant: Option<usize>) -> Option<U256> {
        let mut sum = self.sum;
        if let Some(entry) = vacant.and_then(|place| self.entries.get(place)) {
            sum = sum.saturating_sub(entry.bytes);
        }
        let mut highest = U256::ZERO;
        let others = self.entries.iter().enumerate();
        for (_, entry) in others.filter(|(place, _)| Some(*place) != vacant) {
            if has_room(sum, bytes) {
                break;
            }
            sum = sum.saturating_sub(entry.bytes);
            highest = entry.bid;
        }
        has_room(sum, bytes).then_some(highest)
    }

    /// Puts an entry behind those of lower and equal bids. The program must have none.
    pub(super) fn insert(
        &mut self,
        frame: &mut BuiltIn<'_, '_>,
        entry: Entry,
    ) -> Result<(), Failure> {
        let place = self
            .entries
            .partition_point(|before| before.bid <= entry.bid);
        let slot = slot(entry.code_hash);
        frame.store(slot, entry.pack())?;
        frame.store(next(slot), self.named_at(place))?;
        frame.store(self.link_to(place), entry.code_hash.into())?;
        self.entries.insert(place, entry);
        self.set_sum(frame, self.sum.saturating_add(entry.bytes))
    }

    /// Takes the entry at a place, which must be one, out of the list.
    pub(super) fn remove(
        &mut self,
        frame: &mut BuiltIn<'_, '_>,
        place: usize,
    ) -> Result<Entry, Failure> {
        frame.store(self.link_to(place), self.named_at(place + 1))?;
        let entry = self.entries.remove(place);
        let slot = slot(entry.code_hash);
        frame.store(slot, U256::ZERO)?;
        frame.store(next(slot), U256::ZERO)?;
        self.set_sum(frame, self.sum.saturating_sub(entry.bytes))?;
        Ok(entry)
    }

    fn set_sum(&mut self, frame: &mut BuiltIn<'_, '_>, sum: u64) -> Result<(), Failure> {
        self.sum = sum;
        frame.store(SUM, U256::from(sum))
    }

    /// The slot that names the entry at a place.
    fn link_to(&self, place: usize) -> U256 {
        match place.checked_sub(1).and_then(|at| self.entries.get(at)) {
            Some(before) => next(slot(before.code_hash)),
            None => FIRST,
        }
    }

    /// What the slot that names the entry at a place holds.
    fn named_at(&self, place: usize) -> U256 {
        self.entries
            .get(place)
            .map_or(U256::ZERO, |entry| entry.code_hash.into())
    }
}

const fn has_room(sum: u64, bytes: u64) -> bool {
    bytes <= CAPACITY.saturating_sub(sum)
}

/// The slot of a program's entry.
fn slot(code_hash: B256) -> U256 {
    keccak256(code_hash).into()
}

fn next(slot: U256) -> U256 {
    slot.wrapping_add(U256::ONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(entries: &[(u64, u64)]) -> Queue {
        let entries: Vec<_> = entries
            .iter()
            .enumerate()
            .map(|(place, (bid, bytes))| Entry {
                code_hash: U256::from(place + 1).into(),
                bid: U256::from(*bid),
                bytes: *bytes,
            })
            .collect();
        let sum = entries.iter().map(|entry| entry.bytes).sum();
        Queue { entries, sum }
    }

    #[test]
    fn packing_loses_nothing() {
        let entry = Entry {
            code_hash: B256::repeat_byte(1),
            bid: (U256::ONE << 192) - U256::ONE,
            bytes: u64::MAX - 1,
        };
        assert_eq!(Entry::unpack(entry.code_hash, entry.pack()), entry);
    }

    #[test]
    fn the_bid_to_beat_is_the_highest_of_those_that_make_room() {
        let quarter = CAPACITY / 4;
        let full = queue(&[(3, quarter), (5, quarter), (5, quarter), (9, quarter)]);
        for (bytes, bid) in [
            (1, 3),
            (quarter, 3),
            (quarter + 1, 5),
            (3 * quarter, 5),
            (3 * quarter + 1, 9),
            (CAPACITY, 9),
        ] {
            assert_eq!(full.bid_to_beat(bytes, None), Some(U256::from(bid)));
        }
        assert_eq!(full.bid_to_beat(CAPACITY + 1, None), None);
        // An entry that is as good as removed makes room for nothing, and is no bid to beat.
        for (bytes, bid) in [(quarter, 0), (quarter + 1, 5), (CAPACITY, 9)] {
            assert_eq!(full.bid_to_beat(bytes, Some(0)), Some(U256::from(bid)));
        }
        assert_eq!(full.bid_to_beat(CAPACITY, Some(3)), Some(U256::from(5)));

        let half = queue(&[(7, 2 * quarter)]);
        assert_eq!(half.bid_to_beat(2 * quarter, None), Some(U256::ZERO));
        assert_eq!(half.bid_to_beat(2 * quarter + 1, None), Some(U256::from(7)));
        assert!(half.fits(2 * quarter) && !half.fits(2 * quarter + 1));
        assert_eq!(queue(&[]).bid_to_beat(CAPACITY, None), Some(U256::ZERO));
        assert_eq!(queue(&[]).bid_to_beat(u64::MAX, None), None);
    }
}
