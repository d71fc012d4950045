//! Where a port keeps its words (`contracts/README.md`), for states that no call reaches in a test's time.

use alloy_primitives::{Address, B256, U256};

use super::World;

/// Tag 0, key 0: the header. Tag 9, key 0: lanes, the first of which is the nonce of signed calls.
pub(crate) const HEADER: (u8, u64) = (0, 0);
pub(crate) const LIST: (u8, u64) = (9, 0);
pub(crate) const SECTION_META: u8 = 1;
pub(crate) const COMMITMENT: u8 = 3;
pub(crate) const RECORD: u8 = 4;
pub(crate) const REQUEST: u8 = 5;

/// Bytes of the header with the number of records, and of requests.
pub(crate) const RECORDS: std::ops::Range<usize> = 21..25;
pub(crate) const REQUESTS: std::ops::Range<usize> = 25..29;

pub(crate) fn slot((tag, key): (u8, u64)) -> B256 {
    let mut slot = B256::from(U256::from(key));
    slot.0[0] = tag;
    slot
}

/// A word with an account in its first 20 bytes.
pub(crate) fn word_of(account: Address) -> B256 {
    let mut word = B256::ZERO;
    word.0[..20].copy_from_slice(account.as_slice());
    word
}

impl World {
    /// Changes one word of a port.
    pub(crate) fn edit(&self, port: Address, at: (u8, u64), change: impl FnOnce(&mut [u8; 32])) {
        let slot = slot(at);
        let mut word = self.chain.storage(port, slot);
        change(&mut word.0);
        self.chain.set_storage(port, slot, word);
    }

    /// Makes somebody the author of a record that is there.
    pub(crate) fn set_author(&self, port: Address, record: u32, author: Address) {
        self.edit(port, (RECORD, record.into()), |word| {
            word[..20].copy_from_slice(author.as_slice());
        });
    }

    /// A pending request that somebody made for itself; the id is the next one.
    pub(crate) fn enter_request(&self, port: Address, requester: Address) -> u32 {
        let mut id = 0;
        self.edit(port, HEADER, |word| {
            let count = word[REQUESTS].first_chunk_mut::<4>().expect("four bytes");
            id = u32::from_be_bytes(*count) + 1;
            *count = id.to_be_bytes();
        });
        let mut word = word_of(requester);
        word.0[20..25].copy_from_slice(&self.chain.now().to_be_bytes()[3..]);
        word.0[25] = 1;
        self.chain
            .set_storage(port, slot((REQUEST, id.into())), word);
        id
    }
}
