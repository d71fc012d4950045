//! Packed 32-byte words: an account in the first 20 bytes, big-endian numbers behind it.

use alloy_primitives::{Address, B256};

/// A big-endian unsigned number of `len` ≤ 8 bytes at byte `at` of a word.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    at: usize,
    len: usize,
}

impl Field {
    /// A field of `len` bytes at byte `at`.
    ///
    /// # Panics
    /// If the field does not lie within its word, or is longer than eight bytes.
    pub const fn new(at: usize, len: usize) -> Self {
        assert!(
            len <= 8 && at.saturating_add(len) <= 32,
            "a field lies within its word"
        );
        Self { at, len }
    }

    /// The field's value.
    pub fn get(self, word: &B256) -> u64 {
        read(word, self.at, self.len)
    }

    /// Sets the field to the low bytes of `value`; higher ones are dropped.
    pub fn set(self, word: &mut B256, value: u64) {
        write(word, self.at, self.len, value);
    }

    /// The value of a one-byte field.
    pub fn byte(self, word: &B256) -> u8 {
        self.get(word).to_le_bytes()[0]
    }

    /// The value of a field of up to four bytes.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "such a field holds at most four bytes"
    )]
    pub fn number(self, word: &B256) -> u32 {
        self.get(word) as u32
    }
}

#[inline(never)]
fn read(word: &B256, at: usize, len: usize) -> u64 {
    word.0
        .iter()
        .skip(at)
        .take(len)
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}

#[inline(never)]
fn write(word: &mut B256, at: usize, len: usize, mut value: u64) {
    for byte in word.0.iter_mut().skip(at).take(len).rev() {
        *byte = value.to_le_bytes()[0];
        value >>= 8;
    }
}

/// The account in bytes 0..20 of a packed word.
#[inline(never)]
pub fn account(word: &B256) -> Address {
    let mut account = Address::ZERO;
    account
        .0
        .iter_mut()
        .zip(word.0)
        .for_each(|(to, from)| *to = from);
    account
}

/// Puts an account into bytes 0..20 of a packed word.
#[inline(never)]
pub fn set_account(word: &mut B256, account: &Address) {
    word.0
        .iter_mut()
        .zip(account.0.0)
        .for_each(|(to, from)| *to = from);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_do_not_touch_their_neighbours() {
        let mut word = B256::repeat_byte(0xaa);
        Field::new(20, 5).set(&mut word, 0x01_0203_0405);
        let mut expected = [0xaa; 32];
        expected[20..25].copy_from_slice(&[1, 2, 3, 4, 5]);
        assert_eq!(word.0, expected);
        assert_eq!(Field::new(20, 5).get(&word), 0x01_0203_0405);
        assert_eq!(Field::new(24, 8).get(&word), 0x05aa_aaaa_aaaa_aaaa);
        set_account(&mut word, &Address::repeat_byte(0x11));
        assert_eq!(account(&word), Address::repeat_byte(0x11));
        assert_eq!(Field::new(20, 5).get(&word), 0x01_0203_0405);
    }
}
