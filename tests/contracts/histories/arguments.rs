//! Arguments: mostly such as somebody would give, at times on the edge or beyond it.

use alloy_primitives::{Address, B256, Bytes};
use patientport_abi::{IPatientPort as abi, limits};

use super::random::Random;
use crate::{
    model::{Port, Registry},
    world::{DAY, YEAR},
};

/// Sections that histories open.
const SECTIONS: [u8; 7] = [0, 1, 2, 3, 5, 31, 63];

/// Where arguments come from.
pub(super) struct Arguments<'a> {
    pub(super) random: &'a mut Random,
    pub(super) port: &'a Port,
    pub(super) people: &'a [Address],
    pub(super) registry: &'a Registry,
    pub(super) now: u64,
    /// Of a hundred arguments so many are strange ones.
    pub(super) strange_percent: u64,
}

impl Arguments<'_> {
    pub(super) fn strange(&mut self) -> bool {
        self.random.chance(self.strange_percent)
    }

    pub(super) fn person(&mut self) -> Address {
        if self.strange() {
            return self
                .random
                .pick(&[Address::ZERO, self.port.address, Address::repeat_byte(1)]);
        }
        self.random.pick(self.people)
    }

    /// Somebody verified, mostly.
    pub(super) fn provider(&mut self) -> Address {
        let verified = |person: &Address| self.registry.is_verified(*person, self.now);
        let verified: Vec<Address> = self.people.iter().copied().filter(verified).collect();
        self.one_of(verified)
    }

    /// One of some, if there are any, or anybody.
    pub(super) fn one_of(&mut self, some: impl IntoIterator<Item = Address>) -> Address {
        let one = self.random.any(some);
        match one {
            Some(one) if !self.random.chance(10) => one,
            _ => self.person(),
        }
    }

    pub(super) fn hash(&mut self) -> B256 {
        if self.strange() {
            return B256::ZERO;
        }
        B256::from_slice(&self.random.bytes(32))
    }

    /// A key, not quite always one that can be.
    pub(super) fn key(&mut self) -> (B256, u8) {
        let mut x = self.hash();
        if self.strange() {
            // At and around the field prime 2²⁵⁶ − 2³² − 977.
            x = B256::repeat_byte(0xff);
            let low = self
                .random
                .pick(&[0xffff_fc2e_u32, 0xffff_fc2f, 0xffff_fc30]);
            x.0[24..28].copy_from_slice(&[0xff, 0xff, 0xff, 0xfe]);
            x.0[28..].copy_from_slice(&low.to_be_bytes());
        }
        let parity = if self.strange() {
            self.random.pick(&[2, 255])
        } else {
            self.random.pick(&[0, 1])
        };
        (x, parity)
    }

    pub(super) fn message(&mut self, may_be_empty: bool) -> Bytes {
        let longest = limits::MAX_MESSAGE_BYTES as usize;
        let length = if self.strange() {
            self.random.pick(&[0, longest, longest + 1])
        } else if may_be_empty && self.random.chance(50) {
            0
        } else {
            1 + self.random.index(70)
        };
        self.random.bytes(length).into()
    }

    // --- sections -------------------------------------------------------------------------------

    /// Sections that are open, mostly.
    pub(super) fn sections(&mut self) -> u64 {
        if self.strange() {
            return self.random.pick(&[0, u64::MAX, 1 << 63, 1 << 40]);
        }
        let open: Vec<u8> = self.port.sections.keys().copied().collect();
        if open.is_empty() {
            return 1;
        }
        let count = 1 + self.random.index(3);
        let mut pick = || 1_u64 << self.random.pick(&open);
        (0..count).map(|_| pick()).fold(0, |set, bit| set | bit)
    }

    /// What somebody would say the epochs of these sections are.
    pub(super) fn epochs(&mut self, sections: u64) -> Vec<u32> {
        let each = (0..64).filter(|section| sections >> section & 1 == 1);
        let mut epochs: Vec<u32> = each.map(|section| self.port.epoch(section)).collect();
        if self.strange() {
            match self.random.below(4) {
                0 => epochs.push(1),
                1 => drop(epochs.pop()),
                _ => {
                    let wrong = self.random.small(3);
                    if let Some(epoch) = epochs.last_mut() {
                        *epoch = (*epoch + wrong).saturating_sub(1);
                    }
                }
            }
        }
        epochs
    }

    pub(super) fn section(&mut self) -> u8 {
        if self.strange() {
            return self.random.pick(&[40, 64, 255]);
        }
        let open = self.port.sections.keys().copied();
        self.random.any(open).unwrap_or(0)
    }

    /// New keys for some sections, none in so many of a hundred cases.
    pub(super) fn rotation(&mut self, none_percent: u64) -> abi::Rotation {
        let none = self.random.chance(none_percent);
        let mut sections = match (none, self.port.sections.is_empty()) {
            (true, _) => 0,
            (false, true) => 0b11,
            (false, false) => self.sections(),
        };
        if !none && self.random.chance(25) {
            sections |= 1 << self.random.pick(&SECTIONS);
        }
        // All 64 at once are worth a try now and then, and long.
        if sections == u64::MAX && !self.random.chance(20) {
            sections = 0xff;
        }
        let keys: Vec<(B256, u8)> = (0..sections.count_ones()).map(|_| self.key()).collect();
        let parities = if self.strange() {
            self.random.next()
        } else {
            self.random.next() & sections
        };
        let mut keys: Vec<B256> = keys.into_iter().map(|(x, _)| x).collect();
        if self.random.chance(1) {
            keys.pop();
        }
        let empty = sections == 0 && !self.random.chance(3);
        abi::Rotation {
            sections,
            epochs: self.epochs(sections),
            keys,
            parities,
            links: if empty {
                Bytes::new()
            } else {
                self.message(true)
            },
            sealed_: if empty {
                Vec::new()
            } else {
                self.sealed(sections)
            },
        }
    }

    /// Messages to whoever may have them, mostly.
    pub(super) fn sealed(&mut self, sections: u64) -> Vec<abi::Sealed> {
        let mut entitled = vec![self.port.owner];
        let may = |person: &&Address| self.port.entitled(**person, self.now) & sections != 0;
        entitled.extend(self.people.iter().filter(may));
        let count = if self.random.chance(1) {
            self.random.pick(&[17, 18])
        } else {
            self.random.index(4)
        };
        let sealed = |_| abi::Sealed {
            recipient: if self.random.chance(4) {
                self.person()
            } else {
                self.random.pick(&entitled)
            },
            message: self.message(false),
        };
        (0..count).map(sealed).collect()
    }

    // --- times, numbers -------------------------------------------------------------------------

    /// The end of a grant or delegation.
    pub(super) fn end(&mut self) -> u64 {
        let now = self.now;
        if self.strange() {
            let longest = now + limits::MAX_GRANT_SECS;
            return self
                .random
                .pick(&[0, now - 1, now, now + 1, longest, longest + 1, u64::MAX]);
        }
        let longest = self
            .random
            .pick(&[10, 3600, DAY, DAY, 30 * DAY, 30 * DAY, YEAR, 5 * YEAR]);
        now + 1 + self.random.below(longest)
    }

    pub(super) fn rights(&mut self, most: u8) -> u8 {
        if self.strange() {
            return self.random.pick(&[0, most + 1, 255]);
        }
        1 + u8::try_from(self.random.below(most.into())).expect("below a byte")
    }

    pub(super) fn reason(&mut self, most: u8) -> u8 {
        if self.strange() {
            return self.random.pick(&[0, most + 1, 255]);
        }
        1 + u8::try_from(self.random.below(most.into())).expect("below a byte")
    }

    /// The id of one of `count` things, of these by preference.
    pub(super) fn id(&mut self, preferred: Vec<u32>, count: usize) -> u32 {
        let count = u32::try_from(count).expect("a short history");
        if self.strange() {
            return self.random.pick(&[0, count + 1, u32::MAX]);
        }
        match self.random.any(preferred) {
            Some(id) if !self.random.chance(10) => id,
            _ => 1 + self.random.small(count.max(1)),
        }
    }

    pub(super) fn record(&mut self) -> u32 {
        let records = self.port.records.iter().zip(1..);
        let mut current: Vec<u32> = records
            .filter(|(record, _)| record.state == 1)
            .map(|(_, id)| id)
            .collect();
        current.drain(..current.len().saturating_sub(12));
        self.id(current, self.port.records.len())
    }
}
