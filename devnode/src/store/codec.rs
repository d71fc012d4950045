//! Bytes of rows: fixed fields in little-endian order, lengths before what varies, a checksum in front.

use alloy_primitives::{Address, B256, U256, keccak256};

/// Length of the checksum in front of a row.
const CHECKSUM_BYTES: usize = 8;

/// A row cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// Its bytes are not the ones that were written.
    #[error("the checksum is wrong")]
    Checksum,
    /// It ends too early, goes on too long, or holds a value that is not written.
    #[error("the content is malformed")]
    Malformed,
}

/// The checksum ties a row to its place, so that rows cannot be mistaken for each other.
fn checksum(place: u64, content: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut bytes = Vec::with_capacity(content.len() + CHECKSUM_BYTES);
    bytes.extend(place.to_le_bytes());
    bytes.extend(content);
    let mut sum = [0; CHECKSUM_BYTES];
    sum.copy_from_slice(&keccak256(&bytes)[..CHECKSUM_BYTES]);
    sum
}

/// Puts a row together.
#[derive(Debug)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new() -> Self {
        Self(vec![0; CHECKSUM_BYTES])
    }

    pub(super) fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn number(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    pub(super) fn length(&mut self, value: usize) {
        // Lengths are of things that have been in memory.
        self.number(value as u64);
    }

    pub(super) fn address(&mut self, value: Address) {
        self.0.extend(value.0.0);
    }

    pub(super) fn hash(&mut self, value: B256) {
        self.0.extend(value.0);
    }

    /// Most words are small numbers: their leading zeros are left out.
    pub(super) fn word(&mut self, value: U256) {
        let bytes = value.to_be_bytes_trimmed_vec();
        // A word has at most 32 bytes.
        self.byte(u8::try_from(bytes.len()).unwrap_or(32));
        self.0.extend(bytes);
    }

    pub(super) fn bytes(&mut self, value: &[u8]) {
        self.length(value.len());
        self.0.extend(value);
    }

    pub(super) fn finish(mut self, place: u64) -> Vec<u8> {
        let sum = checksum(place, &self.0[CHECKSUM_BYTES..]);
        self.0[..CHECKSUM_BYTES].copy_from_slice(&sum);
        self.0
    }
}

/// Takes a row apart.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(place: u64, row: &'a [u8]) -> Result<Self, RowError> {
        let (sum, content) = row
            .split_at_checked(CHECKSUM_BYTES)
            .ok_or(RowError::Malformed)?;
        if sum != checksum(place, content) {
            return Err(RowError::Checksum);
        }
        Ok(Self(content))
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], RowError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(RowError::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RowError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(RowError::Malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, RowError> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn number(&mut self) -> Result<u64, RowError> {
        self.array().map(u64::from_le_bytes)
    }

    /// A count of things that take at least a byte each, so never more than the bytes that are left.
    pub(super) fn length(&mut self) -> Result<usize, RowError> {
        usize::try_from(self.number()?)
            .ok()
            .filter(|length| *length <= self.0.len())
            .ok_or(RowError::Malformed)
    }

    pub(super) fn address(&mut self) -> Result<Address, RowError> {
        self.array::<20>().map(Address::from)
    }

    pub(super) fn hash(&mut self) -> Result<B256, RowError> {
        self.array::<32>().map(B256::from)
    }

    pub(super) fn word(&mut self) -> Result<U256, RowError> {
        let length = self.byte()?;
        U256::try_from_be_slice(self.take(length.into())?).ok_or(RowError::Malformed)
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], RowError> {
        let length = self.length()?;
        self.take(length)
    }

    pub(super) const fn finish(self) -> Result<(), RowError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(RowError::Malformed)
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    fn row(place: u64) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.byte(3);
        writer.number(1 << 40);
        writer.address(Address::repeat_byte(7));
        writer.hash(B256::repeat_byte(9));
        writer.word(U256::ZERO);
        writer.word(U256::MAX);
        writer.word(U256::from(300));
        writer.bytes(b"abc");
        writer.finish(place)
    }

    #[test]
    fn what_is_written_is_read() {
        let row = row(5);
        let mut reader = Reader::new(5, &row).unwrap();
        assert_eq!(reader.byte(), Ok(3));
        assert_eq!(reader.number(), Ok(1 << 40));
        assert_eq!(reader.address(), Ok(Address::repeat_byte(7)));
        assert_eq!(reader.hash(), Ok(B256::repeat_byte(9)));
        assert_eq!(reader.word(), Ok(U256::ZERO));
        assert_eq!(reader.word(), Ok(U256::MAX));
        assert_eq!(reader.word(), Ok(U256::from(300)));
        assert_eq!(reader.bytes(), Ok(&b"abc"[..]));
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn a_row_in_another_place_is_refused() {
        assert!(matches!(Reader::new(6, &row(5)), Err(RowError::Checksum)));
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_noticed(at in any::<prop::sample::Index>(), flip in 1_u8..) {
            let mut row = row(5);
            let at = at.index(row.len());
            row[at] ^= flip;
            prop_assert!(matches!(Reader::new(5, &row), Err(RowError::Checksum)));
        }

        #[test]
        fn a_shortened_row_is_noticed(at in any::<prop::sample::Index>()) {
            let row = row(5);
            let cut = &row[..at.index(row.len())];
            prop_assert!(Reader::new(5, cut).is_err());
        }
    }
}
