//! Reading ABI-encoded arguments (Solidity ABI specification, "formal specification of the encoding").

use alloy_primitives::{Address, B256};

/// Calldata that is no valid encoding of the arguments. Reverts without data, as Solidity's decoder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Malformed;

/// A reader over the head of one encoded tuple. Every read is bounds-checked, and numbers and
/// accounts with bits outside their type are refused.
#[derive(Clone, Debug)]
pub struct Args<'a> {
    /// The tuple's encoding: offsets in its head count from here.
    data: &'a [u8],
    /// What is left of the head.
    head: &'a [u8],
}

impl<'a> Args<'a> {
    /// Reads a tuple that starts at the start of `data`.
    pub const fn new(data: &'a [u8]) -> Self {
        Self { data, head: data }
    }

    /// The next 32 bytes of the head.
    #[inline(never)]
    pub fn word(&mut self) -> Result<&'a [u8; 32], Malformed> {
        let (word, rest) = self.head.split_first_chunk().ok_or(Malformed)?;
        self.head = rest;
        Ok(word)
    }

    /// A `bytes32`.
    pub fn hash(&mut self) -> Result<B256, Malformed> {
        self.word().map(|word| B256::new(*word))
    }

    /// An unsigned number no greater than `max`.
    #[inline(never)]
    pub fn number(&mut self, max: u64) -> Result<u64, Malformed> {
        small(self.word()?, max)
    }

    /// A `uint64`.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.number(u64::MAX)
    }

    /// A `uint32`.
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the read")]
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.number(u32::MAX.into()).map(|value| value as u32)
    }

    /// A `uint8`.
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the read")]
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        self.number(u8::MAX.into()).map(|value| value as u8)
    }

    /// A `bool`.
    pub fn bool(&mut self) -> Result<bool, Malformed> {
        self.number(1).map(|value| value == 1)
    }

    /// A `bytes4`, as a number.
    pub fn bytes4(&mut self) -> Result<u32, Malformed> {
        let (value, padding) = self.word()?.split_first_chunk().ok_or(Malformed)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(Malformed);
        }
        Ok(u32::from_be_bytes(*value))
    }

    /// An `address`.
    #[inline(never)]
    pub fn account(&mut self) -> Result<Address, Malformed> {
        let word = self.word()?;
        let (padding, account) = word.split_first_chunk::<12>().ok_or(Malformed)?;
        if *padding != [0; 12] {
            return Err(Malformed);
        }
        account
            .first_chunk()
            .map(|account| Address::new(*account))
            .ok_or(Malformed)
    }

    /// A `bytes`.
    #[inline(never)]
    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let (length, rest) = self.list()?;
        rest.data.get(..length as usize).ok_or(Malformed)
    }

    /// A `uint32[]`, `bytes32[]` or other array of single words, each still to be checked.
    #[inline(never)]
    pub fn words(&mut self) -> Result<&'a [[u8; 32]], Malformed> {
        let (length, rest) = self.list()?;
        let (words, _) = rest.data.as_chunks();
        words.get(..length as usize).ok_or(Malformed)
    }

    /// A dynamic tuple.
    #[inline(never)]
    pub fn tuple(&mut self) -> Result<Self, Malformed> {
        let offset = self.u32()?;
        self.data
            .get(offset as usize..)
            .map(Self::new)
            .ok_or(Malformed)
    }

    /// The length of a dynamic array and a reader over its elements.
    #[inline(never)]
    pub fn list(&mut self) -> Result<(u32, Self), Malformed> {
        let mut tail = self.tuple()?;
        let length = tail.u32()?;
        Ok((length, Self::new(tail.head)))
    }
}

/// The number in a word, if it is no greater than `max`.
#[inline(never)]
pub fn small(word: &[u8; 32], max: u64) -> Result<u64, Malformed> {
    let (high, low) = word.split_last_chunk::<8>().ok_or(Malformed)?;
    let value = u64::from_be_bytes(*low);
    if high.iter().any(|byte| *byte != 0) || value > max {
        return Err(Malformed);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use alloc::{vec, vec::Vec};

    use super::*;

    fn word(low: u64) -> [u8; 32] {
        let mut word = [0; 32];
        word[24..].copy_from_slice(&low.to_be_bytes());
        word
    }

    fn encode(words: &[[u8; 32]]) -> Vec<u8> {
        words.concat()
    }

    #[test]
    fn numbers_outside_their_type_are_refused() {
        assert_eq!(Args::new(&word(255)).u8(), Ok(255));
        assert_eq!(Args::new(&word(256)).u8(), Err(Malformed));
        assert_eq!(Args::new(&word(1 << 32)).u32(), Err(Malformed));
        assert_eq!(Args::new(&word(u64::MAX)).u64(), Ok(u64::MAX));
        assert_eq!(Args::new(&word(2)).bool(), Err(Malformed));
        let mut high = word(1);
        high[23] = 1;
        assert_eq!(Args::new(&high).u64(), Err(Malformed));
        assert_eq!(Args::new(&[0; 31]).word(), Err(Malformed));
    }

    #[test]
    fn accounts_with_dirty_padding_are_refused() {
        let mut dirty = [0x11; 32];
        assert_eq!(Args::new(&dirty).account(), Err(Malformed));
        dirty[..12].fill(0);
        assert_eq!(Args::new(&dirty).account(), Ok(Address::repeat_byte(0x11)));
    }

    #[test]
    fn four_bytes_with_dirty_padding_are_refused() {
        let mut word = [0; 32];
        word[..4].copy_from_slice(&[1, 0xff, 0xc9, 0xa7]);
        assert_eq!(Args::new(&word).bytes4(), Ok(0x01ff_c9a7));
        let (mut low, mut high) = (word, word);
        low[31] = 1;
        high[4] = 1;
        assert_eq!(Args::new(&low).bytes4(), Err(Malformed));
        assert_eq!(Args::new(&high).bytes4(), Err(Malformed));
        assert_eq!(Args::new(&word[..31]).bytes4(), Err(Malformed));
    }

    #[test]
    fn byte_strings_end_within_the_data() {
        let mut data = encode(&[word(32), word(3)]);
        data.extend([1, 2, 3]);
        assert_eq!(Args::new(&data).bytes(), Ok(&[1, 2, 3][..]));
        data.pop();
        assert_eq!(Args::new(&data).bytes(), Err(Malformed));
        let far = encode(&[word(u64::from(u32::MAX)), word(0)]);
        assert_eq!(Args::new(&far).bytes(), Err(Malformed));
        let long = encode(&[word(32), word(u64::from(u32::MAX))]);
        assert_eq!(Args::new(&long).bytes(), Err(Malformed));
    }

    #[test]
    fn arrays_end_within_the_data() {
        let data = encode(&[word(32), word(2), word(7), word(8)]);
        assert_eq!(Args::new(&data).words(), Ok(&[word(7), word(8)][..]));
        let short = encode(&[word(32), word(2), word(7)]);
        assert_eq!(Args::new(&short).words(), Err(Malformed));
    }

    #[test]
    fn offsets_of_array_elements_count_from_the_first() {
        // One dynamic tuple (uint8, bytes) in an array.
        let mut data = encode(&[word(32), word(1), word(32), word(9), word(64), word(1)]);
        data.extend(vec![0xab; 1]);
        let (length, mut list) = Args::new(&data).list().unwrap();
        assert_eq!(length, 1);
        let mut tuple = list.tuple().unwrap();
        assert_eq!(tuple.u8(), Ok(9));
        assert_eq!(tuple.bytes(), Ok(&[0xab][..]));
    }
}
